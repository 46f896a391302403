/* What a recorded run looked like: the figures of `decodesim show trace`. */
#ifndef SIM_CLI_TRACE_FACTS_H
#define SIM_CLI_TRACE_FACTS_H

#include <stddef.h>
#include <stdint.h>

#include "traces/trace.h"

/* Order statistics of a sample, the nearest rank; NaN where COUNT is 0. */
struct spread {
	uint64_t count;
	double least, median, p95, most;
};

struct family_facts {
	unsigned family;
	uint64_t kernels;
	int64_t time_ns;
	double share;	    /* of all families' time */
	double known_share; /* of its own time: work is known */
};

/* All of kernels in steps, but `outside`. */
struct trace_facts {
	uint64_t outside; /* kernels in no step */
	uint64_t eager_steps, graph_steps;
	struct spread kernels, span_ms, busy_ms; /* by step */
	double idle_share;			 /* of all steps' span; NaN without a span */
	struct spread gap_us;  /* start minus the latest end so far in the step, 0 under overlap */
	uint64_t overlaps;     /* kernels whose gap would be negative */
	struct spread call_us; /* launch calls, a graph's counted once */
	struct spread host_us; /* host time from launch to launch, where recorded */
	struct spread nodes;   /* kernels, copies and memsets by CUDA graph; none where unknown */
	struct family_facts families[SIM_FAMILY_COUNT]; /* longest time first */
	size_t family_count;
};

SIM_MUST_CHECK enum sim_status trace_facts_find(const struct trace *trace,
						struct trace_facts *facts, struct sim_diag *diag);

#endif
