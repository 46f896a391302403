/* What `decodesim validate` found, and its two forms of output. */
#ifndef SIM_CLI_VALIDATION_H
#define SIM_CLI_VALIDATION_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "hwmodels/device.h"
#include "sim/cli/cli.h"
#include "sim/cli/measured_bytes.h"
#include "validate/compare.h"
#include "validate/graph_steps.h"

struct validation {
	struct hw_device device;
	struct cli_traces traces;
	struct comparison comparison;
	struct graph_residual *graph; /* NULL: no --steps */
	size_t graph_count;
	bool leave_one_out;
	struct measured_bytes bytes; /* of the traces that have any */
};

/* The whole report as JSON, for cli_print_json(). */
cJSON *validation_json(const struct validation *job);

void validation_print(const struct validation *job);

/* Step times as the trace's timing and the prediction have them, ms; NaN unknown. */
struct step_times {
	double unprofiled, traced, predicted;
};
struct step_times validation_step_times(const struct validation *job, size_t index);

#endif
