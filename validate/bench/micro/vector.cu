/*
 * Vector units: fused multiply-adds in registers, 8 independent chains a thread, 2048 threads a
 * multiprocessor. flop/s, multiply and add are two.
 *
 *   vector.fp32, vector.f16x2, vector.bf16x2, vector.fp64
 */
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "validate/bench/micro/bench.h"

enum { CHAINS = 8, LOOPS = 16384, BLOCKS_PER_SM = 8, THREADS = 256, REPETITIONS = 11 };

static __global__ void chains_fp32(unsigned *sink)
{
	float x[CHAINS], factor = 0.999f, sum = 0;
	for (int c = 0; c < CHAINS; c++)
		x[c] = (float)(threadIdx.x + (unsigned)c);
	for (int i = 0; i < LOOPS; i++)
#pragma unroll
		for (int c = 0; c < CHAINS; c++)
			x[c] = fmaf(x[c], factor, 0.25f);
	for (int c = 0; c < CHAINS; c++)
		sum += x[c];
	if (sum == 12345.0f)
		*sink = 1;
}

static __global__ void chains_fp64(unsigned *sink)
{
	double x[CHAINS], factor = 0.999, sum = 0;
	for (int c = 0; c < CHAINS; c++)
		x[c] = threadIdx.x + (unsigned)c;
	for (int i = 0; i < LOOPS; i++)
#pragma unroll
		for (int c = 0; c < CHAINS; c++)
			x[c] = fma(x[c], factor, 0.25);
	for (int c = 0; c < CHAINS; c++)
		sum += x[c];
	if (sum == 12345.0)
		*sink = 1;
}

static __global__ void chains_f16x2(unsigned *sink)
{
	half2 x[CHAINS], factor = __float2half2_rn(0.99f), more = __float2half2_rn(0.25f);
	for (int c = 0; c < CHAINS; c++)
		x[c] = __float2half2_rn((float)(threadIdx.x + (unsigned)c));
	for (int i = 0; i < LOOPS; i++)
#pragma unroll
		for (int c = 0; c < CHAINS; c++)
			x[c] = __hfma2(x[c], factor, more);
	for (int c = 1; c < CHAINS; c++)
		x[0] = __hadd2(x[0], x[c]);
	if (__low2float(x[0]) == 12345.0f)
		*sink = 1;
}

static __global__ void chains_bf16x2(unsigned *sink)
{
	__nv_bfloat162 x[CHAINS], factor = __float2bfloat162_rn(0.99f);
	__nv_bfloat162 more = __float2bfloat162_rn(0.25f);
	for (int c = 0; c < CHAINS; c++)
		x[c] = __float2bfloat162_rn((float)(threadIdx.x + (unsigned)c));
	for (int i = 0; i < LOOPS; i++)
#pragma unroll
		for (int c = 0; c < CHAINS; c++)
			x[c] = __hfma2(x[c], factor, more);
	for (int c = 1; c < CHAINS; c++)
		x[0] = __hadd2(x[0], x[c]);
	if (__low2float(x[0]) == 12345.0f)
		*sink = 1;
}

struct chain {
	const char *name;
	void (*kernel)(unsigned *sink);
	int flops; /* of one step of one chain */
};

static const struct chain kinds[] = {
	{"vector.fp32", chains_fp32, 2},
	{"vector.f16x2", chains_f16x2, 4},
	{"vector.bf16x2", chains_bf16x2, 4},
	{"vector.fp64", chains_fp64, 2},
};

static enum sim_status issue(struct bench *bench, void *what, int repetition)
{
	const struct chain *chain = (const struct chain *)what;
	(void)repetition;
	chain->kernel<<<bench->device.multiProcessorCount * BLOCKS_PER_SM, THREADS, 0,
			bench->stream>>>(bench->sink);
	LAUNCHED(bench);
	return SIM_OK;
}

enum sim_status measure_vector(struct bench *bench)
{
	double samples[BENCH_SAMPLES];
	int repetitions = bench_repetitions(bench, REPETITIONS);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct chain chain = kinds[k];
		double flops = (double)bench->device.multiProcessorCount * BLOCKS_PER_SM * THREADS *
			       CHAINS * LOOPS * chain.flops;
		TRY(issue(bench, &chain, 0));
		TRY(bench_time(bench, issue, &chain, repetitions, 1, samples));
		for (int r = 0; r < repetitions; r++)
			samples[r] = flops / (samples[r] * 1e-6);
		TRY(bench_add(bench, chain.name, "flop/s", samples, repetitions, NULL));
	}
	return SIM_OK;
}
