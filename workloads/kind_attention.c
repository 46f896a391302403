/*
 * sdpa: fused attention over a KV cache, and the kernel that combines what it split.
 *
 * cuDNN's flash kernel as in data/h100: each block has one group of query heads that share keys, 16
 * rows of queries, and a part of the cache. Parts: one where four fifths of the multiprocessors have
 * a block anyway, else the largest power of two that leaves 128 tokens each and at most two blocks a
 * multiprocessor; with more than one, partial results of (d + 2) fp32 a head go through memory. Only
 * single queries are split: with two or more of a sequence, verification_width of
 * data/h100/steps.json grows by what one block a head takes to walk the whole cache. flash-attn's
 * own kernel (`split`) splits for any number of queries (set_params_splitkv in its mha_fwd). With
 * keys and values expanded to all query heads (no grouping), every head reads its own.
 *
 *   flops     4 rows heads d kv; `causal`: the keys behind a query, (width - 1) / 2 of them on
 *             average, are left out
 *   KV read   2 batch kv kv_heads d; expanded copies beyond that are activations
 *   mask      2 rows kv where there is one
 *   further tiles of 16 rows read the keys again
 */
#include "workloads/kind.h"

enum {
	A_BATCH,
	A_WIDTH,
	A_HEADS,
	A_KV_HEADS,
	A_DIM,
	A_KV,
	A_EXPANDED,
	A_MASK,
	A_VALUE_DIM,
	A_CAUSAL,
	A_SPLIT
};

static const struct kind_field fields[] = {
	[A_BATCH] = {"batch", NULL, NULL, "sequences"},
	[A_WIDTH] = {"width", NULL, NULL, "query tokens of each"},
	[A_HEADS] = {"heads", NULL, NULL, "query heads"},
	[A_KV_HEADS] = {"kv_heads", NULL, NULL, "key and value heads"},
	[A_DIM] = {"head_dim", NULL, NULL, "width of a head"},
	[A_KV] = {"kv", NULL, NULL, "tokens that are read of each sequence"},
	[A_EXPANDED] = {"expanded", "0", NULL,
			"1: keys and values were copied to every query head"},
	[A_MASK] = {"mask", "0", NULL, "bytes of the mask that is read"},
	[A_VALUE_DIM] = {"value_dim", "0", NULL, "width of a value; 0: head_dim"},
	[A_CAUSAL] = {"causal", "0", NULL, "1: keys behind a query cost nothing"},
	[A_SPLIT] = {"split", "0", NULL, "1: the cache is split for several queries, too"},
	{0},
};

/* Query rows of a block: 16 as in data/h100; 128 of many is an assumption. */
enum { SMALL_TILE = 16, MOST_SMALL_ROWS = 64, LARGE_TILE = 128 };

static uint32_t narrow(double value)
{
	return (uint32_t)kind_limit(value, UINT32_MAX);
}

static double parts_of(double kv, double units, double sms)
{
	double parts = 1;
	if (units >= 0.8 * sms)
		return parts;
	while (2 * parts * 128 <= kv && 2 * parts * units <= 2 * sms)
		parts *= 2;
	return parts;
}

static enum sim_status append(const struct kind_call *call, struct workload_step *step,
			      struct sim_diag *diag)
{
	const double *v = call->values;
	double value_dim = v[A_VALUE_DIM] > 0 ? v[A_VALUE_DIM] : v[A_DIM];
	double groups = v[A_EXPANDED] != 0 ? v[A_HEADS] : v[A_KV_HEADS];
	double rows = v[A_BATCH] * v[A_WIDTH];
	double unit_rows = v[A_WIDTH] * v[A_HEADS] / groups;
	double tile = unit_rows > MOST_SMALL_ROWS ? LARGE_TILE : SMALL_TILE;
	double tiles = kind_floor((unit_rows + tile - 1) / tile);
	double units = groups * v[A_BATCH] * tiles;
	bool whole = v[A_WIDTH] > 1 && v[A_SPLIT] == 0;
	double parts = whole ? 1 : parts_of(v[A_KV], units, call->sm_count);
	double keys = v[A_CAUSAL] != 0 ? v[A_KV] - (v[A_WIDTH] - 1) / 2 : v[A_KV];
	double kv_elements = v[A_BATCH] * v[A_KV] * v[A_KV_HEADS] * (v[A_DIM] + value_dim);
	double copies = v[A_EXPANDED] != 0 ? v[A_HEADS] / v[A_KV_HEADS] - 1 : 0;
	double query = 2 * rows * v[A_HEADS] * v[A_DIM], out = 2 * rows * v[A_HEADS] * value_dim;
	double partial = parts * rows * v[A_HEADS] * (4 * value_dim + 8);
	struct lowered_kernel *kernel = kind_kernel(call, step);
	if (kernel == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	kernel->kernel.op = SIM_OP_ATTENTION;
	kernel->kernel.family = SIM_FAMILY_ATTN;
	kernel->kernel.dtype = SIM_DTYPE_BF16;
	kernel->kernel.blocks = narrow(parts * units);
	kernel->kernel.threads = 128;
	kernel->kernel.blocks_per_sm = 2; /* 86 kB of shared memory each */
	kernel->kernel.flops = kind_count(2 * rows * v[A_HEADS] * (v[A_DIM] + value_dim) * keys);
	kernel->kv_read_elements = kv_elements;
	double again = tile < LARGE_TILE ? (tiles - 1) * (copies + 1) : 0;
	kernel->kernel.act_read_bytes =
		kind_count(query + 2 * (copies + again) * kv_elements + v[A_MASK]);
	kernel->kernel.act_write_bytes = kind_count(parts > 1 ? partial : out);
	kernel->m = narrow(rows);
	kernel->n = narrow(v[A_KV]);
	kernel->k = narrow(v[A_DIM]);
	kernel->heads = (uint16_t)kind_limit(v[A_HEADS], UINT16_MAX);
	kernel->kv_heads = (uint16_t)kind_limit(v[A_KV_HEADS], UINT16_MAX);
	if (parts <= 1)
		return SIM_OK;
	struct lowered_kernel *combine = kind_kernel(call, step);
	if (combine == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	combine->kernel.op = SIM_OP_ATTENTION;
	combine->kernel.family = SIM_FAMILY_ATTN_COMBINE;
	combine->kernel.dtype = SIM_DTYPE_BF16;
	combine->kernel.blocks = narrow(rows * v[A_HEADS]);
	combine->kernel.threads = 256;
	combine->kernel.blocks_per_sm = 8;
	combine->kernel.flops = kind_count(partial / 2);
	combine->kernel.act_read_bytes = kind_count(partial);
	combine->kernel.act_write_bytes = kind_count(out);
	return SIM_OK;
}

const struct workload_kind workload_kind_sdpa = {
	.name = "sdpa",
	.what = "fused attention over a KV cache, with its combination",
	.fields = fields,
	.append = append,
};
