/* What the environment asks of the tracer: words, paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "traces/tracer/settings.h"

static char unknown[256];

static void note_unknown(const char *word, size_t length)
{
	size_t at = strlen(unknown);
	snprintf(unknown + at, sizeof(unknown) - at, "<%.*s>", (int)length, word);
}

static struct tracer_settings parse(const char *words)
{
	struct tracer_settings settings;
	memset(&settings, 0xff, sizeof(settings));
	unknown[0] = '\0';
	settings_parse(&settings, words, note_unknown);
	return settings;
}

static void nothing_asks_for_nothing(void **state)
{
	(void)state;
	static const char *const empty[] = {NULL, "", ",", ",,,"};
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		struct tracer_settings settings = parse(empty[i]);
		assert_int_equal(settings.options, 0);
		assert_int_equal(settings.steps, 0);
		assert_string_equal(unknown, "");
	}
}

static void each_word_is_an_option(void **state)
{
	(void)state;
	assert_int_equal(parse("calls").options, TRACER_CALLS);
	assert_int_equal(parse("ranges").options, TRACER_RANGES);
	assert_int_equal(parse("syncs").options, TRACER_SYNCS);
	assert_int_equal(parse("all-calls").options, TRACER_ALL_CALLS | TRACER_CALLS);
	assert_int_equal(parse("graph-level").options, TRACER_GRAPH_LEVEL);
	assert_int_equal(parse("timing").options, TRACER_TIMING);
	assert_int_equal(parse("verbose").options, TRACER_VERBOSE);
	struct tracer_settings all = parse("verbose,steps=12,,syncs,calls,calls");
	assert_int_equal(all.options, TRACER_VERBOSE | TRACER_SYNCS | TRACER_CALLS);
	assert_int_equal(all.steps, 12);
	assert_string_equal(unknown, "");
}

static void what_is_not_understood_is_told_and_ignored(void **state)
{
	(void)state;
	struct tracer_settings settings =
		parse("call,callss,Calls, calls,steps,steps=,steps=0,steps=-1,steps=2x,syncs");
	assert_int_equal(settings.options, TRACER_SYNCS);
	assert_int_equal(settings.steps, 0);
	assert_string_equal(unknown, "<call><callss><Calls>< calls><steps><steps=><steps=0>"
				     "<steps=-1><steps=2x>");
}

static void steps_fit_64_bits(void **state)
{
	(void)state;
	assert_true(parse("steps=1844674407370955159").steps == UINT64_C(1844674407370955159));
	assert_true(parse("steps=99999999999999999999").steps == 0);
	assert_string_equal(unknown, "<steps=99999999999999999999>");
	assert_true(parse("steps=3,steps=4").steps == 4);
}

static void no_one_to_tell_is_fine(void **state)
{
	struct tracer_settings settings;
	(void)state;
	settings_parse(&settings, "what,calls", NULL);
	assert_int_equal(settings.options, TRACER_CALLS);
}

static void assert_path(const char *pattern, const char *wanted)
{
	char path[64];
	assert_true(settings_expand_path(path, sizeof(path), pattern, 4711));
	assert_string_equal(path, wanted);
}

static void paths_are_expanded(void **state)
{
	(void)state;
	assert_path("/tmp/run.log", "/tmp/run.log");
	assert_path("%p", "4711");
	assert_path("a.%p.%p", "a.4711.4711");
	assert_path("100%%", "100%");
	assert_path("%%p", "%p");
	assert_path("%", "%");
	assert_path("%q%", "%q%");
}

static void a_path_must_fit(void **state)
{
	char path[8];
	(void)state;
	assert_true(settings_expand_path(path, sizeof(path), "1234567", 1));
	assert_string_equal(path, "1234567");
	assert_false(settings_expand_path(path, sizeof(path), "12345678", 1));
	assert_true(settings_expand_path(path, sizeof(path), "123%p", 4711));
	assert_false(settings_expand_path(path, sizeof(path), "1234%p", 4711));
	assert_false(settings_expand_path(path, sizeof(path), "", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_asks_for_nothing),
		cmocka_unit_test(each_word_is_an_option),
		cmocka_unit_test(what_is_not_understood_is_told_and_ignored),
		cmocka_unit_test(steps_fit_64_bits),
		cmocka_unit_test(no_one_to_tell_is_fine),
		cmocka_unit_test(paths_are_expanded),
		cmocka_unit_test(a_path_must_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
