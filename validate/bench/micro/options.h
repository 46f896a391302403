/* Command line of microbench. */
#ifndef VALIDATE_BENCH_MICRO_OPTIONS_H
#define VALIDATE_BENCH_MICRO_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "validate/bench/micro/measurements.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "sim/core/status.h"

enum measurement {
#define X(name, what) MEASUREMENT_##name,
	MEASUREMENT_LIST(X)
#undef X
		MEASUREMENT_COUNT
};

struct options {
	const char *json; /* NULL: no file */
	uint32_t chosen;  /* bits 1 << MEASUREMENT_* */
	bool list, help, quick;
};

/* SIM_E_USAGE: an option or a measurement that is not known, a value that is missing. */
SIM_MUST_CHECK enum sim_status options_parse(int argc, char **argv, struct options *options,
					     struct sim_diag *diag);
const char *measurement_name(unsigned measurement);
const char *measurement_what(unsigned measurement);
void options_help(FILE *out);
void options_list(FILE *out);

#ifdef __cplusplus
}
#endif

#endif
