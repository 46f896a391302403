/*
 * A graph of N null kernels (132 blocks of 128 threads, one after another), launched on an idle
 * device.
 *
 *   graph.event      by events around the launch, on the device
 *   graph.host       host time of cudaGraphLaunch
 *   graph.wall       from before the first event record to the return of the wait
 *   graph.roundtrip  one node, no events: launch to the return of the wait
 */
#include "validate/bench/micro/bench.h"

enum { REPETITIONS = 50, WARM_UP = 5, ROUNDTRIPS = 200 };

static __global__ void null_kernel(void)
{
}

static enum sim_status nulls(struct bench *bench, void *what, int repetition)
{
	int nodes = *(const int *)what;
	(void)repetition;
	for (int i = 0; i < nodes; i++)
		null_kernel<<<132, 128, 0, bench->stream>>>();
	LAUNCHED(bench);
	return SIM_OK;
}

static enum sim_status make(struct bench *bench, int nodes, cudaGraphExec_t *graph)
{
	TRY(bench_capture(bench, nulls, &nodes, graph));
	for (int i = 0; i < WARM_UP; i++)
		CUDA_TRY(bench, cudaGraphLaunch(*graph, bench->stream));
	CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
	return SIM_OK;
}

static enum sim_status add(struct bench *bench, const char *name, double *samples, int count,
			   int nodes)
{
	struct result *result;
	TRY(bench_add(bench, name, "us", samples, count, &result));
	result->place[RESULT_NODES] = nodes;
	return SIM_OK;
}

static enum sim_status one_size(struct bench *bench, int nodes)
{
	double event[BENCH_SAMPLES], host[BENCH_SAMPLES], wall[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, REPETITIONS);
	cudaGraphExec_t graph;
	TRY(make(bench, nodes, &graph));
	for (int r = 0; r < repetitions; r++) {
		float ms = 0;
		double start = bench_host_us();
		CUDA_TRY(bench, cudaEventRecord(bench->begin, bench->stream));
		double before = bench_host_us();
		CUDA_TRY(bench, cudaGraphLaunch(graph, bench->stream));
		double after = bench_host_us();
		CUDA_TRY(bench, cudaEventRecord(bench->end, bench->stream));
		CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
		wall[r] = bench_host_us() - start;
		host[r] = after - before;
		CUDA_TRY(bench, cudaEventElapsedTime(&ms, bench->begin, bench->end));
		event[r] = ms * 1e3;
	}
	CUDA_TRY(bench, cudaGraphExecDestroy(graph));
	TRY(add(bench, "graph.event", event, repetitions, nodes));
	TRY(add(bench, "graph.host", host, repetitions, nodes));
	return add(bench, "graph.wall", wall, repetitions, nodes);
}

static enum sim_status roundtrip(struct bench *bench)
{
	double samples[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, ROUNDTRIPS);
	cudaGraphExec_t graph;
	TRY(make(bench, 1, &graph));
	for (int r = 0; r < repetitions; r++) {
		double start = bench_host_us();
		CUDA_TRY(bench, cudaGraphLaunch(graph, bench->stream));
		CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
		samples[r] = bench_host_us() - start;
	}
	CUDA_TRY(bench, cudaGraphExecDestroy(graph));
	return add(bench, "graph.roundtrip", samples, repetitions, 1);
}

enum sim_status measure_graph(struct bench *bench)
{
	static const int nodes[] = {1, 10, 100, 400, 1000, 2000, 4000};
	int sizes = (int)(sizeof(nodes) / sizeof(nodes[0]));
	for (int i = 0; i < sizes; i++)
		TRY(one_size(bench, nodes[i]));
	return roundtrip(bench);
}
