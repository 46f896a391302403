/*
 * Calibration of a device of model gpu: hardware rates and launch costs from microbenchmarks, gaps
 * and latencies from traces, family coefficients from kernels with known work.
 */
#ifndef VALIDATE_CALIBRATE_H
#define VALIDATE_CALIBRATE_H

#include <stddef.h>

#include "hwmodels/device.h"
#include "sim/core/status.h"
#include "traces/trace.h"
#include "validate/fit.h"

struct calibrate_input {
	const char *microbench; /* path, or NULL */
	const char *steps;	/* path of unprofiled step times, or NULL */
	const struct trace *const *traces;
	size_t trace_count;
};

struct calibrate_report {
	struct fit_report fit;
	size_t samples, models;
	double graph_step_error; /* mean |left-one-out error| of unprofiled graph steps; NaN: no
				    cells */
	size_t graph_cells;
};

/*
 * Change DEVICE's values by INPUT; what the input says nothing about stays. With traces that have
 * known work every family is refitted and the device's residuals become the left-one-model-out
 * residuals of each family (of the fit itself where only one model has the family, then at least
 * +-15 %).
 */
SIM_MUST_CHECK enum sim_status calibrate_device(struct hw_device *device,
						const struct calibrate_input *input,
						struct calibrate_report *report,
						struct sim_diag *diag);

#endif
