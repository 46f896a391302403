/* What every command that prints a step's time says alike, as text and as JSON. */
#ifndef SIM_CLI_STEP_PRINT_H
#define SIM_CLI_STEP_PRINT_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "validate/compare.h"

double step_ms(int64_t ps);

/* TOP / BOTTOM; 0 where there is nothing to divide by. */
double step_ratio(double top, double bottom);

/* The end of the line of a step's time: its error band. */
void step_print_band(const struct interval *band, bool calibrated);
void step_add_band(cJSON *object, const struct interval *band, bool calibrated);

/* Parts of enum sim_part: those that are not 0, with their share of STEP_PS; as "attribution". */
void step_print_parts(const int64_t *part_ps, int64_t step_ps);
void step_add_parts(cJSON *object, const int64_t *part_ps);

#endif
