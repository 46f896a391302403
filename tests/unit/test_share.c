/* Max-min fair sharing: exact when alone, hand-computed cases, and the max-min property itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/share.h"
#include "tests/unit/engine_fixture.h"

static void alone_is_exact(void **state)
{
	const int64_t services[] = {1, 999, 123456789, (INT64_C(1) << 53) + 1,
				    (INT64_C(1) << 59) + 12345};
	(void)state;
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		struct share share;
		share_init(&share, 1);
		assert_int_equal(share_join(&share, 3, 17, services[i], NULL), SIM_OK);
		assert_int_equal(share.next_end_ps, 17 + services[i]);
		assert_int_equal(share_leave(&share), 3);
		assert_int_equal(share.next_end_ps, INT64_MAX);
		share_fini(&share);
	}
}

/* Both fill the one resource: half speed while both run, whole speed afterwards. */
static void equals_halve(void **state)
{
	const double whole = 1;
	struct share share;
	(void)state;
	share_init(&share, 1);
	assert_int_equal(share_join(&share, 1, 0, 1000, &whole), SIM_OK);
	assert_int_equal(share_join(&share, 2, 400, 1000, &whole), SIM_OK);
	/* 600 left at half speed: 400 + 1200; then 400 left of the second, alone */
	assert_int_equal(share.next_end_ps, 1600);
	assert_int_equal(share_leave(&share), 1);
	assert_int_equal(share.next_end_ps, 2000);
	assert_int_equal(share_leave(&share), 2);
	share_fini(&share);
}

static void disjoint_resources_do_not_slow(void **state)
{
	const double hbm[] = {1, 0}, flops[] = {0, 1};
	struct share share;
	(void)state;
	share_init(&share, 2);
	assert_int_equal(share_join(&share, 1, 0, 1001, hbm), SIM_OK);
	assert_int_equal(share_join(&share, 2, 500, 1001, flops), SIM_OK);
	assert_int_equal(share.next_end_ps, 1001);
	assert_int_equal(share_leave(&share), 1);
	assert_int_equal(share.next_end_ps, 1501);
	share_fini(&share);
}

static void room_is_left_alone(void **state)
{
	const double most = 0.75, little = 0.25;
	struct share share;
	(void)state;
	share_init(&share, 1);
	assert_int_equal(share_join(&share, 1, 0, 1000, &most), SIM_OK);
	assert_int_equal(share_join(&share, 2, 0, 1000, &little), SIM_OK);
	assert_int_equal(share.next_end_ps, 1000);
	/* who joined first leaves first */
	assert_int_equal(share_leave(&share), 1);
	assert_int_equal(share_leave(&share), 2);
	share_fini(&share);
}

/* Three kernels, two resources: A and B fill r0 at 1/2; C then has half of r1 and needs all. */
static void filling_goes_on_after_one_is_full(void **state)
{
	struct share_member members[3] = {{.use = {1, 0}}, {.use = {1, 1}}, {.use = {0, 0.75}}};
	double rates[3];
	(void)state;
	share_rates(members, 3, 2, rates);
	assert_true(rates[0] == 0.5 && rates[1] == 0.5);
	assert_true(rates[2] > 0.6666 && rates[2] < 0.6667);
}

static void without_use_nobody_slows(void **state)
{
	struct share_member members[40];
	double rates[40];
	(void)state;
	memset(members, 0, sizeof(members));
	share_rates(members, 40, 3, rates);
	for (int i = 0; i < 40; i++)
		assert_true(rates[i] == 1);
}

/* Below rate 1 a kernel uses a full resource on which nobody is faster; none is over capacity. */
static void random_sets_are_max_min_fair(void **state)
{
	struct lcg lcg = {99};
	struct share_member members[30];
	double rates[30];
	(void)state;
	for (int round = 0; round < 3000; round++) {
		uint32_t resources = 1 + lcg_below(&lcg, MACHINE_MAX_RESOURCES);
		size_t count = 1 + lcg_below(&lcg, 30);
		double load[MACHINE_MAX_RESOURCES] = {0};
		for (size_t i = 0; i < count; i++)
			for (uint32_t r = 0; r < resources; r++)
				members[i].use[r] =
					lcg_below(&lcg, 3) ? lcg_below(&lcg, 1001) / 1000.0 : 0;
		share_rates(members, count, resources, rates);
		for (uint32_t r = 0; r < resources; r++) {
			for (size_t i = 0; i < count; i++)
				load[r] += rates[i] * members[i].use[r];
			assert_true(load[r] <= 1 + 1e-12);
		}
		for (size_t i = 0; i < count; i++) {
			bool held = rates[i] == 1;
			for (uint32_t r = 0; r < resources; r++) {
				bool fastest = load[r] > 1 - 1e-12 && members[i].use[r] > 0;
				for (size_t j = 0; j < count && fastest; j++)
					fastest = members[j].use[r] == 0 ||
						  rates[j] <= rates[i] * (1 + 1e-12);
				held = held || fastest;
			}
			assert_true(rates[i] > 0 && rates[i] <= 1);
			assert_true(held);
		}
	}
}

/* Two in a set take a shorter way to the same bits. */
static void pairs_agree_with_the_filling(void **state)
{
	struct lcg lcg = {8};
	(void)state;
	for (int round = 0; round < 2000; round++) {
		double use[2][3], rates[2];
		struct share share;
		share_init(&share, 3);
		for (int i = 0; i < 2; i++) {
			for (int r = 0; r < 3; r++)
				use[i][r] = lcg_below(&lcg, 3) ? lcg_below(&lcg, 1001) / 1000.0 : 0;
			assert_int_equal(share_join(&share, i, 0, 1000000, use[i]), SIM_OK);
		}
		share_rates(share.members, 2, 3, rates);
		assert_true(share.members[0].rate == rates[0]);
		assert_true(share.members[1].rate == rates[1]);
		share_fini(&share);
	}
}

/* Work is kept: on one resource that all fill, N kernels end when their services are done. */
static void many_that_fill_end_with_their_sum(void **state)
{
	enum { COUNT = 100 };
	const double whole = 1;
	struct share share;
	struct lcg lcg = {5};
	int64_t sum_ps = 0, last_ps = 0;
	(void)state;
	share_init(&share, 1);
	for (uint32_t i = 0; i < COUNT; i++) {
		int64_t service_ps = 1000 + lcg_below(&lcg, 100000);
		sum_ps += service_ps;
		assert_int_equal(share_join(&share, i, 0, service_ps, &whole), SIM_OK);
	}
	while (share.count > 0) {
		assert_true(share.next_end_ps >= last_ps);
		last_ps = share.next_end_ps;
		share_leave(&share);
	}
	assert_true(last_ps >= sum_ps && last_ps <= sum_ps + COUNT);
	share_fini(&share);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alone_is_exact),
		cmocka_unit_test(equals_halve),
		cmocka_unit_test(disjoint_resources_do_not_slow),
		cmocka_unit_test(room_is_left_alone),
		cmocka_unit_test(filling_goes_on_after_one_is_full),
		cmocka_unit_test(without_use_nobody_slows),
		cmocka_unit_test(random_sets_are_max_min_fair),
		cmocka_unit_test(pairs_agree_with_the_filling),
		cmocka_unit_test(many_that_fill_end_with_their_sum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
