/* Devices of designs: loaded once, rebuilt where a point changes a parameter. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwmodels/device_file.h"
#include "hwmodels/system.h"
#include "sim/explore/design.h"

enum sim_status design_excuse(enum sim_status status, const struct sim_diag *why, char *text,
			      size_t size, struct sim_diag *diag)
{
	if (status == SIM_OK)
		return SIM_OK;
	if (status == SIM_E_NOMEM || status == SIM_E_INTERNAL)
		return diag_fail(diag, status, "%s", why->text);
	snprintf(text, size, "%.*s", (int)size - 1,
		 why->text[0] != '\0' ? why->text : sim_status_text(status));
	return SIM_OK;
}

static enum sim_status load(struct design_device *device, const struct explore_space *space,
			    const char *name, struct arena *arena, struct sim_diag *diag)
{
	struct workload_scenario scenario;
	const char **sets;
	size_t count;
	double sm_count;
	TRY(space_device_sets(space, arena, &sets, &count, diag));
	enum sim_status status = scenario_init(&scenario, diag);
	if (status == SIM_OK)
		status = scenario_set(&scenario, "hw", name, diag);
	if (status != SIM_OK) {
		scenario_fini(&scenario);
		return status;
	}
	TRY(run_setup_device(&device->setup, &scenario, sets, count, &sm_count, diag));
	/* what the peaks were before the base set anything */
	struct hw_device plain;
	TRY(device_load(name, NULL, 0, &plain, diag));
	device_peaks(&plain, device->peaks);
	device_fini(&plain);
	return SIM_OK;
}

enum sim_status design_device_init(struct design_device *device, const struct explore_space *space,
				   size_t index, struct sim_diag *diag)
{
	_Static_assert(SYSTEM_MOST_UNITS <= 16, "a peak for each unit");
	size_t at = explore_axis_find(space, "hw");
	const char *name =
		at != SIZE_MAX ? space->axes[at].words[index] : space_setting(space, "hw")->value;
	struct arena arena;
	memset(device, 0, sizeof(*device));
	arena_init(&arena);
	enum sim_status status = load(device, space, name, &arena, diag);
	arena_fini(&arena);
	TRY(status);
	const struct hw_device *hw = &device->setup.device;
	device->hash = hw->content_hash;
	device->before = malloc((hw->param_count + 1) * sizeof(*device->before));
	device->set = malloc((space->axis_count + 1) * sizeof(*device->set));
	device->params = malloc((space->axis_count + 1) * sizeof(*device->params));
	if (device->before == NULL || device->set == NULL || device->params == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	memcpy(device->before, hw->values, hw->param_count * sizeof(*device->before));
	for (size_t a = 0; a < space->axis_count; a++) {
		const char *param = space->axes[a].param;
		device->set[a] = NAN;
		device->params[a] = param != NULL ? device_param(hw, param) : -1;
		if (param != NULL && device->params[a] < 0)
			return diag_fail(diag, SIM_E_NOT_FOUND, "'%s' has no parameter '%s'", name,
					 param);
	}
	return SIM_OK;
}

void design_device_fini(struct design_device *device)
{
	run_setup_fini(&device->setup);
	free(device->before);
	free(device->set);
	free(device->params);
	memset(device, 0, sizeof(*device));
}

/* As device_scale_measured() does for --set, bit for bit, but without a text for it. */
static void scale(const struct hw_model *model, struct hw_value *values, double peak_before)
{
	if (model->measured == NULL || isnan(peak_before))
		return;
	const struct hw_value *peak = &values[model_param(model, model->peak)];
	struct hw_value *rate = &values[model_param(model, model->measured)];
	if (peak->origin != HW_FROM_SET || rate->origin == HW_FROM_SET || isnan(rate->value) ||
	    peak->value == peak_before)
		return;
	double ratio = peak->value / peak_before;
	rate->value *= ratio;
	rate->low *= ratio;
	rate->high *= ratio;
	rate->origin = HW_FROM_SET;
}

static void scale_all(struct hw_device *device, const double *peaks)
{
	const struct hw_system *system = device->system;
	if (system == NULL) {
		scale(device->model, device->values, peaks[0]);
		return;
	}
	for (unsigned u = 0; u < system->unit_count; u++)
		scale(system->units[u].device.model, device->values + system->units[u].first_value,
		      peaks[u]);
}

enum sim_status design_device_set(struct design_device *device, const struct explore_space *space,
				  const double *values, struct sim_diag *diag)
{
	struct hw_device *hw = &device->setup.device;
	struct sim_diag why = {0};
	bool changed = false;
	for (size_t a = 0; a < space->axis_count; a++)
		if (space->axes[a].target == EXPLORE_DEVICE && device->set[a] != values[a])
			changed = true;
	if (!changed)
		return SIM_OK;
	memcpy(hw->values, device->before, hw->param_count * sizeof(*hw->values));
	for (size_t a = 0; a < space->axis_count; a++) {
		const struct explore_axis *axis = &space->axes[a];
		if (axis->target != EXPLORE_DEVICE)
			continue;
		struct hw_value *value = &hw->values[device->params[a]];
		value->value = device->set[a] = values[a];
		value->low = value->high = NAN;
		value->origin = HW_FROM_SET;
	}
	scale_all(hw, device->peaks);
	device->why[0] = '\0';
	enum sim_status status = device_rebuild_unhashed(hw, &why);
	device->broken = status != SIM_OK;
	return design_excuse(status, &why, device->why, sizeof(device->why), diag);
}
