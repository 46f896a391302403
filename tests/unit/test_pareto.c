/* Fronts: against brute force, with ties and unknown objectives, for one to five objectives. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/explore/pareto.h"

enum { MOST = 300, WIDEST = 5 };

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

static bool unknown(const double *point, size_t width)
{
	for (size_t i = 0; i < width; i++)
		if (isnan(point[i]))
			return true;
	return false;
}

/* Straight from the definition. */
static bool beats(const double *a, const double *b, size_t width)
{
	size_t worse = 0, better = 0;
	for (size_t i = 0; i < width; i++) {
		worse += a[i] > b[i];
		better += a[i] < b[i];
	}
	return worse == 0 && better > 0;
}

static bool in_front(const double *points, size_t count, size_t width, size_t i, double margin)
{
	double mine[WIDEST];
	if (unknown(points + i * width, width))
		return false;
	for (size_t o = 0; o < width; o++)
		mine[o] = points[i * width + o] - margin * fabs(points[i * width + o]);
	for (size_t j = 0; j < count; j++)
		if (!unknown(points + j * width, width) && beats(points + j * width, mine, width))
			return false;
	return true;
}

/* RANGE small: many ties. */
static void fill(double *points, size_t numbers, uint32_t range, uint64_t *seed)
{
	for (size_t i = 0; i < numbers; i++) {
		points[i] = (double)(next_random(seed) % range) - 3;
		if (next_random(seed) % 50 == 0)
			points[i] = NAN;
	}
}

static void fronts_are_what_the_definition_says(void **state)
{
	static double points[MOST * WIDEST];
	bool front[MOST];
	uint64_t seed = 7;
	(void)state;
	for (size_t width = 1; width <= WIDEST; width++)
		for (uint32_t range = 2; range < 2000; range *= 9)
			for (size_t count = 0; count <= MOST; count += 60) {
				size_t found, expected = 0;
				fill(points, count * width, range, &seed);
				assert_int_equal(
					pareto_front(points, count, width, front, &found, NULL),
					SIM_OK);
				for (size_t i = 0; i < count; i++) {
					bool is = in_front(points, count, width, i, 0);
					assert_int_equal(front[i], is);
					expected += is;
				}
				assert_int_equal(found, expected);
			}
}

static void what_is_near_is_not_beaten_once_it_is_better_by_the_margin(void **state)
{
	static double points[MOST * 3];
	bool near[MOST], front[MOST];
	uint64_t seed = 11;
	size_t found, in;
	(void)state;
	for (int round = 0; round < 8; round++) {
		fill(points, MOST * 3, 1000, &seed);
		for (size_t i = 0; i < MOST * 3; i++)
			points[i] += 4; /* above 0 */
		assert_int_equal(pareto_near(points, MOST, 3, 0.1, near, &found, NULL), SIM_OK);
		assert_int_equal(pareto_front(points, MOST, 3, front, &in, NULL), SIM_OK);
		assert_true(found > in);
		for (size_t i = 0; i < MOST; i++)
			assert_int_equal(near[i], front[i] || in_front(points, MOST, 3, i, 0.1));
	}
}

static void equal_points_are_in_the_front_together(void **state)
{
	const double two[] = {1, 2, 1, 2, 2, 1, 2, 2, NAN, 0};
	const double infinite[] = {1, INFINITY, 0, INFINITY, INFINITY, -INFINITY};
	bool front[5];
	size_t found;
	(void)state;
	assert_int_equal(pareto_front(two, 5, 2, front, &found, NULL), SIM_OK);
	assert_int_equal(found, 3);
	assert_true(front[0] && front[1] && front[2] && !front[3] && !front[4]);
	assert_int_equal(pareto_front(infinite, 3, 2, front, &found, NULL), SIM_OK);
	assert_true(!front[0] && front[1] && front[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fronts_are_what_the_definition_says),
		cmocka_unit_test(what_is_near_is_not_beaten_once_it_is_better_by_the_margin),
		cmocka_unit_test(equal_points_are_in_the_front_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
