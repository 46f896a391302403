/* The one place where a demand becomes time. */
#include "sim/core/machine.h"

#include <assert.h>
#include <math.h>

#include "sim/core/units.h"

static const char *const energy_texts[] = {
#define X(name, text, what) text,
	MACHINE_ENERGY_LIST(X)
#undef X
};

const char *machine_energy_text(unsigned part)
{
	return part < ENERGY_PART_COUNT ? energy_texts[part] : "?";
}

void machine_cost_unknown(struct machine_cost *cost)
{
	*cost = (struct machine_cost){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}

void machine_energy(const struct machine *machine, const struct sim_kernel *kernels, size_t count,
		    struct machine_energy *energies)
{
	static const struct machine_energy unknown = {{NAN, NAN, NAN}, NAN, NAN};
	static_assert(ENERGY_PART_COUNT == 3, "one NaN each");
	if (machine->energy != NULL)
		machine->energy(machine, kernels, count, energies);
	for (size_t i = 0; i < count; i++)
		if (machine->energy == NULL || kernels[i].flags & SIM_KERNEL_OPAQUE)
			energies[i] = unknown;
}

static enum sim_status no_route(const struct machine *machine, const struct sim_kernel *kernel,
				size_t i, struct sim_diag *diag)
{
	if (machine->routes == 0)
		return diag_fail(
			diag, SIM_E_UNSUPPORTED,
			"'%s' (%s) has no link to other devices (kernel %zu is '%s'): give "
			"'peer.bandwidth' (--set 'peer.bandwidth=450 GB/s')",
			machine->name, machine->model_name, i, sim_op_text(kernel->op));
	return diag_fail(diag, SIM_E_UNSUPPORTED,
			 "the switch of '%s' (%s) does not add up (kernel %zu is '%s'): give "
			 "'peer.multimem.stream', or another 'collective.algorithm'",
			 machine->name, machine->model_name, i, sim_op_text(kernel->op));
}

enum sim_status machine_can_run(const struct machine *machine, const struct sim_kernel *kernels,
				size_t count, struct sim_diag *diag)
{
	const uint32_t every_route = (1U << SIM_ROUTE_COUNT) - 1;
	if (machine->ops_unsupported == 0 && machine->routes == every_route)
		return SIM_OK;
	for (size_t i = 0; i < count; i++) {
		unsigned op = kernels[i].op < SIM_OP_COUNT ? kernels[i].op : SIM_OP_UNKNOWN;
		if (kernels[i].flags & SIM_KERNEL_OPAQUE)
			continue;
		if (kernels[i].flags & SIM_KERNEL_PEER &&
		    (kernels[i].route >= SIM_ROUTE_COUNT ||
		     !(machine->routes >> kernels[i].route & 1)))
			return no_route(machine, &kernels[i], i, diag);
		if (!(machine->ops_unsupported >> op & 1))
			continue;
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "'%s' (%s) cannot do '%s' (kernel %zu): make it a unit of a "
				 "system with another that can (model: system)",
				 machine->name, machine->model_name, sim_op_text(op), i);
	}
	return SIM_OK;
}

void machine_finish(struct machine *machine)
{
	assert(machine->demand != NULL);
	assert(machine->resource_count <= MACHINE_MAX_RESOURCES);
	assert(machine->launch.queue_depth >= 1);
	for (uint32_t r = 0; r < machine->resource_count; r++) {
		assert(machine->resources[r].rate_per_s > 0);
		machine->resources[r].ps_per_unit = 1e12 / machine->resources[r].rate_per_s;
	}
}

void machine_demand(const struct machine *machine, const struct sim_kernel *kernels, size_t count,
		    struct machine_demand *demands)
{
	machine->demand(machine, kernels, count, demands);
	if (machine->plays_recording)
		return;
	for (size_t i = 0; i < count; i++) {
		if (!(kernels[i].flags & SIM_KERNEL_OPAQUE))
			continue;
		demands[i] = (struct machine_demand){.fixed_ps = (int64_t)kernels[i].recorded_ps};
	}
}
