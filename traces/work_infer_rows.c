/*
 * What copies, concatenations and rows by index leave open when their dimensions alone are known:
 * the part of the table in traces/work_infer.c that is about them.
 *
 * Grids are those of torch's kernels (aten/src/ATen/native/cuda/Indexing.cu, IndexKernelUtils.cu,
 * 2.x): an index select gives a thread to each element of a slice (small) or of the result (large),
 * 128 a block and 8 blocks an SM at most; a vectorized gather a thread to 16 bytes of a row, 256 a
 * block at most and in whole warps.
 */
#include <string.h>

#include "traces/work_infer.h"

enum { LEAST_CAST = 128, INDEX_THREADS = 128, INDEX_BLOCKS_PER_SM = 8 };

static bool is_float(unsigned dtype)
{
	return dtype == SIM_DTYPE_BF16 || dtype == SIM_DTYPE_F16 || dtype == SIM_DTYPE_F32 ||
	       dtype == SIM_DTYPE_F64;
}

/* copy_(target, source): the lambda has the type in which the value is carried. */
bool work_infer_copy(struct work_case *it, struct work_shape *shape)
{
	struct work_signature signature;
	const struct work_tensor *source = work_infer_tensor(shape, 1);
	unsigned to = SIM_DTYPE_UNKNOWN, from = SIM_DTYPE_UNKNOWN;
	uint8_t types[WORK_NAME_TYPES];
	if (source == NULL)
		return false;
	if (work_name_signature(it->name, &signature) && signature.count == 1) {
		to = from = signature.types[0];
		if (strstr(it->name, "::bfloat16_copy_kernel_cuda(") != NULL)
			to = SIM_DTYPE_BF16;
		else if (strstr(it->name, "::float16_copy_kernel_cuda(") != NULL)
			to = SIM_DTYPE_F16;
		else if (strstr(it->name, "direct_copy_kernel_cuda(") == NULL)
			return false;
	} else if (strstr(it->name, "WithCast") != NULL &&
		   strstr(it->name, "direct_copy_kernel_cuda(") != NULL &&
		   work_name_lambda_types(it->name, types) == 1) {
		to = types[0];
		if (is_float(to) && is_float(it->before_dtype) && it->before_dtype != to &&
		    it->before_elements >= LEAST_CAST && it->before_elements == source->elements)
			from = it->before_dtype;
	}
	it->context->result_dtype = to;
	bool vectorized = strstr(it->name, "::vectorized_elementwise_kernel<") != NULL;
	return work_infer_type(shape, 0, to) && work_infer_type(shape, 1, from) &&
	       (vectorized || work_infer_dense(it, source));
}

/* The one dimension in which the parts of a list differ: its index, RANK where none, -1 no cat. */
static int joined_dim(const struct work_shape *shape)
{
	const struct work_arg *list = &shape->args[0];
	const struct work_tensor *parts = &shape->tensors[list->first];
	int found = (int)parts[0].rank;
	for (unsigned p = 1; p < list->count; p++) {
		if (parts[p].rank != parts[0].rank)
			return -1;
		for (int d = 0; d < parts[0].rank; d++) {
			if (parts[p].dims[d] == parts[0].dims[d])
				continue;
			if (found != parts[0].rank && found != d)
				return -1;
			found = d;
		}
	}
	return found;
}

bool work_infer_cat(struct work_case *it, struct work_shape *shape)
{
	unsigned width = work_name_width(it->name);
	if (shape->arg_count < 2 || !shape->args[0].is_list || width == 0 ||
	    (width == 2 && it->context->half_dtype == SIM_DTYPE_UNKNOWN) ||
	    strcmp(it->op->name, "aten::cat") != 0)
		return false;
	const struct work_tensor *parts = &shape->tensors[shape->args[0].first];
	int along = joined_dim(shape);
	bool append = along == 2 && shape->args[0].count == 2 && parts[0].rank == 4;
	if (along < 0)
		return false;
	if (append) {
		shape->args[1].concrete = (struct work_text){"2", 1};
		it->context->cache_heads = work_narrow(parts[0].dims[1]);
	}
	for (unsigned i = 0; i < shape->args[0].count; i++)
		if (!append && work_mul(parts[i].elements, width) > WORK_DENSE_BYTES)
			return false;
	return true;
}

/* Which dimension's slices this grid of an index select has; -1 unknown. */
static int selected_dim(const struct work_case *it, const struct work_tensor *table,
			uint64_t indices)
{
	uint64_t most = (uint64_t)INDEX_BLOCKS_PER_SM *
			(it->context->device != NULL ? it->context->device->sm_count : 0);
	bool small = strstr(it->name, "indexSelectSmallIndex<") != NULL;
	int found = -1;
	if (table->rank == 1)
		return 0;
	if (most == 0 || (!small && strstr(it->name, "indexSelectLargeIndex<") == NULL))
		return -1;
	for (int d = 0; d < table->rank; d++) {
		uint64_t slice = table->dims[d] > 0 ? table->elements / table->dims[d] : 0;
		uint64_t threads = small ? slice : work_mul(slice, indices);
		uint64_t blocks = (threads + INDEX_THREADS - 1) / INDEX_THREADS;
		if ((blocks < most ? blocks : most) != it->detail->grid[0])
			continue;
		if (found >= 0)
			return -1;
		found = d;
	}
	return found;
}

bool work_infer_index_select(struct work_case *it, struct work_shape *shape)
{
	uint8_t types[WORK_NAME_TYPES];
	const struct work_tensor *table = work_infer_tensor(shape, 0),
				 *indices = work_infer_tensor(shape, 2);
	if (table == NULL || indices == NULL)
		return false;
	int along = selected_dim(it, table, indices->elements);
	unsigned count = work_name_types(it->name, "Index<", types);
	if (along < 0 || count < 2)
		return false;
	shape->args[1].concrete = work_dimension_text(along);
	it->context->result_dtype = types[0];
	return work_infer_type(shape, 0, types[0]) && work_infer_type(shape, 2, types[1]);
}

/* A row's bytes: blocks of a vectorized gather have a thread for 16 bytes, 256 at most, in warps. */
static uint64_t gathered_width(const struct work_case *it, const struct work_tensor *table)
{
	enum { VECTOR = 16, MOST_THREADS = 256, WARP = 32 };
	uint64_t row = table->dims[0] > 0 ? table->elements / table->dims[0] : 0, found = 0;
	if (strstr(it->name, "vectorized_gather_kernel<16,") == NULL || row == 0)
		return 0;
	for (uint64_t width = 1; width <= 8; width *= 2) {
		uint64_t bytes = work_mul(row, width);
		uint64_t threads = bytes / VECTOR < MOST_THREADS ? bytes / VECTOR : MOST_THREADS;
		threads = (threads + WARP - 1) / WARP * WARP;
		uint64_t blocks = (bytes + VECTOR * MOST_THREADS - 1) / (VECTOR * MOST_THREADS);
		if (bytes % VECTOR != 0 || threads != it->detail->block[0] ||
		    blocks != it->detail->grid[1])
			continue;
		if (found != 0)
			return 0;
		found = width;
	}
	return found;
}

bool work_infer_index(struct work_case *it, struct work_shape *shape)
{
	const struct work_tensor *table = work_infer_tensor(shape, 0);
	uint64_t width = work_name_width(it->name);
	if (table != NULL && width == 0)
		width = gathered_width(it, table);
	unsigned dtype = work_infer_width(it, width);
	it->context->result_dtype = dtype;
	return work_infer_type(shape, 0, dtype);
}

/* index_copy_(target, dim, indices, source), _index_put_impl_(target, [indices], values) */
bool work_infer_place(struct work_case *it, struct work_shape *shape)
{
	unsigned dtype = work_infer_width(it, work_name_width(it->name));
	bool along = strcmp(it->op->name, "aten::index_copy") == 0;
	unsigned source = along ? 3 : 2;
	const struct work_tensor *target = work_infer_tensor(shape, 0);
	if (!work_infer_type(shape, 0, dtype) || !work_infer_type(shape, source, dtype) ||
	    (along && !work_infer_type(shape, 2, SIM_DTYPE_I64)))
		return false;
	if (target->rank == 4)
		it->context->cache_heads = work_narrow(target->dims[1]);
	return work_infer_dense(it, work_infer_tensor(shape, source));
}
