/*
 * cublas: which kernel cuBLAS runs for C[M,N] = A[M,K] B[K,N], on the multiprocessors there are.
 *
 * A rule, found on the GEMMs of data/h100 (nvjet of cuBLAS 13 on 132 multiprocessors, M = 1 and 16);
 * the library decides by a table of its own, so single shapes differ:
 *   tile       64 columns of N by 8, 16, 32, 64 rows of M; from M = 65 on 128 x 128, from 129 on
 *              128 x 256
 *   T tiles    of the grid; where T is more than two waves: columns of 256, and 384 above
 *              100,000 columns, whose kernel keeps 2 stages of its pipeline a block (gemm_shallow;
 *              256 columns as 4 blocks of a cluster: gemm_tight); 512 for M > 8 (gemm_tight)
 *   small N    up to 512 columns without a split: 8 columns a block
 *   splits     S = min(K / 1536, P / T) over K, P all multiprocessors or, below K = 4096, 3/4 of
 *              them; each writes M N fp32, and a reduction follows whose blocks have 32 columns each
 *   stream     from K = 16384 on, where S T leaves a tenth of the machine idle: all multiprocessors
 *              take parts of tiles in turn, S the least that fills whole waves to 95 %
 *   memset     before kernels whose blocks take tiles from a counter: 384 columns, stream
 * Work: 2 M N K operations; B and bias are parameters; A, C and the partial sums activations.
 */
#include "workloads/kind.h"

enum { G_M, G_N, G_K, G_BIAS, G_BATCH, G_DTYPE, G_OUT };

static const struct kind_field fields[] = {
	[G_M] = {"m", NULL, NULL, "rows of activations"},
	[G_N] = {"n", NULL, NULL, "columns of the weight"},
	[G_K] = {"k", NULL, NULL, "rows of the weight"},
	[G_BIAS] = {"bias", "0", NULL, "1: a bias of N is added"},
	[G_BATCH] = {"weights", "1", NULL, "0: B is an activation, not a parameter"},
	[G_DTYPE] = {"dtype", "bf16", kind_dtype_words, "of both operands"},
	[G_OUT] = {"out", "2", NULL, "bytes of a result"},
	{0},
};

enum {
	SPLIT_DEPTH = 1536,   /* least K of a split */
	FULL_DEPTH = 4096,    /* K from which splits may fill the machine */
	STREAM_DEPTH = 16384, /* K from which tiles are streamed */
	MOST_SPLITS = 64,
	WIDE_COLUMNS = 100000 /* vocabulary projections */
};

struct choice {
	double rows, columns; /* tile */
	double blocks, splits;
	unsigned family;
	bool clears;
};

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

static double rows_of_tile(double m)
{
	double rows = 8;
	while (rows < m && rows < 64)
		rows *= 2;
	return m > 128 ? 256 : m > 64 ? 128 : rows;
}

/* More tiles than two waves of the machine: wider tiles, and blocks that stay. */
static void choose_wide(double m, double n, double sms, struct choice *choice)
{
	bool vocabulary = n > WIDE_COLUMNS;
	choice->splits = 1;
	if (vocabulary) {
		choice->columns = m > 8 ? 512 : 384;
		choice->family = m > 8 ? SIM_FAMILY_GEMM_TIGHT : SIM_FAMILY_GEMM_SHALLOW;
		choice->clears = m <= 8;
		choice->blocks = sms;
		return;
	}
	choice->columns = 256;
	double tiles = kind_ceil_divide(n, 256) * kind_ceil_divide(m, choice->rows);
	bool four = tiles * 4 < 3 * sms; /* a cluster of 4 blocks fills less of the machine */
	choice->family = four ? SIM_FAMILY_GEMM_TIGHT : SIM_FAMILY_GEMM;
	choice->blocks = smaller(four ? 4 * kind_ceil_divide(tiles, 4) : tiles, sms);
}

/* S tiles of a wave each, in whole waves of all multiprocessors. */
static void choose_stream(double tiles, double sms, struct choice *choice)
{
	for (int splits = 2; splits <= MOST_SPLITS; splits++) {
		double units = splits * tiles;
		if (units < sms || units < 0.95 * sms * kind_ceil_divide(units, sms))
			continue;
		choice->splits = splits;
		choice->blocks = sms;
		choice->clears = true;
		return;
	}
}

static struct choice choose(double m, double n, double k, double sms)
{
	struct choice choice = {.rows = rows_of_tile(m), .columns = 64, .family = SIM_FAMILY_GEMM};
	if (m > 64)
		choice.columns = 128;
	double tiles = kind_ceil_divide(n, choice.columns) * kind_ceil_divide(m, choice.rows);
	if (m <= 64 && tiles > 2 * sms) {
		choose_wide(m, n, sms, &choice);
		return choice;
	}
	if (n <= 512 && n > 128 && k < 2 * SPLIT_DEPTH && m <= 8) {
		choice.columns = 8;
		choice.splits = 1;
		choice.blocks = smaller(kind_ceil_divide(n, 8), sms);
		return choice;
	}
	double most = kind_floor((k < FULL_DEPTH ? 0.75 : 1) * sms / tiles);
	choice.splits = smaller(kind_floor(k / SPLIT_DEPTH), most);
	if (choice.splits < 1)
		choice.splits = 1;
	choice.blocks = smaller(tiles * choice.splits, sms);
	if (k >= STREAM_DEPTH && m <= 64 && choice.blocks < 0.9 * sms && choice.splits > 1)
		choose_stream(tiles, sms, &choice);
	return choice;
}

static enum sim_status append_reduction(const struct kind_call *call, const struct choice *choice,
					struct workload_step *step, struct sim_diag *diag)
{
	const double *v = call->values;
	double results = v[G_M] * v[G_N];
	struct lowered_kernel *kernel = kind_kernel(call, step);
	if (kernel == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	kernel->kernel.op = SIM_OP_GEMM;
	kernel->kernel.family = SIM_FAMILY_SPLITK_REDUCE;
	kernel->kernel.dtype = (uint8_t)v[G_DTYPE];
	kernel->kernel.blocks = (uint32_t)kind_limit(kind_ceil_divide(v[G_N], 32), UINT32_MAX);
	kernel->kernel.threads = 512;
	kernel->kernel.blocks_per_sm = 4;
	kernel->kernel.flops = kind_count(results * choice->splits);
	kernel->kernel.act_read_bytes = kind_count(results * choice->splits * 4);
	kernel->kernel.act_write_bytes = kind_count(results * v[G_OUT]);
	kernel->m = (uint32_t)kind_limit(v[G_M], UINT32_MAX);
	kernel->n = (uint32_t)kind_limit(v[G_N], UINT32_MAX);
	kernel->k = (uint32_t)kind_limit(v[G_K], UINT32_MAX);
	return SIM_OK;
}

static enum sim_status append_main(const struct kind_call *call, const struct choice *choice,
				   struct workload_step *step, struct sim_diag *diag)
{
	const double *v = call->values;
	double results = v[G_M] * v[G_N], size = sim_dtype_bits((unsigned)v[G_DTYPE]) / 8.0;
	struct lowered_kernel *kernel = kind_kernel(call, step);
	if (kernel == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	kernel->kernel.op = SIM_OP_GEMM;
	kernel->kernel.family = (uint8_t)choice->family;
	kernel->kernel.dtype = (uint8_t)v[G_DTYPE];
	kernel->kernel.blocks = (uint32_t)kind_limit(choice->blocks, UINT32_MAX);
	kernel->kernel.threads = 384;
	kernel->kernel.blocks_per_sm = 1; /* its pipeline fills the shared memory */
	kernel->kernel.flops = kind_count(2 * results * v[G_K]);
	kernel->kernel.act_read_bytes = kind_count(v[G_M] * v[G_K] * size);
	if (v[G_BATCH] != 0)
		kernel->weight_elements = v[G_N] * v[G_K] + (v[G_BIAS] != 0 ? v[G_N] : 0);
	else
		kernel->kernel.act_read_bytes += kind_count(v[G_N] * v[G_K] * size);
	kernel->kernel.act_write_bytes =
		kind_count(results * (choice->splits > 1 ? 4 * choice->splits : v[G_OUT]));
	kernel->m = (uint32_t)kind_limit(v[G_M], UINT32_MAX);
	kernel->n = (uint32_t)kind_limit(v[G_N], UINT32_MAX);
	kernel->k = (uint32_t)kind_limit(v[G_K], UINT32_MAX);
	return SIM_OK;
}

static enum sim_status append(const struct kind_call *call, struct workload_step *step,
			      struct sim_diag *diag)
{
	const double *v = call->values;
	if (!(v[G_M] > 0 && v[G_N] > 0 && v[G_K] > 0))
		return SIM_OK; /* nothing to compute: nothing is launched */
	struct choice choice = choose(v[G_M], v[G_N], v[G_K], call->sm_count);
	if (choice.clears) {
		struct lowered_kernel *clear = kind_kernel(call, step);
		if (clear == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		clear->kernel.op = SIM_OP_MEMSET;
		clear->kernel.family = SIM_FAMILY_MEMSET;
		clear->kernel.dtype = (uint8_t)v[G_DTYPE];
		clear->kernel.act_write_bytes = 4;
	}
	TRY(append_main(call, &choice, step, diag));
	return choice.splits > 1 ? append_reduction(call, &choice, step, diag) : SIM_OK;
}

const struct workload_kind workload_kind_cublas = {
	.name = "cublas",
	.what = "a matrix product by cuBLAS, with its split-K reduction",
	.fields = fields,
	.append = append,
};
