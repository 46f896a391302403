/* Finding the steps of a trace under construction: see steps.h. */
#include "traces/steps.h"

#include <stdlib.h>
#include <string.h>

#include "traces/build.h"

/* What runs call their steps: torch.profiler's schedule, vLLM, SGLang, and plain words. */
static const char *const step_prefixes[] = {
	"ProfilerStep#", "execute_context_", "execute_model", "step[", "decode_step", "decode step",
};

bool steps_name_is_step(const char *name, size_t length)
{
	static const char numbered[] = "execute_", context[] = "_context_";
	for (size_t i = 0; i < sizeof(step_prefixes) / sizeof(step_prefixes[0]); i++) {
		size_t prefix = strlen(step_prefixes[i]);
		if (length >= prefix && memcmp(name, step_prefixes[i], prefix) == 0)
			return true;
	}
	if (length <= strlen(numbered) || memcmp(name, numbered, strlen(numbered)) != 0)
		return false;
	size_t at = strlen(numbered); /* execute_32_context_0(...)_generation_32(...) */
	while (at < length && name[at] >= '0' && name[at] <= '9')
		at++;
	return at > strlen(numbered) && length - at >= strlen(context) &&
	       memcmp(name + at, context, strlen(context)) == 0;
}

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

struct segments {
	uint32_t *first; /* kernel each segment begins at */
	uint32_t *classes;
	size_t *weights;
	uint32_t *counts; /* per name: how often the representative has it minus this one */
	size_t first_capacity, class_capacity, weight_capacity, count_capacity;
	size_t count;
};

static size_t difference(size_t a, size_t b)
{
	return a > b ? a - b : b - a;
}

enum { MOST_CLASSES = 64 };

/*
 * Two segments are of one class when their bags of kernel names differ by at most a tenth: a
 * growing KV cache flips an attention kernel here and there, prefill and decode share few kernels.
 */
static bool alike(const struct trace *trace, struct segments *segments, size_t a, size_t b)
{
	size_t a_count = segments->weights[a], b_count = segments->weights[b], shared = 0;
	uint32_t *counts = segments->counts;
	if (difference(a_count, b_count) > (a_count + b_count) / 20)
		return false;
	const struct trace_detail *of_a = &trace->details[segments->first[a]];
	const struct trace_detail *of_b = &trace->details[segments->first[b]];
	for (size_t i = 0; i < a_count; i++)
		counts[of_a[i].name]++;
	for (size_t i = 0; i < b_count; i++)
		if (counts[of_b[i].name] > 0) {
			counts[of_b[i].name]--;
			shared++;
		}
	for (size_t i = 0; i < a_count; i++)
		counts[of_a[i].name] = 0;
	return a_count + b_count - 2 * shared <= (a_count + b_count) / 10;
}

/* Segments of kernels between full syncs. A kernel counts from its launch, else from its start. */
static enum sim_status cut_segments(struct build *build, struct segments *segments,
				    struct sim_diag *diag)
{
	const struct trace *trace = build->trace;
	size_t sync = 0;
	int64_t latest = INT64_MIN;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct trace_measured *measured = &trace->measured[i];
		bool launched = measured->launch_start_ns != INT64_MIN;
		int64_t from = launched ? measured->launch_start_ns : measured->start_ns;
		bool cut = i == 0;
		if (from > latest)
			latest = from;
		for (; sync < build->sync_count && build->syncs[sync].end_ns <= latest; sync++)
			cut = true;
		if (!cut)
			continue;
		void *first = segments->first;
		enum sim_status status =
			budget_grow(&build->budget, &first, &segments->first_capacity,
				    segments->count + 2, sizeof(*segments->first), diag);
		segments->first = first;
		TRY(status);
		segments->first[segments->count++] = (uint32_t)i;
	}
	segments->first[segments->count] = (uint32_t)trace->kernel_count;
	return SIM_OK;
}

/* Gives each segment a class; sets *REGULAR to false when there are too many. */
static enum sim_status classify(struct build *build, struct segments *segments, bool *regular,
				struct sim_diag *diag)
{
	struct budget *budget = &build->budget;
	uint32_t representatives[MOST_CLASSES], class_count = 0;
	void *classes = NULL, *weights = NULL, *counts = NULL;
	enum sim_status status = budget_grow(budget, &classes, &segments->class_capacity,
					     segments->count, sizeof(uint32_t), diag);
	segments->classes = classes;
	TRY(status);
	status = budget_grow(budget, &weights, &segments->weight_capacity, segments->count,
			     sizeof(size_t), diag);
	segments->weights = weights;
	TRY(status);
	status = budget_grow(budget, &counts, &segments->count_capacity, build->trace->names.count,
			     sizeof(uint32_t), diag);
	segments->counts = counts;
	TRY(status);
	for (size_t i = 0; i < segments->count; i++)
		segments->weights[i] = segments->first[i + 1] - segments->first[i];
	*regular = true;
	for (size_t i = 0; i < segments->count && *regular; i++) {
		uint32_t class = 0;
		while (class < class_count &&
		       !alike(build->trace, segments, representatives[class], i))
			class ++;
		segments->classes[i] = class;
		*regular = class < MOST_CLASSES;
		if (class == class_count && *regular)
			representatives[class_count++] = (uint32_t)i;
	}
	return SIM_OK;
}

static void segments_fini(struct segments *segments, struct budget *budget)
{
	void *first = segments->first, *classes = segments->classes;
	void *weights = segments->weights, *counts = segments->counts;
	budget_free(budget, &first, &segments->first_capacity, sizeof(*segments->first));
	budget_free(budget, &classes, &segments->class_capacity, sizeof(*segments->classes));
	budget_free(budget, &weights, &segments->weight_capacity, sizeof(*segments->weights));
	budget_free(budget, &counts, &segments->count_capacity, sizeof(*segments->counts));
}

static enum sim_status by_segments(struct collector *steps, struct segments *segments,
				   struct sim_diag *diag)
{
	bool regular = false;
	TRY(cut_segments(steps->build, segments, diag));
	if (segments->count < 2)
		return SIM_OK;
	TRY(classify(steps->build, segments, &regular, diag));
	if (!regular)
		return SIM_OK;
	struct steps_period period =
		steps_segment_period(segments->classes, segments->weights, segments->count);
	for (size_t i = 0; i < period.count; i++) {
		size_t first = period.first + i * period.length;
		TRY(collect(steps, segments->first[first], segments->first[first + period.length],
			    diag));
	}
	return SIM_OK;
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
	struct segments segments = {0};
	enum sim_status status;
	steps_named(trace, "annotation");
	TRY(by_annotation(&steps, diag));
	if (trace->step_count > 0)
		return SIM_OK;
	steps_named(trace, "graph launch");
	TRY(by_graph_launch(&steps, diag));
	if (trace->step_count > 0)
		return SIM_OK;
	steps_named(trace, "period");
	status = by_segments(&steps, &segments, diag);
	segments_fini(&segments, &build->budget);
	TRY(status);
	if (trace->step_count == 0)
		TRY(by_names(&steps, diag));
	if (trace->step_count > 0)
		return SIM_OK;
	steps_named(trace, "none");
	trace->lacks |= 1U << TRACE_LACK_STEPS;
	return collect(&steps, 0, trace->kernel_count, diag);
}
