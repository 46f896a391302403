/* decodesim plan: which deployment serves a load within its objectives. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/serve_print.h"
#include "sim/cli/serve_store.h"

static const struct cli_option options[] = {
	{"j", "N", "threads; default: one per core"},
	SERVE_STORE_OPTIONS,
	{"all", NULL, "every candidate, also those that meet but are not best"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

/* "hw h100-sxm, batch.limit 32" */
static void describe(const struct serve_plan *plan, const struct plan_candidate *candidate,
		     char *out, size_t size)
{
	size_t length = 0;
	out[0] = '\0';
	for (size_t i = 0; i < plan->axis_count && length < size; i++)
		length += (size_t)snprintf(out + length, size - length, "%s%s %s",
					   i > 0 ? ", " : "", plan->axes[i].key,
					   plan->axes[i].values[candidate->choice[i]]);
	if (plan->axis_count == 0)
		snprintf(out, size, "the deployment");
}

static void print_answer(const struct serve_plan *plan, unsigned goal)
{
	char text[512];
	const struct plan_answer *answer = &plan->answers[goal];
	if (answer->candidate == SIZE_MAX) {
		printf("  %-14s none%s\n", plan_goal_text(goal),
		       goal == PLAN_FEWEST ? "" : " (or its devices do not say)");
		return;
	}
	const struct plan_candidate *candidate = &plan->candidates[answer->candidate];
	const struct serve_report *report = &candidate->report;
	describe(plan, candidate, text, sizeof(text));
	printf("  %-14s %s: %u replicas, %.0f devices", plan_goal_text(goal), text,
	       candidate->replicas, candidate->devices);
	if (!isnan(report->usd_per_hour))
		printf(", %.4g USD/h (%.4g USD per million tokens)", report->usd_per_hour,
		       report->usd_per_mtoken);
	if (!isnan(report->average_w))
		printf(", %.0f W", report->average_w);
	printf("\n");
	if (answer->binding != SIZE_MAX) {
		const struct serve_check *check = &report->checks[answer->binding];
		double scale = check->at_least ? 100 : 1e3;
		printf("    binds        %s: %.4g of %.4g %s, margin %.1f %%\n", check->name,
		       check->value * scale, check->limit * scale, check->at_least ? "%" : "ms",
		       100 * answer->margin);
	}
	if (candidate->fewer[0] != '\0')
		printf("    fewer        fails: %s\n", candidate->fewer);
	if (!answer->has_band)
		printf("    error band   unknown\n");
	else
		printf("    error band   steps %+.0f to %+.0f %%; at the slow end %s%s\n",
		       100 * report->band.low, 100 * report->band.high,
		       answer->meets_slow ? "the objectives are still met" : "it fails: ",
		       answer->slow);
	if (isnan(answer->growth))
		return;
	if (answer->next[0] == '\0')
		printf("    growth       met up to %.0f times the load\n", answer->growth);
	else
		printf("    growth       met up to %.2f times the load; then %s\n", answer->growth,
		       answer->next);
}

static void print(const struct serve_plan *plan, const struct serve_stored *stored, bool all)
{
	char text[512];
	printf("%s: %zu candidates, %llu runs of %llu requests\n", plan->spec.name,
	       plan->candidate_count, (unsigned long long)plan->runs,
	       (unsigned long long)plan->load.requests);
	for (unsigned goal = 0; goal < PLAN_GOAL_COUNT; goal++)
		print_answer(plan, goal);
	printf("  %s\n", all ? "all candidates" : "why the others fail");
	for (size_t i = 0; i < plan->candidate_count; i++) {
		const struct plan_candidate *candidate = &plan->candidates[i];
		if (candidate->outcome == PLAN_MEETS && !all)
			continue;
		describe(plan, candidate, text, sizeof(text));
		if (candidate->outcome == PLAN_MEETS)
			printf("    %s: meets with %u replicas, %.4g USD/h, %.4g W\n", text,
			       candidate->replicas, candidate->report.usd_per_hour,
			       candidate->report.average_w);
		else if (candidate->outcome == PLAN_FAILS)
			printf("    %s: even %u replicas: %s\n", text, candidate->replicas,
			       candidate->why);
		else
			printf("    %s: %s\n", text, candidate->why);
	}
	printf("  digest %016llx\n", (unsigned long long)plan->digest);
	serve_print_stored("plan", stored);
}

cJSON *plan_keys_json(const struct serve_plan *plan, const struct plan_candidate *candidate)
{
	cJSON *keys = cJSON_CreateObject();
	for (size_t i = 0; i < plan->axis_count; i++)
		cli_json_text(keys, plan->axes[i].key, plan->axes[i].values[candidate->choice[i]]);
	return keys;
}

static void add_candidate(cJSON *array, const struct serve_plan *plan,
			  const struct plan_candidate *candidate)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddItemToArray(array, object);
	cJSON_AddItemToObject(object, "keys", plan_keys_json(plan, candidate));
	cJSON_AddStringToObject(object, "outcome", plan_outcome_text(candidate->outcome));
	cJSON_AddNumberToObject(object, "replicas", candidate->replicas);
	cJSON_AddNumberToObject(object, "devices", candidate->devices);
	cli_json_text(object, "why", candidate->why);
	cli_json_text(object, "fewer", candidate->fewer);
	if (!candidate->has_report)
		return;
	serve_add_number(object, "usd_per_hour", candidate->report.usd_per_hour);
	serve_add_number(object, "usd_per_mtoken", candidate->report.usd_per_mtoken);
	serve_add_number(object, "average_w", candidate->report.average_w);
	serve_add_number(object, "utilization", candidate->report.result.utilization);
	serve_add_latencies(object, &candidate->report.result);
	serve_add_checks(object, &candidate->report);
}

static void add_answer(cJSON *root, const struct serve_plan *plan, unsigned goal)
{
	const struct plan_answer *answer = &plan->answers[goal];
	if (answer->candidate == SIZE_MAX) {
		cJSON_AddNullToObject(root, plan_goal_text(goal));
		return;
	}
	const struct serve_report *report = &plan->candidates[answer->candidate].report;
	cJSON *object = cJSON_AddObjectToObject(root, plan_goal_text(goal));
	cJSON_AddNumberToObject(object, "candidate", (double)answer->candidate);
	serve_add_number(object, "margin", answer->margin);
	if (answer->binding != SIZE_MAX)
		cJSON_AddStringToObject(object, "binding", report->checks[answer->binding].name);
	serve_add_number(object, "band_low", report->band.low);
	serve_add_number(object, "band_high", report->band.high);
	if (answer->has_band)
		cJSON_AddBoolToObject(object, "meets_at_slow_end", answer->meets_slow);
	serve_add_number(object, "load_growth", answer->growth);
	cli_json_text(object, "next_failure", answer->next);
}

static cJSON *json(const struct serve_plan *plan, const struct serve_stored *stored)
{
	char digest[32];
	cJSON *root = cJSON_CreateObject();
	cli_json_text(root, "plan", plan->spec.name);
	cJSON_AddNumberToObject(root, "runs", (double)plan->runs);
	for (unsigned goal = 0; goal < PLAN_GOAL_COUNT; goal++)
		add_answer(root, plan, goal);
	cJSON *array = cJSON_AddArrayToObject(root, "candidates");
	for (size_t i = 0; i < plan->candidate_count; i++)
		add_candidate(array, plan, &plan->candidates[i]);
	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)plan->digest);
	cJSON_AddStringToObject(root, "digest", digest);
	serve_add_stored(root, stored);
	return root;
}

static void progress(size_t done, size_t total)
{
	cli_progress("candidates", done, total);
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	if (args->word_count != 1)
		return diag_fail(diag, SIM_E_USAGE,
				 "plan takes one PLAN.yaml (plan --help shows one)");
	struct serve_stored stored;
	struct serve_plan *plan = calloc(1, sizeof(*plan));
	if (plan == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	enum sim_status status = plan_read(args->words[0], plan, diag);
	if (status == SIM_OK)
		status = cli_threads(args, &plan->threads, diag);
	plan->progress = progress;
	if (status == SIM_OK)
		status = plan_run(plan, diag);
	if (status == SIM_OK)
		status = plan_store(args, plan, &stored, diag);
	if (status == SIM_OK && cli_flag(args, "json"))
		status = cli_print_json(json(plan, &stored), diag);
	else if (status == SIM_OK)
		print(plan, &stored, cli_flag(args, "all"));
	if (status == SIM_OK && plan->answers[PLAN_FEWEST].candidate == SIZE_MAX)
		status = diag_fail(diag, SIM_E_INFEASIBLE, "%s: no candidate meets the objectives",
				   plan->spec.name);
	plan_fini(plan);
	free(plan);
	return status;
}

const struct cli_command command_plan = {
	.name = "plan",
	.summary = "the cheapest deployment that serves a load within its objectives",
	.usage = "PLAN.yaml [-j N] [options]",
	.about =
		"Each combination of the keys under 'search' is a candidate; of each the least "
		"count\n"
		"of replicas that meets the objectives is found by simulating the load (see "
		"serve).\n"
		"A PLAN.yaml:\n\n"
		"  plan: chat\n"
		"  deployment: {model: llama-3.1-8b, runtime: vllm, launch: graph}\n"
		"  load: {rate: 20, prompt: 512, output: {uniform: [32, 512]}, requests: 2000}\n"
		"  objectives: {ttft.p99: 500 ms, tpot.mean: 25 ms}\n"
		"  search:\n"
		"    hw: [h100-sxm, h200-sxm, l4]\n"
		"    replicas: {from: 1, to: 32}\n"
		"    batch.limit: [32, 128]\n"
		"    tp: [1, 2, 4]              # groups of devices, also pp and ep\n"
		"    weights.bits: [16, 4]\n"
		"  prices: {h100-sxm: 2.5 USD/h, h200-sxm: 3.5 USD/h, l4: 0.7 USD/h}\n\n"
		"The answer: the cheapest, the least power, the fewest devices; the margin and "
		"which\n"
		"objective binds; whether it holds at the slow end of the steps' error band; how "
		"far\n"
		"the load may grow, and what fails then; why the others fail. All of it is kept in "
		"the\n"
		"database: decodesim sql 'SELECT * FROM plans'.",
	.example = "  decodesim plan chat.yaml\n"
		   "  decodesim plan chat.yaml --all\n"
		   "  decodesim plan chat.yaml --json",
	.options = options,
	.run = run,
};
