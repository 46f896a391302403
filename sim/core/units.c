/* Quantities with units: a table per unit of the spellings that people write. */
#include "sim/core/units.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct spelling {
	const char *text;
	enum sim_unit unit;
	double factor;
	bool shown; /* used by unit_format */
};

/* clang-format off */
static const struct spelling spellings[] = {
	{"%", UNIT_RATIO, 1e-2, false},
	{"B", UNIT_BYTES, 1, true}, {"kB", UNIT_BYTES, 1e3, true}, {"MB", UNIT_BYTES, 1e6, true},
	{"GB", UNIT_BYTES, 1e9, true}, {"TB", UNIT_BYTES, 1e12, true},
	{"KiB", UNIT_BYTES, 1024.0, false}, {"MiB", UNIT_BYTES, 1048576.0, false},
	{"GiB", UNIT_BYTES, 1073741824.0, false}, {"TiB", UNIT_BYTES, 1099511627776.0, false},
	{"B/s", UNIT_BYTES_PER_S, 1, true}, {"kB/s", UNIT_BYTES_PER_S, 1e3, true},
	{"MB/s", UNIT_BYTES_PER_S, 1e6, true}, {"GB/s", UNIT_BYTES_PER_S, 1e9, true},
	{"TB/s", UNIT_BYTES_PER_S, 1e12, true}, {"MiB/s", UNIT_BYTES_PER_S, 1048576.0, false},
	{"GiB/s", UNIT_BYTES_PER_S, 1073741824.0, false},
	{"TiB/s", UNIT_BYTES_PER_S, 1099511627776.0, false},
	{"flop/s", UNIT_FLOPS_PER_S, 1, true}, {"Gflop/s", UNIT_FLOPS_PER_S, 1e9, true},
	{"Tflop/s", UNIT_FLOPS_PER_S, 1e12, true}, {"Pflop/s", UNIT_FLOPS_PER_S, 1e15, true},
	{"FLOPS", UNIT_FLOPS_PER_S, 1, false}, {"GFLOPS", UNIT_FLOPS_PER_S, 1e9, false}, {"TFLOPS", UNIT_FLOPS_PER_S, 1e12, false},
	{"PFLOPS", UNIT_FLOPS_PER_S, 1e15, false}, {"GFLOP/s", UNIT_FLOPS_PER_S, 1e9, false},
	{"TFLOP/s", UNIT_FLOPS_PER_S, 1e12, false}, {"PFLOP/s", UNIT_FLOPS_PER_S, 1e15, false},
	{"op/s", UNIT_FLOPS_PER_S, 1, false}, {"GOPS", UNIT_FLOPS_PER_S, 1e9, false},
	{"TOPS", UNIT_FLOPS_PER_S, 1e12, false}, {"POPS", UNIT_FLOPS_PER_S, 1e15, false},
	{"ps", UNIT_SECONDS, 1e-12, true}, {"ns", UNIT_SECONDS, 1e-9, true},
	{"us", UNIT_SECONDS, 1e-6, true}, {"ms", UNIT_SECONDS, 1e-3, true},
	{"s", UNIT_SECONDS, 1, true},
	{"Hz", UNIT_HERTZ, 1, true}, {"kHz", UNIT_HERTZ, 1e3, true}, {"MHz", UNIT_HERTZ, 1e6, true},
	{"GHz", UNIT_HERTZ, 1e9, true},
	{"mW", UNIT_WATTS, 1e-3, true}, {"W", UNIT_WATTS, 1, true}, {"kW", UNIT_WATTS, 1e3, true},
	{"fJ", UNIT_JOULES, 1e-15, true}, {"pJ", UNIT_JOULES, 1e-12, true},
	{"nJ", UNIT_JOULES, 1e-9, true}, {"uJ", UNIT_JOULES, 1e-6, true},
	{"mJ", UNIT_JOULES, 1e-3, true}, {"J", UNIT_JOULES, 1, true},
	{"J/B", UNIT_JOULES_PER_BYTE, 1, false},
	{"pJ/B", UNIT_JOULES_PER_BYTE, 1e-12, true}, {"nJ/B", UNIT_JOULES_PER_BYTE, 1e-9, false},
	{"pJ/bit", UNIT_JOULES_PER_BYTE, 8e-12, false}, {"fJ/bit", UNIT_JOULES_PER_BYTE, 8e-15, false},
	{"um2", UNIT_SQUARE_METERS, 1e-12, false}, {"mm2", UNIT_SQUARE_METERS, 1e-6, true},
	{"cm2", UNIT_SQUARE_METERS, 1e-4, false}, {"m2", UNIT_SQUARE_METERS, 1, false},
	{"USD", UNIT_USD, 1, true}, {"USD/h", UNIT_USD_PER_HOUR, 1, true},
};

static const char *const si_texts[] = {
#define X(name, si, accepts) si,
	SIM_UNIT_LIST(X)
#undef X
};
static const char *const accepts_texts[] = {
#define X(name, si, accepts) accepts,
	SIM_UNIT_LIST(X)
#undef X
};
/* clang-format on */

enum { SPELLING_COUNT = sizeof(spellings) / sizeof(spellings[0]) };

const char *unit_si(enum sim_unit unit)
{
	return (unsigned)unit < UNIT_COUNT_OF_UNITS ? si_texts[unit] : "?";
}

const char *unit_accepts(enum sim_unit unit)
{
	return (unsigned)unit < UNIT_COUNT_OF_UNITS ? accepts_texts[unit] : "?";
}

/* Numbers are read and printed in the C locale whatever the program runs in. */
static locale_t plain;

static void make_plain(void)
{
	plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static locale_t enter_plain(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_plain);
	return plain == (locale_t)0 ? uselocale((locale_t)0) : uselocale(plain);
}

static double read_number(const char *text)
{
	locale_t before = enter_plain();
	double number = strtod(text, NULL);
	uselocale(before);
	return number;
}

/* DIGITS significant ones at least; whole numbers below a million are written out: 400, not 4e+02.
 */
static void print_number(double number, int digits, char *out, size_t out_size)
{
	locale_t before = enter_plain();
	int whole = 1;
	for (double size = fabs(number); size >= 10 && whole <= 6; size /= 10)
		whole++;
	snprintf(out, out_size, "%.*g", digits < whole && whole <= 6 ? whole : digits, number);
	uselocale(before);
}

/* A plain decimal number: sign, digits, point, exponent. Returns its end, or NULL. */
static const char *number_end(const char *text)
{
	const char *at = text + (*text == '-' || *text == '+');
	size_t digits = 0;
	for (; (*at >= '0' && *at <= '9'); at++)
		digits++;
	if (*at == '.')
		for (at++; (*at >= '0' && *at <= '9'); at++)
			digits++;
	if (digits == 0)
		return NULL;
	if (*at == 'e' || *at == 'E') {
		const char *mark = at + 1 + (at[1] == '-' || at[1] == '+');
		if ((*mark >= '0' && *mark <= '9')) {
			while ((*mark >= '0' && *mark <= '9'))
				mark++;
			at = mark;
		}
	}
	return at;
}

static const struct spelling *find_spelling(const char *text, size_t length)
{
	for (size_t i = 0; i < SPELLING_COUNT; i++)
		if (strlen(spellings[i].text) == length &&
		    memcmp(spellings[i].text, text, length) == 0)
			return &spellings[i];
	return NULL;
}

static enum sim_status bare_number(enum sim_unit unit, double number, const char *text,
				   double *value, struct sim_diag *diag)
{
	bool allowed = unit == UNIT_RATIO || unit == UNIT_COUNT || number == 0;
	if (!allowed)
		return diag_fail(diag, SIM_E_UNIT, "unit missing: '%s' (write one of: %s)", text,
				 unit_accepts(unit));
	if (unit == UNIT_COUNT && number != floor(number))
		return diag_fail(diag, SIM_E_RANGE, "not a whole number: '%s'", text);
	*value = number;
	return SIM_OK;
}

enum sim_status unit_parse(const char *text, enum sim_unit unit, double *value,
			   struct sim_diag *diag)
{
	const char *start = text + strspn(text, " \t");
	const char *end = number_end(start);
	char number_text[64];
	if (end == NULL || (size_t)(end - start) >= sizeof(number_text))
		return diag_fail(diag, SIM_E_PARSE, "not a number: '%s' (write: %s)", text,
				 unit_accepts(unit));
	memcpy(number_text, start, (size_t)(end - start));
	number_text[end - start] = '\0';
	double number = read_number(number_text);
	if (!isfinite(number))
		return diag_fail(diag, SIM_E_RANGE, "number too large: '%s'", text);
	end += strspn(end, " \t");
	size_t length = strlen(end);
	while (length > 0 && isspace((unsigned char)end[length - 1]))
		length--;
	if (length == 0)
		return bare_number(unit, number, text, value, diag);
	const struct spelling *found = find_spelling(end, length);
	if (found == NULL || found->unit != unit)
		return diag_fail(diag, SIM_E_UNIT, "%s unit: '%s' (write one of: %s)",
				 found == NULL ? "unknown" : "wrong", text, unit_accepts(unit));
	/* multiplying by 1e-12 would round twice: divide by the exact power instead */
	*value = found->factor < 1 && found->factor > 0 && unit != UNIT_JOULES_PER_BYTE
			 ? number / (1 / found->factor)
			 : number * found->factor;
	return isfinite(*value) ? SIM_OK
				: diag_fail(diag, SIM_E_RANGE, "number too large: '%s'", text);
}

/* Fewest digits that read back within 1e-12. */
static void shortest(double value, char *out, size_t out_size)
{
	for (int digits = 1; digits <= 17; digits++) {
		print_number(value, digits, out, out_size);
		double back = read_number(out);
		if (fabs(back - value) <= 1e-12 * fabs(value))
			return;
	}
}

/* The spelling in which VALUE reads best; NULL for a unit that is a bare number. */
static const struct spelling *best_spelling(double value, enum sim_unit unit)
{
	const struct spelling *best = NULL;
	for (size_t i = 0; i < SPELLING_COUNT; i++) {
		const struct spelling *at = &spellings[i];
		if (at->unit != unit || !at->shown)
			continue;
		if (best == NULL || fabs(value) >= at->factor * (1 - 1e-12))
			best = at;
	}
	return best;
}

static double scaled(double value, const struct spelling *spelling)
{
	return spelling->factor < 1 ? value * (1 / spelling->factor) : value / spelling->factor;
}

char *unit_format(double value, enum sim_unit unit, char *out, size_t out_size)
{
	const struct spelling *best = best_spelling(value, unit);
	char number[64];
	if (isnan(value)) {
		snprintf(out, out_size, "unknown");
		return out;
	}
	if (best == NULL || value == 0) {
		shortest(value, number, sizeof(number));
		snprintf(out, out_size, "%s", number);
		return out;
	}
	shortest(scaled(value, best), number, sizeof(number));
	snprintf(out, out_size, "%s %s", number, best->text);
	return out;
}

/* DIGITS of VALUE in SPELLING into OUT; true when they read back as VALUE. */
static bool try_digits(double value, enum sim_unit unit, const struct spelling *spelling,
		       int digits, char *out, size_t out_size)
{
	char number[40];
	double back = NAN;
	print_number(spelling == NULL ? value : scaled(value, spelling), digits, number,
		     sizeof(number));
	snprintf(out, out_size, "%s%s%s", number, spelling == NULL ? "" : " ",
		 spelling == NULL ? "" : spelling->text);
	return unit_parse(out, unit, &back, NULL) == SIM_OK && back == value;
}

char *unit_format_exact(double value, enum sim_unit unit, char *out, size_t out_size)
{
	const struct spelling *best = value == 0 ? NULL : best_spelling(value, unit);
	if (isnan(value))
		return unit_format(value, unit, out, out_size);
	for (int digits = 1; digits <= 17; digits++)
		if (try_digits(value, unit, best, digits, out, out_size))
			return out;
	/* scaling rounds: the spelling of the SI unit itself does not */
	for (size_t i = 0; i < SPELLING_COUNT; i++)
		if (spellings[i].unit == unit && spellings[i].factor == 1 &&
		    try_digits(value, unit, &spellings[i], 17, out, out_size))
			return out;
	return out;
}

int64_t ps_from_seconds(double seconds)
{
	const double limit = 4611686018427387904.0; /* 2^62 */
	double ps = seconds * 1e12;
	if (isnan(ps))
		return 0;
	if (ps >= limit)
		return INT64_C(1) << 62;
	if (ps <= -limit)
		return -(INT64_C(1) << 62);
	return (int64_t)(ps < 0 ? ps - 0.5 : ps + 0.5);
}

double seconds_from_ps(int64_t ps)
{
	return (double)ps / 1e12;
}
