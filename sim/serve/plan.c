/* Plans: candidates, the least count of each, and what is said of the best. */
#include "sim/serve/plan.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/digest.h"
#include "sim/serve/plan_parts.h"

#define MOST_GROWTH 16.0
#define GROWTH_STEP 0.02 /* of the bisection's end */

static const char *const goals[PLAN_GOAL_COUNT] = {"cheapest", "least power", "fewest devices"};

static const char *const outcomes[] = {"meets", "fails", "out of memory", "cannot be deployed"};

const char *plan_goal_text(unsigned goal)
{
	return goals[goal];
}

const char *plan_outcome_text(unsigned outcome)
{
	return outcomes[outcome];
}

static double goal_value(const struct plan_candidate *candidate, unsigned goal)
{
	switch (goal) {
	case PLAN_CHEAPEST:
		return candidate->report.usd_per_hour;
	case PLAN_LEAST_POWER:
		return candidate->report.average_w;
	default:
		return candidate->devices;
	}
}

/* A beats B: by the goal, then by price, then by its place. */
static bool beats(const struct plan_candidate *a, const struct plan_candidate *b, unsigned goal)
{
	double mine = goal_value(a, goal), others = goal_value(b, goal);
	if (mine != others)
		return mine < others;
	return a->report.usd_per_hour < b->report.usd_per_hour;
}

static size_t best(const struct serve_plan *plan, unsigned goal)
{
	size_t found = SIZE_MAX;
	for (size_t i = 0; i < plan->candidate_count; i++) {
		const struct plan_candidate *candidate = &plan->candidates[i];
		if (candidate->outcome != PLAN_MEETS || isnan(goal_value(candidate, goal)))
			continue;
		if (found == SIZE_MAX || beats(candidate, &plan->candidates[found], goal))
			found = i;
	}
	return found;
}

static enum sim_status check_band(struct plan_worker *worker, struct deployment *deployment,
				  const struct plan_candidate *candidate,
				  struct plan_answer *answer, struct serve_report *report,
				  struct sim_diag *diag)
{
	answer->has_band = !isnan(candidate->report.band.high);
	if (!answer->has_band)
		return SIM_OK;
	deployment->config.time_factor = 1 + fmax(candidate->report.band.high, 0);
	TRY(plan_serve(worker, deployment, &worker->plan->load, report, diag));
	deployment->config.time_factor = 1;
	answer->meets_slow = report->met;
	if (!report->met)
		plan_say_failure(report, answer->slow);
	return SIM_OK;
}

/* Does the deployment meet the objectives at FACTOR times the load? */
static enum sim_status grown(struct plan_worker *worker, struct deployment *deployment,
			     double factor, struct serve_report *report, struct sim_diag *diag)
{
	struct load load = worker->plan->load;
	double rate = load.rate;
	if (load.arrivals == LOAD_TRACE && rate <= 0)
		rate = report->result.offered_per_s;
	load.rate = rate * factor;
	return plan_serve(worker, deployment, &load, report, diag);
}

static enum sim_status grow(struct plan_worker *worker, struct deployment *deployment,
			    const struct plan_candidate *candidate, struct plan_answer *answer,
			    struct serve_report *report, struct sim_diag *diag)
{
	double low = 1, high = 2, offered = candidate->report.result.offered_per_s;
	answer->growth = NAN;
	if (worker->plan->load.arrivals == LOAD_AT_ONCE || !(offered > 0))
		return SIM_OK;
	for (;; low = high, high *= 2) {
		report->result.offered_per_s = offered;
		TRY(grown(worker, deployment, high, report, diag));
		if (!report->met || high >= MOST_GROWTH)
			break;
	}
	if (report->met) {
		answer->growth = high;
		return SIM_OK;
	}
	plan_say_failure(report, answer->next);
	while (high - low > GROWTH_STEP * low) {
		double middle = (low + high) / 2;
		report->result.offered_per_s = offered;
		TRY(grown(worker, deployment, middle, report, diag));
		if (report->met) {
			low = middle;
		} else {
			high = middle;
			plan_say_failure(report, answer->next);
		}
	}
	answer->growth = low;
	return SIM_OK;
}

static enum sim_status explain_open(struct plan_worker *worker, struct deployment *deployment,
				    struct plan_answer *answer, struct sim_diag *diag)
{
	const struct plan_candidate *candidate = &worker->plan->candidates[answer->candidate];
	struct serve_report *report = calloc(1, sizeof(*report));
	if (report == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	deployment_set_replicas(deployment, &worker->spec, candidate->replicas);
	enum sim_status status = check_band(worker, deployment, candidate, answer, report, diag);
	if (status == SIM_OK)
		status = grow(worker, deployment, candidate, answer, report, diag);
	free(report);
	return status;
}

static enum sim_status explain(struct plan_worker *worker, struct plan_answer *answer,
			       struct sim_diag *diag)
{
	const struct plan_candidate *candidate = &worker->plan->candidates[answer->candidate];
	struct deployment *deployment = calloc(1, sizeof(*deployment));
	if (deployment == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	answer->binding = serve_binding(&candidate->report);
	answer->margin = answer->binding == SIZE_MAX
				 ? NAN
				 : candidate->report.checks[answer->binding].margin;
	enum sim_status status = plan_choose(worker, candidate, diag);
	if (status == SIM_OK)
		status = deployment_open(&worker->spec, deployment, diag);
	if (status == SIM_OK)
		status = explain_open(worker, deployment, answer, diag);
	deployment_close(deployment);
	free(deployment);
	return status;
}

static enum sim_status answer_all(struct serve_plan *plan, struct plan_worker *worker,
				  struct sim_diag *diag)
{
	for (unsigned goal = 0; goal < PLAN_GOAL_COUNT; goal++) {
		struct plan_answer *answer = &plan->answers[goal];
		*answer = (struct plan_answer){.candidate = best(plan, goal), .growth = NAN};
		if (answer->candidate == SIZE_MAX)
			continue;
		bool known = false;
		for (unsigned before = 0; before < goal && !known; before++)
			if (plan->answers[before].candidate == answer->candidate) {
				*answer = plan->answers[before];
				known = true;
			}
		if (!known)
			TRY(explain(worker, answer, diag));
	}
	return SIM_OK;
}

/* Threads that take candidates in turn; what becomes of each depends on nothing but itself. */
struct crew {
	struct serve_plan *plan;
	pthread_mutex_t lock;
	size_t next, done;
	size_t failed; /* the first candidate that ended the plan, by its place */
	enum sim_status status;
	struct sim_diag diag;
};

static void take_failure(struct crew *crew, size_t candidate, enum sim_status status,
			 const struct sim_diag *why)
{
	if (crew->status != SIM_OK && crew->failed < candidate)
		return;
	crew->failed = candidate;
	crew->status = status;
	crew->diag = *why;
}

static void *work(void *context)
{
	struct crew *crew = context;
	struct serve_plan *plan = crew->plan;
	struct plan_worker worker;
	plan_worker_init(&worker, plan);
	pthread_mutex_lock(&crew->lock);
	while (crew->status == SIM_OK && crew->next < plan->candidate_count) {
		struct sim_diag why = {0};
		size_t i = crew->next++;
		pthread_mutex_unlock(&crew->lock);
		enum sim_status status = plan_evaluate(&worker, &plan->candidates[i], &why);
		pthread_mutex_lock(&crew->lock);
		if (status != SIM_OK)
			take_failure(crew, i, status, &why);
		crew->done++;
		if (plan->progress != NULL)
			plan->progress(crew->done, plan->candidate_count);
	}
	pthread_mutex_unlock(&crew->lock);
	plan_worker_fini(&worker);
	return NULL;
}

/* All candidates; the caller is one of the threads, and does all where no other can be had. */
static enum sim_status evaluate_all(struct serve_plan *plan, struct sim_diag *diag)
{
	struct crew crew = {.plan = plan};
	pthread_t threads[PLAN_MOST_THREADS];
	unsigned begun = 0;
	pthread_mutex_init(&crew.lock, NULL);
	while (begun + 1 < plan->threads && begun + 1 < PLAN_MOST_THREADS &&
	       pthread_create(&threads[begun], NULL, work, &crew) == 0)
		begun++;
	work(&crew);
	for (unsigned i = 0; i < begun; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&crew.lock);
	return crew.status == SIM_OK ? SIM_OK : diag_fail(diag, crew.status, "%s", crew.diag.text);
}

static void number_candidates(struct serve_plan *plan)
{
	for (size_t i = 0; i < plan->candidate_count; i++) {
		size_t left = i;
		for (size_t axis = plan->axis_count; axis-- > 0;) {
			plan->candidates[i].choice[axis] = left % plan->axes[axis].count;
			left /= plan->axes[axis].count;
		}
	}
}

enum sim_status plan_run(struct serve_plan *plan, struct sim_diag *diag)
{
	struct plan_worker worker;
	plan->candidates = calloc(plan->candidate_count, sizeof(*plan->candidates));
	if (plan->candidates == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	number_candidates(plan);
	TRY(evaluate_all(plan, diag));
	plan_worker_init(&worker, plan);
	for (size_t i = 0; i < plan->candidate_count; i++) {
		worker.runs += plan->candidates[i].runs;
		worker.digest = digest_mix(worker.digest, plan->candidates[i].digest);
	}
	enum sim_status status = answer_all(plan, &worker, diag);
	plan->runs = worker.runs;
	plan->digest = worker.digest;
	plan_worker_fini(&worker);
	return status;
}
