/*
 * Types, scalars and density of operands whose dimensions alone are known.
 *
 *   what                          from                                       else
 *   matrix products               name (work_infer_name.c); both operands of one type, as the op
 *                                 demands                                    opaque
 *   grouped matrix product        name; offsets i32, as the op demands       opaque
 *   attention                     name, or the 16-bit float met last (a cuDNN engine's name does
 *                                 not tell which); a mask is not told        opaque
 *   pointwise that casts nothing  types of the functor in the name           opaque
 *   cast to a 16-bit float        name (bfloat16_copy_kernel_cuda)           opaque
 *   other cast to a float         the kernel before, when its result is a float of another type and
 *                                 has the same number (at least 128) of elements   opaque
 *   rows by index                 table: name, or width of its rows (OpaqueType<N>, vectorized
 *                                 gather: bytes a row from the block and grid); indices i64
 *   dimension of index_select     grid: a thread an element of a slice       opaque
 *   reductions, softmax, scan     types: name; dimension: grid and block     opaque
 *   k of a top-k                  a grouped product after a top-k over as many experts has R rows
 *                                 of T routed tokens, so k = R / T: for it, and for the top-k of
 *                                 the next layer                             opaque
 *   bins, ends of ranges          opaque
 *   concatenation                 dimension: the one in which the parts differ; parts that do not
 *                                 differ are joined along another than the tokens
 *   copy engine                   bytes over elements: 2 is the 16-bit float, 8 is i64
 *
 * Strides are not told, so an expanded operand (stride 0) would look whole. A vectorized kernel has
 * none. Elsewhere operands of at most WORK_DENSE_BYTES are taken as whole (activations of a decode step;
 * assumed), larger ones make the kernel opaque, but for
 *   - an attention's cache with fewer heads than queries, or as many as were last appended;
 *   - the cache that an append reads, which a kernel has written before;
 *   - an operand of as many elements as the kernel before has written.
 */
#include "traces/work_infer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* of torch's sort of at most 32 keys, before their types */
#define KEYS "bitonicSortKVInPlace<-2, -1, 16, 16, "

struct work_text work_dimension_text(int dimension)
{
	static const char digits[] = "01234567";
	assert(dimension >= 0 && dimension < WORK_MAX_RANK);
	return (struct work_text){digits + dimension, 1};
}

struct work_tensor *work_infer_tensor(struct work_shape *shape, unsigned arg)
{
	if (arg >= shape->arg_count || shape->args[arg].is_list)
		return NULL;
	struct work_tensor *tensor = &shape->tensors[shape->args[arg].first];
	return tensor->rank > 0 ? tensor : NULL;
}

bool work_infer_type(struct work_shape *shape, unsigned arg, unsigned dtype)
{
	struct work_tensor *tensor = work_infer_tensor(shape, arg);
	if (tensor == NULL || dtype == SIM_DTYPE_UNKNOWN)
		return false;
	tensor->dtype = (uint8_t)dtype;
	return true;
}

bool work_infer_dense(const struct work_case *it, const struct work_tensor *tensor)
{
	return tensor == NULL || tensor->elements == it->before_elements ||
	       work_bytes(tensor->elements, tensor->dtype) <= WORK_DENSE_BYTES;
}

unsigned work_infer_width(const struct work_case *it, uint64_t width)
{
	if (width == 2)
		return it->context->half_dtype;
	return width == 8 ? SIM_DTYPE_I64 : SIM_DTYPE_UNKNOWN;
}

static bool infer_gemm(struct work_case *it, struct work_shape *shape)
{
	static const char *const first[] = {"aten::mm", "aten::bmm", "aten::matmul", "aten::linear",
					    "aten::mv"};
	unsigned dtype = work_name_gemm_type(it->name);
	bool from_first = false;
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		from_first |= strcmp(it->op->name, first[i]) == 0;
	bool added = strstr(it->op->name, "add") != NULL;
	if ((!from_first && !added) || dtype == SIM_DTYPE_UNKNOWN)
		return false;
	for (unsigned i = 0; i < 3; i++)
		(void)work_infer_type(shape, i, dtype);
	it->context->result_dtype = dtype;
	const struct work_tensor *b = work_infer_tensor(shape, added ? 2 : 1);
	bool batched = b != NULL && b->rank > 2;
	return !batched || (work_infer_dense(it, work_infer_tensor(shape, added ? 1 : 0)) &&
			    work_infer_dense(it, b));
}

static bool infer_grouped(struct work_case *it, struct work_shape *shape)
{
	struct work_context *context = it->context;
	const struct work_tensor *x = work_infer_tensor(shape, 0),
				 *weights = work_infer_tensor(shape, 1);
	unsigned dtype = work_name_half(it->name);
	if (it->kernel->family == SIM_FAMILY_GEMM_SETUP && dtype == SIM_DTYPE_UNKNOWN)
		dtype = context->half_dtype;
	if (x == NULL || weights == NULL || !work_infer_type(shape, 0, dtype) ||
	    !work_infer_type(shape, 1, dtype) || !work_infer_type(shape, 2, SIM_DTYPE_I32))
		return false;
	uint64_t tokens = context->routed_tokens;
	if (context->experts_per_token == 0 && tokens > 0 && x->dims[0] % tokens == 0 &&
	    context->routing_experts == weights->dims[0] && x->dims[0] / tokens <= weights->dims[0])
		context->experts_per_token = work_narrow(x->dims[0] / tokens);
	context->result_dtype = dtype;
	return context->experts_per_token > 0;
}

static bool infer_attention(struct work_case *it, struct work_shape *shape)
{
	unsigned dtype = work_name_half(it->name);
	unsigned heads = strstr(it->op->name, "_attention_forward") != NULL &&
					 strstr(it->op->name, "cudnn") == NULL
				 ? 2
				 : 1;
	const struct work_tensor *q = work_infer_tensor(shape, 0), *k = work_infer_tensor(shape, 1);
	bool unmasked = strcmp(it->op->name, "aten::_scaled_dot_product_flash_attention") == 0 ||
			strcmp(it->op->name, "aten::_flash_attention_forward") == 0;
	if (dtype == SIM_DTYPE_UNKNOWN)
		dtype = it->context->half_dtype;
	if (q == NULL || k == NULL || q->rank != 4 || k->rank != 4 ||
	    (!unmasked && work_infer_tensor(shape, 3) != NULL))
		return false;
	uint64_t kv_heads = k->dims[heads];
	if (kv_heads > q->dims[heads] ||
	    (kv_heads == q->dims[heads] && kv_heads != it->context->cache_heads))
		return false;
	it->context->result_dtype = dtype;
	return work_infer_type(shape, 0, dtype) && work_infer_type(shape, 1, dtype) &&
	       work_infer_type(shape, 2, dtype);
}

static bool infer_pointwise(struct work_case *it, struct work_shape *shape)
{
	struct work_signature signature;
	unsigned tensors = 0, same = SIM_DTYPE_UNKNOWN;
	bool alike = true,
	     vectorized = strstr(it->name, "::vectorized_elementwise_kernel<") != NULL;
	if (!work_name_signature(it->name, &signature))
		return false;
	for (unsigned i = 0; i < shape->arg_count; i++)
		if (work_infer_tensor(shape, i) != NULL) {
			if (i >= it->op->arity) /* its type need not be the operands' */
				return false;
			tensors++;
		}
	for (unsigned i = 1; i < signature.count; i++)
		alike &= signature.types[i] == signature.types[0];
	bool pairs = signature.kind == WORK_OPERANDS && !alike;
	if (tensors == 0 || (signature.kind == WORK_SECOND && tensors > 1) ||
	    (pairs && tensors != signature.count))
		return false;
	unsigned operand = 0;
	for (unsigned i = 0; i < shape->arg_count; i++) {
		struct work_tensor *tensor = work_infer_tensor(shape, i);
		if (tensor == NULL)
			continue;
		unsigned which = signature.kind == WORK_SECOND ? 1 : pairs ? operand : 0;
		tensor->dtype = signature.types[which];
		same = operand == 0 || same == tensor->dtype ? tensor->dtype : SIM_DTYPE_UNKNOWN;
		operand++;
		if (!vectorized && !work_infer_dense(it, tensor))
			return false;
	}
	it->context->result_dtype = it->op->result == WORK_RESULT_SAME ? same : 0;
	return true;
}

static bool infer_fill(struct work_case *it, struct work_shape *shape)
{
	uint8_t types[WORK_NAME_TYPES];
	return work_name_types(it->name, "FillFunctor<", types) > 0 &&
	       work_infer_type(shape, 0, types[0]);
}

static bool infer_reduce(struct work_case *it, struct work_shape *shape)
{
	uint8_t types[WORK_NAME_TYPES];
	struct work_tensor *x = work_infer_tensor(shape, 0);
	if (x == NULL || shape->arg_count < 2 ||
	    work_name_types(it->name, "ReduceOp<", types) == 0 ||
	    !work_infer_type(shape, 0, types[0]) || !work_infer_dense(it, x))
		return false;
	if (shape->arg_count == 2) /* mean(x, dtype): all of it */
		return it->op->op == SIM_OP_REDUCE && it->op->arity == 1;
	int along = work_reduced_dim(x, it->name, it->detail);
	if (along < 0)
		return false;
	shape->args[1].concrete = work_dimension_text(along);
	return true;
}

static bool infer_softmax(struct work_case *it, struct work_shape *shape)
{
	uint8_t types[WORK_NAME_TYPES];
	if (work_name_types(it->name, "softmax_warp_forward<", types) < 2 || shape->arg_count < 3)
		return false;
	if (types[0] != types[1] && types[1] != SIM_DTYPE_F32)
		return false;
	shape->args[2].concrete = types[0] != types[1] ? (struct work_text){"True", 4}
						       : (struct work_text){"False", 5};
	return work_infer_type(shape, 0, types[0]) &&
	       work_infer_dense(it, work_infer_tensor(shape, 0));
}

/*
 * k is not told, but who is routed; the grouped product after it tells k, and with it that of the
 * next layer's top-k of as many tokens over as many experts.
 */
static bool infer_topk(struct work_case *it, struct work_shape *shape)
{
	struct work_context *context = it->context;
	const struct work_tensor *x = work_infer_tensor(shape, 0);
	uint8_t types[WORK_NAME_TYPES];
	const char *marker = it->kernel->family == SIM_FAMILY_SORT ? KEYS : "gatherTopK<";
	if (x == NULL || x->dims[x->rank - 1] == 0 || shape->arg_count < 2)
		return false;
	uint32_t experts = work_narrow(x->dims[x->rank - 1]);
	uint32_t tokens = work_narrow(x->elements / x->dims[x->rank - 1]);
	if (context->routing_experts != experts || context->routed_tokens != tokens)
		context->experts_per_token = 0;
	context->routing_experts = experts;
	context->routed_tokens = tokens;
	if (context->experts_per_token == 0 || work_name_types(it->name, marker, types) == 0)
		return false;
	int length =
		snprintf(it->scalar, sizeof(it->scalar), "%" PRIu32, context->experts_per_token);
	shape->args[1].concrete = (struct work_text){it->scalar, (size_t)length};
	return work_infer_type(shape, 0, types[0]);
}

static bool infer_sort(struct work_case *it, struct work_shape *shape)
{
	uint8_t types[WORK_NAME_TYPES];
	return work_name_types(it->name, KEYS, types) > 0 && work_infer_type(shape, 0, types[0]);
}

/* cumsum(x, dim, dtype) of one type all along */
static bool infer_scan(struct work_case *it, struct work_shape *shape)
{
	uint8_t types[WORK_NAME_TYPES];
	unsigned count = work_name_types(it->name, "policy_hub<", types);
	return count >= 3 && types[0] == types[1] && types[1] == types[2] &&
	       work_infer_type(shape, 0, types[0]);
}

/* By name first, then by class; no row: opaque. */
static const struct {
	const char *name;
	work_infer_rule *infer;
} by_name[] = {
	{"aten::copy", work_infer_copy},
	{"aten::cat", work_infer_cat},
	{"aten::index_select", work_infer_index_select},
	{"aten::index", work_infer_index},
	{"aten::index_copy", work_infer_place},
	{"aten::_index_put_impl", work_infer_place},
	{"aten::index_put", work_infer_place},
	{"aten::_softmax", infer_softmax},
	{"aten::topk", infer_topk},
	{"aten::sort", infer_sort},
	{"aten::argsort", infer_sort},
	{"aten::cumsum", infer_scan},
	{"aten::fill", infer_fill},
	{"aten::zero", infer_fill},
	{"aten::argmax", infer_reduce},
	{"aten::argmin", infer_reduce},
	{"aten::_grouped_mm", infer_grouped},
};

static work_infer_rule *inference_for(const struct work_op *op)
{
	for (size_t i = 0; i < sizeof(by_name) / sizeof(by_name[0]); i++)
		if (strcmp(by_name[i].name, op->name) == 0)
			return by_name[i].infer;
	if (op->op == SIM_OP_GEMM)
		return infer_gemm;
	if (op->op == SIM_OP_ATTENTION)
		return infer_attention;
	if (op->op == SIM_OP_ELEMENTWISE && op->family == SIM_FAMILY_ELEMENTWISE)
		return infer_pointwise;
	if (op->op == SIM_OP_REDUCE)
		return infer_reduce;
	return NULL;
}

bool work_infer(struct work_case *it, struct work_shape *shape)
{
	work_infer_rule *rule = inference_for(it->op);
	return rule != NULL && rule(it, shape);
}

void work_infer_engine_copy(struct work_case *it, struct work_shape *shape, uint64_t bytes)
{
	const struct work_tensor *target = work_infer_tensor(shape, 0);
	if (it->op == NULL || it->op->op != SIM_OP_COPY ||
	    it->kernel->family == SIM_FAMILY_MEMSET || target == NULL || target->elements == 0 ||
	    bytes % target->elements != 0)
		return;
	unsigned dtype = work_infer_width(it, bytes / target->elements);
	(void)work_infer_type(shape, 0, dtype);
	it->context->result_dtype = dtype;
}

void work_infer_note(struct work_case *it, bool known)
{
	struct work_context *context = it->context;
	unsigned bits = sim_dtype_bits(context->result_dtype);
	uint64_t bytes = work_add(it->kernel->act_write_bytes, it->kernel->kv_write_bytes);
	if (!known || bits == 0 || context->partial_bytes > 0) {
		context->result_dtype = SIM_DTYPE_UNKNOWN;
		context->result_elements = 0;
		return;
	}
	context->result_elements = bytes / bits * 8 + bytes % bits * 8 / bits;
}
