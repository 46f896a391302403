/* Inside of calibration: setting values of a device, and what a microbenchmark sets. */
#ifndef VALIDATE_CALIBRATE_PUT_H
#define VALIDATE_CALIBRATE_PUT_H

#include <stdbool.h>

#include "hwmodels/device.h"
#include "sim/core/status.h"
#include "validate/microbench.h"

/* Set KEY, with where it comes from; a NaN value (the file does not say) changes nothing. */
SIM_PRINTF(5, 6)
SIM_MUST_CHECK enum sim_status calibrate_put(struct hw_device *device, struct sim_diag *diag,
					     const char *key, double value, const char *fmt, ...);

/*
 * Launch costs and rates from BENCH, named FILE in the sources. HAVE_GAP: the gap between graph
 * nodes was measured in traces already.
 */
SIM_MUST_CHECK enum sim_status calibrate_microbench(struct hw_device *device,
						    const struct microbench *bench,
						    const char *file, bool have_gap,
						    struct sim_diag *diag);

#endif
