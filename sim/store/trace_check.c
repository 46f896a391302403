/* Times of a stored trace that no trace can have: what trace_read.c refuses besides wrong types. */
#include "sim/store/trace_rows.h"

const char *trace_kernel_wrong(const struct trace *trace, size_t at)
{
	const struct trace_measured *kernel = &trace->measured[at];
	bool start = kernel->launch_start_ns != INT64_MIN, end = kernel->launch_end_ns != INT64_MIN;
	int64_t end_ns;
	if (__builtin_add_overflow(kernel->start_ns, kernel->duration_ns, &end_ns))
		return "a kernel that ends past all time";
	if (at > 0 && kernel->start_ns < kernel[-1].start_ns)
		return "kernels out of order";
	if (start != end || kernel->launch_start_ns > kernel->launch_end_ns)
		return "a launch that ends before it starts, or does one of them only";
	return NULL;
}

static bool span_holds(const struct trace *trace, size_t at)
{
	const struct sim_step *step = &trace->steps[at];
	const struct trace_step_measured *measured = &trace->step_measured[at];
	int64_t last_end_ns = INT64_MIN;
	for (size_t i = step->first; i < (size_t)step->first + step->count; i++) {
		int64_t end_ns = trace->measured[i].start_ns + trace->measured[i].duration_ns;
		last_end_ns = end_ns > last_end_ns ? end_ns : last_end_ns;
	}
	return step->count == 0 ||
	       (measured->first_start_ns == trace->measured[step->first].start_ns &&
		measured->last_end_ns == last_end_ns);
}

const char *trace_step_wrong(const struct trace *trace, size_t at)
{
	const struct sim_step *step = &trace->steps[at];
	uint64_t free_from =
		at > 0 ? (uint64_t)trace->steps[at - 1].first + trace->steps[at - 1].count : 0;
	if (step->first < free_from || (uint64_t)step->first + step->count > trace->kernel_count)
		return "a step outside the kernels or over another step";
	if (step->traced_launch != SIM_LAUNCH_EAGER && step->traced_launch != SIM_LAUNCH_GRAPH)
		return "a launch mode that no trace has";
	return span_holds(trace, at) ? NULL : "a step with other times than its kernels";
}
