/*
 * Steps that follow the recorded gaps, on the event path. Such a step begins when all before it has
 * ended and nothing else runs beside it; its kernels are played one after another twice: when it
 * starts, to know its end, and when it ends, to tell what happened.
 */
#include "sim/core/replay_event.h"

/* The step that STREAM plays: all before it is told, so it is the oldest record. */
static const struct sim_step *step_of(const struct events *run)
{
	return run->steps[run->first_step & (run->step_capacity - 1)].step;
}

static enum sim_status play(struct events *run, const struct event_stream *stream, uint32_t kernel,
			    struct recording *at)
{
	const struct replay_block *block =
		block_of(run->plan, &run->hosts[stream->now.host].cache, kernel);
	int64_t duration_ps = block->fixed_ps[kernel - block->base];
	if ((uint64_t)duration_ps >= (uint64_t)REPLAY_DURATION_END)
		return plan_fail_duration(kernel, run->diag);
	recording_next(run->plan, kernel, kernel == stream->now.kernel, duration_ps, at);
	return at->end_ps < REPLAY_TIME_END ? SIM_OK : plan_fail_time(run->diag);
}

enum sim_status recorded_end(struct events *run, const struct event_stream *stream, int64_t *end_ps)
{
	struct recording at = {stream->start_ps, 0, 0};
	uint32_t count = step_of(run)->count;
	for (uint32_t i = 0; i < count; i++)
		TRY(play(run, stream, stream->now.kernel + i, &at));
	*end_ps = at.latest_end_ps;
	return SIM_OK;
}

static void tell(struct events *run, uint32_t kernel, uint64_t sequence, int64_t ready_ps,
		 const struct recording *at)
{
	struct attribution *attribution = &run->course->attribution;
	struct tally *tally = &run->course->tally;
	const struct attribution_item item = {
		.ready_ps = ready_ps,
		.start_ps = at->start_ps,
		.begin_ps = at->end_ps,
		.end_ps = at->end_ps,
		.kernel = &run->plan->program->kernels[kernel],
	};
	*fold_time(run, sequence) = (struct kernel_time){at->start_ps, at->end_ps};
	if (item.kernel->flags & SIM_KERNEL_OPAQUE)
		tally->opaque_ps =
			sum_saturating(tally->opaque_ps, (uint64_t)(at->end_ps - at->start_ps));
	if (attribution->machine != NULL)
		attribution_add(attribution, &item);
}

enum sim_status recorded_close(struct events *run, const struct event_stream *stream)
{
	const struct issue *now = &stream->now;
	struct recording at = {stream->start_ps, 0, 0};
	int64_t busy_end_ps = stream->start_ps;
	uint32_t count = step_of(run)->count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t kernel = now->kernel + i;
		TRY(play(run, stream, kernel, &at));
		tell(run, kernel, now->sequence + i, i == 0 ? stream->ready_ps : at.start_ps, &at);
		int64_t from_ps = at.start_ps > busy_end_ps ? at.start_ps : busy_end_ps;
		if (at.end_ps > from_ps) {
			run->course->tally.busy_ps += (uint64_t)(at.end_ps - from_ps);
			busy_end_ps = at.end_ps;
		}
		if (run->edge_first != NULL) {
			run->ended_passes[kernel] = now->pass + 1;
			run->ended_ps[kernel] = at.end_ps;
		}
	}
	for (uint32_t s = 0; s < run->stream_count; s++) {
		run->streams[s].end_ps = run->now_ps;
		run->streams[s].duration_ps = 0;
	}
	for (uint32_t h = 0; h < run->host_count; h++)
		run->hosts[h].last_end_ps = run->now_ps;
	return SIM_OK;
}
