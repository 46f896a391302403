/* Runs: a scenario evaluated on a machine. */
#include "validate/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "validate/band.h"
#include "workloads/parallel.h"
#include "workloads/residents.h"

static enum sim_status load_device(struct run_setup *setup, const char *const *sets,
				   size_t set_count, const struct workload_scenario *scenario,
				   double *sm_count, struct sim_diag *diag)
{
	const char *hw = scenario->values[SCENARIO_HW].text;
	*sm_count = 0;
	if (hw[0] == '\0')
		return diag_fail(diag, SIM_E_USAGE,
				 "no machine: give --hw NAME|FILE.yaml, or 'hw:' in a scenario "
				 "(decodesim list hw shows the names)");
	TRY(device_load(hw, sets, set_count, &setup->device, diag));
	setup->has_device = true;
	*sm_count = device_sm_count(&setup->device);
	setup->launch = (enum sim_launch)scenario_number(scenario, SCENARIO_LAUNCH);
	setup->host_speed = scenario_number(scenario, SCENARIO_HOST_SPEED);
	if (setup->device.machine.plays_recording)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "'%s' plays recorded times, and a lowered step has none",
				 setup->device.name);
	return SIM_OK;
}

const char *run_default_runtime(const struct hw_device *device)
{
	static const char *const gpus[] = {"gpu", "roofline", "ideal"};
	for (size_t i = 0; i < sizeof(gpus) / sizeof(gpus[0]); i++)
		if (strcmp(device->model->name, gpus[i]) == 0)
			return "hf-static";
	return "fused-ideal";
}

static enum sim_status load(struct run_setup *setup, const char *const *sets, size_t set_count,
			    struct workload_scenario *scenario, struct sim_diag *diag)
{
	double sm_count;
	TRY(load_device(setup, sets, set_count, scenario, &sm_count, diag));
	if (!scenario->values[SCENARIO_RUNTIME].given)
		TRY(scenario_set(scenario, "runtime", run_default_runtime(&setup->device), diag));
	return workload_load(&setup->workload, scenario, sm_count, diag);
}

/* Cached tokens at the last step of a generation that begins at CONTEXT. */
static double last_context(const struct workload_scenario *scenario, double context)
{
	return context + scenario_number(scenario, SCENARIO_TOKENS) - 1;
}

/* What lies where, for machines that decide it by what a run holds; drafts may depend on it. */
static enum sim_status place(struct run_setup *setup, struct sim_diag *diag)
{
	const struct workload_scenario *scenario = &setup->workload.scenario;
	double context = last_context(scenario, scenario_number(scenario, SCENARIO_CONTEXT));
	struct sim_residents residents;
	if (!device_places(&setup->device))
		return SIM_OK;
	TRY(workload_residents(&setup->workload, context, &residents, diag));
	return device_place(&setup->device, &residents, &setup->workload.resident_experts, diag);
}

enum sim_status run_setup_device(struct run_setup *setup, struct workload_scenario *scenario,
				 const char *const *device_sets, size_t set_count, double *sm_count,
				 struct sim_diag *diag)
{
	memset(setup, 0, sizeof(*setup));
	enum sim_status status =
		load_device(setup, device_sets, set_count, scenario, sm_count, diag);
	scenario_fini(scenario);
	return status;
}

enum sim_status run_setup(struct run_setup *setup, struct workload_scenario *scenario,
			  const char *const *device_sets, size_t set_count, struct sim_diag *diag)
{
	memset(setup, 0, sizeof(*setup));
	enum sim_status status = load(setup, device_sets, set_count, scenario, diag);
	scenario_fini(scenario); /* empty where the workload took it over */
	return status == SIM_OK ? place(setup, diag) : status;
}

enum sim_launch run_launch(const struct run_setup *setup)
{
	return setup->launch == SIM_LAUNCH_AS_TRACED ? SIM_LAUNCH_GRAPH : setup->launch;
}

void run_setup_fini(struct run_setup *setup)
{
	workload_fini(&setup->workload);
	if (setup->has_device)
		device_fini(&setup->device);
	memset(setup, 0, sizeof(*setup));
}

void run_program_fini(struct run_program *program)
{
	workload_program_fini(&program->lowered);
	free(program->start_ps);
	free(program->end_ps);
	memset(program, 0, sizeof(*program));
}

static enum sim_status check_capacity(const struct run_setup *setup, double context,
				      struct run_result *result, struct sim_diag *diag)
{
	const struct workload_scenario *scenario = &setup->workload.scenario;
	double batch = scenario_number(scenario, SCENARIO_BATCH);
	const struct machine *machine = &setup->device.machine;
	struct workload_memory memory = {machine->memory_bytes, machine->kv_memory_bytes};
	context = last_context(scenario, context);
	TRY(workload_capacity(&setup->workload, batch, context, &result->capacity, diag));
	result->memory_bytes = memory.bytes;
	result->kv_memory_bytes = memory.kv_bytes;
	result->fits = workload_fits(&result->capacity, &memory);
	result->largest_batch = result->largest_context = -1;
	return SIM_OK;
}

enum sim_status run_largest(const struct run_setup *setup, double context,
			    struct run_result *result, struct sim_diag *diag)
{
	const struct workload_scenario *scenario = &setup->workload.scenario;
	double batch = scenario_number(scenario, SCENARIO_BATCH);
	const struct workload_memory memory = {result->memory_bytes, result->kv_memory_bytes};
	if (memory.bytes <= 0)
		return SIM_OK;
	TRY(workload_largest_batch(&setup->workload, last_context(scenario, context), &memory,
				   &result->largest_batch, diag));
	return workload_largest_context(&setup->workload, batch, &memory, &result->largest_context,
					diag);
}

static void sum_bytes(const struct sim_program *program, struct run_result *result)
{
	for (size_t i = 0; i < program->kernel_count; i++) {
		const struct sim_kernel *kernel = &program->kernels[i];
		result->weight_read_bytes += (double)kernel->weight_bytes;
		result->kv_read_bytes += (double)kernel->kv_read_bytes;
		result->kv_write_bytes += (double)kernel->kv_write_bytes;
		result->act_bytes +=
			(double)kernel->act_read_bytes + (double)kernel->act_write_bytes;
		result->flops += (double)kernel->flops;
	}
}

/* Of one device of a group, or of a pipeline's stages where the program runs through all of them. */
static void group_energy(const struct run_setup *setup, const struct sim_program *program,
			 double tokens, struct run_result *result)
{
	struct machine stages = setup->device.machine;
	double count = parallel_stages_in_a_row(&setup->workload);
	stages.cost.static_w *= count;
	stages.cost.static_low_w *= count;
	stages.cost.static_high_w *= count;
	stages.cost.area_mm2 *= count;
	stages.cost.price_usd *= count;
	stages.cost.usd_per_hour *= count;
	step_energy(program, &stages, 1, result->step_ps,
		    tokens * count / parallel_devices(&setup->workload), &result->energy);
}

enum sim_status run_simulate(const struct run_setup *setup, const struct run_program *run,
			     double tokens, double batch, struct run_result *result,
			     struct sim_diag *diag)
{
	const struct sim_program *program = &run->lowered.program;
	struct replay_options options;
	struct replay_result replayed;
	replay_options_init(&options);
	options.launch = run_launch(setup);
	options.host_speed = setup->host_speed;
	options.attribute = true;
	options.start_ps = run->start_ps;
	options.end_ps = run->end_ps;
	TRY(replay_run(program, &setup->device.machine, &options, &replayed, diag));
	int64_t steps = (int64_t)program->step_count;
	result->kernels = replayed.kernels;
	result->forwards = replayed.steps;
	result->step_ps = replayed.total_ps;
	result->device_span_ps = replayed.device_span_ps * steps;
	result->device_busy_ps = replayed.device_busy_ps * steps;
	result->host_ps = replayed.host_ps * steps;
	result->floor_ps = replayed.floor_ps * steps;
	int64_t parts = 0;
	for (unsigned part = 0; part < SIM_PART_COUNT; part++) {
		result->part_ps[part] = replayed.part_ps[part] * steps;
		parts += result->part_ps[part];
	}
	/* means were rounded down: what is left of the whole goes to the gaps */
	result->part_ps[SIM_PART_GAP] += result->step_ps - parts;
	result->digest = replayed.digest;
	result->tokens = tokens;
	result->batch = batch;
	result->tokens_per_s =
		result->step_ps > 0 ? tokens * batch * 1e12 / (double)result->step_ps : 0;
	result->calibrated = setup->device.machine.calibrated;
	sum_bytes(program, result);
	group_energy(setup, program, tokens * batch, result);
	step_place(program, &setup->device.machine, &result->placement);
	return step_band(program, &setup->device.machine, &result->band, diag);
}

static enum sim_status allocate_times(struct run_program *run, struct sim_diag *diag)
{
	size_t room = run->lowered.program.kernel_count + 1;
	run->start_ps = malloc(room * sizeof(*run->start_ps));
	run->end_ps = malloc(room * sizeof(*run->end_ps));
	return run->start_ps != NULL && run->end_ps != NULL
		       ? SIM_OK
		       : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

static enum sim_status run_iteration(const struct run_setup *setup,
				     const struct workload_iteration *iteration,
				     struct run_result *result, struct run_program *keep,
				     struct sim_diag *diag)
{
	struct run_program own = {0}, *run = keep != NULL ? keep : &own;
	double batch = iteration->batch > 0 ? iteration->batch : iteration->forwards[0].batch;
	memset(run, 0, sizeof(*run));
	enum sim_status status = workload_program(&setup->workload, iteration, &run->lowered, diag);
	if (status == SIM_OK && keep != NULL)
		status = allocate_times(run, diag);
	if (status == SIM_OK)
		status = run_simulate(setup, run, iteration->tokens, batch, result, diag);
	if (keep == NULL)
		run_program_fini(&own);
	return status;
}

enum sim_status run_evaluate(const struct run_setup *setup, double context,
			     struct run_result *result, struct run_program *keep,
			     struct sim_diag *diag)
{
	struct workload_iteration iteration;
	memset(result, 0, sizeof(*result));
	if (keep != NULL)
		memset(keep, 0, sizeof(*keep));
	result->band = (struct interval){NAN, NAN};
	TRY(check_capacity(setup, context, result, diag));
	if (!result->fits)
		return SIM_OK;
	TRY(workload_iterate(&setup->workload, context, &iteration, diag));
	return run_iteration(setup, &iteration, result, keep, diag);
}

enum sim_status run_forward(const struct run_setup *setup, const struct workload_forward *forward,
			    struct run_result *result, struct sim_diag *diag)
{
	struct workload_iteration iteration = {.forward_count = 1, .tokens = 1};
	memset(result, 0, sizeof(*result));
	iteration.forwards[0] = *forward;
	return run_iteration(setup, &iteration, result, NULL, diag);
}
