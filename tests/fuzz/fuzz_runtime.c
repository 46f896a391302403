/* Runtime profiles: what is read lowers steps of models of three kinds, or says why not. */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include "workloads/workload.h"

const char fuzz_name[] = "runtime";
const char *const fuzz_seeds[] = {"workloads/runtimes/*.yaml", NULL};

static const char *const models[] = {"llama-3.2-1b", "qwen1.5-moe-a2.7b", "mamba-2-370m"};

static void check_step(const struct workload_step *step)
{
	for (size_t i = 0; i < step->kernel_count; i++) {
		const struct sim_kernel *kernel = &step->kernels[i].kernel;
		FUZZ_REQUIRE(kernel->op < SIM_OP_COUNT && kernel->family < SIM_FAMILY_COUNT);
		FUZZ_REQUIRE(kernel->dtype < SIM_DTYPE_COUNT);
		FUZZ_REQUIRE(step->kernels[i].name < step->names.count);
	}
}

static void lower(const struct workload *workload)
{
	struct workload_iteration iteration;
	struct workload_step step;
	struct workload_capacity capacity;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = workload_iterate(workload, 300, &iteration, &diag);
	fuzz_check_diag(status, &diag);
	if (status != SIM_OK)
		return;
	FUZZ_REQUIRE(step_init(&step, NULL) == SIM_OK);
	status = workload_lower(workload, &iteration.forwards[0], &step, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK) {
		check_step(&step);
		status = workload_capacity(workload, 2, 300, &capacity, &diag);
		fuzz_check_diag(status, &diag);
		FUZZ_REQUIRE(status != SIM_OK || capacity.total_bytes >= 0);
	}
	step_fini(&step);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct workload_scenario scenario;
	struct workload workload;
	struct sim_diag diag;
	const char *path = fuzz_file(data, size);
	diag_init(&diag);
	FUZZ_REQUIRE(scenario_init(&scenario, &diag) == SIM_OK);
	FUZZ_REQUIRE(scenario_set(&scenario, "model", models[size % 3], &diag) == SIM_OK);
	FUZZ_REQUIRE(scenario_set(&scenario, "runtime", path, &diag) == SIM_OK);
	enum sim_status status = workload_load(&workload, &scenario, 132, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK)
		lower(&workload);
	workload_fini(&workload);
	return 0;
}
