/*
 * Event path: simulated time. The next thing to happen is the first event of the queue or the
 * first end among the kernels that share, the end first when both fall on one moment.
 */
#include <stdlib.h>

#include "sim/core/replay_event.h"

static enum sim_status streams_init(struct events *run)
{
	const struct sim_program *program = run->plan->program;
	run->streams = calloc(EVENT_STREAMS, sizeof(*run->streams));
	if (run->streams == NULL)
		return events_nomem(run);
	for (size_t s = 0; s < program->step_count; s++) {
		const struct sim_kernel *kernels = program->kernels + program->steps[s].first;
		census_add(&run->course->census, kernels, program->steps[s].count);
		for (uint32_t i = 0; i < program->steps[s].count; i++)
			run->streams[kernels[i].stream].used = true;
	}
	for (uint32_t s = 0; s < EVENT_STREAMS; s++) {
		if (run->streams[s].used)
			run->stream_count = s + 1;
		run->streams[s].end_ps = REPLAY_NEVER;
	}
	return SIM_OK;
}

static enum sim_status handle(struct events *run, const struct event *event)
{
	uint32_t payload = event_payload(event), index = payload & 255;
	switch ((enum event_kind)(payload >> 8)) {
	case EVENT_START:
		return stream_start(run, index);
	case EVENT_STREAM:
		return stream_join(run, index);
	case EVENT_END:
		return stream_end(run, index);
	case EVENT_HOST:
		run->hosts[index].state = HOST_RUNS;
		run->hosts_ready = true;
		return SIM_OK;
	}
	return diag_fail(run->diag, SIM_E_INTERNAL, "unknown event %u", payload);
}

static enum sim_status advance(struct events *run)
{
	struct queue *queue = &run->queue;
	struct share *share = &run->share;
	if (share->count > 0 && share->next_end_ps <= queue_first_ps(queue)) {
		if (share->next_end_ps >= REPLAY_TIME_END)
			return plan_fail_time(run->diag);
		run->now_ps = share->next_end_ps;
		return stream_end(run, share_leave(share));
	}
	const struct event event = queue_pop(queue);
	if (event.time_ps >= REPLAY_TIME_END)
		return plan_fail_time(run->diag);
	run->now_ps = event.time_ps;
	return handle(run, &event);
}

static enum sim_status simulate(struct events *run)
{
	TRY(streams_init(run));
	TRY(hosts_init(run));
	TRY(edges_init(run));
	TRY(hosts_run(run));
	while (queue_count(&run->queue) > 0 || run->share.count > 0) {
		TRY(advance(run));
		if (run->hosts_ready)
			TRY(hosts_run(run));
	}
	bool all_issued = run->pass == run->plan->repeat || run->plan->program->step_count == 0;
	if (!all_issued || run->folded < run->issued)
		return edges_fail(run);
	run->course->total_ps = run->clock_ps > run->last_end_ps ? run->clock_ps : run->last_end_ps;
	return SIM_OK;
}

enum sim_status replay_events(const struct replay_plan *plan, struct replay_course *course,
			      struct sim_diag *diag)
{
	struct events run = {
		.plan = plan, .course = course, .diag = diag, .last_end_ps = REPLAY_NEVER};
	queue_init(&run.queue);
	share_init(&run.share, plan->machine->resource_count);
	enum sim_status status = simulate(&run);
	for (uint32_t s = 0; run.streams != NULL && s < EVENT_STREAMS; s++)
		free(run.streams[s].issues);
	free(run.streams);
	for (uint32_t h = 0; run.hosts != NULL && h < run.host_count; h++)
		block_cache_fini(&run.hosts[h].cache);
	free(run.hosts);
	free(run.times);
	free(run.steps);
	free(run.edge_first);
	free(run.edge_before);
	free(run.ended_passes);
	free(run.ended_ps);
	share_fini(&run.share);
	queue_fini(&run.queue);
	return status;
}
