/* Times of a decode run as text and JSON. */
#include "validate/bench/decode/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double rank(const double *sorted, uint64_t count, uint64_t percent)
{
	uint64_t at = count * percent / 100;
	return sorted[at < count ? at : count - 1];
}

struct decode_summary decode_summary_ms(double *seconds, uint64_t count)
{
	qsort(seconds, count, sizeof(*seconds), compare);
	double middle = count % 2 != 0 ? seconds[count / 2]
				       : (seconds[count / 2 - 1] + seconds[count / 2]) / 2;
	return (struct decode_summary){.median = 1e3 * middle,
				       .p05 = 1e3 * rank(seconds, count, 5),
				       .p95 = 1e3 * rank(seconds, count, 95),
				       .min = 1e3 * seconds[0]};
}

static void print_summary(const char *name, const struct decode_summary *summary)
{
	printf("%-12s %10.4f %10.4f %10.4f %10.4f\n", name, summary->median, summary->p05,
	       summary->p95, summary->min);
}

void decode_report_print(const struct decode_report *report)
{
	const struct decode_shape *shape = report->shape;
	const struct decode_work *work = &report->work;
	printf("%s, %" PRIu64 " layers, batch %" PRIu64 ", context %" PRIu64 " to %" PRIu64
	       ", %s, on %s (%" PRIu32 " SMs)\n",
	       shape->model.name, shape->model.layers, shape->batch, shape->context,
	       shape->capacity, report->options->graph ? "graph" : "eager", report->gpu->name,
	       report->gpu->sms);
	printf("device memory %.3f GiB: weights %.3f, KV cache %.3f\n",
	       (double)report->device_bytes / (1 << 30), (double)report->weight_bytes / (1 << 30),
	       (double)report->kv_bytes / (1 << 30));
	printf("a step: %" PRIu64 " kernels%s, weights %" PRIu64 " B, KV %" PRIu64
	       " B, flops %" PRIu64 "\n",
	       report->kernels, report->options->graph ? "" : " (a GEMM as one)",
	       work->weight_bytes, work->kv_read_bytes, work->flops);
	printf("%-12s %10s %10s %10s %10s\n", "ms", "median", "p05", "p95", "min");
	print_summary("step", &report->step);
	print_summary("host launch", &report->launch);
	if (report->options->graph)
		printf("capture and instantiation: %.1f ms\n", 1e3 * report->capture_s);
}

static cJSON *summary_json(const struct decode_summary *summary, uint64_t count)
{
	cJSON *map = cJSON_CreateObject();
	cJSON_AddNumberToObject(map, "n", (double)count);
	cJSON_AddNumberToObject(map, "median", summary->median);
	cJSON_AddNumberToObject(map, "p05", summary->p05);
	cJSON_AddNumberToObject(map, "p95", summary->p95);
	cJSON_AddNumberToObject(map, "min", summary->min);
	return map;
}

static void add_gpu(cJSON *root, const struct decode_gpu_info *gpu)
{
	cJSON *map = cJSON_AddObjectToObject(root, "info");
	cJSON_AddStringToObject(map, "gpu", gpu->name);
	cJSON_AddNumberToObject(map, "sms", gpu->sms);
	cJSON_AddNumberToObject(map, "compute_capability", gpu->cc_major * 10 + gpu->cc_minor);
	cJSON_AddNumberToObject(map, "memory_bytes", (double)gpu->memory_bytes);
	cJSON_AddNumberToObject(map, "driver", gpu->driver_version);
	cJSON_AddNumberToObject(map, "cuda", gpu->runtime_version);
}

static void add_work(cJSON *root, const struct decode_report *report)
{
	const struct decode_work *work = &report->work;
	cJSON_AddNumberToObject(root, "kernels", (double)report->kernels);
	cJSON_AddNumberToObject(root, "step_weight_bytes", (double)work->weight_bytes);
	cJSON_AddNumberToObject(root, "step_kv_read_bytes", (double)work->kv_read_bytes);
	cJSON_AddNumberToObject(root, "step_flops", (double)work->flops);
	cJSON_AddNumberToObject(root, "weight_bytes", (double)report->weight_bytes);
	cJSON_AddNumberToObject(root, "kv_bytes", (double)report->kv_bytes);
	cJSON_AddNumberToObject(root, "device_bytes", (double)report->device_bytes);
}

static cJSON *report_json(const struct decode_report *report)
{
	const struct decode_options *options = report->options;
	const struct decode_shape *shape = report->shape;
	cJSON *root = cJSON_CreateObject();
	add_gpu(root, report->gpu);
	cJSON_AddStringToObject(root, "model", shape->model.name);
	cJSON_AddNumberToObject(root, "layers", (double)shape->model.layers);
	cJSON_AddNumberToObject(root, "batch", (double)shape->batch);
	cJSON_AddNumberToObject(root, "ctx", (double)shape->context);
	cJSON_AddNumberToObject(root, "steps", (double)options->steps);
	cJSON_AddNumberToObject(root, "warmup", (double)options->warmup);
	cJSON_AddNumberToObject(root, "seed", (double)options->seed);
	cJSON_AddStringToObject(root, "dtype", "bf16");
	cJSON_AddStringToObject(root, "launch", options->graph ? "graph" : "eager");
	add_work(root, report);
	cJSON_AddItemToObject(root, "wall_ms", summary_json(&report->step, options->steps));
	cJSON_AddItemToObject(root, "host_launch_ms",
			      summary_json(&report->launch, options->steps));
	if (options->graph)
		cJSON_AddNumberToObject(root, "capture_ms", 1e3 * report->capture_s);
	return root;
}

enum sim_status decode_report_write(const struct decode_report *report, const char *path,
				    struct sim_diag *diag)
{
	cJSON *root = report_json(report);
	char *text = cJSON_Print(root);
	cJSON_Delete(root);
	if (text == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	FILE *file = fopen(path, "w");
	bool whole = file != NULL && fprintf(file, "%s\n", text) > 0;
	if (file != NULL && fclose(file) != 0)
		whole = false;
	cJSON_free(text);
	if (!whole)
		return diag_fail_at(diag, SIM_E_IO, path, 0, "cannot write: %s", strerror(errno));
	return SIM_OK;
}
