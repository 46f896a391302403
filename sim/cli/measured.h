/* What other runs measured of a trace's program: --bytes and --timing, and what they come to. */
#ifndef SIM_CLI_MEASURED_H
#define SIM_CLI_MEASURED_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "sim/cli/cli.h"

#define CLI_TIMING_ARGUMENT "LOG|TIME"

/* SIM_E_USAGE: more than one TRACE for --bytes or --timing. */
SIM_MUST_CHECK enum sim_status measured_check(const struct cli_args *args, struct sim_diag *diag);

/*
 * Fill TRACE's bytes from --bytes and its timing from --timing, where they were given. *UNUSED:
 * kernels of the CSV that no step of the trace has; -1 without --bytes. TRACE is as it was after a
 * failure.
 */
SIM_MUST_CHECK enum sim_status measured_add(const struct cli_args *args, struct trace *trace,
					    int64_t *unused, struct sim_diag *diag);

/* Share by which tracing stretches the step, or the device's span of it; NaN unknown. */
double timing_step_stretch(const struct trace_timing *timing);
double timing_device_stretch(const struct trace_timing *timing);

/* ms, or NaN where NS is 0: unknown. */
double timing_ms(int64_t ns);

/* All of a timing, or null. */
cJSON *timing_json(const struct trace_timing *timing);
void timing_print(const struct trace_timing *timing);

#endif
