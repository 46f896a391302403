/*
 * Decimal text to a scaled integer, never through a double: a double holds 53 bits, an epoch time
 * in nanoseconds needs 61.
 */
#ifndef TRACES_DECIMAL_H
#define TRACES_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"

/*
 * VALUE = TEXT * 10^SCALE, rounded half away from zero ("12.0005" with scale 3 is 12001). Accepts a
 * sign, a fraction and an exponent. SIM_E_PARSE: not a finite number; SIM_E_RANGE: outside int64.
 * Sets no diag: the caller knows what the number was for.
 */
SIM_MUST_CHECK enum sim_status decimal_parse(const char *text, size_t length, int scale,
					     int64_t *value);

#endif
