/* Reproduction: lines of cases, and a case for every published system that needs a mechanism. */
#include "tests/unit/case_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "validate/reproduce.h"

static struct reproduction all;
static struct sim_diag diag;

/* TEXT as the only case, evaluated. */
static void reproduce(const char *text)
{
	char path[] = "/tmp/decodesim-case-XXXXXX", file[64];
	assert_non_null(mkdtemp(path));
	snprintf(file, sizeof(file), "%s/c.yaml", path);
	FILE *out = fopen(file, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	const char *words[] = {file};
	diag_init(&diag);
	enum sim_status status = reproduction_read(&all, words, 1, &diag);
	if (status == SIM_OK)
		status = reproduction_run(&all, NULL, &diag);
	unlink(file);
	rmdir(path);
	if (status != SIM_OK)
		fail_msg("%s", diag.text);
}

static void assert_near(double value, double wanted)
{
	if (!(fabs(value - wanted) <= 1e-12 * fabs(wanted)))
		fail_msg("%.17g, not %.17g", value, wanted);
}

static void a_line_is_ok_up_to_its_tolerance(void **state)
{
	(void)state;
	reproduce(CASE_HEAD
		  "rows: [[got, want], [109, 100], [110, 100], [111, 100], [-111, -100]]\n"
		  "expect: [{what: w, got: got, expected: want, tolerance: 10 %,\n"
		  "          mean_tolerance: 10.2 %}]\n");
	assert_int_equal(all.line_count, 5);
	assert_int_equal(all.lines[0].status, REPRODUCE_OK);
	assert_int_equal(all.lines[1].status, REPRODUCE_OK);
	assert_int_equal(all.lines[2].status, REPRODUCE_OFF);
	assert_near(all.lines[2].deviation, 0.11);
	assert_near(all.lines[3].deviation, -0.11); /* below, where numbers are negative too */
	assert_true(all.lines[4].is_mean);
	assert_near(all.lines[4].got, 0.1025);
	assert_int_equal(all.lines[4].status, REPRODUCE_OFF);
	assert_int_equal(all.counts[REPRODUCE_OFF], 3);
	reproduction_fini(&all);
}

static void bounds_count_one_way(void **state)
{
	(void)state;
	reproduce(CASE_HEAD "expect:\n"
			    "  - {what: a, got: 1, expected: 5, tolerance: 0, kind: at_most}\n"
			    "  - {what: b, got: 6, expected: 5, tolerance: 0, kind: at_most}\n"
			    "  - {what: c, got: 6, expected: 5, tolerance: 0, kind: at_least}\n"
			    "  - {what: d, got: 4, expected: 5, tolerance: 10 %, kind: at_least}\n"
			    "  - {what: e, got: 0.1, expected: 0, tolerance: 0, within: 0.15}\n"
			    "  - {what: f, got: 0, expected: 0, tolerance: 0}\n"
			    "  - {what: g, got: 1, expected: 0, tolerance: 100 %}\n");
	const enum reproduce_status wanted[] = {REPRODUCE_OK,  REPRODUCE_OFF, REPRODUCE_OK,
						REPRODUCE_OFF, REPRODUCE_OK,  REPRODUCE_OK,
						REPRODUCE_OFF};
	for (size_t i = 0; i < 7; i++)
		if (all.lines[i].status != wanted[i])
			fail_msg("line %zu", i);
	reproduction_fini(&all);
}

static void rows_without_a_figure_are_left_out(void **state)
{
	(void)state;
	reproduce(CASE_HEAD "rows: [[x, ms], [1, 2], [2, \"-\"], [3, 6]]\n"
			    "let: {half: ms / 2}\n"
			    "expect:\n"
			    "  - {what: w, got: x, expected: half, tolerance: 0}\n"
			    "  - {what: v, got: 2 * x, expected: ms, tolerance: 0, only: x > 2}\n");
	assert_int_equal(all.line_count, 3);
	assert_string_equal(all.lines[2].what, "v");
	assert_int_equal(all.counts[REPRODUCE_OK], 3);
	reproduction_fini(&all);
}

static void ranges_move_one_assumption_at_a_time(void **state)
{
	(void)state;
	reproduce(CASE_HEAD "assumptions:\n"
			    "  - {name: a, what: a, value: 2, low: 1, high: 3, why: w}\n"
			    "  - {name: b, what: b, value: 10, low: 5, why: w}\n"
			    "expect:\n"
			    "  - {what: product, got: a * b, expected: 20, tolerance: 0}\n"
			    "  - {what: neither, got: 7, expected: 7, tolerance: 0}\n");
	assert_near(all.lines[0].low, 10);
	assert_near(all.lines[0].high, 30);
	assert_true(isnan(all.lines[1].low) && isnan(all.lines[1].high));
	reproduction_fini(&all);
}

static void equal_runs_are_evaluated_once(void **state)
{
	(void)state;
	reproduce(CASE_HEAD
		  "rows: [[ctx], [512], [512], [1024]]\n"
		  "runs:\n"
		  "  a: {model: qwen2.5-0.5b, hw: h100-sxm, context: ctx}\n"
		  "  b: {like: a, context: ctx * 1}\n"
		  "expect:\n"
		  "  - {what: same, got: a.step_ms, expected: b.step_ms, tolerance: 0}\n"
		  "  - {what: parts, got: a.attribution_host_ms + a.attribution_gap_ms + "
		  "a.attribution_fixed_ms + a.attribution_hbm_ms + a.attribution_l2_ms + "
		  "a.attribution_compute_ms + a.attribution_tail_ms + a.attribution_link_ms + "
		  "a.attribution_opaque_ms, expected: a.step_ms, tolerance: 0}\n"
		  "  - {what: fits, got: a.fits, expected: 1, tolerance: 0}\n");
	assert_int_equal(all.counts[REPRODUCE_OK], 9);
	assert_int_equal(all.runs_evaluated, 2);
	reproduction_fini(&all);
}

static void what_gives_no_number_is_off_with_a_reason(void **state)
{
	(void)state;
	reproduce(CASE_HEAD "runs:\n"
			    "  big: {model: qwen2.5-7b, hw: l4, batch: 4096, context: 8192}\n"
			    "  wrong: {model: qwen2.5-7b, hw: l4, weights.bitts: 4}\n"
			    "  none: {model: qwen2.5-8b, hw: l4}\n"
			    "expect:\n"
			    "  - {what: a, got: big.step_ms, expected: 1, tolerance: 1}\n"
			    "  - {what: b, got: big.fits, expected: 0, tolerance: 0}\n"
			    "  - {what: c, got: wrong.step_ms, expected: 1, tolerance: 1}\n"
			    "  - {what: d, got: none.step_ms, expected: 1, tolerance: 1}\n"
			    "  - {what: e, got: 1 / zero, expected: 1, tolerance: 1}\n"
			    "let: {zero: 0}\n");
	const char *const notes[] = {"big: does not fit into memory", "",
				     "unknown scenario key: 'weights.bitts'", "qwen2.5-8b",
				     "division by zero"};
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(all.lines[i].status, i == 1 ? REPRODUCE_OK : REPRODUCE_OFF);
		if (strstr(all.lines[i].note, notes[i]) == NULL)
			fail_msg("'%s' does not say '%s'", all.lines[i].note, notes[i]);
	}
	reproduction_fini(&all);
}

/* Cell words, units and SI numbers reach the scenario and the device. */
static void keys_take_what_the_row_says(void **state)
{
	(void)state;
	reproduce(CASE_HEAD
		  "rows: [[machine, bandwidth, gb], [h100-sxm, 1.675 TB/s, 1675]]\n"
		  "let: {rate: gb}\n"
		  "runs:\n"
		  "  full: {model: qwen2.5-0.5b, hw: \"roofline:h100-sxm\", context: 512}\n"
		  "  half: {like: full, hw.hbm.bandwidth: bandwidth}\n"
		  "  unit: {like: full, hw.hbm.bandwidth: rate GB/s}\n"
		  "expect:\n"
		  "  - {what: floor, got: half.floor_ms / full.floor_ms, expected: 2, tolerance: "
		  "0.001 %}\n"
		  "  - {what: alike, got: unit.floor_ms, expected: half.floor_ms, tolerance: 0}\n");
	assert_int_equal(all.counts[REPRODUCE_OK], 2);
	reproduction_fini(&all);
}

static void graphs_run_too(void **state)
{
	(void)state;
	reproduce(CASE_HEAD "runs: {a: {graph: stuffed-mamba, hw: h100-sxm, graph.batch: 4},\n"
			    "       b: {graph: stuffed-mamba, hw: h100-sxm, graph.bach: 4}}\n"
			    "expect:\n"
			    "  - {what: t, got: a.tokens, expected: 4, tolerance: 0}\n"
			    "  - {what: u, got: b.tokens, expected: 4, tolerance: 0}\n");
	assert_int_equal(all.lines[0].status, REPRODUCE_OK);
	assert_int_equal(all.lines[1].status, REPRODUCE_OFF);
	assert_non_null(strstr(all.lines[1].note, "no parameter 'bach'"));
	reproduction_fini(&all);
}

static bool has_system(const char *system)
{
	for (size_t i = 0; i < all.case_count; i++)
		if (strcmp(all.cases[i].system, system) == 0)
			return true;
	return false;
}

/* tests/data/systems.txt: id and mechanisms, one system a line. */
static void every_system_has_a_case(void **state)
{
	char line[256];
	size_t count = 0, without = 0;
	(void)state;
	diag_init(&diag);
	if (reproduction_read(&all, NULL, 0, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	FILE *list = fopen("tests/data/systems.txt", "r");
	assert_non_null(list);
	while (fgets(line, sizeof(line), list) != NULL) {
		if (line[0] == '#')
			continue;
		line[strcspn(line, " \n")] = '\0';
		count++;
		if (!has_system(line)) {
			print_error("no case of system '%s'\n", line);
			without++;
		}
	}
	fclose(list);
	assert_int_equal(count, 57);
	assert_int_equal(without, 0);
	reproduction_fini(&all);
}

static void unknown_words_are_refused(void **state)
{
	const char *words[] = {"osd", "marln"};
	(void)state;
	diag_init(&diag);
	assert_int_equal(reproduction_read(&all, words, 2, &diag), SIM_E_NOT_FOUND);
	assert_says(&diag, "no such case or system: 'marln' (did you mean 'marlin'?)");
	reproduction_fini(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_ok_up_to_its_tolerance),
		cmocka_unit_test(bounds_count_one_way),
		cmocka_unit_test(rows_without_a_figure_are_left_out),
		cmocka_unit_test(ranges_move_one_assumption_at_a_time),
		cmocka_unit_test(equal_runs_are_evaluated_once),
		cmocka_unit_test(what_gives_no_number_is_off_with_a_reason),
		cmocka_unit_test(keys_take_what_the_row_says),
		cmocka_unit_test(graphs_run_too),
		cmocka_unit_test(every_system_has_a_case),
		cmocka_unit_test(unknown_words_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
