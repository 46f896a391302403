/* Digits, a point and an exponent become one integer: see decimal.h. */
#include "traces/decimal.h"

#include <stdbool.h>

enum { LARGEST_EXPONENT = 100000 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads [eE][+-]digits at TEXT; false when it is not one or does not end at END. */
static bool parse_exponent(const char *text, const char *end, long *exponent)
{
	bool negative = false;
	long value = 0;
	if (text == end)
		return true;
	if (*text != 'e' && *text != 'E')
		return false;
	text++;
	if (text != end && (*text == '+' || *text == '-'))
		negative = *text++ == '-';
	if (text == end)
		return false;
	for (; text != end; text++) {
		if (!is_digit(*text))
			return false;
		if (value < LARGEST_EXPONENT)
			value = value * 10 + (*text - '0');
	}
	*exponent = negative ? -value : value;
	return true;
}

/*
 * Takes the digits of a mantissa whose last kept digit has the weight 10^0 after SHIFT more (or
 * fewer) places; the first dropped digit rounds.
 */
static enum sim_status scale_digits(const char *digits, const char *end, long integer_digits,
				    long shift, uint64_t *magnitude)
{
	long keep = integer_digits + shift, taken = 0;
	uint64_t value = 0;
	bool round_up = false;
	for (; digits != end; digits++) {
		if (*digits == '.')
			continue;
		unsigned digit = (unsigned)(*digits - '0');
		if (taken >= keep) {
			round_up = taken == keep && digit >= 5;
			break;
		}
		if (value > (UINT64_C(1) << 63) / 10)
			return SIM_E_RANGE;
		value = value * 10 + digit;
		taken++;
	}
	for (; taken < keep && value != 0; taken++) {
		if (value > (UINT64_C(1) << 63) / 10)
			return SIM_E_RANGE;
		value *= 10;
	}
	*magnitude = value + round_up;
	return SIM_OK;
}

enum sim_status decimal_parse(const char *text, size_t length, int scale, int64_t *value)
{
	const char *end = text + length, *digits;
	long integer_digits = 0, fraction_digits = 0, exponent = 0;
	uint64_t magnitude;
	bool negative = length > 0 && *text == '-';
	if (length > 0 && (*text == '-' || *text == '+'))
		text++;
	digits = text;
	for (; text != end && is_digit(*text); text++)
		integer_digits++;
	if (text != end && *text == '.')
		for (text++; text != end && is_digit(*text); text++)
			fraction_digits++;
	if (integer_digits + fraction_digits == 0 || !parse_exponent(text, end, &exponent))
		return SIM_E_PARSE;
	if (integer_digits > LARGEST_EXPONENT)
		return SIM_E_RANGE;
	TRY(scale_digits(digits, text, integer_digits, scale + exponent, &magnitude));
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return SIM_E_RANGE;
	*value = negative ? (int64_t)(UINT64_C(0) - magnitude) : (int64_t)magnitude;
	return SIM_OK;
}
