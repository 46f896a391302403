/* Memory, energy and cost of chips that are no GPU; equation in chip_parts.h. */
#include "hwmodels/chip_parts.h"

#include <math.h>

void chip_parts_machine(const double *chip, double peak, struct machine *machine)
{
	double watts = chip[CHIP_STATIC_POWER], band = chip[CHIP_ENERGY_BAND];
	gpu_parts_launch(chip + CHIP_HARDWARE_PARAM_COUNT, machine);
	machine->memory_bytes_per_s = peak;
	machine->memory_bytes = chip[CHIP_MEMORY_CAPACITY];
	machine->cost = (struct machine_cost){.static_w = watts,
					      .static_low_w = watts * (1 - band),
					      .static_high_w = watts * (1 + band),
					      .limit_w = chip[CHIP_POWER_LIMIT],
					      .area_mm2 = chip[CHIP_AREA] * 1e6,
					      .price_usd = chip[CHIP_PRICE],
					      .usd_per_hour = chip[CHIP_PRICE_HOUR]};
}

void chip_parts_energy(const double *chip, struct chip_energy *energy)
{
	const double pj = 1e12;
	*energy = (struct chip_energy){.memory = chip[CHIP_MEMORY_ENERGY] * pj,
				       .mac = chip[CHIP_MAC_ENERGY] * pj,
				       .sram = chip[CHIP_SRAM_ENERGY] * pj,
				       .vector = chip[CHIP_VECTOR_ENERGY] * pj,
				       .band = chip[CHIP_ENERGY_BAND]};
}

/* What is not used costs nothing, known or not. */
static double cost_of(double amount, double each)
{
	return amount > 0 ? amount * each : 0;
}

void chip_energy_of(const struct chip_energy *energy, const struct chip_work *work,
		    struct machine_energy *result)
{
	double memory = cost_of(work->memory_bytes, energy->memory);
	double compute = cost_of(work->macs, energy->mac) +
			 cost_of(work->sram_bytes, energy->sram) +
			 cost_of(work->vector_ops, energy->vector);
	double sum = memory + compute;
	*result = (struct machine_energy){.low_pj = sum * (1 - energy->band),
					  .high_pj = sum * (1 + energy->band)};
	result->pj[ENERGY_MEMORY] = memory;
	result->pj[ENERGY_COMPUTE] = compute;
}

void chip_lint(const struct hw_lint *lint)
{
	const double cells = 0.55 * 8e-12;
	double energy = hw_lint_value(lint, "memory.energy");
	if (energy < cells)
		hw_lint_find(lint, true, "memory.energy",
			     "%.3g pJ/bit is below the activation and the read of the cells, "
			     "0.55 pJ/bit (O'Connor, MICRO 2017)",
			     energy / 8e-12);
}

void chip_lint_order(const struct hw_lint *lint, const char *less, const char *more,
		     const char *why)
{
	double low = hw_lint_value(lint, less), high = hw_lint_value(lint, more);
	if (low > high)
		hw_lint_find(lint, false, less, "%.4g is above %s, %.4g: %s", low, more, high, why);
}
