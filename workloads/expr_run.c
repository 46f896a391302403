/* Expressions: running the code. */
#include <assert.h>
#include <string.h>

#include "sim/core/units.h"
#include "workloads/expr_code.h"

static double whole_down(double x)
{
	if (!(x < 4503599627370496.0 && x > -4503599627370496.0))
		return x;
	double whole = (double)(int64_t)x;
	return whole > x ? whole - 1 : whole;
}

static double whole_up(double x)
{
	return -whole_down(-x);
}

static double log2_up(double x)
{
	double power = 0;
	for (double reached = 1; reached < x && power < 1023; power++)
		reached *= 2;
	return power;
}

static double modulo(double a, double b)
{
	return b == 0 ? 0.0 / b : a - b * whole_down(a / b);
}

static double apply_two(uint32_t op, double a, double b)
{
	switch (op) {
	case OP_ADD:
		return a + b;
	case OP_SUBTRACT:
		return a - b;
	case OP_MULTIPLY:
		return a * b;
	case OP_DIVIDE:
		return a / b;
	case OP_MODULO:
		return modulo(a, b);
	case OP_EQUAL:
		return a == b;
	case OP_UNEQUAL:
		return a != b;
	case OP_LESS:
		return a < b;
	case OP_LESS_EQUAL:
		return a <= b;
	case OP_GREATER:
		return a > b;
	case OP_GREATER_EQUAL:
		return a >= b;
	case OP_MIN:
		return a < b ? a : b;
	case OP_MAX:
		return a > b ? a : b;
	default:
		return whole_up(a / b); /* OP_CEILDIV */
	}
}

static double apply_one(uint32_t op, double a)
{
	switch (op) {
	case OP_NEGATE:
		return -a;
	case OP_NOT:
		return a == 0;
	case OP_CEIL:
		return whole_up(a);
	case OP_FLOOR:
		return whole_down(a);
	case OP_ROUND:
		return whole_down(a + 0.5);
	case OP_LOG2CEIL:
		return log2_up(a);
	default:
		return a != 0; /* OP_TRUTH */
	}
}

static bool takes_one(uint32_t op)
{
	return op == OP_NEGATE || op == OP_NOT || op == OP_CEIL || op == OP_FLOOR ||
	       op == OP_ROUND || op == OP_LOG2CEIL || op == OP_TRUTH;
}

/* Deepest stack of CODE: every op pushes at most one. Jumps only go forward. */
bool expr_is_sound(const struct expr_code *code, size_t length)
{
	size_t depth = 0;
	for (size_t i = 0; i < length; i++) {
		if (code[i].op == OP_NUMBER || code[i].op == OP_SLOT)
			depth++;
		else if (code[i].op >= OP_JUMP)
			depth -= code[i].op != OP_JUMP && depth > 0;
		else
			depth -= !takes_one(code[i].op) && depth > 0;
		if (depth >= EXPR_MOST_DEPTH)
			return false;
	}
	return true;
}

/* NOLINTBEGIN(clang-analyzer-core.*): sound code takes no value that it has not put there */
double expr_run(const struct expr_code *code, size_t length, const double *values)
{
	double stack[EXPR_MOST_DEPTH + 1];
	size_t top = 0; /* entries */
	for (size_t i = 0; i < length;) {
		const struct expr_code *at = &code[i++];
		switch (at->op) {
		case OP_NUMBER:
			stack[top++] = at->number;
			break;
		case OP_SLOT:
			stack[top++] = values[at->target];
			break;
		case OP_JUMP:
			i = at->target;
			break;
		case OP_JUMP_IF_ZERO:
			i = stack[--top] == 0 ? at->target : i;
			break;
		case OP_JUMP_OR_KEEP_0:
		case OP_JUMP_OR_KEEP_1:
			if ((stack[top - 1] != 0) == (at->op == OP_JUMP_OR_KEEP_1)) {
				stack[top - 1] = at->op == OP_JUMP_OR_KEEP_1;
				i = at->target;
			} else {
				top--;
			}
			break;
		default:
			if (takes_one(at->op)) {
				stack[top - 1] = apply_one(at->op, stack[top - 1]);
			} else {
				top--;
				stack[top - 1] = apply_two(at->op, stack[top - 1], stack[top]);
			}
		}
	}
	assert(top == 1);
	return stack[0];
}
/* NOLINTEND(clang-analyzer-core.*) */

enum sim_status expr_value(const struct expr *expr, const double *values, double *value,
			   struct sim_diag *diag)
{
	*value = expr->code == NULL ? expr->constant : expr_run(expr->code, expr->length, values);
	if (*value - *value == 0)
		return SIM_OK;
	char shown[128];
	text_printable(shown, sizeof(shown), expr->text, strlen(expr->text));
	return diag_fail(diag, SIM_E_RANGE, "division by zero, or too large: '%s'", shown);
}
