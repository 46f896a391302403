/*
 * Kinds: how the fields of a profile's entry become kernel records. One file per library of kernels
 * (kind_torch.c, kind_gemm.c, ...), one line in the list here.
 *
 * A kind takes values (numbers over the scope, in the order of its field table) and appends one
 * kernel or more to the step: a GEMM may come with a split-K reduction. It is a pure function, and
 * must check what cannot be (the reader has checked that values are finite and not negative).
 * Bytes of weights and KV are set by the lowering afterwards, from the elements and 16 bits each
 * (the model's own formats first, transforms then); a kind sets act bytes only.
 */
#ifndef WORKLOADS_KIND_H
#define WORKLOADS_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/core/status.h"
#include "workloads/step.h"

enum { KIND_MOST_FIELDS = 24 };

struct kind_field {
	const char *name;
	const char
		*fallback; /* expression or word when the entry has none; NULL: it must be there */
	const char *words; /* of a word: "bf16\0f32\0...", its index is the value; NULL: a number */
	const char *what;  /* with unit */
};

/* What a kind is given beside its fields. */
struct kind_call {
	const char *name; /* of the entry */
	unsigned role;	  /* enum workload_role */
	double values[KIND_MOST_FIELDS];
	uint16_t group; /* a number of its own for this call */
	double sm_count; /* of the device lowered for, where kernels are chosen by it; 132 by default */
};

struct workload_kind {
	const char *name;
	const char *what;		 /* one line */
	const struct kind_field *fields; /* ends with a NULL name */
	enum sim_status (*append)(const struct kind_call *call, struct workload_step *step,
				  struct sim_diag *diag);
};

/* clang-format off */
#define WORKLOAD_KIND_LIST(X) \
	X(raw) X(cublas) X(sdpa) X(pointwise) X(fill) X(reduce) X(cat) X(embedding) X(memset) X(memcpy) X(packed) \
	X(collective)
/* clang-format on */

#define X(name) extern const struct workload_kind workload_kind_##name;
WORKLOAD_KIND_LIST(X)
#undef X

/* Kind NAME, or NULL. */
const struct workload_kind *kind_find(const char *name);
const struct workload_kind *kind_at(size_t i); /* NULL past the end */

/* Words of enum sim_dtype, sim_op and sim_family for field tables. */
extern const char kind_dtype_words[], kind_op_words[], kind_family_words[];

/* VALUE, not negative, without its fraction; above 2^53 it has none. */
static inline double kind_floor(double value)
{
	return value < 9e15 ? (double)(int64_t)value : value;
}

/* Least whole number of B that cover A; neither is negative, B is not 0. */
static inline double kind_ceil_divide(double a, double b)
{
	double whole = kind_floor(a / b);
	return whole * b < a ? whole + 1 : whole;
}

/* VALUE, which was checked not to be negative, as a whole number, rounded; at most LIMIT. */
static inline uint64_t kind_limit(double value, uint64_t limit)
{
	return value >= (double)limit ? limit : (uint64_t)(value + 0.5);
}

static inline uint64_t kind_count(double value)
{
	return kind_limit(value, UINT64_C(1) << 62);
}

/* A new kernel with the call's name, role and group, or NULL. */
struct lowered_kernel *kind_kernel(const struct kind_call *call, struct workload_step *step);

#endif
