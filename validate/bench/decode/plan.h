/*
 * What one decode step of a model runs, op by op, before anything runs: the list that --dry-run
 * prints, that the run launches from, and that becomes the NVTX ranges. So a trace of the run and
 * the plan cannot tell different stories.
 *
 * A step of B sequences with n cached tokens each, the new one among them:
 *
 *   embedding, then per layer  [add and] norm, QKV projection, (bias, head norms,) rotary embedding
 *   and append to the cache, attention [and combine], output projection, add and norm, gate and up
 *   projection, activation, down projection; then add and norm, vocabulary projection, argmax in
 *   two stages
 *
 * Q, K and V are one GEMM, gate and up another, as in serving engines.
 */
#ifndef VALIDATE_BENCH_DECODE_PLAN_H
#define VALIDATE_BENCH_DECODE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"
#include "validate/bench/decode/shape.h"
#include "workloads/model.h"

enum decode_op_kind {
	DECODE_EMBEDDING,
	DECODE_NORM,
	DECODE_ADD_NORM,
	DECODE_QKV,
	DECODE_ROPE_APPEND,
	DECODE_ATTENTION,
	DECODE_OUTPUT,
	DECODE_GATE_UP,
	DECODE_SILU_MUL,
	DECODE_DOWN,
	DECODE_HEAD,
	DECODE_ARGMAX,
	DECODE_ARGMAX_COMBINE,
};

enum { DECODE_OPERANDS = 8, DECODE_RANK = 4, DECODE_TEXT = 1024 };

/* DTYPE "" and no dimensions: a scalar, or an operand that is absent. */
struct decode_operand {
	const char *dtype; /* as sim/core/kernel.h spells it */
	unsigned rank;
	uint64_t dims[DECODE_RANK];
	uint64_t strides[DECODE_RANK]; /* 0: contiguous */
};

/* NAME NULL: a GEMM, whose kernels the library chooses. */
struct decode_kernel {
	const char *name;
	uint32_t grid[3];
	uint32_t threads;
};

struct decode_op {
	enum decode_op_kind kind;
	unsigned layer;	  /* of a norm: which of the model's, 2 a layer and the last */
	const char *name; /* in the tables of traces/work_*.c */
	unsigned operand_count;
	struct decode_operand operands[DECODE_OPERANDS];
	const char *inputs; /* values of scalar operands, NULL none */
	unsigned kernel_count;
	struct decode_kernel kernels[2];
};

struct decode_plan {
	struct decode_shape shape;
	size_t count;
	struct decode_op *ops;
};

/* The step that leaves LENGTH tokens in the cache. decode_plan_fini also after a failure. */
SIM_MUST_CHECK enum sim_status decode_plan_init(struct decode_plan *plan,
						const struct decode_shape *shape, uint64_t length,
						struct sim_diag *diag);
void decode_plan_fini(struct decode_plan *plan);

/* Name OP's operands for a step that leaves LENGTH tokens: only attention's change. */
void decode_op_at_length(struct decode_op *op, const struct decode_shape *shape, uint64_t length);

/* Text of OP's NVTX range: NAME, sizes = [..], types = [..], ... Returns OUT. */
char *decode_op_nvtx(const struct decode_op *op, char *out, size_t out_size);

/* Canonical shape text of traces/work.h. Returns OUT. */
char *decode_op_shape(const struct decode_op *op, char *out, size_t out_size);

struct decode_work {
	uint64_t weight_bytes, kv_read_bytes, kv_write_bytes, act_read_bytes, act_write_bytes;
	uint64_t flops;
	unsigned family;
	bool known;
};

/*
 * Work of kernel K of OP by the rules that a trace of the run goes through. PARTIAL_BYTES carries
 * what the op's first kernel left for its second.
 */
SIM_MUST_CHECK enum sim_status decode_op_work(const struct decode_op *op, unsigned k,
					      uint64_t *partial_bytes, struct decode_work *work,
					      struct sim_diag *diag);

/* The sum over all kernels of the step. */
SIM_MUST_CHECK enum sim_status decode_plan_work(const struct decode_plan *plan,
						struct decode_work *sum, struct sim_diag *diag);

/* The list and the totals, as text on stdout. */
SIM_MUST_CHECK enum sim_status decode_plan_print(const struct decode_plan *plan,
						 struct sim_diag *diag);

#endif
