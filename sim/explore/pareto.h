/*
 * Fronts: the points that no other point beats.
 *
 * Of two points A dominates B when it is nowhere worse and somewhere better. Equal points do not
 * dominate each other: all of them are in the front or none. A point with a NaN (unknown, infeasible)
 * takes no part.
 */
#ifndef SIM_EXPLORE_PARETO_H
#define SIM_EXPLORE_PARETO_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/core/status.h"

/*
 * Of COUNT points of WIDTH objectives each (row by row, less is better) set FRONT[i] for those that
 * nothing dominates; *FOUND is their number. Two objectives: sorted, O(n log n); more: against the
 * front so far, O(n * front).
 */
SIM_MUST_CHECK enum sim_status pareto_front(const double *points, size_t count, size_t width,
					    bool *front, size_t *found, struct sim_diag *diag);

/*
 * The front and what is near it: a point stays when it is not dominated after each of its objectives
 * is made better by MARGIN of its size.
 */
SIM_MUST_CHECK enum sim_status pareto_near(const double *points, size_t count, size_t width,
					   double margin, bool *near, size_t *found,
					   struct sim_diag *diag);

#endif
