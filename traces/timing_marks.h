/*
 * Marks: where the steps of a run begin, found in the same way in two runs of a program.
 */
#ifndef TRACES_TIMING_MARKS_H
#define TRACES_TIMING_MARKS_H

#include <stddef.h>
#include <stdint.h>

#include "traces/log_marks.h"
#include "traces/trace.h"

enum timing_kind { TIMING_BY_RANGES, TIMING_BY_REPLAYS };

/* A step: where its mark is, and what the device did in it (end 0: not known). */
struct timing_mark {
	int64_t at_ns;
	int64_t first_ns;
	int64_t end_ns;
	uint32_t graph;
};

struct timing_marks {
	struct timing_mark *items;
	size_t count;
};

/*
 * The marks of KIND, none where the run has none. Replays are those of one graph: the most replayed
 * one, as there may be one a batch size, or several that make up a step.
 */
SIM_MUST_CHECK enum sim_status timing_marks_of_trace(const struct trace *trace,
						     enum timing_kind kind,
						     struct timing_marks *marks,
						     struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status timing_marks_of_log(const struct log_marks *log,
						   enum timing_kind kind,
						   struct timing_marks *marks,
						   struct sim_diag *diag);

/* Add a mark for each step of TRACE, however it was found; MARKS has room for them. */
void timing_marks_of_steps(const struct trace *trace, struct timing_marks *marks);

/* Make MARKS, the steps of TRACE, span only what graphs did: so a run at graph level measures it. */
void timing_spans_of_graphs(const struct trace *trace, struct timing_marks *marks);

#endif
