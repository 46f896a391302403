/*
 * Fused layers: norms, rotary embedding and gated activations that are one kernel, in a framework
 * or in a serving engine, and kernels that a compiler generated.
 *
 *   norm      weight_bytes: scale and shift; the rows are read and written once, a fused residual
 *             too; 4 flops an element (8 with a mean)
 *   rope      queries and keys are read and written, one table row of d values a token is read
 *   gated     act(x) * y over [.., 2 d] to [.., d]; 12 flops an element
 *   cache     keys and values of the new tokens go into the cache, in its type
 *   append    (of validate/bench/decode) one kernel adds biases, norms heads, rotates queries and
 *             keys, writes queries out and keys and values into the cache; flops 1, 4 and 3 an
 *             element of what each part works on
 *   generated the operands are recorded, their roles are not: all are read but the last, which is
 *             written (outputs follow inputs in Inductor's signatures). An operand that may be read
 *             by rows only (embedding, index, gather) makes it unknown.
 */
#include <string.h>

#include "traces/work_rules.h"

static bool norm_work(struct work_case *it, const struct work_tensor *x, uint64_t weight_bytes,
		      uint64_t streams)
{
	if (x == NULL)
		return false;
	uint64_t bytes = work_mul(work_distinct_bytes(x), streams);
	it->kernel->dtype = x->dtype;
	it->kernel->weight_bytes = weight_bytes;
	it->detail->n = work_narrow(x->dims[x->rank - 1]);
	work_read(it, bytes);
	work_write(it, bytes);
	work_flops(it, x->elements, it->op->flops);
	return true;
}

/* native_layer_norm(x, shape, weight, bias), rms_norm(x, shape, weight) */
static bool norm(struct work_case *it)
{
	uint64_t weights = work_distinct_bytes(work_shape_tensor(it->shape, 2));
	weights = work_add(weights, work_distinct_bytes(work_shape_tensor(it->shape, 3)));
	return norm_work(it, work_shape_tensor(it->shape, 0), weights, 1);
}

/* rms_norm(out, x, weight) */
static bool norm_to(struct work_case *it)
{
	uint64_t weights = work_distinct_bytes(work_shape_tensor(it->shape, 2));
	return norm_work(it, work_shape_tensor(it->shape, 1), weights, 1);
}

/* fused_add_rms_norm(x, residual, weight): both are read and written */
static bool norm_with_residual(struct work_case *it)
{
	uint64_t weights = work_distinct_bytes(work_shape_tensor(it->shape, 2));
	return norm_work(it, work_shape_tensor(it->shape, 0), weights, 2);
}

/* rotary_embedding(positions, query, key, head_size, table [positions, d]) */
static bool rope(struct work_case *it)
{
	const struct work_tensor *positions = work_shape_tensor(it->shape, 0);
	const struct work_tensor *query = work_shape_tensor(it->shape, 1);
	const struct work_tensor *key = work_shape_tensor(it->shape, 2);
	const struct work_tensor *table = work_shape_tensor(it->shape, 4);
	if (positions == NULL || query == NULL)
		return false;
	uint64_t bytes = work_add(work_tensor_bytes(query), work_tensor_bytes(key));
	it->kernel->dtype = query->dtype;
	work_read(it, bytes);
	work_read(it, work_tensor_bytes(positions));
	if (table != NULL && table->rank == 2)
		work_read(it,
			  work_bytes(work_mul(positions->elements, table->dims[1]), table->dtype));
	work_write(it, bytes);
	work_flops(it, work_add(query->elements, key != NULL ? key->elements : 0), 3);
	return true;
}

/* silu_and_mul(out, x), static_scaled_fp8_quant(out, x, ...): first operand is the result */
static bool into_first(struct work_case *it)
{
	const struct work_tensor *out = work_shape_tensor(it->shape, 0);
	const struct work_tensor *x = work_shape_tensor(it->shape, 1);
	if (out == NULL || x == NULL)
		return false;
	it->kernel->dtype = x->dtype;
	work_read(it, work_distinct_bytes(x));
	work_write(it, work_tensor_bytes(out));
	work_flops(it, out->elements, it->op->flops);
	return true;
}

/* reshape_and_cache_flash(key, value, key_cache, value_cache, slots) */
static bool cache_tokens(struct work_case *it)
{
	const struct work_tensor *key = work_shape_tensor(it->shape, 0);
	const struct work_tensor *value = work_shape_tensor(it->shape, 1);
	const struct work_tensor *cache = work_shape_tensor(it->shape, 2);
	if (key == NULL || value == NULL || cache == NULL)
		return false;
	it->kernel->dtype = cache->dtype;
	work_read(it, work_add(work_distinct_bytes(key), work_distinct_bytes(value)));
	work_read(it, work_tensor_bytes(work_shape_tensor(it->shape, 4)));
	it->kernel->kv_write_bytes =
		work_bytes(work_add(key->elements, value->elements), cache->dtype);
	return true;
}

/*
 * rope_append(qkv [B,J], bias [J], query norm [d], key norm [d], frequencies [d/2],
 * keys [B,Hkv,L,d], values [B,Hkv,L,d]): all but the first and the caches may be absent.
 */
static bool rope_append(struct work_case *it)
{
	const struct work_tensor *joined = work_shape_tensor(it->shape, 0);
	const struct work_tensor *bias = work_shape_tensor(it->shape, 1);
	const struct work_tensor *head_norm = work_shape_tensor(it->shape, 2);
	const struct work_tensor *keys = work_shape_tensor(it->shape, 5);
	if (joined == NULL || keys == NULL || keys->rank != 4 ||
	    work_shape_tensor(it->shape, 6) == NULL)
		return false;
	uint64_t fresh = work_mul(work_mul(keys->dims[0], keys->dims[1]), keys->dims[3]);
	if (work_mul(fresh, 2) > joined->elements)
		return false;
	uint64_t rotated = joined->elements - fresh, queries = rotated - fresh;
	it->kernel->dtype = joined->dtype;
	for (unsigned i = 1; i < 4; i++)
		it->kernel->weight_bytes =
			work_add(it->kernel->weight_bytes,
				 work_distinct_bytes(work_shape_tensor(it->shape, i)));
	work_read(it, work_distinct_bytes(joined));
	work_read(it, work_distinct_bytes(work_shape_tensor(it->shape, 4)));
	work_write(it, work_bytes(queries, joined->dtype));
	it->kernel->kv_write_bytes = work_bytes(work_mul(fresh, 2), keys->dtype);
	work_flops(it, rotated, 3);
	work_flops(it, bias != NULL ? joined->elements : 0, 1);
	work_flops(it, head_norm != NULL ? rotated : 0, 4);
	return true;
}

static bool reads_rows(const char *name)
{
	static const char *const words[] = {"embedding", "index", "gather", "scatter"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(name, words[i]) != NULL)
			return true;
	return false;
}

static bool generated(struct work_case *it)
{
	const struct work_tensor *last = NULL;
	uint64_t largest = 0;
	if (reads_rows(it->name) || it->kernel->op == SIM_OP_GEMM)
		return false;
	for (unsigned i = 0; i < it->shape->arg_count; i++) {
		const struct work_tensor *tensor = work_shape_tensor(it->shape, i);
		if (tensor == NULL)
			continue;
		if (last != NULL)
			work_read(it, work_distinct_bytes(last));
		else
			it->kernel->dtype = tensor->dtype;
		largest = tensor->elements > largest ? tensor->elements : largest;
		last = tensor;
	}
	if (last == NULL)
		return false;
	work_write(it, work_tensor_bytes(last));
	work_flops(it, largest, it->op->flops);
	return true;
}

const struct work_op work_generated_op = {"", generated, SIM_OP_ELEMENTWISE, SIM_FAMILY_FUSED, 0,
					  4,  0};

#define NORM_OP(name, rule, flops)                                                                 \
	{                                                                                          \
		name, rule, SIM_OP_NORM, SIM_FAMILY_NORM, 0, flops, 0                              \
	}
#define POINT_OP(name, family, flops)                                                              \
	{                                                                                          \
		name, into_first, SIM_OP_ELEMENTWISE, SIM_FAMILY_##family, 0, flops, 0             \
	}
#define CACHE_OP(name)                                                                             \
	{                                                                                          \
		name, cache_tokens, SIM_OP_KV_WRITE, SIM_FAMILY_SCATTER, 0, 0, 0                   \
	}

const struct work_op work_fused_ops[] = {
	NORM_OP("aten::native_layer_norm", norm, 8),
	NORM_OP("aten::layer_norm", norm, 8),
	NORM_OP("aten::rms_norm", norm, 4),
	NORM_OP("aten::_fused_rms_norm", norm, 4),
	NORM_OP("_C::rms_norm", norm_to, 4),
	NORM_OP("_C::fused_add_rms_norm", norm_with_residual, 5),
	{"_C::rotary_embedding", rope, SIM_OP_ROPE, SIM_FAMILY_ROPE, 0, 0, 0},
	NORM_OP("decode::add_rms_norm", norm_with_residual, 5),
	{"decode::rope_append", rope_append, SIM_OP_ROPE, SIM_FAMILY_ROPE, 0, 0, 0},
	POINT_OP("decode::silu_mul", ELEMENTWISE, 12),
	POINT_OP("_C::silu_and_mul", ELEMENTWISE, 12),
	POINT_OP("_C::gelu_and_mul", ELEMENTWISE, 12),
	POINT_OP("_C::gelu_tanh_and_mul", ELEMENTWISE, 12),
	POINT_OP("_C::static_scaled_fp8_quant", ELEMENTWISE_CAST, 2),
	POINT_OP("_C::dynamic_scaled_fp8_quant", ELEMENTWISE_CAST, 4),
	POINT_OP("_C::dynamic_per_token_scaled_fp8_quant", ELEMENTWISE_CAST, 4),
	CACHE_OP("_C_cache_ops::reshape_and_cache_flash"),
	CACHE_OP("_C_cache_ops::reshape_and_cache"),
	{NULL, NULL, 0, 0, 0, 0, 0},
};
