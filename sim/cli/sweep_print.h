/* What sweep says of a space and of its run. */
#ifndef SIM_CLI_SWEEP_PRINT_H
#define SIM_CLI_SWEEP_PRINT_H

#include "sim/cli/cli.h"
#include "sim/explore/run.h"

void sweep_space_print(const struct explore_space *space);
cJSON *sweep_space_json(const struct explore_space *space);
void sweep_print(const struct explore_space *space, const struct explore_run_report *report,
		 bool stored);
cJSON *sweep_json(const struct explore_space *space, const struct explore_run_report *report);

#endif
