/*
 * Barrier over the whole grid inside one kernel: what a megakernel pays between dependent ops.
 *
 *   grid.sync        one cooperative groups grid.sync(): slope between 10 and 1010 of them
 *   grid.sync_store  the same with a store before and a load of another block's store after each,
 *                    as dependent ops have them
 *
 * 1 and 2 blocks a multiprocessor, 256 and 1024 threads (where they fit).
 */
#include <cooperative_groups.h>

#include "validate/bench/micro/bench.h"

enum { FEW = 10, MANY = 1010, REPETITIONS = 21 };

static __global__ void barriers(int count)
{
	cooperative_groups::grid_group grid = cooperative_groups::this_grid();
	for (int i = 0; i < count; i++)
		grid.sync();
}

static __global__ void exchanges(int count, volatile unsigned *words)
{
	cooperative_groups::grid_group grid = cooperative_groups::this_grid();
	unsigned other = (blockIdx.x + gridDim.x / 2 + 1) % gridDim.x, seen = 0;
	for (int i = 0; i < count; i++) {
		if (threadIdx.x == 0)
			words[blockIdx.x * 8] = seen + 1;
		grid.sync();
		if (threadIdx.x == 0)
			seen = words[other * 8];
	}
}

struct shape {
	int blocks, threads, count;
	bool store;
};

static const void *kernel_of(const struct shape *shape)
{
	return shape->store ? (const void *)exchanges : (const void *)barriers;
}

static enum sim_status run(struct bench *bench, void *what, int repetition)
{
	struct shape *shape = (struct shape *)what;
	void *arguments[] = {&shape->count, &bench->sink};
	(void)repetition;
	CUDA_TRY(bench, cudaLaunchCooperativeKernel(kernel_of(shape), dim3((unsigned)shape->blocks),
						    dim3((unsigned)shape->threads), arguments, 0,
						    bench->stream));
	return SIM_OK;
}

static enum sim_status one_shape(struct bench *bench, struct shape shape)
{
	double few[BENCH_SAMPLES], many[BENCH_SAMPLES];
	struct result *result;
	int repetitions = bench_repetitions(bench, REPETITIONS);
	shape.count = FEW;
	TRY(run(bench, &shape, 0));
	TRY(bench_time(bench, run, &shape, repetitions, 1, few));
	shape.count = MANY;
	TRY(bench_time(bench, run, &shape, repetitions, 1, many));
	for (int r = 0; r < repetitions; r++)
		many[r] = (many[r] - few[r]) / (MANY - FEW);
	TRY(bench_add(bench, shape.store ? "grid.sync_store" : "grid.sync", "us", many, repetitions,
		      &result));
	result->place[RESULT_BLOCKS] = shape.blocks;
	result->place[RESULT_THREADS] = shape.threads;
	return SIM_OK;
}

enum sim_status measure_grid_sync(struct bench *bench)
{
	static const int threads[] = {256, 1024};
	int sms = bench->device.multiProcessorCount;
	if (!bench->device.cooperativeLaunch || sms * 2 * 8 * 4 > BENCH_SINK_BYTES) {
		bench_skip(bench, "grid.sync", "no cooperative launch, or too many blocks");
		return SIM_OK;
	}
	for (int store = 0; store < 2; store++)
		for (int per_sm = 1; per_sm <= 2; per_sm++)
			for (int t = 0; t < 2; t++) {
				struct shape shape = {sms * per_sm, threads[t], 0, store != 0};
				int resident = 0;
				CUDA_TRY(bench,
					 cudaOccupancyMaxActiveBlocksPerMultiprocessor(
						 &resident, kernel_of(&shape), threads[t], 0));
				if (resident >= per_sm)
					TRY(one_shape(bench, shape));
			}
	return SIM_OK;
}
