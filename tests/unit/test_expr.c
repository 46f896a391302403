/* Expressions: values, precedence, short circuits, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "workloads/expr.h"

static const char *const names[] = {"a", "b", "hidden", "run.step_ms"};
static const struct expr_scope scope = {names, 4};
static const double values[] = {3, 4, 2048, 1.5};

static double value_of(const char *text)
{
	struct arena arena;
	struct expr expr;
	struct sim_diag diag = {0};
	double value = -1;
	arena_init(&arena);
	assert_int_equal(expr_compile(text, &scope, &arena, &expr, &diag), SIM_OK);
	assert_int_equal(expr_value(&expr, values, &value, &diag), SIM_OK);
	arena_fini(&arena);
	return value;
}

static enum sim_status status_of(const char *text, char *message)
{
	struct arena arena;
	struct expr expr;
	struct sim_diag diag = {0};
	double value;
	arena_init(&arena);
	enum sim_status status = expr_compile(text, &scope, &arena, &expr, &diag);
	if (status == SIM_OK)
		status = expr_value(&expr, values, &value, &diag);
	strcpy(message, diag.text);
	arena_fini(&arena);
	return status;
}

static void test_values(void **state)
{
	static const struct {
		const char *text;
		double value;
	} cases[] = {
		{"1", 1},
		{" 2 * 3 + 4 ", 10},
		{"2 + 3 * 4", 14},
		{"(2 + 3) * 4", 20},
		{"10 - 4 - 3", 3},
		{"100 / 10 / 5", 2},
		{"-a + b", 1},
		{"--a", 3},
		{"7 % 4", 3},
		{"-7 % 4", 1},
		{"1e3 + 2.5E-1", 1000.25},
		{".5", 0.5},
		{"a < b", 1},
		{"a <= 3 && b >= 4", 1},
		{"a == 3 ? 10 : 20", 10},
		{"a != 3 ? 10 : b > 3 ? 30 : 40", 30},
		{"!a", 0},
		{"a || 1 / 0", 1},
		{"0 && 1 / 0", 0},
		{"0 ? 1 / 0 : 7", 7},
		{"2 && 3", 1},
		{"0 || 5", 1},
		{"ceil(1.2)", 2},
		{"ceil(-1.2)", -1},
		{"floor(-1.2)", -2},
		{"round(2.5)", 3},
		{"min(a, b) + max(a, b)", 7},
		{"ceildiv(hidden, 512)", 4},
		{"ceildiv(hidden + 1, 512)", 5},
		{"log2ceil(9)", 4},
		{"log2ceil(1)", 0},
		{"run.step_ms * 2", 3},
		{"9007199254740992 - 1", 9007199254740991.0},
		{"1e300 * 10 > 1e300", 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(value_of(cases[i].text) == cases[i].value);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		enum sim_status status;
		const char *part;
	} cases[] = {
		{"", SIM_E_PARSE, "ends early"},
		{"1 +", SIM_E_PARSE, "ends early"},
		{"1 2", SIM_E_PARSE, "end of the expression expected at column 3"},
		{"(1", SIM_E_PARSE, "')' expected"},
		{"a ? 1", SIM_E_PARSE, "':' expected"},
		{"min(1)", SIM_E_PARSE, "',' expected"},
		{"hiden", SIM_E_NOT_FOUND, "did you mean 'hidden'?"},
		{"sin(1)", SIM_E_NOT_FOUND, "unknown function"},
		{"2x", SIM_E_PARSE, "letters behind it"},
		{"0x10", SIM_E_PARSE, "letters behind it"},
		{"1 / 0", SIM_E_RANGE, "division by zero"},
		{"a / (b - 4)", SIM_E_RANGE, "division by zero"},
		{"1e308 * 10", SIM_E_RANGE, "too large"},
		{"ceildiv(a, 0)", SIM_E_RANGE, "division by zero"},
		{"a = 3", SIM_E_PARSE, "end of the expression"},
		{"\x1b[31m", SIM_E_PARSE, "\\x1b"},
	};
	char message[SIM_DIAG_TEXT];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(status_of(cases[i].text, message), cases[i].status);
		assert_non_null(strstr(message, cases[i].part));
	}
}

static void test_bounded(void **state)
{
	char text[8192], message[SIM_DIAG_TEXT];
	(void)state;
	memset(text, '(', 200);
	text[200] = '\0';
	assert_int_equal(status_of(text, message), SIM_E_RANGE);
	memset(text, '-', 200);
	assert_int_equal(status_of(text, message), SIM_E_RANGE);
	memset(text, '1', 8000);
	text[8000] = '\0';
	assert_int_equal(status_of(text, message), SIM_E_RANGE);
	/* a deep right-leaning sum of groups stays within the stack or is refused */
	text[0] = '\0';
	for (int i = 0; i < 20; i++)
		strcat(text, "a + (");
	strcat(text, "a");
	for (int i = 0; i < 20; i++)
		strcat(text, ")");
	assert_int_equal(status_of(text, message), SIM_OK);
}

static void test_uses(void **state)
{
	struct arena arena;
	struct expr expr;
	(void)state;
	arena_init(&arena);
	assert_int_equal(expr_compile("a + hidden", &scope, &arena, &expr, NULL), SIM_OK);
	assert_true(expr_uses(&expr, 0) && !expr_uses(&expr, 1) && expr_uses(&expr, 2));
	assert_int_equal(expr_compile("2 * 21", &scope, &arena, &expr, NULL), SIM_OK);
	assert_null(expr.code);
	assert_true(expr.constant == 42);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_uses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
