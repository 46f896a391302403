/*
 * Matrix units by mma.sync, operands in registers: 8 independent accumulators a warp, 32 warps a
 * multiprocessor. flop/s, multiply and add are two.
 *
 *   tensor.bf16, tensor.f16   m16n8k16, f32 accumulation
 *   tensor.tf32               m16n8k8, f32 accumulation
 *   tensor.int8               m16n8k32, s32 accumulation (op/s)
 *   tensor.fp8                m16n8k32 of e4m3, f32 accumulation; compute capability 8.9
 *
 * From compute capability 9.0 on the full rate takes instructions of a whole warp group (wgmma,
 * tcgen05), which are not portable: there this is what mma.sync reaches, well below the data
 * sheet's peak. It is therefore reported and never made a device's peak.
 */
#include "validate/bench/micro/bench.h"

enum { SETS = 8, LOOPS = 8192, BLOCKS_PER_SM = 4, THREADS = 256, REPETITIONS = 11 };

/* clang-format off */
#define MMA_KERNEL(name, least, shape, kind, type, letter)                                              \
	static __global__ void name(unsigned *sink)                                                     \
	{                                                                                               \
		MMA_GUARD(least,                                                                        \
		unsigned a = 0x3c003c00u + threadIdx.x, b = 0x38003800u + threadIdx.x;                  \
		type all[SETS][4] = {};                                                                 \
		for (int i = 0; i < LOOPS; i++)                                                         \
			_Pragma("unroll") for (int s = 0; s < SETS; s++)                                \
				asm volatile("mma.sync.aligned." shape ".row.col." kind                 \
					     " {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"      \
					     : "+" letter(all[s][0]), "+" letter(all[s][1]),            \
					       "+" letter(all[s][2]), "+" letter(all[s][3])             \
					     : "r"(a), "r"(b), "r"(a ^ 1), "r"(b ^ 1), "r"(b), "r"(a)); \
		type sum = 0;                                                                           \
		for (int s = 0; s < SETS; s++)                                                          \
			sum += all[s][0] + all[s][1] + all[s][2] + all[s][3];                           \
		if (sum == (type)12345)                                                                 \
			*sink = 1;)                                                                     \
	}
/* clang-format on */

/* Code for architectures from LEAST on; the host launches it on no other. */
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
#define MMA_GUARD_890(...) __VA_ARGS__
#else
#define MMA_GUARD_890(...) (void)sink;
#endif
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
#define MMA_GUARD_800(...) __VA_ARGS__
#else
#define MMA_GUARD_800(...) (void)sink;
#endif
#define MMA_GUARD(least, ...) MMA_GUARD_##least(__VA_ARGS__)

MMA_KERNEL(mma_bf16, 800, "m16n8k16", "f32.bf16.bf16.f32", float, "f")
MMA_KERNEL(mma_f16, 800, "m16n8k16", "f32.f16.f16.f32", float, "f")
MMA_KERNEL(mma_int8, 800, "m16n8k32", "s32.s8.s8.s32", unsigned, "r")
MMA_KERNEL(mma_tf32, 800, "m16n8k8", "f32.tf32.tf32.f32", float, "f")
MMA_KERNEL(mma_fp8, 890, "m16n8k32", "f32.e4m3.e4m3.f32", float, "f")

struct mma {
	const char *name, *unit;
	void (*kernel)(unsigned *sink);
	int depth; /* k of m16n8k */
	int least; /* compute capability, 10 * major + minor */
};

static const struct mma kinds[] = {
	{"tensor.bf16", "flop/s", mma_bf16, 16, 80}, {"tensor.f16", "flop/s", mma_f16, 16, 80},
	{"tensor.tf32", "flop/s", mma_tf32, 8, 80},  {"tensor.int8", "op/s", mma_int8, 32, 80},
	{"tensor.fp8", "flop/s", mma_fp8, 32, 89},
};

static enum sim_status issue(struct bench *bench, void *what, int repetition)
{
	const struct mma *mma = (const struct mma *)what;
	(void)repetition;
	mma->kernel<<<bench->device.multiProcessorCount * BLOCKS_PER_SM, THREADS, 0,
		      bench->stream>>>(bench->sink);
	LAUNCHED(bench);
	return SIM_OK;
}

enum sim_status measure_tensor(struct bench *bench)
{
	double samples[BENCH_SAMPLES];
	int capability = bench->device.major * 10 + bench->device.minor;
	int repetitions = bench_repetitions(bench, REPETITIONS);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct mma mma = kinds[k];
		struct result *result;
		double warps =
			(double)bench->device.multiProcessorCount * BLOCKS_PER_SM * (THREADS / 32);
		double flops = warps * SETS * LOOPS * 2.0 * 16 * 8 * mma.depth;
		if (capability < mma.least) {
			bench_skip(bench, mma.name, "this compute capability has no such mma");
			continue;
		}
		TRY(issue(bench, &mma, 0));
		TRY(bench_time(bench, issue, &mma, repetitions, 1, samples));
		for (int r = 0; r < repetitions; r++)
			samples[r] = flops / (samples[r] * 1e-6);
		TRY(bench_add(bench, mma.name, mma.unit, samples, repetitions, &result));
		result->place[RESULT_THREADS] = THREADS;
	}
	return SIM_OK;
}
