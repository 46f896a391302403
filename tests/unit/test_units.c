/* Quantities: every spelling, what is refused, and numbers that survive a round trip. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/units.h"

struct good {
	const char *text;
	enum sim_unit unit;
	double value;
};

static const struct good goods[] = {
	{"0.8", UNIT_RATIO, 0.8},
	{"80 %", UNIT_RATIO, 0.8},
	{"-4.1 %", UNIT_RATIO, -0.041},
	{"132", UNIT_COUNT, 132},
	{"1e3", UNIT_COUNT, 1000},
	{"7 B", UNIT_BYTES, 7},
	{"7 kB", UNIT_BYTES, 7e3},
	{"7 MB", UNIT_BYTES, 7e6},
	{"80 GB", UNIT_BYTES, 80e9},
	{"7 TB", UNIT_BYTES, 7e12},
	{"1 KiB", UNIT_BYTES, 1024},
	{"50 MiB", UNIT_BYTES, 52428800},
	{"80 GiB", UNIT_BYTES, 85899345920.0},
	{"1 TiB", UNIT_BYTES, 1099511627776.0},
	{"7 B/s", UNIT_BYTES_PER_S, 7},
	{"7 kB/s", UNIT_BYTES_PER_S, 7e3},
	{"7 MB/s", UNIT_BYTES_PER_S, 7e6},
	{"864 GB/s", UNIT_BYTES_PER_S, 864e9},
	{"3.35 TB/s", UNIT_BYTES_PER_S, 3.35e12},
	{"1 MiB/s", UNIT_BYTES_PER_S, 1048576},
	{"1 GiB/s", UNIT_BYTES_PER_S, 1073741824.0},
	{"1 TiB/s", UNIT_BYTES_PER_S, 1099511627776.0},
	{"2 flop/s", UNIT_FLOPS_PER_S, 2},
	{"2 Gflop/s", UNIT_FLOPS_PER_S, 2e9},
	{"989.4 Tflop/s", UNIT_FLOPS_PER_S, 989.4e12},
	{"2 Pflop/s", UNIT_FLOPS_PER_S, 2e15},
	{"2 GFLOPS", UNIT_FLOPS_PER_S, 2e9},
	{"2 TFLOPS", UNIT_FLOPS_PER_S, 2e12},
	{"2 PFLOPS", UNIT_FLOPS_PER_S, 2e15},
	{"2 GFLOP/s", UNIT_FLOPS_PER_S, 2e9},
	{"2 TFLOP/s", UNIT_FLOPS_PER_S, 2e12},
	{"2 PFLOP/s", UNIT_FLOPS_PER_S, 2e15},
	{"2 op/s", UNIT_FLOPS_PER_S, 2},
	{"2 GOPS", UNIT_FLOPS_PER_S, 2e9},
	{"2 TOPS", UNIT_FLOPS_PER_S, 2e12},
	{"2 POPS", UNIT_FLOPS_PER_S, 2e15},
	{"5 ps", UNIT_SECONDS, 5e-12},
	{"5 ns", UNIT_SECONDS, 5e-9},
	{"4.62 us", UNIT_SECONDS, 4.62e-6},
	{"5 ms", UNIT_SECONDS, 5e-3},
	{"5 s", UNIT_SECONDS, 5},
	{"0", UNIT_SECONDS, 0},
	{"5 Hz", UNIT_HERTZ, 5},
	{"5 kHz", UNIT_HERTZ, 5e3},
	{"5 MHz", UNIT_HERTZ, 5e6},
	{"1.98 GHz", UNIT_HERTZ, 1.98e9},
	{"5 mW", UNIT_WATTS, 5e-3},
	{"700 W", UNIT_WATTS, 700},
	{"5 kW", UNIT_WATTS, 5e3},
	{"5 fJ", UNIT_JOULES, 5e-15},
	{"5 pJ", UNIT_JOULES, 5e-12},
	{"5 nJ", UNIT_JOULES, 5e-9},
	{"5 uJ", UNIT_JOULES, 5e-6},
	{"5 mJ", UNIT_JOULES, 5e-3},
	{"5 J", UNIT_JOULES, 5},
	{"40 pJ/B", UNIT_JOULES_PER_BYTE, 40e-12},
	{"5 pJ/bit", UNIT_JOULES_PER_BYTE, 40e-12},
	{"5000 fJ/bit", UNIT_JOULES_PER_BYTE, 40e-12},
	{"0.04 nJ/B", UNIT_JOULES_PER_BYTE, 40e-12},
	{"1 J/B", UNIT_JOULES_PER_BYTE, 1},
	{"5 um2", UNIT_SQUARE_METERS, 5e-12},
	{"814 mm2", UNIT_SQUARE_METERS, 814e-6},
	{"5 cm2", UNIT_SQUARE_METERS, 5e-4},
	{"5 m2", UNIT_SQUARE_METERS, 5},
	{"1599 USD", UNIT_USD, 1599},
	{"  3.35TB/s \n", UNIT_BYTES_PER_S, 3.35e12},
	{"+1.5e-3 s", UNIT_SECONDS, 1.5e-3},
	{".5 s", UNIT_SECONDS, 0.5},
	{"5. s", UNIT_SECONDS, 5},
};

static void every_spelling_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		double value = NAN;
		struct sim_diag diag;
		diag_init(&diag);
		if (unit_parse(goods[i].text, goods[i].unit, &value, &diag) != SIM_OK)
			fail_msg("%s", diag.text);
		if (!(fabs(value - goods[i].value) <= 4e-16 * fabs(goods[i].value)))
			fail_msg("'%s' gave %.17g, not %.17g", goods[i].text, value,
				 goods[i].value);
	}
}

/* What unit_accepts() promises to a person must be readable, and of that unit. */
static void every_advertised_spelling_is_read(void **state)
{
	(void)state;
	for (int unit = UNIT_BYTES; unit < UNIT_COUNT_OF_UNITS; unit++) {
		char list[256], text[64];
		snprintf(list, sizeof(list), "%s", unit_accepts((enum sim_unit)unit));
		for (char *word = strtok(list, " (),"); word != NULL; word = strtok(NULL, " (),")) {
			double value;
			if (strcmp(word, "also") == 0)
				continue;
			snprintf(text, sizeof(text), "3 %s", word);
			if (unit_parse(text, (enum sim_unit)unit, &value, NULL) != SIM_OK)
				fail_msg("'%s' is advertised and not read", text);
		}
	}
}

struct bad {
	const char *text;
	enum sim_unit unit;
	enum sim_status status;
	const char *message; /* part of it */
};

static const struct bad bads[] = {
	{"", UNIT_BYTES, SIM_E_PARSE, "not a number: ''"},
	{"B", UNIT_BYTES, SIM_E_PARSE, "not a number: 'B'"},
	{"-", UNIT_RATIO, SIM_E_PARSE, "not a number: '-'"},
	{".", UNIT_RATIO, SIM_E_PARSE, "not a number: '.'"},
	{"nan", UNIT_RATIO, SIM_E_PARSE, "not a number: 'nan'"},
	{"NaN B", UNIT_BYTES, SIM_E_PARSE, "not a number"},
	{"inf", UNIT_RATIO, SIM_E_PARSE, "not a number: 'inf'"},
	{"-infinity s", UNIT_SECONDS, SIM_E_PARSE, "not a number"},
	{"0x10 B", UNIT_BYTES, SIM_E_UNIT, "unknown unit: '0x10 B'"},
	{"3,35 TB/s", UNIT_BYTES_PER_S, SIM_E_UNIT, "unknown unit: '3,35 TB/s'"},
	{"3.35", UNIT_BYTES_PER_S, SIM_E_UNIT, "unit missing: '3.35'"},
	{"80", UNIT_BYTES, SIM_E_UNIT, "unit missing: '80'"},
	{"80 GB", UNIT_BYTES_PER_S, SIM_E_UNIT, "wrong unit: '80 GB'"},
	{"80 GHz", UNIT_SECONDS, SIM_E_UNIT, "wrong unit: '80 GHz'"},
	{"80 gb", UNIT_BYTES, SIM_E_UNIT, "unknown unit: '80 gb'"},
	{"80 Gb/s", UNIT_BYTES_PER_S, SIM_E_UNIT, "unknown unit: '80 Gb/s'"},
	{"80 GB extra", UNIT_BYTES, SIM_E_UNIT, "unknown unit"},
	{"1.5", UNIT_COUNT, SIM_E_RANGE, "not a whole number: '1.5'"},
	{"3 B", UNIT_COUNT, SIM_E_UNIT, "wrong unit"},
	{"1e999 B", UNIT_BYTES, SIM_E_RANGE, "number too large"},
	{"1e308 TB", UNIT_BYTES, SIM_E_RANGE, "number too large"},
};

static void what_is_no_quantity_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		double value = 0;
		struct sim_diag diag;
		diag_init(&diag);
		enum sim_status status = unit_parse(bads[i].text, bads[i].unit, &value, &diag);
		if (status != bads[i].status || strstr(diag.text, bads[i].message) == NULL)
			fail_msg("'%s' gave %s '%s'", bads[i].text, sim_status_name(status),
				 diag.text);
	}
}

static void gigabytes_are_not_gibibytes(void **state)
{
	double decimal, binary;
	(void)state;
	assert_int_equal(unit_parse("80 GB", UNIT_BYTES, &decimal, NULL), SIM_OK);
	assert_int_equal(unit_parse("80 GiB", UNIT_BYTES, &binary, NULL), SIM_OK);
	assert_true(decimal == 80e9);
	assert_true(binary == 80.0 * 1024 * 1024 * 1024);
}

static uint64_t lcg(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 11;
}

/* Log-uniform over what fits the unit, both signs. */
static double random_value(uint64_t *seed, enum sim_unit unit)
{
	double value = (double)lcg(seed) / 9007199254740992.0 + 1;
	int exponent = (int)(lcg(seed) % 120) - 60;
	value = ldexp(value, exponent);
	if (unit == UNIT_COUNT)
		value = floor(value);
	return lcg(seed) & 1 ? value : -value;
}

static void formatting_reads_back(void **state)
{
	uint64_t seed = 1;
	(void)state;
	for (int unit = 0; unit < UNIT_COUNT_OF_UNITS; unit++) {
		for (int i = 0; i < 5000; i++) {
			double value = random_value(&seed, (enum sim_unit)unit), back = NAN;
			char text[64];
			unit_format(value, (enum sim_unit)unit, text, sizeof(text));
			if (unit_parse(text, (enum sim_unit)unit, &back, NULL) != SIM_OK ||
			    fabs(back - value) > 1e-12 * fabs(value))
				fail_msg("%.17g became '%s', %.17g", value, text, back);
			unit_format_exact(value, (enum sim_unit)unit, text, sizeof(text));
			if (unit_parse(text, (enum sim_unit)unit, &back, NULL) != SIM_OK ||
			    memcmp(&back, &value, sizeof(back)) != 0)
				fail_msg("%.17g became '%s', %.17g", value, text, back);
		}
	}
}

static void formatting_is_short(void **state)
{
	char text[64];
	(void)state;
	assert_string_equal(unit_format(3.35e12, UNIT_BYTES_PER_S, text, 64), "3.35 TB/s");
	assert_string_equal(unit_format(4.62e-6, UNIT_SECONDS, text, 64), "4.62 us");
	assert_string_equal(unit_format(400e12, UNIT_FLOPS_PER_S, text, 64), "400 Tflop/s");
	assert_string_equal(unit_format_exact(700, UNIT_WATTS, text, 64), "700 W");
	assert_string_equal(unit_format(0, UNIT_SECONDS, text, 64), "0");
	assert_string_equal(unit_format(NAN, UNIT_BYTES, text, 64), "unknown");
	assert_string_equal(unit_format(132, UNIT_COUNT, text, 64), "132");
	assert_string_equal(unit_format_exact(989.4e12, UNIT_FLOPS_PER_S, text, 64),
			    "989.4 Tflop/s");
	assert_string_equal(unit_format_exact(0, UNIT_BYTES, text, 64), "0");
}

static void locale_changes_nothing(void **state)
{
	static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR"};
	char text[64];
	double value;
	size_t i = 0;
	(void)state;
	while (i < 4 && setlocale(LC_ALL, names[i]) == NULL)
		i++;
	if (i == 4) {
		print_message("no locale with a decimal comma is installed\n");
		skip();
	}
	enum sim_status status = unit_parse("3.35 TB/s", UNIT_BYTES_PER_S, &value, NULL);
	unit_format(3.35e12, UNIT_BYTES_PER_S, text, sizeof(text));
	setlocale(LC_ALL, "C");
	assert_int_equal(status, SIM_OK);
	assert_true(value == 3.35e12);
	assert_string_equal(text, "3.35 TB/s");
}

static void seconds_become_picoseconds(void **state)
{
	const int64_t most = INT64_C(1) << 62;
	(void)state;
	assert_int_equal(ps_from_seconds(4.62e-6), 4620000);
	assert_int_equal(ps_from_seconds(0.4e-12), 0);
	assert_int_equal(ps_from_seconds(0.5e-12), 1);
	assert_int_equal(ps_from_seconds(1.5e-12), 2);
	assert_int_equal(ps_from_seconds(2.5e-12), 3);
	assert_int_equal(ps_from_seconds(-0.5e-12), -1);
	assert_int_equal(ps_from_seconds(-0.4e-12), 0);
	assert_int_equal(ps_from_seconds(NAN), 0);
	assert_true(ps_from_seconds(INFINITY) == most);
	assert_true(ps_from_seconds(-INFINITY) == -most);
	assert_true(ps_from_seconds(1e300) == most);
	assert_true(ps_from_seconds(-1e300) == -most);
	assert_true(ps_from_seconds(4611686.0) < most);
	assert_true(ps_from_seconds(4611687.0) == most);
	assert_true(seconds_from_ps(ps_from_seconds(1.25)) == 1.25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_is_read),
		cmocka_unit_test(every_advertised_spelling_is_read),
		cmocka_unit_test(what_is_no_quantity_is_refused),
		cmocka_unit_test(gigabytes_are_not_gibibytes),
		cmocka_unit_test(formatting_reads_back),
		cmocka_unit_test(formatting_is_short),
		cmocka_unit_test(locale_changes_nothing),
		cmocka_unit_test(seconds_become_picoseconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
