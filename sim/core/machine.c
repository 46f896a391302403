/* The one place where a demand becomes time. */
#include "sim/core/machine.h"

#include <assert.h>
#include <math.h>

#include "sim/core/units.h"

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
