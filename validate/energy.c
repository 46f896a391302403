/* Energy, power and cost of a step; equations in energy.h. */
#include "validate/energy.h"

#include <math.h>
#include <stddef.h>

enum { BLOCK = 64 };

struct energy_sum {
	double pj[ENERGY_PART_COUNT], low_pj, high_pj;
	double peak_w;
};

static void add_kernel(const struct machine *machine, const struct machine_energy *energy,
		       const struct machine_demand *demand, double times, struct energy_sum *sum)
{
	double ps = (double)(demand->fixed_ps + demand_service_ps(machine, demand)), pj = 0;
	for (unsigned part = 0; part < ENERGY_PART_COUNT; part++) {
		sum->pj[part] += times * energy->pj[part];
		pj += energy->pj[part];
	}
	sum->low_pj += times * energy->low_pj;
	sum->high_pj += times * energy->high_pj;
	if (ps > 0 && pj / ps > sum->peak_w)
		sum->peak_w = pj / ps; /* pJ / ps = W */
}

/* KERNELS, each TIMES times. */
static void add_kernels(const struct sim_kernel *kernels, size_t kernel_count, double times,
			const struct machine *machine, struct energy_sum *sum)
{
	struct machine_demand demands[BLOCK];
	struct machine_energy energies[BLOCK];
	for (size_t at = 0; at < kernel_count; at += BLOCK) {
		size_t left = kernel_count - at, count = left < BLOCK ? left : BLOCK;
		machine_demand(machine, kernels + at, count, demands);
		machine_energy(machine, kernels + at, count, energies);
		for (size_t i = 0; i < count; i++)
			add_kernel(machine, &energies[i], &demands[i], times, sum);
	}
}

static const struct energy_sum unknown = {{NAN, NAN, NAN}, NAN, NAN, NAN};

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* A board holds its limit by slower clocks; the time is not stretched here, so that it is said. */
static void hold_limit(double limit_j, struct step_energy *energy)
{
	double kernels_j = energy->energy_j - energy->static_j;
	if (!(energy->energy_j > limit_j) || !(kernels_j > 0) || limit_j < energy->static_j)
		return;
	for (unsigned part = 0; part < ENERGY_PART_COUNT; part++)
		energy->part_j[part] *= (limit_j - energy->static_j) / kernels_j;
	energy->energy_j = limit_j;
	energy->energy_low_j = smaller(energy->energy_low_j, limit_j);
	energy->energy_high_j = limit_j;
	energy->limited = true;
}

static void finish(const struct energy_sum *sum, const struct machine *machine, double steps,
		   int64_t time_ps, double tokens, struct step_energy *energy)
{
	const struct machine_cost *cost = &machine->cost;
	double seconds = (double)time_ps * 1e-12 / steps;
	double joules_per_pj = 1e-12 / steps;
	tokens /= steps;
	*energy = (struct step_energy){0};
	energy->static_j = cost->static_w * seconds;
	energy->energy_j = energy->static_j;
	for (unsigned part = 0; part < ENERGY_PART_COUNT; part++) {
		energy->part_j[part] = sum->pj[part] * joules_per_pj;
		energy->energy_j += energy->part_j[part];
	}
	energy->energy_low_j = sum->low_pj * joules_per_pj + cost->static_low_w * seconds;
	energy->energy_high_j = sum->high_pj * joules_per_pj + cost->static_high_w * seconds;
	hold_limit(cost->limit_w * seconds, energy);
	energy->average_w = time_ps > 0 ? energy->energy_j / seconds : NAN;
	energy->peak_w = sum->peak_w + cost->static_w;
	energy->joules_per_token = tokens > 0 ? energy->energy_j / tokens : NAN;
	energy->tokens_per_joule = energy->energy_j > 0 ? tokens / energy->energy_j : NAN;
	energy->usd_per_mtoken =
		tokens > 0 ? cost->usd_per_hour * (seconds / 3600) / tokens * 1e6 : NAN;
	energy->area_mm2 = cost->area_mm2;
}

void step_energy(const struct sim_program *program, const struct machine *machine, double steps,
		 int64_t time_ps, double tokens, struct step_energy *energy)
{
	struct energy_sum sum = {0};
	if (machine->energy != NULL)
		add_kernels(program->kernels, program->kernel_count, 1, machine, &sum);
	else
		sum = unknown;
	finish(&sum, machine, steps, time_ps, tokens, energy);
}

void step_energy_runs(const struct sim_kernel *kernels, const struct sim_run *runs,
		      size_t run_count, const struct machine *machine, int64_t time_ps,
		      double tokens, struct step_energy *energy)
{
	struct energy_sum sum = {0};
	for (size_t r = 0; r < run_count && machine->energy != NULL; r++)
		if (runs[r].repeat > 0)
			add_kernels(kernels + runs[r].first, runs[r].count, runs[r].repeat, machine,
				    &sum);
	if (machine->energy == NULL)
		sum = unknown;
	finish(&sum, machine, 1, time_ps, tokens, energy);
}
