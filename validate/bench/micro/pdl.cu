/*
 * Programmatic dependent launch: what of a kernel's start hides behind its predecessor.
 *
 *   pdl.stream, pdl.graph  period of a kernel in a row of them, without (pdl 0) and with (pdl 1)
 *                          programmatic stream serialization; body_us: what it spins for, at the
 *                          highest clock, after it has waited for its predecessor
 *   pdl.saving             pdl.graph without less with, body 5 us: the overlap of a kernel that has
 *                          work, the pair of repetitions by repetition
 *
 * Each kernel lets its successor start at once (griddepcontrol.launch_dependents) and waits for its
 * predecessor (griddepcontrol.wait) before its body. One block a multiprocessor. The period in a
 * graph is the slope between 100 and 500 nodes, so the launch itself is not in it. Needs compute
 * capability 9.0.
 */
#include "validate/bench/micro/bench.h"

enum { FEW = 100, MANY = 500, REPETITIONS = 31, BODY_US = 5 };

static const long long busy_clocks = 40000000; /* 20 ms at 2 GHz */

static __global__ void dependent(unsigned clocks)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
	asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
	asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
	long long start = clock64();
	while (clock64() - start < clocks)
		;
}

struct row {
	int kernels;
	int body_us;
	bool pdl;
};

static enum sim_status issue(struct bench *bench, void *what, int repetition)
{
	const struct row *row = (const struct row *)what;
	cudaLaunchAttribute attribute = {};
	cudaLaunchConfig_t config = {};
	/* at the highest clock; a clock ticks finer than the timer in ns */
	unsigned clocks = (unsigned)(row->body_us * (bench->results->device.clock_khz / 1000));
	void *arguments[] = {&clocks};
	(void)repetition;
	attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
	attribute.val.programmaticStreamSerializationAllowed = row->pdl;
	config.gridDim = dim3((unsigned)bench->device.multiProcessorCount);
	config.blockDim = dim3(128);
	config.stream = bench->stream;
	config.attrs = &attribute;
	config.numAttrs = 1;
	for (int i = 0; i < row->kernels; i++)
		CUDA_TRY(bench, cudaLaunchKernelExC(&config, (const void *)dependent, arguments));
	return SIM_OK;
}

static enum sim_status add(struct bench *bench, const char *name, double *samples, int count,
			   const struct row *row)
{
	struct result *result;
	TRY(bench_add(bench, name, "us", samples, count, &result));
	result->place[RESULT_PDL] = row->pdl;
	result->place[RESULT_BODY_US] = row->body_us;
	return SIM_OK;
}

static enum sim_status in_stream(struct bench *bench, struct row row)
{
	double samples[BENCH_SAMPLES];
	int count = 0, repetitions = bench_repetitions(bench, REPETITIONS);
	row.kernels = MANY;
	for (int r = 0; r < repetitions; r++) {
		float ms = 0;
		TRY(bench_spin(bench, busy_clocks));
		CUDA_TRY(bench, cudaEventRecord(bench->begin, bench->stream));
		TRY(issue(bench, &row, r));
		bool queued = bench_pending(bench->begin);
		CUDA_TRY(bench, cudaEventRecord(bench->end, bench->stream));
		CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
		CUDA_TRY(bench, cudaEventElapsedTime(&ms, bench->begin, bench->end));
		samples[count] = ms * 1e3 / MANY;
		count += queued;
	}
	if (count >= 3)
		return add(bench, "pdl.stream", samples, count, &row);
	bench_skip(bench, "pdl.stream", "launches were not queued ahead of the device");
	return SIM_OK;
}

static enum sim_status launch(struct bench *bench, void *what, int repetition)
{
	(void)repetition;
	CUDA_TRY(bench, cudaGraphLaunch(*(cudaGraphExec_t *)what, bench->stream));
	return SIM_OK;
}

/* Device time of a graph of ROW->kernels, SAMPLES of it. */
static enum sim_status graph_time(struct bench *bench, struct row *row, int repetitions,
				  double *samples)
{
	cudaGraphExec_t graph;
	TRY(bench_capture(bench, issue, row, &graph));
	for (int i = 0; i < 5; i++)
		TRY(launch(bench, &graph, i));
	TRY(bench_time(bench, launch, &graph, repetitions, 1, samples));
	CUDA_TRY(bench, cudaGraphExecDestroy(graph));
	return SIM_OK;
}

/* PERIODS are left as measured, repetition by repetition; the result is added from a copy. */
static enum sim_status in_graph(struct bench *bench, struct row row, int repetitions,
				double *periods)
{
	double few[BENCH_SAMPLES], many[BENCH_SAMPLES];
	row.kernels = FEW;
	TRY(graph_time(bench, &row, repetitions, few));
	row.kernels = MANY;
	TRY(graph_time(bench, &row, repetitions, many));
	for (int r = 0; r < repetitions; r++)
		periods[r] = many[r] = (many[r] - few[r]) / (MANY - FEW);
	return add(bench, "pdl.graph", many, repetitions, &row);
}

enum sim_status measure_pdl(struct bench *bench)
{
	static const int bodies[] = {0, BODY_US};
	double periods[2][BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, REPETITIONS);
	struct row row = {};
	if (bench->device.major < 9) {
		bench_skip(bench, "pdl", "programmatic launch needs compute capability 9.0");
		return SIM_OK;
	}
	for (int b = 0; b < 2; b++) {
		row.body_us = bodies[b];
		for (int pdl = 0; pdl < 2; pdl++) {
			row.pdl = pdl != 0;
			TRY(in_stream(bench, row));
			TRY(in_graph(bench, row, repetitions, periods[pdl]));
		}
	}
	for (int r = 0; r < repetitions; r++)
		periods[0][r] -= periods[1][r];
	row.pdl = true;
	return add(bench, "pdl.saving", periods[0], repetitions, &row);
}
