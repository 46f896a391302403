/*
 * L2: reads of one place again and again.
 *
 *   l2.read    64 kernels in a row read the same bytes; time of one kernel, launch included; best of 2,
 *              4, 8 blocks a multiprocessor and 512, 1024 threads. The definition of the bundled
 *              files
 *   l2.inside  one kernel reads a working set many times over, past L1: time of one pass, without
 *              any launch. From 1/16 to 4 times the L2: where it no longer stays resident the rate
 *              falls to that of main memory
 */
#include "validate/bench/micro/memory.h"

enum { READ_REPETITIONS = 8, INSIDE_REPETITIONS = 9, READ_ITERATIONS = 64, INSIDE_THREADS = 512 };

static const size_t inside_bytes = (size_t)1 << 30; /* read by one kernel of l2.inside */

/* Past L1; volatile, so that a pass is not taken for the one before. */
static __device__ uint4 load_past_l1(const uint4 *at)
{
	uint4 value;
	asm volatile("ld.global.cg.v4.u32 {%0,%1,%2,%3}, [%4];"
		     : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
		     : "l"(at));
	return value;
}

static __global__ void __launch_bounds__(INSIDE_THREADS, 3)
	read_again(const uint4 *from, size_t count, int passes, unsigned *sink)
{
	size_t stride = (size_t)gridDim.x * blockDim.x;
	unsigned all = 0;
	for (int pass = 0; pass < passes; pass++) {
		size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
		for (; i + 3 * stride < count; i += 4 * stride) {
			uint4 a = load_past_l1(from + i), b = load_past_l1(from + i + stride);
			uint4 c = load_past_l1(from + i + 2 * stride),
			      d = load_past_l1(from + i + 3 * stride);
			all ^= a.x ^ b.y ^ c.z ^ d.w;
		}
		for (; i < count; i += stride)
			all += load_past_l1(from + i).x;
	}
	if (all == 0x12345678)
		*sink = all;
}

struct inside_run {
	size_t bytes;
	int passes, blocks, threads;
};

static enum sim_status issue(struct bench *bench, void *what, int repetition)
{
	const struct inside_run *run = (const struct inside_run *)what;
	(void)repetition;
	read_again<<<run->blocks, run->threads, 0, bench->stream>>>(
		(const uint4 *)bench->pool, run->bytes / sizeof(uint4), run->passes, bench->sink);
	LAUNCHED(bench);
	return SIM_OK;
}

static enum sim_status measure_inside(struct bench *bench, size_t bytes)
{
	double samples[BENCH_SAMPLES];
	struct result *result;
	int repetitions = bench_repetitions(bench, INSIDE_REPETITIONS);
	struct inside_run run = {bytes, (int)(inside_bytes / bytes), 0, INSIDE_THREADS};
	int resident = 0;
	CUDA_TRY(bench, cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, read_again,
								      INSIDE_THREADS, 0));
	run.blocks = bench->device.multiProcessorCount * resident;
	run.passes = run.passes < 4 ? 4 : run.passes;
	TRY(issue(bench, &run, 0));
	TRY(bench_time(bench, issue, &run, repetitions, run.passes, samples));
	TRY(bench_add(bench, "l2.inside", "us", samples, repetitions, &result));
	result->place[RESULT_KB] = (double)bytes / 1024;
	result->place[RESULT_BLOCKS] = run.blocks;
	result->place[RESULT_THREADS] = run.threads;
	return SIM_OK;
}

static enum sim_status reads(struct bench *bench)
{
	static const size_t list[] = {256, 1024, 4096, 8192, 16384, 24576, 32768, 49152};
	static const int threads[] = {512, 1024};
	int sms = bench->device.multiProcessorCount;
	int blocks[] = {sms * 2, sms * 4, sms * 8};
	struct shapes shapes = {blocks, threads, 3, 2};
	struct sweep sweep =
		sweep_list(list, sizeof(list) / sizeof(list[0]), bench->pool_bytes / 1024);
	for (size_t i = 0; i < sweep.count; i++) {
		struct stream_run run = {
			STREAM_READ, sweep.points[i] * 1024, READ_ITERATIONS, false, 0, 0};
		TRY(memory_best(bench, "l2.read", run, &shapes,
				bench_repetitions(bench, READ_REPETITIONS)));
	}
	return SIM_OK;
}

enum sim_status measure_l2(struct bench *bench)
{
	size_t l2 = (size_t)bench->device.l2CacheSize;
	struct sweep sweep = sweep_working_sets(l2);
	size_t want = l2 * 4 > (size_t)64 << 20 ? l2 * 4 : (size_t)64 << 20;
	TRY(bench_pool(bench, want, want));
	if (bench->pool_bytes == 0) {
		bench_skip(bench, "l2", "less than four times the L2 is free in device memory");
		return SIM_OK;
	}
	TRY(reads(bench));
	for (size_t i = 0; i < sweep.count; i++)
		TRY(measure_inside(bench, sweep.points[i]));
	return SIM_OK;
}
