/*
 * PyTorch's reductions over rows: mean, sum, argmax. Blocks as torch's ReduceConfig sets them
 * (aten/src/ATen/native/cuda/Reduce.cuh), seen in data/h100: 2048 and 3584 alone [512,1]; 16 rows of
 * 3072 [32,16]; 4 rows of 128 [32,4]; a vocabulary of 151936 on 19 blocks, of 128256 on one.
 */
#include "workloads/kind.h"

enum { MOST_THREADS = 512, MOST_ROWS = 16, SPLIT_STEPS = 256, STEPS_A_BLOCK = 16 };

static const char ops[] = "mean\0argmax\0";
enum { R_OP, R_ROWS, R_N, R_DTYPE, R_OUT };

static const struct kind_field fields[] = {
	[R_OP] = {"of", "mean", ops, "mean or sum, or argmax with its index"},
	[R_ROWS] = {"rows", NULL, NULL, "results"},
	[R_N] = {"n", NULL, NULL, "elements of a row"},
	[R_DTYPE] = {"dtype", "f32", kind_dtype_words, "of the operand"},
	[R_OUT] = {"out", "4", NULL, "bytes of a result"},
	{0},
};

static double power_at_most(double n, double most)
{
	double power = 1;
	while (2 * power <= n && 2 * power <= most)
		power *= 2;
	return power;
}

static enum sim_status append(const struct kind_call *call, struct workload_step *step,
			      struct sim_diag *diag)
{
	const double *v = call->values;
	bool argmax = v[R_OP] == 1;
	double lanes = v[R_N] >= 128 ? kind_ceil_divide(v[R_N], 4) : v[R_N]; /* loads of 4 */
	double y = power_at_most(v[R_ROWS], MOST_ROWS);
	double x = power_at_most(lanes, MOST_THREADS / y);
	double steps = v[R_N] / MOST_THREADS;
	double splits = 1;
	if (argmax) { /* the index needs a whole block a row */
		y = 1;
		x = MOST_THREADS;
	}
	if (steps >= SPLIT_STEPS)
		splits = kind_ceil_divide(steps, STEPS_A_BLOCK);
	if (splits > 1) {
		struct lowered_kernel *clear = kind_kernel(call, step);
		if (clear == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		clear->kernel.op = SIM_OP_MEMSET;
		clear->kernel.family = SIM_FAMILY_MEMSET;
		clear->kernel.dtype = (uint8_t)v[R_DTYPE];
		clear->kernel.act_write_bytes = 4;
	}
	struct lowered_kernel *kernel = kind_kernel(call, step);
	if (kernel == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	double size = sim_dtype_bits((unsigned)v[R_DTYPE]) / 8.0;
	kernel->kernel.op = argmax ? SIM_OP_SAMPLING : SIM_OP_REDUCE;
	kernel->kernel.family = argmax ? SIM_FAMILY_ARGMAX : SIM_FAMILY_REDUCE;
	kernel->kernel.dtype = (uint8_t)v[R_DTYPE];
	kernel->kernel.blocks =
		(uint32_t)kind_limit(kind_ceil_divide(v[R_ROWS], y) * splits, UINT32_MAX);
	kernel->kernel.threads = (uint16_t)kind_limit(x * y, UINT16_MAX);
	kernel->kernel.blocks_per_sm = (uint8_t)kind_limit(2048 / (x * y), 32);
	kernel->kernel.flops = kind_count(v[R_ROWS] * v[R_N]);
	kernel->kernel.act_read_bytes = kind_count(v[R_ROWS] * v[R_N] * size);
	kernel->kernel.act_write_bytes = kind_count(v[R_ROWS] * (argmax ? 8 : v[R_OUT]));
	return SIM_OK;
}

const struct workload_kind workload_kind_reduce = {
	.name = "reduce",
	.what = "rows reduced to one value each: mean, sum, argmax",
	.fields = fields,
	.append = append,
};
