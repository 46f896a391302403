/* Parts of deployments: activations, acceptance, objectives. */
#include "sim/serve/deploy_parts.h"

#include <math.h>
#include <string.h>

enum sim_status deploy_live_bytes(const struct workload *workload,
				  const struct workload_forward *forward, double *bytes,
				  struct sim_diag *diag)
{
	struct workload_step step;
	*bytes = 0;
	enum sim_status status = step_init(&step, diag);
	if (status == SIM_OK)
		status = workload_lower(workload, forward, &step, diag);
	for (size_t i = 0; status == SIM_OK && i < step.kernel_count; i++) {
		const struct sim_kernel *at = &step.kernels[i].kernel;
		double live = (double)at->act_read_bytes + (double)at->act_write_bytes;
		*bytes = live > *bytes ? live : *bytes;
	}
	step_fini(&step);
	return status;
}

static const struct scenario_value *value_of(const struct workload_scenario *scenario,
					     const char *key)
{
	return &scenario->values[scenario_find(key)];
}

/* Shares from a rate that holds for each of K drafted tokens in a row. */
static void take_chain(struct serve_config *config, double rate, size_t k)
{
	double kept = 1;
	for (size_t i = 0; i < k; i++) {
		config->accepted[i] = kept * (1 - rate);
		kept *= rate;
	}
	config->accepted[k] = kept;
	config->accepted_count = k + 1;
}

/* TOKENS on average: the whole numbers below and above. */
static enum sim_status take_mean(struct serve_config *config, double tokens, struct sim_diag *diag)
{
	double drafted = tokens - 1, below = floor(drafted);
	if (!(drafted >= 0 && drafted < SERVE_MOST_ACCEPTED - 1))
		return diag_fail(diag, SIM_E_RANGE, "a step makes %g tokens: not 1 to %d", tokens,
				 SERVE_MOST_ACCEPTED - 1);
	memset(config->accepted, 0, sizeof(config->accepted));
	config->accepted[(size_t)below] = 1 - (drafted - below);
	config->accepted[(size_t)below + 1] = drafted - below;
	config->accepted_count = (size_t)below + 1 + (drafted > below);
	return SIM_OK;
}

enum sim_status deploy_acceptance(const struct serve_spec *spec, struct deployment *deployment,
				  struct sim_diag *diag)
{
	struct serve_config *config = &deployment->config;
	const struct workload *workload = &deployment->setups[0].workload;
	const struct workload_scenario *scenario = &workload->scenario;
	const struct scenario_value *lengths = value_of(scenario, "draft.lengths");
	const struct scenario_value *rate = value_of(scenario, "draft.acceptance");
	const struct scenario_value *k = value_of(scenario, "draft.k");
	struct workload_iteration iteration;
	if (spec->accepted_count > 0) {
		memcpy(config->accepted, spec->accepted, sizeof(config->accepted));
		config->accepted_count = spec->accepted_count;
		return SIM_OK;
	}
	TRY(workload_iterate(workload, 1024, &iteration, diag));
	if (iteration.tokens <= 1)
		return SIM_OK;
	bool chain = rate->given && rate->list_count == 1 &&
		     !value_of(scenario, "draft.tau")->given &&
		     !value_of(scenario, "draft.nodes")->given && !lengths->given;
	if (lengths->given && lengths->list_count <= SERVE_MOST_ACCEPTED) {
		memcpy(config->accepted, lengths->list,
		       lengths->list_count * sizeof(*lengths->list));
		config->accepted_count = lengths->list_count;
		return SIM_OK;
	}
	if (chain && k->number < SERVE_MOST_ACCEPTED - 1) {
		take_chain(config, rate->number, (size_t)k->number);
		return SIM_OK;
	}
	return take_mean(config, iteration.tokens, diag);
}

static void add(struct serve_report *report, size_t id, double limit, double value, double half,
		bool at_least)
{
	struct serve_check *check = &report->checks[report->check_count++];
	*check = (struct serve_check){
		.name = spec_key(id)->name,
		.limit = limit,
		.value = value,
		.half = half,
		.at_least = at_least,
		/* no request has it (a token after the first, say): nothing is broken */
		.met = isnan(value) || (at_least ? value >= limit : value <= limit),
		.margin = isnan(value) ? NAN
			  : at_least   ? value / limit - 1
				       : 1 - value / limit,
	};
	report->met = report->met && check->met;
}

void deploy_check(const struct serve_spec *spec, struct serve_report *report)
{
	const struct serve_result *result = &report->result;
	const struct serve_metric *metrics[] = {&result->wait, &result->ttft, &result->tpot,
						&result->e2e};
	bool limits = false;
	report->met = result->refused == 0;
	for (size_t m = 0; m < 4; m++) {
		const struct serve_metric *metric = metrics[m];
		const double values[] = {metric->mean, metric->p50, metric->p90, metric->p99};
		const double halves[] = {metric->mean_half, metric->p50_half, metric->p90_half,
					 metric->p99_half};
		for (size_t s = 0; s < 4; s++) {
			size_t id = SPEC_WAIT_MEAN + 4 * m + s;
			if (spec->given[id])
				add(report, id, spec->numbers[id], values[s], halves[s], false);
		}
	}
	for (size_t id = SPEC_GOOD_TTFT; id <= SPEC_GOOD_E2E; id++)
		limits = limits || spec->given[id];
	if (limits)
		add(report, SPEC_GOOD_SHARE, spec->numbers[SPEC_GOOD_SHARE],
		    (double)result->good / (double)(result->counted > 0 ? result->counted : 1), NAN,
		    true);
}

size_t serve_binding(const struct serve_report *report)
{
	size_t least = SIZE_MAX;
	for (size_t i = 0; i < report->check_count; i++)
		if (!isnan(report->checks[i].margin) &&
		    (least == SIZE_MAX || report->checks[i].margin < report->checks[least].margin))
			least = i;
	return least;
}
