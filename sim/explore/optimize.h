/*
 * Search: good designs of a space too large to enumerate.
 *
 * A design is a cell of a grid: one level of each axis, handed to the evaluation as numbers in
 * [0, 1]. An evaluation gives objectives, all to be minimized, and by how much the design violates
 * its constraints. Every cell is evaluated at most once, and kept.
 *
 *   quasi    the quasi-random sequence of Sobol (GSL)
 *   nsga2    the same to begin with, then evolution: Deb, Pratap, Agarwal, Meyarivan, "A fast and
 *            elitist multiobjective genetic algorithm: NSGA-II", IEEE TEVC 6(2), 2002: simulated
 *            binary crossover and polynomial mutation (both with index 15, so that their powers are
 *            four square roots), non-dominated sorting, crowding distance, constraint domination
 *   refine   a share of the evaluations is left to local search from the front: Nelder and Mead's
 *            simplex (GSL) on a scalarization of the objectives, then the neighbours of the front's
 *            cells until nothing improves
 *
 * The same for any number of threads and every compiler: designs are proposed in whole batches,
 * random numbers are counted (sim/explore/draw.h), and + - * / sqrt are all the arithmetic there is.
 */
#ifndef SIM_EXPLORE_OPTIMIZE_H
#define SIM_EXPLORE_OPTIMIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"

enum {
	OPTIMIZE_MOST_AXES = 40, /* as many as GSL's Sobol sequence has */
	OPTIMIZE_MOST_OBJECTIVES = 8,
	OPTIMIZE_MOST_LEVELS = 1 << 20,
	OPTIMIZE_MOST_EVALUATIONS = 2000000,
	OPTIMIZE_MOST_THREADS = 256,
};

struct optimize_axis {
	uint32_t levels; /* 1 .. OPTIMIZE_MOST_LEVELS; level i is x = i / (levels - 1), alone 0 */
	bool category;	 /* levels have no order */
};

/* The level that X of an axis of LEVELS is; what the evaluation of a list or a count wants. */
static inline uint32_t optimize_level(double x, uint32_t levels)
{
	return (uint32_t)(x * (double)(levels - 1) + 0.5);
}

struct optimize_problem {
	const struct optimize_axis *axes;
	size_t axis_count, objective_count;
	/*
	 * Objectives and violation (0: feasible) of the design at X[axis_count]. A pure function of
	 * X, called from several threads at once, each with its own WORKER (0 .. threads - 1). A
	 * design with an objective that is not a number counts as violating everything.
	 */
	enum sim_status (*evaluate)(void *context, unsigned worker, const double *x,
				    double *objectives, double *violation, struct sim_diag *diag);
	/* Instead, where it is given: COUNT designs at once, one row each; threads are the callee's. */
	enum sim_status (*evaluate_all)(void *context, size_t count, const double *x,
					double *objectives, double *violation,
					struct sim_diag *diag);
	void *context;
};

enum optimize_method { OPTIMIZE_QUASI, OPTIMIZE_NSGA2 };

struct optimize_options {
	enum optimize_method method;
	size_t evaluations; /* at most this many different designs */
	size_t population;  /* of nsga2, >= 4 */
	uint64_t seed;
	unsigned threads;
	double refine; /* share of the evaluations for local search, 0 .. 0.9 */
	bool (*progress)(void *context, size_t done, size_t total); /* optional; false stops */
	void *progress_context;
};

/* One evaluated design; those of a result stand in the order in which they were asked for. */
struct optimize_point {
	uint32_t levels[OPTIMIZE_MOST_AXES];
	double objectives[OPTIMIZE_MOST_OBJECTIVES];
	double violation;
};

struct optimize_result {
	struct optimize_point *points;
	size_t count;
	size_t *front; /* indices of the feasible points that no other one dominates, ascending */
	size_t front_count;
	bool exhausted; /* every cell of the space was evaluated */
};

void optimize_options_init(struct optimize_options *options); /* nsga2, 1000, 64, 1, 1, 0.4 */

/*
 * SIM_E_RANGE: options or axes out of range; SIM_E_USAGE "interrupted": stopped by progress; else
 * what the evaluation of the first design that failed says. RESULT is initialized in any case: call
 * optimize_result_fini always.
 */
SIM_MUST_CHECK enum sim_status optimize_run(const struct optimize_problem *problem,
					    const struct optimize_options *options,
					    struct optimize_result *result, struct sim_diag *diag);
void optimize_result_fini(struct optimize_result *result);

/* A dominates B: less violation, or feasible both, nowhere worse and somewhere better. */
bool optimize_dominates(const struct optimize_point *a, const struct optimize_point *b,
			size_t objectives);

#endif
