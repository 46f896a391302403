/* What `decodesim validate` found, and its two forms of output. */
#ifndef SIM_CLI_VALIDATION_H
#define SIM_CLI_VALIDATION_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "hwmodels/device.h"
#include "sim/cli/cli.h"
#include "validate/compare.h"
#include "validate/graph_steps.h"

struct validation {
	struct hw_device device;
	struct cli_traces traces;
	struct comparison comparison;
	struct graph_residual *graph; /* NULL: no --steps */
	size_t graph_count;
	bool leave_one_out;
};

/* The whole report as JSON, for cli_print_json(). */
cJSON *validation_json(const struct validation *job);

void validation_print(const struct validation *job);

#endif
