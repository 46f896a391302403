/*
 * Rows by index: reads that pick rows (embedding, index_select, index, gather) and writes that
 * place them (index_copy_, index_put_, scatter_).
 *
 *   picked     rows * row bytes are read from the table and written to the result, never the whole
 *              table; the rows of an embedding, or of a two-dimensional table picked along its
 *              first dimension by index_select, are parameters: weight_bytes
 *   placed     the source is read and written to its place; a sum (index_add_) reads the place too
 *   indices    are read, 8 bytes each unless typed
 *
 * aten::index and aten::_index_put_impl_ do not name their index tensors. The rows then follow from
 * the geometry: a vectorized gather runs one block row a row (grid.x rows), an element-wise one at
 * most threads * 4 elements a block. A write into a cache [B,H,L,d] along its tokens is a KV write.
 */
#include <string.h>

#include "traces/work_rules.h"

enum { INDEX_SIZE = 8, ELEMENTS_PER_THREAD = 4 };

static bool pick(struct work_case *it, const struct work_tensor *table, uint64_t elements,
		 uint64_t index_bytes, bool is_weight)
{
	uint64_t bytes = work_bytes(elements, table->dtype);
	it->kernel->dtype = table->dtype;
	if (is_weight)
		it->kernel->weight_bytes = bytes;
	else
		work_read(it, bytes);
	work_read(it, index_bytes);
	work_write(it, bytes);
	return true;
}

/* embedding(weight [V,D], indices) */
static bool embedding(struct work_case *it)
{
	const struct work_tensor *table = work_shape_tensor(it->shape, 0);
	const struct work_tensor *indices = work_shape_tensor(it->shape, 1);
	if (table == NULL || indices == NULL || table->rank != 2)
		return false;
	uint64_t elements = work_mul(indices->elements, table->dims[1]);
	return pick(it, table, elements, work_tensor_bytes(indices), true);
}

/* Elements of TABLE's slices picked by COUNT indices along dimension AT; WORK_LIMIT: no such. */
static uint64_t slice_elements(const struct work_tensor *table, int64_t at, uint64_t count)
{
	int64_t rank = table->rank;
	at = at < 0 ? at + rank : at;
	if (at < 0 || at >= rank || table->dims[at] == 0)
		return WORK_LIMIT;
	return work_mul(table->elements / table->dims[at], count);
}

/* index_select(table, dimension, indices) */
static bool index_select(struct work_case *it)
{
	const struct work_tensor *table = work_shape_tensor(it->shape, 0);
	const struct work_tensor *indices = work_shape_tensor(it->shape, 2);
	int64_t at;
	if (table == NULL || indices == NULL || !work_shape_integer(it->shape, 1, &at))
		return false;
	uint64_t elements = slice_elements(table, at, indices->elements);
	bool is_weight = table->rank == 2 && at == 0;
	return elements < WORK_LIMIT &&
	       pick(it, table, elements, work_tensor_bytes(indices), is_weight);
}

/* gather(table, dimension, indices) */
static bool gather(struct work_case *it)
{
	const struct work_tensor *table = work_shape_tensor(it->shape, 0);
	const struct work_tensor *indices = work_shape_tensor(it->shape, 2);
	return table != NULL && indices != NULL &&
	       pick(it, table, indices->elements, work_tensor_bytes(indices), false);
}

/* index(table, [indices]): the rows come from the geometry. */
static bool index_rows(struct work_case *it)
{
	const struct work_tensor *table = work_shape_tensor(it->shape, 0);
	if (table == NULL || it->kernel->blocks == 0 || table->dims[0] == 0)
		return false;
	uint64_t row = table->elements / table->dims[0], rows = it->detail->grid[0];
	if (strstr(it->name, "vectorized_gather_kernel") == NULL) {
		uint64_t most = work_mul(work_mul(it->kernel->blocks, it->kernel->threads),
					 ELEMENTS_PER_THREAD);
		uint64_t elements = table->elements < most ? table->elements : most;
		rows = row > 0 ? (elements + row - 1) / row : 0;
	}
	return pick(it, table, work_mul(rows, row), work_mul(rows, INDEX_SIZE), false);
}

static bool is_cache_write(const struct work_tensor *target, const struct work_tensor *source)
{
	return target->rank == 4 && source->rank == 4 && target->dims[0] == source->dims[0] &&
	       target->dims[1] == source->dims[1] && target->dims[3] == source->dims[3] &&
	       target->dims[2] > source->dims[2];
}

static bool place(struct work_case *it, const struct work_tensor *target,
		  const struct work_tensor *source, uint64_t index_bytes)
{
	uint64_t bytes = work_bytes(source->elements, target->dtype);
	it->kernel->dtype = target->dtype;
	work_read(it, work_distinct_bytes(source));
	work_read(it, index_bytes);
	if (it->op->flops > 0) {
		work_read(it, bytes);
		work_flops(it, source->elements, it->op->flops);
	}
	if (is_cache_write(target, source)) {
		it->kernel->op = SIM_OP_KV_WRITE;
		it->kernel->kv_write_bytes = bytes;
	} else {
		work_write(it, bytes);
	}
	return true;
}

/* index_copy_(target, dimension, indices, source) and its like: index_add_, scatter_ */
static bool place_along(struct work_case *it)
{
	const struct work_tensor *target = work_shape_tensor(it->shape, 0);
	const struct work_tensor *indices = work_shape_tensor(it->shape, 2);
	const struct work_tensor *source = work_shape_tensor(it->shape, 3);
	if (target == NULL || indices == NULL)
		return false;
	if (source == NULL) { /* a scalar goes to every index */
		it->kernel->dtype = target->dtype;
		work_read(it, work_tensor_bytes(indices));
		work_write(it, work_bytes(indices->elements, target->dtype));
		return true;
	}
	return place(it, target, source, work_tensor_bytes(indices));
}

/* _index_put_impl_(target, [indices], values, accumulate) */
static bool index_put(struct work_case *it)
{
	const struct work_tensor *target = work_shape_tensor(it->shape, 0);
	const struct work_tensor *values = work_shape_tensor(it->shape, 2);
	if (target == NULL || values == NULL)
		return false;
	uint64_t row =
		target->rank > 0 && target->dims[0] > 0 ? target->elements / target->dims[0] : 1;
	uint64_t rows = row > 0 && values->elements > row ? values->elements / row : 1;
	if (target->rank == 1)
		rows = values->elements;
	return place(it, target, values, work_mul(rows, INDEX_SIZE));
}

#define GATHER_OP(name, rule)                                                                      \
	{                                                                                          \
		name, rule, SIM_OP_GATHER, SIM_FAMILY_GATHER, 0, 0, 0                              \
	}
#define SCATTER_OP(name, rule, flops)                                                              \
	{                                                                                          \
		name, rule, SIM_OP_GATHER, SIM_FAMILY_SCATTER, 0, flops, 0                         \
	}

const struct work_op work_gather_ops[] = {
	GATHER_OP("aten::embedding", embedding),
	GATHER_OP("aten::index_select", index_select),
	GATHER_OP("aten::gather", gather),
	GATHER_OP("aten::take_along_dim", gather),
	GATHER_OP("aten::index", index_rows),
	SCATTER_OP("aten::index_copy", place_along, 0),
	SCATTER_OP("aten::index_add", place_along, 1),
	SCATTER_OP("aten::scatter", place_along, 0),
	SCATTER_OP("aten::scatter_add", place_along, 1),
	SCATTER_OP("aten::scatter_reduce", place_along, 1),
	SCATTER_OP("aten::_index_put_impl", index_put, 0),
	SCATTER_OP("aten::index_put", index_put, 0),
	{NULL, NULL, 0, 0, 0, 0, 0},
};
