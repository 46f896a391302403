/* A step as a function of its parameters. */
#include "sim/explore/step_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hwmodels/system.h"
#include "sim/core/names.h"

static const struct {
	enum step_parameter_kind kind;
	enum scenario_run_key key;
} of_scenario[] = {
	{STEP_BATCH, SCENARIO_BATCH},
	{STEP_CONTEXT, SCENARIO_CONTEXT},
	{STEP_HOST_SPEED, SCENARIO_HOST_SPEED},
};

enum { OF_SCENARIO = sizeof(of_scenario) / sizeof(of_scenario[0]) };

static void add_device(struct step_model *model)
{
	const struct hw_device *device = &model->setup->device;
	for (size_t i = 0; i < device->param_count; i++) {
		const struct hw_param *param = &device->params[i];
		const struct hw_value *value = &device->values[i];
		bool likely =
			isfinite(value->low) && isfinite(value->high) && value->low < value->high;
		model->parameters[model->count++] = (struct step_parameter){
			.key = param->key,
			.what = param->what,
			.kind = STEP_DEVICE,
			.unit = param->unit,
			.index = i,
			.value = value->value,
			.low = param->low,
			.high = param->high,
			.likely_low = likely ? value->low : NAN,
			.likely_high = likely ? value->high : NAN,
			.whole = param->unit == UNIT_COUNT,
			.peak = SIZE_MAX,
		};
	}
}

/* The device's parameters come first, so an index of its values is one of the model's. */
static void pair_rate(struct step_model *model, const struct hw_device *unit, size_t first)
{
	if (unit->model->measured == NULL || unit->model->peak == NULL)
		return;
	int rate = device_param(unit, unit->model->measured);
	int peak = device_param(unit, unit->model->peak);
	if (rate >= 0 && peak >= 0 &&
	    model->setup->device.values[first + rate].origin != HW_FROM_SET)
		model->parameters[first + rate].peak = first + peak;
}

static void pair_rates(struct step_model *model)
{
	const struct hw_device *device = &model->setup->device;
	if (device->system == NULL)
		pair_rate(model, device, 0);
	for (unsigned u = 0; device->system != NULL && u < device->system->unit_count; u++)
		pair_rate(model, &device->system->units[u].device,
			  device->system->units[u].first_value);
}

static void add_scenario(struct step_model *model)
{
	const struct workload_scenario *scenario = &model->setup->workload.scenario;
	for (size_t i = 0; i < OF_SCENARIO; i++) {
		const struct scenario_key *key = scenario_key(of_scenario[i].key);
		model->parameters[model->count++] = (struct step_parameter){
			.key = key->name,
			.what = key->what,
			.kind = of_scenario[i].kind,
			.unit = key->unit,
			.value = scenario_number(scenario, of_scenario[i].key),
			.low = key->low,
			.high = key->high,
			.likely_low = NAN,
			.likely_high = NAN,
			.whole = key->unit == UNIT_COUNT,
			.peak = SIZE_MAX,
		};
	}
}

/* At the end of the generation. */
static enum sim_status capacity_of(const struct step_model *model,
				   struct workload_capacity *capacity, struct sim_diag *diag)
{
	const struct workload *workload = &model->setup->workload;
	double last = scenario_number(&workload->scenario, SCENARIO_TOKENS) - 1;
	return workload_capacity(workload, scenario_number(&workload->scenario, SCENARIO_BATCH),
				 model->context + last, capacity, diag);
}

static struct workload_memory memory_of(const struct step_model *model)
{
	const struct machine *machine = &model->setup->device.machine;
	return (struct workload_memory){machine->memory_bytes, machine->kv_memory_bytes};
}

static enum sim_status check_memory(const struct step_model *model, struct sim_diag *diag)
{
	const struct workload_memory memory = memory_of(model);
	struct workload_capacity capacity;
	char need[64], have[64];
	TRY(capacity_of(model, &capacity, diag));
	if (workload_fits(&capacity, &memory))
		return SIM_OK;
	return diag_fail(
		diag, SIM_E_INFEASIBLE, "out of memory: %s are needed, '%s' has %s",
		unit_format(capacity.total_bytes, UNIT_BYTES, need, sizeof(need)),
		model->setup->device.name,
		unit_format(memory.bytes + memory.kv_bytes, UNIT_BYTES, have, sizeof(have)));
}

enum sim_status step_model_init(struct step_model *model, struct run_setup *setup,
				struct sim_diag *diag)
{
	size_t count = setup->device.param_count;
	memset(model, 0, sizeof(*model));
	model->setup = setup;
	model->context = scenario_number(&setup->workload.scenario, SCENARIO_CONTEXT);
	model->parameters = calloc(count + OF_SCENARIO, sizeof(*model->parameters));
	model->values = calloc(count + OF_SCENARIO, sizeof(*model->values));
	if (model->parameters == NULL || model->values == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	add_device(model);
	add_scenario(model);
	pair_rates(model);
	step_model_reset(model);
	model->is_built = true;
	return check_memory(model, diag);
}

void step_model_fini(struct step_model *model)
{
	workload_program_fini(&model->lowered);
	free(model->parameters);
	free(model->values);
	memset(model, 0, sizeof(*model));
}

enum sim_status step_model_find(const struct step_model *model, const char *key, size_t *index,
				struct sim_diag *diag)
{
	for (*index = 0; *index < model->count; (*index)++)
		if (strcmp(model->parameters[*index].key, key) == 0)
			return SIM_OK;
	const char **keys = calloc(model->count + 1, sizeof(*keys));
	if (keys == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < model->count; i++)
		keys[i] = model->parameters[i].key;
	const char *near = names_nearest(key, keys, model->count);
	free(keys);
	if (near != NULL)
		return diag_fail(diag, SIM_E_NOT_FOUND,
				 "unknown parameter: '%s' (did you mean '%s'?)", key, near);
	return diag_fail(diag, SIM_E_NOT_FOUND,
			 "unknown parameter: '%s' (of device '%s', or batch, context, host_speed)",
			 key, model->setup->device.name);
}

static bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

void step_model_set(struct step_model *model, size_t index, double value)
{
	const struct step_parameter *parameter = &model->parameters[index];
	if (same(model->values[index], value))
		return;
	model->values[index] = value;
	if (parameter->kind == STEP_DEVICE)
		model->is_built = false;
	if (parameter->kind == STEP_BATCH || parameter->kind == STEP_CONTEXT)
		model->is_lowered = false;
}

void step_model_reset(struct step_model *model)
{
	for (size_t i = 0; i < model->count; i++)
		step_model_set(model, i, model->parameters[i].value);
}

/* What was measured against a peak goes with it. */
static double value_now(const struct step_model *model, size_t i)
{
	size_t peak = model->parameters[i].peak;
	double before = peak == SIZE_MAX ? 0 : model->parameters[peak].value;
	if (!(before > 0) || model->values[peak] == before)
		return model->values[i];
	return model->values[i] * (model->values[peak] / before);
}

/* The number of multiprocessors decides which kernels there are. */
static enum sim_status build(struct step_model *model, struct sim_diag *diag)
{
	struct hw_device *device = &model->setup->device;
	enum { UNKNOWN_SM_COUNT = 132 }; /* as workload_load has it */
	if (model->is_built)
		return SIM_OK;
	for (size_t i = 0; i < model->count; i++)
		if (model->parameters[i].kind == STEP_DEVICE)
			device->values[model->parameters[i].index].value = value_now(model, i);
	TRY(device_rebuild(device, diag));
	double sms = device_sm_count(device);
	sms = sms > 0 ? sms : UNKNOWN_SM_COUNT;
	if (model->setup->workload.sm_count != sms)
		model->is_lowered = false;
	model->setup->workload.sm_count = sms;
	model->is_built = true;
	return SIM_OK;
}

static enum sim_status lower(struct step_model *model, struct sim_diag *diag)
{
	struct workload *workload = &model->setup->workload;
	struct workload_iteration iteration;
	if (model->is_lowered)
		return SIM_OK;
	workload_program_fini(&model->lowered);
	for (size_t i = 0; i < model->count; i++) {
		double value = model->values[i];
		if (model->parameters[i].kind == STEP_CONTEXT)
			model->context = value;
		if (model->parameters[i].kind == STEP_BATCH)
			TRY(scenario_set_number(&workload->scenario, SCENARIO_BATCH, value, diag));
	}
	TRY(workload_iterate(workload, model->context, &iteration, diag));
	TRY(workload_program(workload, &iteration, &model->lowered, diag));
	model->is_lowered = true;
	return SIM_OK;
}

static enum sim_status prepare(struct step_model *model, struct sim_diag *diag)
{
	for (size_t i = 0; i < model->count; i++)
		if (model->parameters[i].kind == STEP_HOST_SPEED)
			model->setup->host_speed = model->values[i];
	TRY(build(model, diag));
	return lower(model, diag);
}

enum sim_status step_model_closed(struct step_model *model, int64_t *step_ps, struct sim_diag *diag)
{
	struct replay_options options;
	struct replay_result result;
	TRY(prepare(model, diag));
	replay_options_init(&options);
	options.launch = run_launch(model->setup);
	options.host_speed = model->setup->host_speed;
	TRY(closed_form_run(&model->lowered.program, &model->setup->device.machine, &options,
			    &result, diag));
	*step_ps = result.total_ps;
	return SIM_OK;
}

enum sim_status step_model_simulate(struct step_model *model, struct run_result *result,
				    struct sim_diag *diag)
{
	struct workload_iteration iteration;
	memset(result, 0, sizeof(*result));
	TRY(prepare(model, diag));
	TRY(workload_iterate(&model->setup->workload, model->context, &iteration, diag));
	const struct run_program run = {.lowered = model->lowered};
	return run_simulate(model->setup, &run, iteration.tokens, iteration.forwards[0].batch,
			    result, diag);
}

enum sim_status step_model_fits(struct step_model *model, bool *fits, struct sim_diag *diag)
{
	struct workload_capacity capacity;
	TRY(prepare(model, diag));
	TRY(capacity_of(model, &capacity, diag));
	const struct workload_memory memory = memory_of(model);
	*fits = workload_fits(&capacity, &memory);
	return SIM_OK;
}
