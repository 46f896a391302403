/*
 * Program: what the engine replays. A view over arrays that somebody else owns (a trace or a
 * lowering).
 */
#ifndef SIM_CORE_PROGRAM_H
#define SIM_CORE_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "sim/core/kernel.h"

/* clang-format off */
#define SIM_LAUNCH_LIST(X) \
	X(AS_TRACED,  "as-traced",  "each step as the trace ran it (eager or graph)") \
	X(EAGER,      "eager",      "every kernel issued by the host") \
	X(GRAPH,      "graph",      "one launch per step, a per-node gap on the device") \
	X(PDL,        "pdl",        "graph whose next kernel's prologue overlaps the previous tail") \
	X(MEGAKERNEL, "megakernel", "one kernel per step, an intra-kernel synchronization between ops")
/* clang-format on */

enum sim_launch {
#define X(name, text, what) SIM_LAUNCH_##name,
	SIM_LAUNCH_LIST(X)
#undef X
		SIM_LAUNCH_COUNT
};

const char *sim_launch_text(unsigned launch);
int sim_launch_from_text(const char *text); /* -1 when there is none */

/* One decode step: kernels[first .. first + count). Steps are in order and do not overlap. */
struct sim_step {
	uint32_t first;
	uint32_t count;
	uint8_t traced_launch; /* SIM_LAUNCH_EAGER or SIM_LAUNCH_GRAPH: what the trace ran */
	uint8_t ends_in_sync;  /* the host waits for the device at the end of the step */
};

/* kernels[after] may not start before kernels[before] has ended. Sorted by (after, before). */
struct sim_edge {
	uint32_t before;
	uint32_t after;
};

struct sim_program {
	const struct sim_kernel *kernels;
	size_t kernel_count;
	const struct sim_step *steps;
	size_t step_count;
	const struct sim_edge *edges; /* dependencies across streams; within a stream order holds */
	size_t edge_count;
	/*
	 * Device gap before each kernel as measured (start minus latest end so far, ns, may be
	 * negative under overlap); NULL when not recorded. Used only by a machine with
	 * plays_recording, and only where a step runs as a graph as traced.
	 */
	const int32_t *recorded_gap_ns;
	/*
	 * Which kernels are equal, so that each demand is worked out once: kernels[i] is bit-equal
	 * to distinct[distinct_of[i]] for all i (the caller's promise), distinct_of[i] <
	 * distinct_count. NULL: nothing is known of it. Results are the same bits either way.
	 */
	const struct sim_kernel *distinct;
	size_t distinct_count;
	const uint32_t *distinct_of;
	/* Host thread that feeds each stream; NULL means one thread feeds all. */
	const uint8_t *stream_thread;
};

/* kernels[first .. first + count) of an array, REPEAT times in a row. */
struct sim_run {
	uint32_t first;
	uint32_t count;
	uint32_t repeat;
};

#endif
