/* decode: decode steps of a language model on a GPU, timed. Exits 0 done, 1 failed, 2 usage. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "validate/bench/decode/gpu.h"
#include "validate/bench/decode/options.h"
#include "validate/bench/decode/plan.h"
#include "validate/bench/decode/report.h"

enum { CHECK_LAYERS = 2 };

/* A tool that listens to ranges has itself injected by one of these. */
static bool tool_listens(void)
{
	return getenv("NVTX_INJECTION64_PATH") != NULL || getenv("CUDA_INJECTION64_PATH") != NULL;
}

static enum sim_status dry_run(const struct decode_shape *shape, struct sim_diag *diag)
{
	struct decode_plan plan;
	struct decode_layout layout = {0};
	enum sim_status status = decode_plan_init(&plan, shape, shape->context + 1, diag);
	if (status == SIM_OK)
		status = decode_plan_print(&plan, diag);
	if (status == SIM_OK)
		status = decode_layout_init(&layout, shape, diag);
	if (status == SIM_OK)
		printf("device memory: %" PRIu64 " B: weights %" PRIu64 ", KV cache of %" PRIu64
		       " slots %" PRIu64 ", the rest %" PRIu64 " and cuBLAS's workspace %" PRIu64
		       "\n",
		       layout.total_bytes + DECODE_WORKSPACE_BYTES, layout.weight_bytes,
		       shape->capacity, layout.kv_bytes,
		       layout.total_bytes - layout.weight_bytes - layout.kv_bytes,
		       DECODE_WORKSPACE_BYTES);
	decode_layout_fini(&layout);
	decode_plan_fini(&plan);
	return status;
}

/* The parts of the report that do not come from the GPU. */
static enum sim_status describe(struct decode_report *report, struct sim_diag *diag)
{
	const struct decode_shape *shape = report->shape;
	struct decode_plan plan;
	struct decode_layout layout = {0};
	uint64_t middle = shape->context + (report->options->steps + 1) / 2;
	enum sim_status status = decode_plan_init(&plan, shape, middle, diag);
	if (status == SIM_OK)
		status = decode_plan_work(&plan, &report->work, diag);
	for (size_t i = 0; i < plan.count; i++)
		report->kernels += plan.ops[i].kernel_count;
	if (status == SIM_OK)
		status = decode_layout_init(&layout, shape, diag);
	report->weight_bytes = layout.weight_bytes;
	report->kv_bytes = layout.kv_bytes;
	report->device_bytes = layout.total_bytes + DECODE_WORKSPACE_BYTES;
	decode_layout_fini(&layout);
	decode_plan_fini(&plan);
	return status;
}

static enum sim_status run_timed(struct decode_report *report, struct decode_times *times,
				 struct sim_diag *diag)
{
	const struct decode_options *options = report->options;
	const struct decode_request request = {.steps = options->steps,
					       .warmup = options->warmup,
					       .seed = options->seed,
					       .graph = options->graph,
					       .ranges = options->nvtx || tool_listens()};
	TRY(describe(report, diag));
	TRY(decode_gpu_time(report->shape, &request, times, diag));
	report->step = decode_summary_ms(times->step_s, options->steps);
	report->launch = decode_summary_ms(times->launch_s, options->steps);
	report->capture_s = times->capture_s;
	if (options->graph)
		report->kernels = times->graph_nodes;
	decode_report_print(report);
	return options->json == NULL ? SIM_OK : decode_report_write(report, options->json, diag);
}

static enum sim_status time_steps(const struct decode_options *options,
				  const struct decode_shape *shape,
				  const struct decode_gpu_info *gpu, struct sim_diag *diag)
{
	struct decode_report report = {.options = options, .shape = shape, .gpu = gpu};
	struct decode_times times = {.step_s = calloc(options->steps, sizeof(double)),
				     .launch_s = calloc(options->steps, sizeof(double))};
	enum sim_status status = SIM_OK;
	if (times.step_s == NULL || times.launch_s == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory for %llu steps",
				   (unsigned long long)options->steps);
	if (status == SIM_OK)
		status = run_timed(&report, &times, diag);
	free(times.step_s);
	free(times.launch_s);
	return status;
}

static enum sim_status run(const struct decode_options *options, struct sim_diag *diag)
{
	struct workload_model model;
	struct decode_shape shape;
	struct decode_gpu_info gpu = {.sms = (uint32_t)options->sms};
	uint64_t layers = options->layers;
	TRY(model_load(options->model, &model, diag));
	if (options->check && layers == 0)
		layers = model.layers < CHECK_LAYERS ? model.layers : CHECK_LAYERS;
	if (!options->dry_run) /* refuse what no GPU could run before one is looked for */
		TRY(decode_shape_init(&shape, &model, options->batch, options->context,
				      options->steps, layers, 0, diag));
	if (!options->dry_run)
		TRY(decode_gpu_find(&gpu, diag));
	TRY(decode_shape_init(&shape, &model, options->batch, options->context, options->steps,
			      layers, gpu.sms, diag));
	if (options->dry_run)
		return dry_run(&shape, diag);
	if (options->check)
		return decode_gpu_check(&shape, options->seed, diag);
	return time_steps(options, &shape, &gpu, diag);
}

int main(int argc, char **argv)
{
	struct decode_options options;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = decode_options_parse(argc, argv, &options, &diag);
	if (status == SIM_OK && options.help)
		decode_options_help();
	else if (status == SIM_OK)
		status = run(&options, &diag);
	if (status == SIM_OK)
		return 0;
	fflush(stdout);
	fprintf(stderr, "decode: %s\n", diag.text);
	return status == SIM_E_USAGE ? 2 : 1;
}
