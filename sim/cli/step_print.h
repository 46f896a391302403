/* What every command that prints a step's time says alike, as text and as JSON. */
#ifndef SIM_CLI_STEP_PRINT_H
#define SIM_CLI_STEP_PRINT_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "sim/store/store.h"
#include "validate/compare.h"
#include "validate/energy.h"
#include "validate/placement.h"

double step_ms(int64_t ps);

/* TOP / BOTTOM; 0 where there is nothing to divide by. */
double step_ratio(double top, double bottom);

/* The end of the line of a step's time: its error band. */
void step_print_band(const struct interval *band, bool calibrated);
void step_add_band(cJSON *object, const struct interval *band, bool calibrated);

/* Parts of enum sim_part: those that are not 0, with their share of STEP_PS; as "attribution". */
void step_print_parts(const int64_t *part_ps, int64_t step_ps);
void step_add_parts(cJSON *object, const int64_t *part_ps);

/* Energy, power, area and price: what is known of them. */
void step_print_energy(const struct step_energy *energy);
void step_add_energy(cJSON *object, const struct step_energy *energy,
		     const struct machine_cost *cost);

/* Which unit ran what, on machines of several; times of STEPS steps as means. */
void step_print_placement(const struct step_placement *placement, const struct machine *machine,
			  double steps);
void step_add_placement(cJSON *object, const struct step_placement *placement,
			const struct machine *machine, double steps);

/* Both as the store takes them; ROWS of PLACEMENT_MOST. */
struct store_energy step_stored_energy(const struct step_energy *energy);
size_t step_stored_placement(const struct step_placement *placement, const struct machine *machine,
			     struct store_placed *rows);

#endif
