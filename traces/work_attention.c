/*
 * Attention of q query tokens over a KV cache of L tokens, fused in one kernel (and a second that
 * combines partial results).
 *
 *   flops      4 B Hq q L d                  QK^T and PV; a causal mask is not deducted
 *   kv_read    B Hkv L (d + dv) * size       each KV head once, shared by its Hq/Hkv query heads
 *   act_read   q, and an additive mask
 *   act_write  B Hq q dv * size
 *
 * Split over the cache: S partial outputs of B Hq q (dv + 2) fp32 (two statistics of the softmax)
 * go to the combining kernel. S is not recorded; the kernels give one block to each split of each
 * group of heads, so S = blocks / (B Hkv), or blocks / (B Hq) where only that divides. This holds
 * for the DRAM reads of every lean_reduction_kernel of ncu-llama-3.2-1b.csv.gz and
 * ncu-qwen2.5-7b.csv.gz (S = 16), up to the 14 KB it reads besides. The kernel of our own decode run
 * has its splits along x.
 *
 * Heads first [B,H,q,d] or tokens first [B,q,H,d]: the op's name tells. Expanded KV heads (stride
 * 0) count once. Serving engines' attention over paged caches does not name L: opaque.
 */
#include <string.h>

#include "traces/work_rules.h"

enum { PARTIAL_SIZE = 4, PARTIAL_EXTRA = 2 };

struct attention {
	uint64_t batch, query, heads, kv_heads, length, key_width, value_width;
	const struct work_tensor *q, *k, *v;
	const struct work_tensor *mask;
};

static uint64_t results_of(const struct attention *attention, uint64_t width)
{
	uint64_t rows = work_mul(work_mul(attention->batch, attention->heads), attention->query);
	return work_mul(rows, width);
}

static uint64_t count_splits(const struct work_case *it, const struct attention *attention)
{
	uint64_t blocks = it->kernel->blocks;
	uint64_t groups = work_mul(attention->batch, attention->kv_heads);
	uint64_t heads = work_mul(attention->batch, attention->heads);
	if (strstr(it->name, "decode_attention") != NULL && it->detail->grid[0] > 0)
		return it->detail->grid[0];
	if (heads > 0 && blocks % heads == 0 && strstr(it->name, "splitkv") != NULL)
		return blocks / heads;
	if (groups > 0 && blocks % groups == 0)
		return blocks / groups;
	return heads > 0 && blocks % heads == 0 ? blocks / heads : 2;
}

static bool is_split(const struct work_case *it)
{
	return it->context->reduction_follows != 0 || strstr(it->name, "splitkv") != NULL;
}

static uint64_t partial_bytes_of(const struct attention *attention, uint64_t splits)
{
	uint64_t width = work_add(attention->value_width, PARTIAL_EXTRA);
	return work_mul(work_mul(results_of(attention, width), splits), PARTIAL_SIZE);
}

static bool combine(struct work_case *it, const struct attention *attention)
{
	uint64_t partial = it->partial_bytes;
	if (partial == 0) /* its main kernel was not seen */
		partial = partial_bytes_of(attention, 2);
	work_read(it, partial);
	work_write(it,
		   work_bytes(results_of(attention, attention->value_width), attention->q->dtype));
	work_flops(it, partial / PARTIAL_SIZE, 2);
	return true;
}

static bool attention_work(struct work_case *it, const struct attention *attention)
{
	struct sim_kernel *kernel = it->kernel;
	it->detail->m = work_narrow(work_mul(attention->batch, attention->query));
	it->detail->n = work_narrow(attention->length);
	it->detail->k = work_narrow(attention->key_width);
	it->detail->heads = (uint16_t)(attention->heads > UINT16_MAX ? 0 : attention->heads);
	it->detail->kv_heads =
		(uint16_t)(attention->kv_heads > UINT16_MAX ? 0 : attention->kv_heads);
	kernel->dtype = attention->k->dtype;
	if (kernel->family == SIM_FAMILY_ATTN_COMBINE)
		return combine(it, attention);
	if (kernel->family != SIM_FAMILY_ATTN && kernel->family != SIM_FAMILY_FUSED)
		return false;
	kernel->kv_read_bytes =
		work_add(work_distinct_bytes(attention->k), work_distinct_bytes(attention->v));
	work_read(it, work_distinct_bytes(attention->q));
	work_read(it, work_distinct_bytes(attention->mask));
	uint64_t width = work_add(attention->key_width, attention->value_width);
	work_flops(it, work_mul(results_of(attention, width), attention->length), 2);
	uint64_t splits = is_split(it) ? count_splits(it, attention) : 1;
	if (splits > 1) {
		it->context->partial_bytes = partial_bytes_of(attention, splits);
		work_write(it, it->context->partial_bytes);
	} else {
		work_write(it, work_bytes(results_of(attention, attention->value_width),
					  attention->q->dtype));
	}
	return true;
}

/* HEADS and TOKENS: which dimension is which. */
static bool attention_of(struct work_case *it, unsigned heads, unsigned tokens, bool has_mask)
{
	struct attention attention = {.q = work_shape_tensor(it->shape, 0),
				      .k = work_shape_tensor(it->shape, 1),
				      .v = work_shape_tensor(it->shape, 2)};
	const struct work_tensor *q = attention.q, *k = attention.k, *v = attention.v;
	if (q == NULL || k == NULL || v == NULL || q->rank != 4 || k->rank != 4 || v->rank != 4)
		return false;
	if (q->dims[0] != k->dims[0] || k->dims[tokens] != v->dims[tokens] ||
	    k->dims[heads] != v->dims[heads] || q->dims[3] != k->dims[3])
		return false;
	attention.batch = q->dims[0];
	attention.heads = q->dims[heads];
	attention.query = q->dims[tokens];
	attention.kv_heads = k->dims[heads];
	attention.length = k->dims[tokens];
	attention.key_width = q->dims[3];
	attention.value_width = v->dims[3];
	if (has_mask)
		attention.mask = work_shape_tensor(it->shape, 3);
	/* repeated KV heads that only exist in the strides */
	if (k->unique < k->elements && k->elements > 0 && k->unique > 0)
		attention.kv_heads = attention.kv_heads * k->unique / k->elements;
	return attention_work(it, &attention);
}

static bool heads_first(struct work_case *it)
{
	return attention_of(it, 1, 2, true);
}

static bool heads_first_unmasked(struct work_case *it)
{
	return attention_of(it, 1, 2, false);
}

static bool tokens_first(struct work_case *it)
{
	return attention_of(it, 2, 1, false);
}

static bool tokens_first_masked(struct work_case *it)
{
	return attention_of(it, 2, 1, true);
}

#define ATTN_OP(name, rule)                                                                        \
	{                                                                                          \
		name, rule, SIM_OP_ATTENTION, SIM_FAMILY_ATTN, 0, 0, 0                             \
	}

const struct work_op work_attention_ops[] = {
	ATTN_OP("aten::_cudnn_attention_forward", heads_first),
	ATTN_OP("aten::_scaled_dot_product_cudnn_attention", heads_first),
	ATTN_OP("aten::_scaled_dot_product_flash_attention", heads_first_unmasked),
	ATTN_OP("aten::_scaled_dot_product_efficient_attention", heads_first),
	ATTN_OP("aten::_scaled_dot_product_fused_attention_overrideable", heads_first),
	ATTN_OP("aten::scaled_dot_product_attention", heads_first),
	ATTN_OP("aten::_flash_attention_forward", tokens_first),
	ATTN_OP("aten::_efficient_attention_forward", tokens_first_masked),
	{NULL, NULL, 0, 0, 0, 0, 0},
};
