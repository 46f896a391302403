/* What the measurements share: see bench.h. */
#include "validate/bench/micro/bench.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum sim_status bench_failed(struct bench *bench, const char *file, int line, const char *call,
			     cudaError_t error)
{
	return diag_fail_at(bench->diag, SIM_E_INTERNAL, file, line, "%s: %s: '%s'",
			    cudaGetErrorName(error), cudaGetErrorString(error), call);
}

static __global__ void spin(long long clocks)
{
	long long start = clock64();
	while (clock64() - start < clocks)
		;
}

enum sim_status bench_spin(struct bench *bench, long long clocks)
{
	spin<<<1, 1, 0, bench->stream>>>(clocks);
	LAUNCHED(bench);
	return SIM_OK;
}

bool bench_pending(cudaEvent_t event)
{
	bool pending = cudaEventQuery(event) == cudaErrorNotReady;
	if (pending)
		(void)cudaGetLastError(); /* it is kept as an error, and is none */
	return pending;
}

enum sim_status bench_init(struct bench *bench)
{
	CUDA_TRY(bench, cudaStreamCreate(&bench->stream));
	CUDA_TRY(bench, cudaEventCreate(&bench->begin));
	CUDA_TRY(bench, cudaEventCreate(&bench->end));
	CUDA_TRY(bench, cudaMalloc((void **)&bench->sink, BENCH_SINK_BYTES));
	CUDA_TRY(bench, cudaMemset(bench->sink, 0, BENCH_SINK_BYTES));
	for (int i = 0; i < 1000; i++)
		TRY(bench_spin(bench, 0));
	CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
	return SIM_OK;
}

enum sim_status bench_fini(struct bench *bench)
{
	TRY(bench_pool_free(bench));
	CUDA_TRY(bench, cudaFree(bench->sink));
	CUDA_TRY(bench, cudaEventDestroy(bench->begin));
	CUDA_TRY(bench, cudaEventDestroy(bench->end));
	CUDA_TRY(bench, cudaStreamDestroy(bench->stream));
	return SIM_OK;
}

enum sim_status bench_pool_free(struct bench *bench)
{
	CUDA_TRY(bench, cudaFree(bench->pool)); /* of NULL: nothing */
	bench->pool = NULL;
	bench->pool_bytes = 0;
	return SIM_OK;
}

enum sim_status bench_pool(struct bench *bench, size_t want, size_t least)
{
	size_t free_bytes = 0, total_bytes = 0;
	if (bench->pool_bytes >= want)
		return SIM_OK;
	TRY(bench_pool_free(bench));
	CUDA_TRY(bench, cudaMemGetInfo(&free_bytes, &total_bytes));
	size_t bytes = sweep_pool_bytes(free_bytes, want, least);
	if (bytes == 0)
		return SIM_OK;
	CUDA_TRY(bench, cudaMalloc((void **)&bench->pool, bytes));
	CUDA_TRY(bench, cudaMemset(bench->pool, 1, bytes));
	CUDA_TRY(bench, cudaDeviceSynchronize());
	bench->pool_bytes = bytes;
	return SIM_OK;
}

double bench_host_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

int bench_repetitions(const struct bench *bench, int usual)
{
	int count = bench->quick ? (usual + 4) / 5 : usual;
	count = count < 3 ? 3 : count;
	return count | 1;
}

enum sim_status bench_time(struct bench *bench, bench_work work, void *what, int repetitions,
			   double per, double *samples)
{
	for (int r = 0; r < repetitions; r++) {
		float ms = 0;
		CUDA_TRY(bench, cudaEventRecord(bench->begin, bench->stream));
		TRY(work(bench, what, r));
		CUDA_TRY(bench, cudaEventRecord(bench->end, bench->stream));
		CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
		CUDA_TRY(bench, cudaEventElapsedTime(&ms, bench->begin, bench->end));
		samples[r] = ms * 1e3 / per;
	}
	return SIM_OK;
}

enum sim_status bench_add(struct bench *bench, const char *name, const char *unit, double *samples,
			  int count, struct result **result)
{
	struct result *added =
		results_add(bench->results, name, unit, samples, (size_t)(count < 0 ? 0 : count));
	if (added == NULL)
		return diag_fail(bench->diag, SIM_E_INTERNAL,
				 "no room for another result, or no finite value: '%s'", name);
	if (result != NULL)
		*result = added;
	return SIM_OK;
}

void bench_skip(struct bench *bench, const char *name, const char *why)
{
	results_skip(bench->results, name, why);
	fprintf(stderr, "    %s left out: %s\n", name, why);
}

enum sim_status bench_capture(struct bench *bench, bench_work work, void *what,
			      cudaGraphExec_t *graph)
{
	cudaGraph_t captured;
	CUDA_TRY(bench, cudaStreamBeginCapture(bench->stream, cudaStreamCaptureModeGlobal));
	TRY(work(bench, what, 0));
	CUDA_TRY(bench, cudaStreamEndCapture(bench->stream, &captured));
	CUDA_TRY(bench, cudaGraphInstantiate(graph, captured, 0));
	CUDA_TRY(bench, cudaGraphDestroy(captured));
	return SIM_OK;
}
