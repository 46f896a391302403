/* Steps of designs: lowered once for all devices and launches of like kind. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/explore/design.h"
#include "workloads/lower.h"

void design_step_fini(struct design_step *step)
{
	if (!step->used)
		return;
	run_program_fini(&step->program);
	run_program_fini(&step->prefill);
	step_fini(&step->step);
	free(step->kernels);
	free(step->runs);
	free(step->values);
	memset(step, 0, sizeof(*step));
}

/* closed_form_runs() takes one step whose kernels all have known work and wait for nobody. */
static bool takes_runs(const struct design_step *step)
{
	if (step->iteration.forward_count != 1 || step->iteration.forwards[0].count != 1 ||
	    step->step.edge_count > 0)
		return false;
	for (size_t k = 0; k < step->step.kernel_count; k++)
		if (step->kernels[k].flags & (SIM_KERNEL_SYNC_BEFORE | SIM_KERNEL_OPAQUE))
			return false;
	return true;
}

static enum sim_status compact(struct design_step *step, struct sim_diag *diag)
{
	const struct workload_step *lowered = &step->step;
	step->kernels = malloc((lowered->kernel_count + 1) * sizeof(*step->kernels));
	step->runs = malloc((lowered->segment_count + 1) * sizeof(*step->runs));
	if (step->kernels == NULL || step->runs == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	step_compact(lowered, step->kernels, step->runs);
	step->has_runs = takes_runs(step);
	return SIM_OK;
}

/* The workload is everybody's: its numbers as STEP had them. */
static enum sim_status restore(const struct explore_worker *worker, const struct design_step *step,
			       struct sim_diag *diag)
{
	TRY(design_workload_set(worker, step->of, step->values, diag));
	step->of->workload.sm_count = step->lowered_sm_count;
	return SIM_OK;
}

static void sum_kernel(const struct sim_kernel *kernel, double times, struct run_result *sums)
{
	sums->weight_read_bytes += times * (double)kernel->weight_bytes;
	sums->kv_read_bytes += times * (double)kernel->kv_read_bytes;
	sums->kv_write_bytes += times * (double)kernel->kv_write_bytes;
	sums->act_bytes +=
		times * ((double)kernel->act_read_bytes + (double)kernel->act_write_bytes);
	sums->flops += times * (double)kernel->flops;
}

static enum sim_status sum_up(const struct explore_worker *worker, struct design_step *step,
			      struct sim_diag *diag)
{
	if (!step->has_runs) {
		TRY(design_step_program(worker, step, diag));
		const struct sim_program *program = &step->program.lowered.program;
		for (size_t k = 0; k < program->kernel_count; k++)
			sum_kernel(&program->kernels[k], 1, &step->sums);
		return SIM_OK;
	}
	for (size_t r = 0; r < step->step.segment_count; r++)
		for (uint32_t k = 0; k < step->runs[r].count; k++)
			sum_kernel(&step->kernels[step->runs[r].first + k], step->runs[r].repeat,
				   &step->sums);
	return SIM_OK;
}

static enum sim_status lower(const struct explore_worker *worker, struct design_step *step,
			     struct sim_diag *diag)
{
	const struct workload *workload = &step->of->workload;
	const struct workload_scenario *scenario = &workload->scenario;
	double last;
	step->batch = scenario_number(scenario, SCENARIO_BATCH);
	step->context = scenario_number(scenario, SCENARIO_CONTEXT);
	last = step->context + scenario_number(scenario, SCENARIO_TOKENS) - 1;
	TRY(step_init(&step->step, diag));
	TRY(workload_capacity(workload, step->batch, last, &step->capacity, diag));
	TRY(workload_iterate(workload, step->context, &step->iteration, diag));
	step->tokens = step->iteration.tokens;
	step->launch = (enum sim_launch)scenario_number(scenario, SCENARIO_LAUNCH);
	step->host_speed = scenario_number(scenario, SCENARIO_HOST_SPEED);
	/* as run_iteration() counts */
	step->batch = step->iteration.forwards[0].batch;
	TRY(workload_lower(workload, &step->iteration.forwards[0], &step->step, diag));
	TRY(compact(step, diag));
	return sum_up(worker, step, diag);
}

static enum sim_status fill(struct explore_worker *worker, const double *values, double sm_count,
			    struct design_workload *workload, struct design_step *step,
			    struct sim_diag *diag)
{
	struct sim_diag why = {0};
	size_t size = (worker->lowering_axes + 1) * sizeof(*step->values);
	step->values = malloc(size);
	if (step->values == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	step->used = true;
	memcpy(step->values, values, worker->lowering_axes * sizeof(*values));
	step->of = workload;
	step->sm_count = sm_count;
	step->lowered_sm_count = sm_count > 0 ? sm_count : 132; /* as workload_load() has it */
	enum sim_status status = restore(worker, step, &why);
	if (status == SIM_OK)
		status = lower(worker, step, &why);
	step->broken = status != SIM_OK;
	return design_excuse(status, &why, step->why, sizeof(step->why), diag);
}

static bool is_it(const struct explore_worker *worker, const struct design_step *step,
		  const struct design_workload *workload, const double *values, double sm_count)
{
	return step->used && step->of == workload && step->sm_count == sm_count &&
	       memcmp(step->values, values, worker->lowering_axes * sizeof(*values)) == 0;
}

enum sim_status design_step_get(struct explore_worker *worker, const double *values,
				double sm_count, struct design_step **step, struct sim_diag *diag)
{
	struct design_workload *workload;
	struct design_step *oldest = &worker->steps[0];
	TRY(design_workload_get(worker, values, &workload, diag));
	for (size_t i = 0; i < DESIGN_STEPS; i++) {
		struct design_step *one = &worker->steps[i];
		if (is_it(worker, one, workload, values, sm_count)) {
			one->age = ++worker->clock;
			*step = one;
			return SIM_OK;
		}
		if (one->age < oldest->age)
			oldest = one;
	}
	design_step_fini(oldest);
	oldest->age = ++worker->clock;
	*step = oldest;
	if (workload->broken) {
		oldest->used = oldest->broken = true;
		oldest->of = workload;
		memcpy(oldest->why, workload->why, sizeof(oldest->why));
		oldest->values = calloc(worker->lowering_axes + 1, sizeof(*values));
		if (oldest->values == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		memcpy(oldest->values, values, worker->lowering_axes * sizeof(*values));
		oldest->sm_count = sm_count;
		return SIM_OK;
	}
	return fill(worker, values, sm_count, workload, oldest, diag);
}

enum sim_status design_step_program(const struct explore_worker *worker, struct design_step *step,
				    struct sim_diag *diag)
{
	if (step->has_program)
		return SIM_OK;
	TRY(restore(worker, step, diag));
	TRY(workload_program(&step->of->workload, &step->iteration, &step->program.lowered, diag));
	step->has_program = true;
	return SIM_OK;
}

enum sim_status design_step_prefill(const struct explore_worker *worker, struct design_step *step,
				    struct sim_diag *diag)
{
	struct workload_iteration iteration = {.forward_count = 1, .tokens = 1};
	if (step->has_prefill)
		return SIM_OK;
	TRY(restore(worker, step, diag));
	TRY(workload_prefill(&step->of->workload, &iteration.forwards[0], diag));
	TRY(workload_program(&step->of->workload, &iteration, &step->prefill.lowered, diag));
	step->has_prefill = true;
	return SIM_OK;
}

enum sim_status design_step_largest(const struct explore_worker *worker, struct design_step *step,
				    struct run_setup *setup, struct run_result *result,
				    struct sim_diag *diag)
{
	TRY(restore(worker, step, diag));
	setup->workload = step->of->workload; /* lent */
	enum sim_status status = run_largest(setup, step->context, result, diag);
	memset(&setup->workload, 0, sizeof(setup->workload));
	return status;
}
