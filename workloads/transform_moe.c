/*
 * moe: how many distinct experts of a layer a forward reads.
 *
 *   bytes of a layer's experts = U x bytes of one,   K <= U <= min(E, T K)
 *
 *   U   moe.unique: as measured, one number or several (of layers, of forwards); bytes are linear in
 *       it, so that several count as their mean. Or moe.unique_share of what uniform, independent
 *       routing chooses: E (1 - (1 - K/E)^T)
 *   T   tokens of the forward: sequences x width
 *
 * moe.skew, moe.spread: experts are chosen by a Zipf law, and a sequence's tokens in one forward agree:
 *
 *   U = touched(n),   n = sequences x (1 + (width - 1) spread)      sim/core/popularity.h
 *
 * for the model's forwards, its prefill too, and for those of its self-drafts. Where draft.experts
 * is `resident` and the machine has said how many experts R of a layer its near memory holds, a self-draft reads at most
 * R (1 - (1 - K/R)^n) of them. moe.locality is told to the machine (sim/core/residents.h).
 *
 * Trained routers choose fewer than uniform ones, and methods that restrict a block's tokens to shared
 * experts far fewer; nothing tells how many but a measurement, so it is an input. moe.unique is told of
 * the model's own forwards; without moe.skew and moe.spread those of a self-draft route uniformly.
 *
 * Sources: DES (arXiv 2602.00879) for the expectation and measured counts; dMoE (arXiv 2605.30876).
 */
#include <stdlib.h>

#include "sim/core/popularity.h"
#include "workloads/scope.h"
#include "workloads/transform_moe.h"
#include "workloads/transform_parts.h"

/* clang-format off */
static const struct scenario_key keys[MOE_KEY_COUNT + 1] = {
	[MOE_UNIQUE] = {"moe.unique", SCENARIO_LIST, UNIT_RATIO, 1, 1e6, NULL, NULL, "distinct experts of a layer that a forward reads: one number, or several, which count as their mean"},
	[MOE_UNIQUE_SHARE] = {"moe.unique_share", SCENARIO_NUMBER, UNIT_RATIO, 1e-6, 1e3, NULL, NULL, "the same as a share of what uniform routing chooses"},
	[MOE_SKEW] = {"moe.skew", SCENARIO_NUMBER, UNIT_RATIO, 0, 10, NULL, NULL, "Zipf exponent of how often experts are chosen, for distinct experts; 0: all alike"},
	[MOE_SPREAD] = {"moe.spread", SCENARIO_NUMBER, UNIT_RATIO, 0, 1, NULL, NULL, "share of a sequence's further tokens in a forward that choose experts on their own; not given: all"},
	[MOE_LOCALITY] = {"moe.locality", SCENARIO_NUMBER, UNIT_RATIO, 0, 10, NULL, NULL, "Zipf exponent of the experts that a sequence asks for over time, for machines that cache them; not given: moe.skew"},
	{0},
};
/* clang-format on */

static double mean(const struct scenario_value *value)
{
	double sum = 0;
	for (size_t i = 0; i < value->list_count; i++)
		sum += value->list[i];
	return value->list_count > 0 ? sum / (double)value->list_count : value->number;
}

size_t moe_first_key(const struct workload *workload)
{
	for (size_t i = 0; transform_at(i) != NULL; i++)
		if (transform_at(i) == &workload_transform_moe)
			return workload->first_keys[i];
	return 0;
}

double moe_tokens(const struct workload *workload, const struct workload_forward *forward)
{
	double spread = transform_given(workload, moe_first_key(workload), MOE_SPREAD, 1);
	return forward->batch * (1 + (forward->width - 1) * spread);
}

/* Of FORWARD of the model itself, by the law of moe.skew; at most what a restricted draft can choose. */
static enum sim_status set_touched(const struct workload *workload, size_t first,
				   struct workload_forward *forward, struct sim_diag *diag)
{
	const struct workload_model *model = &workload->model;
	size_t count = (size_t)model->experts;
	double taken = (double)model->experts_per_token, tokens = moe_tokens(workload, forward);
	double resident = workload->resident_experts;
	double *weights = malloc((2 * count + 1) * sizeof(*weights));
	if (weights == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	popularity_zipf(transform_given(workload, first, MOE_SKEW, 0), count, weights);
	popularity_chances(weights, count, taken, weights + count);
	double unique = popularity_touched(weights + count, count, tokens, 1);
	free(weights);
	if (forward->draft && resident > 0 && speculation_is_restricted(workload)) {
		double chance = taken < resident ? taken / resident : 1;
		double most = resident * popularity_touched(&chance, 1, tokens, 1);
		unique = most < unique ? most : unique;
	}
	forward->unique_experts = unique;
	return SIM_OK;
}

static enum sim_status set_unique(const struct workload *workload, size_t first,
				  struct workload_forward *forward, struct sim_diag *diag)
{
	const struct workload_model *model = &workload->model;
	const struct scenario_value *unique = transform_value(workload, first, MOE_UNIQUE);
	const char *key = keys[unique->given ? MOE_UNIQUE : MOE_UNIQUE_SHARE].name;
	double rows = forward->batch * forward->width;
	double least = (double)model->experts_per_token, most = rows * least;
	if (most > (double)model->experts)
		most = (double)model->experts;
	double value = unique->given ? mean(unique)
				     : transform_number(workload, first, MOE_UNIQUE_SHARE) *
					       scope_unique_experts(model, rows);
	if (!(value >= least * (1 - 1e-9) && value <= most * (1 + 1e-9)))
		return diag_fail(diag, SIM_E_RANGE,
				 "'%s': %.9g distinct experts; %.9g tokens choose %.9g to %.9g",
				 key, value, rows, least, most);
	forward->unique_experts = value;
	return SIM_OK;
}

static bool is_by_law(const struct workload *workload, size_t first_key)
{
	return transform_value(workload, first_key, MOE_SKEW)->given ||
	       transform_value(workload, first_key, MOE_SPREAD)->given;
}

enum sim_status moe_plan_prefill(const struct workload *workload, struct workload_forward *forward,
				 struct sim_diag *diag)
{
	size_t first_key = moe_first_key(workload);
	if (workload->model.experts == 0 || !is_by_law(workload, first_key))
		return SIM_OK;
	return set_touched(workload, first_key, forward, diag);
}

static enum sim_status plan(const struct workload *workload, size_t first_key,
			    struct workload_iteration *iteration, struct sim_diag *diag)
{
	if (!transform_in_use(workload, first_key, MOE_KEY_COUNT))
		return SIM_OK;
	if (transform_value(workload, first_key, MOE_UNIQUE)->given &&
	    transform_value(workload, first_key, MOE_UNIQUE_SHARE)->given)
		return diag_fail(diag, SIM_E_RANGE,
				 "'moe.unique' and 'moe.unique_share' exclude each other");
	if (workload->model.experts == 0)
		return diag_fail(diag, SIM_E_RANGE, "'moe.unique': the model has no experts: '%s'",
				 workload->model.name);
	bool measured = transform_value(workload, first_key, MOE_UNIQUE)->given ||
			transform_value(workload, first_key, MOE_UNIQUE_SHARE)->given;
	bool by_law = is_by_law(workload, first_key);
	if (measured && by_law)
		return diag_fail(diag, SIM_E_RANGE,
				 "'moe.skew' and 'moe.spread' do not go with 'moe.unique' and "
				 "'moe.unique_share'");
	for (size_t i = 0; i < iteration->forward_count; i++) {
		struct workload_forward *forward = &iteration->forwards[i];
		if (measured && transform_is_target(forward))
			TRY(set_unique(workload, first_key, forward, diag));
		if (by_law && forward->model == 0)
			TRY(set_touched(workload, first_key, forward, diag));
	}
	return SIM_OK;
}

const struct workload_transform workload_transform_moe = {
	.name = "moe",
	.what = "distinct experts that a forward reads, as measured",
	.keys = keys,
	.plan = plan,
};
