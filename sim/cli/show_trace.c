/* `decodesim show trace`: prints what sim/cli/trace_facts.c finds in a recorded run. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/cli/clocks.h"
#include "sim/cli/measured.h"
#include "sim/cli/measured_bytes.h"
#include "sim/cli/show.h"
#include "sim/cli/trace_facts.h"

static const char *launch_text(const struct trace_facts *facts)
{
	if (facts->graph_steps == 0)
		return "eager";
	return facts->eager_steps == 0 ? "graph" : "mixed";
}

static void add_spread(cJSON *object, const char *key, const struct spread *spread)
{
	cJSON *row = cJSON_AddObjectToObject(object, key);
	cJSON_AddNumberToObject(row, "count", (double)spread->count);
	cJSON_AddNumberToObject(row, "least", spread->least);
	cJSON_AddNumberToObject(row, "median", spread->median);
	cJSON_AddNumberToObject(row, "p95", spread->p95);
	cJSON_AddNumberToObject(row, "most", spread->most);
}

/* 0 is unknown: null */
static void add_known(cJSON *row, const char *key, double value)
{
	cJSON_AddNumberToObject(row, key, value > 0 ? value : (double)NAN);
}

static cJSON *device_json(const struct trace_device *device)
{
	cJSON *row = cJSON_CreateObject();
	cli_json_text(row, "name", device->name);
	cJSON_AddNumberToObject(row, "sm_count", device->sm_count);
	cJSON_AddNumberToObject(row, "memory_bytes", (double)device->memory_bytes);
	cJSON_AddNumberToObject(row, "cc_major", device->cc_major);
	cJSON_AddNumberToObject(row, "cc_minor", device->cc_minor);
	cJSON_AddNumberToObject(row, "driver_version", device->driver_version);
	cJSON_AddNumberToObject(row, "runtime_version", device->runtime_version);
	add_known(row, "l2_bytes", (double)device->l2_bytes);
	add_known(row, "max_sm_hz", device->max_sm_hz);
	add_known(row, "max_memory_hz", device->max_memory_hz);
	add_known(row, "memory_bytes_per_s", device->memory_bytes_per_s);
	return row;
}

static cJSON *capture_json(const struct trace_capture *capture)
{
	if (!trace_capture_known(capture))
		return cJSON_CreateNull();
	cJSON *row = cJSON_CreateObject();
	cli_json_text(row, "tool", capture->tool);
	cJSON_AddNumberToObject(row, "dropped_records", (double)capture->dropped);
	cJSON_AddNumberToObject(row, "records_without_time", (double)capture->zero_times);
	cJSON_AddNumberToObject(row, "foreign_buffers", (double)capture->foreign_buffers);
	cJSON_AddNumberToObject(row, "overhead_records", (double)capture->overheads);
	cJSON_AddNumberToObject(row, "overhead_ms", (double)capture->overhead_ns * 1e-6);
	return row;
}

static cJSON *families_json(const struct trace_facts *facts)
{
	cJSON *rows = cJSON_CreateArray();
	for (size_t i = 0; i < facts->family_count; i++) {
		const struct family_facts *family = &facts->families[i];
		cJSON *row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "family", sim_family_text(family->family));
		cJSON_AddNumberToObject(row, "kernels", (double)family->kernels);
		cJSON_AddNumberToObject(row, "time_ms", (double)family->time_ns * 1e-6);
		cJSON_AddNumberToObject(row, "time_share", family->share);
		cJSON_AddNumberToObject(row, "known_work_share", family->known_share);
		cJSON_AddItemToArray(rows, row);
	}
	return rows;
}

static cJSON *lacks_json(const struct trace *trace)
{
	cJSON *rows = cJSON_CreateArray();
	for (unsigned lack = 0; lack < TRACE_LACK_COUNT; lack++) {
		if (!(trace->lacks & (1u << lack)))
			continue;
		cJSON *row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "lacks", trace_lack_text(lack));
		cJSON_AddStringToObject(row, "cost", trace_lack_what(lack));
		cJSON_AddItemToArray(rows, row);
	}
	return rows;
}

static cJSON *trace_json(const struct trace *trace, const struct trace_facts *facts,
			 const struct measured_bytes *bytes)
{
	cJSON *root = cJSON_CreateObject();
	cli_json_text(root, "trace", trace->name);
	cli_json_text(root, "source", trace->source);
	cJSON_AddStringToObject(root, "format", trace->format);
	cJSON_AddItemToObject(root, "device", device_json(&trace->device));
	cJSON_AddItemToObject(root, "clocks", clocks_json(trace));
	cJSON_AddItemToObject(root, "capture", capture_json(&trace->capture));
	cJSON_AddNumberToObject(root, "kernels", (double)trace->kernel_count);
	cJSON_AddNumberToObject(root, "kernels_outside_steps", (double)facts->outside);
	cJSON_AddNumberToObject(root, "steps", (double)trace->step_count);
	cJSON_AddStringToObject(root, "steps_by", trace->steps_by);
	cJSON_AddStringToObject(root, "launch", launch_text(facts));
	cJSON_AddNumberToObject(root, "eager_steps", (double)facts->eager_steps);
	cJSON_AddNumberToObject(root, "graph_steps", (double)facts->graph_steps);
	cJSON_AddNumberToObject(root, "batch", trace_batch(trace));
	cJSON_AddItemToObject(root, "timing", timing_json(&trace->timing));
	add_spread(root, "nodes_per_graph", &facts->nodes);
	add_spread(root, "kernels_per_step", &facts->kernels);
	add_spread(root, "span_ms", &facts->span_ms);
	add_spread(root, "busy_ms", &facts->busy_ms);
	cJSON_AddNumberToObject(root, "idle_share", facts->idle_share);
	add_spread(root, "gap_us", &facts->gap_us);
	cJSON_AddNumberToObject(root, "overlapping_kernels", (double)facts->overlaps);
	add_spread(root, "launch_call_us", &facts->call_us);
	add_spread(root, "host_per_kernel_us", &facts->host_us);
	cJSON_AddNumberToObject(root, "modelled_time_share", trace_modelled_share(trace));
	cJSON_AddItemToObject(root, "families", families_json(facts));
	if (bytes->traces > 0)
		measured_bytes_json(root, bytes);
	cJSON_AddItemToObject(root, "lacks", lacks_json(trace));
	cJSON_AddNumberToObject(root, "warnings", (double)trace->warnings);
	return root;
}

static void print_spread(const char *what, const struct spread *spread, const char *unit,
			 const char *without)
{
	if (spread->count == 0)
		printf("  %-26s %s\n", what, without);
	else
		printf("  %-26s %10.3f %10.3f %10.3f %10.3f %s\n", what, spread->least,
		       spread->median, spread->p95, spread->most, unit);
}

static void print_capture(const struct trace_capture *capture)
{
	char tool[400];
	if (!trace_capture_known(capture))
		return;
	printf("captured by %s: %" PRIu64 " records dropped, %" PRIu64 " without times, %" PRIu64
	       " buffers of another profiler; %" PRIu64 " overheads of its own in steps, %.3f ms\n",
	       capture->tool[0] == '\0'
		       ? "an unknown tool"
		       : text_printable(tool, sizeof(tool), capture->tool, strlen(capture->tool)),
	       capture->dropped, capture->zero_times, capture->foreign_buffers, capture->overheads,
	       (double)capture->overhead_ns * 1e-6);
}

static void print_graphs(const struct spread *nodes)
{
	if (nodes->count == 0)
		return;
	printf("graphs: %" PRIu64 " seen, %.0f", nodes->count, nodes->least);
	if (nodes->most > nodes->least)
		printf(" to %.0f", nodes->most);
	printf(" nodes%s\n", nodes->count > 1 ? " each" : "");
}

static void print_device(const struct trace_device *device)
{
	char text[400];
	if (device->name[0] == '\0' && device->sm_count == 0)
		return;
	printf("device: %s, %" PRIu32 " SMs, %.1f GB",
	       text_printable(text, sizeof(text), device->name, strlen(device->name)),
	       device->sm_count, (double)device->memory_bytes * 1e-9);
	if (device->memory_bytes_per_s > 0)
		printf(" of %.0f GB/s", device->memory_bytes_per_s * 1e-9);
	if (device->l2_bytes > 0)
		printf(", L2 %.1f MB", (double)device->l2_bytes * 1e-6);
	printf("\n");
}

static void print_head(const struct trace *trace, const struct trace_facts *facts)
{
	char text[640];
	printf("%s: %zu kernels, format %s\n",
	       text_printable(text, sizeof(text), trace->name, strlen(trace->name)),
	       trace->kernel_count, trace->format);
	print_device(&trace->device);
	printf("steps: %zu found by %s, launched %s", trace->step_count, trace->steps_by,
	       launch_text(facts));
	if (facts->eager_steps > 0 && facts->graph_steps > 0)
		printf(" (%" PRIu64 " eager, %" PRIu64 " graph)", facts->eager_steps,
		       facts->graph_steps);
	printf("; %" PRIu64 " kernels outside steps\n", facts->outside);
	if (trace_batch(trace) > 0)
		printf("batch: %" PRIu32 "\n", trace_batch(trace));
	print_graphs(&facts->nodes);
	clocks_print(trace);
	print_capture(&trace->capture);
	timing_print(&trace->timing);
}

static void print_times(const struct trace_facts *facts)
{
	printf("\n  %-26s %10s %10s %10s %10s\n", "", "least", "median", "p95", "most");
	print_spread("kernels per step", &facts->kernels, "kernels", "none");
	print_spread("span of a step", &facts->span_ms, "ms", "no steps");
	print_spread("device busy in it", &facts->busy_ms, "ms", "no steps");
	print_spread("gap between kernels", &facts->gap_us, "us", "no two kernels in a step");
	print_spread("launch call on the host", &facts->call_us, "us", "no launch records");
	print_spread("host time per kernel", &facts->host_us, "us", "unknown");
	if (!isnan(facts->idle_share))
		printf("idle for %.1f %% of the span; %" PRIu64
		       " kernels start before an earlier one ends\n",
		       100 * facts->idle_share, facts->overlaps);
}

static void print_families(const struct trace *trace, const struct trace_facts *facts)
{
	printf("\n  %-22s %8s %12s %8s %11s\n", "kernel family", "kernels", "time ms", "share",
	       "known work");
	for (size_t i = 0; i < facts->family_count; i++) {
		const struct family_facts *family = &facts->families[i];
		printf("  %-22s %8" PRIu64 " %12.3f %7.1f%% %10.1f%%\n",
		       sim_family_text(family->family), family->kernels,
		       (double)family->time_ns * 1e-6, 100 * family->share,
		       100 * family->known_share);
	}
	printf("work known for %.1f %% of the device time\n", 100 * trace_modelled_share(trace));
}

static void print_lacks(const struct trace *trace)
{
	char text[1100];
	printf("\n%s\n",
	       trace->lacks != 0 ? "missing, and what that costs:" : "nothing is missing");
	for (unsigned lack = 0; lack < TRACE_LACK_COUNT; lack++)
		if (trace->lacks & (1u << lack))
			printf("  %-14s %s\n", trace_lack_text(lack), trace_lack_what(lack));
	if (trace->warnings > 0)
		printf("  %-14s %" PRIu64 " were malformed and skipped, the first: %s\n", "events",
		       trace->warnings,
		       text_printable(text, sizeof(text), trace->warning, strlen(trace->warning)));
}

static enum sim_status show(const struct cli_args *args, struct trace *trace, struct sim_diag *diag)
{
	struct trace_facts facts;
	struct measured_bytes bytes = {.unused = -1};
	TRY(measured_add(args, trace, &bytes.unused, diag));
	TRY(trace_facts_find(trace, &facts, diag));
	measured_bytes_add(&bytes, trace);
	if (cli_flag(args, "json"))
		return cli_print_json(trace_json(trace, &facts, &bytes), diag);
	print_head(trace, &facts);
	print_times(&facts);
	print_families(trace, &facts);
	if (bytes.traces > 0)
		measured_bytes_print(&bytes);
	print_lacks(trace);
	return SIM_OK;
}

enum sim_status show_trace(const struct cli_args *args, const char *word, struct sim_diag *diag)
{
	struct trace trace;
	TRY(cli_trace(args, word, &trace, diag));
	enum sim_status status = show(args, &trace, diag);
	trace_fini(&trace);
	return status;
}
