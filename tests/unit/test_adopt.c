/* Work from a donor: by signature, by order within a step, never by guess. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/work_fixture.h"

#define POINT "void at::native::vectorized_elementwise_kernel<4, f>(int)"
#define OTHER "void at::native::elementwise_kernel<128, 2, f>(int)"
#define SMALL "[[4]]|[\"float\"]||"
#define LARGE "[[8]]|[\"float\"]||"

struct pair {
	struct fixture ours, donor;
};

static void pair_init(struct pair *pair)
{
	fixture_init(&pair->ours);
	fixture_init(&pair->donor);
	/* names in another order, so that indices differ between the tables */
	fixture_name(&pair->donor, "something that only the donor names");
}

static uint64_t adopt(struct pair *pair)
{
	struct sim_diag diag;
	uint64_t filled = 99;
	diag_init(&diag);
	fixture_derive(&pair->ours);
	fixture_derive(&pair->donor);
	assert_int_equal(trace_adopt_work(&pair->ours.trace, &pair->donor.trace, &filled, &diag),
			 SIM_OK);
	return filled;
}

static void pair_fini(struct pair *pair)
{
	fixture_fini(&pair->ours);
	fixture_fini(&pair->donor);
}

static bool is_opaque(const struct pair *pair, size_t kernel)
{
	return (pair->ours.kernels[kernel].flags & SIM_KERNEL_OPAQUE) != 0;
}

static void step_here(struct fixture *fixture)
{
	size_t first = 0;
	if (fixture->trace.step_count > 0) {
		const struct sim_step *last = &fixture->steps[fixture->trace.step_count - 1];
		first = last->first + last->count;
	}
	fixture->steps[fixture->trace.step_count++] = (struct sim_step){
		.first = (uint32_t)first, .count = (uint32_t)(fixture->trace.kernel_count - first)};
}

static void one_signature_is_paired_in_order_in_every_step(void **state)
{
	struct pair pair;
	(void)state;
	pair_init(&pair);
	for (size_t step = 0; step < 2; step++) {
		fixture_add(&pair.donor, POINT, "aten::neg", SMALL, 1, 1, 128);
		fixture_add(&pair.donor, OTHER, "aten::neg", SMALL, 1, 1, 128);
		fixture_add(&pair.donor, POINT, "aten::exp", LARGE, 1, 1, 128);
		step_here(&pair.donor);
		fixture_add(&pair.ours, POINT, "", "", 1, 1, 128);
		fixture_add(&pair.ours, POINT, "", "", 1, 1, 128);
		fixture_add(&pair.ours, POINT, "", "", 2, 1, 128); /* other grid */
		fixture_add(&pair.ours, POINT, "", "", 1, 1, 64);  /* other block */
		fixture_add(&pair.ours, "unheard_of", "", "", 1, 1, 128);
		step_here(&pair.ours);
	}
	assert_int_equal(adopt(&pair), 4);
	for (size_t base = 0; base < 10; base += 5) {
		const struct trace_detail *detail = &pair.ours.details[base + 1];
		assert_int_equal(pair.ours.kernels[base].act_read_bytes, 16);
		assert_int_equal(pair.ours.kernels[base + 1].act_read_bytes, 32);
		assert_int_equal(pair.ours.kernels[base + 1].flops, 64);
		assert_int_equal(pair.ours.kernels[base + 1].op, SIM_OP_ELEMENTWISE);
		assert_int_equal(pair.ours.kernels[base + 1].dtype, SIM_DTYPE_F32);
		assert_string_equal(names_text(&pair.ours.trace.names, detail->op_name),
				    "aten::exp");
		assert_string_equal(names_text(&pair.ours.trace.names, detail->op_shape), LARGE);
		assert_true(pair.ours.kernels[base + 1].flags & SIM_KERNEL_INPUT_HOT);
		for (size_t i = 2; i < 5; i++) {
			assert_true(is_opaque(&pair, base + i));
			assert_int_equal(pair.ours.kernels[base + i].recorded_ps,
					 (1000 + base + i) * 1000);
		}
		assert_int_equal(pair.ours.kernels[base + 2].family, SIM_FAMILY_ELEMENTWISE);
	}
	assert_int_equal(pair.ours.trace.lacks, 1u << TRACE_LACK_SOME_WORK);
	pair_fini(&pair);
}

static void unequal_numbers_need_agreement(void **state)
{
	struct pair pair;
	(void)state;
	pair_init(&pair);
	/* POINT does the same everywhere; OTHER does not, unless one looks at what it follows */
	fixture_add(&pair.donor, POINT, "aten::neg", SMALL, 1, 1, 128);
	fixture_add(&pair.donor, OTHER, "aten::neg", SMALL, 1, 1, 128);
	fixture_add(&pair.donor, OTHER, "aten::neg", LARGE, 1, 1, 128);
	fixture_add(&pair.ours, POINT, "", "", 1, 1, 128);
	fixture_add(&pair.ours, OTHER, "", "", 1, 1, 128);
	fixture_add(&pair.ours, POINT, "", "", 1, 1, 128);
	fixture_add(&pair.ours, OTHER, "", "", 1, 1, 128);
	fixture_add(&pair.ours, "unheard_of", "", "", 1, 1, 128);
	fixture_add(&pair.ours, OTHER, "", "", 1, 1, 128);
	assert_int_equal(adopt(&pair), 4);
	assert_int_equal(pair.ours.kernels[0].act_read_bytes, 16);
	assert_int_equal(pair.ours.kernels[2].act_read_bytes, 16);
	assert_int_equal(pair.ours.kernels[1].act_read_bytes, 16);
	assert_int_equal(pair.ours.kernels[3].act_read_bytes, 16);
	assert_true(is_opaque(&pair, 4));
	assert_true(is_opaque(&pair, 5));
	pair_fini(&pair);
}

static void own_work_is_kept_and_all_filled_lacks_nothing(void **state)
{
	struct pair pair;
	(void)state;
	pair_init(&pair);
	fixture_add(&pair.donor, POINT, "aten::neg", SMALL, 1, 1, 128);
	fixture_add(&pair.donor, POINT, "aten::neg", SMALL, 1, 1, 128);
	fixture_add(&pair.ours, POINT, "aten::neg", LARGE, 1, 1, 128);
	fixture_add(&pair.ours, POINT, "", "", 1, 1, 128);
	assert_int_equal(adopt(&pair), 1);
	assert_int_equal(pair.ours.kernels[0].act_read_bytes, 32);
	assert_int_equal(pair.ours.kernels[1].act_read_bytes, 16);
	assert_int_equal(pair.ours.trace.lacks, 0);
	pair_fini(&pair);
}

static void a_donor_without_work_gives_none(void **state)
{
	struct pair pair;
	(void)state;
	pair_init(&pair);
	fixture_add(&pair.ours, POINT, "", "", 1, 1, 128);
	assert_int_equal(adopt(&pair), 0); /* an empty donor */
	fixture_add(&pair.donor, POINT, "", "", 1, 1, 128);
	assert_int_equal(adopt(&pair), 0);
	assert_true(is_opaque(&pair, 0));
	assert_int_equal(pair.ours.trace.lacks, 1u << TRACE_LACK_SHAPES);
	pair_fini(&pair);
}

static void nothing_takes_nothing(void **state)
{
	struct pair pair;
	(void)state;
	pair_init(&pair);
	fixture_add(&pair.donor, POINT, "aten::neg", SMALL, 1, 1, 128);
	assert_int_equal(adopt(&pair), 0);
	pair_fini(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_signature_is_paired_in_order_in_every_step),
		cmocka_unit_test(unequal_numbers_need_agreement),
		cmocka_unit_test(own_work_is_kept_and_all_filled_lacks_nothing),
		cmocka_unit_test(a_donor_without_work_gives_none),
		cmocka_unit_test(nothing_takes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
