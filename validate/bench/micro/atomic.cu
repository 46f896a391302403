/*
 * Atomic additions to main memory, results unused (reductions in L2). op/s over the device.
 *
 *   atomic.one_address  all threads add to one word
 *   atomic.one_a_warp   each warp has a line of its own that its lanes share
 *   atomic.all_apart    each thread has a word of its own, neighbours side by side
 */
#include "validate/bench/micro/bench.h"

enum { ADDS = 64, BLOCKS_PER_SM = 4, THREADS = 256, REPETITIONS = 11, LINE_WORDS = 32 };

static __global__ void add_to(unsigned *words, unsigned per_warp, unsigned per_lane)
{
	unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
	unsigned *word = words + thread / 32 * per_warp + thread % 32 * per_lane;
	for (int i = 0; i < ADDS; i++)
		atomicAdd(word, 1u + (unsigned)i);
}

struct spread {
	const char *name;
	unsigned per_warp, per_lane;
};

static const struct spread kinds[] = {
	{"atomic.one_address", 0, 0},
	{"atomic.one_a_warp", LINE_WORDS, 0},
	{"atomic.all_apart", LINE_WORDS, 1},
};

static enum sim_status issue(struct bench *bench, void *what, int repetition)
{
	const struct spread *spread = (const struct spread *)what;
	(void)repetition;
	add_to<<<bench->device.multiProcessorCount * BLOCKS_PER_SM, THREADS, 0, bench->stream>>>(
		(unsigned *)bench->pool, spread->per_warp, spread->per_lane);
	LAUNCHED(bench);
	return SIM_OK;
}

enum sim_status measure_atomic(struct bench *bench)
{
	double samples[BENCH_SAMPLES];
	double threads = (double)bench->device.multiProcessorCount * BLOCKS_PER_SM * THREADS;
	int repetitions = bench_repetitions(bench, REPETITIONS);
	size_t bytes = (size_t)(threads * 4);
	size_t pool = bytes > (size_t)1 << 20 ? bytes : (size_t)1 << 20;
	TRY(bench_pool(bench, pool + ((size_t)1 << 20), pool));
	if (bench->pool_bytes == 0) {
		bench_skip(bench, "atomic", "no device memory is free");
		return SIM_OK;
	}
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct spread spread = kinds[k];
		TRY(issue(bench, &spread, 0));
		TRY(bench_time(bench, issue, &spread, repetitions, 1, samples));
		for (int r = 0; r < repetitions; r++)
			samples[r] = threads * ADDS / (samples[r] * 1e-6);
		TRY(bench_add(bench, spread.name, "op/s", samples, repetitions, NULL));
	}
	return SIM_OK;
}
