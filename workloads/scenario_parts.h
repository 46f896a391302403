/* Between scenario.c and scenario_file.c. */
#ifndef WORKLOADS_SCENARIO_PARTS_H
#define WORKLOADS_SCENARIO_PARTS_H

#include "workloads/scenario.h"

enum { SCENARIO_MOST_LIST = 100000 };

SIM_MUST_CHECK enum sim_status scenario_scalar(struct workload_scenario *scenario, size_t index,
					       const char *text, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status scenario_list(struct workload_scenario *scenario, size_t index,
					     const char *const *texts, size_t count,
					     struct sim_diag *diag);
/* SIM_E_NOT_FOUND with "did you mean". */
SIM_MUST_CHECK enum sim_status scenario_unknown(const char *name, struct sim_diag *diag);

#endif
