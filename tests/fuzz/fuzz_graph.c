/* Op graphs: what is read lowers, or says why not; and what was lowered replays. */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include "workloads/graph.h"

const char fuzz_name[] = "graph";
const char *const fuzz_seeds[] = {"workloads/graphs/*.yaml", NULL};

enum { REPLAYED_KERNELS = 2000 };

static void check_step(struct workload_step *step)
{
	struct workload_program program;
	FUZZ_REQUIRE(step->kernel_count > 0 && step->kernel_count <= GRAPH_MOST_KERNELS);
	FUZZ_REQUIRE(step_expanded_count(step) == step->kernel_count);
	for (size_t i = 0; i < step->kernel_count; i++) {
		const struct sim_kernel *kernel = &step->kernels[i].kernel;
		FUZZ_REQUIRE(kernel->op < SIM_OP_COUNT && kernel->family < SIM_FAMILY_COUNT);
		FUZZ_REQUIRE(kernel->dtype < SIM_DTYPE_COUNT);
		FUZZ_REQUIRE(step->kernels[i].name < step->names.count);
	}
	bool few = step->kernel_count <= REPLAYED_KERNELS;
	FUZZ_REQUIRE(graph_program(step, &program, NULL) == SIM_OK);
	if (few)
		fuzz_check_replay(&program.program, &fuzz_device("h100-sxm")->machine, true);
	workload_program_fini(&program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct workload_graph graph;
	struct workload_step step;
	struct sim_diag diag;
	double items, holds;
	diag_init(&diag);
	enum sim_status status = graph_parse("graph.yaml", (const char *)data, size, &graph, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK) {
		diag_init(&diag);
		FUZZ_REQUIRE(step_init(&step, &diag) == SIM_OK);
		status = graph_lower(&graph, 132, &step, &diag);
		fuzz_check_diag(status, &diag);
		if (status == SIM_OK)
			check_step(&step);
		else
			step_fini(&step);
		if (graph_numbers(&graph, &items, &holds, NULL) == SIM_OK)
			FUZZ_REQUIRE(isfinite(items) && items > 0 && holds >= 0);
	}
	graph_fini(&graph);
	return 0;
}
