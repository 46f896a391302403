/*
 * Evaluation of designs: one point of a space to its results.
 *
 * A worker keeps what points have in common: devices that are loaded, workloads that are loaded and
 * lowered. Only what a point changes is made anew, so points in the order of the space are cheap. The
 * result depends on the point alone, never on what the worker has seen before.
 *
 *   closed     the closed form (sim/core/replay.h): never above the simulation on one stream
 *   simulate   the replay, with attribution
 */
#ifndef SIM_EXPLORE_EVALUATE_H
#define SIM_EXPLORE_EVALUATE_H

#include "sim/explore/space.h"

struct explore_result {
	double fields[EXPLORE_FIELD_COUNT]; /* NaN: unknown, or there is none */
	bool failed;			    /* no design (values that exclude each other): why */
	bool feasible;			    /* fits, and every constraint holds */
	uint32_t broken;		    /* bit I: constraint I does not hold, or is unknown */
	char why[160];			    /* "" */
};

struct explore_worker;

/* Of one thread; SPACE is closed and outlives it. What never depends on a point is loaded here, so
 * that a wrong name is told here. */
SIM_MUST_CHECK enum sim_status explore_worker_create(const struct explore_space *space,
						     struct explore_worker **worker,
						     struct sim_diag *diag);
void explore_worker_destroy(struct explore_worker *worker); /* NULL is fine */

/*
 * Point VALUES (one per axis) by METHOD (closed or simulate) into RESULT. A point that cannot be
 * built, or does not fit, is a result; a status is what stops a sweep (memory, a bug).
 */
SIM_MUST_CHECK enum sim_status explore_evaluate(struct explore_worker *worker, const double *values,
						enum explore_method method,
						struct explore_result *result,
						struct sim_diag *diag);

/*
 * explore_space_check() with what the ends of all axes hold and cost: nothing fits, or all devices
 * are too dear. SIM_E_RANGE, before any time is computed.
 */
SIM_MUST_CHECK enum sim_status explore_probe(struct explore_worker *worker, struct sim_diag *diag);

/* `broken` and `feasible` of RESULT from its fields: the constraints of SPACE at VALUES. */
void explore_judge(const struct explore_space *space, const double *values,
		   struct explore_result *result);

/*
 * What the result of a point depends on: device, model, profile and scenario by content, the values,
 * the method, the version of the program. Equal hashes: it need not be computed again.
 */
SIM_MUST_CHECK enum sim_status explore_point_hash(struct explore_worker *worker,
						  const double *values, enum explore_method method,
						  uint64_t *hash, struct sim_diag *diag);

/* Over all of RESULT; the same for every compiler and machine. */
uint64_t explore_result_digest(const struct explore_result *result);

#endif
