/* Plans: one candidate, and the least count of replicas with which it meets. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/digest.h"
#include "sim/serve/plan_parts.h"

void plan_worker_init(struct plan_worker *worker, const struct serve_plan *plan)
{
	*worker = (struct plan_worker){.plan = plan, .spec = plan->spec, .digest = DIGEST_SEED};
	arena_init(&worker->spec.arena);
}

void plan_worker_fini(struct plan_worker *worker)
{
	arena_fini(&worker->spec.arena);
}

enum sim_status plan_choose(struct plan_worker *worker, const struct plan_candidate *candidate,
			    struct sim_diag *diag)
{
	const struct serve_plan *plan = worker->plan;
	struct serve_spec *spec = &worker->spec;
	for (size_t i = 0; i < plan->axis_count; i++)
		TRY(spec_set(spec, plan->axes[i].key, plan->axes[i].values[candidate->choice[i]],
			     diag));
	const char *hw = spec_set_value(spec, "hw");
	if (plan->price_count == 0)
		return SIM_OK;
	spec->numbers[SPEC_PRICE_HOUR] = NAN;
	for (size_t i = 0; hw != NULL && i < plan->price_count; i++)
		if (strcmp(plan->prices[i].hw, hw) == 0)
			spec->numbers[SPEC_PRICE_HOUR] = plan->prices[i].usd_per_hour;
	return SIM_OK;
}

void plan_say_failure(const struct serve_report *report, char *out)
{
	size_t worst = serve_binding(report);
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

enum sim_status plan_serve(struct plan_worker *worker, struct deployment *deployment,
			   const struct load *load, struct serve_report *report,
			   struct sim_diag *diag)
{
	TRY(deployment_run(deployment, &worker->spec, load, report, diag));
	worker->runs++;
	worker->digest = digest_mix(worker->digest, report->result.digest);
	return SIM_OK;
}

/* The least count of replicas that meets: LOW does not, HIGH does (places in the list). */
static enum sim_status bisect(struct plan_worker *worker, struct deployment *deployment,
			      struct plan_candidate *candidate, struct sim_diag *diag)
{
	const struct serve_plan *plan = worker->plan;
	struct serve_report *report = calloc(1, sizeof(*report));
	size_t low = 0, high = plan->replica_count - 1; /* counts below `low` fail */
	enum sim_status status = SIM_OK;
	if (report == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	while (low < high && status == SIM_OK) {
		size_t middle = (low + high) / 2;
		deployment_set_replicas(deployment, &worker->spec, plan->replicas[middle]);
		status = plan_serve(worker, deployment, &plan->load, report, diag);
		if (status == SIM_OK && report->met) {
			candidate->report = *report;
			high = middle;
		} else if (status == SIM_OK) {
			plan_say_failure(report, candidate->fewer);
			low = middle + 1;
		}
	}
	candidate->replicas = plan->replicas[high];
	free(report);
	return status;
}

static enum sim_status evaluate_open(struct plan_worker *worker, struct deployment *deployment,
				     struct plan_candidate *candidate, struct sim_diag *diag)
{
	const struct serve_plan *plan = worker->plan;
	uint32_t most = plan->replicas[plan->replica_count - 1];
	deployment_set_replicas(deployment, &worker->spec, most);
	candidate->replicas = most;
	TRY(plan_serve(worker, deployment, &plan->load, &candidate->report, diag));
	candidate->has_report = true;
	candidate->outcome = PLAN_MEETS;
	if (!candidate->report.met) {
		candidate->outcome =
			candidate->report.result.refused > 0 ? PLAN_MEMORY : PLAN_FAILS;
		plan_say_failure(&candidate->report, candidate->why);
	} else {
		TRY(bisect(worker, deployment, candidate, diag));
	}
	deployment_set_replicas(deployment, &worker->spec, candidate->replicas);
	candidate->devices = deployment->devices;
	return SIM_OK;
}

enum sim_status plan_evaluate(struct plan_worker *worker, struct plan_candidate *candidate,
			      struct sim_diag *diag)
{
	struct deployment *deployment = calloc(1, sizeof(*deployment));
	struct sim_diag why = {0};
	worker->runs = 0;
	worker->digest = DIGEST_SEED;
	if (deployment == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	enum sim_status status = plan_choose(worker, candidate, &why);
	if (status == SIM_OK)
		status = deployment_open(&worker->spec, deployment, &why);
	if (status == SIM_OK)
		status = evaluate_open(worker, deployment, candidate, &why);
	deployment_close(deployment);
	free(deployment);
	if (status == SIM_E_INTERNAL || status == SIM_E_NOMEM)
		return diag_fail(diag, status, "%s", why.text);
	if (status != SIM_OK) {
		candidate->outcome = status == SIM_E_INFEASIBLE ? PLAN_MEMORY : PLAN_REFUSED;
		snprintf(candidate->why, sizeof(candidate->why), "%.*s", PLAN_TEXT - 1, why.text);
	}
	candidate->runs = worker->runs;
	candidate->digest = digest_mix(worker->digest,
				       (uint64_t)candidate->outcome << 32 | candidate->replicas);
	return SIM_OK;
}
