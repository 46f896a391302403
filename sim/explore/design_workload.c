/* Workloads of designs: loaded once per choice of files, their numbers set per point. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/digest.h"
#include "sim/explore/design.h"
#include "workloads/model_parts.h"

static bool is_text(const struct explore_axis *axis)
{
	return axis->target == EXPLORE_WORKLOAD;
}

static bool same_texts(const struct explore_space *space, const double *a, const double *b)
{
	for (size_t i = 0; i < space->axis_count; i++)
		if (is_text(&space->axes[i]) && a[i] != b[i])
			return false;
	return true;
}

/* Settings model.KEY and runtime.KEY of the base. */
static enum sim_status set_base(const struct explore_space *space, struct workload *workload,
				struct sim_diag *diag)
{
	const char *blamed = "";
	bool model = false;
	for (size_t i = 0; i < space->base_count; i++) {
		const struct explore_setting *setting = &space->base[i];
		struct space_key key;
		double value;
		if (strchr(setting->key, '.') == NULL || strncmp(setting->key, "hw.", 3) == 0 ||
		    scenario_find(setting->key) != SIZE_MAX)
			continue;
		/* not of the devices: the space is not changed */
		TRY(space_key_find((struct explore_space *)space, setting->key, &key, diag));
		TRY(unit_parse(setting->value, key.unit, &value, diag));
		if (key.target == EXPLORE_RUNTIME) {
			TRY(space_set_runtime(&workload->runtime, key.key, value, diag));
			continue;
		}
		if (!(value >= key.low && value <= key.high))
			return diag_fail(diag, SIM_E_RANGE, "'%s' out of range: '%s'", setting->key,
					 setting->value);
		space_set_model(&workload->model, key.key, value);
		model = true;
	}
	if (!model)
		return SIM_OK;
	TRY(model_finish(&workload->model, &blamed, diag));
	return workload_complete(workload, diag);
}

static enum sim_status load(const struct explore_space *space, const double *values,
			    struct workload *workload, struct sim_diag *diag)
{
	struct workload_scenario scenario;
	enum sim_status status = space_scenario(space, &scenario, diag);
	for (size_t a = 0; a < space->axis_count && status == SIM_OK; a++)
		if (is_text(&space->axes[a]))
			status = scenario_set(&scenario, space->axes[a].name,
					      space->axes[a].words[(size_t)values[a]], diag);
	if (status == SIM_OK)
		status = workload_load(workload, &scenario, 0, diag);
	else
		scenario_fini(&scenario);
	return status == SIM_OK ? set_base(space, workload, diag) : status;
}

static enum sim_status fill(const struct explore_space *space, const double *values,
			    struct design_workload *slot, struct sim_diag *diag)
{
	struct sim_diag why = {0};
	slot->texts = malloc((space->axis_count + 1) * sizeof(*slot->texts));
	if (slot->texts == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	memcpy(slot->texts, values, space->axis_count * sizeof(*slot->texts));
	slot->used = true;
	enum sim_status status = load(space, values, &slot->workload, &why);
	slot->broken = status != SIM_OK;
	if (status == SIM_OK) {
		slot->model = slot->workload.model;
		slot->host = slot->workload.runtime.host;
		slot->workspace_bytes = slot->workload.runtime.workspace_bytes;
		slot->hash = design_workload_hash(&slot->workload, DIGEST_SEED);
	}
	return design_excuse(status, &why, slot->why, sizeof(slot->why), diag);
}

void design_workload_fini(struct design_workload *slot)
{
	workload_fini(&slot->workload);
	free(slot->texts);
	memset(slot, 0, sizeof(*slot));
}

static void drop(struct explore_worker *worker, struct design_workload *slot)
{
	for (size_t i = 0; i < DESIGN_STEPS; i++)
		if (worker->steps[i].used && worker->steps[i].of == slot)
			design_step_fini(&worker->steps[i]);
	design_workload_fini(slot);
}

enum sim_status design_workload_get(struct explore_worker *worker, const double *values,
				    struct design_workload **workload, struct sim_diag *diag)
{
	struct design_workload *slots = worker->workloads, *oldest = &slots[0];
	for (size_t i = 0; i < DESIGN_WORKLOADS; i++) {
		if (slots[i].used && same_texts(worker->space, slots[i].texts, values)) {
			slots[i].age = ++worker->clock;
			*workload = &slots[i];
			return SIM_OK;
		}
		if (slots[i].age < oldest->age)
			oldest = &slots[i];
	}
	if (oldest->used)
		drop(worker, oldest);
	*workload = oldest;
	oldest->age = ++worker->clock;
	return fill(worker->space, values, oldest, diag);
}

static void set_scenario(struct workload *workload, const struct explore_axis *axis, double value)
{
	struct scenario_value *at = &workload->scenario.values[axis->key];
	at->given = true;
	at->number = value;
	if (axis->kind == EXPLORE_WORDS) {
		const char *word = scenario_key(axis->key)->words;
		const char *wanted = axis->words[(size_t)value];
		for (at->number = 0; strcmp(word, wanted) != 0; at->number++)
			word += strlen(word) + 1;
		at->text = word;
	}
}

enum sim_status design_workload_set(const struct explore_worker *worker,
				    struct design_workload *slot, const double *values,
				    struct sim_diag *diag)
{
	struct workload *workload = &slot->workload;
	const char *blamed = "";
	bool model = false;
	workload->model = slot->model;
	workload->runtime.host = slot->host;
	workload->runtime.workspace_bytes = slot->workspace_bytes;
	for (size_t a = 0; a < worker->lowering_axes; a++) {
		const struct explore_axis *axis = &worker->space->axes[a];
		if (axis->target == EXPLORE_MODEL)
			space_set_model(&workload->model, axis->key, values[a]);
		else if (axis->target == EXPLORE_RUNTIME)
			TRY(space_set_runtime(&workload->runtime, axis->key, values[a], diag));
		else if (axis->target == EXPLORE_SCENARIO || axis->target == EXPLORE_LAUNCH)
			set_scenario(workload, axis, values[a]);
		model = model || axis->target == EXPLORE_MODEL;
	}
	if (!model)
		return SIM_OK;
	TRY(model_finish(&workload->model, &blamed, diag));
	return workload_complete(workload, diag);
}
