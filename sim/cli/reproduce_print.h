/* `decodesim reproduce` as text and as JSON. */
#ifndef SIM_CLI_REPRODUCE_PRINT_H
#define SIM_CLI_REPRODUCE_PRINT_H

#include <stdio.h>

#include "validate/reproduce.h"

/* Cases by system, each with its lines, its assumptions and what contradicts it. */
SIM_MUST_CHECK enum sim_status reproduce_print(const struct reproduction *all, FILE *out,
					       struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status reproduce_print_json(const struct reproduction *all, FILE *out,
						    struct sim_diag *diag);

/* Cases alone: name, system, evidence, claim. */
SIM_MUST_CHECK enum sim_status reproduce_print_list(const struct reproduction *all, FILE *out,
						    struct sim_diag *diag);

#endif
