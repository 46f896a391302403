/*
 * Pointwise ops: out[i] = f(a[i], b[i], ...), operands broadcast to the shape of the result.
 *
 *   act_read   every tensor operand once, at its own size (an expanded one at its distinct size)
 *   act_write  the result: broadcast shape, type of the widest operand, of the first operand when
 *              in place, of the out argument when there is one, bool for comparisons
 *   flops      nominal, per element of the result: 1 for arithmetic, comparison and selection, 4
 * for division and roots, 8 for transcendental functions, 12 for gated activations Operands without
 * dimensions are immediates and cost nothing.
 */
#include <string.h>

#include "traces/work_rules.h"

/* Order of type promotion: floating over integer over bool, wider over narrower. */
static unsigned rank_of_type(unsigned dtype)
{
	switch (dtype) {
	case SIM_DTYPE_F64:
		return 10;
	case SIM_DTYPE_F32:
		return 9;
	case SIM_DTYPE_F16:
	case SIM_DTYPE_BF16:
		return 8;
	case SIM_DTYPE_FP8:
		return 7;
	case SIM_DTYPE_I64:
		return 6;
	case SIM_DTYPE_I32:
		return 5;
	case SIM_DTYPE_I16:
		return 4;
	case SIM_DTYPE_I8:
	case SIM_DTYPE_U8:
		return 3;
	case SIM_DTYPE_BOOL:
		return 2;
	default:
		return 0;
	}
}

static bool is_integral(unsigned dtype)
{
	return rank_of_type(dtype) <= 6;
}

/* Grow SHAPE to hold TENSOR's broadcast; false when they do not fit. */
static bool broadcast(struct work_tensor *shape, const struct work_tensor *tensor)
{
	struct work_tensor wide = tensor->rank > shape->rank ? *tensor : *shape;
	const struct work_tensor *narrow = tensor->rank > shape->rank ? shape : tensor;
	unsigned shift = (unsigned)(wide.rank - narrow->rank);
	wide.elements = 1;
	for (unsigned i = 0; i < wide.rank; i++) {
		if (i >= shift && wide.dims[i] != narrow->dims[i - shift]) {
			uint64_t other = narrow->dims[i - shift];
			if (wide.dims[i] != 1 && other != 1)
				return false;
			wide.dims[i] = wide.dims[i] == 1 ? other : wide.dims[i];
		}
		wide.elements = work_mul(wide.elements, wide.dims[i]);
	}
	wide.dtype = rank_of_type(tensor->dtype) > rank_of_type(shape->dtype) ? tensor->dtype
									      : shape->dtype;
	*shape = wide;
	return true;
}

/* A quotient or root of integers is a float; so is an integer with a float immediate. */
static unsigned result_type(const struct work_case *it, unsigned dtype)
{
	if (it->op->result == WORK_RESULT_BOOL)
		return SIM_DTYPE_BOOL;
	if (!is_integral(dtype))
		return dtype;
	if (it->op->flops >= 4 && strstr(it->op->name, "floor") == NULL)
		return SIM_DTYPE_F32;
	for (unsigned i = 0; i < it->shape->arg_count && i < it->op->arity; i++) {
		struct work_text type = it->shape->args[i].type;
		if (type.length == 6 && memcmp(type.at, "double", 6) == 0)
			return SIM_DTYPE_F32;
	}
	return dtype;
}

static bool pointwise(struct work_case *it)
{
	struct work_tensor result = {.elements = 1, .unique = 1};
	const struct work_tensor *out = NULL;
	unsigned operands = 0;
	for (unsigned i = 0; i < it->shape->arg_count; i++) {
		const struct work_tensor *tensor = work_shape_tensor(it->shape, i);
		if (it->shape->args[i].is_list)
			return false;
		if (tensor == NULL)
			continue;
		if (i >= it->op->arity) {
			out = tensor;
			continue;
		}
		if (!broadcast(&result, tensor))
			return false;
		if (operands++ == 0 || it->kernel->dtype == SIM_DTYPE_BOOL)
			it->kernel->dtype = tensor->dtype;
		work_read(it, work_distinct_bytes(tensor));
	}
	if (operands == 0)
		return false;
	if (out == NULL && it->in_place)
		out = work_shape_tensor(it->shape, 0);
	unsigned dtype = out != NULL ? out->dtype : result_type(it, result.dtype);
	work_write(it, work_bytes(result.elements, dtype));
	work_flops(it, result.elements, it->op->flops);
	return true;
}

/* fill_(self, value), zero_(self): written, not read. */
static bool fill(struct work_case *it)
{
	const struct work_tensor *target = work_shape_tensor(it->shape, 0);
	if (target == NULL)
		return false;
	it->kernel->dtype = target->dtype;
	work_write(it, work_tensor_bytes(target));
	return true;
}

/* arange(start, end, step, out): the out tensor is recorded before it is sized. */
static bool arange(struct work_case *it)
{
	int64_t start = 0, end = 0, step = 1;
	uint64_t count = 0;
	unsigned dtype = SIM_DTYPE_I64;
	for (unsigned i = 0; i < it->shape->arg_count; i++) {
		const struct work_tensor *out = work_shape_tensor(it->shape, i);
		if (out != NULL) {
			dtype = out->dtype;
			count = out->elements;
		}
	}
	if (count == 0 && work_shape_integer(it->shape, 0, &start) &&
	    work_shape_integer(it->shape, 1, &end) && work_shape_integer(it->shape, 2, &step) &&
	    step > 0 && end > start)
		count = ((uint64_t)(end - start) + (uint64_t)step - 1) / (uint64_t)step;
	if (count == 0) /* one element a thread, at most */
		count = work_mul(it->kernel->blocks, it->kernel->threads);
	if (count == 0)
		return false;
	it->kernel->dtype = (uint8_t)dtype;
	work_write(it, work_bytes(count, dtype));
	work_flops(it, count, 2);
	return true;
}

#define POINT(name, arity, flops)                                                                  \
	{                                                                                          \
		name, pointwise, SIM_OP_ELEMENTWISE, SIM_FAMILY_ELEMENTWISE, arity, flops, 0       \
	}
#define COMPARE(name, arity)                                                                       \
	{                                                                                          \
		name, pointwise, SIM_OP_ELEMENTWISE, SIM_FAMILY_ELEMENTWISE, arity, 1,             \
			WORK_RESULT_BOOL                                                           \
	}
#define WRITE(name, rule)                                                                          \
	{                                                                                          \
		name, rule, SIM_OP_ELEMENTWISE, SIM_FAMILY_FILL, 0, 0, 0                           \
	}

/* clang-format off */
const struct work_op work_elementwise_ops[] = {
	POINT("aten::mul", 2, 1), POINT("aten::add", 2, 1), POINT("aten::sub", 2, 1),
	POINT("aten::rsub", 2, 1), POINT("aten::pow", 2, 1), POINT("aten::square", 1, 1),
	POINT("aten::neg", 1, 1), POINT("aten::abs", 1, 1), POINT("aten::sign", 1, 1),
	POINT("aten::relu", 1, 1), POINT("aten::leaky_relu", 1, 2), POINT("aten::threshold", 1, 1),
	POINT("aten::clamp", 3, 2), POINT("aten::clamp_min", 2, 1), POINT("aten::clamp_max", 2, 1),
	POINT("aten::minimum", 2, 1), POINT("aten::maximum", 2, 1), POINT("aten::lerp", 3, 3),
	POINT("aten::addcmul", 3, 3), POINT("aten::addcdiv", 3, 6), POINT("aten::where", 3, 1),
	POINT("aten::masked_fill", 2, 1), POINT("aten::tril", 1, 1), POINT("aten::triu", 1, 1),
	POINT("aten::floor", 1, 1), POINT("aten::ceil", 1, 1), POINT("aten::round", 1, 1),
	POINT("aten::trunc", 1, 1), POINT("aten::frac", 1, 1), POINT("aten::nan_to_num", 1, 1),
	POINT("aten::div", 2, 4), POINT("aten::true_divide", 2, 4),
	POINT("aten::floor_divide", 2, 4), POINT("aten::remainder", 2, 4),
	POINT("aten::fmod", 2, 4), POINT("aten::reciprocal", 1, 4), POINT("aten::sqrt", 1, 4),
	POINT("aten::rsqrt", 1, 4),
	POINT("aten::exp", 1, 8), POINT("aten::exp2", 1, 8), POINT("aten::log", 1, 8),
	POINT("aten::log2", 1, 8), POINT("aten::log1p", 1, 8), POINT("aten::expm1", 1, 8),
	POINT("aten::sin", 1, 8), POINT("aten::cos", 1, 8), POINT("aten::tanh", 1, 8),
	POINT("aten::erf", 1, 8), POINT("aten::sigmoid", 1, 8), POINT("aten::softplus", 1, 8),
	POINT("aten::elu", 1, 8), POINT("aten::mish", 1, 12), POINT("aten::hardswish", 1, 4),
	POINT("aten::silu", 1, 12), POINT("aten::gelu", 1, 12),
	POINT("aten::bitwise_and", 2, 1), POINT("aten::bitwise_or", 2, 1),
	POINT("aten::bitwise_xor", 2, 1), POINT("aten::bitwise_not", 1, 1),
	POINT("aten::__and__", 2, 1), POINT("aten::__or__", 2, 1),
	POINT("aten::__lshift__", 2, 1), POINT("aten::__rshift__", 2, 1),
	COMPARE("aten::ge", 2), COMPARE("aten::gt", 2), COMPARE("aten::le", 2),
	COMPARE("aten::lt", 2), COMPARE("aten::eq", 2), COMPARE("aten::ne", 2),
	COMPARE("aten::logical_and", 2), COMPARE("aten::logical_or", 2),
	COMPARE("aten::logical_xor", 2), COMPARE("aten::logical_not", 1),
	COMPARE("aten::isnan", 1), COMPARE("aten::isinf", 1), COMPARE("aten::isfinite", 1),
	WRITE("aten::fill", fill), WRITE("aten::zero", fill), WRITE("aten::arange", arange),
	WRITE("aten::uniform", fill), WRITE("aten::normal", fill), WRITE("aten::exponential", fill),
	WRITE("aten::random", fill), WRITE("aten::bernoulli", fill),
	{NULL, NULL, 0, 0, 0, 0, 0},
};
/* clang-format on */
