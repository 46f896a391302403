/* Streams of the event path: when a kernel may start, how it shares, and what its end sets off. */
#include <stdlib.h>

#include "sim/core/replay_event.h"

static enum sim_status schedule(struct events *run, int64_t time_ps, enum event_kind kind,
				uint32_t index)
{
	if (queue_push(&run->queue, time_ps, (uint32_t)kind << 8 | index) != SIM_OK)
		return events_nomem(run);
	return SIM_OK;
}

/* When the device could start ISSUE, as far as its stream goes. */
static int64_t ready_ps(const struct events *run, const struct event_stream *stream,
			const struct issue *issue)
{
	if (issue->flags & ISSUE_EAGER)
		return stream->end_ps + run->plan->machine->launch.stream_gap_ps;
	if (issue->flags & (ISSUE_FIRST | ISSUE_RECORDED))
		return stream->end_ps;
	int64_t hidden_ps =
		issue->hidden_ps < stream->duration_ps ? issue->hidden_ps : stream->duration_ps;
	return stream->end_ps + run->plan->one_launch.gap_ps - hidden_ps;
}

/*
 * Decide the start of the stream's head once everything it waits for is known. A start hidden
 * behind the predecessor may lie in the past: nobody could have seen it, for until now the
 * predecessor ran and a fixed latency uses nothing.
 */
static enum sim_status stream_try(struct events *run, uint32_t index)
{
	struct event_stream *stream = &run->streams[index];
	if (stream->busy || stream->first == stream->last)
		return SIM_OK;
	const struct issue *head = &stream->issues[stream->first & (stream->capacity - 1)];
	if (run->folded < head->barrier || !edges_met(run, stream, head)) {
		run->waiting += !stream->waiting;
		stream->waiting = true;
		return SIM_OK;
	}
	int64_t start_ps;
	stream->ready_ps = start_ps = ready_ps(run, stream, head);
	if (start_ps < head->arrival_ps)
		start_ps = head->arrival_ps;
	if (run->edge_first != NULL && start_ps < stream->edges_end_ps)
		start_ps = stream->edges_end_ps;
	if (stream->waiting && start_ps < run->now_ps)
		start_ps = run->now_ps;
	run->waiting -= stream->waiting;
	stream->waiting = false;
	stream->now = *head;
	stream->first++;
	stream->start_ps = start_ps;
	stream->busy = true;
	if (start_ps > run->now_ps)
		return schedule(run, start_ps, EVENT_START, index);
	return stream_start(run, index);
}

enum sim_status stream_push(struct events *run, uint32_t index, const struct issue *issue)
{
	struct event_stream *stream = &run->streams[index];
	if (stream->last - stream->first == stream->capacity) {
		size_t capacity = stream->capacity ? stream->capacity * 2 : 16;
		struct issue *issues = malloc(capacity * sizeof(*issues));
		if (issues == NULL)
			return events_nomem(run);
		for (uint64_t i = stream->first; i < stream->last; i++)
			issues[i & (capacity - 1)] = stream->issues[i & (stream->capacity - 1)];
		free(stream->issues);
		stream->issues = issues;
		stream->capacity = capacity;
	}
	stream->issues[stream->last++ & (stream->capacity - 1)] = *issue;
	return stream->busy || stream->waiting ? SIM_OK : stream_try(run, index);
}

static enum sim_status push_end(struct events *run, uint32_t index, int64_t end_ps)
{
	return end_ps < REPLAY_TIME_END ? schedule(run, end_ps, EVENT_END, index)
					: plan_fail_time(run->diag);
}

enum sim_status stream_start(struct events *run, uint32_t index)
{
	struct event_stream *stream = &run->streams[index];
	const struct issue *now = &stream->now;
	host_started(run, now);
	if (now->flags & ISSUE_RECORDED) {
		int64_t end_ps = 0;
		TRY(recorded_end(run, stream, &end_ps));
		return push_end(run, index, end_ps);
	}
	if (run->active++ == 0)
		run->busy_from_ps = run->now_ps;
	int64_t begin_ps = stream->start_ps + now->fixed_ps;
	fold_time(run, now->sequence)->start_ps = stream->start_ps;
	if (run->course->attribution.machine != NULL) {
		const struct attribution_item item = {
			.ready_ps = stream->ready_ps,
			.start_ps = stream->start_ps,
			.begin_ps = begin_ps,
			.kernel = &run->plan->program->kernels[now->kernel],
		};
		if (attribution_start(&run->course->attribution, &item, &stream->ticket) != SIM_OK)
			return events_nomem(run);
	}
	if (now->service_ps == 0)
		return push_end(run, index, begin_ps);
	if (begin_ps <= run->now_ps)
		return stream_join(run, index);
	return schedule(run, begin_ps, EVENT_STREAM, index);
}

/* Use of each resource at full rate, worked out only for kernels that meet another. */
static void use_of(const struct events *run, const struct issue *issue, double *use)
{
	const struct machine *machine = run->plan->machine;
	struct machine_demand demand;
	machine_demand(machine, &run->plan->program->kernels[issue->kernel], 1, &demand);
	double rate = 1 / (double)issue->service_ps;
	for (uint32_t r = 0; r < machine->resource_count; r++)
		use[r] = demand.work[r] * machine->resources[r].ps_per_unit * rate;
}

enum sim_status stream_join(struct events *run, uint32_t index)
{
	const struct issue *now = &run->streams[index].now;
	struct share *share = &run->share;
	double use[MACHINE_MAX_RESOURCES];
	bool alone = share->count == 0;
	if (share->count == 1 && !share->members[0].has_use) {
		use_of(run, &run->streams[share->members[0].owner].now, use);
		share_set_use(share, 0, use);
	}
	if (!alone)
		use_of(run, now, use);
	if (share_join(share, index, run->now_ps, now->service_ps, alone ? NULL : use) != SIM_OK)
		return events_nomem(run);
	return SIM_OK;
}

/* The kernel that ran on STREAM is over: what depends on it alone. */
static void close_kernel(struct events *run, struct event_stream *stream)
{
	const struct issue *now = &stream->now;
	struct tally *tally = &run->course->tally;
	stream->end_ps = run->now_ps;
	stream->duration_ps = run->now_ps - stream->start_ps;
	fold_time(run, now->sequence)->end_ps = run->now_ps;
	if (--run->active == 0)
		tally->busy_ps += (uint64_t)(run->now_ps - run->busy_from_ps);
	if (run->plan->program->kernels[now->kernel].flags & SIM_KERNEL_OPAQUE)
		tally->opaque_ps = sum_saturating(tally->opaque_ps, (uint64_t)stream->duration_ps);
	if (run->course->attribution.machine != NULL)
		attribution_end(&run->course->attribution, stream->ticket, run->now_ps);
	if (run->edge_first != NULL) {
		run->ended_passes[now->kernel] = now->pass + 1;
		run->ended_ps[now->kernel] = run->now_ps;
	}
}

enum sim_status stream_end(struct events *run, uint32_t index)
{
	struct event_stream *stream = &run->streams[index];
	if (stream->now.flags & ISSUE_RECORDED)
		TRY(recorded_close(run, stream));
	else
		close_kernel(run, stream);
	stream->busy = false;
	host_ended(run, stream);
	TRY(fold_ended(run));
	TRY(stream_try(run, index));
	for (uint32_t s = 0; run->waiting > 0 && s < run->stream_count; s++)
		if (run->streams[s].waiting)
			TRY(stream_try(run, s));
	return SIM_OK;
}
