/*
 * What changed between two runs: their identities, their device's values, the step by part, by
 * kernel family and by group of kernels.
 *
 * Times of kernels are means over steps. Groups are the same when name, op, shape and geometry are;
 * those of one name and shape with another geometry are the same where there is one on each side.
 */
#ifndef SIM_EXPLORE_RUN_DIFF_H
#define SIM_EXPLORE_RUN_DIFF_H

#include <stdbool.h>

#include "sim/store/run_read.h"

/* A device value that is not the same; NULL key texts do not exist. NaN with has_*: unknown. */
struct value_diff {
	const char *key, *unit;
	bool has_a, has_b;
	double a, b;
};

/* Time and count a step, of a part, a family or a group. */
struct time_diff {
	const char *name;
	const struct stored_group *group_a, *group_b; /* of groups; NULL: not in that run */
	double a_ps, b_ps;
	double a_count, b_count;
};

struct run_diff {
	const struct stored_run *a, *b;
	struct value_diff *values;
	size_t value_count;
	struct time_diff *parts; /* in the order of A, those of B alone behind */
	size_t part_count;
	struct time_diff *families, *groups; /* the largest change first */
	size_t family_count, group_count;
	size_t only_a, only_b; /* groups in one run alone */
};

/* A and B outlive DIFF, which is initialized in any case: call run_diff_fini always. */
SIM_MUST_CHECK enum sim_status run_diff_find(const struct stored_run *a, const struct stored_run *b,
					     struct run_diff *diff, struct sim_diag *diag);
void run_diff_fini(struct run_diff *diff);

#endif
