/*
 * Work of a trace from a lowering: a trace named MODEL-bBATCH-cCONTEXT[-...] whose kernels have no
 * shapes is what the lowered step of that model, batch and context launches, kernel by kernel.
 */
#ifndef VALIDATE_LOWERED_WORK_H
#define VALIDATE_LOWERED_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"
#include "traces/trace.h"

/* What a trace's name says of the run. */
struct traced_run {
	char model[96];
	double batch, context;
};

/* False: NAME is not of that form. */
bool traced_run_parse(const char *name, struct traced_run *run);

/*
 * Fill the opaque kernels of TRACE from the first of RUNTIMES ("hf-static,compiled", names or
 * paths) whose lowered step has the same kernels in the same order; *FILLED counts them. A trace
 * without opaque kernels stays as it is. SIM_E_UNSUPPORTED: no runtime matches, and why the last
 * does not.
 */
SIM_MUST_CHECK enum sim_status lowered_work_adopt(struct trace *trace, const char *runtimes,
						  uint64_t *filled, struct sim_diag *diag);

#endif
