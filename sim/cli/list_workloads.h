/* Parts of decodesim list that are about workloads. */
#ifndef SIM_CLI_LIST_WORKLOADS_H
#define SIM_CLI_LIST_WORKLOADS_H

#include "sim/cli/cli.h"

/* Built-in runtime profiles, scenarios; the keys of a scenario with what each means. */
SIM_MUST_CHECK enum sim_status list_runtimes(bool json, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status list_scenarios(bool json, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status list_keys(bool json, struct sim_diag *diag);

#endif
