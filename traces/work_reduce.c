/*
 * Rows to values and rows to rows: reductions, selection, sorting, scans, histograms, softmax.
 *
 *   act_read   the operand once
 *   act_write  its elements over the product of the reduced dimensions; values and 8-byte indices
 *              for selection and sorting; the operand's own size for scans and softmax
 *   flops      nominal, per element read: 1 for a reduction or comparison, 10 for softmax
 *
 * A top-k runs two kernels: the selection reads the row, the sort works on the k chosen. A
 * selection among at most 4096 candidates routes tokens to experts, one among more picks tokens of
 * a vocabulary; scans, sorts and histograms of short rows are book-keeping of the routing.
 */
#include <string.h>

#include "traces/work_rules.h"

enum { INDEX_SIZE = 8, MOST_EXPERTS = 4096, SOFTMAX_FLOPS = 10 };

static uint64_t last_dim(const struct work_tensor *tensor)
{
	return tensor->dims[tensor->rank - 1];
}

/* Product of the dimensions in a text like "[-1]", "[1,2]" or "-1"; all of them when it is none. */
static uint64_t reduced_elements(const struct work_tensor *tensor, struct work_text text)
{
	uint64_t product = 1;
	bool any = false, negative = false;
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		if (c == '-')
			negative = true;
		if (c < '0' || c > '9')
			continue;
		int at = c - '0';
		at = negative ? tensor->rank - at : at;
		negative = false;
		if (at < 0 || at >= tensor->rank ||
		    (i + 1 < text.length && text.at[i + 1] >= '0' && text.at[i + 1] <= '9'))
			return 0; /* no such dimension */
		product = work_mul(product, tensor->dims[at]);
		any = true;
	}
	return any ? product : tensor->elements;
}

static unsigned type_of_result(const struct work_case *it, unsigned dtype)
{
	switch (it->op->result) {
	case WORK_RESULT_BOOL:
		return SIM_DTYPE_BOOL;
	case WORK_RESULT_LONG:
		return SIM_DTYPE_I64;
	default:
		return dtype;
	}
}

/* mean(x, dims, keepdim, dtype), sum, amax, argmax(x, dim, keepdim), all(x) ... */
static bool reduce(struct work_case *it)
{
	const struct work_tensor *x = work_shape_tensor(it->shape, 0);
	struct work_text dims = {"", 0};
	if (x == NULL)
		return false;
	if (it->shape->arg_count > 1)
		dims = it->shape->args[1].concrete;
	uint64_t reduced = reduced_elements(x, dims);
	if (reduced == 0)
		return false;
	it->kernel->dtype = x->dtype;
	work_read(it, work_distinct_bytes(x));
	work_write(it, work_bytes(x->elements / reduced, type_of_result(it, x->dtype)));
	if (it->op->arity == 2) /* values and where they were */
		work_write(it, work_mul(x->elements / reduced, INDEX_SIZE));
	work_flops(it, x->elements, it->op->flops);
	return true;
}

static uint8_t selection_class(const struct work_tensor *x)
{
	return last_dim(x) <= MOST_EXPERTS ? SIM_OP_ROUTING : SIM_OP_SAMPLING;
}

/* topk(x, k, dim, largest, sorted) */
static bool topk(struct work_case *it)
{
	const struct work_tensor *x = work_shape_tensor(it->shape, 0);
	int64_t k, at = -1;
	if (x == NULL || !work_shape_integer(it->shape, 1, &k) || k <= 0 || last_dim(x) == 0 ||
	    (uint64_t)k > last_dim(x))
		return false;
	(void)work_shape_integer(it->shape, 2, &at);
	if (at != -1 && at != x->rank - 1)
		return false;
	uint64_t rows = x->elements / last_dim(x);
	uint64_t chosen = work_mul(rows, (uint64_t)k);
	uint64_t bytes = work_add(work_bytes(chosen, x->dtype), work_mul(chosen, INDEX_SIZE));
	it->kernel->op = selection_class(x);
	it->kernel->dtype = x->dtype;
	if (it->kernel->op == SIM_OP_ROUTING) {
		it->context->experts_per_token = work_narrow((uint64_t)k);
		it->context->routed_tokens = work_narrow(rows);
	}
	bool sorts = it->kernel->family == SIM_FAMILY_SORT;
	work_read(it, sorts ? bytes : work_distinct_bytes(x));
	work_write(it, bytes);
	work_flops(it, sorts ? chosen : x->elements, 1);
	return true;
}

/* sort(x, ...): values and indices; every pass of a radix sort is a kernel and moves all of it */
static bool sort(struct work_case *it)
{
	const struct work_tensor *x = work_shape_tensor(it->shape, 0);
	if (x == NULL)
		return false;
	uint64_t bytes = work_add(work_tensor_bytes(x), work_mul(x->elements, INDEX_SIZE));
	it->kernel->op = selection_class(x);
	it->kernel->dtype = x->dtype;
	work_read(it, bytes);
	work_write(it, bytes);
	work_flops(it, x->elements, 1);
	return true;
}

/* cumsum(x, dim, dtype) */
static bool scan(struct work_case *it)
{
	const struct work_tensor *x = work_shape_tensor(it->shape, 0);
	int64_t code;
	if (x == NULL)
		return false;
	unsigned dtype = x->dtype;
	if (work_shape_integer(it->shape, 2, &code) &&
	    work_dtype_from_code(code) != SIM_DTYPE_UNKNOWN)
		dtype = work_dtype_from_code(code);
	it->kernel->op = selection_class(x);
	it->kernel->dtype = x->dtype;
	work_read(it, work_distinct_bytes(x));
	work_write(it, work_bytes(x->elements, dtype));
	work_flops(it, x->elements, 1);
	return true;
}

/* histc(x, bins, min, max), bincount(x, weights, minlength) */
static bool histogram(struct work_case *it)
{
	const struct work_tensor *x = work_shape_tensor(it->shape, 0);
	int64_t bins = 0;
	if (x == NULL)
		return false;
	if (!work_shape_integer(it->shape, 1, &bins))
		(void)work_shape_integer(it->shape, 2, &bins);
	it->kernel->dtype = x->dtype;
	work_read(it, work_distinct_bytes(x));
	work_write(it, work_bytes(bins > 0 ? (uint64_t)bins : x->elements, x->dtype));
	work_flops(it, x->elements, 1);
	return true;
}

/* _softmax(x, dim, half_to_float) */
static bool softmax(struct work_case *it)
{
	const struct work_tensor *x = work_shape_tensor(it->shape, 0);
	if (x == NULL)
		return false;
	struct work_text widens = {"", 0};
	if (it->shape->arg_count > 2)
		widens = it->shape->args[2].concrete;
	unsigned dtype =
		widens.length == 4 && memcmp(widens.at, "True", 4) == 0 ? SIM_DTYPE_F32 : x->dtype;
	it->kernel->dtype = x->dtype;
	it->detail->m = last_dim(x) > 0 ? work_narrow(x->elements / last_dim(x)) : 0;
	it->detail->n = work_narrow(last_dim(x));
	work_read(it, work_distinct_bytes(x));
	work_write(it, work_bytes(x->elements, dtype));
	work_flops(it, x->elements, SOFTMAX_FLOPS);
	return true;
}

/* multinomial(probabilities, samples): reads the rows, writes few indices. */
static bool sample(struct work_case *it)
{
	const struct work_tensor *x = work_shape_tensor(it->shape, 0);
	if (x == NULL || last_dim(x) == 0)
		return false;
	it->kernel->dtype = x->dtype;
	work_read(it, work_distinct_bytes(x));
	work_write(it, work_mul(x->elements / last_dim(x), INDEX_SIZE));
	work_flops(it, x->elements, 1);
	return true;
}

#define REDUCE_OP(name, arity, result)                                                             \
	{                                                                                          \
		name, reduce, SIM_OP_REDUCE, SIM_FAMILY_REDUCE, arity, 1, result                   \
	}

/* clang-format off */
const struct work_op work_reduce_ops[] = {
	REDUCE_OP("aten::mean", 1, 0), REDUCE_OP("aten::sum", 1, 0), REDUCE_OP("aten::prod", 1, 0),
	REDUCE_OP("aten::amax", 1, 0), REDUCE_OP("aten::amin", 1, 0), REDUCE_OP("aten::max", 2, 0),
	REDUCE_OP("aten::min", 2, 0), REDUCE_OP("aten::norm", 1, 0), REDUCE_OP("aten::var", 1, 0),
	REDUCE_OP("aten::std", 1, 0), REDUCE_OP("aten::logsumexp", 1, 0),
	REDUCE_OP("aten::linalg_vector_norm", 1, 0), REDUCE_OP("aten::count_nonzero", 1, WORK_RESULT_LONG),
	REDUCE_OP("aten::all", 1, WORK_RESULT_BOOL), REDUCE_OP("aten::any", 1, WORK_RESULT_BOOL),
	{"aten::argmax", reduce, SIM_OP_SAMPLING, SIM_FAMILY_ARGMAX, 1, 1, WORK_RESULT_LONG},
	{"aten::argmin", reduce, SIM_OP_SAMPLING, SIM_FAMILY_ARGMAX, 1, 1, WORK_RESULT_LONG},
	{"aten::topk", topk, SIM_OP_SAMPLING, SIM_FAMILY_TOPK, 0, 0, 0},
	{"aten::sort", sort, SIM_OP_SAMPLING, SIM_FAMILY_SORT, 0, 0, 0},
	{"aten::argsort", sort, SIM_OP_SAMPLING, SIM_FAMILY_SORT, 0, 0, 0},
	{"aten::cumsum", scan, SIM_OP_ROUTING, SIM_FAMILY_SCAN, 0, 0, 0},
	{"aten::cumprod", scan, SIM_OP_ROUTING, SIM_FAMILY_SCAN, 0, 0, 0},
	{"aten::histc", histogram, SIM_OP_ROUTING, SIM_FAMILY_HISTOGRAM, 0, 0, 0},
	{"aten::bincount", histogram, SIM_OP_ROUTING, SIM_FAMILY_HISTOGRAM, 0, 0, 0},
	{"aten::_softmax", softmax, SIM_OP_SOFTMAX, SIM_FAMILY_SOFTMAX, 0, 0, 0},
	{"aten::softmax", softmax, SIM_OP_SOFTMAX, SIM_FAMILY_SOFTMAX, 0, 0, 0},
	{"aten::_log_softmax", softmax, SIM_OP_SOFTMAX, SIM_FAMILY_SOFTMAX, 0, 0, 0},
	{"aten::_safe_softmax", softmax, SIM_OP_SOFTMAX, SIM_FAMILY_SOFTMAX, 0, 0, 0},
	{"aten::multinomial", sample, SIM_OP_SAMPLING, SIM_FAMILY_SAMPLING, 0, 0, 0},
	{NULL, NULL, 0, 0, 0, 0, 0},
};
/* clang-format on */
