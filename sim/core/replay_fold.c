/*
 * Program order out of completion order: kernels end in any order, the tally gets them by index,
 * step by step. Two rings hold what is between the oldest kernel that has not ended and the newest
 * that was issued, so memory follows what is in flight, not the length of the replay.
 */
#include <stdlib.h>

#include "sim/core/replay_event.h"

static enum sim_status grow_times(struct events *run, uint64_t end_sequence)
{
	size_t capacity = run->time_capacity ? run->time_capacity : 1024;
	while (capacity < end_sequence - run->folded)
		capacity *= 2;
	struct kernel_time *times = NULL;
	if (capacity <= SIZE_MAX / sizeof(*times))
		times = malloc(capacity * sizeof(*times));
	if (times == NULL)
		return events_nomem(run);
	for (uint64_t s = run->folded; s < run->issued; s++)
		times[s & (capacity - 1)] = *fold_time(run, s);
	free(run->times);
	run->times = times;
	run->time_capacity = capacity;
	return SIM_OK;
}

enum sim_status fold_reserve(struct events *run, uint64_t end_sequence)
{
	if (end_sequence - run->folded > run->time_capacity)
		TRY(grow_times(run, end_sequence));
	for (; run->issued < end_sequence; run->issued++)
		fold_time(run, run->issued)->end_ps = -1;
	return SIM_OK;
}

static enum sim_status grow_steps(struct events *run)
{
	size_t capacity = run->step_capacity ? run->step_capacity * 2 : 64;
	struct step_record *steps = malloc(capacity * sizeof(*steps));
	if (steps == NULL)
		return events_nomem(run);
	for (uint64_t s = run->first_step; s < run->last_step; s++)
		steps[s & (capacity - 1)] = run->steps[s & (run->step_capacity - 1)];
	free(run->steps);
	run->steps = steps;
	run->step_capacity = capacity;
	return SIM_OK;
}

enum sim_status fold_open_step(struct events *run, const struct sim_step *step)
{
	if (run->last_step - run->first_step == run->step_capacity)
		TRY(grow_steps(run));
	run->steps[run->last_step++ & (run->step_capacity - 1)] = (struct step_record){
		.end_sequence = run->step_sequence + step->count,
		.end_ps = -1,
		.step = step,
	};
	return SIM_OK;
}

enum sim_status fold_close_step(struct events *run, int64_t end_ps)
{
	run->steps[(run->last_step - 1) & (run->step_capacity - 1)].end_ps = end_ps;
	return fold_ended(run);
}

static void write_times(const struct events *run, const struct step_record *step,
			const struct kernel_time *time)
{
	const struct replay_options *options = run->plan->options;
	uint32_t kernel = step->step->first + step->step->count -
			  (uint32_t)(step->end_sequence - run->folded);
	if (options->start_ps != NULL)
		options->start_ps[kernel] = time->start_ps;
	if (options->end_ps != NULL)
		options->end_ps[kernel] = time->end_ps;
}

enum sim_status fold_ended(struct events *run)
{
	struct tally *tally = &run->course->tally;
	while (run->first_step < run->last_step) {
		const struct step_record *step =
			&run->steps[run->first_step & (run->step_capacity - 1)];
		while (run->folded < step->end_sequence && run->folded < run->issued) {
			const struct kernel_time *time = fold_time(run, run->folded);
			if (time->end_ps < 0)
				return SIM_OK;
			tally_kernel(tally, time->start_ps, time->end_ps);
			if (run->folded < run->plan->step_kernels)
				write_times(run, step, time);
			run->folded++;
		}
		if (course_progress_due(run->course))
			TRY(course_progress(run->plan, run->course, run->diag));
		if (run->folded < step->end_sequence || step->end_ps < 0)
			return SIM_OK;
		tally_step(tally, step->end_ps);
		run->first_step++;
	}
	return SIM_OK;
}
