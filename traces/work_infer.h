/*
 * What a shape text without types leaves open, inferred from the kernel's name, its geometry and the
 * kernels before. Internal to traces/work*.c.
 *
 * An NVTX range of emit_nvtx tells dimensions and nothing else (traces/nvtx_op.h). The kernel tells
 * the rest of what the rules need, or it does not, and then the kernel stays opaque: no type, stride
 * or scalar is made up. traces/work_infer.c has the table of what is inferred from what.
 */
#ifndef TRACES_WORK_INFER_H
#define TRACES_WORK_INFER_H

#include "traces/work_rules.h"

/*
 * Complete SHAPE, which has dimensions but no types, for the kernel IT; false: it cannot be told.
 * Called before the op's rule. SHAPE is the one IT points to.
 */
bool work_infer(struct work_case *it, struct work_shape *shape);

/* The same for a copy of BYTES by a copy engine; what cannot be told is left open. */
void work_infer_engine_copy(struct work_case *it, struct work_shape *shape, uint64_t bytes);

/* After the rule: keep what the next kernel may ask for. */
void work_infer_note(struct work_case *it, bool known);

/* An operand of unknown strides that is no larger is taken as whole; assumed. */
enum { WORK_DENSE_BYTES = 1 << 20 };

typedef bool work_infer_rule(struct work_case *it, struct work_shape *shape);

/* Of traces/work_infer_rows.c, in the table of traces/work_infer.c. */
work_infer_rule work_infer_copy, work_infer_cat, work_infer_index_select, work_infer_index,
	work_infer_place;

/* Parts of those rules: a plain argument with dimensions, or NULL; give it its type. */
struct work_tensor *work_infer_tensor(struct work_shape *shape, unsigned arg);
bool work_infer_type(struct work_shape *shape, unsigned arg, unsigned dtype);

/* False when TENSOR may be expanded. */
bool work_infer_dense(const struct work_case *it, const struct work_tensor *tensor);

/* The type whose values have WIDTH bytes; UNKNOWN where it is not one alone. */
unsigned work_infer_width(const struct work_case *it, uint64_t width);

/* "0" .. "7", as a scalar argument. */
struct work_text work_dimension_text(int dimension);

/* Parts: what a kernel's name tells. */
enum { WORK_NAME_TYPES = 4 };

struct work_signature {
	enum work_signature_kind {
		WORK_OPERANDS, /* one type per tensor operand, in order */
		WORK_ALL_SAME, /* the one type of all of them */
		WORK_SECOND,   /* of the one tensor; the other operand is a scalar */
	} kind;
	unsigned count;
	uint8_t types[WORK_NAME_TYPES]; /* enum sim_dtype */
};

/* Up to WORK_NAME_TYPES types after the first MARKER in NAME; stops at what is none. */
unsigned work_name_types(const char *name, const char *marker, uint8_t *types);

/* The argument types of the first lambda in NAME that has any: a functor's own, not a launcher's. */
unsigned work_name_lambda_types(const char *name, uint8_t *types);

/* N of "OpaqueType<N>", a value of N bytes; 0 none. */
unsigned work_name_width(const char *name);

/* Operand types of a pointwise kernel that does not cast; false: not told. */
bool work_name_signature(const char *name, struct work_signature *signature);

/* Type of the operands of a matrix product by the kernel's name. */
enum sim_dtype work_name_gemm_type(const char *name);

/* The one 16-bit float that NAME spells out, UNKNOWN where it is none or both. */
enum sim_dtype work_name_half(const char *name);

/* True when the kernel takes operands as they are: no cast on load or store. */
bool work_name_is_plain(const char *name);

/*
 * The dimension that a kernel of torch's reduce_kernel reduces, from its grid and block; -1 where
 * more than one fits, or none.
 */
int work_reduced_dim(const struct work_tensor *x, const char *name,
		     const struct trace_detail *detail);

#endif
