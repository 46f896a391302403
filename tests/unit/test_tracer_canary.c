/* When silence is another profiler's doing: each bound on both its sides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "traces/tracer/canary.h"

#define MS UINT64_C(1000000)

/* CALLS of them, EVERY ns, without a sign; the last judgement. NOW is its time. */
static bool silence(struct canary_watch *watch, unsigned calls, uint64_t every, uint64_t *now)
{
	bool lost = false;
	for (unsigned i = 0; i < calls; i++) {
		assert_false(lost);
		canary_watch_call(watch, *now);
		*now += every;
		lost = canary_watch_judge(watch, *now, false);
	}
	return lost;
}

static void fewer_calls_are_not_enough(void **state)
{
	struct canary_watch watch = {0};
	uint64_t now = 5;
	(void)state;
	assert_false(silence(&watch, CANARY_CALLS - 1, 60000 * MS, &now));
	assert_true(silence(&watch, 1, 100 * MS, &now));
}

static void less_time_is_not_enough(void **state)
{
	struct canary_watch watch = {0};
	uint64_t now = 0;
	(void)state;
	assert_false(silence(&watch, 29, 100 * MS, &now));
	canary_watch_call(&watch, now);
	assert_false(canary_watch_judge(&watch, CANARY_SILENCE_MS * MS - 1, false));
	canary_watch_call(&watch, now);
	assert_true(canary_watch_judge(&watch, CANARY_SILENCE_MS * MS, false));
}

static void a_young_call_is_not_judged(void **state)
{
	struct canary_watch watch = {0};
	uint64_t now = 0;
	(void)state;
	assert_false(silence(&watch, CANARY_CALLS - 1, 1000 * MS, &now));
	canary_watch_call(&watch, now);
	assert_false(canary_watch_judge(&watch, now + CANARY_CALL_MS * MS - 1, false));
	assert_true(watch.is_out);
	assert_true(canary_watch_judge(&watch, now + CANARY_CALL_MS * MS, false));
	assert_false(watch.is_out);
}

static void a_call_counts_once(void **state)
{
	struct canary_watch watch = {0};
	uint64_t now = 0;
	(void)state;
	assert_false(canary_watch_judge(&watch, 60000 * MS, false)); /* none was made */
	assert_false(silence(&watch, CANARY_CALLS - 1, 1000 * MS, &now));
	for (int i = 0; i < 100; i++)
		assert_false(canary_watch_judge(&watch, now += 1000 * MS, false));
	assert_true(silence(&watch, 1, 1000 * MS, &now));
}

/* Whatever comes, however old the call is: all begins anew. */
static void a_sign_ends_the_silence(void **state)
{
	struct canary_watch watch = {0};
	uint64_t now = 0;
	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_false(silence(&watch, CANARY_CALLS - 1, 1000 * MS, &now));
		canary_watch_call(&watch, now);
		assert_false(canary_watch_judge(&watch, now += i * 1000 * MS, true));
	}
	assert_true(silence(&watch, CANARY_CALLS, 1000 * MS, &now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fewer_calls_are_not_enough),
		cmocka_unit_test(less_time_is_not_enough),
		cmocka_unit_test(a_young_call_is_not_judged),
		cmocka_unit_test(a_call_counts_once),
		cmocka_unit_test(a_sign_ends_the_silence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
