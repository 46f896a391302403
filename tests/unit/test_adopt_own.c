/* Work of a replay from the same kernels run before: all of them in one row, or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/work_fixture.h"

enum { COUNT = 16 };

#define POINT "void at::native::vectorized_elementwise_kernel<4, f>(int)"

/* COUNT kernels; their grids are FIRST, FIRST + 1, ...; with shapes where KNOWN. */
static size_t add_run(struct fixture *fixture, uint32_t first, uint32_t correlation, bool known)
{
	size_t start = fixture->trace.kernel_count;
	for (uint32_t i = 0; i < COUNT; i++) {
		size_t at = fixture_add(fixture, POINT, known ? "aten::neg" : "",
					known ? "[[4]]|[\"float\"]||" : "", first + i, 1, 128);
		fixture->measured[at].correlation =
			correlation > 0 ? correlation : 100 + (uint32_t)at;
	}
	return start;
}

static size_t known_of(const struct fixture *fixture, size_t start)
{
	size_t known = 0;
	for (size_t i = start; i < start + COUNT; i++)
		known += (fixture->kernels[i].flags & SIM_KERNEL_OPAQUE) == 0;
	return known;
}

static void a_replay_takes_the_run_before_it(void **state)
{
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	size_t eager = add_run(&fixture, 1, 0, true);
	size_t first = add_run(&fixture, 1, 7, false), second = add_run(&fixture, 1, 8, false);
	fixture_derive(&fixture);
	assert_int_equal(known_of(&fixture, eager), COUNT);
	assert_int_equal(known_of(&fixture, first), COUNT);
	assert_int_equal(known_of(&fixture, second), COUNT);
	assert_int_equal(fixture.kernels[second].act_read_bytes, 16);
	assert_string_equal(names_text(&fixture.trace.names, fixture.details[second].op_name),
			    "aten::neg");
	assert_int_equal(fixture.kernels[first].flags & SIM_KERNEL_INPUT_HOT, SIM_KERNEL_INPUT_HOT);
	assert_false(fixture.trace.lacks & 1u << TRACE_LACK_SOME_WORK);
	fixture_fini(&fixture);
}

static void nothing_less_than_the_whole_run_gives(void **state)
{
	struct fixture fixture;
	(void)state;
	for (unsigned fault = 0; fault < 5; fault++) {
		fixture_init(&fixture);
		size_t replay = fault == 0 ? add_run(&fixture, 1, 7, false) : 0;
		size_t eager = add_run(&fixture, 1, 0, true);
		if (fault > 0)
			replay = add_run(&fixture, 1, 7, false);
		if (fault == 1) /* another grid */
			fixture.details[replay + 9].grid[0] = 99;
		if (fault == 2) /* a replay lies in the middle of the run */
			for (size_t i = eager + 4; i < eager + 8; i++)
				fixture.details[i].grid[0] = 77;
		if (fault == 3) /* one kernel of the replay ran elsewhere */
			fixture.measured[eager].correlation = 7;
		if (fault == 4) /* too few to tell one from another */
			fixture.measured[replay].correlation = 9;
		fixture_derive(&fixture);
		if (known_of(&fixture, replay) != 0)
			fail_msg("fault %u", fault);
		assert_true(fixture.trace.lacks & 1u << TRACE_LACK_SOME_WORK);
		fixture_fini(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replay_takes_the_run_before_it),
		cmocka_unit_test(nothing_less_than_the_whole_run_gives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
