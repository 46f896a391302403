/* Host threads of the event path: launch cost, launch queue, synchronization, step boundaries. */
#include <stdlib.h>
#include <string.h>

#include "sim/core/replay_event.h"

/* Kernels that a host may be ahead of the device before it waits for simulated time to catch up. */
enum { HOST_AHEAD_KERNELS = 256 };

static uint8_t thread_of(const struct sim_program *program, uint32_t stream)
{
	return program->stream_thread == NULL ? 0 : program->stream_thread[stream];
}

/* Dense hosts in order of thread number, for the streams in use. */
enum sim_status hosts_init(struct events *run)
{
	const struct sim_program *program = run->plan->program;
	uint16_t host_of[EVENT_HOSTS] = {0};
	for (uint32_t s = 0; s < run->stream_count; s++)
		if (run->streams[s].used)
			host_of[thread_of(program, s)] = 1;
	for (uint32_t t = 0; t < EVENT_HOSTS; t++)
		if (host_of[t] != 0)
			host_of[t] = (uint16_t)run->host_count++;
	for (uint32_t s = 0; s < run->stream_count; s++)
		if (run->streams[s].used)
			run->streams[s].host = (uint8_t)host_of[thread_of(program, s)];
	run->hosts = calloc(run->host_count ? run->host_count : 1, sizeof(*run->hosts));
	if (run->hosts == NULL)
		return events_nomem(run);
	for (uint32_t h = 0; h < run->host_count; h++) {
		run->hosts[h].last_end_ps = REPLAY_NEVER;
		TRY(block_cache_init(&run->hosts[h].cache, run->plan, run->diag));
	}
	return SIM_OK;
}

void host_started(struct events *run, const struct issue *issue)
{
	struct event_host *host = &run->hosts[issue->host];
	host->backlog--;
	if (!(issue->flags & ISSUE_EAGER)) {
		if (run->launch_started == issue->barrier + 1)
			return;
		run->launch_started = issue->barrier + 1;
	}
	host->unstarted--;
	if (host->state != HOST_WAIT_QUEUE)
		return;
	if (host->clock_ps < run->now_ps)
		host->clock_ps = run->now_ps;
	host->state = HOST_RUNS;
	run->hosts_ready = true;
}

void host_ended(struct events *run, const struct event_stream *stream)
{
	struct event_host *host = &run->hosts[stream->host];
	host->last_end_ps = run->now_ps;
	if (--host->unended == 0 && host->state == HOST_WAIT_SYNC) {
		host->state = HOST_RUNS;
		run->hosts_ready = true;
	}
	run->last_end_ps = run->now_ps;
	if (--run->unended == 0)
		run->hosts_ready = true;
}

static enum sim_status charge(struct events *run, struct event_host *host, int64_t host_ps)
{
	struct tally *tally = &run->course->tally;
	tally->host_ps = sum_saturating(tally->host_ps, (uint64_t)host_ps);
	host->clock_ps += host_ps;
	host->charged = true;
	return host->clock_ps < REPLAY_TIME_END ? SIM_OK : plan_fail_time(run->diag);
}

/* May HOST issue what it was charged for? If not, its state says what it waits for. */
static enum sim_status may_issue(struct events *run, struct event_host *host, bool *may)
{
	*may = false;
	if (host->unstarted >= run->plan->machine->launch.queue_depth) {
		host->state = HOST_WAIT_QUEUE;
		return SIM_OK;
	}
	if (host->backlog >= HOST_AHEAD_KERNELS && host->clock_ps > run->now_ps) {
		host->state = HOST_AHEAD;
		if (queue_push(&run->queue, host->clock_ps,
			       EVENT_HOST << 8 | (uint32_t)(host - run->hosts)) != SIM_OK)
			return events_nomem(run);
		return SIM_OK;
	}
	*may = true;
	return SIM_OK;
}

static enum sim_status issue(struct events *run, struct event_host *host, uint32_t kernel,
			     struct issue *to)
{
	const struct sim_step *step = &run->plan->program->steps[run->step];
	struct event_stream *stream = &run->streams[run->plan->program->kernels[kernel].stream];
	const struct replay_block *block = block_of(run->plan, &host->cache, kernel);
	uint32_t slot = kernel - block->base;
	uint64_t all = (uint64_t)block->fixed_ps[slot] | (uint64_t)block->service_ps[slot];
	if (all >= (uint64_t)REPLAY_DURATION_END)
		return plan_fail_duration(kernel, run->diag);
	to->fixed_ps = block->fixed_ps[slot];
	to->service_ps = block->service_ps[slot];
	to->hidden_ps = block->hidden_ps[slot];
	to->sequence = run->step_sequence + (kernel - step->first);
	to->barrier = run->barrier;
	to->pass = run->pass;
	to->kernel = kernel;
	to->host = (uint8_t)(host - run->hosts);
	TRY(fold_reserve(run, to->sequence + 1));
	host->backlog++;
	run->hosts[stream->host].unended++;
	run->unended++;
	return stream_push(run, run->plan->program->kernels[kernel].stream, to);
}

static enum sim_status run_eager(struct events *run, struct event_host *host)
{
	const struct replay_plan *plan = run->plan;
	const struct sim_step *step = &plan->program->steps[run->step];
	uint32_t end = step->first + step->count;
	for (; host->next < end; host->next++) {
		const struct sim_kernel *kernel = &plan->program->kernels[host->next];
		struct issue to = {.flags = ISSUE_EAGER};
		bool may;
		if (&run->hosts[run->streams[kernel->stream].host] != host)
			continue;
		if (!host->charged) {
			if (kernel->flags & SIM_KERNEL_SYNC_BEFORE) {
				int64_t synced_ps =
					host->last_end_ps + plan->machine->launch.sync_ps;
				if (host->unended > 0) {
					host->state = HOST_WAIT_SYNC;
					return SIM_OK;
				}
				if (synced_ps > host->clock_ps)
					host->clock_ps = synced_ps;
			}
			const struct replay_block *block = block_of(plan, &host->cache, host->next);
			int64_t host_ps = block->host_ps[host->next - block->base];
			if ((uint64_t)host_ps >= (uint64_t)REPLAY_DURATION_END)
				return plan_fail_duration(host->next, run->diag);
			TRY(charge(run, host, host_ps));
		}
		TRY(may_issue(run, host, &may));
		if (!may)
			return SIM_OK;
		to.arrival_ps = host->clock_ps + plan->machine->launch.latency_ps;
		host->unstarted++;
		host->charged = false;
		TRY(issue(run, host, host->next, &to));
	}
	host->state = HOST_DONE;
	return SIM_OK;
}

static enum sim_status issue_all(struct events *run, struct event_host *host,
				 const struct sim_step *step)
{
	int64_t arrival_ps = host->clock_ps + plan_launch_latency_ps(run->plan, step->count);
	bool recorded = plan_follows_recording(run->plan, step);
	if (recorded) {
		/* its first kernel stands for all of them */
		struct issue to = {.arrival_ps = arrival_ps, .flags = ISSUE_RECORDED};
		TRY(fold_reserve(run, run->step_sequence + step->count));
		return issue(run, host, step->first, &to);
	}
	for (uint32_t i = 0; i < step->count; i++) {
		uint32_t kernel = step->first + i;
		struct event_stream *stream =
			&run->streams[run->plan->program->kernels[kernel].stream];
		struct issue to = {.arrival_ps = arrival_ps};
		if (stream->launch != run->step_sequence + 1)
			to.flags = ISSUE_FIRST;
		stream->launch = run->step_sequence + 1;
		TRY(issue(run, host, kernel, &to));
	}
	return SIM_OK;
}

/* One launch for the step, by the host of its first kernel's stream. */
static enum sim_status run_launched(struct events *run, struct event_host *host)
{
	const struct sim_program *program = run->plan->program;
	const struct sim_step *step = &program->steps[run->step];
	bool may;
	if (step->count == 0 || host->next > step->first ||
	    &run->hosts[run->streams[program->kernels[step->first].stream].host] != host) {
		host->state = HOST_DONE;
		return SIM_OK;
	}
	if (!host->charged)
		TRY(charge(run, host, plan_launch_host_ps(run->plan, step->count)));
	TRY(may_issue(run, host, &may));
	if (!may)
		return SIM_OK;
	host->unstarted++;
	host->charged = false;
	host->next = step->first + step->count;
	host->state = HOST_DONE;
	return issue_all(run, host, step);
}

/* Opens the next step; false when there is none. */
static bool open_step(struct events *run, enum sim_status *status)
{
	const struct sim_program *program = run->plan->program;
	if (run->pass == run->plan->repeat || program->step_count == 0)
		return false;
	const struct sim_step *step = &program->steps[run->step];
	bool launched = !plan_is_eager(run->plan, step);
	/* a step of one launch begins after all before it, and what follows begins after it */
	if (launched || run->last_was_launched)
		run->barrier = run->step_sequence;
	if (step->count > 0)
		run->last_was_launched = launched;
	run->step_open = true;
	for (uint32_t h = 0; h < run->host_count; h++) {
		run->hosts[h].clock_ps = run->clock_ps;
		run->hosts[h].next = step->first;
		run->hosts[h].state = HOST_RUNS;
	}
	*status = fold_open_step(run, step);
	return true;
}

static enum sim_status close_step(struct events *run)
{
	const struct sim_program *program = run->plan->program;
	const struct sim_step *step = &program->steps[run->step];
	int64_t synced_ps = run->last_end_ps + run->plan->machine->launch.sync_ps;
	for (uint32_t h = 0; h < run->host_count; h++)
		if (run->hosts[h].clock_ps > run->clock_ps)
			run->clock_ps = run->hosts[h].clock_ps;
	if (step->ends_in_sync && synced_ps > run->clock_ps)
		run->clock_ps = synced_ps;
	if (run->clock_ps >= REPLAY_TIME_END)
		return plan_fail_time(run->diag);
	run->step_open = false;
	run->step_sequence += step->count;
	if (++run->step == program->step_count) {
		run->step = 0;
		run->pass++;
	}
	return fold_close_step(run, run->clock_ps);
}

enum sim_status hosts_run(struct events *run)
{
	enum sim_status status = SIM_OK;
	for (;;) {
		bool done = true;
		run->hosts_ready = false;
		if (!run->step_open && !open_step(run, &status))
			return SIM_OK;
		TRY(status);
		const struct sim_step *step = &run->plan->program->steps[run->step];
		bool eager = plan_is_eager(run->plan, step);
		for (uint32_t h = 0; h < run->host_count; h++) {
			struct event_host *host = &run->hosts[h];
			if (host->state == HOST_RUNS)
				TRY(eager ? run_eager(run, host) : run_launched(run, host));
			done = done && host->state == HOST_DONE;
		}
		if (!done || (step->ends_in_sync && run->unended > 0))
			return SIM_OK;
		TRY(close_step(run));
	}
}
