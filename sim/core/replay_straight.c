/*
 * Straight line: one stream, no edges. Then nothing overlaps that shares (under pdl only a fixed
 * latency runs beside the kernel before: streaming begins at start + fixed, which is at or after
 * the predecessor's end because the overlap is at most the fixed latency), so each kernel's end
 * follows from its predecessor's by a few additions and no event is needed.
 *
 * Steps that follow a recording are a straight line whatever their streams and edges.
 */
#include <stdlib.h>

#include "sim/core/replay_plan.h"
#include "sim/core/replay_tally.h"

struct straight {
	const struct replay_plan *plan;
	struct replay_course *course;
	int64_t clock_ps;	  /* of the host */
	int64_t start_ps, end_ps; /* of the kernel before */
	int64_t busy_end_ps;	  /* union of kernel intervals so far ends here */
	int64_t *started_ps;	  /* ring of the last queue_depth launches' starts, or NULL */
	uint32_t slot;
	int16_t stream; /* -1: none seen */
	bool first_pass;
	struct block_cache cache;
	const struct replay_block *block; /* of the kernels at hand */
};

/* A ring is needed only if more than queue_depth launches can be issued between two syncs. */
static enum sim_status ring_init(struct straight *line, struct sim_diag *diag)
{
	const struct replay_plan *plan = line->plan;
	uint64_t depth = plan->machine->launch.queue_depth, most = 0, run = 0;
	for (size_t s = 0; s < plan->program->step_count; s++) {
		const struct sim_step *step = &plan->program->steps[s];
		run += plan_is_eager(plan, step) ? step->count : 1;
		most = run > most ? run : most;
		run = step->ends_in_sync ? 0 : run;
	}
	if (run > 0) /* the last step does not wait: the next pass goes on */
		most = UINT64_MAX;
	if (most <= depth)
		return SIM_OK;
	line->started_ps = malloc((size_t)depth * sizeof(*line->started_ps));
	if (line->started_ps == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (uint64_t i = 0; i < depth; i++)
		line->started_ps[i] = REPLAY_NEVER;
	return SIM_OK;
}

/* The host waits for a place in the launch queue. */
static inline int64_t queue_wait(const struct straight *line, int64_t clock_ps)
{
	if (line->started_ps == NULL || line->started_ps[line->slot] <= clock_ps)
		return clock_ps;
	return line->started_ps[line->slot];
}

static inline void queue_started(struct straight *line, int64_t start_ps)
{
	if (line->started_ps == NULL)
		return;
	line->started_ps[line->slot] = start_ps;
	if (++line->slot == line->plan->machine->launch.queue_depth)
		line->slot = 0;
}

struct played {
	int64_t ready_ps, start_ps, begin_ps, end_ps;
};

static void write_kernel(struct straight *line, uint32_t kernel, const struct played *played)
{
	const struct replay_options *options = line->plan->options;
	if (line->first_pass && options->start_ps != NULL)
		options->start_ps[kernel] = played->start_ps;
	if (line->first_pass && options->end_ps != NULL)
		options->end_ps[kernel] = played->end_ps;
	if (line->course->attribution.machine == NULL)
		return;
	const struct attribution_item item = {
		.ready_ps = played->ready_ps,
		.start_ps = played->start_ps,
		.begin_ps = played->begin_ps,
		.end_ps = played->end_ps,
		.kernel = &line->plan->program->kernels[kernel],
	};
	attribution_add(&line->course->attribution, &item);
}

/* Kernels that are watched cost a call each; the others a few instructions. */
static inline void kernel_done(struct straight *line, struct tally *tally, uint32_t kernel,
			       const struct played *played, bool watched)
{
	tally_kernel(tally, played->start_ps, played->end_ps);
	int64_t from_ps =
		played->start_ps > line->busy_end_ps ? played->start_ps : line->busy_end_ps;
	if (played->end_ps > from_ps) {
		tally->busy_ps += (uint64_t)(played->end_ps - from_ps);
		line->busy_end_ps = played->end_ps;
	}
	if (line->plan->program->kernels[kernel].flags & SIM_KERNEL_OPAQUE)
		tally->opaque_ps = sum_saturating(tally->opaque_ps,
						  (uint64_t)(played->end_ps - played->start_ps));
	if (watched)
		write_kernel(line, kernel, played);
}

static bool is_watched(const struct straight *line)
{
	const struct replay_options *options = line->plan->options;
	return line->course->attribution.machine != NULL ||
	       (line->first_pass && (options->start_ps != NULL || options->end_ps != NULL));
}

/* Kernels FROM .. TO of an eager step, all in the block. False: time ran out. */
static bool play_eager(struct straight *line, uint32_t from, uint32_t to)
{
	const struct machine_launch *launch = &line->plan->machine->launch;
	const struct sim_kernel *kernels = line->plan->program->kernels;
	const struct replay_block *block = line->block;
	struct tally tally = line->course->tally;
	struct played at = {0};
	bool watched = is_watched(line);
	int64_t clock_ps = line->clock_ps, end_ps = line->end_ps;
	for (uint32_t kernel = from; kernel < to; kernel++) {
		uint32_t i = kernel - block->base;
		if (kernels[kernel].flags & SIM_KERNEL_SYNC_BEFORE &&
		    end_ps + launch->sync_ps > clock_ps)
			clock_ps = end_ps + launch->sync_ps;
		tally.host_ps += (uint64_t)block->host_ps[i];
		clock_ps = queue_wait(line, clock_ps + block->host_ps[i]);
		at.ready_ps = end_ps + launch->stream_gap_ps;
		at.start_ps = clock_ps + launch->latency_ps;
		if (at.start_ps < at.ready_ps)
			at.start_ps = at.ready_ps;
		at.begin_ps = at.start_ps + block->fixed_ps[i];
		end_ps = at.end_ps = at.begin_ps + block->service_ps[i];
		if (end_ps >= REPLAY_TIME_END)
			return false;
		queue_started(line, at.start_ps);
		kernel_done(line, &tally, kernel, &at, watched);
	}
	line->clock_ps = clock_ps;
	line->start_ps = at.start_ps;
	line->end_ps = end_ps;
	line->course->tally = tally;
	return true;
}

/* The same for a step of one launch; the step's first kernel arrives at ARRIVAL_PS. */
static bool play_launched(struct straight *line, uint32_t from, uint32_t to, bool first,
			  int64_t arrival_ps)
{
	const struct replay_block *block = line->block;
	struct tally tally = line->course->tally;
	struct played at = {.start_ps = line->start_ps, .end_ps = line->end_ps};
	int64_t gap_ps = line->plan->one_launch.gap_ps;
	bool watched = is_watched(line);
	for (uint32_t kernel = from; kernel < to; kernel++) {
		uint32_t i = kernel - block->base;
		int64_t before_ps = at.end_ps - at.start_ps;
		int64_t hidden_ps =
			block->hidden_ps[i] < before_ps ? block->hidden_ps[i] : before_ps;
		at.ready_ps = at.end_ps + gap_ps - hidden_ps;
		at.start_ps = at.ready_ps;
		if (kernel == from && first) {
			at.ready_ps = at.end_ps;
			at.start_ps = arrival_ps > at.end_ps ? arrival_ps : at.end_ps;
			queue_started(line, at.start_ps);
		}
		at.begin_ps = at.start_ps + block->fixed_ps[i];
		at.end_ps = at.begin_ps + block->service_ps[i];
		if (at.end_ps >= REPLAY_TIME_END)
			return false;
		kernel_done(line, &tally, kernel, &at, watched);
	}
	line->start_ps = at.start_ps;
	line->end_ps = at.end_ps;
	line->course->tally = tally;
	return true;
}

/* The same for a step that follows the recording. */
static bool play_recording(struct straight *line, uint32_t from, uint32_t to, bool first,
			   int64_t arrival_ps)
{
	const struct replay_block *block = line->block;
	struct recording at = {line->start_ps, line->end_ps, line->end_ps};
	if (first) {
		at.start_ps = arrival_ps > line->end_ps ? arrival_ps : line->end_ps;
		queue_started(line, at.start_ps);
	}
	for (uint32_t kernel = from; kernel < to; kernel++) {
		bool opens = first && kernel == from;
		int64_t ready_ps = at.latest_end_ps;
		recording_next(line->plan, kernel, opens, block->fixed_ps[kernel - block->base],
			       &at);
		if (at.end_ps >= REPLAY_TIME_END)
			return false;
		struct played played = {opens ? ready_ps : at.start_ps, at.start_ps, at.end_ps,
					at.end_ps};
		kernel_done(line, &line->course->tally, kernel, &played, is_watched(line));
	}
	line->start_ps = at.start_ps;
	line->end_ps = at.latest_end_ps;
	return true;
}

static bool one_stream(struct straight *line, uint32_t from, uint32_t to)
{
	const struct sim_kernel *kernels = line->plan->program->kernels;
	unsigned other = 0;
	if (line->stream < 0)
		line->stream = kernels[from].stream;
	for (uint32_t kernel = from; kernel < to; kernel++)
		other |= kernels[kernel].stream ^ (unsigned)line->stream;
	return other == 0;
}

enum launch_kind { EAGER, LAUNCHED, RECORDED };

static enum launch_kind kind_of(const struct replay_plan *plan, const struct sim_step *step)
{
	if (plan_is_eager(plan, step))
		return EAGER;
	return plan_follows_recording(plan, step) ? RECORDED : LAUNCHED;
}

static int64_t launch_step(struct straight *line, const struct sim_step *step)
{
	int64_t host_ps = plan_launch_host_ps(line->plan, step->count);
	line->course->tally.host_ps += (uint64_t)host_ps;
	line->clock_ps = queue_wait(line, line->clock_ps + host_ps);
	return line->clock_ps + plan_launch_latency_ps(line->plan, step->count);
}

static enum sim_status play_kernels(struct straight *line, const struct sim_step *step, bool *fits,
				    struct sim_diag *diag)
{
	enum launch_kind kind = kind_of(line->plan, step);
	uint32_t from = step->first, end = step->first + step->count;
	int64_t arrival_ps = kind == EAGER || step->count == 0 ? 0 : launch_step(line, step);
	while (from < end && *fits) {
		const struct replay_block *block = block_of(line->plan, &line->cache, from);
		line->block = block;
		uint32_t left = block->base + block->count - from;
		uint32_t to = left < end - from ? from + left : end;
		bool first = from == step->first, in_time;
		uint32_t bad = block_bad_between(block, from, to);
		if (bad < to)
			return plan_fail_duration(bad, diag);
		if (line->first_pass && kind != RECORDED && !one_stream(line, from, to))
			*fits = false;
		if (line->first_pass)
			census_add(&line->course->census, line->plan->program->kernels + from,
				   to - from);
		if (kind == EAGER)
			in_time = play_eager(line, from, to);
		else if (kind == LAUNCHED)
			in_time = play_launched(line, from, to, first, arrival_ps);
		else
			in_time = play_recording(line, from, to, first, arrival_ps);
		if (!in_time)
			return plan_fail_time(diag);
		from = to;
		if (course_progress_due(line->course))
			TRY(course_progress(line->plan, line->course, diag));
	}
	return SIM_OK;
}

static enum sim_status play_steps(struct straight *line, bool *fits, struct sim_diag *diag)
{
	const struct sim_program *program = line->plan->program;
	for (uint64_t pass = 0; pass < line->plan->repeat; pass++) {
		line->first_pass = pass == 0;
		for (size_t s = 0; s < program->step_count && *fits; s++) {
			const struct sim_step *step = &program->steps[s];
			int64_t synced_ps;
			TRY(play_kernels(line, step, fits, diag));
			synced_ps = line->end_ps + line->plan->machine->launch.sync_ps;
			if (step->ends_in_sync && synced_ps > line->clock_ps)
				line->clock_ps = synced_ps;
			if (line->clock_ps >= REPLAY_TIME_END)
				return plan_fail_time(diag);
			tally_step(&line->course->tally, line->clock_ps);
		}
	}
	line->course->total_ps = line->clock_ps > line->end_ps ? line->clock_ps : line->end_ps;
	return SIM_OK;
}

enum sim_status replay_straight(const struct replay_plan *plan, struct replay_course *course,
				bool *fits, struct sim_diag *diag)
{
	*fits = plan->program->edge_count == 0 || plan->only_recording;
	if (!*fits)
		return SIM_OK;
	struct straight *line = calloc(1, sizeof(*line));
	if (line == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	line->plan = plan;
	line->course = course;
	line->start_ps = REPLAY_NEVER;
	line->end_ps = REPLAY_NEVER;
	line->stream = -1;
	enum sim_status status = block_cache_init(&line->cache, plan, diag);
	if (status == SIM_OK)
		status = ring_init(line, diag);
	if (status == SIM_OK)
		status = play_steps(line, fits, diag);
	block_cache_fini(&line->cache);
	free(line->started_ps);
	free(line);
	return status;
}
