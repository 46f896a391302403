/*
 * Energy, power and cost of a step.
 *
 *   E = sum over kernels of their energy + P_static * T        average power = E / T
 *   USD per million tokens = price per hour * T / 3600 / tokens * 10^6
 *
 * T is the time from step to step, host included: the machine draws its static power while it
 * waits. What would be above the machine's power limit is the limit's: boards hold it by clocks that
 * drop, which takes time that is not modelled. The peak is that of the kernel with the most energy for its own time, alone on the machine.
 * Kernels whose work is not known make all of it unknown (NaN).
 */
#ifndef VALIDATE_ENERGY_H
#define VALIDATE_ENERGY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/core/machine.h"
#include "sim/core/program.h"

struct step_energy {
	double energy_j, energy_low_j, energy_high_j; /* static power included; NaN unknown */
	double part_j[ENERGY_PART_COUNT];	      /* of kernels */
	double static_j;
	double average_w, peak_w;
	double joules_per_token, tokens_per_joule;
	double usd_per_mtoken;
	double area_mm2; /* NaN unknown, as the machine says */
	bool limited;	 /* it would be more: the power limit is held, at clocks that would drop */
};

/*
 * Mean over STEPS of PROGRAM on MACHINE, whose whole takes TIME_PS and makes TOKENS (of all
 * sequences).
 */
void step_energy(const struct sim_program *program, const struct machine *machine, double steps,
		 int64_t time_ps, double tokens, struct step_energy *energy);

/* The same of one step told as runs that repeat, as closed_form_runs() takes it. */
void step_energy_runs(const struct sim_kernel *kernels, const struct sim_run *runs,
		      size_t run_count, const struct machine *machine, int64_t time_ps,
		      double tokens, struct step_energy *energy);

#endif
