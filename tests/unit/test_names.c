/* Name table: dense indices in order of first sight, survival of growth, nearest spelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "sim/core/names.h"

static void indices_are_dense_and_stable(void **state)
{
	struct name_table names;
	char text[32];
	(void)state;
	assert_int_equal(names_init(&names), SIM_OK);
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 5000; i++) {
			uint32_t index;
			int length = snprintf(text, sizeof(text), "kernel_%u", i);
			assert_int_equal(names_add(&names, text, (size_t)length, &index), SIM_OK);
			assert_int_equal(index, i + 1);
			assert_string_equal(names_text(&names, index), text);
		}
	}
	assert_int_equal(names_find(&names, "absent", 6), UINT32_MAX);
	assert_int_equal(names_find(&names, "", 0), 0);
	names_fini(&names);
}

static void nearest_spelling_is_found(void **state)
{
	static const char *const list[] = {"h100-sxm", "h200-sxm", "l4", "hbm.bandwidth"};
	(void)state;
	assert_string_equal(names_nearest("h100sxm", list, 4), "h100-sxm");
	assert_string_equal(names_nearest("hbm.bandwith", list, 4), "hbm.bandwidth");
	assert_null(names_nearest("completely-else", list, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indices_are_dense_and_stable),
		cmocka_unit_test(nearest_spelling_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
