/* Workloads: loading, iterations, programs. */
#include "workloads/workload.h"

#include <stdlib.h>
#include <string.h>

#include "workloads/scope.h"
#include "workloads/transform.h"

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

static enum sim_status load_drafts(struct workload *workload, struct sim_diag *diag)
{
	for (size_t key = 0; key < scenario_key_count(); key++) {
		const struct scenario_value *value = &workload->scenario.values[key];
		if (scenario_key(key)->type != SCENARIO_DRAFT || !value->given)
			continue;
		if (workload->draft_count == WORKLOAD_MOST_MODELS)
			return diag_fail(diag, SIM_E_INTERNAL, "too many drafts");
		struct workload_model *draft = calloc(1, sizeof(*draft));
		if (draft == NULL)
			return nomem(diag);
		workload->drafts[workload->draft_count] = draft;
		workload->draft_keys[workload->draft_count++] = key;
		TRY(model_load(value->text, draft, diag));
	}
	return SIM_OK;
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

enum sim_status workload_prefill(const struct workload *workload, struct workload_forward *forward,
				 struct sim_diag *diag)
{
	*forward = (struct workload_forward){
		.count = 1,
		.batch = number(workload, SCENARIO_BATCH),
		.width = number(workload, SCENARIO_CONTEXT),
		.prefill = true,
	};
	if (!(forward->width >= 1))
		return diag_fail(diag, SIM_E_RANGE, "no prompt: 'context' is 0");
	return workload_slots(workload, forward, diag);
}

static enum sim_status lower_all(const struct workload *workload,
				 const struct workload_iteration *iteration,
				 struct workload_program *program, uint64_t *kernels,
				 uint64_t *distinct, uint64_t *edges, struct sim_diag *diag)
{
	*kernels = *distinct = *edges = 0;
	for (size_t i = 0; i < iteration->forward_count; i++) {
		struct workload_forward forward = iteration->forwards[i];
		for (uint32_t r = 0; r < iteration->forwards[i].count; r++) {
			if (program->lowered_count == WORKLOAD_MOST_STEPS)
				return diag_fail(diag, SIM_E_RANGE,
						 "an iteration of more than %d forwards",
						 WORKLOAD_MOST_STEPS);
			struct workload_step *step = &program->lowered[program->lowered_count];
			TRY(step_init(step, diag));
			program->lowered_count++;
			TRY(workload_lower(workload, &forward, step, diag));
			*kernels += step_expanded_count(step);
			*distinct += step->kernel_count;
			*edges += step_expand_edges(step, 0, NULL);
			forward.context += forward.advance;
		}
	}
	if (*kernels >= UINT32_MAX || *distinct >= UINT32_MAX)
		return diag_fail(diag, SIM_E_RANGE, "an iteration of too many kernels");
	return SIM_OK;
}

/* Streams of one forward, and of which stream the forward of each lowered step is. */
static uint8_t stream_width(const struct workload_iteration *iteration,
			    const struct workload_program *program, uint8_t *streams)
{
	uint8_t width = 1;
	size_t step = 0;
	for (size_t i = 0; i < iteration->forward_count; i++)
		for (uint32_t r = 0; r < iteration->forwards[i].count; r++)
			streams[step++] = iteration->forwards[i].stream;
	for (size_t i = 0; i < program->lowered_count; i++)
		for (size_t k = 0; k < program->lowered[i].kernel_count; k++)
			if (program->lowered[i].kernels[k].kernel.stream >= width)
				width = (uint8_t)(program->lowered[i].kernels[k].kernel.stream + 1);
	return width;
}

static bool overlaps(const struct workload_iteration *iteration)
{
	for (size_t i = 0; i < iteration->forward_count; i++)
		if (iteration->forwards[i].stream > 0)
			return true;
	return false;
}

/* Forwards that overlap are one step of the engine, on streams of their own. */
static void join_steps(const struct workload_iteration *iteration, struct workload_program *program)
{
	uint8_t streams[WORKLOAD_MOST_STEPS], width = stream_width(iteration, program, streams);
	struct sim_kernel *distinct = program->distinct;
	for (size_t i = 0; i < program->lowered_count; i++) {
		struct sim_kernel *kernels = &program->kernels[program->steps[i].first];
		uint8_t more = (uint8_t)(streams[i] * width);
		for (uint32_t k = 0; k < program->steps[i].count; k++)
			kernels[k].stream = (uint8_t)(kernels[k].stream + more);
		for (size_t k = 0; k < program->lowered[i].kernel_count; k++, distinct++)
			distinct->stream = (uint8_t)(distinct->stream + more);
	}
	for (size_t i = 1; i < program->lowered_count; i++)
		program->steps[0].count += program->steps[i].count;
	program->program.step_count = 1;
}

static void fill_program(struct workload_program *program)
{
	uint32_t first = 0, distinct = 0;
	size_t edges = 0;
	for (size_t i = 0; i < program->lowered_count; i++) {
		const struct workload_step *step = &program->lowered[i];
		uint32_t count = (uint32_t)step_expanded_count(step);
		uint32_t *of = program->distinct_of + first;
		step_expand(step, program->kernels + first);
		step_expand_index(step, of);
		for (uint32_t k = 0; k < count; k++) {
			program->details[first + k] = &step->kernels[of[k]];
			of[k] += distinct;
		}
		for (size_t k = 0; k < step->kernel_count; k++)
			program->distinct[distinct++] = step->kernels[k].kernel;
		edges += step_expand_edges(step, first, program->edges + edges);
		program->steps[i] = (struct sim_step){
			.first = first,
			.count = count,
			.traced_launch = SIM_LAUNCH_GRAPH,
			.ends_in_sync = 1,
		};
		first += count;
	}
	program->program = (struct sim_program){
		.kernels = program->kernels,
		.kernel_count = first,
		.steps = program->steps,
		.step_count = program->lowered_count,
		.edges = program->edges,
		.edge_count = edges,
		.distinct = program->distinct,
		.distinct_count = distinct,
		.distinct_of = program->distinct_of,
	};
}

enum sim_status workload_program(const struct workload *workload,
				 const struct workload_iteration *iteration,
				 struct workload_program *program, struct sim_diag *diag)
{
	uint64_t kernels, distinct, edges;
	memset(program, 0, sizeof(*program));
	program->lowered = calloc(WORKLOAD_MOST_STEPS, sizeof(*program->lowered));
	if (program->lowered == NULL)
		return nomem(diag);
	TRY(lower_all(workload, iteration, program, &kernels, &distinct, &edges, diag));
	program->kernels = malloc((kernels + 1) * sizeof(*program->kernels));
	program->details = malloc((kernels + 1) * sizeof(*program->details));
	program->steps = calloc(program->lowered_count + 1, sizeof(*program->steps));
	program->edges = malloc((edges + 1) * sizeof(*program->edges));
	program->distinct = malloc((distinct + 1) * sizeof(*program->distinct));
	program->distinct_of = malloc((kernels + 1) * sizeof(*program->distinct_of));
	if (program->kernels == NULL || program->details == NULL || program->steps == NULL ||
	    program->edges == NULL || program->distinct == NULL || program->distinct_of == NULL)
		return nomem(diag);
	fill_program(program);
	if (overlaps(iteration))
		join_steps(iteration, program);
	return SIM_OK;
}

void workload_program_fini(struct workload_program *program)
{
	for (size_t i = 0; i < program->lowered_count; i++)
		step_fini(&program->lowered[i]);
	free(program->lowered);
	free(program->kernels);
	free(program->distinct);
	free(program->distinct_of);
	free((void *)program->details);
	free(program->steps);
	free(program->edges);
	memset(program, 0, sizeof(*program));
}
