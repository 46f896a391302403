/* Code of an expression, for a stack machine. Internal to expr.c and expr_run.c. */
#ifndef WORKLOADS_EXPR_CODE_H
#define WORKLOADS_EXPR_CODE_H

#include "workloads/expr.h"

enum expr_op {
	OP_NUMBER,
	OP_SLOT,
	OP_NEGATE,
	OP_NOT,
	OP_ADD,
	OP_SUBTRACT,
	OP_MULTIPLY,
	OP_DIVIDE,
	OP_MODULO,
	OP_EQUAL,
	OP_UNEQUAL,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_GREATER,
	OP_GREATER_EQUAL,
	OP_CEIL,
	OP_FLOOR,
	OP_ROUND,
	OP_LOG2CEIL,
	OP_MIN,
	OP_MAX,
	OP_CEILDIV,
	OP_TRUTH,	   /* 0 or 1 */
	OP_JUMP,	   /* to TARGET */
	OP_JUMP_IF_ZERO,   /* takes the value */
	OP_JUMP_OR_KEEP_0, /* &&: where it is 0, keeps 0 and jumps; else takes it */
	OP_JUMP_OR_KEEP_1, /* ||: where it is not 0, keeps 1 and jumps */
};

struct expr_code {
	uint32_t op;
	uint32_t target; /* slot, or where to jump */
	double number;
};

/* CODE never holds more values than there is room for, and ends with one. Jumps only go forward. */
bool expr_is_sound(const struct expr_code *code, size_t length);

/* Value of sound CODE; SIM_E_RANGE is for the caller to say. */
double expr_run(const struct expr_code *code, size_t length, const double *values);

#endif
