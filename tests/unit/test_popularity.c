/* Zipf popularity, choices without repetition, and Che's approximation against an LRU that is run. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/popularity.h"

enum { ITEMS = 256 };

static double weights[ITEMS], chances[ITEMS];

static void near(double got, double wanted, double relative)
{
	if (!(fabs(got - wanted) <= relative * fabs(wanted)))
		fail_msg("%.17g, not %.17g", got, wanted);
}

static void exponentials_and_logarithms(void **state)
{
	(void)state;
	static const double xs[] = {-690, -50, -1, -1e-9, 0, 0.3, 1, 20, 500};
	static const double ys[] = {1e-300, 1e-9, 0.1, 0.999999, 1, 1.5, 2, 10, 6144, 1e300};
	for (size_t i = 0; i < sizeof(xs) / sizeof(xs[0]); i++)
		near(popularity_exp(xs[i]), exp(xs[i]), 1e-12);
	for (size_t i = 0; i < sizeof(ys) / sizeof(ys[0]); i++)
		near(popularity_log(ys[i]) + 1, log(ys[i]) + 1, 1e-12);
	assert_true(popularity_exp(-1e6) == 0);
	assert_true(popularity_log(1) == 0);
}

static void zipf_by_hand(void **state)
{
	(void)state;
	popularity_zipf(1, 3, weights); /* 1 : 1/2 : 1/3, of 11/6 */
	near(weights[0], 6.0 / 11, 1e-12);
	near(weights[1], 3.0 / 11, 1e-12);
	near(weights[2], 2.0 / 11, 1e-12);
	popularity_zipf(0, 8, weights);
	near(weights[7], 0.125, 1e-12);
}

static void choices_add_up(void **state)
{
	(void)state;
	double sum = 0;
	popularity_zipf(0.8, 128, weights);
	popularity_chances(weights, 128, 8, chances);
	for (size_t i = 0; i < 128; i++) {
		sum += chances[i];
		assert_true(chances[i] > 0 && chances[i] < 1);
		assert_true(i == 0 || chances[i] < chances[i - 1]);
	}
	near(sum, 8, 1e-9);
	near(popularity_touched(chances, 128, 1, 1), 8, 1e-9);
	assert_true(popularity_touched(chances, 128, 2, 1) < 16);
	near(popularity_touched(chances, 128, 1e9, 1), 128, 1e-9);
	near(popularity_touched(chances, 128, 1, 0.25), 2, 1e-9);
	/* all alike: E (1 - (1 - K/E)^n) */
	popularity_zipf(0, 64, weights);
	popularity_chances(weights, 64, 4, chances);
	near(popularity_touched(chances, 64, 8, 1), 64 * (1 - pow(1 - 4.0 / 64, 8)), 1e-9);
	popularity_chances(weights, 64, 64, chances);
	near(popularity_touched(chances, 64, 1, 1), 64, 1e-12);
}

static uint64_t lcg(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 11;
}

/* Share of REQUESTS that an LRU list of SLOTS items serves, after as many to fill it. */
static double run_lru(size_t slots, size_t requests)
{
	size_t list[ITEMS], held = 0, hits = 0;
	uint64_t seed = 20261125;
	for (size_t r = 0; r < 2 * requests; r++) {
		double at = (double)lcg(&seed) / 0x1p53;
		size_t item = 0, place = 0;
		while (item + 1 < ITEMS && at >= weights[item])
			at -= weights[item++];
		while (place < held && list[place] != item)
			place++;
		hits += r >= requests && place < held;
		if (place == held && held < slots)
			held++;
		place = place < slots ? place : slots - 1;
		memmove(list + 1, list, place * sizeof(*list));
		list[0] = item;
	}
	return (double)hits / (double)requests;
}

static void che_against_an_lru_that_is_run(void **state)
{
	(void)state;
	static const double exponents[] = {0, 0.8, 1.2};
	static const size_t slots[] = {8, 32, 128};
	for (size_t e = 0; e < 3; e++)
		for (size_t s = 0; s < 3; s++) {
			popularity_zipf(exponents[e], ITEMS, weights);
			double run = run_lru(slots[s], 60000);
			double che = popularity_lru_hit(weights, ITEMS, (double)slots[s]);
			if (fabs(run - che) > 0.01)
				fail_msg("s %g, %zu slots: LRU %.4f, Che %.4f", exponents[e],
					 slots[s], run, che);
		}
}

static void more_slots_hit_more(void **state)
{
	(void)state;
	double before = 0;
	popularity_zipf(0.95, ITEMS, weights);
	assert_true(popularity_lru_hit(weights, ITEMS, 0) == 0);
	assert_true(popularity_lru_hit(weights, ITEMS, NAN) == 0);
	for (int slots = 1; slots <= ITEMS; slots++) {
		double hit = popularity_lru_hit(weights, ITEMS, slots);
		assert_true(hit > before && hit <= 1);
		before = hit;
	}
	assert_true(before == 1);
	near(popularity_lru_hit(weights, ITEMS, ITEMS - 1e-6), 1, 1e-3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exponentials_and_logarithms),
		cmocka_unit_test(zipf_by_hand),
		cmocka_unit_test(choices_add_up),
		cmocka_unit_test(che_against_an_lru_that_is_run),
		cmocka_unit_test(more_slots_hit_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
