/* Percentile bootstrap of a ratio of sums: sum(top) / sum(bottom) over resampled items. */
#ifndef VALIDATE_BOOTSTRAP_H
#define VALIDATE_BOOTSTRAP_H

#include <stddef.h>

#include "sim/core/status.h"
#include "validate/compare.h"

/* 95 % interval; both ends NaN when COUNT is 0, a value is NaN or BOTTOM sums to 0.
 * BOTTOM NULL: a mean. Deterministic (fixed seed). */
SIM_MUST_CHECK enum sim_status bootstrap_ratio(const double *top, const double *bottom,
					       size_t count, struct interval *interval,
					       struct sim_diag *diag);

#endif
