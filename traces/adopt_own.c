/*
 * Work for replays of a graph from the same trace: before a program captures a step, it runs it,
 * and the kernels that ran then are the graph's.
 *
 * A replay is all kernels under one correlation id, at least LEAST and in a row. It takes
 * the work of the last LENGTH kernels in a row, outside replays and before it, whose signatures
 * (name, grid, block) are the same one by one: that many equal launches in one order are one
 * program on operands of one size. Nothing less is taken; a replay without its twin, or one whose
 * streams ran in another order, stays opaque. A replay like the one before takes what that one took.
 *
 * The search is Knuth's, Morris' and Pratt's: linear in the kernels, for at most MOST_GRAPHS
 * different replays.
 */
#include <stdlib.h>
#include <string.h>

#include "traces/work_rules.h"

enum { LEAST = 16, MOST_GRAPHS = 64 };

struct replay {
	size_t first, length;
};

struct own {
	struct trace *trace;
	uint32_t *outside; /* kernels that belong to no replay, in order */
	size_t outside_count;
	uint32_t *border; /* of the search */
	uint32_t *runs;	  /* correlation ids of runs, in order of id */
	size_t run_count;
	unsigned searches;
	uint64_t filled;
};

static bool alike(const struct trace *trace, size_t a, size_t b)
{
	const struct trace_detail *x = &trace->details[a], *y = &trace->details[b];
	return x->name == y->name && memcmp(x->grid, y->grid, sizeof(x->grid)) == 0 &&
	       memcmp(x->block, y->block, sizeof(x->block)) == 0;
}

/* The run of kernels under one correlation id that begins at FIRST. */
static struct replay replay_at(const struct trace *trace, size_t first)
{
	uint32_t correlation = trace->measured[first].correlation;
	size_t end = first + 1;
	while (correlation != 0 && end < trace->kernel_count &&
	       trace->measured[end].correlation == correlation)
		end++;
	return (struct replay){first, end - first};
}

static int by_value(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

/* True when no other kernels ran under the replay's id. */
static bool is_whole(const struct own *own, const struct replay *replay)
{
	uint32_t id = own->trace->measured[replay->first].correlation;
	const uint32_t *at = bsearch(&id, own->runs, own->run_count, sizeof(*own->runs), by_value);
	return at != NULL && (at == own->runs || at[-1] != id) &&
	       (at + 1 == own->runs + own->run_count || at[1] != id);
}

static bool lacks_work(const struct trace *trace, const struct replay *replay)
{
	for (size_t i = 0; i < replay->length; i++)
		if (trace->kernels[replay->first + i].flags & SIM_KERNEL_OPAQUE)
			return true;
	return false;
}

static bool same_replay(const struct trace *trace, const struct replay *a, const struct replay *b)
{
	if (a->length != b->length)
		return false;
	for (size_t i = 0; i < a->length; i++)
		if (!alike(trace, a->first + i, b->first + i))
			return false;
	return true;
}

static void find_borders(struct own *own, const struct replay *replay)
{
	size_t length = 0;
	own->border[0] = 0;
	for (size_t i = 1; i < replay->length; i++) {
		while (length > 0 && !alike(own->trace, replay->first + i, replay->first + length))
			length = own->border[length - 1];
		length += alike(own->trace, replay->first + i, replay->first + length);
		own->border[i] = (uint32_t)length;
	}
}

/* Where in OUTSIDE the last twin of REPLAY begins; SIZE_MAX: nowhere. */
static size_t find_twin(struct own *own, const struct replay *replay)
{
	size_t length = 0, found = SIZE_MAX;
	find_borders(own, replay);
	for (size_t i = 0; i < own->outside_count && own->outside[i] < replay->first; i++) {
		while (length > 0 && (length == replay->length ||
				      !alike(own->trace, own->outside[i], replay->first + length)))
			length = own->border[length - 1];
		length += alike(own->trace, own->outside[i], replay->first + length);
		if (length == replay->length &&
		    own->outside[i] - own->outside[i + 1 - length] == length - 1)
			found = i + 1 - length;
	}
	return found;
}

static enum sim_status fill(struct own *own, const struct replay *replay, const uint32_t *twin,
			    size_t first)
{
	for (size_t i = 0; i < replay->length; i++) {
		size_t kernel = replay->first + i, from = twin != NULL ? twin[i] : first + i;
		if (!(own->trace->kernels[kernel].flags & SIM_KERNEL_OPAQUE) ||
		    (own->trace->kernels[from].flags & SIM_KERNEL_OPAQUE))
			continue;
		TRY(work_take(own->trace, kernel, own->trace, from));
		own->filled++;
	}
	return SIM_OK;
}

static enum sim_status fill_replays(struct own *own)
{
	struct replay before = {0};
	struct trace *trace = own->trace;
	for (size_t i = 0; i < trace->kernel_count;) {
		struct replay replay = replay_at(trace, i);
		i += replay.length;
		if (replay.length < LEAST || !is_whole(own, &replay) || !lacks_work(trace, &replay))
			continue;
		if (same_replay(trace, &replay, &before)) {
			TRY(fill(own, &replay, NULL, before.first));
		} else if (own->searches++ < MOST_GRAPHS) {
			size_t twin = find_twin(own, &replay);
			if (twin != SIZE_MAX)
				TRY(fill(own, &replay, own->outside + twin, 0));
		}
		before = replay;
	}
	return SIM_OK;
}

static size_t longest_run(const struct trace *trace)
{
	size_t longest = 0;
	for (size_t i = 0; i < trace->kernel_count;) {
		struct replay run = replay_at(trace, i);
		longest = run.length > longest ? run.length : longest;
		i += run.length;
	}
	return longest;
}

static void collect(struct own *own)
{
	const struct trace *trace = own->trace;
	for (size_t i = 0; i < trace->kernel_count;) {
		struct replay run = replay_at(trace, i);
		own->runs[own->run_count++] = trace->measured[i].correlation;
		for (size_t k = 0; k < run.length && run.length < LEAST; k++)
			own->outside[own->outside_count++] = (uint32_t)(i + k);
		i += run.length;
	}
	qsort(own->runs, own->run_count, sizeof(*own->runs), by_value);
}

enum sim_status work_adopt_own(struct trace *trace, uint64_t *filled)
{
	struct own own = {.trace = trace};
	enum sim_status status = SIM_E_NOMEM;
	size_t longest = longest_run(trace);
	*filled = 0;
	if (longest < LEAST)
		return SIM_OK;
	own.outside = calloc(trace->kernel_count, sizeof(*own.outside));
	own.runs = calloc(trace->kernel_count, sizeof(*own.runs));
	if (own.outside == NULL || own.runs == NULL)
		goto out;
	collect(&own);
	status = SIM_OK;
	if (own.outside_count == 0)
		goto out;
	own.border = calloc(longest, sizeof(*own.border));
	status = own.border != NULL ? fill_replays(&own) : SIM_E_NOMEM;
out:
	free(own.outside);
	free(own.runs);
	free(own.border);
	*filled = own.filled;
	return status;
}
