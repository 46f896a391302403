/*
 * What no point can satisfy, told before one is computed: what is held, and what devices cost, at the
 * ends of all axes. Memory grows with batch, context and model, and capacity with its parameter, so the
 * points between lie between.
 */
#include <math.h>

#include "sim/explore/design.h"
#include "sim/explore/evaluate.h"

/* The ends of all axes, word by word: at most this many points. */
enum { MOST_CORNERS = 4096 };

static void corner(const struct explore_space *space, uint64_t index, double *values)
{
	for (size_t a = space->axis_count; a-- > 0;) {
		const struct explore_axis *axis = &space->axes[a];
		if (axis->kind == EXPLORE_WORDS) {
			values[a] = (double)(index % axis->count);
			index /= axis->count;
		} else {
			values[a] = index % 2 == 0 ? axis->low : axis->high;
			index /= 2;
		}
	}
}

static double corner_count(const struct explore_space *space)
{
	double count = 1;
	for (size_t a = 0; a < space->axis_count; a++)
		count *= space->axes[a].kind == EXPLORE_WORDS ? (double)space->axes[a].count : 2;
	return count;
}

/* Fields that need no time; largest_batch and its like are too dear. */
static bool is_static(size_t field)
{
	return !explore_field_is_time(field) && field != CASE_FIELD_largest_batch &&
	       field != CASE_FIELD_largest_context;
}

enum sim_status explore_probe(struct explore_worker *worker, struct sim_diag *diag)
{
	const struct explore_space *space = worker->space;
	double lows[EXPLORE_FIELD_COUNT], highs[EXPLORE_FIELD_COUNT], values[EXPLORE_MOST_AXES];
	double count = corner_count(space);
	struct explore_result result;
	bool largest = worker->wants_largest;
	space_field_bounds(lows, highs);
	for (size_t f = 0; f < EXPLORE_FIELD_COUNT && count <= MOST_CORNERS; f++)
		if (is_static(f)) {
			lows[f] = HUGE_VAL;
			highs[f] = -HUGE_VAL;
		}
	worker->wants_largest = false;
	enum sim_status status = SIM_OK;
	for (uint64_t i = 0; status == SIM_OK && count <= MOST_CORNERS && i < (uint64_t)count;
	     i++) {
		corner(space, i, values);
		status = design_evaluate(worker, values, DESIGN_NOTHING_RUN, &result, diag);
		for (size_t f = 0; status == SIM_OK && f < EXPLORE_FIELD_COUNT; f++)
			if (is_static(f) && !isnan(result.fields[f])) {
				lows[f] = fmin(lows[f], result.fields[f]);
				highs[f] = fmax(highs[f], result.fields[f]);
			}
	}
	worker->wants_largest = largest;
	/* what no corner knows, the points between may */
	for (size_t f = 0; f < EXPLORE_FIELD_COUNT; f++)
		if (lows[f] > highs[f]) {
			lows[f] = 0;
			highs[f] = HUGE_VAL;
		}
	TRY(status);
	return space_check_bounds(space, lows, highs, diag);
}
