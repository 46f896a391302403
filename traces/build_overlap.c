/* Whether the kernels of a stream can have run when the trace says they did. */
#include <inttypes.h>
#include <string.h>

#include "traces/build.h"

enum { JITTER_NS = 1000, PRELUDE_NS = 5000 };

static int64_t end_of(const struct trace *trace, size_t index)
{
	return trace->measured[index].start_ns + trace->measured[index].duration_ns;
}

/*
 * A stream runs its kernels one after the other. The exception is programmatic dependent launch,
 * which only a launch with attributes or a graph can ask for: the kernel's prologue overlaps the
 * tail of the one before, so it starts after it, ends no earlier, and the overlap is short (5 us)
 * or at most half of the kernel before. Anything else beyond a microsecond (the resolution of old
 * files) is a broken trace: its busy time and gaps would mean nothing.
 */
static bool may_overlap(const struct build *build, size_t before, size_t index, int64_t overlap_ns)
{
	const struct trace *trace = build->trace;
	const struct build_launch *launch = build_launch_of(build, index);
	if (overlap_ns <= JITTER_NS)
		return true;
	if (launch != NULL && !(launch->flags & (BUILD_LAUNCH_GRAPH | BUILD_LAUNCH_ATTRIBUTES)))
		return false;
	return trace->measured[index].start_ns > trace->measured[before].start_ns &&
	       end_of(trace, index) >= end_of(trace, before) &&
	       (overlap_ns <= PRELUDE_NS || overlap_ns <= trace->measured[before].duration_ns / 2);
}

enum sim_status build_check_overlap(struct build *build, struct sim_diag *diag)
{
	const struct trace *trace = build->trace;
	size_t latest[BUILD_STREAMS]; /* per stream, the kernel that ends last so far, + 1 */
	memset(latest, 0, sizeof(latest));
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct trace_measured *measured = &trace->measured[i];
		size_t *last = &latest[trace->kernels[i].stream];
		int64_t end = end_of(trace, i);
		if (*last > 0) {
			int64_t overlap = end_of(trace, *last - 1) - measured->start_ns;
			if (overlap > 0 && !may_overlap(build, *last - 1, i, overlap))
				return diag_fail_at(
					diag, SIM_E_RANGE, build->path, build->origins[i].line,
					"kernel '%.80s' overlaps the one before it on its stream "
					"(line %" PRIu32 ") by %" PRId64 " ns",
					names_text(&trace->names, trace->details[i].name),
					build->origins[*last - 1].line, overlap);
		}
		if (*last == 0 || end >= end_of(trace, *last - 1))
			*last = i + 1;
	}
	return SIM_OK;
}
