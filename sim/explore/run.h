/*
 * Sweeps run: every point of a space computed, in the order of the points, whoever computes them, and
 * kept in the store as they come.
 *
 * A batch of rows is one transaction: kill -9 loses at most the last. A sweep that was begun (its
 * definition and what it rests on are the same) goes on where its rows end, and ends with the rows an
 * undisturbed run has. Results of other sweeps with the same key are taken over. The digest is over
 * all results in order: equal for any number of threads or ranks, with or without a store.
 */
#ifndef SIM_EXPLORE_RUN_H
#define SIM_EXPLORE_RUN_H

#include "sim/explore/pool.h"
#include "sim/store/store.h"

struct explore_progress {
	uint64_t done, total; /* points; total grows where a screening goes on to simulate */
	enum explore_method method;
};

struct explore_run_options {
	unsigned threads;
	bool resume;	/* go on with a sweep that was begun; else that is SIM_E_DUPLICATE */
	uint64_t batch; /* rows of a transaction; 0: as many as are quick */
	const struct pool *pool; /* NULL: threads */
	void (*progress)(void *context, const struct explore_progress *progress);
	void *context;
	/* asked now and then; true: keep what is done and end with SIM_E_USAGE "interrupted" */
	bool (*stop)(void *context);
};

struct explore_run_report {
	uint64_t points;
	uint64_t computed, reused,
		resumed; /* rows: now; from other sweeps; from this one, before */
	uint64_t failed, unfit, infeasible; /* no design; does not fit; breaks a constraint */
	uint64_t feasible;
	uint64_t broken[EXPLORE_MOST_CONSTRAINTS];
	uint64_t simulated, simulated_feasible; /* by a screening */
	uint64_t front; /* points in the front of the objectives; 0: no objectives */
	double least[EXPLORE_MOST_OBJECTIVES], most[EXPLORE_MOST_OBJECTIVES]; /* of feasible ones */
	char why[160]; /* of the first that failed; "" */
	uint64_t digest;
	bool was_finished; /* all rows were there */
};

/* STORE may be NULL. Of a screening, front and ends of the objectives are of what was simulated. */
SIM_MUST_CHECK enum sim_status explore_run(const struct explore_space *space, struct store *store,
					   const struct explore_run_options *options,
					   struct explore_run_report *report,
					   struct sim_diag *diag);

/* The space in one line, as the store keeps it. Free it; NULL: out of memory. */
char *explore_definition(const struct explore_space *space);

/* Objectives of FIELDS so that less is better; NaN where not FEASIBLE. */
void explore_objectives(const struct explore_objective *objectives, size_t count,
			const double *fields, bool feasible, double *out);

#endif
