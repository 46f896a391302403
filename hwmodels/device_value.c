/* One parameter's value: its key, its text, its range. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hwmodels/device_file.h"
#include "hwmodels/system.h"
#include "sim/core/names.h"

enum { MOST_PARAMS = 1024 };

int model_param(const struct hw_model *model, const char *key)
{
	for (size_t i = 0; i < model->param_count; i++)
		if (strcmp(model->params[i].key, key) == 0)
			return (int)i;
	return -1;
}

int device_param(const struct hw_device *device, const char *key)
{
	for (size_t i = 0; i < device->param_count; i++)
		if (strcmp(device->params[i].key, key) == 0)
			return (int)i;
	return -1;
}

enum sim_status device_unknown_key(const char *file, long line, const struct hw_device *device,
				   const char *key, struct sim_diag *diag)
{
	const char *keys[MOST_PARAMS];
	const char *model = device->model->name;
	size_t count = device->param_count < MOST_PARAMS ? device->param_count : MOST_PARAMS;
	for (size_t i = 0; i < count; i++)
		keys[i] = device->params[i].key;
	const char *near = names_nearest(key, keys, count);
	if (near != NULL)
		return diag_fail_at(diag, SIM_E_NOT_FOUND, file, line,
				    "unknown parameter '%s' of model %s (did you mean '%s'?)", key,
				    model, near);
	return diag_fail_at(diag, SIM_E_NOT_FOUND, file, line, "unknown parameter '%s' of model %s",
			    key, model);
}

static bool may_be_unknown(const struct hw_param *param)
{
	return param->need == HW_OPTIONAL && isnan(param->fallback);
}

enum sim_status device_check_value(const struct hw_param *param, const char *file, long line,
				   double value, struct sim_diag *diag)
{
	char given[64], low[64], high[64];
	if (isnan(value) && may_be_unknown(param))
		return SIM_OK;
	bool whole = param->unit != UNIT_COUNT || value == floor(value);
	if (value >= param->low && value <= param->high && whole)
		return SIM_OK;
	return diag_fail_at(diag, SIM_E_RANGE, file, line,
			    "parameter '%s' out of range: '%s' (%s to %s)", param->key,
			    unit_format(value, param->unit, given, sizeof(given)),
			    unit_format(param->low, param->unit, low, sizeof(low)),
			    unit_format(param->high, param->unit, high, sizeof(high)));
}

enum sim_status device_parse_value(const struct hw_param *param, const char *file, long line,
				   const char *text, double *value, struct sim_diag *diag)
{
	struct sim_diag why;
	diag_init(&why);
	if (may_be_unknown(param) && strcmp(text, "unknown") == 0) {
		*value = NAN;
		return SIM_OK;
	}
	enum sim_status status = unit_parse(text, param->unit, value, &why);
	if (status != SIM_OK)
		return diag_fail_at(diag, status, file, line, "parameter '%s': %s", param->key,
				    why.text);
	return device_check_value(param, file, line, *value, diag);
}

enum sim_status device_values_create(const struct hw_param *params, size_t count,
				     struct arena *arena, struct hw_value **values,
				     struct sim_diag *diag)
{
	*values = arena_alloc(arena, (count + 1) * sizeof(**values));
	if (*values == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		(*values)[i] = (struct hw_value){.value = params[i].fallback,
						 .low = NAN,
						 .high = NAN,
						 .origin = HW_FROM_FALLBACK,
						 .source = ""};
	return SIM_OK;
}

double device_peak(const struct hw_model *model, const struct hw_value *values)
{
	int peak = model->peak == NULL ? -1 : model_param(model, model->peak);
	return peak < 0 ? NAN : values[peak].value;
}

enum sim_status device_scale_measured(const struct hw_model *model, struct hw_value *values,
				      double peak_before, enum hw_origin changed,
				      struct arena *arena, struct sim_diag *diag)
{
	char source[512];
	if (model->measured == NULL || isnan(peak_before))
		return SIM_OK;
	const struct hw_value *peak = &values[model_param(model, model->peak)];
	struct hw_value *rate = &values[model_param(model, model->measured)];
	if (peak->origin != changed || rate->origin == changed || isnan(rate->value) ||
	    peak->value == peak_before)
		return SIM_OK;
	double ratio = peak->value / peak_before;
	rate->value *= ratio;
	rate->low *= ratio;
	rate->high *= ratio;
	if (changed == HW_FROM_SET)
		rate->origin = HW_FROM_SET;
	snprintf(source, sizeof(source), "%.400s; scaled with %s", rate->source, model->peak);
	rate->source = arena_copy_text(arena, source, strlen(source));
	return rate->source != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

void device_peaks(const struct hw_device *device, double *peaks)
{
	const struct hw_system *system = device->system;
	if (system == NULL)
		peaks[0] = device_peak(device->model, device->values);
	for (unsigned u = 0; system != NULL && u < system->unit_count; u++)
		peaks[u] = device_peak(system->units[u].device.model,
				       device->values + system->units[u].first_value);
}

enum sim_status device_scale_peaks(struct hw_device *device, const double *peaks,
				   enum hw_origin changed, struct sim_diag *diag)
{
	const struct hw_system *system = device->system;
	if (system == NULL)
		return device_scale_measured(device->model, device->values, peaks[0], changed,
					     &device->arena, diag);
	for (unsigned u = 0; u < system->unit_count; u++)
		TRY(device_scale_measured(system->units[u].device.model,
					  device->values + system->units[u].first_value, peaks[u],
					  changed, &device->arena, diag));
	return SIM_OK;
}

double device_sm_count(const struct hw_device *device)
{
	const struct hw_device *home =
		device->system == NULL ? device : &device->system->units[0].device;
	int sm = device_param(home, "sm.count");
	return sm >= 0 && home->values[sm].value > 0 ? home->values[sm].value : 0;
}
