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
 * Trained routers choose fewer than uniform ones, and methods that restrict a block's tokens to shared
 * experts far fewer; nothing tells how many but a measurement, so it is an input. It is told of the
 * model's own forwards; those of a draft, also where the model drafts for itself, route uniformly.
 *
 * Sources: DES (arXiv 2602.00879) for the expectation and measured counts; dMoE (arXiv 2605.30876).
 */
#include "workloads/scope.h"
#include "workloads/transform_parts.h"

enum { MOE_UNIQUE, MOE_UNIQUE_SHARE, MOE_KEY_COUNT };

/* clang-format off */
static const struct scenario_key keys[MOE_KEY_COUNT + 1] = {
	[MOE_UNIQUE] = {"moe.unique", SCENARIO_LIST, UNIT_RATIO, 1, 1e6, NULL, NULL, "distinct experts of a layer that a forward reads: one number, or several, which count as their mean"},
	[MOE_UNIQUE_SHARE] = {"moe.unique_share", SCENARIO_NUMBER, UNIT_RATIO, 1e-6, 1e3, NULL, NULL, "the same as a share of what uniform routing chooses"},
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
	for (size_t i = 0; i < iteration->forward_count; i++)
		if (transform_is_target(&iteration->forwards[i]))
			TRY(set_unique(workload, first_key, &iteration->forwards[i], diag));
	return SIM_OK;
}

const struct workload_transform workload_transform_moe = {
	.name = "moe",
	.what = "distinct experts that a forward reads, as measured",
	.keys = keys,
	.plan = plan,
};
