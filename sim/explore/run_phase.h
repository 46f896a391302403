/* One method over points of a sweep: what run.c goes through once, twice, or batch by batch of a
 * search. Internal to run*.c. */
#ifndef SIM_EXPLORE_RUN_PHASE_H
#define SIM_EXPLORE_RUN_PHASE_H

#include "sim/explore/run_rows.h"
#include "sim/explore/sample.h"

struct phase {
	struct run *run;
	enum explore_method method;
	const uint64_t *list; /* NULL: points 0, 1, ... */
	uint64_t count, base; /* rows [base, base + count) */
	uint64_t first;	      /* of run->objectives: where those of the first row go */
	uint64_t total;	      /* rows that progress is told of */
	bool counts;	      /* its results are those of the sweep, not of a screening */
	double *violation;    /* of each point, to fill; NULL: not wanted */
	uint64_t filled, taken;
	struct explore_sample *sample; /* of the points in order; NULL: a search's */
	uint64_t sampled;	       /* the next point of the sample */
};

/* Take what is stored and compute the rest, in order. */
SIM_MUST_CHECK enum sim_status run_phase(struct phase *phase, struct sim_diag *diag);

/* A search (sampling: {search: ...}) instead of all points; *COUNT: rows that it made. */
SIM_MUST_CHECK enum sim_status run_search(struct run *run, uint64_t *count, struct sim_diag *diag);

#endif
