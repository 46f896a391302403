/*
 * Closed form: adds demands, keeps no timeline.
 *
 * Everything is taken as one stream and one host. Two numbers are carried: the host's clock H and
 * the device's end D. A step of one launch (graph, pdl, megakernel) of n kernels adds
 *     H += host(n),  D = max(H + latency(n), D) + sum(duration) + (n - 1) gap - sum(overlap),
 * which is the simulation itself. Eager kernels of a step between two waits of the host go
 * together: D = max(H_1 + latency + S, D + gap + S, H_n + latency + duration_n), S = sum(duration)
 * + (n - 1) gap, with H_i the host's clock after issuing i of them unhindered. These are three of
 * the paths of the simulation's longest-path problem: device never waits for the host after the
 * first kernel, and device waits at the last one. Where one of them is the longest - one side never
 * waits for the other - the form is exact. A wait is H = max(H, D + sync).
 *
 * On one stream it is never above the simulation (every term is a path of it, and all operations
 * are monotone); it is equal where every step has one launch and either ends in a sync or the
 * launch queue never fills. On several streams kernels may overlap, and nothing is promised.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/core/replay_plan.h"

struct closed {
	const struct replay_plan *plan;
	int64_t clock_ps;
	int64_t end_ps;
	/* eager kernels since the last wait or step */
	bool open;
	int64_t first_clock_ps; /* after issuing the first */
	int64_t sum_ps;		/* S so far */
	int64_t last_ps;	/* duration of the last */
	int64_t step_start_ps;	/* of the step's first kernel; INT64_MAX before it */
	struct sums {
		uint64_t busy_ps, span_ps, host_ps, opaque_ps;
	} sums;
	struct census census;
	struct block_cache cache;
	const struct replay_block *block; /* of the kernels at hand */
};

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void close_run(struct closed *closed)
{
	const struct machine_launch *launch = &closed->plan->machine->launch;
	if (!closed->open)
		return;
	int64_t first_ps = later(closed->first_clock_ps + launch->latency_ps,
				 closed->end_ps + launch->stream_gap_ps);
	if (closed->step_start_ps == INT64_MAX)
		closed->step_start_ps = first_ps;
	closed->end_ps = later(first_ps + closed->sum_ps,
			       closed->clock_ps + launch->latency_ps + closed->last_ps);
	closed->open = false;
}

static void wait(struct closed *closed)
{
	close_run(closed);
	closed->clock_ps =
		later(closed->clock_ps, closed->end_ps + closed->plan->machine->launch.sync_ps);
}

/* Eager kernels FROM .. TO of the block, none of which waits before it except perhaps FROM. */
static void add_eager(struct closed *closed, uint32_t from, uint32_t to)
{
	const struct replay_block *block = closed->block;
	int64_t gap_ps = closed->plan->machine->launch.stream_gap_ps, host_ps = 0, sum_ps = 0;
	for (uint32_t i = from; i < to; i++) {
		host_ps += block->host_ps[i];
		sum_ps += block->fixed_ps[i] + block->service_ps[i];
	}
	closed->sums.busy_ps += (uint64_t)sum_ps;
	closed->sums.host_ps += (uint64_t)host_ps;
	sum_ps += (int64_t)(to - from) * gap_ps;
	if (!closed->open) {
		closed->first_clock_ps = closed->clock_ps + block->host_ps[from];
		closed->sum_ps = -gap_ps;
		closed->open = true;
	}
	closed->clock_ps += host_ps;
	closed->sum_ps += sum_ps;
	closed->last_ps = block->fixed_ps[to - 1] + block->service_ps[to - 1];
}

static void add_eager_waits(struct closed *closed, uint32_t from, uint32_t to)
{
	const struct sim_kernel *kernels = closed->plan->program->kernels + closed->block->base;
	uint32_t begin = from;
	for (uint32_t i = from; i < to; i++) {
		if (!(kernels[i].flags & SIM_KERNEL_SYNC_BEFORE))
			continue;
		if (i > begin)
			add_eager(closed, begin, i);
		wait(closed);
		begin = i;
	}
	if (to > begin)
		add_eager(closed, begin, to);
}

/* Kernels FROM .. TO of the block of a step of one launch, each after the one before it. */
static void add_launched(struct closed *closed, uint32_t from, uint32_t to, bool first)
{
	const struct replay_block *block = closed->block;
	int64_t before_ps = first ? 0 : closed->last_ps, gap_ps = closed->plan->one_launch.gap_ps;
	int64_t sum_ps = 0, busy_ps = 0;
	for (uint32_t i = from; i < to; i++) {
		int64_t duration_ps = block->fixed_ps[i] + block->service_ps[i];
		int64_t hidden_ps =
			before_ps < block->hidden_ps[i] ? before_ps : block->hidden_ps[i];
		int64_t shift_ps = gap_ps - hidden_ps;
		sum_ps += duration_ps + shift_ps;
		busy_ps += duration_ps + (shift_ps < 0 ? shift_ps : 0);
		before_ps = duration_ps;
	}
	/* the first comes without gap; nothing is hidden before it, for before_ps was 0 */
	closed->end_ps += first ? sum_ps - gap_ps : sum_ps;
	closed->sums.busy_ps += (uint64_t)busy_ps;
	closed->last_ps = before_ps;
}

/* The same after the recording: a kernel moves the end by gap + duration, but never back. */
static void add_recorded(struct closed *closed, uint32_t from, uint32_t to, bool first)
{
	const struct replay_block *block = closed->block;
	const int32_t *gap_ns = closed->plan->program->recorded_gap_ns + block->base;
	for (uint32_t i = from; i < to; i++) {
		int64_t gap_ps = first && i == from ? 0 : gap_ns[i] * INT64_C(1000);
		int64_t moved_ps = later(0, gap_ps + block->fixed_ps[i]);
		closed->end_ps += moved_ps;
		closed->sums.busy_ps += (uint64_t)(gap_ps > 0 ? block->fixed_ps[i] : moved_ps);
	}
}

enum { SMALL_BITS = 52 }; /* durations below 2^52 ps: a block of them adds up below 2^60 */

static uint32_t chunk_end(const struct closed *closed, uint32_t from, uint32_t to)
{
	const struct replay_plan *plan = closed->plan;
	uint64_t bits = closed->block->bits | (uint64_t)plan->machine->launch.stream_gap_ps |
			(uint64_t)plan->one_launch.gap_ps;
	return bits >> SMALL_BITS == 0 ? to : from + 1;
}

static void add_opaque(struct closed *closed, uint32_t from, uint32_t to)
{
	const struct replay_block *block = closed->block;
	const struct sim_kernel *kernels = closed->plan->program->kernels + block->base;
	for (uint32_t i = from; block->any_opaque && i < to; i++)
		if (kernels[i].flags & SIM_KERNEL_OPAQUE)
			closed->sums.opaque_ps = sum_saturating(
				closed->sums.opaque_ps,
				(uint64_t)(block->fixed_ps[i] + block->service_ps[i]));
}

static void begin_launched(struct closed *closed, const struct sim_step *step)
{
	int64_t host_ps = plan_launch_host_ps(closed->plan, step->count);
	closed->sums.host_ps += (uint64_t)host_ps;
	closed->clock_ps += host_ps;
	closed->end_ps = later(closed->clock_ps + plan_launch_latency_ps(closed->plan, step->count),
			       closed->end_ps);
	closed->step_start_ps = closed->end_ps;
}

static enum sim_status add_kernels(struct closed *closed, const struct sim_step *step, bool count,
				   struct sim_diag *diag)
{
	const struct replay_plan *plan = closed->plan;
	bool eager = plan_is_eager(plan, step), recorded = plan_follows_recording(plan, step);
	uint32_t at = step->first, end = step->first + step->count;
	while (at < end) {
		const struct replay_block *block = block_of(plan, &closed->cache, at);
		closed->block = block;
		uint32_t from = at - block->base, left = block->count - from;
		uint32_t to = left < end - at ? block->count : from + end - at;
		to = chunk_end(closed, from, to);
		bool first = at == step->first;
		uint32_t bad = block_bad_between(block, at, block->base + to);
		if (bad != UINT32_MAX)
			return plan_fail_duration(bad, diag);
		at = block->base + to;
		if (count)
			census_add(&closed->census, plan->program->kernels + block->base + from,
				   to - from);
		add_opaque(closed, from, to);
		if (eager)
			add_eager_waits(closed, from, to);
		else if (recorded)
			add_recorded(closed, from, to, first);
		else
			add_launched(closed, from, to, first);
		if (closed->end_ps >= REPLAY_TIME_END || closed->clock_ps >= REPLAY_TIME_END ||
		    (closed->open && closed->sum_ps >= REPLAY_TIME_END))
			return plan_fail_time(diag);
	}
	return SIM_OK;
}

static enum sim_status add_pass(struct closed *closed, bool count, struct sim_diag *diag)
{
	const struct sim_program *program = closed->plan->program;
	for (size_t s = 0; s < program->step_count; s++) {
		const struct sim_step *step = &program->steps[s];
		closed->step_start_ps = INT64_MAX;
		if (!plan_is_eager(closed->plan, step) && step->count > 0)
			begin_launched(closed, step);
		TRY(add_kernels(closed, step, count, diag));
		close_run(closed);
		if (step->count > 0)
			closed->sums.span_ps =
				sum_saturating(closed->sums.span_ps,
					       (uint64_t)(closed->end_ps - closed->step_start_ps));
		if (step->ends_in_sync)
			wait(closed);
		if (later(closed->end_ps, closed->clock_ps) >= REPLAY_TIME_END)
			return plan_fail_time(diag);
	}
	return SIM_OK;
}

static bool add_times(uint64_t *sum, uint64_t before, uint64_t times)
{
	uint64_t more;
	return !__builtin_mul_overflow(*sum - before, times, &more) &&
	       !__builtin_add_overflow(*sum, more, sum);
}

/* TIMES passes more, each like the one that began with clock, end and sums as given. */
static enum sim_status repeat_pass(struct closed *closed, int64_t clock_ps, int64_t end_ps,
				   const struct sums *before, uint64_t times, struct sim_diag *diag)
{
	struct sums *sums = &closed->sums;
	uint64_t clock = (uint64_t)closed->clock_ps, end = (uint64_t)closed->end_ps;
	bool fits = add_times(&clock, (uint64_t)clock_ps, times) &&
		    add_times(&end, (uint64_t)end_ps, times) &&
		    add_times(&sums->busy_ps, before->busy_ps, times) &&
		    add_times(&sums->span_ps, before->span_ps, times) &&
		    add_times(&sums->host_ps, before->host_ps, times) &&
		    add_times(&sums->opaque_ps, before->opaque_ps, times);
	if (!fits || clock >= (uint64_t)REPLAY_TIME_END || end >= (uint64_t)REPLAY_TIME_END)
		return plan_fail_time(diag);
	closed->clock_ps = (int64_t)clock;
	closed->end_ps = (int64_t)end;
	return SIM_OK;
}

/*
 * A pass depends on what was before only through D - H. Once a pass leaves that as it found it, all
 * that follow are its copies.
 */
static enum sim_status add_passes(struct closed *closed, struct sim_diag *diag)
{
	for (uint64_t pass = 0; pass < closed->plan->repeat; pass++) {
		int64_t clock_ps = closed->clock_ps, end_ps = closed->end_ps;
		struct sums before = closed->sums;
		TRY(add_pass(closed, pass == 0, diag));
		if (closed->plan->step_kernels == 0)
			return SIM_OK;
		if (end_ps >= 0 && closed->end_ps - end_ps == closed->clock_ps - clock_ps)
			return repeat_pass(closed, clock_ps, end_ps, &before,
					   closed->plan->repeat - pass - 1, diag);
	}
	return SIM_OK;
}

static int64_t mean(uint64_t sum, uint64_t steps)
{
	uint64_t value = sum / steps;
	return value < (uint64_t)REPLAY_TIME_END ? (int64_t)value : REPLAY_TIME_END;
}

static void finish(const struct closed *closed, struct replay_result *result)
{
	const struct replay_plan *plan = closed->plan;
	uint64_t steps = plan->program->step_count * plan->repeat;
	result->kernels = plan->step_kernels * plan->repeat;
	result->steps = steps;
	result->total_ps = later(closed->clock_ps, closed->end_ps);
	census_finish(&closed->census, plan, result);
	if (steps == 0)
		return;
	result->step_ps = result->total_ps / (int64_t)steps;
	result->device_span_ps = mean(closed->sums.span_ps, steps);
	result->device_busy_ps = mean(closed->sums.busy_ps, steps);
	result->host_ps = mean(closed->sums.host_ps, steps);
	result->opaque_ps = mean(closed->sums.opaque_ps, steps);
}

enum sim_status closed_form_run(const struct sim_program *program, const struct machine *machine,
				const struct replay_options *options, struct replay_result *result,
				struct sim_diag *diag)
{
	struct replay_plan plan;
	memset(result, 0, sizeof(*result));
	TRY(plan_init(&plan, program, machine, options, diag));
	struct closed *closed = calloc(1, sizeof(*closed));
	if (closed == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	closed->plan = &plan;
	closed->end_ps = REPLAY_NEVER;
	enum sim_status status = block_cache_init(&closed->cache, &plan, diag);
	if (status == SIM_OK)
		status = add_passes(closed, diag);
	block_cache_fini(&closed->cache);
	if (status == SIM_OK)
		finish(closed, result);
	free(closed);
	return status;
}
