/* Iterations as engine programs: built once, or kept up to date from one iteration to the next. */
#include <stdlib.h>
#include <string.h>

#include "workloads/program_parts.h"

static enum sim_status nomem(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

/* COUNT of SIZE bytes, those from OLD on zero; false: out of memory, and *ARRAY is as it was. */
static bool extend(void **array, size_t old, size_t count, size_t size)
{
	char *grown = realloc(*array, count * size);
	if (grown == NULL)
		return false;
	memset(grown + old * size, 0, (count - old) * size);
	*array = grown;
	return true;
}

/* Room for the steps of ITERATION; those that are there keep their memory. */
static enum sim_status begin(struct workload_program *program,
			     const struct workload_iteration *iteration, struct sim_diag *diag)
{
	uint64_t wanted = 0;
	if (program->kept == NULL)
		program->kept = calloc(1, sizeof(*program->kept));
	struct program_kept *kept = program->kept;
	if (kept == NULL)
		return nomem(diag);
	for (size_t i = 0; i < iteration->forward_count; i++)
		wanted += iteration->forwards[i].count;
	if (wanted > WORKLOAD_MOST_STEPS)
		return diag_fail(diag, SIM_E_RANGE, "an iteration of more than %d forwards",
				 WORKLOAD_MOST_STEPS);
	if (wanted <= kept->room)
		return SIM_OK;
	if (!extend((void **)&program->lowered, kept->room, wanted, sizeof(*program->lowered)) ||
	    !extend((void **)&kept->memos, kept->room, wanted, sizeof(struct lower_memo *)) ||
	    !extend((void **)&kept->shapes, kept->room, wanted, sizeof(*kept->shapes)))
		return nomem(diag);
	kept->room = wanted;
	return SIM_OK;
}

/* Step INDEX, initialized, and its memo where one is wanted. */
static enum sim_status step_of(struct workload_program *program, size_t index, bool remember,
			       struct sim_diag *diag)
{
	struct program_kept *kept = program->kept;
	if (index == kept->ready) {
		TRY(step_init(&program->lowered[index], diag));
		kept->ready++;
	}
	if (remember && kept->memos[index] == NULL)
		kept->memos[index] = lower_memo_create();
	return remember && kept->memos[index] == NULL ? nomem(diag) : SIM_OK;
}

static enum sim_status lower_all(const struct workload *workload,
				 const struct workload_iteration *iteration,
				 struct workload_program *program, bool remember,
				 struct sim_diag *diag)
{
	size_t at = 0;
	for (size_t i = 0; i < iteration->forward_count; i++) {
		struct workload_forward forward = iteration->forwards[i];
		for (uint32_t r = 0; r < iteration->forwards[i].count; r++, at++) {
			TRY(step_of(program, at, remember, diag));
			TRY(lower_again(workload, &forward, program->kept->memos[at],
					&program->lowered[at], diag));
			forward.context += forward.advance;
		}
	}
	program->lowered_count = at;
	return SIM_OK;
}

static bool overlaps(const struct workload_iteration *iteration)
{
	for (size_t i = 0; i < iteration->forward_count; i++)
		if (iteration->forwards[i].stream > 0)
			return true;
	return false;
}

/* Forwards that overlap are on streams of their own: what is added to those of each step. */
static void set_streams(const struct workload_iteration *iteration,
			const struct workload_program *program, uint8_t *streams)
{
	uint8_t width = 1;
	size_t step = 0;
	memset(streams, 0, program->lowered_count);
	if (!overlaps(iteration))
		return;
	for (size_t i = 0; i < program->lowered_count; i++)
		for (size_t k = 0; k < program->lowered[i].kernel_count; k++)
			if (program->lowered[i].kernels[k].kernel.stream >= width)
				width = (uint8_t)(program->lowered[i].kernels[k].kernel.stream + 1);
	for (size_t i = 0; i < iteration->forward_count; i++)
		for (uint32_t r = 0; r < iteration->forwards[i].count; r++)
			streams[step++] = (uint8_t)(iteration->forwards[i].stream * width);
}

static enum sim_status build(const struct workload *workload,
			     const struct workload_iteration *iteration,
			     struct workload_program *program, bool remember, bool *changed,
			     struct sim_diag *diag)
{
	uint8_t streams[WORKLOAD_MOST_STEPS];
	bool joined = overlaps(iteration);
	TRY(begin(program, iteration, diag));
	TRY(lower_all(workload, iteration, program, remember, diag));
	set_streams(iteration, program, streams);
	return program_lay(program, streams, joined, changed, diag);
}

enum sim_status workload_program(const struct workload *workload,
				 const struct workload_iteration *iteration,
				 struct workload_program *program, struct sim_diag *diag)
{
	bool changed;
	memset(program, 0, sizeof(*program));
	return build(workload, iteration, program, false, &changed, diag);
}

enum sim_status workload_program_again(const struct workload *workload,
				       const struct workload_iteration *iteration,
				       struct workload_program *program, bool *changed,
				       struct sim_diag *diag)
{
	enum sim_status status = build(workload, iteration, program, true, changed, diag);
	if (status != SIM_OK && program->kept != NULL)
		program->kept->shape_count = 0;
	return status;
}

static void kept_fini(struct program_kept *kept)
{
	for (size_t i = 0; i < kept->ready; i++)
		lower_memo_destroy(kept->memos[i]);
	free((void *)kept->memos);
	free(kept->shapes);
	free(kept->segments);
	free(kept->edges);
	free(kept);
}

void workload_program_fini(struct workload_program *program)
{
	size_t ready = program->kept != NULL ? program->kept->ready : program->lowered_count;
	for (size_t i = 0; program->lowered != NULL && i < ready; i++)
		step_fini(&program->lowered[i]);
	if (program->kept != NULL)
		kept_fini(program->kept);
	free(program->lowered);
	free(program->kernels);
	free(program->distinct);
	free(program->distinct_of);
	free((void *)program->details);
	free(program->steps);
	free(program->edges);
	memset(program, 0, sizeof(*program));
}
