/*
 * One sequence of a decode step on the CPU: its activations, and what each op of the plan makes of
 * them by reference.h. What it needs of the device's memory a callback reads, in pieces.
 */
#ifndef VALIDATE_BENCH_DECODE_ROW_H
#define VALIDATE_BENCH_DECODE_ROW_H

#include "validate/bench/decode/bf16.h"
#include "validate/bench/decode/plan.h"
#include "validate/bench/decode/shape.h"

/* X(field, elements) of struct decode_row; JOINED_KV holds the new keys, then the new values. */
#define DECODE_ROW_LIST(X)                                                                         \
	X(residual, shape->model.hidden)                                                           \
	X(normed, shape->model.hidden)                                                             \
	X(joined, shape->joined)                                                                   \
	X(queries, shape->queries)                                                                 \
	X(joined_kv, 2 * shape->model.kv_heads * shape->model.head_dim)                            \
	X(attended, shape->queries)                                                                \
	X(branch, shape->model.hidden)                                                             \
	X(gate_up, 2 * shape->model.intermediate)                                                  \
	X(active, shape->model.intermediate)                                                       \
	X(logits, shape->model.vocabulary)

struct decode_row {
	const struct decode_shape *shape;
	const struct decode_layout *layout;
	uint64_t row;	   /* of the batch */
	uint64_t position; /* of the token that this step appends */
	int32_t token;	   /* read by the embedding, set by argmax */
#define X(field, elements) bf16 *field;
	DECODE_ROW_LIST(X)
#undef X
	double *wanted; /* scratch: what an op should give, before rounding */
	bf16 *weights;	/* scratch: the largest matrix, or a KV head's cache */
	float *frequencies;
};

typedef enum sim_status decode_reader(void *source, void *to, uint64_t offset, size_t bytes,
				      struct sim_diag *diag);

/* decode_row_fini also after a failure. */
SIM_MUST_CHECK enum sim_status decode_row_init(struct decode_row *row,
					       const struct decode_shape *shape,
					       const struct decode_layout *layout, uint64_t index,
					       uint64_t position, struct sim_diag *diag);
void decode_row_fini(struct decode_row *row);

/* What OP writes: a field of ROW and its length; COUNT 0: nothing but a token, or nothing. */
bf16 *decode_row_output(struct decode_row *row, const struct decode_op *op, uint64_t *count);

/*
 * Leave in ROW->wanted what OP makes of ROW's activations and what READ gives of weights and cache.
 * Of an add and norm, the sum is stored in ROW->residual already. The argmax sets ROW->token.
 */
SIM_MUST_CHECK enum sim_status decode_row_apply(struct decode_row *row, const struct decode_op *op,
						decode_reader *read, void *source,
						struct sim_diag *diag);

/* Store ROW->wanted, rounded, where OP writes it. */
void decode_row_store(struct decode_row *row, const struct decode_op *op);

/* Take what OP wrote on the device into ROW. */
SIM_MUST_CHECK enum sim_status decode_row_take(struct decode_row *row, const struct decode_op *op,
					       decode_reader *read, void *source,
					       struct sim_diag *diag);

#endif
