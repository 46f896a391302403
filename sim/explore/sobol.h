/*
 * Sobol indices: which share of a result's variance comes from which input.
 *
 * Inputs are independent and uniform in [0, 1]. First index: the share that goes when input i is
 * known; total index: the share that stays when all others are known. Two blocks A and B of N rows
 * from one Sobol sequence of twice the dimensions (GSL), A_i being A with column i of B: Saltelli et
 * al., Computer Physics Communications 181 (2010). Estimators of Jansen, CPC 117 (1999):
 *
 *   S_i = 1 - sum (f(B) - f(A_i))^2 / 2NV     T_i = sum (f(A) - f(A_i))^2 / 2NV
 *
 * with V the variance over A and B. Intervals (95 %) are a percentile bootstrap over rows; for
 * quasi-random rows they are wider than need be.
 */
#ifndef SIM_EXPLORE_SOBOL_H
#define SIM_EXPLORE_SOBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"

/* GSL's sequence has 40 dimensions */
enum { SOBOL_MOST_INPUTS = 20, SOBOL_MOST_ROWS = 1 << 17, SOBOL_RESAMPLES = 1000 };

struct sobol_problem {
	size_t inputs; /* 1 .. SOBOL_MOST_INPUTS */
	size_t rows;   /* N, >= 2; evaluations are N * (inputs + 2) */
	uint64_t seed; /* of the bootstrap */
	enum sim_status (*evaluate)(void *context, const double *x, double *y,
				    struct sim_diag *diag);
	void *context;
	bool (*progress)(void *context, size_t done, size_t total); /* optional; false stops */
};

struct sobol_index {
	double first, first_low, first_high;
	double total, total_low, total_high;
};

struct sobol_result {
	size_t evaluations;
	double mean, variance;			       /* over A and B */
	struct sobol_index indices[SOBOL_MOST_INPUTS]; /* NaN where nothing varies */
};

/* SIM_E_RANGE: inputs or rows; SIM_E_USAGE "interrupted"; else what EVALUATE says. */
SIM_MUST_CHECK enum sim_status sobol_indices(const struct sobol_problem *problem,
					     struct sobol_result *result, struct sim_diag *diag);

#endif
