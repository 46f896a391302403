/*
 * Rules of the derivation: what a kernel of a given op does. Internal to traces/work*.c.
 *
 * A rule sees one kernel of one op and fills flops, bytes and dims; it returns false when the
 * operands do not tell, which makes the kernel opaque. Every group of ops has its own file, ending
 * in its table; adding an op is one line there.
 */
#ifndef TRACES_WORK_RULES_H
#define TRACES_WORK_RULES_H

#include "traces/work.h"
#include "traces/work_shape.h"

/* What a kernel's name tells. */
struct work_kind {
	uint8_t family; /* enum sim_family */
	uint8_t op;	/* enum sim_op; UNKNOWN where the name leaves it open */
};

struct work_kind work_kind_of(const char *name);

/* work_derive with the kind known, and without the INPUT_HOT flag, which work_note_hot gives. */
void work_derive_as(const struct name_table *names, struct work_kind kind,
		    struct work_context *context, struct trace_detail *detail,
		    struct sim_kernel *kernel);
void work_set_lacks(struct trace *trace); /* SHAPES and SOME_WORK, from the kernels as they are */
void work_note_all_hot(struct trace *trace);
void work_note_hot(struct work_context *context, struct sim_kernel *kernel);

/* Function name without return type, template arguments, parameters and anonymous namespaces. */
char *work_base_name(const char *name, char *base, size_t size);

/* Give KERNEL of TRACE the work of kernel FROM of DONOR, which may be the same trace. */
SIM_MUST_CHECK enum sim_status work_take(struct trace *trace, size_t kernel,
					 const struct trace *donor, size_t from);

/*
 * Give the kernels of a graph's replays that have no work that of the same kernels run outside
 * graphs before: see traces/adopt_own.c.
 */
SIM_MUST_CHECK enum sim_status work_adopt_own(struct trace *trace, uint64_t *filled);

enum work_result { WORK_RESULT_SAME, WORK_RESULT_BOOL, WORK_RESULT_LONG };

struct work_case;
typedef bool work_rule(struct work_case *it);

struct work_op {
	const char *name; /* with its namespace, without the in-place underscore */
	work_rule *rule;
	uint8_t op;	/* enum sim_op, unless the rule knows better */
	uint8_t family; /* enum sim_family where the kernel's name tells none */
	uint8_t arity;	/* tensor operands that are read; later ones are outputs */
	uint8_t flops;	/* nominal, per element */
	uint8_t result; /* enum work_result */
};

struct work_case {
	const struct work_shape *shape;
	const struct work_op *op;
	bool in_place;
	const char *name;	  /* the kernel's */
	uint64_t partial_bytes;	  /* left by the kernel before */
	uint64_t before_elements; /* of its result, where operands have no types; 0 unknown */
	uint8_t before_dtype;
	char scalar[24]; /* text of an inferred one */
	struct work_context *context;
	struct trace_detail *detail;
	struct sim_kernel *kernel;
};

extern const struct work_op work_gemm_ops[];
extern const struct work_op work_attention_ops[];
extern const struct work_op work_elementwise_ops[];
extern const struct work_op work_copy_ops[];
extern const struct work_op work_gather_ops[];
extern const struct work_op work_reduce_ops[];
extern const struct work_op work_fused_ops[];

work_rule work_grouped_mm; /* of work_grouped.c, in the table of GEMMs */

/* Any op of a compiler-generated kernel: operands are told, their roles are not. */
extern const struct work_op work_generated_op;

/* Split a family by what a kernel's time follows, once its work is known: see work_refine.c. */
void work_refine_family(struct work_case *it);
uint8_t work_gemm_family(const char *name);

/* Work by place from a lowered step of the same model and runtime: see adopt_lowered.c. */
SIM_MUST_CHECK enum sim_status work_take_lowered(struct trace *trace, const struct trace *donor,
						 uint64_t *filled, struct sim_diag *diag);

/* Parts of rules that more than one group needs. */
uint64_t work_tensor_bytes(const struct work_tensor *tensor);	/* all elements */
uint64_t work_distinct_bytes(const struct work_tensor *tensor); /* what must be fetched */
void work_read(struct work_case *it, uint64_t bytes);
void work_write(struct work_case *it, uint64_t bytes);
void work_flops(struct work_case *it, uint64_t elements, uint64_t per_element);
uint32_t work_narrow(uint64_t value); /* saturates */

/* Experts that B tokens with k choices each, or R rows of unknown origin, touch. */
double work_experts_touched(uint64_t experts, uint64_t tokens, uint64_t per_token);

#endif
