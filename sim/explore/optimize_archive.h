/* The designs evaluated so far, by grid cell, and the evaluation of a batch of new ones. */
#ifndef SIM_EXPLORE_OPTIMIZE_ARCHIVE_H
#define SIM_EXPLORE_OPTIMIZE_ARCHIVE_H

#include "sim/explore/optimize.h"

struct archive {
	const struct optimize_problem *problem;
	const struct optimize_options *options;
	struct optimize_point
		*points; /* evaluated ones, then those asked for and not yet evaluated */
	size_t count, evaluated, room;
	size_t *slots; /* open addressing: index + 1 */
	size_t slot_count;
	uint64_t cells;			    /* of the space; UINT64_MAX: at least that many */
	double *x, *objectives, *violation; /* of a batch */
	size_t batch_room;
	size_t *front; /* feasible points that no evaluated one dominates, in the order of evaluation */
	size_t front_count, front_room;
};

SIM_MUST_CHECK enum sim_status archive_init(struct archive *archive,
					    const struct optimize_problem *problem,
					    const struct optimize_options *options,
					    struct sim_diag *diag);
void archive_fini(struct archive *archive);

/* Index of the design at LEVELS, or SIZE_MAX. */
size_t archive_find(const struct archive *archive, const uint32_t *levels);
/* Find or ask for a design; *INDEX is SIZE_MAX where LIMIT designs have been asked for already. */
SIM_MUST_CHECK enum sim_status archive_ask(struct archive *archive, const uint32_t *levels,
					   size_t limit, size_t *index, struct sim_diag *diag);
/* Evaluate what was asked for. */
SIM_MUST_CHECK enum sim_status archive_evaluate(struct archive *archive, struct sim_diag *diag);

/* Every cell of the space is there. */
bool archive_is_whole(const struct archive *archive);

#endif
