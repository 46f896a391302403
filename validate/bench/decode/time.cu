/*
 * The timed steps, launched one by one or as a graph. The position lies in device memory and the last
 * kernel of a step moves it on, so that the same graph plays every step.
 *
 * Ranges: `decode_step N` around a step; around each op what traces/nvtx_op.h reads. A graph's ops are
 * named while it is captured, at the length of the middle step.
 */
#include <cstdlib>
#include <ctime>

#include "validate/bench/decode/run.cuh"

struct texts {
	char *lines; /* DECODE_TEXT each, one an op; NULL: no ranges */
	size_t count;
};

static double now_s()
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static char *text_of(const struct texts *texts, size_t i)
{
	return texts->lines + i * DECODE_TEXT;
}

/* Attention's text changes with the length, and is the same in all layers. */
static void name_length(struct decode_plan *plan, const struct texts *texts, uint64_t length)
{
	const char *known = nullptr;
	if (texts->lines == nullptr)
		return;
	for (size_t i = 0; i < plan->count; i++) {
		struct decode_op *op = &plan->ops[i];
		if (op->kind != DECODE_ATTENTION)
			continue;
		decode_op_at_length(op, &plan->shape, length);
		if (known == nullptr)
			known = decode_op_nvtx(op, text_of(texts, i), DECODE_TEXT);
		else
			memcpy(text_of(texts, i), known, DECODE_TEXT);
	}
}

static enum sim_status texts_init(struct texts *texts, const struct decode_plan *plan,
				  struct sim_diag *diag)
{
	texts->count = plan->count;
	texts->lines = static_cast<char *>(calloc(plan->count, DECODE_TEXT));
	if (texts->lines == nullptr)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < plan->count; i++)
		decode_op_nvtx(&plan->ops[i], text_of(texts, i), DECODE_TEXT);
	return SIM_OK;
}

static enum sim_status launch_all(struct decode_run *run, const struct decode_plan *plan,
				  const struct texts *texts, struct sim_diag *diag)
{
	enum sim_status status = SIM_OK;
	for (size_t i = 0; i < plan->count && status == SIM_OK; i++) {
		if (texts->lines != nullptr)
			nvtxRangePushA(text_of(texts, i));
		status = decode_launch(run, &plan->ops[i], diag);
		if (texts->lines != nullptr)
			nvtxRangePop();
	}
	return status;
}

struct graph {
	cudaGraph_t graph;
	cudaGraphExec_t exec;
};

static enum sim_status capture(struct decode_run *run, const struct decode_plan *plan,
			       const struct texts *texts, struct graph *graph,
			       struct decode_times *times, struct sim_diag *diag)
{
	size_t nodes;
	double start_s = now_s();
	TRY_CUDA(cudaStreamBeginCapture(run->stream, cudaStreamCaptureModeThreadLocal), diag);
	enum sim_status status = launch_all(run, plan, texts, diag);
	cudaError_t error = cudaStreamEndCapture(run->stream, &graph->graph);
	TRY(status);
	TRY_CUDA(error, diag);
	TRY_CUDA(cudaGraphInstantiate(&graph->exec, graph->graph, 0), diag);
	TRY_CUDA(cudaGraphUpload(graph->exec, run->stream), diag);
	TRY_CUDA(cudaStreamSynchronize(run->stream), diag);
	times->capture_s = now_s() - start_s;
	TRY_CUDA(cudaGraphGetNodes(graph->graph, nullptr, &nodes), diag);
	times->graph_nodes = nodes;
	return SIM_OK;
}

/* One step; NAME is its range. */
static enum sim_status run_step(struct decode_run *run, const struct decode_plan *plan,
				const struct texts *texts, const struct graph *graph,
				const char *name, double *step_s, double *launch_s,
				struct sim_diag *diag)
{
	enum sim_status status = SIM_OK;
	cudaError_t error = cudaSuccess;
	if (texts->lines != nullptr)
		nvtxRangePushA(name);
	double start_s = now_s();
	if (graph->exec != nullptr)
		error = cudaGraphLaunch(graph->exec, run->stream);
	else
		status = launch_all(run, plan, texts, diag);
	*launch_s = now_s() - start_s;
	if (error == cudaSuccess && status == SIM_OK)
		error = cudaStreamSynchronize(run->stream);
	*step_s = now_s() - start_s;
	if (texts->lines != nullptr)
		nvtxRangePop();
	TRY(status);
	TRY_CUDA(error, diag);
	return SIM_OK;
}

/* Not counted as steps: each at the first position. At least one, so that libraries are loaded. */
static enum sim_status warm_up(struct decode_run *run, const struct decode_plan *plan,
			       const struct texts *texts, const struct graph *graph, uint64_t count,
			       struct sim_diag *diag)
{
	double step_s, launch_s;
	for (uint64_t i = 0; i < count; i++) {
		TRY(decode_set_position(run, run->shape.context, diag));
		TRY(run_step(run, plan, texts, graph, "", &step_s, &launch_s, diag));
	}
	return SIM_OK;
}

static enum sim_status time_steps(struct decode_run *run, struct decode_plan *plan,
				  const struct texts *texts, const struct decode_request *request,
				  struct graph *graph, struct decode_times *times,
				  struct sim_diag *diag)
{
	const uint64_t context = run->shape.context;
	const struct texts silent = {nullptr, 0};
	char name[64];
	TRY(warm_up(run, plan, &silent, graph, 1, diag));
	if (request->graph) {
		name_length(plan, texts, context + (request->steps + 1) / 2);
		TRY(capture(run, plan, texts, graph, times, diag));
	}
	TRY(warm_up(run, plan, &silent, graph, request->warmup, diag));
	TRY(decode_set_position(run, context, diag));
	for (uint64_t i = 0; i < request->steps; i++) {
		if (!request->graph)
			name_length(plan, texts, context + i + 1);
		snprintf(name, sizeof(name), "decode_step %llu", (unsigned long long)i);
		TRY(run_step(run, plan, texts, graph, name, &times->step_s[i], &times->launch_s[i],
			     diag));
	}
	return SIM_OK;
}

extern "C" enum sim_status decode_gpu_time(const struct decode_shape *shape,
					   const struct decode_request *request,
					   struct decode_times *times, struct sim_diag *diag)
{
	struct decode_run run;
	struct decode_plan plan;
	struct texts names = {nullptr, 0};
	struct graph graph = {nullptr, nullptr};
	enum sim_status status = decode_plan_init(&plan, shape, shape->context + 1, diag);
	if (status == SIM_OK && request->ranges)
		status = texts_init(&names, &plan, diag);
	if (status == SIM_OK) {
		status = decode_run_open(&run, shape, request->seed, diag);
		if (status == SIM_OK)
			status = time_steps(&run, &plan, &names, request, &graph, times, diag);
		if (graph.exec != nullptr)
			(void)cudaGraphExecDestroy(graph.exec);
		if (graph.graph != nullptr)
			(void)cudaGraphDestroy(graph.graph);
		decode_run_close(&run);
	}
	free(names.lines);
	decode_plan_fini(&plan);
	return status;
}
