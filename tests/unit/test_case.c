/* Case files: what is read, and what is refused with its line. */
#include "tests/unit/case_fixture.h"

#include "validate/case.h"

static struct validation_case one;
static struct sim_diag diag;

static enum sim_status parse(const char *text)
{
	diag_init(&diag);
	return case_parse("c.yaml", text, strlen(text), &one, &diag);
}

static void refuses(enum sim_status want, const char *say, const char *text)
{
	enum sim_status status = parse(text);
	if (status != want)
		fail_msg("status %d, not %d: %s: %s", (int)status, (int)want, say, diag.text);
	assert_says(&diag, say);
	assert_says(&diag, "c.yaml:");
	case_fini(&one);
}

#define EXPECT "expect: [{what: w, got: 1, expected: 1, tolerance: 1 %}]\n"

static void a_whole_case_is_read(void **state)
{
	(void)state;
	assert_int_equal(
		parse(CASE_HEAD
		      "contradiction: two numbers\n"
		      "assumptions:\n"
		      "  - {what: no number, why: because}\n"
		      "  - {name: eff, what: share, value: 80 %, low: 0.7, high: 0.9, why: w}\n"
		      "rows:\n  - [hw, ctx, ms]\n  - [l4, 2048, 10.5]\n  - [h100-sxm, 4096, "
		      "\"-\"]\n"
		      "let: {twice: 2 * ctx, more: twice + eff}\n"
		      "runs:\n"
		      "  a: {model: qwen2.5-7b, hw: hw, context: ctx, launch: eager}\n"
		      "  b: {like: a, launch: graph, draft.lengths: [0.5, eff]}\n"
		      "expect:\n"
		      "  - {what: ms, got: a.step_ms, expected: ms, tolerance: 10 %, within: 0.5,\n"
		      "     mean_tolerance: 5 %}\n"
		      "  - {what: gain, got: a.step_ms / b.step_ms, expected: 1.2, tolerance: "
		      "0.1,\n"
		      "     kind: at_most, only: ctx > 3000}\n"),
		SIM_OK);
	assert_string_equal(one.name, "c");
	assert_int_equal(one.evidence, CASE_ARITHMETIC);
	assert_int_equal(one.assumption_count, 2);
	assert_true(isnan(one.assumptions[0].value));
	assert_true(one.assumptions[1].value == 0.8);
	assert_int_equal(one.row_count, 2);
	assert_true(one.columns[0].is_text && !one.columns[1].is_text);
	assert_true(one.columns[1].numbers[1] == 4096 && isnan(one.columns[2].numbers[1]));
	assert_int_equal(one.run_count, 2);
	assert_string_equal(one.runs[1].keys[3].key, "launch");
	assert_string_equal(one.runs[1].keys[3].value, "graph");
	assert_int_equal(one.runs[1].keys[4].list_count, 2);
	assert_int_equal(one.result_count, 2); /* a.step_ms once, b.step_ms */
	assert_true(one.expectations[0].tolerance == 0.1 && one.expectations[0].within == 0.5);
	assert_true(one.expectations[0].mean_tolerance == 0.05);
	assert_true(isnan(one.expectations[1].mean_tolerance));
	assert_int_equal(one.expectations[1].kind, CASE_AT_MOST);
	case_fini(&one);
}

static void names_have_values_by_row_and_assumption(void **state)
{
	double values[EXPR_MOST_SLOTS];
	(void)state;
	assert_int_equal(
		parse(CASE_HEAD
		      "assumptions: [{name: e, what: w, value: 2, low: 1, high: 3, why: w}]\n"
		      "rows: [[x, y], [10, 1], [20, \"-\"]]\n"
		      "let: {a: x * e, b: a + 1, c: y + 1, d: c + 1}\n" EXPECT),
		SIM_OK);
	assert_int_equal(case_fill(&one, 0, SIZE_MAX, 0, values, &diag), SIM_OK);
	assert_true(values[one.first_let] == 20 && values[one.first_let + 1] == 21);
	assert_true(values[one.first_let + 3] == 3);
	assert_int_equal(case_fill(&one, 1, 0, 3, values, &diag), SIM_OK);
	assert_true(values[one.first_let] == 60);
	/* what comes from a cell "-" has no value, however far from it */
	assert_true(isnan(values[one.first_let + 2]) && isnan(values[one.first_let + 3]));
	case_fini(&one);
}

static void missing_cases_need_no_expectation(void **state)
{
	(void)state;
	assert_int_equal(parse(CASE_HEAD "missing: a CPU\n"), SIM_OK);
	assert_string_equal(one.missing, "a CPU");
	case_fini(&one);
	refuses(SIM_E_NOT_FOUND, "missing key 'expect'", CASE_HEAD);
	refuses(SIM_E_PARSE, "not both", CASE_HEAD "missing: x\n" EXPECT);
	refuses(SIM_E_PARSE, "'missing' is empty", CASE_HEAD "missing: \"\"\n");
}

static void heads_are_checked(void **state)
{
	(void)state;
	refuses(SIM_E_NOT_FOUND, "c.yaml:6: unknown key 'expct' (did you mean 'expect'?)",
		CASE_HEAD "expct: []\n");
	refuses(SIM_E_NOT_FOUND, "missing key 'claim'",
		"case: c\nsystem: s\nsource: w\nevidence: arithmetic\n" EXPECT);
	refuses(SIM_E_NOT_FOUND, "c.yaml:5: no such evidence: 'a feeling'",
		"case: c\nsystem: s\nclaim: c\nsource: w\nevidence: a feeling\n" EXPECT);
	refuses(SIM_E_PARSE, "'case' must be a map", "- 1\n");
}

static void names_are_checked(void **state)
{
	(void)state;
	refuses(SIM_E_NOT_FOUND, "c.yaml:6: unknown name 'b'",
		CASE_HEAD "let: {a: b + 1, b: a}\n" EXPECT);
	refuses(SIM_E_NOT_FOUND, "unknown name 'a'", CASE_HEAD "let: {a: a + 1}\n" EXPECT);
	refuses(SIM_E_DUPLICATE, "name is taken: 'x'",
		CASE_HEAD "rows: [[x], [1]]\nlet: {x: 2}\n" EXPECT);
	refuses(SIM_E_PARSE, "not a name", CASE_HEAD "let: {a.b: 2}\n" EXPECT);
	refuses(SIM_E_NOT_FOUND, "missing key 'value' of assumption 'e'",
		CASE_HEAD "assumptions: [{name: e, what: w, why: w}]\n" EXPECT);
	refuses(SIM_E_RANGE, "value is not between low and high: 'e'",
		CASE_HEAD "assumptions: [{name: e, what: w, value: 5, high: 4, why: w}]\n" EXPECT);
	refuses(SIM_E_NOT_FOUND, "missing key 'why'",
		CASE_HEAD "assumptions: [{what: w, value: 5}]\n" EXPECT);
}

static void tables_are_checked(void **state)
{
	(void)state;
	refuses(SIM_E_RANGE, "rows must be names of columns", CASE_HEAD "rows: [[x]]\n" EXPECT);
	refuses(SIM_E_RANGE, "c.yaml:8: row has 1 cells, not 2",
		CASE_HEAD "rows:\n  - [x, y]\n  - [1]\n" EXPECT);
	refuses(SIM_E_DUPLICATE, "column is there: 'x'",
		CASE_HEAD "rows: [[x, x], [1, 2]]\n" EXPECT);
	refuses(SIM_E_NOT_FOUND, "unknown name 'hw'",
		CASE_HEAD "rows: [[hw], [l4]]\n"
			  "expect: [{what: w, got: hw, expected: 1, tolerance: 1}]\n");
}

static void runs_are_checked(void **state)
{
	(void)state;
	refuses(SIM_E_NOT_FOUND, "no such run before this one: 'b'",
		CASE_HEAD "runs: {a: {like: b}, b: {hw: l4}}\n" EXPECT);
	refuses(SIM_E_NOT_FOUND, "no such run: 'b'",
		CASE_HEAD "runs: {a: {hw: l4}}\n"
			  "expect: [{what: w, got: b.step_ms, expected: 1, tolerance: 1}]\n");
	refuses(SIM_E_NOT_FOUND, "no such result of a run: 'step_m' (did you mean 'step_ms'?)",
		CASE_HEAD "runs: {a: {hw: l4}}\n"
			  "expect: [{what: w, got: a.step_m, expected: 1, tolerance: 1}]\n");
	refuses(SIM_E_PARSE, "must be a map", CASE_HEAD "runs: {a: 1}\n" EXPECT);
}

static void expectations_are_checked(void **state)
{
	(void)state;
	refuses(SIM_E_NOT_FOUND, "missing key 'tolerance'",
		CASE_HEAD "expect: [{what: w, got: 1, expected: 1}]\n");
	refuses(SIM_E_RANGE, "'tolerance' out of range: '-1 %'",
		CASE_HEAD "expect: [{what: w, got: 1, expected: 1, tolerance: -1 %}]\n");
	refuses(SIM_E_PARSE, "c.yaml:6",
		CASE_HEAD "expect: [{what: w, got: 1, expected: 1, tolerance: much}]\n");
	refuses(SIM_E_NOT_FOUND, "unknown key 'tolerence'",
		CASE_HEAD "expect: [{what: w, got: 1, expected: 1, tolerence: 1 %}]\n");
	refuses(SIM_E_NOT_FOUND, "no such kind: 'about'",
		CASE_HEAD "expect: [{what: w, got: 1, expected: 1, tolerance: 1, kind: about}]\n");
	refuses(SIM_E_PARSE, "expression ends early",
		CASE_HEAD "expect: [{what: w, got: 1 +, expected: 1, tolerance: 1}]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_case_is_read),
		cmocka_unit_test(names_have_values_by_row_and_assumption),
		cmocka_unit_test(missing_cases_need_no_expectation),
		cmocka_unit_test(heads_are_checked),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(tables_are_checked),
		cmocka_unit_test(runs_are_checked),
		cmocka_unit_test(expectations_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
