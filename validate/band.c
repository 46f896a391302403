/* Error band from the families' bands; memory need from the records. */
#include "validate/band.h"

#include <math.h>

enum { BLOCK = 256 };

static void family_times(const struct sim_program *program, const struct machine *machine,
			 double *times, double *all)
{
	struct machine_demand demands[BLOCK];
	*all = 0;
	for (size_t at = 0; at < program->kernel_count; at += BLOCK) {
		size_t count = program->kernel_count - at;
		count = count < BLOCK ? count : BLOCK;
		machine_demand(machine, program->kernels + at, count, demands);
		for (size_t i = 0; i < count; i++) {
			const struct sim_kernel *kernel = &program->kernels[at + i];
			double time = (double)(demands[i].fixed_ps +
					       demand_service_ps(machine, &demands[i]));
			*all += time;
			if (!(kernel->flags & SIM_KERNEL_OPAQUE))
				times[kernel->family] += time;
		}
	}
}

enum sim_status step_band(const struct sim_program *program, const struct machine *machine,
			  struct interval *band, struct sim_diag *diag)
{
	double times[SIM_FAMILY_COUNT] = {0}, all = 0, low = 0, high = 0;
	(void)diag;
	family_times(program, machine, times, &all);
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		if (times[family] == 0)
			continue;
		double share = times[family] / all;
		low += share * machine->band_low[family] * share * machine->band_low[family];
		high += share * machine->band_high[family] * share * machine->band_high[family];
	}
	*band = (struct interval){0 - sqrt(low), sqrt(high)};
	return SIM_OK;
}

enum sim_status step_fits(double need_bytes, const struct machine *machine, struct sim_diag *diag)
{
	if (!(machine->memory_bytes > 0) || need_bytes <= machine->memory_bytes)
		return SIM_OK;
	return diag_fail(diag, SIM_E_INFEASIBLE,
			 "out of memory on '%s': weights and KV cache take %.2f GB at least, the "
			 "device has %.2f GB",
			 machine->name, need_bytes * 1e-9, machine->memory_bytes * 1e-9);
}
