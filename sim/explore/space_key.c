/* Keys of spaces: what a name stands for, and which values it may have. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwmodels/device.h"
#include "sim/core/names.h"
#include "sim/explore/space_parts.h"
#include "workloads/model_parts.h"

enum { MOST_NAMES = 2048, NAME_SIZE = 96 };

static const struct {
	const char *name;
	enum sim_unit unit;
} runtime_keys[SPACE_RUNTIME_KEYS] = {
	[SPACE_RUNTIME_KERNEL] = {"runtime.host.kernel", UNIT_SECONDS},
	[SPACE_RUNTIME_GEMM] = {"runtime.host.gemm", UNIT_SECONDS},
	[SPACE_RUNTIME_LAYER] = {"runtime.host.layer", UNIT_SECONDS},
	[SPACE_RUNTIME_STEP] = {"runtime.host.step", UNIT_SECONDS},
	[SPACE_RUNTIME_WORKSPACE] = {"runtime.workspace", UNIT_BYTES},
};

/* As far as profiles go (workloads/runtime.c): host times below 4 s, workspace below 4 GB times 1000. */
static double runtime_limit(size_t key)
{
	return key == SPACE_RUNTIME_WORKSPACE ? 4e12 : 3.9;
}

enum sim_status space_set_runtime(struct workload_runtime *runtime, size_t key, double value,
				  struct sim_diag *diag)
{
	if (!(value >= 0 && value <= runtime_limit(key)))
		return diag_fail(diag, SIM_E_RANGE, "'%s' out of range: '%.12g'",
				 runtime_keys[key].name, value);
	double *const fields[SPACE_RUNTIME_KEYS] = {
		&runtime->host.kernel_ns, &runtime->host.gemm_ns, &runtime->host.layer_ns,
		&runtime->host.step_ns, &runtime->workspace_bytes};
	*fields[key] = key == SPACE_RUNTIME_WORKSPACE ? value : value * 1e9;
	return SIM_OK;
}

void space_set_model(struct workload_model *model, size_t i, double value)
{
	const struct model_key *key = &model_keys[i];
	void *field = (char *)model + key->offset;
	if (key->kind == MODEL_KEY_NUMBER)
		*(double *)field = value;
	else if (key->kind == MODEL_KEY_FLAG)
		*(bool *)field = value != 0;
	else
		*(uint64_t *)field = (uint64_t)value;
}

static enum sim_status find_runtime(const char *name, struct space_key *key, bool *found)
{
	for (size_t i = 0; i < SPACE_RUNTIME_KEYS; i++)
		if (strcmp(runtime_keys[i].name, name) == 0) {
			*key = (struct space_key){.target = EXPLORE_RUNTIME,
						  .key = i,
						  .unit = runtime_keys[i].unit,
						  .high = runtime_limit(i)};
			*found = true;
		}
	return SIM_OK;
}

static enum sim_status find_model(const char *name, struct space_key *key, bool *found,
				  struct sim_diag *diag)
{
	if (strncmp(name, "model.", 6) != 0)
		return SIM_OK;
	for (size_t i = 0; i < model_key_count(); i++) {
		const struct model_key *row = &model_keys[i];
		if (strcmp(row->name, name + 6) != 0)
			continue;
		if (row->kind == MODEL_KEY_WORD)
			return diag_fail(diag, SIM_E_UNSUPPORTED,
					 "'%s' is a word: give models of each kind as 'model:'",
					 name);
		*key = (struct space_key){.target = EXPLORE_MODEL,
					  .key = i,
					  .unit = row->kind == MODEL_KEY_NUMBER ? UNIT_RATIO
										: UNIT_COUNT,
					  .whole = row->kind != MODEL_KEY_NUMBER,
					  .low = row->low,
					  .high = row->high};
		*found = true;
	}
	return SIM_OK;
}

static enum sim_status find_scenario(const char *name, struct space_key *key, bool *found,
				     struct sim_diag *diag)
{
	size_t index = scenario_find(name);
	if (index == SIZE_MAX)
		return SIM_OK;
	const struct scenario_key *row = scenario_key(index);
	if (row->type == SCENARIO_LIST)
		return diag_fail(diag, SIM_E_UNSUPPORTED, "'%s' is a list: it cannot vary", name);
	bool file = row->type == SCENARIO_TEXT || row->type == SCENARIO_DRAFT;
	*key = (struct space_key){.target = file ? EXPLORE_WORKLOAD : EXPLORE_SCENARIO,
				  .key = index,
				  .unit = row->unit,
				  .is_words = row->type != SCENARIO_NUMBER,
				  .whole = row->unit == UNIT_COUNT,
				  .low = row->low,
				  .high = row->high};
	if (index == SCENARIO_HW)
		key->target = EXPLORE_HW;
	if (index == SCENARIO_LAUNCH || index == SCENARIO_HOST_SPEED)
		key->target = EXPLORE_LAUNCH;
	*found = true;
	return SIM_OK;
}

/* What all devices of the space say of their parameter. */
static enum sim_status find_device(struct explore_space *space, const char *name,
				   struct space_key *key, bool *found, struct sim_diag *diag)
{
	if (strncmp(name, "hw.", 3) != 0)
		return SIM_OK;
	TRY(space_load_devices(space, diag));
	for (size_t d = 0; d < space->device_count; d++) {
		const struct hw_device *device = &space->devices[d];
		int i = device_param(device, name + 3);
		if (i < 0 && d == 0)
			return SIM_OK;
		if (i < 0)
			return diag_fail(diag, SIM_E_NOT_FOUND,
					 "'%s' is a parameter of '%s', but not of '%s'", name,
					 space->devices[0].name, device->name);
		const struct hw_param *row = &device->params[i];
		if (d == 0)
			*key = (struct space_key){.target = EXPLORE_DEVICE,
						  .param = name + 3,
						  .unit = row->unit,
						  .whole = row->unit == UNIT_COUNT,
						  .low = row->low,
						  .high = row->high};
		key->low = fmax(key->low, row->low);
		key->high = fmin(key->high, row->high);
	}
	*found = true;
	return SIM_OK;
}

/* Every name that is known, for "did you mean". */
static size_t known_names(const struct explore_space *space, char (*texts)[NAME_SIZE])
{
	size_t n = 0;
	for (size_t i = 0; i < scenario_key_count() && n < MOST_NAMES; i++)
		snprintf(texts[n++], NAME_SIZE, "%s", scenario_key(i)->name);
	for (size_t i = 0; i < SPACE_RUNTIME_KEYS && n < MOST_NAMES; i++)
		snprintf(texts[n++], NAME_SIZE, "%s", runtime_keys[i].name);
	for (size_t i = 0; i < model_key_count() && n < MOST_NAMES; i++)
		snprintf(texts[n++], NAME_SIZE, "model.%s", model_key_name(i));
	const struct hw_device *device = space->device_count > 0 ? &space->devices[0] : NULL;
	for (size_t i = 0; device != NULL && i < device->param_count && n < MOST_NAMES; i++)
		snprintf(texts[n++], NAME_SIZE, "hw.%s", device->params[i].key);
	return n;
}

static enum sim_status unknown(const struct explore_space *space, const char *name,
			       struct sim_diag *diag)
{
	char(*texts)[NAME_SIZE] = calloc(MOST_NAMES, NAME_SIZE);
	const char **list = calloc(MOST_NAMES, sizeof(*list));
	const char *near = NULL;
	if (texts != NULL && list != NULL) {
		size_t count = known_names(space, texts);
		for (size_t i = 0; i < count; i++)
			list[i] = texts[i];
		near = names_nearest(name, list, count);
	}
	enum sim_status status =
		diag_fail(diag, SIM_E_NOT_FOUND,
			  near != NULL ? "unknown parameter: '%s' (did you mean '%s'?)"
				       : "unknown parameter: '%s'%s",
			  name, near != NULL ? near : "");
	free(texts);
	free(list);
	return status;
}

enum sim_status space_key_find(struct explore_space *space, const char *name, struct space_key *key,
			       struct sim_diag *diag)
{
	bool found = false;
	*key = (struct space_key){0};
	if (strlen(name) >= NAME_SIZE)
		return diag_fail(diag, SIM_E_RANGE, "name too long: '%.80s'", name);
	TRY(find_scenario(name, key, &found, diag));
	if (!found)
		TRY(find_runtime(name, key, &found));
	if (!found)
		TRY(find_model(name, key, &found, diag));
	if (!found)
		TRY(find_device(space, name, key, &found, diag));
	return found ? SIM_OK : unknown(space, name, diag);
}
