/*
 * Edges between streams. An edge holds within one pass over the program; a kernel knows in how many
 * passes it has ended, so that a stream that runs a pass ahead does not meet the next pass's edges
 * for the one behind it.
 */
#include <stdlib.h>

#include "sim/core/replay_event.h"

static enum sim_status edges_index(struct events *run)
{
	const struct sim_program *program = run->plan->program;
	size_t count = program->kernel_count, *first = run->edge_first;
	for (size_t e = 0; e < program->edge_count; e++) {
		const struct sim_edge *edge = &program->edges[e];
		if (edge->before >= count || edge->after >= count)
			return diag_fail(run->diag, SIM_E_RANGE,
					 "edge to a kernel that is not there: 'edge %zu'", e);
		first[edge->after + 1]++;
	}
	for (size_t k = 0; k < count; k++)
		first[k + 1] += first[k];
	for (size_t e = program->edge_count; e-- > 0;) {
		const struct sim_edge *edge = &program->edges[e];
		run->edge_before[--first[edge->after + 1]] = edge->before;
	}
	/* first[k + 1] is now where k's begin */
	for (size_t k = 0; k < count; k++)
		first[k] = first[k + 1];
	first[count] = program->edge_count;
	return SIM_OK;
}

enum sim_status edges_init(struct events *run)
{
	const struct sim_program *program = run->plan->program;
	size_t count = program->kernel_count;
	if (program->edge_count == 0)
		return SIM_OK;
	run->edge_first = calloc(count + 1, sizeof(*run->edge_first));
	run->edge_before = calloc(program->edge_count, sizeof(*run->edge_before));
	run->ended_passes = malloc((count + 1) * sizeof(*run->ended_passes));
	run->ended_ps = malloc((count + 1) * sizeof(*run->ended_ps));
	if (run->edge_first == NULL || run->edge_before == NULL || run->ended_passes == NULL ||
	    run->ended_ps == NULL)
		return events_nomem(run);
	for (size_t k = 0; k < count; k++) {
		run->ended_passes[k] = UINT64_MAX; /* in no step: never waited for */
		run->ended_ps[k] = REPLAY_NEVER;
	}
	for (size_t s = 0; s < program->step_count; s++)
		for (uint32_t i = 0; i < program->steps[s].count; i++)
			run->ended_passes[program->steps[s].first + i] = 0;
	return edges_index(run);
}

bool edges_met(const struct events *run, struct event_stream *stream, const struct issue *issue)
{
	stream->edges_end_ps = REPLAY_NEVER;
	if (run->edge_first == NULL)
		return true;
	for (size_t e = run->edge_first[issue->kernel]; e < run->edge_first[issue->kernel + 1];
	     e++) {
		uint32_t before = run->edge_before[e];
		if (run->ended_passes[before] <= issue->pass)
			return false;
		if (run->ended_ps[before] > stream->edges_end_ps)
			stream->edges_end_ps = run->ended_ps[before];
	}
	return true;
}

/* Nothing moves any more, yet kernels are left: name one that waits and what for. */
enum sim_status edges_fail(const struct events *run)
{
	for (uint32_t s = 0; s < run->stream_count; s++) {
		const struct event_stream *stream = &run->streams[s];
		if (!stream->waiting || run->edge_first == NULL)
			continue;
		const struct issue *head = &stream->issues[stream->first & (stream->capacity - 1)];
		for (size_t e = run->edge_first[head->kernel];
		     e < run->edge_first[head->kernel + 1]; e++)
			if (run->ended_passes[run->edge_before[e]] <= head->pass)
				return diag_fail(
					run->diag, SIM_E_PARSE,
					"edges form a cycle: 'kernel %u' waits for 'kernel "
					"%u', which waits for it (through edges, its "
					"stream or the host)",
					head->kernel, run->edge_before[e]);
	}
	return diag_fail(run->diag, SIM_E_INTERNAL, "replay stopped early at kernel %llu",
			 (unsigned long long)run->folded);
}
