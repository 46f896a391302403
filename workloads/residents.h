/* What a run keeps in memory: see sim/core/residents.h. */
#ifndef WORKLOADS_RESIDENTS_H
#define WORKLOADS_RESIDENTS_H

#include "sim/core/residents.h"
#include "workloads/workload.h"

/* Of WORKLOAD with CONTEXT cached tokens of each of the scenario's sequences. */
SIM_MUST_CHECK enum sim_status workload_residents(const struct workload *workload, double context,
						  struct sim_residents *residents,
						  struct sim_diag *diag);

#endif
