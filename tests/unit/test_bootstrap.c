/* Bootstrap intervals: deterministic, around the figure, narrower with more data. */
#include "tests/unit/validate_fixture.h"

#include "validate/bootstrap.h"

enum { MOST = 4000 };

static double top[MOST], bottom[MOST];

/* Ratios of 0.1 +- 0.05 over bottoms of 1 to 3. */
static double fill(size_t count)
{
	uint64_t seed = 5;
	double above = 0, below = 0;
	for (size_t i = 0; i < count; i++) {
		bottom[i] = 2 + fixture_noise(&seed);
		top[i] = bottom[i] * (0.1 + 0.05 * fixture_noise(&seed));
		above += top[i];
		below += bottom[i];
	}
	return above / below;
}

static struct interval interval_of(const double *below, size_t count)
{
	struct interval interval = {-7, -7};
	assert_int_equal(bootstrap_ratio(top, below, count, &interval, NULL), SIM_OK);
	return interval;
}

static void the_interval_holds_the_ratio_and_is_repeatable(void **state)
{
	(void)state;
	double ratio = fill(200);
	struct interval first = interval_of(bottom, 200), second = interval_of(bottom, 200);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_true(first.low < ratio && ratio < first.high);
	/* a uniform deviation of 0.05 has a spread of 0.029: 95 % lies within 2 * 0.029 / 14 */
	assert_true(first.high - first.low > 0.005 && first.high - first.low < 0.012);
}

static void more_data_are_narrower(void **state)
{
	(void)state;
	fill(MOST);
	struct interval few = interval_of(bottom, 100), many = interval_of(bottom, MOST);
	assert_true((many.high - many.low) * 4 < few.high - few.low);
}

static void one_item_is_its_own_interval(void **state)
{
	(void)state;
	top[0] = 3;
	bottom[0] = 4;
	struct interval one = interval_of(bottom, 1);
	assert_true(one.low == 0.75 && one.high == 0.75);
	one = interval_of(NULL, 1); /* a mean */
	assert_true(one.low == 3 && one.high == 3);
}

static void nothing_known_is_nan(void **state)
{
	(void)state;
	struct interval none = interval_of(bottom, 0);
	assert_true(isnan(none.low) && isnan(none.high));
	fill(10);
	top[3] = NAN;
	none = interval_of(bottom, 10);
	assert_true(isnan(none.low) && isnan(none.high));
	fill(10);
	memset(bottom, 0, sizeof(bottom));
	none = interval_of(bottom, 10);
	assert_true(isnan(none.low) && isnan(none.high));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_interval_holds_the_ratio_and_is_repeatable),
		cmocka_unit_test(more_data_are_narrower),
		cmocka_unit_test(one_item_is_its_own_interval),
		cmocka_unit_test(nothing_known_is_nan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
