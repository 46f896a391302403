/* Hypervolume: by hand, and against inclusion and exclusion on small sets. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/explore/draw.h"
#include "sim/explore/hypervolume.h"

static double volume(const double *points, size_t count, size_t objectives, const double *reference)
{
	struct sim_diag diag;
	double result;
	diag_init(&diag);
	if (hypervolume(points, count, objectives, reference, &result, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return result;
}

/* Sum over all subsets, of the box that its members have in common. */
static double included(const double *points, size_t count, size_t objectives,
		       const double *reference)
{
	double sum = 0;
	for (unsigned subset = 1; subset < 1u << count; subset++) {
		double box = 1;
		for (size_t m = 0; m < objectives; m++) {
			double corner = -INFINITY;
			for (size_t i = 0; i < count; i++)
				if (subset >> i & 1)
					corner = fmax(corner, points[i * objectives + m]);
			box *= fmax(0, reference[m] - corner);
		}
		sum += __builtin_popcount(subset) % 2 == 1 ? box : -box;
	}
	return sum;
}

static void equals_inclusion_and_exclusion(void **state)
{
	const double reference[6] = {1, 0.9, 1.1, 1, 0.8, 1};
	(void)state;
	for (size_t objectives = 1; objectives <= 6; objectives++)
		for (size_t count = 0; count <= 10; count++)
			for (uint64_t set = 0; set < 8; set++) {
				double points[60];
				struct draws draws = draws_of(set, objectives, count);
				/* coarse steps, so that there are ties and equal points */
				for (size_t i = 0; i < count * objectives; i++)
					points[i] = set % 2 == 0
							    ? draw_unit(&draws) * 1.2
							    : (double)draw_below(&draws, 5) / 4;
				double got = volume(points, count, objectives, reference);
				double want = included(points, count, objectives, reference);
				if (fabs(got - want) > 1e-12)
					fail_msg("%zu points, %zu objectives, set %llu: %.15g, "
						 "not %.15g",
						 count, objectives, (unsigned long long)set, got,
						 want);
			}
}

static void known_by_hand(void **state)
{
	(void)state;
	const double two[] = {1, 3, 2, 2, 3, 1};
	assert_true(volume(two, 3, 2, (double[]){4, 4}) == 6);
	const double three[] = {0, 0, 1, 1, 1, 0};
	assert_true(volume(three, 2, 3, (double[]){2, 2, 2}) == 5);
	const double four[] = {0, 0, 0, 0};
	assert_true(volume(four, 1, 4, (double[]){2, 2, 2, 3}) == 24);
}

static void outside_adds_nothing(void **state)
{
	(void)state;
	const double points[] = {1, 1, 5, 0, 2, 2, 0, 2, NAN, 0, INFINITY, 0};
	assert_true(volume(points, 1, 2, (double[]){2, 2}) == 1);
	assert_true(volume(points, 6, 2, (double[]){2, 2}) == 1);
	assert_true(volume(points, 0, 2, (double[]){2, 2}) == 0);
}

static void order_does_not_matter(void **state)
{
	double points[3 * 40], turned[3 * 40];
	struct draws draws = draws_of(3, 0, 0);
	(void)state;
	for (size_t i = 0; i < 120; i++)
		points[i] = draw_unit(&draws);
	for (size_t i = 0; i < 40; i++)
		memcpy(turned + 3 * i, points + 3 * (39 - i), 3 * sizeof(double));
	const double reference[] = {1, 1, 1};
	assert_true(volume(points, 40, 3, reference) == volume(turned, 40, 3, reference));
}

static void refused(void **state)
{
	struct sim_diag diag;
	double result;
	(void)state;
	diag_init(&diag);
	const double point[9] = {-INFINITY, 0};
	assert_int_equal(hypervolume(point, 1, 2, (double[]){1, 1}, &result, &diag), SIM_E_RANGE);
	assert_int_equal(hypervolume(point, 1, 2, (double[]){1, NAN}, &result, NULL), SIM_E_RANGE);
	assert_int_equal(hypervolume(point, 1, 0, (double[]){1}, &result, NULL), SIM_E_RANGE);
	assert_int_equal(hypervolume(point, 1, 9, point, &result, NULL), SIM_E_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_inclusion_and_exclusion),
		cmocka_unit_test(known_by_hand),
		cmocka_unit_test(outside_adds_nothing),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
