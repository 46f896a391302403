/*
 * Experts over devices: the maximum law by hand, and what a spill must keep: never above the plain
 * maximum, never below the mean, within the capacity where pieces are small enough, nothing moved where
 * nothing is uneven.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workloads/expert_balance.h"

enum { EXPERTS = 128, DEVICES = 8 };

/* SHARE to HOT experts from the first on, the rest evenly. */
static void fill(double share, size_t hot, double *shares)
{
	for (size_t e = 0; e < EXPERTS; e++)
		shares[e] = e < hot ? share / (double)hot : (1 - share) / (double)(EXPERTS - hot);
}

static void assert_near(double got, double wanted)
{
	double off = got - wanted;
	if (off < -1e-9 || off > 1e-9)
		fail_msg("%.12g is not %.12g", got, wanted);
}

static void the_fullest_by_hand(void **state)
{
	(void)state;
	double shares[EXPERTS];
	fill(16.0 / EXPERTS, 16, shares);
	assert_near(expert_balance(shares, EXPERTS, DEVICES, NULL).most, 1);
	fill(0.95, 16, shares); /* one device has them all, and no other */
	assert_near(expert_balance(shares, EXPERTS, DEVICES, NULL).most, 7.6);
	fill(0.5, 1, shares); /* 15 of the 127 others lie there too */
	assert_near(expert_balance(shares, EXPERTS, DEVICES, NULL).most,
		    8 * (0.5 + 0.5 * 15 / 127));
	fill(0.8, 32, shares); /* two devices */
	assert_near(expert_balance(shares, EXPERTS, DEVICES, NULL).most, 3.2);
	fill(0, 16, shares); /* cold experts: the others' devices are the fullest */
	assert_near(expert_balance(shares, EXPERTS, DEVICES, NULL).most, 8.0 / 7);
}

static void a_spill_evens_out(void **state)
{
	(void)state;
	static const double parts[] = {0.3, 0.5, 0.8, 0.95, 1};
	static const size_t hots[] = {1, 4, 16};
	static const double capacities[] = {1, 1.25, 2};
	double shares[EXPERTS];
	for (size_t p = 0; p < 5; p++)
		for (size_t h = 0; h < 3; h++)
			for (size_t c = 0; c < 3; c++) {
				struct expert_spill with = {capacities[c], 1e-3, 1.3};
				fill(parts[p], hots[h], shares);
				struct expert_balance plain =
					expert_balance(shares, EXPERTS, DEVICES, NULL);
				struct expert_balance spilled =
					expert_balance(shares, EXPERTS, DEVICES, &with);
				assert_true(spilled.most >= 1 - 1e-9);
				assert_true(spilled.most <= plain.most + 1e-9);
				/* a last piece below the least goes along */
				if (spilled.most > capacities[c] + DEVICES * 2e-3)
					fail_msg("share %g, hot %zu: %g above %g", parts[p],
						 hots[h], spilled.most, capacities[c]);
				assert_true(spilled.copies >= 1);
			}
}

/* One expert with half of all: 4 of 8 devices' worth; its owner's others fit nowhere but at home. */
static void copies_by_hand(void **state)
{
	(void)state;
	const double shares[] = {0.5,	  0.5 / 7, 0.5 / 7, 0.5 / 7,
				 0.5 / 7, 0.5 / 7, 0.5 / 7, 0.5 / 7};
	struct expert_spill with = {1, 0, 1.3};
	struct expert_balance spilled = expert_balance(shares, 8, 8, &with);
	assert_near(spilled.most, 1);
	assert_near(spilled.copies, 7); /* to each of the other seven */
	with.capacity = 2;		/* half of it stays */
	spilled = expert_balance(shares, 8, 8, &with);
	assert_near(spilled.most, 2);
	assert_near(spilled.copies, 2);
}

static void nothing_moves_without_need(void **state)
{
	(void)state;
	double shares[EXPERTS];
	struct expert_spill with = {1, 1e-3, 1.3};
	fill(16.0 / EXPERTS * 1.29, 16, shares);
	assert_near(expert_balance(shares, EXPERTS, DEVICES, &with).copies, 0);
	assert_near(expert_balance(shares, EXPERTS, DEVICES, &with).most, 1.29);
	fill(16.0 / EXPERTS * 1.31, 16, shares);
	assert_true(expert_balance(shares, EXPERTS, DEVICES, &with).copies > 0);
	fill(0.9, 16, shares); /* pieces larger than all there is: nothing is worth a copy */
	with.chunk = 2;
	assert_near(expert_balance(shares, EXPERTS, DEVICES, &with).copies, 0);
	assert_near(expert_balance(shares, EXPERTS, 1, &with).most, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fullest_by_hand),
		cmocka_unit_test(a_spill_evens_out),
		cmocka_unit_test(copies_by_hand),
		cmocka_unit_test(nothing_moves_without_need),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
