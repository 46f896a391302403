/* Where steps begin in a trace, and in a log without kernels: see timing_marks.h. */
#include "traces/timing_marks.h"

#include <stdlib.h>
#include <string.h>

#include "traces/steps.h"

static int by_graph_and_time(const void *left, const void *right)
{
	const struct timing_mark *a = left, *b = right;
	if (a->graph != b->graph)
		return a->graph > b->graph ? 1 : -1;
	return (a->at_ns > b->at_ns) - (a->at_ns < b->at_ns);
}

/* Of several graphs (one a batch size, or pieces of a step) the most replayed, the lowest id. */
static void keep_one_graph(struct timing_marks *marks)
{
	size_t best = 0, best_count = 0, first = 0;
	if (marks->count > 1)
		qsort(marks->items, marks->count, sizeof(*marks->items), by_graph_and_time);
	for (size_t i = 1; i <= marks->count; i++) {
		if (i < marks->count && marks->items[i].graph == marks->items[first].graph)
			continue;
		if (i - first > best_count) {
			best = first;
			best_count = i - first;
		}
		first = i;
	}
	memmove(marks->items, marks->items + best, best_count * sizeof(*marks->items));
	marks->count = best_count;
}

/* ---- marks of a trace ---- */

static bool has_graph_ids(const struct trace *trace)
{
	for (size_t i = 0; i < trace->kernel_count; i++)
		if (trace->measured[i].graph != 0)
			return true;
	return false;
}

static int64_t end_of(const struct trace_measured *measured)
{
	return measured->start_ns + measured->duration_ns;
}

/* Kernels of one replay share its correlation id. */
static void replays_of_trace(const struct trace *trace, struct timing_marks *marks)
{
	uint32_t open = 0;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct trace_measured *measured = &trace->measured[i];
		if (measured->graph == 0)
			continue;
		if (marks->count == 0 || measured->correlation != open)
			marks->items[marks->count++] =
				(struct timing_mark){measured->start_ns, measured->start_ns,
						     end_of(measured), measured->graph};
		open = measured->correlation;
		struct timing_mark *mark = &marks->items[marks->count - 1];
		if (end_of(measured) > mark->end_ns)
			mark->end_ns = end_of(measured);
	}
	keep_one_graph(marks);
}

void timing_marks_of_steps(const struct trace *trace, struct timing_marks *marks)
{
	for (size_t i = 0; i < trace->step_count; i++) {
		const struct trace_step_measured *step = &trace->step_measured[i];
		marks->items[marks->count++] = (struct timing_mark){
			step->first_start_ns, step->first_start_ns, step->last_end_ns, 0};
	}
}

enum sim_status timing_marks_of_trace(const struct trace *trace, enum timing_kind kind,
				      struct timing_marks *marks, struct sim_diag *diag)
{
	const char *by = kind == TIMING_BY_RANGES ? "annotation" : "graph launch";
	size_t most = trace->kernel_count + trace->step_count + 1;
	marks->count = 0;
	marks->items = calloc(most, sizeof(*marks->items));
	if (marks->items == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (kind == TIMING_BY_REPLAYS && has_graph_ids(trace))
		replays_of_trace(trace, marks);
	else if (strcmp(trace->steps_by, by) == 0)
		timing_marks_of_steps(trace, marks);
	return SIM_OK;
}

void timing_spans_of_graphs(const struct trace *trace, struct timing_marks *marks)
{
	if (!has_graph_ids(trace))
		return;
	for (size_t s = 0; s < marks->count && s < trace->step_count; s++) {
		const struct sim_step *step = &trace->steps[s];
		struct timing_mark *mark = &marks->items[s];
		mark->end_ns = 0;
		for (size_t i = step->first; i < (size_t)step->first + step->count; i++) {
			const struct trace_measured *measured = &trace->measured[i];
			if (measured->graph == 0)
				continue;
			if (mark->end_ns == 0)
				mark->first_ns = measured->start_ns;
			if (mark->end_ns == 0 || end_of(measured) > mark->end_ns)
				mark->end_ns = end_of(measured);
		}
	}
}

/* ---- marks of a log that has no kernels ---- */

static uint32_t busiest_device(const struct log_marks *log)
{
	enum { MOST_DEVICES = 64 };
	size_t counts[MOST_DEVICES] = {0};
	uint32_t busiest = 0;
	for (size_t i = 0; i < log->replay_count; i++)
		if (log->replays[i].device < MOST_DEVICES)
			counts[log->replays[i].device]++;
	for (uint32_t i = 1; i < MOST_DEVICES; i++)
		if (counts[i] > counts[busiest])
			busiest = i;
	return busiest;
}

static void replays_of_log(const struct log_marks *log, struct timing_marks *marks)
{
	uint32_t device = busiest_device(log);
	for (size_t i = 0; i < log->replay_count; i++) {
		const struct log_marks_replay *replay = &log->replays[i];
		if (replay->device == device)
			marks->items[marks->count++] = (struct timing_mark){
				replay->start_ns, replay->start_ns, replay->end_ns, replay->graph};
	}
	keep_one_graph(marks);
}

/* Of nested or overlapping ranges the first; a replay belongs to the step it starts in. */
static void steps_of_log(const struct log_marks *log, struct timing_marks *marks)
{
	uint32_t device = busiest_device(log);
	int64_t end_ns = INT64_MIN;
	size_t next = 0;
	for (size_t i = 0; i < log->range_count; i++) {
		const struct log_marks_range *range = &log->ranges[i];
		if (range->start_ns < end_ns ||
		    !steps_name_is_step(range->text, strlen(range->text)))
			continue;
		end_ns = range->end_ns;
		marks->items[marks->count++] = (struct timing_mark){.at_ns = range->start_ns};
	}
	for (size_t i = 0; i < log->replay_count; i++) {
		const struct log_marks_replay *replay = &log->replays[i];
		while (next < marks->count && marks->items[next].at_ns <= replay->start_ns)
			next++;
		struct timing_mark *mark = next > 0 ? &marks->items[next - 1] : NULL;
		if (mark == NULL || replay->device != device)
			continue;
		if (mark->end_ns == 0)
			mark->first_ns = replay->start_ns;
		if (replay->end_ns > mark->end_ns)
			mark->end_ns = replay->end_ns;
	}
}

enum sim_status timing_marks_of_log(const struct log_marks *log, enum timing_kind kind,
				    struct timing_marks *marks, struct sim_diag *diag)
{
	marks->count = 0;
	marks->items = calloc(log->range_count + log->replay_count + 1, sizeof(*marks->items));
	if (marks->items == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (kind == TIMING_BY_RANGES)
		steps_of_log(log, marks);
	else
		replays_of_log(log, marks);
	return SIM_OK;
}
