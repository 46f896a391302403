/* Gaps of traces: see gaps.h. A graph's gaps are of one kind, eager ones depend on the host. */
#include "validate/gaps.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "validate/fit.h"

enum { STALL_NS = 20000, IDLE_NS = 2000 };

struct lists {
	double *graph, *idle, *busy, *ones; /* ns; weights of 1 */
	size_t graph_count, idle_count, busy_count;
};

/* Device-side gaps of one step; longer than STALL_NS is a stall of the profiler, not a gap. */
static void step_gaps(const struct trace *trace, const struct sim_step *step, struct lists *lists)
{
	int64_t last_end = INT64_MIN;
	for (size_t i = step->first; i < (size_t)step->first + step->count; i++) {
		const struct trace_measured *at = &trace->measured[i];
		int64_t end = at->start_ns + at->duration_ns;
		bool first = last_end == INT64_MIN;
		int64_t gap = first ? 0 : at->start_ns - last_end;
		if (!first && step->traced_launch == SIM_LAUNCH_GRAPH) {
			if (gap < STALL_NS)
				lists->graph[lists->graph_count++] = (double)gap;
		} else if (!first && at->launch_end_ns != INT64_MIN) {
			if (gap > IDLE_NS && at->launch_end_ns > last_end)
				lists->idle[lists->idle_count++] =
					(double)(at->start_ns - at->launch_end_ns);
			else if (at->launch_end_ns + IDLE_NS < last_end)
				lists->busy[lists->busy_count++] = (double)gap;
		}
		last_end = end > last_end ? end : last_end;
	}
}

static double mean(const double *values, size_t count)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return count > 0 ? sum / (double)count : NAN;
}

static double seconds_from_ns(double ns)
{
	return ns > 0 ? ns * 1e-9 : isnan(ns) ? NAN : 0;
}

enum sim_status gaps_measure(const struct trace *const *traces, size_t trace_count,
			     struct gaps *gaps, struct sim_diag *diag)
{
	size_t kernels = 1;
	for (size_t i = 0; i < trace_count; i++)
		kernels += traces[i]->kernel_count;
	double *room = calloc(kernels, 4 * sizeof(*room));
	if (room == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	struct lists lists = {.graph = room,
			      .idle = room + kernels,
			      .busy = room + 2 * kernels,
			      .ones = room + 3 * kernels};
	for (size_t i = 0; i < kernels; i++)
		lists.ones[i] = 1;
	for (size_t i = 0; i < trace_count; i++)
		for (size_t s = 0; s < traces[i]->step_count; s++)
			step_gaps(traces[i], &traces[i]->steps[s], &lists);
	*gaps = (struct gaps){
		.graph_s = seconds_from_ns(mean(lists.graph, lists.graph_count)),
		.idle_s = seconds_from_ns(
			weighted_quantile(lists.idle, lists.ones, lists.idle_count, 0.5)),
		.busy_s = seconds_from_ns(
			weighted_quantile(lists.busy, lists.ones, lists.busy_count, 0.5)),
		.graph_count = lists.graph_count,
		.idle_count = lists.idle_count,
		.busy_count = lists.busy_count,
	};
	free(room);
	return SIM_OK;
}
