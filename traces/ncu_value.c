/* Cells to numbers, without a locale: see ncu_value.h. */
#include "traces/ncu_value.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "traces/decimal.h"

static const struct {
	const char *name;
	bool time;
	int power;
} units[] = {
	{"byte", false, 0},   {"Kbyte", false, 3},  {"Mbyte", false, 6}, {"Gbyte", false, 9},
	{"Tbyte", false, 12}, {"nsecond", true, 0}, {"ns", true, 0},	 {"usecond", true, 3},
	{"us", true, 3},      {"msecond", true, 6}, {"ms", true, 6},	 {"second", true, 9},
	{"s", true, 9},
};

bool ncu_unit(const char *unit, bool time, int *power)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].time == time && strcmp(units[i].name, unit) == 0) {
			*power = units[i].power;
			return true;
		}
	}
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Copy TEXT without its thousands commas; false when a comma is anything else. */
static bool without_commas(const char *text, char *out, size_t size, size_t *length)
{
	size_t used = 0, whole = strcspn(text, ".eE");
	bool grouped = memchr(text, ',', whole) != NULL;
	for (size_t i = 0; text[i] != '\0'; i++) {
		size_t left = whole - i; /* digits and commas before the point, this one included */
		bool comma_here = grouped && i < whole && left % 4 == 0;
		if (comma_here != (text[i] == ',') || (comma_here && i == 0))
			return false;
		if (text[i] == ',')
			continue;
		if (used == size)
			return false;
		out[used++] = text[i];
	}
	*length = used;
	return true;
}

bool ncu_number(const char *text, int power, double *value)
{
	enum { THOUSANDTHS = 3 }; /* averages are printed with two places */
	char digits[64];
	size_t length;
	int64_t scaled;
	*value = NAN;
	if (text[0] == '\0' || strcmp(text, "n/a") == 0 || strcmp(text, "nan") == 0)
		return true;
	if (!is_digit(text[0]) || !without_commas(text, digits, sizeof(digits), &length))
		return false;
	if (decimal_parse(digits, length, power + THOUSANDTHS, &scaled) != SIM_OK)
		return false;
	*value = (double)scaled / 1000.0;
	return true;
}

bool ncu_dims(const char *text, uint32_t dims[3])
{
	static const char after[] = {',', ',', ')'};
	if (*text++ != '(')
		return false;
	for (size_t i = 0; i < 3; i++) {
		uint64_t value = 0;
		if (i > 0 && *text == ' ')
			text++;
		if (!is_digit(*text))
			return false;
		for (; is_digit(*text); text++) {
			value = value * 10 + (uint64_t)(*text - '0');
			if (value > UINT32_MAX)
				return false;
		}
		dims[i] = (uint32_t)value;
		if (*text++ != after[i])
			return false;
	}
	return *text == '\0';
}
