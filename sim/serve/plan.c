/* Plans: candidates, the least count of each, and what is said of the best. */
#include "sim/serve/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/digest.h"

#define MOST_GROWTH 16.0
#define GROWTH_STEP 0.02 /* of the bisection's end */

static const char *const goals[PLAN_GOAL_COUNT] = {"cheapest", "least power", "fewest devices"};

const char *plan_goal_text(unsigned goal)
{
	return goals[goal];
}

/* The keys of CANDIDATE and the price of its device, into the plan's spec. */
static enum sim_status choose(struct serve_plan *plan, const struct plan_candidate *candidate,
			      struct sim_diag *diag)
{
	for (size_t i = 0; i < plan->axis_count; i++)
		TRY(spec_set(&plan->spec, plan->axes[i].key,
			     plan->axes[i].values[candidate->choice[i]], diag));
	const char *hw = spec_set_value(&plan->spec, "hw");
	if (plan->price_count == 0)
		return SIM_OK;
	plan->spec.numbers[SPEC_PRICE_HOUR] = NAN;
	for (size_t i = 0; hw != NULL && i < plan->price_count; i++)
		if (strcmp(plan->prices[i].hw, hw) == 0)
			plan->spec.numbers[SPEC_PRICE_HOUR] = plan->prices[i].usd_per_hour;
	return SIM_OK;
}

/* The objective with the least margin; SIZE_MAX: none. */
static size_t binding_of(const struct serve_report *report)
{
	size_t least = SIZE_MAX;
	for (size_t i = 0; i < report->check_count; i++)
		if (!isnan(report->checks[i].margin) &&
		    (least == SIZE_MAX || report->checks[i].margin < report->checks[least].margin))
			least = i;
	return least;
}

/* What of REPORT is not met, the worst first. */
static void say_failure(const struct serve_report *report, char *out)
{
	size_t worst = binding_of(report);
	if (report->result.refused > 0) {
		snprintf(out, PLAN_TEXT,
			 "out of memory: %llu of %llu requests do not fit into the KV cache",
			 (unsigned long long)report->result.refused,
			 (unsigned long long)report->result.requests);
		return;
	}
	if (worst == SIZE_MAX) {
		snprintf(out, PLAN_TEXT, "nothing was measured");
		return;
	}
	const struct serve_check *check = &report->checks[worst];
	double scale = check->at_least ? 100 : 1e3;
	snprintf(out, PLAN_TEXT, "%s is %.4g %s, the objective %.4g", check->name,
		 check->value * scale, check->at_least ? "%" : "ms", check->limit * scale);
}

static enum sim_status run(struct serve_plan *plan, struct deployment *deployment,
			   const struct load *load, struct serve_report *report,
			   struct sim_diag *diag)
{
	TRY(deployment_run(deployment, &plan->spec, load, report, diag));
	plan->runs++;
	plan->digest = digest_mix(plan->digest, report->result.digest);
	return SIM_OK;
}

/* The least count of replicas that meets: LOW does not, HIGH does (places in the list). */
static enum sim_status bisect(struct serve_plan *plan, struct deployment *deployment,
			      struct plan_candidate *candidate, struct sim_diag *diag)
{
	struct serve_report *report = calloc(1, sizeof(*report));
	size_t low = 0, high = plan->replica_count - 1; /* counts below `low` fail */
	enum sim_status status = SIM_OK;
	if (report == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	while (low < high && status == SIM_OK) {
		size_t middle = (low + high) / 2;
		deployment_set_replicas(deployment, &plan->spec, plan->replicas[middle]);
		status = run(plan, deployment, &plan->load, report, diag);
		if (status == SIM_OK && report->met) {
			candidate->report = *report;
			high = middle;
		} else if (status == SIM_OK) {
			say_failure(report, candidate->fewer);
			low = middle + 1;
		}
	}
	candidate->replicas = plan->replicas[high];
	free(report);
	return status;
}

static enum sim_status evaluate_open(struct serve_plan *plan, struct deployment *deployment,
				     struct plan_candidate *candidate, struct sim_diag *diag)
{
	uint32_t most = plan->replicas[plan->replica_count - 1];
	deployment_set_replicas(deployment, &plan->spec, most);
	candidate->replicas = most;
	TRY(run(plan, deployment, &plan->load, &candidate->report, diag));
	candidate->has_report = true;
	candidate->outcome = PLAN_MEETS;
	if (!candidate->report.met) {
		candidate->outcome =
			candidate->report.result.refused > 0 ? PLAN_MEMORY : PLAN_FAILS;
		say_failure(&candidate->report, candidate->why);
	} else {
		TRY(bisect(plan, deployment, candidate, diag));
	}
	deployment_set_replicas(deployment, &plan->spec, candidate->replicas);
	candidate->devices = deployment->devices;
	return SIM_OK;
}

/* A candidate that cannot be deployed is an answer, not the end of the plan. */
static enum sim_status evaluate(struct serve_plan *plan, struct plan_candidate *candidate,
				struct sim_diag *diag)
{
	struct deployment *deployment = calloc(1, sizeof(*deployment));
	struct sim_diag why = {0};
	if (deployment == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	enum sim_status status = choose(plan, candidate, &why);
	if (status == SIM_OK)
		status = deployment_open(&plan->spec, deployment, &why);
	if (status == SIM_OK)
		status = evaluate_open(plan, deployment, candidate, &why);
	deployment_close(deployment);
	free(deployment);
	if (status == SIM_OK)
		return SIM_OK;
	if (status == SIM_E_INTERNAL || status == SIM_E_NOMEM)
		return diag_fail(diag, status, "%s", why.text);
	candidate->outcome = status == SIM_E_INFEASIBLE ? PLAN_MEMORY : PLAN_REFUSED;
	snprintf(candidate->why, sizeof(candidate->why), "%.*s", PLAN_TEXT - 1, why.text);
	return SIM_OK;
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

static enum sim_status check_band(struct serve_plan *plan, struct deployment *deployment,
				  const struct plan_candidate *candidate,
				  struct plan_answer *answer, struct serve_report *report,
				  struct sim_diag *diag)
{
	answer->has_band = !isnan(candidate->report.band.high);
	if (!answer->has_band)
		return SIM_OK;
	deployment->config.time_factor = 1 + fmax(candidate->report.band.high, 0);
	TRY(run(plan, deployment, &plan->load, report, diag));
	deployment->config.time_factor = 1;
	answer->meets_slow = report->met;
	if (!report->met)
		say_failure(report, answer->slow);
	return SIM_OK;
}

/* Does the deployment meet the objectives at FACTOR times the load? */
static enum sim_status grown(struct serve_plan *plan, struct deployment *deployment, double factor,
			     struct serve_report *report, struct sim_diag *diag)
{
	struct load load = plan->load;
	double rate = load.rate;
	if (load.arrivals == LOAD_TRACE && rate <= 0)
		rate = report->result.offered_per_s;
	load.rate = rate * factor;
	return run(plan, deployment, &load, report, diag);
}

static enum sim_status grow(struct serve_plan *plan, struct deployment *deployment,
			    const struct plan_candidate *candidate, struct plan_answer *answer,
			    struct serve_report *report, struct sim_diag *diag)
{
	double low = 1, high = 2, offered = candidate->report.result.offered_per_s;
	answer->growth = NAN;
	if (plan->load.arrivals == LOAD_AT_ONCE || !(offered > 0))
		return SIM_OK;
	for (;; low = high, high *= 2) {
		report->result.offered_per_s = offered;
		TRY(grown(plan, deployment, high, report, diag));
		if (!report->met || high >= MOST_GROWTH)
			break;
	}
	if (report->met) {
		answer->growth = high;
		return SIM_OK;
	}
	say_failure(report, answer->next);
	while (high - low > GROWTH_STEP * low) {
		double middle = (low + high) / 2;
		report->result.offered_per_s = offered;
		TRY(grown(plan, deployment, middle, report, diag));
		if (report->met) {
			low = middle;
		} else {
			high = middle;
			say_failure(report, answer->next);
		}
	}
	answer->growth = low;
	return SIM_OK;
}

static enum sim_status explain_open(struct serve_plan *plan, struct deployment *deployment,
				    struct plan_answer *answer, struct sim_diag *diag)
{
	const struct plan_candidate *candidate = &plan->candidates[answer->candidate];
	struct serve_report *report = calloc(1, sizeof(*report));
	if (report == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	deployment_set_replicas(deployment, &plan->spec, candidate->replicas);
	enum sim_status status = check_band(plan, deployment, candidate, answer, report, diag);
	if (status == SIM_OK)
		status = grow(plan, deployment, candidate, answer, report, diag);
	free(report);
	return status;
}

static enum sim_status explain(struct serve_plan *plan, struct plan_answer *answer,
			       struct sim_diag *diag)
{
	const struct plan_candidate *candidate = &plan->candidates[answer->candidate];
	struct deployment *deployment = calloc(1, sizeof(*deployment));
	if (deployment == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	answer->binding = binding_of(&candidate->report);
	answer->margin = answer->binding == SIZE_MAX
				 ? NAN
				 : candidate->report.checks[answer->binding].margin;
	enum sim_status status = choose(plan, candidate, diag);
	if (status == SIM_OK)
		status = deployment_open(&plan->spec, deployment, diag);
	if (status == SIM_OK)
		status = explain_open(plan, deployment, answer, diag);
	deployment_close(deployment);
	free(deployment);
	return status;
}

static enum sim_status answer_all(struct serve_plan *plan, struct sim_diag *diag)
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
			TRY(explain(plan, answer, diag));
	}
	return SIM_OK;
}

enum sim_status plan_run(struct serve_plan *plan, struct sim_diag *diag)
{
	plan->digest = DIGEST_SEED;
	plan->candidates = calloc(plan->candidate_count, sizeof(*plan->candidates));
	if (plan->candidates == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < plan->candidate_count; i++) {
		struct plan_candidate *candidate = &plan->candidates[i];
		size_t left = i;
		for (size_t axis = plan->axis_count; axis-- > 0;) {
			candidate->choice[axis] = left % plan->axes[axis].count;
			left /= plan->axes[axis].count;
		}
		TRY(evaluate(plan, candidate, diag));
		plan->digest = digest_mix(plan->digest,
					  (uint64_t)candidate->outcome << 32 | candidate->replicas);
		if (plan->progress != NULL)
			plan->progress(i + 1, plan->candidate_count);
	}
	return answer_all(plan, diag);
}
