/*
 * recorded: plays the durations that a trace measured.
 *
 *   t = recorded duration
 *
 * For programs whose kernels are all opaque (trace_recorded_program). It predicts nothing: it
 * checks the engine's timeline against the traced one and answers what the launch mode costs
 * around kernels that stay as they were. A kernel without a recording takes no time. No resource,
 * no byte floor. Launch costs are the device's; recorded host times and gaps go before them.
 */
#include <math.h>

#include "hwmodels/gpu_parts.h"
#include "hwmodels/hwmodels.h"

static const struct hw_param params[] = {GPU_LAUNCH_PARAMS(GPU_PARAM_ROW)};

static void recorded_demand(const struct machine *machine, const struct sim_kernel *kernels,
			    size_t count, struct machine_demand *demands)
{
	const uint64_t longest = UINT64_C(1) << 62;
	(void)machine;
	for (size_t i = 0; i < count; i++) {
		uint64_t ps = kernels[i].flags & SIM_KERNEL_OPAQUE ? kernels[i].recorded_ps : 0;
		demands[i] =
			(struct machine_demand){.fixed_ps = (int64_t)(ps < longest ? ps : longest)};
	}
}

static enum sim_status recorded_build(const double *values, struct arena *arena,
				      struct machine *machine, struct sim_diag *diag)
{
	(void)arena;
	(void)diag;
	gpu_parts_launch(values, machine);
	machine->plays_recording = true;
	machine->demand = recorded_demand;
	return SIM_OK;
}

const struct hw_model hw_model_recorded = {
	.name = "recorded",
	.equation = "t = the duration that the trace measured",
	.source = "the trace",
	.params = params,
	.param_count = sizeof(params) / sizeof(params[0]),
	.build = recorded_build,
};
