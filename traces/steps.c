/* Finding the steps of a trace under construction: see steps.h. */
#include "traces/steps.h"

#include <stdlib.h>
#include <string.h>

#include "traces/build.h"

static enum sim_status add_step(struct build *build, size_t *capacity, size_t *other_capacity,
				size_t first, size_t count, struct sim_diag *diag)
{
	struct trace *trace = build->trace;
	void *steps = trace->steps, *measured = trace->step_measured;
	size_t graph = 0;
	enum sim_status status = budget_grow(&build->budget, &steps, capacity,
					     trace->step_count + 1, sizeof(*trace->steps), diag);
	trace->steps = steps;
	TRY(status);
	status = budget_grow(&build->budget, &measured, other_capacity, trace->step_count + 1,
			     sizeof(*trace->step_measured), diag);
	trace->step_measured = measured;
	TRY(status);
	for (size_t i = first; i < first + count; i++)
		graph += build_is_graph(build, i);
	trace->steps[trace->step_count++] = (struct sim_step){
		.first = (uint32_t)first,
		.count = (uint32_t)count,
		.traced_launch = graph * 2 >= count ? SIM_LAUNCH_GRAPH : SIM_LAUNCH_EAGER,
	};
	return SIM_OK;
}

/* Steps being collected. */
struct collector {
	struct build *build;
	size_t capacity, other_capacity;
	size_t end; /* of the last step */
};

static enum sim_status collect(struct collector *steps, size_t first, size_t end,
			       struct sim_diag *diag)
{
	if (first < steps->end)
		first = steps->end;
	if (first >= end)
		return SIM_OK;
	steps->end = end;
	return add_step(steps->build, &steps->capacity, &steps->other_capacity, first, end - first,
			diag);
}

static int by_start(const void *left, const void *right)
{
	const struct build_range *a = left, *b = right;
	if (a->start_ns != b->start_ns)
		return a->start_ns > b->start_ns ? 1 : -1;
	return (a->end_ns < b->end_ns) - (a->end_ns > b->end_ns); /* the outer one first */
}

/* Sorted, and of nested or overlapping ranges only the first. */
static void tidy_ranges(struct build *build)
{
	size_t kept = 0;
	if (build->range_count > 0)
		qsort(build->ranges, build->range_count, sizeof(*build->ranges), by_start);
	for (size_t i = 0; i < build->range_count; i++)
		if (kept == 0 || build->ranges[i].start_ns >= build->ranges[kept - 1].end_ns)
			build->ranges[kept++] = build->ranges[i];
	build->range_count = kept;
}

/* The range that holds TIME, or NO_RANGE. */
enum { NO_RANGE = -1 };

static long find_range(const struct build *build, int64_t time_ns)
{
	size_t low = 0, high = build->range_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (build->ranges[middle].end_ns <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	bool inside = low < build->range_count && build->ranges[low].start_ns <= time_ns;
	return inside ? (long)low : NO_RANGE;
}

/* Kernels without a launch belong to a step when they lie between kernels that do. */
static enum sim_status by_annotation(struct collector *steps, struct sim_diag *diag)
{
	struct build *build = steps->build;
	long open = NO_RANGE;
	size_t first = 0, end = 0;
	tidy_ranges(build);
	for (size_t i = 0; build->range_count > 0 && i < build->trace->kernel_count; i++) {
		const struct build_launch *launch = build_launch_of(build, i);
		if (launch == NULL)
			continue;
		long range = find_range(build, launch->start_ns);
		if (range != NO_RANGE && range == open) {
			end = i + 1;
		} else if (range > open) {
			TRY(collect(steps, first, end, diag));
			open = range;
			first = i;
			end = i + 1;
		}
	}
	return collect(steps, first, end, diag);
}

/* Kernels of one replay share its correlation id; other streams' kernels may lie between. */
static enum sim_status by_graph_launch(struct collector *steps, struct sim_diag *diag)
{
	struct build *build = steps->build;
	const struct trace *trace = build->trace;
	uint32_t open = BUILD_NO_CORRELATION;
	size_t first = 0, end = 0;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		uint32_t correlation = trace->measured[i].correlation;
		if (!build_is_graph(build, i))
			continue;
		if (correlation != open) {
			TRY(collect(steps, first, end, diag));
			open = correlation;
			first = i;
		}
		end = i + 1;
	}
	return collect(steps, first, end, diag);
}

static enum sim_status by_segments(struct collector *steps, struct sim_diag *diag)
{
	struct steps_segments segments = {0};
	struct budget *budget = &steps->build->budget;
	enum sim_status status = steps_segments_find(steps->build, &segments, diag);
	for (size_t i = 0; status == SIM_OK && i < segments.period.count; i++) {
		size_t first = segments.period.first + i * segments.period.length;
		status = collect(steps, segments.first[first],
				 segments.first[first + segments.period.length], diag);
	}
	steps_segments_fini(&segments, budget);
	return status;
}

static enum sim_status by_names(struct collector *steps, struct sim_diag *diag)
{
	struct build *build = steps->build;
	struct steps_period period;
	TRY(build_order_reset(build, diag));
	for (size_t i = 0; i < build->order_count; i++)
		build->order[i] = build->trace->details[i].name;
	TRY(steps_name_period(build->order, build->order_count, &build->budget, &period, diag));
	for (size_t i = 0; i < period.count; i++) {
		size_t first = period.first + i * period.length;
		TRY(collect(steps, first, first + period.length, diag));
	}
	return SIM_OK;
}

static void steps_named(struct trace *trace, const char *by)
{
	memset(trace->steps_by, 0, sizeof(trace->steps_by));
	memcpy(trace->steps_by, by, strlen(by));
}

enum sim_status steps_find(struct build *build, struct sim_diag *diag)
{
	struct trace *trace = build->trace;
	struct collector steps = {.build = build};
	steps_named(trace, "annotation");
	TRY(by_annotation(&steps, diag));
	if (trace->step_count > 0)
		return SIM_OK;
	steps_named(trace, "graph launch");
	TRY(by_graph_launch(&steps, diag));
	if (trace->step_count > 0)
		return SIM_OK;
	steps_named(trace, "period");
	TRY(by_segments(&steps, diag));
	if (trace->step_count == 0)
		TRY(by_names(&steps, diag));
	if (trace->step_count > 0)
		return SIM_OK;
	steps_named(trace, "none");
	trace->lacks |= 1U << TRACE_LACK_STEPS;
	return collect(&steps, 0, trace->kernel_count, diag);
}
