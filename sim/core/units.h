/*
 * Quantities: SI only inside, unit-carrying text outside ("3.35 TB/s", "80 GiB", "4.6 us").
 *
 * GB is 10^9 bytes and GiB is 2^30, never mixed. A bare number is refused where a unit is due,
 * except 0. Time on the simulated clock is int64 picoseconds and doubles become time in one
 * function only: ps_from_seconds().
 */
#ifndef SIM_CORE_UNITS_H
#define SIM_CORE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"

/* clang-format off */
/*  name           SI unit      what a person may write                                          */
#define SIM_UNIT_LIST(X) \
	X(RATIO,        "1",         "a number or a percentage: 0.8, 80 %") \
	X(COUNT,        "count",     "a whole number: 132") \
	X(BYTES,        "B",         "B kB MB GB TB KiB MiB GiB TiB") \
	X(BYTES_PER_S,  "B/s",       "B/s kB/s MB/s GB/s TB/s GiB/s TiB/s") \
	X(FLOPS_PER_S,  "flop/s",    "flop/s Gflop/s Tflop/s Pflop/s (also FLOPS, TFLOPS, op/s, TOPS)") \
	X(SECONDS,      "s",         "ps ns us ms s") \
	X(HERTZ,        "Hz",        "Hz kHz MHz GHz") \
	X(WATTS,        "W",         "mW W kW") \
	X(JOULES,       "J",         "fJ pJ nJ uJ mJ J") \
	X(JOULES_PER_BYTE, "J/B",    "pJ/B pJ/bit fJ/bit nJ/B J/B") \
	X(SQUARE_METERS,"m2",        "um2 mm2 cm2 m2") \
	X(USD,          "USD",       "USD") \
	X(USD_PER_HOUR, "USD/h",     "USD/h")
/* clang-format on */

enum sim_unit {
#define X(name, si, accepts) UNIT_##name,
	SIM_UNIT_LIST(X)
#undef X
		UNIT_COUNT_OF_UNITS
};

const char *unit_si(enum sim_unit unit);
const char *unit_accepts(enum sim_unit unit);

/*
 * Parse TEXT ("3.35 TB/s", "0x" and locale forms refused) as UNIT into SI.
 * SIM_E_PARSE: no number; SIM_E_UNIT: unit missing or of another kind; SIM_E_RANGE: not finite.
 */
SIM_MUST_CHECK enum sim_status unit_parse(const char *text, enum sim_unit unit, double *value,
					  struct sim_diag *diag);

/* Shortest readable text that parses back to a value equal within 1e-12: "3.35 TB/s". Returns OUT.
 */
char *unit_format(double value, enum sim_unit unit, char *out, size_t out_size);

/*
 * The same, but parses back to the very same double (NaN excepted): for files that are read again.
 * OUT of 64 bytes always suffices.
 */
char *unit_format_exact(double value, enum sim_unit unit, char *out, size_t out_size);

/* Seconds to picoseconds, rounded half away from zero, saturating at +-2^62; NaN becomes 0. */
int64_t ps_from_seconds(double seconds);
double seconds_from_ps(int64_t ps);

#define PS_PER_NS INT64_C(1000)
#define PS_PER_US INT64_C(1000000)
#define PS_PER_MS INT64_C(1000000000)

#endif
