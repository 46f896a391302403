/* Values of axes: grids, shares of a range, texts. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/explore/space.h"

/*
 * BASE^SHARE for SHARE in [0, 1] by its binary digits: a product of square roots of square roots.
 * Correctly rounded operations only, so the same bits on every machine, which pow() does not promise.
 */
static double power(double base, double share)
{
	enum { DIGITS = 52 };
	double result = 1, root = base;
	for (int digit = 0; digit < DIGITS && share > 0; digit++) {
		root = sqrt(root);
		share *= 2;
		if (share >= 1) {
			result *= root;
			share -= 1;
		}
	}
	return result;
}

static double between(const struct explore_axis *axis, double share)
{
	if (share <= 0)
		return axis->low;
	if (share >= 1)
		return axis->high;
	double value = axis->is_log ? axis->low * power(axis->high / axis->low, share)
				    : axis->low + (axis->high - axis->low) * share;
	value = axis->whole ? floor(value + 0.5) : value;
	value = value < axis->low ? axis->low : value;
	return value > axis->high ? axis->high : value;
}

double explore_axis_value(const struct explore_axis *axis, uint64_t i)
{
	switch (axis->kind) {
	case EXPLORE_LIST:
		return axis->numbers[i];
	case EXPLORE_WORDS:
		return (double)i;
	default:
		break;
	}
	if (axis->step > 0)
		return axis->low + axis->step * (double)i;
	if (axis->count < 2)
		return axis->low;
	return between(axis, (double)i / (double)(axis->count - 1));
}

double explore_axis_at(const struct explore_axis *axis, double share)
{
	if (axis->kind == EXPLORE_RANGE && axis->step == 0)
		return between(axis, share);
	double last = (double)(axis->count - 1), i = floor(share * (double)axis->count);
	i = i < 0 ? 0 : i > last ? last : i;
	return explore_axis_value(axis, (uint64_t)i);
}

void explore_grid_point(const struct explore_space *space, uint64_t index, double *values)
{
	for (size_t a = space->axis_count; a-- > 0;) {
		const struct explore_axis *axis = &space->axes[a];
		values[a] = explore_axis_value(axis, index % axis->count);
		index /= axis->count;
	}
}

size_t explore_axis_find(const struct explore_space *space, const char *name)
{
	for (size_t a = 0; a < space->axis_count; a++)
		if (strcmp(space->axes[a].name, name) == 0)
			return a;
	return SIZE_MAX;
}

char *explore_axis_format(const struct explore_axis *axis, double value, char *out, size_t size)
{
	if (axis->kind != EXPLORE_WORDS)
		return unit_format(value, axis->unit, out, size);
	const char *word = axis->words[(size_t)value];
	return text_printable(out, size, word, strlen(word));
}

const char *explore_method_text(unsigned method)
{
	static const char *const texts[] = {"closed", "simulate", "screen"};
	return method < 3 ? texts[method] : "?";
}
