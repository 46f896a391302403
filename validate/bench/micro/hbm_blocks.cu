/*
 * Main memory against the number of thread blocks, 1/4 to 4 a multiprocessor: a kernel with fewer
 * blocks than there are multiprocessors does not reach the full rate. 256 MiB a kernel, 512 threads.
 *
 *   hbm.read_blocks, hbm.write_blocks, hbm.copy_blocks
 */
#include "validate/bench/micro/memory.h"

enum { REPETITIONS = 7, ITERATIONS = 8, THREADS = 512 };

static const size_t pool_bytes = (size_t)8 << 30, least_pool = (size_t)256 << 20;
static const char *const names[STREAM_KIND_COUNT] = {"hbm.read_blocks", "hbm.write_blocks",
						     "hbm.copy_blocks"};

enum sim_status measure_hbm_blocks(struct bench *bench)
{
	double samples[BENCH_SAMPLES];
	struct sweep blocks = sweep_blocks((size_t)bench->device.multiProcessorCount);
	int repetitions = bench_repetitions(bench, REPETITIONS);
	TRY(bench_pool(bench, pool_bytes, least_pool));
	if (bench->pool_bytes == 0) {
		bench_skip(bench, "hbm_blocks", "less than 320 MiB of device memory are free");
		return SIM_OK;
	}
	size_t bytes = power_of_two_below(bench->pool_bytes / 8);
	bytes = bytes < (size_t)256 << 20 ? bytes : (size_t)256 << 20;
	for (int kind = 0; kind < STREAM_KIND_COUNT; kind++)
		for (size_t i = 0; i < blocks.count; i++) {
			struct stream_run run = {(enum stream_kind)kind, bytes,	 ITERATIONS, true,
						 (int)blocks.points[i],	 THREADS};
			TRY(memory_time(bench, &run, repetitions, samples));
			TRY(memory_add(bench, names[kind], &run, repetitions, samples));
		}
	return SIM_OK;
}
