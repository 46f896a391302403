/*
 * What no point can satisfy, told before one is computed: intervals.
 *
 * Each slot of an expression has a least and a largest value: axes their ends, results what they can
 * be at all (times are not negative, fits is 0 or 1). An expression without choices is worked out over
 * these intervals; a constraint whose interval is 0 alone can hold nowhere. What has choices may be
 * anything.
 */
#include <math.h>
#include <string.h>

#include "sim/explore/space_parts.h"
#include "workloads/expr_code.h"

struct interval_of {
	double low, high;
};

static const struct interval_of anything = {-HUGE_VAL, HUGE_VAL};
static const struct interval_of truth = {0, 1};

static double lesser(double a, double b)
{
	return a < b ? a : b;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static struct interval_of hull(double a, double b, double c, double d)
{
	if (isnan(a) || isnan(b) || isnan(c) || isnan(d))
		return anything;
	return (struct interval_of){lesser(lesser(a, b), lesser(c, d)),
				    larger(larger(a, b), larger(c, d))};
}

/* 1 where it is so for all, 0 where for none. */
static struct interval_of decide(bool all, bool none)
{
	return all ? (struct interval_of){1, 1} : none ? (struct interval_of){0, 0} : truth;
}

static struct interval_of compare(uint32_t op, struct interval_of a, struct interval_of b)
{
	bool same = a.low == a.high && b.low == b.high && a.low == b.low;
	bool apart = a.high < b.low || b.high < a.low;
	switch (op) {
	case OP_EQUAL:
		return decide(same, apart);
	case OP_UNEQUAL:
		return decide(apart, same);
	case OP_LESS:
		return decide(a.high < b.low, a.low >= b.high);
	case OP_LESS_EQUAL:
		return decide(a.high <= b.low, a.low > b.high);
	case OP_GREATER:
		return decide(a.low > b.high, a.high <= b.low);
	default:
		return decide(a.low >= b.high, a.high < b.low);
	}
}

static struct interval_of two(uint32_t op, struct interval_of a, struct interval_of b)
{
	switch (op) {
	case OP_ADD:
		return hull(a.low + b.low, a.high + b.high, a.low + b.low, a.high + b.high);
	case OP_SUBTRACT:
		return hull(a.low - b.high, a.high - b.low, a.low - b.high, a.high - b.low);
	case OP_MULTIPLY:
		return hull(a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high);
	case OP_DIVIDE:
		if (b.low <= 0 && b.high >= 0)
			return anything;
		return hull(a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high);
	case OP_MIN:
		return (struct interval_of){lesser(a.low, b.low), lesser(a.high, b.high)};
	case OP_MAX:
		return (struct interval_of){larger(a.low, b.low), larger(a.high, b.high)};
	case OP_MODULO:
	case OP_CEILDIV:
		return anything;
	default:
		return compare(op, a, b);
	}
}

static struct interval_of one(uint32_t op, struct interval_of a)
{
	switch (op) {
	case OP_NEGATE:
		return (struct interval_of){-a.high, -a.low};
	case OP_NOT:
		return decide(a.low == 0 && a.high == 0, a.low > 0 || a.high < 0);
	case OP_TRUTH:
		return decide(a.low > 0 || a.high < 0, a.low == 0 && a.high == 0);
	case OP_CEIL:
	case OP_FLOOR:
	case OP_ROUND:
		return (struct interval_of){floor(a.low), ceil(a.high)};
	default:
		return anything;
	}
}

static struct interval_of bounds(const struct expr *expr, const struct interval_of *slots)
{
	struct interval_of stack[EXPR_MOST_DEPTH + 1] = {{0}};
	size_t top = 0;
	if (expr->code == NULL)
		return (struct interval_of){expr->constant, expr->constant};
	for (size_t i = 0; i < expr->length; i++) {
		const struct expr_code *at = &expr->code[i];
		if (at->op >= OP_JUMP)
			return anything;
		if (at->op == OP_NUMBER) {
			stack[top++] = (struct interval_of){at->number, at->number};
		} else if (at->op == OP_SLOT) {
			stack[top++] = slots[at->target];
		} else if (at->op == OP_NEGATE || at->op == OP_NOT || at->op == OP_TRUTH ||
			   (at->op >= OP_CEIL && at->op <= OP_LOG2CEIL)) {
			stack[top - 1] = one(at->op, stack[top - 1]);
		} else {
			top--;
			stack[top - 1] = two(at->op, stack[top - 1], stack[top]);
		}
	}
	return stack[0];
}

enum sim_status space_check_bounds(const struct explore_space *space, const double *lows,
				   const double *highs, struct sim_diag *diag)
{
	struct interval_of slots[EXPR_MOST_SLOTS] = {{0}};
	for (size_t i = 0; i < EXPLORE_FIELD_COUNT; i++)
		slots[i] = (struct interval_of){lows[i], highs[i]};
	for (size_t a = 0; a < space_named_axes(space); a++)
		slots[space_axis_slot(a)] =
			(struct interval_of){space->axes[a].low, space->axes[a].high};
	for (size_t i = 0; i < space->let_count; i++)
		slots[space_let_slot(space, i)] = bounds(&space->lets[i], slots);
	for (size_t i = 0; i < space->constraint_count; i++) {
		const struct explore_constraint *constraint = &space->constraints[i];
		struct interval_of value = bounds(&constraint->expr, slots);
		if (value.low == 0 && value.high == 0)
			return diag_fail_at(diag, SIM_E_RANGE, space->path, constraint->line,
					    "nothing can satisfy the constraint: '%s'",
					    constraint->text);
	}
	return SIM_OK;
}

void space_field_bounds(double *lows, double *highs)
{
	for (size_t i = 0; i < EXPLORE_FIELD_COUNT; i++) {
		lows[i] = 0;
		highs[i] = HUGE_VAL;
	}
	highs[CASE_FIELD_fits] = 1;
	lows[CASE_FIELD_largest_batch] = lows[CASE_FIELD_largest_context] = -1;
}

enum sim_status explore_space_check(const struct explore_space *space, struct sim_diag *diag)
{
	double lows[EXPLORE_FIELD_COUNT], highs[EXPLORE_FIELD_COUNT];
	space_field_bounds(lows, highs);
	return space_check_bounds(space, lows, highs, diag);
}

enum sim_status space_add_let(struct explore_space *space, const char *name, const char *text,
			      struct sim_diag *diag)
{
	if (space->let_count == EXPLORE_MOST_LETS)
		return diag_fail(diag, SIM_E_RANGE, "more than %d names", EXPLORE_MOST_LETS);
	for (size_t i = 0; i < space->scope.count; i++)
		if (strcmp(space->names[i], name) == 0)
			return diag_fail(diag, SIM_E_DUPLICATE, "name is taken: '%s'", name);
	TRY(space_compile(&space->scope, text, &space->arena, &space->lets[space->let_count],
			  diag));
	const char *kept = arena_copy_text(&space->arena, name, strlen(name));
	if (kept == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	space->names[space_let_slot(space, space->let_count++)] = kept;
	space->scope.count++;
	return SIM_OK;
}

double space_value(const struct expr *expr, const double *slots, size_t slot_count)
{
	struct sim_diag ignored = {0};
	double value;
	for (size_t i = 0; i < slot_count; i++)
		if (expr_uses(expr, i) && isnan(slots[i]))
			return NAN;
	return expr_value(expr, slots, &value, &ignored) == SIM_OK ? value : NAN;
}

void space_fill_slots(const struct explore_space *space, const double *fields, const double *values,
		      double *slots)
{
	memcpy(slots, fields, EXPLORE_FIELD_COUNT * sizeof(*slots));
	for (size_t a = 0; a < space_named_axes(space); a++)
		slots[space_axis_slot(a)] = values[a];
	for (size_t i = 0; i < space->let_count; i++)
		slots[space_let_slot(space, i)] =
			space_value(&space->lets[i], slots, space_let_slot(space, i));
}
