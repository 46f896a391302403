/* Writes the file of a lowered step that traces/lowered.c reads. */
#ifndef SIM_REPORT_LOWERED_H
#define SIM_REPORT_LOWERED_H

#include "sim/core/status.h"
#include "traces/trace.h"

/* Write the work of TRACE to PATH ("-": standard output; .gz: compressed). */
SIM_MUST_CHECK enum sim_status lowered_write(const char *path, const struct trace *trace,
					     struct sim_diag *diag);

#endif
