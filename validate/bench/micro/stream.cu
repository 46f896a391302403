/*
 * Period of null kernels in a stream.
 *
 *   stream.null    1000 kernels behind a kernel of 2 ms, by events around them. This is the
 *                  definition of the bundled files; where a launch costs the host more than about 2
 *                  us the queue runs dry and the figure is partly the host's
 *   stream.queued  500 kernels behind a kernel of 20 ms; counted only where the first of them had
 *                  not begun when the host had issued the last: the device's own period
 */
#include "validate/bench/micro/bench.h"

enum { KERNELS = 1000, QUEUED = 500, REPETITIONS = 30 };

static const long long short_spin = 4000000, long_spin = 40000000;

static __global__ void null_kernel(void)
{
}

static enum sim_status elapsed(struct bench *bench, int blocks, int threads, int kernels,
			       double *us, bool *queued)
{
	float ms = 0;
	CUDA_TRY(bench, cudaEventRecord(bench->begin, bench->stream));
	for (int i = 0; i < kernels; i++)
		null_kernel<<<blocks, threads, 0, bench->stream>>>();
	LAUNCHED(bench);
	*queued = bench_pending(bench->begin);
	CUDA_TRY(bench, cudaEventRecord(bench->end, bench->stream));
	CUDA_TRY(bench, cudaStreamSynchronize(bench->stream));
	CUDA_TRY(bench, cudaEventElapsedTime(&ms, bench->begin, bench->end));
	*us = ms * 1e3 / kernels;
	return SIM_OK;
}

static enum sim_status as_before(struct bench *bench, int blocks, int threads)
{
	double samples[BENCH_SAMPLES];
	struct result *result;
	bool queued;
	int repetitions = bench_repetitions(bench, REPETITIONS);
	for (int r = 0; r < repetitions; r++) {
		TRY(bench_spin(bench, short_spin));
		TRY(elapsed(bench, blocks, threads, KERNELS, &samples[r], &queued));
	}
	TRY(bench_add(bench, "stream.null", "us", samples, repetitions, &result));
	result->place[RESULT_BLOCKS] = blocks;
	result->place[RESULT_THREADS] = threads;
	return SIM_OK;
}

static enum sim_status all_queued(struct bench *bench, int blocks, int threads)
{
	double samples[BENCH_SAMPLES];
	struct result *result;
	int count = 0, repetitions = bench_repetitions(bench, REPETITIONS);
	for (int r = 0; r < repetitions; r++) {
		bool queued;
		TRY(bench_spin(bench, long_spin));
		TRY(elapsed(bench, blocks, threads, QUEUED, &samples[count], &queued));
		count += queued;
	}
	if (count < 3) {
		bench_skip(bench, "stream.queued", "launches were not queued ahead of the device");
		return SIM_OK;
	}
	TRY(bench_add(bench, "stream.queued", "us", samples, count, &result));
	result->place[RESULT_BLOCKS] = blocks;
	result->place[RESULT_THREADS] = threads;
	return SIM_OK;
}

enum sim_status measure_stream(struct bench *bench)
{
	static const int block_counts[] = {1, 132, 1056}, thread_counts[] = {32, 1024};
	for (int t = 0; t < 2; t++)
		for (int b = 0; b < 3; b++)
			TRY(as_before(bench, block_counts[b], thread_counts[t]));
	for (int t = 0; t < 2; t++)
		for (int b = 0; b < 3; b++)
			TRY(all_queued(bench, block_counts[b], thread_counts[t]));
	return SIM_OK;
}
