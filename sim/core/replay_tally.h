/*
 * Tally of a replay: what both paths add up while time passes, in the same order, so that equal
 * timelines give equal results. Internal to the replay.
 */
#ifndef SIM_CORE_REPLAY_TALLY_H
#define SIM_CORE_REPLAY_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/core/attribute.h"
#include "sim/core/digest.h"
#include "sim/core/replay_plan.h"

struct tally {
	uint64_t digest;
	uint64_t kernels;
	uint64_t steps;
	uint64_t busy_ps;
	uint64_t span_ps;
	uint64_t opaque_ps;
	uint64_t host_ps;
	int64_t step_first_ps; /* first start and last end of the step at hand */
	int64_t step_last_ps;
};

static inline void tally_init(struct tally *tally)
{
	*tally = (struct tally){
		.digest = DIGEST_SEED, .step_first_ps = INT64_MAX, .step_last_ps = REPLAY_NEVER};
}

/* Kernels come in program order within a step, steps in order. */
static inline void tally_kernel(struct tally *tally, int64_t start_ps, int64_t end_ps)
{
	tally->digest = digest_kernel(tally->digest, start_ps, end_ps);
	tally->kernels++;
	if (start_ps < tally->step_first_ps)
		tally->step_first_ps = start_ps;
	if (end_ps > tally->step_last_ps)
		tally->step_last_ps = end_ps;
}

static inline void tally_step(struct tally *tally, int64_t end_ps)
{
	tally->digest = digest_step(tally->digest, end_ps);
	tally->steps++;
	if (tally->step_first_ps != INT64_MAX)
		tally->span_ps = sum_saturating(
			tally->span_ps, (uint64_t)(tally->step_last_ps - tally->step_first_ps));
	tally->step_first_ps = INT64_MAX;
	tally->step_last_ps = REPLAY_NEVER;
}

/* What a path hands to replay_run(): the tally, the attribution and when everything was over. */
struct replay_course {
	struct tally tally;
	struct census census;
	struct attribution attribution;
	int64_t total_ps;
	uint64_t next_progress; /* kernels done when progress() is called next */
};

/* SIM_E_USAGE "interrupted" when the caller wants to stop. */
SIM_MUST_CHECK enum sim_status course_progress(const struct replay_plan *plan,
					       struct replay_course *course, struct sim_diag *diag);

enum { COURSE_PROGRESS_KERNELS = 1 << 18 };

static inline bool course_progress_due(const struct replay_course *course)
{
	return course->tally.kernels >= course->next_progress;
}

/* A step that follows the recording: the timeline depends on nothing but where it begins. */
struct recording {
	int64_t start_ps, end_ps; /* of the kernel played last */
	int64_t latest_end_ps;
};

static inline void recording_next(const struct replay_plan *plan, uint32_t kernel, bool first,
				  int64_t duration_ps, struct recording *at)
{
	int64_t gap_ps = plan->program->recorded_gap_ns[kernel] * INT64_C(1000);
	int64_t start_ps = at->latest_end_ps + gap_ps;
	if (!first)
		at->start_ps = start_ps > at->start_ps ? start_ps : at->start_ps;
	at->end_ps = at->start_ps + duration_ps;
	at->latest_end_ps =
		first || at->end_ps > at->latest_end_ps ? at->end_ps : at->latest_end_ps;
}

/* The two paths. Straight line: *FITS is false, and nothing is said, when it needs events. */
SIM_MUST_CHECK enum sim_status replay_straight(const struct replay_plan *plan,
					       struct replay_course *course, bool *fits,
					       struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status replay_events(const struct replay_plan *plan,
					     struct replay_course *course, struct sim_diag *diag);

#endif
