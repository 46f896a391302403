/* Streaming kernels: grid-stride loops of 16-byte accesses, reads four deep. See memory.h. */
#include <string.h>

#include "validate/bench/micro/memory.h"

static __device__ __forceinline__ unsigned folded(uint4 value)
{
	return value.x ^ value.y ^ value.z ^ value.w;
}

static __global__ void read_words(const uint4 *__restrict__ from, size_t count, unsigned *sink)
{
	size_t stride = (size_t)gridDim.x * blockDim.x;
	size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
	unsigned all = 0;
	for (; i + 3 * stride < count; i += 4 * stride) {
		uint4 a = from[i], b = from[i + stride];
		uint4 c = from[i + 2 * stride], d = from[i + 3 * stride];
		all ^= folded(a) ^ folded(b) ^ folded(c) ^ folded(d);
	}
	for (; i < count; i += stride)
		all ^= folded(from[i]);
	if (all == 0x12345678)
		*sink = all;
}

static __global__ void write_words(uint4 *to, size_t count)
{
	size_t stride = (size_t)gridDim.x * blockDim.x;
	for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride)
		to[i] = make_uint4((unsigned)i, 1, 2, 3);
}

static __global__ void copy_words(uint4 *__restrict__ to, const uint4 *__restrict__ from,
				  size_t count)
{
	size_t stride = (size_t)gridDim.x * blockDim.x;
	size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
	for (; i + 3 * stride < count; i += 4 * stride) {
		uint4 a = from[i], b = from[i + stride];
		uint4 c = from[i + 2 * stride], d = from[i + 3 * stride];
		to[i] = a;
		to[i + stride] = b;
		to[i + 2 * stride] = c;
		to[i + 3 * stride] = d;
	}
	for (; i < count; i += stride)
		to[i] = from[i];
}

static enum sim_status issue(struct bench *bench, void *what, int repetition)
{
	const struct stream_run *run = (const struct stream_run *)what;
	size_t slots = bench->pool_bytes / run->bytes, count = run->bytes / sizeof(uint4);
	for (int i = 0; i < run->iterations; i++) {
		size_t slot = run->rotate ? sweep_slot(slots, (size_t)repetition,
						       (size_t)run->iterations, (size_t)i)
					  : 0;
		uint4 *at = (uint4 *)(bench->pool + slot * run->bytes);
		if (run->kind == STREAM_READ)
			read_words<<<run->blocks, run->threads, 0, bench->stream>>>(at, count,
										    bench->sink);
		else if (run->kind == STREAM_WRITE)
			write_words<<<run->blocks, run->threads, 0, bench->stream>>>(at, count);
		else
			copy_words<<<run->blocks, run->threads, 0, bench->stream>>>(
				at, at + count / 2, count / 2);
	}
	LAUNCHED(bench);
	return SIM_OK;
}

enum sim_status memory_time(struct bench *bench, const struct stream_run *run, int repetitions,
			    double *samples)
{
	struct stream_run copy = *run;
	return bench_time(bench, issue, &copy, repetitions, run->iterations, samples);
}

enum sim_status memory_add(struct bench *bench, const char *name, const struct stream_run *run,
			   int repetitions, double *samples)
{
	struct result *result;
	TRY(bench_add(bench, name, "us", samples, repetitions, &result));
	result->place[RESULT_KB] = (double)run->bytes / 1024;
	result->place[RESULT_BLOCKS] = run->blocks;
	result->place[RESULT_THREADS] = run->threads;
	return SIM_OK;
}

enum sim_status memory_best(struct bench *bench, const char *name, struct stream_run run,
			    const struct shapes *shapes, int repetitions)
{
	double best[BENCH_SAMPLES], samples[BENCH_SAMPLES];
	struct stream_run fastest = run;
	double least = -1;
	for (int b = 0; b < shapes->block_count; b++)
		for (int t = 0; t < shapes->thread_count; t++) {
			run.blocks = shapes->blocks[b];
			run.threads = shapes->threads[t];
			TRY(memory_time(bench, &run, repetitions, samples));
			double median = stats_of(samples, (size_t)repetitions).median;
			if (least >= 0 && median >= least)
				continue;
			least = median;
			fastest = run;
			memcpy(best, samples, sizeof(best[0]) * (size_t)repetitions);
		}
	return memory_add(bench, name, &fastest, repetitions, best);
}
