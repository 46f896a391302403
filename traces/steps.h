/*
 * Steps: where one decode step ends and the next begins, found in this order:
 *
 * 1. annotation: ranges of host time that the run itself called steps (ProfilerStep#N, an engine's
 *    execute_... ranges); a kernel belongs to the range that launched it.
 * 2. graph launch: each replay of a graph is a step.
 * 3. period: kernel names between waits for the whole device repeat; without such waits the names
 *    themselves repeat.
 * 4. none: one step of everything, and the trace lacks steps.
 *
 * Steps are ranges of the kernel array that do not overlap; kernels outside (warm-up, a last
 * incomplete step) stay outside.
 */
#ifndef TRACES_STEPS_H
#define TRACES_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"
#include "traces/budget.h"
#include "traces/step_names.h"

struct steps_period {
	size_t first;  /* item the first whole period begins at */
	size_t length; /* items in a period; 0: none found */
	size_t count;  /* whole periods, at least 2 */
};

/*
 * The period of ITEMS (at least two different values in it), which covers nine tenths of them and
 * begins at the first or ends at the last. Anchoring is what tells a step's period from a layer's:
 * only a step repeats its embedding and its sampling.
 */
SIM_MUST_CHECK enum sim_status steps_name_period(const uint32_t *items, size_t count,
						 struct budget *budget, struct steps_period *period,
						 struct sim_diag *diag);

/*
 * The period of SEGMENTS by class; WEIGHTS are their sizes. The shortest period whose run covers
 * nearly as much as any other's, and at least half of everything.
 */
struct steps_period steps_segment_period(const uint32_t *classes, const size_t *weights,
					 size_t count);

/* Kernels between full syncs: segment i is kernels[first[i] .. first[i + 1]). */
struct steps_segments {
	uint32_t *first;
	uint32_t *classes;
	size_t *weights;
	uint32_t *counts; /* per name, for comparing two segments */
	size_t first_capacity, class_capacity, weight_capacity, count_capacity;
	size_t count;
	struct steps_period period; /* in segments */
};

struct build;

SIM_MUST_CHECK enum sim_status
steps_segments_find(struct build *build, struct steps_segments *segments, struct sim_diag *diag);
void steps_segments_fini(struct steps_segments *segments, struct budget *budget);

#endif
