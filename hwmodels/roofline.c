/*
 * roofline: nothing but peaks.
 *
 *   t = max(B / BW, F / P(dtype))          host copies: t = max(B / BW, B / L)
 *
 *   B   all bytes the kernel reads and writes, B
 *   BW  peak bandwidth of the main memory, B/s
 *   F   flops;  P  dense peak of the units that do them, flop/s (see gpu_parts.h for the choice)
 *   L   host link, one direction, B/s; a copy counts the larger of what it reads and writes
 *
 * Limits: no fixed latency, no cache (an activation that L2 would serve is charged to memory), no
 * efficiency. Collectives: t = max(B / BW, the larger of sent and received / peer.bandwidth). Launch
 * costs are not part of the roofline: they apply as the device gives them, and are zero where it
 * gives none.
 * Source: Williams, Waterman, Patterson, "Roofline: an insightful visual performance model for
 * multicore architectures", CACM 52(4), 2009, doi 10.1145/1498765.1498785.
 */
#include <math.h>

#include "hwmodels/gpu_parts.h"
#include "hwmodels/hwmodels.h"

static const struct hw_param params[] = {GPU_PART_PARAMS(GPU_PARAM_ROW)};

static double larger(double a, double b)
{
	return a > b ? a : b;
}

struct roofline_state {
	struct gpu_flop_weights weights;
	struct gpu_energy energy;
};

static void demand_of(const struct gpu_flop_weights *weights, const struct sim_kernel *kernel,
		      struct machine_demand *demand)
{
	double read = (double)kernel->weight_bytes + (double)kernel->kv_read_bytes +
		      (double)kernel->act_read_bytes;
	double written = (double)kernel->kv_write_bytes + (double)kernel->act_write_bytes;
	*demand = (struct machine_demand){0};
	if (kernel->family == SIM_FAMILY_MEMCPY_HOST) {
		demand->work[GPU_RESOURCE_HBM] = larger(read, written);
		demand->work[GPU_RESOURCE_LINK] = larger(read, written);
	} else {
		demand->work[GPU_RESOURCE_HBM] = read + written;
	}
	gpu_parts_flops(weights, kernel, demand);
}

static void roofline_demand(const struct machine *machine, const struct sim_kernel *kernels,
			    size_t count, struct machine_demand *demands)
{
	const struct roofline_state *state = machine->state;
	for (size_t i = 0; i < count; i++)
		demand_of(&state->weights, &kernels[i], &demands[i]);
	gpu_parts_peers(machine, kernels, count, demands);
}

static void roofline_energy(const struct machine *machine, const struct sim_kernel *kernels,
			    size_t count, struct machine_energy *energies)
{
	const struct roofline_state *state = machine->state;
	for (size_t i = 0; i < count; i++) {
		struct machine_demand demand;
		demand_of(&state->weights, &kernels[i], &demand);
		gpu_parts_peers(machine, &kernels[i], 1, &demand);
		energies[i] =
			gpu_parts_energy(&state->energy, &demand, demand.work[GPU_RESOURCE_HBM]);
	}
}

static enum sim_status roofline_build(const double *values, struct arena *arena,
				      struct machine *machine, struct sim_diag *diag)
{
	struct roofline_state *state = arena_alloc(arena, sizeof(*state));
	if (state == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	gpu_parts_weights(values, &state->weights);
	gpu_parts_cost(values, machine, &state->energy);
	gpu_parts_resources(values, machine);
	gpu_parts_launch(values + GPU_HARDWARE_PARAM_COUNT, machine);
	machine->state = state;
	machine->demand = roofline_demand;
	machine->energy = roofline_energy;
	return SIM_OK;
}

const struct hw_model hw_model_roofline = {
	.name = "roofline",
	.equation = "t = max(all bytes / peak bandwidth, flops / peak of the dtype)",
	.source = "Williams, Waterman, Patterson, CACM 52(4), 2009, doi 10.1145/1498765.1498785",
	.params = params,
	.param_count = sizeof(params) / sizeof(params[0]),
	.build = roofline_build,
};
