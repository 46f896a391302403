/* Results of `serve` and `plan` as the store takes them; see serve_store.h. */
#include "sim/cli/serve_store.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/cli/serve_print.h"
#include "sim/cli/version.h"
#include "sim/core/units.h"
#include "sim/serve/definition.h"
#include "sim/store/serving.h"

enum { METRICS = 4 };

static struct store_latency latency_of(const char *metric, const struct serve_metric *from)
{
	return (struct store_latency){
		.metric = metric,
		.mean_s = from->mean,
		.p50_s = from->p50,
		.p90_s = from->p90,
		.p99_s = from->p99,
		.most_s = from->most,
		.mean_half_s = from->mean_half,
		.p50_half_s = from->p50_half,
		.p90_half_s = from->p90_half,
		.p99_half_s = from->p99_half,
		.requests = from->count,
	};
}

static void fill_counts(struct store_serve *row, const struct serve_result *result)
{
	row->requests = result->requests;
	row->completed = result->completed;
	row->refused = result->refused;
	row->output_tokens = result->output_tokens;
	row->prompt_tokens = result->prompt_tokens;
	row->computed_prompt_tokens = result->computed_prompt_tokens;
	row->steps = result->steps;
	row->preemptions = result->preemptions;
	row->swaps = result->swaps;
	row->transfers = result->transfers;
	row->prefix_hits = result->prefix_hits;
	row->prefix_misses = result->prefix_misses;
}

static void fill_numbers(struct store_serve *row, const struct serve_report *report)
{
	const struct serve_result *result = &report->result;
	row->span_s = seconds_from_ps(result->end_ps - result->first_ps);
	row->offered_per_s = result->offered_per_s;
	row->completed_per_s = result->completed_per_s;
	row->good_per_s = result->good_per_s;
	row->output_tokens_per_s = result->output_tokens_per_s;
	row->utilization = result->utilization;
	row->mean_batch = result->mean_batch;
	row->mean_queue = result->mean_queue;
	row->most_queue = result->most_queue;
	row->mean_in_system = result->mean_system;
	row->kv_mean = result->kv_mean;
	row->kv_most = result->kv_most;
	row->average_w = report->average_w;
	row->joules_per_mtoken = report->joules_per_mtoken;
	row->usd_per_hour = report->usd_per_hour;
	row->usd_per_mtoken = report->usd_per_mtoken;
	row->band_low = report->band.low;
	row->band_high = report->band.high;
}

static size_t take_objectives(const struct serve_report *report, struct store_objective *rows)
{
	for (size_t i = 0; i < report->check_count; i++) {
		const struct serve_check *check = &report->checks[i];
		rows[i] = (struct store_objective){check->name, check->limit,  check->value,
						   check->half, check->margin, check->met};
	}
	return report->check_count;
}

static enum sim_status write_serve(const struct cli_args *args, const struct store_serve *row,
				   struct serve_stored *stored, struct sim_diag *diag)
{
	struct store *store;
	TRY(store_open(cli_value(args, "db"), STORE_WRITE, &store, diag));
	enum sim_status status = store_write_serve(store, row, &stored->id, &stored->added, diag);
	store_close(store);
	return status;
}

enum sim_status serve_store(const struct cli_args *args, const struct serve_spec *spec,
			    const struct load *load, const struct deployment *deployment,
			    const struct serve_report *report, struct serve_stored *stored,
			    struct sim_diag *diag)
{
	const struct run_setup *setup = &deployment->setups[0];
	const struct serve_result *result = &report->result;
	const struct store_latency latencies[METRICS] = {
		latency_of("wait", &result->wait),
		latency_of("ttft", &result->ttft),
		latency_of("tpot", &result->tpot),
		latency_of("e2e", &result->e2e),
	};
	struct store_objective objectives[DEPLOY_MOST_CHECKS];
	*stored = (struct serve_stored){0, false};
	if (cli_flag(args, "no-store"))
		return SIM_OK;
	char *text = spec_definition(spec);
	if (text == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	struct store_serve row = {
		.identity = {spec->name, text, DECODESIM_VERSION, definition_hash(text, load),
			     result->digest},
		.model = setup->workload.model.name,
		.runtime = setup->workload.runtime.name,
		.hw = setup->device.name,
		.batching = spec_word(spec, SPEC_BATCHING),
		.met = report->met,
		.seed = load->seed,
		.replicas = deployment->config.instances,
		.kv_blocks = deployment->config.kv_blocks,
		.devices = deployment->devices,
		.latencies = latencies,
		.latency_count = METRICS,
		.objectives = objectives,
		.objective_count = take_objectives(report, objectives),
	};
	fill_counts(&row, result);
	fill_numbers(&row, report);
	enum sim_status status = write_serve(args, &row, stored, diag);
	free(text);
	return status;
}

static char *keys_of(const struct serve_plan *plan, const struct plan_candidate *candidate)
{
	cJSON *keys = plan_keys_json(plan, candidate);
	char *text = cJSON_PrintUnformatted(keys);
	cJSON_Delete(keys);
	return text;
}

static struct store_candidate candidate_of(const struct plan_candidate *from, const char *keys)
{
	const struct serve_report *report = &from->report;
	struct store_candidate row = {
		.keys = keys,
		.outcome = plan_outcome_text(from->outcome),
		.why = from->why,
		.fewer = from->fewer,
		.replicas = from->replicas,
		.devices = from->devices,
		.usd_per_hour = NAN,
		.usd_per_mtoken = NAN,
		.average_w = NAN,
		.utilization = NAN,
		.ttft_p99_s = NAN,
		.tpot_mean_s = NAN,
		.e2e_p99_s = NAN,
		.margin = NAN,
	};
	if (!from->has_report)
		return row;
	row.usd_per_hour = report->usd_per_hour;
	row.usd_per_mtoken = report->usd_per_mtoken;
	row.average_w = report->average_w;
	row.utilization = report->result.utilization;
	row.ttft_p99_s = report->result.ttft.p99;
	row.tpot_mean_s = report->result.tpot.mean;
	row.e2e_p99_s = report->result.e2e.p99;
	size_t binding = serve_binding(report);
	if (binding != SIZE_MAX) {
		row.binding = report->checks[binding].name;
		row.margin = report->checks[binding].margin;
	}
	return row;
}

static struct store_answer answer_of(const struct serve_plan *plan, unsigned goal)
{
	const struct plan_answer *from = &plan->answers[goal];
	struct store_answer row = {
		.goal = plan_goal_text(goal),
		.candidate = -1,
		.band_low = NAN,
		.band_high = NAN,
		.meets_at_slow_end = -1,
		.load_growth = NAN,
		.next_failure = "",
	};
	if (from->candidate == SIZE_MAX)
		return row;
	row.candidate = (int64_t)from->candidate;
	row.band_low = plan->candidates[from->candidate].report.band.low;
	row.band_high = plan->candidates[from->candidate].report.band.high;
	row.meets_at_slow_end = from->has_band ? from->meets_slow : -1;
	row.load_growth = from->growth;
	row.next_failure = from->next;
	return row;
}

static enum sim_status write_plan(const struct cli_args *args, const struct store_plan *row,
				  struct serve_stored *stored, struct sim_diag *diag)
{
	struct store *store;
	TRY(store_open(cli_value(args, "db"), STORE_WRITE, &store, diag));
	enum sim_status status = store_write_plan(store, row, &stored->id, &stored->added, diag);
	store_close(store);
	return status;
}

/* With its candidates in ROWS, their keys in KEYS. */
static enum sim_status store_rows(const struct cli_args *args, const struct serve_plan *plan,
				  const char *text, struct store_candidate *rows, char **keys,
				  struct serve_stored *stored, struct sim_diag *diag)
{
	struct store_answer answers[PLAN_GOAL_COUNT];
	for (size_t i = 0; i < plan->candidate_count; i++) {
		keys[i] = keys_of(plan, &plan->candidates[i]);
		if (keys[i] == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		rows[i] = candidate_of(&plan->candidates[i], keys[i]);
	}
	for (unsigned goal = 0; goal < PLAN_GOAL_COUNT; goal++)
		answers[goal] = answer_of(plan, goal);
	const struct store_plan row = {
		.identity = {plan->spec.name, text, DECODESIM_VERSION,
			     definition_hash(text, &plan->load), plan->digest},
		.runs = plan->runs,
		.candidates = rows,
		.candidate_count = plan->candidate_count,
		.answers = answers,
		.answer_count = PLAN_GOAL_COUNT,
	};
	return write_plan(args, &row, stored, diag);
}

enum sim_status plan_store(const struct cli_args *args, const struct serve_plan *plan,
			   struct serve_stored *stored, struct sim_diag *diag)
{
	*stored = (struct serve_stored){0, false};
	if (cli_flag(args, "no-store"))
		return SIM_OK;
	char *text = plan_definition(plan);
	struct store_candidate *rows = calloc(plan->candidate_count, sizeof(*rows));
	char **keys = calloc(plan->candidate_count, sizeof(*keys));
	enum sim_status status = text != NULL && rows != NULL && keys != NULL
					 ? store_rows(args, plan, text, rows, keys, stored, diag)
					 : diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; keys != NULL && i < plan->candidate_count; i++)
		free(keys[i]);
	free(keys);
	free(rows);
	free(text);
	return status;
}

void serve_add_stored(cJSON *root, const struct serve_stored *stored)
{
	serve_add_number(root, "stored", stored->id > 0 ? (double)stored->id : NAN);
}

void serve_print_stored(const char *kind, const struct serve_stored *stored)
{
	if (stored->id > 0)
		printf("  stored as %s %" PRId64 "%s\n", kind, stored->id,
		       stored->added ? "" : " (it was there already)");
}
