/* JSON scanner: structure, positions, escapes, limits; every place where the window may end. */
#include "tests/unit/trace_files.h"

#include "traces/decimal.h"
#include "traces/json.h"

struct scan {
	struct budget budget;
	struct input input;
	struct json json;
	struct sim_diag diag;
};

static void scan_open(struct scan *scan, const char *text, size_t length)
{
	const char *path = file_temporary("json");
	memset(scan, 0, sizeof(*scan));
	diag_init(&scan->diag);
	file_store(path, text, length);
	assert_int_equal(input_open(&scan->input, path, &scan->budget, &scan->diag), SIM_OK);
	assert_int_equal(json_open(&scan->json, &scan->input, &scan->budget, &scan->diag), SIM_OK);
	unlink(path);
}

static void scan_close(struct scan *scan)
{
	json_close(&scan->json);
	input_close(&scan->input, &scan->budget);
	assert_int_equal(scan->budget.now_bytes, 0);
}

/* Status of reading all of TEXT; LINE of the last token. */
static enum sim_status scan_all(const char *text, size_t length, uint64_t *line)
{
	struct scan scan;
	struct json_token token = {.kind = JSON_NULL};
	enum sim_status status = SIM_OK;
	scan_open(&scan, text, length);
	while (status == SIM_OK && token.kind != JSON_END)
		status = json_next(&scan.json, &token, &scan.diag);
	*line = json_line(&scan.json);
	assert_int_equal(status, scan.diag.status);
	scan_close(&scan);
	return status;
}

static void well_formed_is_accepted(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		" [ ] \n",
		"{\"a\":1}",
		"{\"a\" : [1, -2.5e-3, true, false, null]}",
		"[[[]],{}]",
		"[\"\\\"\\\\\"]",
		"\xef\xbb\xbf[1]",
		"[NaN, -Infinity, Infinity]",
		"{\"\":{\"\":\"\"}}",
		"\"text\"",
		"[0.000, 1E+5]",
		"{\"a\"\n\n:\t1}",
	};
	uint64_t line;
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(scan_all(texts[i], strlen(texts[i]), &line), SIM_OK);
}

static void malformed_is_refused(void **state)
{
	static const char *const texts[] = {
		"",	   "  ",	   "{",		 "[",
		"{\"a\"",  "{\"a\":",	   "{\"a\":1",	 "[1",
		"[1,",	   "[1,]",	   "{\"a\":1,}", "{,}",
		"[,]",	   "{a:1}",	   "{\"a\" 1}",	 "[1 2]",
		"[\"a]",   "[\"a\\",	   "[\"a\\\"]",	 "]",
		"}",	   "[}",	   "{]",	 "[1]]",
		"[1]x",	   "[01x]",	   "[1.]",	 "[-]",
		"[1e]",	   "[tru]",	   "[truex]",	 "[nul",
		"['a']",   "[\"a\nb\"]",   "{\"a\":}",	 "{1:2}",
		"{\"a\"}", "[\"a\"\"b\"]", "1",		 "{\"a\":1 \"b\":2}",
	};
	uint64_t line;
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		enum sim_status status = scan_all(texts[i], strlen(texts[i]), &line);
		if (status != SIM_E_PARSE)
			fail_msg("'%s' gives %s", texts[i], sim_status_name(status));
	}
	assert_int_equal(scan_all("[\"a\0b\"]", 7, &line), SIM_E_PARSE);
	assert_int_equal(scan_all("[\0]", 3, &line), SIM_E_PARSE);
}

static void errors_tell_the_line(void **state)
{
	uint64_t line;
	(void)state;
	assert_int_equal(scan_all("{\n\"a\": 1,\n\n\"b\" 2}", 18, &line), SIM_E_PARSE);
	assert_int_equal(line, 4);
}

/* A text of COUNT events of pseudo-random widths: longer than the window, tokens at every offset.
 */
static struct bytes long_text(size_t count)
{
	struct bytes text = {malloc(count * 64 + 16), 0};
	uint32_t random = 1;
	text.length += (size_t)sprintf(text.data, "[");
	for (size_t i = 0; i < count; i++) {
		random = random * 1664525 + 1013904223;
		text.length += (size_t)sprintf(
			text.data + text.length, "%s\n%*s{\"key%zu\"%*s:%*s\"va\\nl%zu\"}",
			i > 0 ? "," : "", (int)(random >> 28), "", i, (int)(random >> 24 & 7), "",
			(int)(random >> 20 & 7), "", i);
	}
	text.length += (size_t)sprintf(text.data + text.length, "]");
	return text;
}

static void tokens_survive_the_end_of_the_window(void **state)
{
	enum { COUNT = 20000 };
	struct bytes text = long_text(COUNT);
	struct budget_text out = {0};
	struct json_token token;
	struct scan scan;
	char expected[32];
	(void)state;
	scan_open(&scan, text.data, text.length);
	assert_int_equal(json_next(&scan.json, &token, &scan.diag), SIM_OK);
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(json_next(&scan.json, &token, &scan.diag), SIM_OK);
		assert_int_equal(token.kind, JSON_OBJECT);
		assert_int_equal(json_line(&scan.json), i + 2);
		assert_int_equal(json_next(&scan.json, &token, &scan.diag), SIM_OK);
		assert_int_equal(token.kind, JSON_KEY);
		snprintf(expected, sizeof(expected), "key%zu", i);
		assert_true(json_text_is(&token, expected));
		assert_int_equal(json_next(&scan.json, &token, &scan.diag), SIM_OK);
		out.length = 0;
		assert_int_equal(json_decode(&scan.json, &token, &out, &scan.diag), SIM_OK);
		snprintf(expected, sizeof(expected), "va\nl%zu", i);
		assert_int_equal(out.length, strlen(expected));
		assert_memory_equal(out.data, expected, out.length);
		assert_int_equal(json_next(&scan.json, &token, &scan.diag), SIM_OK);
		assert_int_equal(token.kind, JSON_OBJECT_END);
	}
	assert_int_equal(json_leave(&scan.json, 0, &scan.diag), SIM_OK);
	assert_int_equal(json_next(&scan.json, &token, &scan.diag), SIM_OK);
	assert_int_equal(token.kind, JSON_END);
	budget_text_fini(&scan.budget, &out);
	scan_close(&scan);
	free(text.data);
}

static void assert_decoded(const char *json, const char *expected, size_t length)
{
	struct budget_text out = {0};
	struct json_token token;
	struct scan scan;
	scan_open(&scan, json, strlen(json));
	assert_int_equal(json_next(&scan.json, &token, &scan.diag), SIM_OK);
	assert_int_equal(json_decode(&scan.json, &token, &out, &scan.diag), SIM_OK);
	assert_int_equal(out.length, length);
	assert_memory_equal(out.data, expected, length);
	budget_text_fini(&scan.budget, &out);
	scan_close(&scan);
}

static void escapes_are_resolved(void **state)
{
	(void)state;
	assert_decoded("\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"", "a\"\\/\b\f\n\r\tz", 10);
	assert_decoded("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"",
		       "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10);
	assert_decoded("\"\\ud83d\\u0041\\ude00\"",
		       "\xef\xbf\xbd"
		       "A\xef\xbf\xbd",
		       7);
	assert_decoded("\"\\u0000\\x\\u12g4\"", "\xef\xbf\xbd\\x\\u12g4", 11);
	assert_decoded("\"\xff\xfe raw\"", "\xff\xfe raw", 6);
}

static void values_are_copied_compactly(void **state)
{
	static const char text[] =
		" { \"a\" : [ [ 1 , 2 ] , [ ] , { \"b\" : \"x y\\\"\" } ] ,\n\"c\":null }";
	static const char compact[] = "{\"a\":[[1,2],[],{\"b\":\"x y\\\"\"}],\"c\":null}";
	struct budget_text out = {0};
	struct json_token token;
	struct scan scan;
	(void)state;
	scan_open(&scan, text, strlen(text));
	assert_int_equal(json_next(&scan.json, &token, &scan.diag), SIM_OK);
	assert_int_equal(json_copy(&scan.json, &token, &out, &scan.diag), SIM_OK);
	assert_int_equal(out.length, strlen(compact));
	assert_memory_equal(out.data, compact, out.length);
	assert_int_equal(json_next(&scan.json, &token, &scan.diag), SIM_OK);
	assert_int_equal(token.kind, JSON_END);
	budget_text_fini(&scan.budget, &out);
	scan_close(&scan);
}

/* Exactly at the limit passes, one more does not. */
static void limits_hold_on_both_sides(void **state)
{
	char deep[2 * JSON_DEEPEST + 2];
	char *text = malloc(JSON_LONGEST_TEXT + 4);
	uint64_t line;
	(void)state;
	for (size_t depth = JSON_DEEPEST; depth <= JSON_DEEPEST + 1; depth++) {
		memset(deep, '[', depth);
		memset(deep + depth, ']', depth);
		assert_int_equal(scan_all(deep, 2 * depth, &line),
				 depth == JSON_DEEPEST ? SIM_OK : SIM_E_RANGE);
	}
	for (size_t length = JSON_LONGEST_TEXT - 1; length <= JSON_LONGEST_TEXT; length++) {
		memset(text, 'x', length + 2);
		text[0] = text[length + 1] = '"';
		assert_int_equal(scan_all(text, length + 2, &line),
				 length < JSON_LONGEST_TEXT ? SIM_OK : SIM_E_RANGE);
	}
	free(text);
}

static void decimals_are_exact(void **state)
{
	static const struct {
		const char *text;
		int scale;
		enum sim_status status;
		int64_t value;
	} cases[] = {
		{"4494088024354.864", 3, SIM_OK, INT64_C(4494088024354864)},
		{"1694039959123456", 3, SIM_OK, INT64_C(1694039959123456000)},
		{"1694039959123456.789", 3, SIM_OK, INT64_C(1694039959123456789)},
		{"0.0005", 3, SIM_OK, 1},
		{"0.00049999", 3, SIM_OK, 0},
		{"-0.0005", 3, SIM_OK, -1},
		{"12.3", 3, SIM_OK, 12300},
		{"1.5e3", 3, SIM_OK, 1500000},
		{"15e-1", 0, SIM_OK, 2},
		{"2.5E-05", 3, SIM_OK, 0},
		{"5e-4", 3, SIM_OK, 1},
		{"0", 3, SIM_OK, 0},
		{"0e999999999", 3, SIM_OK, 0},
		{"9223372036854775807", 0, SIM_OK, INT64_MAX},
		{"-9223372036854775808", 0, SIM_OK, INT64_MIN},
		{"9223372036854775808", 0, SIM_E_RANGE, 0},
		{"9223372036854775807", 3, SIM_E_RANGE, 0},
		{"1e99", 0, SIM_E_RANGE, 0},
		{"NaN", 3, SIM_E_PARSE, 0},
		{"-Infinity", 3, SIM_E_PARSE, 0},
		{"", 3, SIM_E_PARSE, 0},
		{"-", 3, SIM_E_PARSE, 0},
		{".", 3, SIM_E_PARSE, 0},
		{"1x", 3, SIM_E_PARSE, 0},
		{"1e", 3, SIM_E_PARSE, 0},
		{"0x10", 3, SIM_E_PARSE, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t value = 0;
		enum sim_status status =
			decimal_parse(cases[i].text, strlen(cases[i].text), cases[i].scale, &value);
		if (status != cases[i].status || value != cases[i].value)
			fail_msg("'%s' gives %s %lld", cases[i].text, sim_status_name(status),
				 (long long)value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_is_accepted),
		cmocka_unit_test(malformed_is_refused),
		cmocka_unit_test(errors_tell_the_line),
		cmocka_unit_test(tokens_survive_the_end_of_the_window),
		cmocka_unit_test(escapes_are_resolved),
		cmocka_unit_test(values_are_copied_compactly),
		cmocka_unit_test(limits_hold_on_both_sides),
		cmocka_unit_test(decimals_are_exact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
