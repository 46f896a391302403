/*
 * Entry of a replay: checks what it was given, makes the plan, takes the straight line where that
 * fits and the event path where not, and turns sums into means over steps.
 */
#include "sim/core/replay.h"

#include <math.h>
#include <string.h>

#include "sim/core/replay_plan.h"
#include "sim/core/replay_tally.h"

void replay_options_init(struct replay_options *options)
{
	*options = (struct replay_options){
		.launch = SIM_LAUNCH_AS_TRACED,
		.path = REPLAY_AUTO,
		.host_speed = 1,
		.repeat = 1,
	};
}

static enum sim_status check_steps(struct replay_plan *plan, uint32_t *largest,
				   struct sim_diag *diag)
{
	const struct sim_program *program = plan->program;
	uint64_t end = 0;
	for (size_t s = 0; s < program->step_count; s++) {
		const struct sim_step *step = &program->steps[s];
		if (step->first < end ||
		    (uint64_t)step->first + step->count > program->kernel_count)
			return diag_fail(diag, SIM_E_RANGE,
					 "step outside the kernels, or steps overlap: 'step %zu'",
					 s);
		if (step->traced_launch != SIM_LAUNCH_EAGER &&
		    step->traced_launch != SIM_LAUNCH_GRAPH)
			return diag_fail(diag, SIM_E_RANGE,
					 "step was traced in no known launch: 'step %zu' (eager or "
					 "graph)",
					 s);
		end = (uint64_t)step->first + step->count;
		plan->step_kernels += step->count;
		*largest = step->count > *largest ? step->count : *largest;
	}
	uint64_t most = UINT64_C(1) << 62, steps, kernels;
	if (__builtin_mul_overflow(plan->repeat, program->step_count, &steps) ||
	    __builtin_mul_overflow(plan->repeat, plan->step_kernels, &kernels) || steps >= most ||
	    kernels >= most)
		return diag_fail(diag, SIM_E_RANGE, "repeated too often: '%llu'",
				 (unsigned long long)plan->repeat);
	return SIM_OK;
}

static void set_shape(struct replay_plan *plan)
{
	const struct machine_launch *launch = &plan->machine->launch;
	enum sim_launch mode = plan->options->launch;
	plan->one_launch = (struct launch_shape){
		.host_ps = launch->graph_host_ps,
		.host_node_ps = launch->graph_host_node_ps,
		.latency_ps = launch->graph_latency_ps,
		.latency_node_ps = launch->graph_latency_node_ps,
		.gap_ps = launch->graph_gap_ps,
		.overlap_ps = mode == SIM_LAUNCH_PDL ? launch->pdl_overlap_ps : 0,
	};
	if (mode == SIM_LAUNCH_MEGAKERNEL)
		plan->one_launch = (struct launch_shape){
			.host_ps = launch->graph_host_ps,
			.latency_ps = launch->mega_launch_ps,
			.gap_ps = launch->mega_sync_ps,
		};
	plan->drop_fixed = mode == SIM_LAUNCH_MEGAKERNEL;
	plan->recorded_gaps = plan->machine->plays_recording &&
			      plan->program->recorded_gap_ns != NULL &&
			      (mode == SIM_LAUNCH_AS_TRACED || mode == SIM_LAUNCH_GRAPH);
}

static bool in_range(int64_t ps)
{
	return ps >= 0 && ps < REPLAY_DURATION_END;
}

/* BASE + COUNT * EACH of a launch in range, all of them too. */
static bool launch_in_range(int64_t base, int64_t each, uint32_t count)
{
	int64_t product, sum;
	return in_range(base) && in_range(each) &&
	       !__builtin_mul_overflow(each, (int64_t)count, &product) &&
	       !__builtin_add_overflow(base, product, &sum) && in_range(sum);
}

static enum sim_status check_launch(struct replay_plan *plan, uint32_t largest,
				    struct sim_diag *diag)
{
	const struct machine_launch *launch = &plan->machine->launch;
	const struct launch_shape *shape = &plan->one_launch;
	plan->eager_host_ps = plan_scale_host(plan, launch->host_ps);
	bool good = in_range(launch->host_ps) && in_range(launch->latency_ps) &&
		    in_range(launch->stream_gap_ps) && in_range(launch->sync_ps) &&
		    in_range(shape->gap_ps) && in_range(shape->overlap_ps) &&
		    launch->queue_depth >= 1 && in_range(plan->eager_host_ps) &&
		    launch_in_range(shape->host_ps, shape->host_node_ps, largest) &&
		    launch_in_range(shape->latency_ps, shape->latency_node_ps, largest) &&
		    in_range(plan_launch_host_ps(plan, largest));
	if (good)
		return SIM_OK;
	return diag_fail(diag, SIM_E_RANGE,
			 "launch cost out of range: '%s' at host speed %g (each must be 0 .. 2^60 "
			 "ps and the queue at least 1 deep)",
			 plan->machine->name, plan->options->host_speed);
}

enum sim_status plan_init(struct replay_plan *plan, const struct sim_program *program,
			  const struct machine *machine, const struct replay_options *options,
			  struct sim_diag *diag)
{
	uint32_t largest = 0;
	memset(plan, 0, sizeof(*plan));
	plan->program = program;
	plan->machine = machine;
	plan->options = options;
	plan->repeat = options->repeat == 0 ? 1 : options->repeat;
	if (!(options->host_speed > 0) || !isfinite(options->host_speed))
		return diag_fail(diag, SIM_E_RANGE, "host speed must be above 0: '%g'",
				 options->host_speed);
	if ((unsigned)options->launch >= SIM_LAUNCH_COUNT)
		return diag_fail(diag, SIM_E_RANGE, "no such launch mode: '%d'",
				 (int)options->launch);
	if (program->kernel_count > UINT32_MAX)
		return diag_fail(diag, SIM_E_RANGE, "too many kernels: '%zu' (at most 2^32 - 1)",
				 program->kernel_count);
	TRY(machine_can_run(machine, program->kernels, program->kernel_count, diag));
	plan->host_scale = 1 / options->host_speed;
	plan->host_ps_per_ns = 1000 / options->host_speed;
	TRY(check_steps(plan, &largest, diag));
	set_shape(plan);
	TRY(check_launch(plan, largest, diag));
	plan->only_recording = true;
	for (size_t s = 0; s < program->step_count; s++) {
		bool follows = plan_follows_recording(plan, &program->steps[s]);
		plan->any_eager |= plan_is_eager(plan, &program->steps[s]);
		plan->only_recording &= follows;
	}
	return SIM_OK;
}

enum sim_status course_progress(const struct replay_plan *plan, struct replay_course *course,
				struct sim_diag *diag)
{
	const struct replay_options *options = plan->options;
	course->next_progress = course->tally.kernels + COURSE_PROGRESS_KERNELS;
	if (options->progress == NULL ||
	    options->progress(options->progress_context, course->tally.kernels))
		return SIM_OK;
	return diag_fail(diag, SIM_E_USAGE, "interrupted");
}

static void course_init(const struct replay_plan *plan, struct replay_course *course)
{
	const struct replay_options *options = plan->options;
	memset(course, 0, sizeof(*course));
	tally_init(&course->tally);
	attribution_init(&course->attribution, options->attribute ? plan->machine : NULL,
			 plan->program);
	course->next_progress = COURSE_PROGRESS_KERNELS;
	for (size_t k = 0; options->start_ps != NULL && k < plan->program->kernel_count; k++)
		options->start_ps[k] = -1;
	for (size_t k = 0; options->end_ps != NULL && k < plan->program->kernel_count; k++)
		options->end_ps[k] = -1;
}

static enum sim_status take_path(const struct replay_plan *plan, struct replay_course *course,
				 struct sim_diag *diag)
{
	bool fits = false;
	if (plan->options->path != REPLAY_EVENT)
		TRY(replay_straight(plan, course, &fits, diag));
	if (fits)
		return SIM_OK;
	if (plan->options->path == REPLAY_STRAIGHT)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "the straight line needs one stream and no edges (use the event "
				 "path)");
	attribution_fini(&course->attribution);
	course_init(plan, course);
	return replay_events(plan, course, diag);
}

static int64_t mean(uint64_t sum, uint64_t steps)
{
	uint64_t value = sum / steps;
	return value < (uint64_t)REPLAY_TIME_END ? (int64_t)value : REPLAY_TIME_END;
}

static void finish(const struct replay_plan *plan, struct replay_course *course,
		   struct replay_result *result)
{
	const struct tally *tally = &course->tally;
	uint64_t steps = tally->steps;
	result->kernels = tally->kernels;
	result->steps = steps;
	result->total_ps = course->total_ps;
	result->digest = tally->digest;
	census_finish(&course->census, plan, result);
	if (steps == 0)
		return;
	result->step_ps = course->total_ps / (int64_t)steps;
	result->device_span_ps = mean(tally->span_ps, steps);
	result->device_busy_ps = mean(tally->busy_ps, steps);
	result->host_ps = mean(tally->host_ps, steps);
	result->opaque_ps = mean(tally->opaque_ps, steps);
	if (plan->options->attribute)
		attribution_finish(&course->attribution, course->total_ps, steps, result->part_ps);
}

enum sim_status replay_run(const struct sim_program *program, const struct machine *machine,
			   const struct replay_options *options, struct replay_result *result,
			   struct sim_diag *diag)
{
	struct replay_plan plan;
	struct replay_course course;
	memset(result, 0, sizeof(*result));
	TRY(plan_init(&plan, program, machine, options, diag));
	course_init(&plan, &course);
	enum sim_status status = take_path(&plan, &course, diag);
	if (status == SIM_OK)
		finish(&plan, &course, result);
	attribution_fini(&course.attribution);
	return status;
}
