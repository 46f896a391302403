/*
 * Fit of the gpu model's family coefficients to samples.
 *
 * Per family, minimise over theta = log(fixed, ramp, stream, element)
 *     sum_i w_i huber((predicted_i - measured_i) / measured_i; delta) / sum_i w_i * min(n, N)
 *     + lambda sum_j ((theta_j - prior_j) / sigma_j)^2
 * with w_i = count_i * measured_i, so that what counts in a step counts in the fit, huber so that
 * an odd kernel does not drag the rest, and a weak log-normal prior so that a coefficient that the
 * data say nothing about stays where it was. Minimiser: GSL nmsimplex2 from several fixed starts;
 * no random numbers. Every model is weighted alike (weights are normalised per model).
 */
#ifndef VALIDATE_FIT_H
#define VALIDATE_FIT_H

#include <stdbool.h>

#include "hwmodels/device.h"
#include "validate/sample.h"

enum { FIT_NO_MODEL = -1 };

struct fit_report {
	bool fitted[SIM_FAMILY_COUNT];			/* had samples */
	struct hw_residual residuals[SIM_FAMILY_COUNT]; /* of the samples used */
};

/*
 * Fit all families of DEVICE (model gpu) to SET without model LEAVE_OUT (FIT_NO_MODEL: all), write
 * the coefficients into device->values and rebuild its machine. Families without samples lose their
 * own coefficients and take their relative's. SIM_E_UNSUPPORTED: device is not of model gpu;
 * SIM_E_NUMERIC: GSL failed.
 */
SIM_MUST_CHECK enum sim_status fit_families(struct hw_device *device, const struct sample_set *set,
					    int leave_out, struct fit_report *report,
					    struct sim_diag *diag);

/* Predicted time of one kernel alone on MACHINE, ps. */
double predict_alone_ps(const struct machine *machine, const struct sim_kernel *kernel);

/* Weighted quantile of VALUES (sorted in place together with WEIGHTS). */
double weighted_quantile(double *values, double *weights, size_t count, double quantile);

#endif
