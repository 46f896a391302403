/* The methods of a search, over one archive; each leaves everything it asked for evaluated. */
#ifndef SIM_EXPLORE_OPTIMIZE_PARTS_H
#define SIM_EXPLORE_OPTIMIZE_PARTS_H

#include "sim/explore/optimize_archive.h"

/* Designs of the Sobol sequence until LIMIT are there or the sequence brings nothing new. */
SIM_MUST_CHECK enum sim_status optimize_quasi(struct archive *archive, size_t limit,
					      struct sim_diag *diag);

/* Evolution from what the archive holds until LIMIT are there or nothing new is found. */
SIM_MUST_CHECK enum sim_status optimize_evolve(struct archive *archive, size_t limit,
					       struct sim_diag *diag);

/* Nelder-Mead from some points of the front; at most LIMIT designs. */
SIM_MUST_CHECK enum sim_status optimize_simplex(struct archive *archive, size_t limit,
						struct sim_diag *diag);

/* Neighbours of the front's cells until LIMIT are there or the front has no new ones. */
SIM_MUST_CHECK enum sim_status optimize_walk(struct archive *archive, size_t limit,
					     struct sim_diag *diag);

/*
 * Non-dominated sorting and crowding of the COUNT archive points at INDICES: RANK 0 is the front,
 * CROWDING is infinite at the ends. Both are indexed as INDICES.
 */
SIM_MUST_CHECK enum sim_status optimize_rank(const struct archive *archive, const size_t *indices,
					     size_t count, size_t *rank, double *crowding,
					     struct sim_diag *diag);

#endif
