/* Cells of an ncu table: numbers with thousands commas and their units, and launch dimensions. */
#ifndef TRACES_NCU_VALUE_H
#define TRACES_NCU_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* Powers of ten from UNIT to bytes or nanoseconds; false: no unit of bytes (or of TIME). */
bool ncu_unit(const char *unit, bool time, int *power);

/*
 * TEXT times 10^POWER. NaN for "n/a" and nothing. Commas must part thousands: "23,07" is no number.
 * False: not a number, negative, or too large.
 */
bool ncu_number(const char *text, int power, double *value);

/* "(128, 1, 1)" */
bool ncu_dims(const char *text, uint32_t dims[3]);

#endif
