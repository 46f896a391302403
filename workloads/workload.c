/* Workloads: loading, iterations, programs. */
#include "workloads/workload.h"

#include <stdlib.h>
#include <string.h>

#include "workloads/parallel.h"
#include "workloads/scope.h"
#include "workloads/transform.h"
#include "workloads/transform_moe.h"
#include "workloads/transform_speculation.h"

enum { DEFAULT_SM_COUNT = 132 };

static enum sim_status nomem(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

static double number(const struct workload *workload, size_t key)
{
	return scenario_number(&workload->scenario, key);
}

static enum sim_status load_parts(struct workload *workload, struct sim_diag *diag)
{
	const struct scenario_value *values = workload->scenario.values;
	if (values[SCENARIO_MODEL].text[0] == '\0')
		return diag_fail(diag, SIM_E_USAGE,
				 "no model: give --model NAME|FILE, or 'model:' in a scenario");
	TRY(model_load(values[SCENARIO_MODEL].text, &workload->model, diag));
	return runtime_load(values[SCENARIO_RUNTIME].text, &workload->runtime, diag);
}

/* A zeroed model that KEY of the scenario names. */
static enum sim_status append_draft(struct workload *workload, size_t key,
				    struct workload_model **draft, struct sim_diag *diag)
{
	if (workload->draft_count == WORKLOAD_MOST_MODELS)
		return diag_fail(diag, SIM_E_INTERNAL, "too many drafts");
	*draft = calloc(1, sizeof(**draft));
	if (*draft == NULL)
		return nomem(diag);
	workload->drafts[workload->draft_count] = *draft;
	workload->draft_keys[workload->draft_count++] = key;
	return SIM_OK;
}

static enum sim_status load_drafts(struct workload *workload, struct sim_diag *diag)
{
	struct workload_model *draft;
	for (size_t key = 0; key < scenario_key_count(); key++) {
		const struct scenario_value *value = &workload->scenario.values[key];
		if (scenario_key(key)->type != SCENARIO_DRAFT || !value->given)
			continue;
		TRY(append_draft(workload, key, &draft, diag));
		TRY(model_load(value->text, draft, diag));
	}
	if (!speculation_has_head(workload))
		return SIM_OK;
	size_t key = workload->first_keys[TRANSFORM_speculation] + DRAFT_MODEL;
	if (workload_draft(workload, key) > 0)
		return SIM_OK; /* refused by speculation_check() */
	TRY(append_draft(workload, key, &draft, diag));
	return speculation_head(&workload->model, draft, diag);
}

uint32_t workload_draft(const struct workload *workload, size_t key)
{
	for (size_t i = 0; i < workload->draft_count; i++)
		if (workload->draft_keys[i] == key)
			return (uint32_t)(i + 1);
	return 0;
}

enum sim_status workload_load(struct workload *workload, struct workload_scenario *scenario,
			      double sm_count, struct sim_diag *diag)
{
	memset(workload, 0, sizeof(*workload));
	workload->scenario = *scenario;
	memset(scenario, 0, sizeof(*scenario));
	workload->sm_count = sm_count > 0 ? sm_count : DEFAULT_SM_COUNT;
	for (size_t i = 0; transform_at(i) != NULL; i++) {
		if (i == WORKLOAD_MOST_TRANSFORMS)
			return diag_fail(diag, SIM_E_INTERNAL, "too many transforms");
		workload->first_keys[i] = transform_first_key(i);
	}
	TRY(load_parts(workload, diag));
	TRY(load_drafts(workload, diag));
	TRY(parallel_load(workload, diag));
	return workload_complete(workload, diag);
}

void workload_fini(struct workload *workload)
{
	for (size_t i = 0; i < workload->draft_count; i++)
		free(workload->drafts[i]);
	runtime_fini(&workload->runtime);
	scenario_fini(&workload->scenario);
	memset(workload, 0, sizeof(*workload));
}

const struct workload_model *workload_model_of(const struct workload *workload,
					       const struct workload_forward *forward)
{
	return forward->model == 0 ? &workload->model : workload->drafts[forward->model - 1];
}

enum sim_status workload_slots(const struct workload *workload, struct workload_forward *forward,
			       struct sim_diag *diag)
{
	double values[EXPR_MOST_SLOTS] = {0};
	forward->slots = number(workload, SCENARIO_SLOTS);
	if (forward->slots > 0)
		return SIM_OK;
	scope_fill_forward(workload, forward, values);
	return expr_value(&workload->runtime.slots, values, &forward->slots, diag);
}

enum sim_status workload_iterate(const struct workload *workload, double context,
				 struct workload_iteration *iteration, struct sim_diag *diag)
{
	double width = number(workload, SCENARIO_WIDTH);
	memset(iteration, 0, sizeof(*iteration));
	iteration->forward_count = 1;
	iteration->tokens = 1;
	iteration->kv_tokens = width;
	iteration->forwards[0] = (struct workload_forward){
		.count = 1,
		.batch = number(workload, SCENARIO_BATCH),
		.width = width,
		.context = context,
		.verify = width > 1,
	};
	TRY(workload_slots(workload, &iteration->forwards[0], diag));
	for (size_t i = 0; transform_at(i) != NULL; i++)
		if (transform_at(i)->plan != NULL)
			TRY(transform_at(i)->plan(workload, workload->first_keys[i], iteration,
						  diag));
	return SIM_OK;
}

enum sim_status workload_prompts(const struct workload *workload, double prompts, double width,
				 double cached, struct workload_forward *forward,
				 struct sim_diag *diag)
{
	*forward = (struct workload_forward){
		.count = 1,
		.batch = prompts,
		.width = width,
		.context = cached,
		.prefill = true,
	};
	TRY(moe_plan_prefill(workload, forward, diag));
	return workload_slots(workload, forward, diag);
}

enum sim_status workload_prefill(const struct workload *workload, struct workload_forward *forward,
				 struct sim_diag *diag)
{
	double width = number(workload, SCENARIO_CONTEXT);
	if (!(width >= 1))
		return diag_fail(diag, SIM_E_RANGE, "no prompt: 'context' is 0");
	return workload_prompts(workload, number(workload, SCENARIO_BATCH), width, 0, forward,
				diag);
}
