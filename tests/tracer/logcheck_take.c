/* One record after another: is what it names known, and what does it add to the totals. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tracer/logcheck.h"

static void *grown(void *items, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room > 0 ? 2 * *room : 1024;
	items = realloc(items, *room * size);
	if (items == NULL)
		abort();
	return items;
}

void check_take_string(struct check *check, const struct log_string *string, const char *bytes,
		       size_t at)
{
	if (string->id != check->string_count + 1 || string->id >= CHECK_MOST_STRINGS)
		check_fail(check, at, "string: id does not follow the one before");
	check->strings[string->id] = (struct check_string){bytes, string->length};
	check->string_count = string->id;
	check->kind_count[LOG_STRING]++;
}

static const char *text(const struct check *check, uint32_t id, size_t at)
{
	static char copies[4][256];
	static unsigned next;
	char *copy = copies[next++ % 4];
	if (id > check->string_count)
		check_fail(check, at, "names a string that has not come");
	int length = (int)check->strings[id].length;
	if (length > 160)
		snprintf(copy, sizeof(copies[0]), "%.20s... %d bytes", check->strings[id].bytes,
			 length);
	else
		snprintf(copy, sizeof(copies[0]), "%.*s", id > 0 ? length : 1,
			 id > 0 ? check->strings[id].bytes : "-");
	return copy;
}

static void need(const struct check *check, bool holds, size_t at, const char *what)
{
	if (!holds)
		check_fail(check, at, what);
}

static void take_site(struct check *check, const struct log_site *site, size_t at)
{
	need(check, site->id == check->site_count + 1 && site->id < CHECK_MOST_SITES, at,
	     "site: id does not follow the one before");
	text(check, site->name, at);
	text(check, site->name_demangled, at);
	check->sites[site->id].site = *site;
	check->site_count = site->id;
}

static void take_kernel(struct check *check, const struct log_graph_kernel *kernel, size_t at)
{
	bool graph = kernel->node != 0;
	need(check, kernel->site > 0 && kernel->site <= check->site_count, at,
	     "kernel: names a site that has not come");
	check->sites[kernel->site].count[graph]++;
	check->sites[kernel->site].ns[graph] += kernel->duration_ns;
	need(check, kernel->correlation != 0, at, "kernel: no correlation");
	if (kernel->start_ns == 0 || kernel->duration_ns == 0) {
		need(check, kernel->start_ns == 0 && kernel->duration_ns == 0, at,
		     "kernel: half a time stamp");
		check->zero_times++;
		return;
	}
	check->kernels = grown(check->kernels, check->kernel_count, &check->kernel_room,
			       sizeof(*check->kernels));
	check->kernels[check->kernel_count++] = (struct check_kernel){
		.start_ns = kernel->start_ns,
		.end_ns = kernel->start_ns + kernel->duration_ns,
		.node = kernel->node,
		.stream = kernel->stream,
		.graph = kernel->graph,
	};
}

static void take_plain_kernel(struct check *check, const struct log_kernel *kernel, size_t at)
{
	const struct log_graph_kernel same = {
		.start_ns = kernel->start_ns,
		.duration_ns = kernel->duration_ns,
		.site = kernel->site,
		.stream = kernel->stream,
		.correlation = kernel->correlation,
	};
	take_kernel(check, &same, at);
}

static void take_call(struct check *check, const struct log_call *call, size_t at)
{
	char line[384];
	need(check, call->call < check->call_names, at, "call: its name has not come");
	need(check, call->thread < check->threads, at, "call: its thread has not come");
	const struct log_call_name *name = &check->calls[call->call];
	snprintf(line, sizeof(line), "call %s %u/%u", text(check, name->name, at), name->domain,
		 name->cbid);
	check_line_add(check, line, call->duration_ns, 0);
}

static void take_failed(struct check *check, const struct log_call_failed *failed, size_t at)
{
	char line[384];
	need(check, failed->call < check->call_names, at, "failed call: its name has not come");
	need(check, failed->thread < check->threads, at, "failed call: its thread has not come");
	snprintf(line, sizeof(line), "failed %s result %u",
		 text(check, check->calls[failed->call].name, at), failed->result);
	check_line_add(check, line, 0, 0);
}

static void take_call_name(struct check *check, const struct log_call_name *name, size_t at)
{
	need(check, name->call == check->call_names && name->call < CHECK_MOST_NAMES, at,
	     "call name: index does not follow the one before");
	text(check, name->name, at);
	check->calls[check->call_names++] = *name;
}

static void take_thread(struct check *check, const struct log_thread *thread, size_t at)
{
	need(check, thread->thread == check->threads, at,
	     "thread: index does not follow the one before");
	need(check, thread->process != 0 && thread->system_id != 0, at, "thread: of no process");
	text(check, thread->name, at);
	check->threads++;
}

static void take_copy(struct check *check, const struct log_copy *copy)
{
	char line[160];
	snprintf(line, sizeof(line), "copy kind %u from %u to %u flags %u devices %u %u",
		 copy->copy_kind, copy->source_kind, copy->destination_kind, copy->flags,
		 copy->source_device, copy->destination_device);
	check_line_add(check, line, copy->duration_ns, copy->bytes);
}

static void take_set(struct check *check, const struct log_set *set)
{
	char line[160];
	snprintf(line, sizeof(line), "set value %u memory %u", set->value, set->memory_kind);
	check_line_add(check, line, set->duration_ns, set->bytes);
}

static void take_sync(struct check *check, const struct log_sync *sync)
{
	char line[160];
	snprintf(line, sizeof(line), "sync kind %u stream %u", sync->sync_kind, sync->stream);
	check_line_add(check, line, sync->duration_ns, 0);
}

static void take_range(struct check *check, const struct log_range *range, size_t at)
{
	char line[640];
	need(check, range->thread < check->threads, at, "range: its thread has not come");
	need(check, range->phase <= LOG_PHASE_END && range->time_ns != 0, at, "range: wrong phase");
	need(check, (range->phase == LOG_PHASE_END) == (range->text == 0), at,
	     "range: text at its end, or none at its start");
	if (range->phase != LOG_PHASE_END) {
		snprintf(line, sizeof(line), "%s '%s' domain %s",
			 range->phase == LOG_PHASE_START ? "range" : "mark",
			 text(check, range->text, at), text(check, range->domain, at));
		check_line_add(check, line, 0, 0);
	}
	check->ranges = grown(check->ranges, check->range_count, &check->range_room,
			      sizeof(*check->ranges));
	check->ranges[check->range_count++] = *range;
}

static void take_node(struct check *check, const struct log_graph_node *node, size_t at)
{
	need(check, node->thread < check->threads, at, "node: its thread has not come");
	need(check, node->time_ns != 0 && node->node != 0, at, "node: without time or id");
	check->nodes =
		grown(check->nodes, check->node_count, &check->node_room, sizeof(*check->nodes));
	check->nodes[check->node_count++] = *node;
}

static void take_overhead(struct check *check, const struct log_overhead *overhead)
{
	char line[160];
	snprintf(line, sizeof(line), "overhead %#x", overhead->overhead_kind);
	check_line_add(check, line, overhead->duration_ns, 0);
}

static void take_graph_launch(struct check *check, const struct log_graph_launch *launch, size_t at)
{
	char line[160];
	need(check, launch->start_ns != 0 && launch->correlation != 0, at, "graph launch: no time");
	snprintf(line, sizeof(line), "graph launch of %u stream %u", launch->graph, launch->stream);
	check_line_add(check, line, launch->duration_ns, 0);
}

static void take_context(struct check *check, const struct log_context *context)
{
	char line[160];
	snprintf(line, sizeof(line), "context %u device %u null stream %u", context->context,
		 context->device, context->null_stream);
	check_line_add(check, line, 0, 0);
}

static void take_device(struct check *check, const struct log_device *device, size_t at)
{
	char line[640];
	snprintf(line, sizeof(line),
		 "device %u '%s' %s driver %s %u memory %llu sm %u MHz memory %u MHz power %u mW",
		 device->device, text(check, device->name, at), text(check, device->uuid, at),
		 text(check, device->driver, at), device->driver_version,
		 (unsigned long long)device->memory_bytes, device->max_sm_mhz,
		 device->max_memory_mhz, device->power_limit_mw);
	check_line_add(check, line, 0, 0);
}

static void take_attribute(struct check *check, const struct log_attribute *attribute)
{
	char line[160];
	if (attribute->value == 0)
		return;
	snprintf(line, sizeof(line), "attribute %03u of device %u is %d", attribute->attribute,
		 attribute->device, attribute->value);
	check_line_add(check, line, 0, 0);
}

static void take_clock(struct check *check, const struct log_clock *clock, size_t at)
{
	need(check, clock->trace_ns != 0 && clock->trace_ns <= clock->trace_after_ns, at,
	     "clock: times do not go up");
	need(check,
	     clock->realtime_ns != 0 && clock->monotonic_ns != 0 && clock->monotonic_raw_ns != 0 &&
		     clock->boottime_ns != 0,
	     at, "clock: a clock is missing");
}

/* those of the fake libnvidia-ml; how many there are depends on how long the run took */
static void take_sample(struct check *check, const struct log_sample *sample, size_t at)
{
	need(check, sample->time_ns != 0 && sample->device == 0, at, "sample: no time, or device");
	need(check,
	     sample->sm_mhz == 1010 && sample->memory_mhz == 2020 && sample->power_mw == 77000 &&
		     sample->temperature_c == 33 && sample->throttle_reasons == 1,
	     at, "sample: not what the fake device says");
}

static void take_fact(struct check *check, const struct log_fact *fact, size_t at)
{
	/* the others differ from run to run */
	static const char *const told[] = {"options", "steps", "unreliable", "cupti_version"};
	const char *key = text(check, fact->key, at), *value = text(check, fact->value, at);
	char line[640];
	bool tells = false;
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		tells = tells || strcmp(key, told[i]) == 0;
	snprintf(line, sizeof(line), "fact %s%s%s", key, tells ? " is " : "", tells ? value : "");
	check_line_add(check, line, 0, 0);
}

void check_take(struct check *check, uint16_t kind, const uint8_t *record, size_t at)
{
	const void *any = record;
	check->kind_count[kind]++;
	switch (kind) {
	case LOG_SITE:
		take_site(check, any, at);
		break;
	case LOG_KERNEL:
		take_plain_kernel(check, any, at);
		break;
	case LOG_GRAPH_KERNEL:
		take_kernel(check, any, at);
		break;
	case LOG_CALL:
		take_call(check, any, at);
		break;
	case LOG_CALL_NAME:
		take_call_name(check, any, at);
		break;
	case LOG_CALL_FAILED:
		take_failed(check, any, at);
		break;
	case LOG_THREAD:
		take_thread(check, any, at);
		break;
	case LOG_COPY:
		take_copy(check, any);
		break;
	case LOG_SET:
		take_set(check, any);
		break;
	case LOG_SYNC:
		take_sync(check, any);
		break;
	case LOG_RANGE:
		take_range(check, any, at);
		break;
	case LOG_OVERHEAD:
		take_overhead(check, any);
		break;
	case LOG_GRAPH_LAUNCH:
		take_graph_launch(check, any, at);
		break;
	case LOG_CONTEXT:
		take_context(check, any);
		break;
	case LOG_DEVICE:
		take_device(check, any, at);
		break;
	case LOG_ATTRIBUTE:
		take_attribute(check, any);
		break;
	case LOG_CLOCK:
		take_clock(check, any, at);
		break;
	case LOG_SAMPLE:
		take_sample(check, any, at);
		break;
	case LOG_FACT:
		take_fact(check, any, at);
		break;
	case LOG_COUNTS:
		memcpy(&check->counts, record, sizeof(check->counts));
		check->has_counts = true;
		break;
	case LOG_END:
		memcpy(&check->end, record, sizeof(check->end));
		check->has_end = true;
		break;
	case LOG_GRAPH_NODE:
		take_node(check, any, at);
		break;
	default:
		check_fail(check, at, "kind without a check");
	}
}
