/*
 * ideal: the floor under every prediction.
 *
 *   t = max(B0 / BW, F / P(dtype))
 *
 *   B0  bytes that must come from main memory whatever the software: weights, and the KV cache
 *       that attention reads (sim_kernel_floor_bytes), B
 *   BW  peak bandwidth of the main memory, B/s
 *   F   flops;  P  dense peak of the units that do them, flop/s (see gpu_parts.h for the choice)
 *
 * Between devices the busier direction of the link counts too, at its peak. No launch costs, no gaps, no fixed latency: what the hardware could do if nothing else cost
 * anything. It rests on the datasheet alone.
 */
#include <math.h>

#include "hwmodels/gpu_parts.h"
#include "hwmodels/hwmodels.h"

enum { QUEUE_DEPTH = 1024 };

static const struct hw_param params[] = {GPU_HARDWARE_PARAMS(GPU_PARAM_ROW)};

static void ideal_demand(const struct machine *machine, const struct sim_kernel *kernels,
			 size_t count, struct machine_demand *demands)
{
	for (size_t i = 0; i < count; i++) {
		demands[i] = (struct machine_demand){0};
		demands[i].work[GPU_RESOURCE_HBM] = (double)sim_kernel_floor_bytes(&kernels[i]);
		gpu_parts_flops(machine->state, &kernels[i], &demands[i]);
	}
	gpu_parts_peers(machine, kernels, count, demands);
}

static enum sim_status ideal_build(const double *values, struct arena *arena,
				   struct machine *machine, struct sim_diag *diag)
{
	struct gpu_flop_weights *weights = arena_alloc(arena, sizeof(*weights));
	if (weights == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	gpu_parts_weights(values, weights);
	gpu_parts_resources(values, machine);
	machine->launch.queue_depth = QUEUE_DEPTH;
	machine->state = weights;
	machine->demand = ideal_demand;
	return SIM_OK;
}

const struct hw_model hw_model_ideal = {
	.name = "ideal",
	.equation = "t = max(weight and attention KV bytes / peak bandwidth, flops / peak)",
	.source = "the device's datasheet; no launch, gap or latency",
	.params = params,
	.param_count = sizeof(params) / sizeof(params[0]),
	.build = ideal_build,
};
