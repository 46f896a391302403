/*
 * Expressions in profiles and cases: "2 * T * kv_heads * head_dim", "ceil(n / 512)", "tied ? 0 : 1".
 *
 *   e ? a : b   ||   &&   == != < <= > >=   + -   * / %   - !   ( )   numbers   names
 *   ceil floor min max ceildiv log2ceil round (each of one or two arguments)
 *
 * Values are doubles; whole numbers below 2^53 are exact. Only + - * / and floor are used, so every
 * compiler gives the same bits. Comparisons give 0 or 1; what is not 0 is true. Division by zero
 * and what is not finite are errors of evaluation, told with the text.
 */
#ifndef WORKLOADS_EXPR_H
#define WORKLOADS_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/arena.h"
#include "sim/core/status.h"

/* Names that expressions may use, by slot; a slot is the index into the array of values. */
struct expr_scope {
	const char *const *names;
	size_t count;
};

enum { EXPR_MOST_DEPTH = 64, EXPR_MOST_SLOTS = 256 };

struct expr_code;

struct expr {
	const char *text;	      /* as written, in the arena */
	const struct expr_code *code; /* NULL: a constant */
	size_t length;
	double constant;
	uint64_t uses[EXPR_MOST_SLOTS / 64]; /* bit i: slot i is looked at */
};

/*
 * Compile TEXT. Unknown names: SIM_E_NOT_FOUND with the nearest name of SCOPE; anything else that
 * is not an expression: SIM_E_PARSE. The message names the column; the caller adds file and line.
 */
SIM_MUST_CHECK enum sim_status expr_compile(const char *text, const struct expr_scope *scope,
					    struct arena *arena, struct expr *expr,
					    struct sim_diag *diag);

/* Value over VALUES (one per slot). SIM_E_RANGE: a division by zero, or not finite. */
SIM_MUST_CHECK enum sim_status expr_value(const struct expr *expr, const double *values,
					  double *value, struct sim_diag *diag);

static inline bool expr_uses(const struct expr *expr, size_t slot)
{
	return expr->uses[slot / 64] >> (slot % 64) & 1;
}

#endif
