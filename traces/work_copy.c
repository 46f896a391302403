/*
 * Copies: copy_, casts, clones, concatenations.
 *
 *   act_read   the source, distinct elements only (an expanded source is read once)
 *   act_write  the target, in its own type
 *
 * A copy is of a KV cache, its bytes count as kv_read and kv_write and its class is kv_write, when
 *   - four-dimensional tensors [B,H,L,d] + [B,H,q,d] are joined along the tokens: the old cache is
 *     read and the longer one written, the new tokens come from activations;
 *   - a tensor [B,H,L,d] or [B,H,g,L,d] with L of at least 64 tokens is copied whole, which is how
 *     KV heads are repeated for an attention that cannot share them.
 * An activation of a decode step has one to a few dozen tokens there.
 */
#include <string.h>

#include "traces/work_rules.h"

enum { KV_TOKENS = 64, KV_WIDTH = 1024 };

static bool is_kv_cache(const struct work_tensor *tensor)
{
	unsigned rank = tensor->rank;
	return (rank == 4 || rank == 5) && tensor->dims[rank - 2] >= KV_TOKENS &&
	       tensor->dims[rank - 1] >= 16 && tensor->dims[rank - 1] <= KV_WIDTH &&
	       tensor->dims[rank - 1] % 8 == 0;
}

static bool copy_between(struct work_case *it, const struct work_tensor *target,
			 const struct work_tensor *source, unsigned target_dtype)
{
	struct sim_kernel *kernel = it->kernel;
	uint64_t read = work_distinct_bytes(source);
	uint64_t written = work_bytes(target->elements, target_dtype);
	kernel->dtype = source->dtype;
	if (is_kv_cache(source) && source->dtype != SIM_DTYPE_BOOL) {
		kernel->op = SIM_OP_KV_WRITE;
		kernel->kv_read_bytes = read;
		kernel->kv_write_bytes = written;
	} else {
		work_read(it, read);
		work_write(it, written);
	}
	return true;
}

/* copy_(target, source) */
static bool copy(struct work_case *it)
{
	const struct work_tensor *target = work_shape_tensor(it->shape, 0);
	const struct work_tensor *source = work_shape_tensor(it->shape, 1);
	if (target == NULL)
		return false;
	if (source == NULL) { /* from a scalar on the device: a fill */
		it->kernel->dtype = target->dtype;
		work_write(it, work_tensor_bytes(target));
		return true;
	}
	return copy_between(it, target, source, target->dtype);
}

/* clone(source), contiguous(source), _to_copy(source, type) */
static bool duplicate(struct work_case *it)
{
	const struct work_tensor *source = work_shape_tensor(it->shape, 0);
	int64_t code;
	if (source == NULL)
		return false;
	unsigned dtype = source->dtype;
	if (it->op->arity == 2 && work_shape_integer(it->shape, 1, &code) &&
	    work_dtype_from_code(code) != SIM_DTYPE_UNKNOWN)
		dtype = work_dtype_from_code(code);
	return copy_between(it, source, source, dtype);
}

/* The type of a list's tensors is not recorded; the kernel's name tells at least its width. */
static unsigned type_of_list(const struct work_case *it)
{
	static const struct {
		const char *text;
		uint8_t dtype;
	} widths[] = {
		{"OpaqueType<1", SIM_DTYPE_U8},
		{"OpaqueType<2", SIM_DTYPE_BF16},
		{"OpaqueType<4", SIM_DTYPE_F32},
		{"OpaqueType<8", SIM_DTYPE_I64},
		{"<c10::BFloat16", SIM_DTYPE_BF16},
		{"<c10::Half", SIM_DTYPE_F16},
		{"<float", SIM_DTYPE_F32},
		{"<long", SIM_DTYPE_I64},
		{"<int", SIM_DTYPE_I32},
		{"<bool", SIM_DTYPE_BOOL},
		{"<double", SIM_DTYPE_F64},
		{"<unsigned char", SIM_DTYPE_U8},
	};
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		if (strstr(it->name, widths[i].text) == NULL)
			continue;
		if (i == 1 && it->context->half_dtype != 0)
			return it->context->half_dtype;
		return widths[i].dtype;
	}
	return it->context->half_dtype;
}

/* [B,H,L,d] + [B,H,q,d] along the tokens, or a first [B,H,q,d] joined to nothing. */
static bool is_append(const struct work_tensor *old, const struct work_tensor *fresh, int64_t along)
{
	if (old->rank != 4 || fresh->rank != 4 || (along != 2 && along != -2))
		return false;
	return old->dims[0] == fresh->dims[0] && old->dims[1] == fresh->dims[1] &&
	       old->dims[3] == fresh->dims[3] && old->dims[2] >= fresh->dims[2];
}

/* cat(tensors, dimension) */
static bool concatenate(struct work_case *it)
{
	const struct work_shape *shape = it->shape;
	int64_t along = 0;
	unsigned dtype = type_of_list(it);
	if (shape->arg_count == 0 || !shape->args[0].is_list || dtype == SIM_DTYPE_UNKNOWN)
		return false;
	const struct work_tensor *parts = &shape->tensors[shape->args[0].first];
	uint64_t elements = 0, distinct = 0;
	for (unsigned i = 0; i < shape->args[0].count; i++) {
		elements = work_add(elements, parts[i].elements);
		distinct = work_add(distinct, parts[i].unique);
	}
	it->kernel->dtype = (uint8_t)dtype;
	if (shape->args[0].count == 2 && work_shape_integer(shape, 1, &along) &&
	    is_append(&parts[0], &parts[1], along)) {
		it->kernel->op = SIM_OP_KV_WRITE;
		it->kernel->kv_read_bytes = work_bytes(parts[0].unique, dtype);
		it->kernel->kv_write_bytes = work_bytes(elements, dtype);
		work_read(it, work_bytes(parts[1].unique, dtype));
		it->detail->n = work_narrow(work_add(parts[0].dims[2], parts[1].dims[2]));
		it->detail->k = work_narrow(parts[0].dims[3]);
		it->detail->kv_heads =
			(uint16_t)(parts[0].dims[1] > UINT16_MAX ? 0 : parts[0].dims[1]);
		return true;
	}
	work_read(it, work_bytes(distinct, dtype));
	work_write(it, work_bytes(elements, dtype));
	return true;
}

/* A scalar leaves the device. */
static bool read_scalar(struct work_case *it)
{
	work_read(it, 8);
	return true;
}

#define COPY_OP(name, rule, arity)                                                                 \
	{                                                                                          \
		name, rule, SIM_OP_COPY, SIM_FAMILY_ELEMENTWISE, arity, 0, 0                       \
	}

const struct work_op work_copy_ops[] = {
	COPY_OP("aten::copy", copy, 0),
	COPY_OP("aten::_to_copy", duplicate, 2),
	COPY_OP("aten::to", duplicate, 2),
	COPY_OP("aten::clone", duplicate, 1),
	COPY_OP("aten::contiguous", duplicate, 1),
	COPY_OP("aten::_local_scalar_dense", read_scalar, 0),
	{"aten::cat", concatenate, SIM_OP_COPY, SIM_FAMILY_CAT, 0, 0, 0},
	{"aten::stack", concatenate, SIM_OP_COPY, SIM_FAMILY_CAT, 0, 0, 0},
	{NULL, NULL, 0, 0, 0, 0, 0},
};
