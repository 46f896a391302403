/*
 * Hypervolume: how much of objective space a set of points dominates, up to a reference point.
 *
 * All objectives are minimized. The hypervolume of points p is the volume of the union of the boxes
 * [p, reference]; a point that is not below the reference in every objective adds nothing. Exact:
 * a sweep for two objectives, slices for three, exclusive volumes (While, Bradstreet, Barone, "A
 * fast way of calculating exact hypervolumes", IEEE TEVC 16(1), 2012) for more, which costs up to
 * n^(objectives - 1): meant for fronts of some hundreds of points there.
 */
#ifndef SIM_EXPLORE_HYPERVOLUME_H
#define SIM_EXPLORE_HYPERVOLUME_H

#include <stddef.h>

#include "sim/core/status.h"

enum { HYPERVOLUME_MOST_OBJECTIVES = 8 };

/*
 * POINTS: COUNT rows of OBJECTIVES (1 .. 8) numbers. Points with a NaN add nothing. SIM_E_RANGE: a
 * reference that is not finite, or a point at minus infinity; SIM_E_NOMEM.
 */
SIM_MUST_CHECK enum sim_status hypervolume(const double *points, size_t count, size_t objectives,
					   const double *reference, double *volume,
					   struct sim_diag *diag);

#endif
