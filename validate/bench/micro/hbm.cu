/*
 * Main memory against size, walking over up to 8 GiB so that L2 serves nothing: time of one kernel.
 *
 *   hbm.read   best of 1, 2, 4, 8, 16 blocks a multiprocessor and 256, 512, 1024 threads
 *   hbm.write  8 blocks a multiprocessor, 512 threads
 *   hbm.copy   the same; kb is what is read and written together
 */
#include "validate/bench/micro/memory.h"

enum { REPETITIONS = 5, WRITE_REPETITIONS = 8 };

static const size_t pool_bytes = (size_t)8 << 30, least_pool = (size_t)256 << 20;

/* At least eight places to walk over. */
static struct sweep sizes(const struct bench *bench, const size_t *list, size_t count)
{
	return sweep_list(list, count, bench->pool_bytes / 8 / 1024);
}

static enum sim_status reads(struct bench *bench)
{
	static const size_t list[] = {16,    64,    256,   512,	   1024,   2048,   4096,   8192,
				      16384, 32768, 65536, 131072, 262144, 524288, 1048576};
	static const int threads[] = {256, 512, 1024};
	int sms = bench->device.multiProcessorCount;
	int blocks[] = {sms, sms * 2, sms * 4, sms * 8, sms * 16};
	struct shapes shapes = {blocks, threads, 5, 3};
	struct sweep sweep = sizes(bench, list, sizeof(list) / sizeof(list[0]));
	for (size_t i = 0; i < sweep.count; i++) {
		struct stream_run run = {STREAM_READ, sweep.points[i] * 1024, 8, true, 0, 0};
		if (run.bytes < (size_t)64 << 20)
			run.iterations = 64;
		TRY(memory_best(bench, "hbm.read", run, &shapes,
				bench_repetitions(bench, REPETITIONS)));
	}
	return SIM_OK;
}

static enum sim_status others(struct bench *bench, enum stream_kind kind, const char *name)
{
	static const size_t list[] = {1024, 16384, 262144, 1048576};
	struct sweep sweep = sizes(bench, list, sizeof(list) / sizeof(list[0]));
	int repetitions = bench_repetitions(bench, WRITE_REPETITIONS);
	for (size_t i = 0; i < sweep.count; i++) {
		double samples[BENCH_SAMPLES];
		struct stream_run run = {kind,
					 sweep.points[i] * 1024,
					 16,
					 true,
					 bench->device.multiProcessorCount * 8,
					 512};
		TRY(memory_time(bench, &run, repetitions, samples));
		TRY(memory_add(bench, name, &run, repetitions, samples));
	}
	return SIM_OK;
}

enum sim_status measure_hbm(struct bench *bench)
{
	TRY(bench_pool(bench, pool_bytes, least_pool));
	if (bench->pool_bytes == 0) {
		bench_skip(bench, "hbm", "less than 320 MiB of device memory are free");
		return SIM_OK;
	}
	TRY(reads(bench));
	TRY(others(bench, STREAM_WRITE, "hbm.write"));
	return others(bench, STREAM_COPY, "hbm.copy");
}
