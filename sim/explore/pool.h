/*
 * Pool: who computes points. Jobs go in one after another and come out in the same order, whoever
 * computed them and whenever: threads of this process, or the other ranks of an MPI run.
 */
#ifndef SIM_EXPLORE_POOL_H
#define SIM_EXPLORE_POOL_H

#include "sim/explore/evaluate.h"

enum { POOL_POINTS = 64, POOL_JOBS = 64 }; /* points of a job; jobs under way */

struct pool_job {
	size_t count;
	enum explore_method method;
	uint64_t points[POOL_POINTS];
	uint64_t keys[POOL_POINTS];
	bool known[POOL_POINTS]; /* the result is there already */
	double *values;		 /* count x axis_count */
	struct explore_result results[POOL_POINTS];
	bool done;		/* set by the pool */
	enum sim_status status; /* likewise */
	char why[SIM_DIAG_TEXT];
};

/* Compute what JOB does not know. */
void pool_compute(struct explore_worker *worker, size_t axis_count, struct pool_job *job);

struct pool {
	void *state;
	/* A free job to fill, or NULL while all are under way. */
	struct pool_job *(*blank)(struct pool *pool);
	/* Hand in what blank() gave. */
	enum sim_status (*put)(struct pool *pool, struct sim_diag *diag);
	/* Wait for the oldest job that was handed in and take it; it is blank's again after the next
	 * take. STOP: give up waiting (SIM_E_USAGE). */
	enum sim_status (*take)(struct pool *pool, struct pool_job **job, struct sim_diag *diag);
	void (*destroy)(struct pool *pool);
};

/* 1 to 256 threads. */
SIM_MUST_CHECK enum sim_status pool_threads(const struct explore_space *space, unsigned threads,
					    struct pool *pool, struct sim_diag *diag);

/* The jobs' memory, as both kinds of pool have it: a ring of POOL_JOBS. */
SIM_MUST_CHECK enum sim_status pool_jobs_create(const struct explore_space *space,
						struct pool_job **jobs, struct sim_diag *diag);
void pool_jobs_destroy(struct pool_job *jobs);

#endif
