/*
 * Operands of an op as numbers: the canonical shape text (traces/work.h), parsed.
 *
 * The text is input: nothing in it is trusted. Whatever does not parse, has a negative or absurd
 * dimension, or does not fit the fixed arrays makes the whole shape malformed, and the kernel
 * opaque.
 */
#ifndef TRACES_WORK_SHAPE_H
#define TRACES_WORK_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/kernel.h"

enum { WORK_MAX_RANK = 8, WORK_MAX_ARGS = 32, WORK_MAX_TENSORS = 64 };

/* No kernel moves this much: beyond it arithmetic saturates and the work counts as unknown. */
#define WORK_LIMIT (UINT64_C(1) << 60)

struct work_text {
	const char *at;
	size_t length;
};

struct work_tensor {
	uint64_t dims[WORK_MAX_RANK];
	uint64_t elements;
	uint64_t unique; /* elements at different addresses: expanded dimensions count once */
	uint8_t rank;
	uint8_t dtype; /* enum sim_dtype */
};

struct work_arg {
	uint8_t first; /* index into tensors */
	uint8_t count; /* tensors of a list; 1 for a tensor or a scalar */
	bool is_list;
	struct work_text type;
	struct work_text concrete; /* text of a scalar argument, without quotes */
};

struct work_shape {
	unsigned arg_count;
	unsigned tensor_count;
	bool typed; /* the text has types */
	struct work_arg args[WORK_MAX_ARGS];
	struct work_tensor tensors[WORK_MAX_TENSORS];
};

/* False: malformed. */
bool work_shape_parse(const char *text, size_t length, struct work_shape *shape);

/* Tensor of a plain argument with at least one dimension and a known type, else NULL. */
const struct work_tensor *work_shape_tensor(const struct work_shape *shape, unsigned arg);

/* Integer value of a scalar argument; false when it has none. "[2]" is read as 2. */
bool work_shape_integer(const struct work_shape *shape, unsigned arg, int64_t *value);

/* Type of a framework's name for it ("c10::BFloat16"), SIM_DTYPE_UNKNOWN when it is none. */
enum sim_dtype work_dtype_from_text(const char *text, size_t length);

/* Type of a framework's number for it (ScalarType), SIM_DTYPE_UNKNOWN when it is none. */
enum sim_dtype work_dtype_from_code(int64_t code);

static inline uint64_t work_add(uint64_t a, uint64_t b)
{
	return a >= WORK_LIMIT || b >= WORK_LIMIT || a + b >= WORK_LIMIT ? WORK_LIMIT : a + b;
}

static inline uint64_t work_mul(uint64_t a, uint64_t b)
{
	uint64_t product;
	if (__builtin_mul_overflow(a, b, &product) || product >= WORK_LIMIT)
		return WORK_LIMIT;
	return product;
}

static inline uint64_t work_bytes(uint64_t elements, unsigned dtype)
{
	uint64_t bits = work_mul(elements, sim_dtype_bits(dtype));
	return bits >= WORK_LIMIT ? WORK_LIMIT : (bits + 7) / 8;
}

#endif
