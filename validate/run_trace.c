/* A lowered program as a trace. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/input.h"
#include "validate/run.h"

static enum sim_status fill_details(const struct workload_program *lowered, struct trace *trace,
				    struct sim_diag *diag)
{
	uint64_t end = 0;
	for (size_t s = 0; s < lowered->lowered_count; s++) {
		const struct workload_step *step = &lowered->lowered[s];
		uint64_t first = end;
		end += step_expanded_count(step);
		for (uint64_t i = first; i < end; i++) {
			const struct lowered_kernel *from = lowered->details[i];
			const char *name = names_text(&step->names, from->name);
			struct trace_detail *to = &trace->details[i];
			if (names_add(&trace->names, name, strlen(name), &to->name) != SIM_OK)
				return diag_fail(diag, SIM_E_NOMEM, "out of memory");
			to->grid[0] = from->kernel.blocks;
			to->grid[1] = to->grid[2] = 1;
			to->block[0] = from->kernel.threads;
			to->block[1] = to->block[2] = 1;
			to->m = from->m;
			to->n = from->n;
			to->k = from->k;
			to->heads = from->heads;
			to->kv_heads = from->kv_heads;
		}
	}
	return SIM_OK;
}

static enum sim_status fill(const struct workload_program *lowered, const char *name,
			    struct trace *trace, struct sim_diag *diag)
{
	uint32_t none;
	size_t count = lowered->program.kernel_count, steps = lowered->program.step_count;
	if (names_init(&trace->names) != SIM_OK || names_add(&trace->names, "", 0, &none) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	trace->kernels = malloc((count + 1) * sizeof(*trace->kernels));
	trace->details = calloc(count + 1, sizeof(*trace->details));
	trace->measured = calloc(count + 1, sizeof(*trace->measured));
	trace->steps = malloc((steps + 1) * sizeof(*trace->steps));
	trace->step_measured = calloc(steps + 1, sizeof(*trace->step_measured));
	if (trace->kernels == NULL || trace->details == NULL || trace->measured == NULL ||
	    trace->steps == NULL || trace->step_measured == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	memcpy(trace->kernels, lowered->kernels, count * sizeof(*trace->kernels));
	memcpy(trace->steps, lowered->steps, steps * sizeof(*trace->steps));
	trace->kernel_count = count;
	trace->step_count = steps;
	TRY(fill_details(lowered, trace, diag));
	snprintf(trace->name, sizeof(trace->name), "%s", name);
	snprintf(trace->source, sizeof(trace->source), "lowered");
	snprintf(trace->format, sizeof(trace->format), "lowered");
	snprintf(trace->steps_by, sizeof(trace->steps_by), "forward");
	trace->content_hash = input_hash(UINT64_C(14695981039346656037), name, strlen(name));
	trace->content_hash =
		input_hash(trace->content_hash, trace->kernels, count * sizeof(*trace->kernels));
	return SIM_OK;
}

enum sim_status run_trace(const struct workload_program *lowered, const char *name,
			  struct trace *trace, struct sim_diag *diag)
{
	trace_init(trace);
	enum sim_status status = fill(lowered, name, trace, diag);
	if (status != SIM_OK)
		trace_fini(trace);
	return status;
}
