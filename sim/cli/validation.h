/* What `decodesim validate` found, and its two forms of output. */
#ifndef SIM_CLI_VALIDATION_H
#define SIM_CLI_VALIDATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "hwmodels/device.h"
#include "sim/cli/cli.h"
#include "validate/compare.h"
#include "validate/graph_steps.h"

/* Bytes of a family's kernels, summed where Nsight Compute measured them and work is known. */
struct bytes_family {
	uint64_t kernels; /* in steps, copies and memsets left out */
	uint64_t joined;
	uint64_t compared; /* joined, with known work and measured reads */
	double derived_read, measured_read;
	double derived_write, measured_write;
	double measured_l2;
};

struct validation_bytes {
	const char *path;
	uint64_t joined, unjoined, unused; /* as struct ncu_join counts them */
	struct bytes_family families[SIM_FAMILY_COUNT];
};

struct validation {
	struct hw_device device;
	struct cli_traces traces;
	struct comparison comparison;
	struct graph_residual *graph; /* NULL: no --steps */
	size_t graph_count;
	bool leave_one_out;
	struct validation_bytes *bytes; /* NULL: no --bytes */
};

/* Read PATH, what `ncu --csv` printed for a step of the one trace of JOB, into job->bytes. */
SIM_MUST_CHECK enum sim_status validation_bytes_read(struct validation *job, const char *path,
						     struct sim_diag *diag);
void validation_bytes_json(cJSON *root, const struct validation_bytes *bytes);
void validation_bytes_print(const struct validation_bytes *bytes);

/* The whole report as JSON, for cli_print_json(). */
cJSON *validation_json(const struct validation *job);

void validation_print(const struct validation *job);

#endif
