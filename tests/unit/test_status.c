/* Diagnostics: the first error wins, and no input can make a message unsafe to print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/status.h"

static void every_status_has_name_and_text(void **state)
{
	(void)state;
	for (int status = 0; status < SIM_STATUS_COUNT; status++) {
		assert_true(strlen(sim_status_name((enum sim_status)status)) > 0);
		assert_true(strlen(sim_status_text((enum sim_status)status)) > 0);
	}
	assert_string_equal(sim_status_name(SIM_OK), "OK");
	assert_string_equal(sim_status_name(SIM_E_PARSE), "E_PARSE");
	assert_string_equal(sim_status_text(SIM_STATUS_COUNT), "?");
	assert_string_equal(sim_status_name((enum sim_status) - 1), "?");
}

static void first_error_wins(void **state)
{
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	assert_int_equal(diag.status, SIM_OK);
	assert_string_equal(diag.text, "");
	assert_int_equal(diag_fail(&diag, SIM_E_PARSE, "bad %s: '%d'", "thing", 3), SIM_E_PARSE);
	assert_int_equal(diag_fail(&diag, SIM_E_IO, "later"), SIM_E_IO);
	assert_int_equal(diag_fail_at(&diag, SIM_E_DB, "file", 1, "later"), SIM_E_DB);
	assert_int_equal(diag.status, SIM_E_PARSE);
	assert_string_equal(diag.text, "bad thing: '3'");
	assert_int_equal(diag_fail(NULL, SIM_E_IO, "nobody listens"), SIM_E_IO);
}

static void place_is_in_front(void **state)
{
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	assert_int_equal(diag_fail_at(&diag, SIM_E_UNIT, "a.yaml", 12, "no unit"), SIM_E_UNIT);
	assert_string_equal(diag.text, "a.yaml:12: no unit");
	diag_init(&diag);
	assert_int_equal(diag_fail_at(&diag, SIM_E_UNIT, "a.yaml", 0, "no unit"), SIM_E_UNIT);
	assert_string_equal(diag.text, "a.yaml: no unit");
}

struct sample {
	const char *raw, *shown;
};

static void unprintable_input_is_escaped(void **state)
{
	static const struct sample samples[] = {
		{"plain text ~", "plain text ~"},
		{"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
		{"\x1b]0;title\x07", "\\x1b]0;title\\x07"},
		{"tab\tline\nback\rdel\x7f", "tab\\x09line\\x0aback\\x0ddel\\x7f"},
		{"gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xf0\x9f\x98\x80",
		 "gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xf0\x9f\x98\x80"},
		{"\xc2\x9b"
		 "31m",
		 "\\xc2\\x9b31m"}, /* C1 control sequence introducer */
		{"\xe2\x80\xae"
		 "abc",
		 "\\xe2\\x80\\xae"
		 "abc"}, /* right-to-left override */
		{"\xe2\x81\xa6"
		 "abc",
		 "\\xe2\\x81\\xa6"
		 "abc"}, /* isolate */
		{"\xe2\x80\x8f"
		 "x\xd8\x9c",
		 "\\xe2\\x80\\x8fx\\xd8\\x9c"}, /* direction marks */
		{"\xe2\x80\xa8\xe2\x80\xa9",
		 "\\xe2\\x80\\xa8\\xe2\\x80\\xa9"}, /* line separators */
		{"\x80\xff", "\\x80\\xff"},	    /* no sequence at all */
		{"\xc0\xaf", "\\xc0\\xaf"},	    /* overlong '/' */
		{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
		{"\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},	      /* surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* past U+10FFFF */
		{"\xe4\xb8", "\\xe4\\xb8"},		      /* cut short */
		{"\xe4\xb8"
		 "A",
		 "\\xe4\\xb8"
		 "A"},
	};
	char out[128];
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct sim_diag diag;
		text_printable(out, sizeof(out), samples[i].raw, strlen(samples[i].raw));
		assert_string_equal(out, samples[i].shown);
		diag_init(&diag);
		assert_int_equal(diag_fail(&diag, SIM_E_PARSE, "%s", samples[i].raw), SIM_E_PARSE);
		assert_string_equal(diag.text, samples[i].shown);
	}
	text_printable(out, sizeof(out), "a\0b", 3);
	assert_string_equal(out, "a\\x00b");
}

/* Every length of every cut ends in a whole character or a whole escape. */
static void short_buffers_cut_cleanly(void **state)
{
	const char *raw = "\xe4\xb8\xad\x01\xc3\xbcz";
	const char *shown = "\xe4\xb8\xad\\x01\xc3\xbcz";
	char out[32];
	(void)state;
	for (size_t size = 1; size <= sizeof(out); size++) {
		memset(out, '#', sizeof(out));
		text_printable(out, size, raw, strlen(raw));
		size_t length = strlen(out);
		assert_true(length < size);
		assert_memory_equal(out, shown, length);
		assert_true(length == 0 || length == 3 || length == 7 || length == 9 ||
			    length == 10);
		for (size_t i = size; i < sizeof(out); i++)
			assert_int_equal(out[i], '#');
	}
}

/* A message longer than the diag is cut, and cutting it never makes half a character. */
static void long_messages_are_cut(void **state)
{
	(void)state;
	for (size_t pad = 0; pad < 8; pad++) {
		char raw[4 * SIM_DIAG_TEXT];
		struct sim_diag diag;
		diag_init(&diag);
		memset(raw, 'x', pad);
		for (size_t i = pad; i + 3 < sizeof(raw); i += 3)
			memcpy(raw + i, "\xe4\xb8\xad", 4);
		assert_int_equal(diag_fail_at(&diag, SIM_E_IO, raw, 7, "%s", raw), SIM_E_IO);
		size_t length = strlen(diag.text);
		assert_true(length < SIM_DIAG_TEXT && length > SIM_DIAG_TEXT - 16);
		assert_null(strstr(diag.text, "\\x"));
		assert_non_null(strstr(diag.text, ":7: "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_name_and_text),
		cmocka_unit_test(first_error_wins),
		cmocka_unit_test(place_is_in_front),
		cmocka_unit_test(unprintable_input_is_escaped),
		cmocka_unit_test(short_buffers_cut_cleanly),
		cmocka_unit_test(long_messages_are_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
