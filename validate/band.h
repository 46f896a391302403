/*
 * Error band and memory need of a step: what a prediction carries beside its figure.
 */
#ifndef VALIDATE_BAND_H
#define VALIDATE_BAND_H

#include "sim/core/machine.h"
#include "sim/core/program.h"
#include "sim/core/status.h"
#include "validate/compare.h"

/*
 * Relative band of the device time of PROGRAM on MACHINE. Within a family errors are taken as fully
 * correlated (a family's curve is off as a whole), between families as independent:
 *     low = -sqrt(sum_f (share_f * low_f)^2), share_f = family's part of the kernels' time.
 * NaN ends where a family with a share has no known band. Opaque kernels have share but no error.
 */
SIM_MUST_CHECK enum sim_status step_band(const struct sim_program *program,
					 const struct machine *machine, struct interval *band,
					 struct sim_diag *diag);

/*
 * SIM_E_INFEASIBLE when NEED_BYTES (trace_resident_bytes(), a lower bound) is more than MACHINE has;
 * a machine of unknown capacity holds everything.
 */
SIM_MUST_CHECK enum sim_status step_fits(double need_bytes, const struct machine *machine,
					 struct sim_diag *diag);

#endif
