/*
 * True step times, from another run of the same program that was traced less.
 *
 * Both runs are cut alike, at marks: by ranges that name steps where both have them, else at the
 * replays of the graph that was replayed most often. A step lasts from mark to mark. In the run
 * that is timed a mark is the start of the range, or of the replay's first kernel; in the traced run
 * it is always the start of the step's first kernel, which lies a constant time behind the range's
 * start and so leaves the time between two steps as it is. No step is left out: warm-up shows in
 * the 95 % value, and the median of a run of many steps does not see it.
 *
 * The p % value of n sorted times is the one at (n - 1) p / 100, rounded down up to the median and
 * up above it.
 */
#include <stdlib.h>
#include <string.h>

#include "traces/log.h"
#include "traces/log_marks.h"
#include "traces/timing_marks.h"
#include "traces/trace.h"

struct quantiles {
	int64_t low, median, high;
};

static int by_value(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
	return (a > b) - (a < b);
}

/* Of COUNT > 0 values, which are sorted in place. */
static struct quantiles quantiles_of(int64_t *values, size_t count)
{
	enum { LOW = 5, MEDIAN = 50, HIGH = 95, ALL = 100 };
	size_t last = count - 1;
	qsort(values, count, sizeof(*values), by_value);
	return (struct quantiles){
		values[last * LOW / ALL],
		values[last * MEDIAN / ALL],
		values[(last * HIGH + ALL - 1) / ALL],
	};
}

/* VALUES has room for all marks. */
static struct quantiles intervals(const struct timing_marks *marks, int64_t *values)
{
	for (size_t i = 1; i < marks->count; i++)
		values[i - 1] = marks->items[i].at_ns - marks->items[i - 1].at_ns;
	return quantiles_of(values, marks->count - 1);
}

/* Median device span of the steps that have one; 0: none has. */
static int64_t device_span(const struct timing_marks *marks, int64_t *values)
{
	size_t count = 0;
	for (size_t i = 0; i < marks->count; i++)
		if (marks->items[i].end_ns != 0)
			values[count++] = marks->items[i].end_ns - marks->items[i].first_ns;
	return count > 0 ? quantiles_of(values, count).median : 0;
}

/* The marks of both runs, by the first kind of mark that gives both an interval. */
struct pair {
	struct timing_marks timed, traced;
};

static void pair_fini(struct pair *pair)
{
	free(pair->timed.items);
	free(pair->traced.items);
	*pair = (struct pair){0};
}

static void note_times(const struct pair *pair, int64_t *values, struct trace_timing *timing)
{
	struct quantiles timed = intervals(&pair->timed, values);
	timing->step_count = (uint32_t)pair->timed.count;
	timing->step_ns = timed.median;
	timing->step_low_ns = timed.low;
	timing->step_high_ns = timed.high;
	timing->device_ns = device_span(&pair->timed, values);
	timing->traced_step_ns = intervals(&pair->traced, values).median;
	timing->traced_device_ns = device_span(&pair->traced, values);
}

static enum sim_status compare(const struct pair *pair, const char *path, const char *kind,
			       struct trace *trace, struct sim_diag *diag)
{
	struct trace_timing timing = {0};
	size_t most =
		pair->timed.count > pair->traced.count ? pair->timed.count : pair->traced.count;
	int64_t *values = calloc(most, sizeof(*values));
	if (values == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	note_times(pair, values, &timing);
	free(values);
	text_printable(timing.source, sizeof(timing.source), path, strlen(path));
	text_printable(timing.kind, sizeof(timing.kind), kind, strlen(kind));
	trace->timing = timing;
	trace->lacks &= ~(1U << TRACE_LACK_TIMING);
	return SIM_OK;
}

/* What is timed: a log without kernels, or else a trace of its own. */
struct timed {
	const char *path;
	const char *kind;
	struct log_marks log;
	struct trace trace;
	bool is_trace;
};

static enum sim_status find_marks(const struct timed *timed, const struct trace *trace,
				  enum timing_kind kind, struct pair *pair, struct sim_diag *diag)
{
	TRY(timing_marks_of_trace(trace, kind, &pair->traced, diag));
	if (timed->is_trace)
		return timing_marks_of_trace(&timed->trace, kind, &pair->timed, diag);
	TRY(timing_marks_of_log(&timed->log, kind, &pair->timed, diag));
	if (kind == TIMING_BY_RANGES && timed->log.replay_count > 0)
		timing_spans_of_graphs(trace, &pair->traced);
	return SIM_OK;
}

static enum sim_status time_with(const struct timed *timed, struct trace *trace,
				 struct sim_diag *diag)
{
	size_t counts[2][2] = {{0}};
	for (int kind = TIMING_BY_RANGES; kind <= TIMING_BY_REPLAYS; kind++) {
		struct pair pair = {0};
		bool found = false;
		enum sim_status status =
			find_marks(timed, trace, (enum timing_kind)kind, &pair, diag);
		if (status == SIM_OK && pair.timed.count > 1 && pair.traced.count > 1) {
			found = true;
			status = compare(&pair, timed->path, timed->kind, trace, diag);
		}
		counts[kind][0] = pair.timed.count;
		counts[kind][1] = pair.traced.count;
		pair_fini(&pair);
		if (found || status != SIM_OK)
			return status;
	}
	return diag_fail_at(diag, SIM_E_UNSUPPORTED, timed->path, 0,
			    "its steps cannot be told as those of the trace are: it has %zu ranges "
			    "that name steps and %zu launches of one graph, the trace has %zu and "
			    "%zu; at least 2 of one kind are needed in both",
			    counts[0][0], counts[1][0], counts[0][1], counts[1][1]);
}

static enum sim_status open_timed(struct timed *timed, struct sim_diag *diag)
{
	bool is_log;
	TRY(log_marks_is_log(timed->path, &is_log, diag));
	if (is_log) {
		TRY(log_marks_read(timed->path, &timed->log, diag));
		timed->kind = timed->log.features & LOG_IS_TIMING ? "ranges" : "graph level";
		if (timed->log.features & (LOG_IS_TIMING | LOG_IS_GRAPH_LEVEL))
			return SIM_OK;
		log_marks_fini(&timed->log);
	}
	timed->kind = "kernels";
	TRY(trace_read(timed->path, &timed->trace, diag));
	timed->is_trace = true;
	return SIM_OK;
}

enum sim_status trace_timing_read(const char *path, struct trace *trace, struct sim_diag *diag)
{
	struct timed *timed = calloc(1, sizeof(*timed));
	if (timed == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	timed->path = path;
	enum sim_status status = open_timed(timed, diag);
	if (status == SIM_OK)
		status = time_with(timed, trace, diag);
	if (timed->is_trace)
		trace_fini(&timed->trace);
	else
		log_marks_fini(&timed->log);
	free(timed);
	return status;
}

void trace_timing_given(struct trace *trace, int64_t step_ns)
{
	struct trace_timing timing = {
		.source = "given",
		.kind = "given",
		.step_ns = step_ns,
		.step_low_ns = step_ns,
		.step_high_ns = step_ns,
	};
	struct timing_marks marks = {.items = calloc(trace->step_count + 1, sizeof(*marks.items))};
	int64_t *values = calloc(trace->step_count + 1, sizeof(*values));
	if (marks.items != NULL && values != NULL) {
		timing_marks_of_steps(trace, &marks);
		if (marks.count > 1)
			timing.traced_step_ns = intervals(&marks, values).median;
		timing.traced_device_ns = device_span(&marks, values);
	}
	free(marks.items);
	free(values);
	trace->timing = timing;
	trace->lacks &= ~(1U << TRACE_LACK_TIMING);
}
