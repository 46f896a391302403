/*
 * Points of a space in order: of its grid, or of Sobol's sequence (GSL), moved along each axis by a
 * share that the seed gives (0: not at all).
 */
#ifndef SIM_EXPLORE_SAMPLE_H
#define SIM_EXPLORE_SAMPLE_H

#include "sim/explore/space.h"

struct explore_sample;

/* From point FIRST on. SIM_E_UNSUPPORTED: more axes than the sequence has dimensions (40). */
SIM_MUST_CHECK enum sim_status explore_sample_create(const struct explore_space *space,
						     uint64_t first, struct explore_sample **sample,
						     struct sim_diag *diag);
void explore_sample_next(struct explore_sample *sample, double *values);
void explore_sample_destroy(struct explore_sample *sample);

#endif
