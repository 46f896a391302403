/* Segments of kernels between waits for the whole device, and their classes: see steps.h. */
#include "traces/build.h"
#include "traces/steps.h"

static size_t difference(size_t a, size_t b)
{
	return a > b ? a - b : b - a;
}

enum { MOST_CLASSES = 64 };

/*
 * Two segments are of one class when their bags of kernel names differ by at most a tenth: a
 * growing KV cache flips an attention kernel here and there, prefill and decode share few kernels.
 */
static bool alike(const struct trace *trace, struct steps_segments *segments, size_t a, size_t b)
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
static enum sim_status cut_segments(struct build *build, struct steps_segments *segments,
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
static enum sim_status classify(struct build *build, struct steps_segments *segments, bool *regular,
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

void steps_segments_fini(struct steps_segments *segments, struct budget *budget)
{
	void *first = segments->first, *classes = segments->classes;
	void *weights = segments->weights, *counts = segments->counts;
	budget_free(budget, &first, &segments->first_capacity, sizeof(*segments->first));
	budget_free(budget, &classes, &segments->class_capacity, sizeof(*segments->classes));
	budget_free(budget, &weights, &segments->weight_capacity, sizeof(*segments->weights));
	budget_free(budget, &counts, &segments->count_capacity, sizeof(*segments->counts));
}

enum sim_status steps_segments_find(struct build *build, struct steps_segments *segments,
				    struct sim_diag *diag)
{
	bool regular = false;
	TRY(cut_segments(build, segments, diag));
	if (segments->count < 2)
		return SIM_OK;
	TRY(classify(build, segments, &regular, diag));
	if (regular)
		segments->period =
			steps_segment_period(segments->classes, segments->weights, segments->count);
	return SIM_OK;
}
