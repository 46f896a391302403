/* Evaluation of designs; see evaluate.h. What points share is kept by design*.c. */
#include "sim/explore/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/digest.h"
#include "sim/core/version.h"
#include "sim/explore/design.h"

static bool uses(const struct explore_space *space, size_t field)
{
	for (size_t i = 0; i < space->objective_count; i++)
		if (space->objectives[i].field == field)
			return true;
	for (size_t i = 0; i < space->constraint_count; i++)
		if (expr_uses(&space->constraints[i].expr, field))
			return true;
	for (size_t i = 0; i < space->let_count; i++)
		if (expr_uses(&space->lets[i], field))
			return true;
	return false;
}

static enum sim_status create(const struct explore_space *space, struct explore_worker *worker,
			      struct sim_diag *diag)
{
	worker->space = space;
	worker->hw_axis = explore_axis_find(space, "hw");
	while (worker->lowering_axes < space->axis_count &&
	       space->axes[worker->lowering_axes].target < EXPLORE_HW)
		worker->lowering_axes++;
	worker->wants_prefill =
		uses(space, CASE_FIELD_prefill_ms) || uses(space, CASE_FIELD_prefill_kernels);
	worker->wants_largest =
		uses(space, CASE_FIELD_largest_batch) || uses(space, CASE_FIELD_largest_context);
	size_t count = worker->hw_axis != SIZE_MAX ? space->axes[worker->hw_axis].count : 1;
	worker->devices = calloc(count, sizeof(*worker->devices));
	worker->outcome = calloc(1, sizeof(*worker->outcome));
	if (worker->devices == NULL || worker->outcome == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		worker->device_count = i + 1;
		TRY(design_device_init(&worker->devices[i], space, i, diag));
	}
	return SIM_OK;
}

enum sim_status explore_worker_create(const struct explore_space *space,
				      struct explore_worker **worker, struct sim_diag *diag)
{
	*worker = calloc(1, sizeof(**worker));
	if (*worker == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	enum sim_status status = create(space, *worker, diag);
	if (status != SIM_OK) {
		explore_worker_destroy(*worker);
		*worker = NULL;
	}
	return status;
}

void explore_worker_destroy(struct explore_worker *worker)
{
	if (worker == NULL)
		return;
	for (size_t i = 0; i < worker->device_count; i++)
		design_device_fini(&worker->devices[i]);
	for (size_t i = 0; i < DESIGN_STEPS; i++)
		design_step_fini(&worker->steps[i]);
	for (size_t i = 0; i < DESIGN_WORKLOADS; i++)
		design_workload_fini(&worker->workloads[i]);
	free(worker->devices);
	free(worker->outcome);
	free(worker);
}

/* As run_simulate() takes it from the replay. */
static void take_times(const struct design_step *step, const struct replay_result *replayed,
		       struct run_result *result)
{
	int64_t steps = (int64_t)replayed->steps;
	result->kernels = replayed->kernels;
	result->forwards = replayed->steps;
	result->step_ps = replayed->total_ps;
	result->device_span_ps = replayed->device_span_ps * steps;
	result->device_busy_ps = replayed->device_busy_ps * steps;
	result->host_ps = replayed->host_ps * steps;
	result->floor_ps = replayed->floor_ps * steps;
	result->tokens = step->tokens;
	result->batch = step->batch;
	result->tokens_per_s = result->step_ps > 0
				       ? step->tokens * step->batch * 1e12 / (double)result->step_ps
				       : 0;
}

static enum sim_status closed(const struct explore_worker *worker, struct design_step *step,
			      const struct run_setup *setup, struct run_result *result,
			      struct sim_diag *diag)
{
	const struct machine *machine = &setup->device.machine;
	struct replay_options options;
	struct replay_result replayed;
	replay_options_init(&options);
	options.launch = run_launch(setup);
	options.host_speed = setup->host_speed;
	if (step->has_runs) {
		TRY(machine_can_run(machine, step->kernels, step->step.kernel_count, diag));
		TRY(closed_form_runs(step->kernels, step->step.kernel_count, step->runs,
				     step->step.segment_count, machine, &options, &replayed, diag));
		take_times(step, &replayed, result);
		step_energy_runs(step->kernels, step->runs, step->step.segment_count, machine,
				 result->step_ps, step->tokens * step->batch, &result->energy);
		return SIM_OK;
	}
	TRY(design_step_program(worker, step, diag));
	const struct sim_program *program = &step->program.lowered.program;
	TRY(machine_can_run(machine, program->kernels, program->kernel_count, diag));
	TRY(closed_form_run(program, machine, &options, &replayed, diag));
	take_times(step, &replayed, result);
	step_energy(program, machine, 1, result->step_ps, step->tokens * step->batch,
		    &result->energy);
	return SIM_OK;
}

static enum sim_status simulated(const struct explore_worker *worker, struct design_step *step,
				 const struct run_setup *setup, struct run_result *result,
				 struct sim_diag *diag)
{
	TRY(design_step_program(worker, step, diag));
	result->weight_read_bytes = result->kv_read_bytes = result->kv_write_bytes = 0;
	result->act_bytes = result->flops = 0;
	return run_simulate(setup, &step->program, step->tokens, step->batch, result, diag);
}

/* A prompt is one step: the closed form of it where the rest is closed. */
static enum sim_status prefill(struct explore_worker *worker, struct design_step *step,
			       const struct run_setup *setup, enum explore_method method,
			       struct sim_diag *diag)
{
	struct run_result *result = &worker->outcome->prefill;
	struct replay_options options;
	struct replay_result replayed;
	TRY(design_step_prefill(worker, step, diag));
	worker->outcome->has_prefill = true;
	memset(result, 0, sizeof(*result));
	if (method == EXPLORE_SIMULATE)
		return run_simulate(setup, &step->prefill, 1, step->batch, result, diag);
	replay_options_init(&options);
	options.launch = run_launch(setup);
	options.host_speed = setup->host_speed;
	TRY(closed_form_run(&step->prefill.lowered.program, &setup->device.machine, &options,
			    &replayed, diag));
	take_times(step, &replayed, result);
	return SIM_OK;
}

/* What is held, and whether it fits, as run_evaluate() has it. */
static void take_capacity(const struct design_step *step, const struct machine *machine,
			  struct run_result *result)
{
	const struct workload_memory memory = {machine->memory_bytes, machine->kv_memory_bytes};
	*result = step->sums;
	result->capacity = step->capacity;
	result->memory_bytes = memory.bytes;
	result->kv_memory_bytes = memory.kv_bytes;
	result->fits = workload_fits(&result->capacity, &memory);
	result->largest_batch = result->largest_context = NAN;
	result->energy.area_mm2 = machine->cost.area_mm2;
}

static enum sim_status run_point(struct explore_worker *worker, struct design_step *step,
				 struct run_setup *setup, enum explore_method method,
				 struct sim_diag *diag)
{
	struct run_result *result = &worker->outcome->result;
	setup->launch = step->launch;
	setup->host_speed = step->host_speed;
	take_capacity(step, &setup->device.machine, result);
	if (worker->wants_largest)
		TRY(design_step_largest(worker, step, setup, result, diag));
	if (!result->fits || method == DESIGN_NOTHING_RUN)
		return SIM_OK;
	TRY(method == EXPLORE_SIMULATE ? simulated(worker, step, setup, result, diag)
				       : closed(worker, step, setup, result, diag));
	return worker->wants_prefill ? prefill(worker, step, setup, method, diag) : SIM_OK;
}

static double own_field(const struct case_outcome *outcome, const struct machine *machine,
			size_t field)
{
	if (field == EXPLORE_FIELD_power_w)
		return outcome->result.fits ? outcome->result.energy.average_w : NAN;
	return machine->cost.price_usd;
}

static void take_fields(const struct explore_worker *worker, const struct machine *machine,
			enum explore_method method, struct explore_result *result)
{
	for (size_t i = 0; i < EXPLORE_FIELD_COUNT; i++)
		result->fields[i] = i < CASE_RUN_FIELD_COUNT
					    ? case_outcome_field(worker->outcome, (unsigned)i)
					    : own_field(worker->outcome, machine, i);
	for (size_t i = 0; i < EXPLORE_FIELD_COUNT && method != EXPLORE_SIMULATE; i++)
		if (explore_field_is_part(i))
			result->fields[i] = NAN;
	for (size_t i = 0; i < EXPLORE_FIELD_COUNT; i++)
		if (isinf(result->fields[i]))
			result->fields[i] = NAN;
}

void explore_judge(const struct explore_space *space, const double *values,
		   struct explore_result *result)
{
	double slots[EXPR_MOST_SLOTS];
	result->broken = 0;
	if (space->constraint_count > 0)
		space_fill_slots(space, result->fields, values, slots);
	for (size_t i = 0; i < space->constraint_count; i++) {
		double holds = space_value(&space->constraints[i].expr, slots, space->scope.count);
		if (!(holds != 0) || isnan(holds))
			result->broken |= UINT32_C(1) << i;
	}
	result->feasible =
		!result->failed && result->fields[CASE_FIELD_fits] == 1 && result->broken == 0;
}

enum sim_status design_evaluate(struct explore_worker *worker, const double *values,
				enum explore_method method, struct explore_result *result,
				struct sim_diag *diag)
{
	size_t hw = worker->hw_axis == SIZE_MAX ? 0 : (size_t)values[worker->hw_axis];
	struct design_device *device = &worker->devices[hw];
	struct design_step *step;
	struct sim_diag why = {0};
	result->why[0] = '\0';
	worker->outcome->has_prefill = false;
	TRY(design_device_set(device, worker->space, values, diag));
	TRY(design_step_get(worker, values,
			    device->broken ? 0 : device_sm_count(&device->setup.device), &step,
			    diag));
	enum sim_status status = SIM_OK;
	if (!device->broken && !step->broken)
		status = run_point(worker, step, &device->setup, method, &why);
	worker->outcome->failed = result->failed =
		device->broken || step->broken || status != SIM_OK;
	TRY(design_excuse(status, &why, result->why, sizeof(result->why), diag));
	if (device->broken || step->broken)
		memcpy(result->why, device->broken ? device->why : step->why, sizeof(result->why));
	take_fields(worker, &device->setup.device.machine, method, result);
	if (result->failed)
		for (size_t i = 0; i < EXPLORE_FIELD_COUNT; i++)
			result->fields[i] = NAN;
	explore_judge(worker->space, values, result);
	return SIM_OK;
}

enum sim_status explore_evaluate(struct explore_worker *worker, const double *values,
				 enum explore_method method, struct explore_result *result,
				 struct sim_diag *diag)
{
	if (method == DESIGN_NOTHING_RUN)
		return diag_fail(diag, SIM_E_INTERNAL, "no method of one point");
	return design_evaluate(worker, values, method, result, diag);
}

enum sim_status explore_point_hash(struct explore_worker *worker, const double *values,
				   enum explore_method method, uint64_t *hash,
				   struct sim_diag *diag)
{
	const struct explore_space *space = worker->space;
	struct design_workload *workload;
	size_t hw = worker->hw_axis == SIZE_MAX ? 0 : (size_t)values[worker->hw_axis];
	TRY(design_workload_get(worker, values, &workload, diag));
	*hash = design_hash_text(DIGEST_SEED, DECODESIM_VERSION);
	*hash = digest_mix(*hash, EXPLORE_FIELD_COUNT);
	*hash = digest_mix(*hash, (uint64_t)method * 4 + worker->wants_prefill * 2 +
					  worker->wants_largest);
	*hash = digest_mix(*hash, worker->devices[hw].hash);
	*hash = digest_mix(*hash, workload->hash);
	for (size_t a = 0; a < space->axis_count; a++) {
		const struct explore_axis *axis = &space->axes[a];
		if (axis->target == EXPLORE_HW || axis->target == EXPLORE_WORKLOAD)
			continue;
		*hash = design_hash_text(*hash, axis->name);
		*hash = axis->kind == EXPLORE_WORDS
				? design_hash_text(*hash, axis->words[(size_t)values[a]])
				: design_hash_number(*hash, values[a]);
	}
	return SIM_OK;
}

uint64_t explore_result_digest(const struct explore_result *result)
{
	uint64_t digest = DIGEST_SEED;
	for (size_t i = 0; i < EXPLORE_FIELD_COUNT; i++)
		digest = design_hash_number(digest, result->fields[i]);
	return digest_mix(digest, (uint64_t)result->failed);
}
