/* Error band from the families' bands; memory need from the records. */
#include "validate/band.h"

#include <math.h>

#include "sim/core/units.h"

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

double step_memory_bytes(const struct sim_program *program)
{
	double most = 0;
	for (size_t s = 0; s < program->step_count; s++) {
		const struct sim_step *step = &program->steps[s];
		double bytes = 0;
		for (size_t i = step->first; i < (size_t)step->first + step->count; i++)
			bytes += (double)sim_kernel_floor_bytes(&program->kernels[i]);
		most = bytes > most ? bytes : most;
	}
	return most;
}

enum sim_status step_fits(const struct sim_program *program, const struct machine *machine,
			  struct sim_diag *diag)
{
	double need = step_memory_bytes(program);
	char need_text[32], have_text[32];
	if (!(machine->memory_bytes > 0) || need <= machine->memory_bytes)
		return SIM_OK;
	return diag_fail(
		diag, SIM_E_INFEASIBLE,
		"out of memory on '%s': a step touches %s of weights and KV cache, the "
		"device has %s",
		machine->name, unit_format(need, UNIT_BYTES, need_text, sizeof(need_text)),
		unit_format(machine->memory_bytes, UNIT_BYTES, have_text, sizeof(have_text)));
}
