/* The command line of the decode run. */
#ifndef VALIDATE_BENCH_DECODE_OPTIONS_H
#define VALIDATE_BENCH_DECODE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/core/status.h"

struct decode_options {
	const char *model; /* NULL with HELP */
	const char *json;  /* NULL none */
	uint64_t batch, context, steps, warmup, layers, seed, sms;
	bool graph, eager, nvtx, check, dry_run, help;
};

SIM_MUST_CHECK enum sim_status decode_options_parse(int argc, char *const *argv,
						    struct decode_options *options,
						    struct sim_diag *diag);
void decode_options_help(void);

#endif
