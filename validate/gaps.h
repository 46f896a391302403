/* Launch latency and gaps between kernels, as traces show them. */
#ifndef VALIDATE_GAPS_H
#define VALIDATE_GAPS_H

#include <stddef.h>

#include "sim/core/status.h"
#include "traces/trace.h"

/* NaN where the traces have none. Below zero (kernels that overlap) counts as 0. */
struct gaps {
	double graph_s; /* mean between two nodes of a graph, stalls of the profiler left out */
	double idle_s;	/* median from the return of the launch to the start, device idle */
	double busy_s;	/* median between two kernels that were queued long before */
	size_t graph_count, idle_count, busy_count;
};

SIM_MUST_CHECK enum sim_status gaps_measure(const struct trace *const *traces, size_t trace_count,
					    struct gaps *gaps, struct sim_diag *diag);

#endif
