/* What a step costs besides time, and who ran it, as text, as JSON and for the store. */
#include <math.h>
#include <stdio.h>

#include "sim/cli/step_print.h"

static void print_known(const char *what, double value, const char *format, const char *note)
{
	if (isnan(value))
		return;
	printf("  %-13s ", what);
	printf(format, value);
	printf("%s\n", note);
}

void step_print_energy(const struct step_energy *energy)
{
	if (!isnan(energy->energy_j)) {
		printf("  energy        %10.4g J    (", energy->energy_j);
		if (isnan(energy->energy_low_j) || isnan(energy->energy_high_j))
			printf("range unknown");
		else
			printf("%.4g to %.4g", energy->energy_low_j, energy->energy_high_j);
		printf("; memory %.3g, compute %.3g, link %.3g, static %.3g)\n",
		       energy->part_j[ENERGY_MEMORY], energy->part_j[ENERGY_COMPUTE],
		       energy->part_j[ENERGY_LINK], energy->static_j);
		printf("  power         %10.1f W    (peak of a kernel %.1f%s)\n", energy->average_w,
		       energy->peak_w,
		       energy->limited ? "; held at the power limit: clocks would drop, and the "
					 "step take longer"
				       : "");
		printf("  tokens/J      %10.4g      (%.4g J a token)\n", energy->tokens_per_joule,
		       energy->joules_per_token);
	}
	print_known("USD/Mtoken", energy->usd_per_mtoken, "%10.4g", "");
	print_known("area", energy->area_mm2, "%10.4g mm2", "");
}

static void add_known(cJSON *object, const char *key, double value)
{
	if (isnan(value))
		cJSON_AddNullToObject(object, key);
	else
		cJSON_AddNumberToObject(object, key, value);
}

void step_add_energy(cJSON *object, const struct step_energy *energy,
		     const struct machine_cost *cost)
{
	add_known(object, "energy_j", energy->energy_j);
	add_known(object, "energy_low_j", energy->energy_low_j);
	add_known(object, "energy_high_j", energy->energy_high_j);
	cJSON *parts = cJSON_AddObjectToObject(object, "energy_parts_j");
	for (unsigned part = 0; part < ENERGY_PART_COUNT; part++)
		add_known(parts, machine_energy_text(part), energy->part_j[part]);
	add_known(parts, "static", energy->static_j);
	add_known(object, "average_w", energy->average_w);
	add_known(object, "peak_w", energy->peak_w);
	add_known(object, "power_limit_w", cost->limit_w);
	cJSON_AddBoolToObject(object, "power_limited", energy->limited);
	add_known(object, "joules_per_token", energy->joules_per_token);
	add_known(object, "tokens_per_joule", energy->tokens_per_joule);
	add_known(object, "usd_per_mtoken", energy->usd_per_mtoken);
	add_known(object, "area_mm2", energy->area_mm2);
	add_known(object, "price_usd", cost->price_usd);
}

static double row_ms(const struct placement_row *row, double steps)
{
	return step_ms(row->ps) / steps;
}

void step_print_placement(const struct step_placement *placement, const struct machine *machine,
			  double steps)
{
	if (placement->count > 0)
		printf("  placement\n");
	for (size_t i = 0; i < placement->count; i++) {
		const struct placement_row *row = &placement->rows[i];
		printf("    %-16s %-14s %8.0f kernels %10.3f ms\n", machine->unit_names[row->unit],
		       sim_op_text(row->op), (double)row->kernels / steps, row_ms(row, steps));
	}
}

void step_add_placement(cJSON *object, const struct step_placement *placement,
			const struct machine *machine, double steps)
{
	if (placement->count == 0)
		return;
	cJSON *rows = cJSON_AddArrayToObject(object, "placement");
	for (size_t i = 0; i < placement->count; i++) {
		const struct placement_row *at = &placement->rows[i];
		cJSON *row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "unit", machine->unit_names[at->unit]);
		cJSON_AddStringToObject(row, "op", sim_op_text(at->op));
		cJSON_AddNumberToObject(row, "kernels", (double)at->kernels / steps);
		cJSON_AddNumberToObject(row, "alone_ms", row_ms(at, steps));
		cJSON_AddItemToArray(rows, row);
	}
}

struct store_energy step_stored_energy(const struct step_energy *energy)
{
	return (struct store_energy){
		.energy_j = energy->energy_j,
		.energy_low_j = energy->energy_low_j,
		.energy_high_j = energy->energy_high_j,
		.memory_j = energy->part_j[ENERGY_MEMORY],
		.compute_j = energy->part_j[ENERGY_COMPUTE],
		.link_j = energy->part_j[ENERGY_LINK],
		.static_j = energy->static_j,
		.average_w = energy->average_w,
		.peak_w = energy->peak_w,
		.joules_per_token = energy->joules_per_token,
		.usd_per_mtoken = energy->usd_per_mtoken,
		.area_mm2 = energy->area_mm2,
	};
}

size_t step_stored_placement(const struct step_placement *placement, const struct machine *machine,
			     struct store_placed *rows)
{
	for (size_t i = 0; i < placement->count; i++) {
		const struct placement_row *row = &placement->rows[i];
		rows[i] = (struct store_placed){machine->unit_names[row->unit],
						sim_op_text(row->op), row->kernels, row->ps};
	}
	return placement->count;
}
