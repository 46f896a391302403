/*
 * Comparison: predicted against measured, per trace, per kernel family, per op class, worst
 * kernels.
 *
 * Predictions come from the work half alone (replay as traced); the measured half is only looked at
 * here.
 *   device time            union of kernel intervals of a step, mean over steps
 *   step error             predicted / measured device time - 1
 *   kernel-weighted error  sum |predicted - measured| / sum measured, over kernels with known work
 *   step MAPE              mean of |step error| over traces of which COMPARE_LEAST_SHARE_PERCENT of
 *                          the kernels' time or more has known work: one that is mostly played as
 *                          recorded would only flatter the model; NaN when there is none
 * Confidence intervals: percentile bootstrap (GSL, mt19937, fixed seed), 95 %.
 */
#ifndef VALIDATE_COMPARE_H
#define VALIDATE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/machine.h"
#include "sim/core/status.h"
#include "traces/trace.h"

struct interval {
	double low, high;
};

struct compare_trace {
	char name[160];
	uint64_t hash;
	uint64_t steps;
	uint64_t kernels; /* per step, mean rounded down */
	uint64_t opaque;  /* in all steps */
	bool in_fit;
	double modelled_time_share; /* of the measured device time */
	double measured_device_ms, predicted_device_ms;
	double step_error;
	double kernel_weighted_error; /* NaN when no kernel has known work */
	struct interval kernel_weighted_interval;
	double floor_ms;	  /* byte floor of a step */
	double predicted_step_ms; /* from step to step, host included, as far as it is known */
};

struct compare_group {
	uint64_t kernels;
	double measured_ms, predicted_ms; /* sums over all steps of all traces */
	double absolute_ms;		  /* sum |predicted - measured| */
	double p05, p50, p95;		  /* predicted / measured - 1, weighted by measured time */
};

struct compare_worst {
	char trace[64];
	char kernel[96]; /* printable, shortened */
	char shape[96];
	unsigned family;
	uint64_t count;
	double measured_us, predicted_us; /* means */
	double share;			  /* of the whole absolute error */
};

enum { COMPARE_WORST = 10, COMPARE_LEAST_SHARE_PERCENT = 50 };

struct comparison {
	struct compare_trace *traces;
	size_t trace_count, trace_capacity;
	struct compare_group families[SIM_FAMILY_COUNT];
	struct compare_group ops[SIM_OP_COUNT];
	struct compare_worst worst[COMPARE_WORST];
	size_t worst_count;
	double step_mape, mean_kernel_weighted; /* the latter: mean over traces */
	struct interval step_mape_interval;
	struct compare_ledger *ledger; /* every kernel's pair, until compare_finish() */
};

SIM_MUST_CHECK enum sim_status compare_init(struct comparison *comparison, struct sim_diag *diag);
void compare_fini(struct comparison *comparison);

/* Add TRACE as MACHINE predicts it. SIM_E_UNSUPPORTED: MACHINE plays recordings. */
SIM_MUST_CHECK enum sim_status compare_add(struct comparison *comparison, const struct trace *trace,
					   const struct machine *machine, bool in_fit,
					   struct sim_diag *diag);

/* Sums, quantiles, intervals, worst kernels. */
SIM_MUST_CHECK enum sim_status compare_finish(struct comparison *comparison, struct sim_diag *diag);

#endif
