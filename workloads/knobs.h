/*
 * Does every knob that a scenario turns do something? A key that is given but changes neither the
 * forwards, nor their kernels, nor what is held, nor the wear of a tier, when it is turned, is a
 * mistake of the scenario (a group size without bits) or of the program.
 */
#ifndef WORKLOADS_KNOBS_H
#define WORKLOADS_KNOBS_H

#include "workloads/workload.h"

enum { KNOBS_MOST = 64 };

struct knob_report {
	const char *without_effect[KNOBS_MOST]; /* names of keys, in the order of the table */
	size_t count;
	size_t turned; /* keys that were tried */
};

/*
 * Turn each given key of WORKLOAD's scenario but those of the run itself (model, runtime, launch,
 * batch, ...): numbers by a quarter up, by a quarter down, then to their bounds; words to each other
 * word; texts to none. A value that is refused counts as an effect.
 */
SIM_MUST_CHECK enum sim_status knobs_check(const struct workload *workload, double context,
					   struct knob_report *report, struct sim_diag *diag);

#endif
