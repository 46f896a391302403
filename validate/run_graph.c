/* Runs of op graphs. */
#include <math.h>
#include <string.h>

#include "validate/run.h"

enum sim_status run_graph(const struct run_setup *setup, const struct workload_graph *graph,
			  double sm_count, struct run_result *result, struct sim_diag *diag)
{
	struct workload_step step;
	struct run_program program = {0};
	double items, holds;
	memset(result, 0, sizeof(*result));
	result->band = (struct interval){NAN, NAN};
	result->largest_batch = result->largest_context = -1;
	TRY(graph_numbers(graph, &items, &holds, diag));
	result->capacity.total_bytes = holds;
	result->memory_bytes = setup->device.machine.memory_bytes;
	result->fits = result->memory_bytes <= 0 || holds <= result->memory_bytes;
	if (!result->fits)
		return SIM_OK;
	TRY(step_init(&step, diag));
	enum sim_status status = graph_lower(graph, sm_count, &step, diag);
	if (status != SIM_OK) {
		step_fini(&step);
		return status;
	}
	status = graph_program(&step, &program.lowered, diag);
	if (status == SIM_OK)
		status = run_simulate(setup, &program, items, 1, result, diag);
	run_program_fini(&program);
	return status;
}
