/* The report of the GPU validation: names of cells, pieces, checks, what it writes. */
#include "tests/unit/trace_files.h"

#include <math.h>
#include <sys/stat.h>

#include "validate/bench/report/print.h"
#include "validate/graph_steps.h"

static struct sim_diag diag;

static void names_are_taken_apart(void **state)
{
	struct cell cell;
	(void)state;
	diag_init(&diag);
	assert_int_equal(cell_name("qwen3-30b-a3b-b16-c4096-graph", &cell, &diag), SIM_OK);
	assert_string_equal(cell.model, "qwen3-30b-a3b");
	assert_true(cell.batch == 16 && cell.context == 4096 && cell.graph);
	assert_int_equal(cell_name("a-b1-c2-eager", &cell, &diag), SIM_OK);
	assert_string_equal(cell.model, "a");
	assert_true(cell.batch == 1 && cell.context == 2 && !cell.graph);
	assert_int_equal(cell_name("x-b1-c1-eager-b2-c3-graph", &cell, &diag), SIM_OK);
	assert_string_equal(cell.model, "x-b1-c1-eager");
	static const char *const bad[] = {"",
					  "-b1-c1-graph",
					  "a",
					  "a-b1-graph",
					  "a-b0-c1-graph",
					  "a-b1-c-graph",
					  "a-b1-c1",
					  "a-b1-c1-graphs",
					  "a-b1-c1-Graph",
					  "a-b-1-c1-graph",
					  "a-b1-c999999999999-graph",
					  "a-b1c1-graph"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		diag_init(&diag);
		if (cell_name(bad[i], &cell, &diag) != SIM_E_PARSE ||
		    strstr(diag.text, "no name of a cell") == NULL)
			fail_msg("'%s' is a name: '%s'", bad[i], diag.text);
	}
}

static void lists_hold_whole_words(void **state)
{
	(void)state;
	assert_true(list_has("a,bc", "bc") && list_has("a, bc", "bc") && list_has("bc", "bc"));
	assert_false(list_has("abc,bcd", "bc"));
	assert_false(list_has("", "bc"));
	assert_true(list_has("records, tail", "tail"));
}

/* ---- pieces ----------------------------------------------------------------------------------- */

#define CELL "toy-b1-c8-graph"

static char folder[64];

static void piece(const char *file, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/cells/" CELL "/%s", folder, file);
	file_store(path, text, strlen(text));
}

static const char *const files[] = {"untraced.json", "traced.json", "graph-level.json",
				    "trace.json", "replay.json"};

static const char *const good[] = {
	"{\"launch\":\"graph\",\"kernels\":40,\"wall_ms\":{\"median\":2,\"p05\":1.9,\"p95\":3}}",
	"{\"launch\":\"graph\",\"kernels\":40,\"wall_ms\":{\"median\":2.5,\"p05\":2.4,\"p95\":4}}",
	"{\"launch\":\"graph\",\"kernels\":40,\"wall_ms\":{\"median\":2.02,\"p05\":2,\"p95\":3}}",
	"[{\"device\":\"Test \\u001b GPU\",\"lacks\":\"clocks, timing\",\"measured_span_ms\":1.8,"
	"\"device_overhead\":0.02,\"dropped\":0,\"sm_mhz\":null,\"kernels_least\":40,"
	"\"kernels_most\":40}]",
	"{\"step_ms\":2.2,\"floor_ms\":1,\"opaque_time_share\":0.25}",
};

static int make_folder(void **state)
{
	char path[128];
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/decodesim-test-report-%ld", (long)getpid());
	mkdir(folder, 0700);
	snprintf(path, sizeof(path), "%s/cells", folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/cells/" CELL, folder);
	return mkdir(path, 0700);
}

static int remove_folder(void **state)
{
	char path[256];
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "%s/cells/" CELL "/%s", folder, files[i]);
		remove(path);
	}
	snprintf(path, sizeof(path), "%s/cells/" CELL, folder);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/cells", folder);
	rmdir(path);
	return rmdir(folder);
}

static void store_good(void)
{
	for (size_t i = 0; i < 5; i++)
		piece(files[i], good[i]);
}

static enum sim_status read_cell(struct cell *cell)
{
	diag_init(&diag);
	return cell_read(folder, CELL, cell, &diag);
}

static void pieces_make_a_cell(void **state)
{
	struct cell cell;
	(void)state;
	store_good();
	if (read_cell(&cell) != SIM_OK)
		fail_msg("%s", diag.text);
	assert_string_equal(cell.device, "Test \\x1b GPU");
	assert_true(cell.untraced.median == 2 && cell.untraced.kernels == 40);
	assert_true(cell.span_ms == 1.8 && cell.device_stretch == 0.02 && cell.dropped == 0);
	assert_true(isnan(cell.sm_mhz) && cell.kernels_least == 40);
	assert_true(fabs(cell_error(&cell) - 0.1) < 1e-12);
	assert_true(fabs(cell_stretch(&cell) - 0.25) < 1e-12);
	assert_true(fabs(cell_graph_level_stretch(&cell) - 0.01) < 1e-12);
}

static void bad_pieces_are_named(void **state)
{
	static const struct {
		int file;
		enum sim_status status;
		const char *text, *says;
	} rows[] = {
		{0, SIM_E_RANGE, "{}", "untraced.json: no positive number: 'median'"},
		{0, SIM_E_RANGE, "{\"wall_ms\":{\"median\":0,\"p05\":1,\"p95\":1}}", "'median'"},
		{1, SIM_E_RANGE, "{\"wall_ms\":{\"median\":1,\"p05\":1}}", "traced.json: no pos"},
		{1, SIM_E_PARSE, "{\"wall_ms\":{\"median\":\"1\"}}", "'median'"},
		{2, SIM_E_PARSE, "nothing", "graph-level.json:1: not valid JSON"},
		{3, SIM_E_PARSE, "[]", "trace.json: not one row about one trace"},
		{3, SIM_E_PARSE, "[{},{}]", "not one row"},
		{3, SIM_E_PARSE, "[7]", "not one row"},
		{3, SIM_E_RANGE, "[{\"dropped\":0}]", "'kernels_least'"},
		{3, SIM_E_PARSE, "[{\"dropped\":\"no\"}]", "'dropped'"},
		{4, SIM_E_RANGE, "{\"step_ms\":-1}", "replay.json: no positive number: 'step_ms'"},
		{4, SIM_E_PARSE, "", "replay.json: file is empty"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cell cell;
		store_good();
		piece(files[rows[i].file], rows[i].text);
		enum sim_status status = read_cell(&cell);
		if (status != rows[i].status || strstr(diag.text, rows[i].says) == NULL)
			fail_msg("row %zu: status %d, '%s'", i, (int)status, diag.text);
	}
}

/* ---- checks ------------------------------------------------------------------------------------ */

static struct cell toy(bool graph)
{
	const struct cell_times none = {NAN, NAN, NAN, NAN};
	struct cell cell = {.name = "toy",
			    .model = "toy",
			    .batch = 1,
			    .context = 8,
			    .graph = graph,
			    .lacks = "clocks",
			    .kernels_least = 40,
			    .kernels_most = 40,
			    .predicted_ms = 2.2,
			    .floor_ms = 1,
			    .span_ms = 1.8,
			    .device_stretch = 0.03,
			    .graph_level = none};
	cell.untraced = (struct cell_times){2, 2, 2, graph ? 40 : NAN};
	cell.traced = (struct cell_times){2 * 1.15, 2, 2, NAN};
	if (graph)
		cell.graph_level = (struct cell_times){2 * 1.02, 2, 2, 40};
	return cell;
}

/* How many of the checks of CELL fail; WHICH is a part of the text of the one that is meant. */
static size_t failures(const struct cell *cell, const struct limits *limits, const char *which)
{
	struct check checks[CHECKS_MOST];
	size_t count = verdict_of(cell, limits, checks), failed = 0;
	bool met = which == NULL;
	assert_true(count <= CHECKS_MOST);
	for (size_t i = 0; i < count; i++) {
		failed += !checks[i].pass;
		met = met || (!checks[i].pass && strstr(checks[i].what, which) != NULL);
	}
	if (!met)
		fail_msg("nothing failed about '%s'", which);
	return failed;
}

/* Each limit on both sides. */
static void limits_hold_to_the_last_digit(void **state)
{
	struct limits limits = limits_default;
	struct cell cell = toy(false);
	(void)state;
	limits.bound_models = "other,toy";
	cell.traced.median = 2 * 1.1499;
	assert_int_equal(failures(&cell, &limits, NULL), 0);
	cell.traced.median = 2 * 1.1501;
	assert_int_equal(failures(&cell, &limits, "wall time stretched by tracing"), 1);
	cell = toy(true);
	cell.graph_level.median = 2 * 1.0199;
	assert_int_equal(failures(&cell, &limits, NULL), 0);
	cell.graph_level.median = 2 * 1.0201;
	assert_int_equal(failures(&cell, &limits, "--graph-level"), 1);
	cell = toy(true);
	cell.graph_level.median = 2;
	cell.device_stretch = 0.0301;
	assert_int_equal(failures(&cell, &limits, "device span"), 1);
	limits.bound_models = "other";
	assert_int_equal(failures(&cell, &limits, NULL), 0);
}

static void what_is_not_known_does_not_pass(void **state)
{
	struct limits limits = limits_default;
	struct cell cell = toy(true);
	(void)state;
	limits.bound_models = "toy";
	cell.graph_level.median = 2;
	cell.device_stretch = NAN;
	assert_int_equal(failures(&cell, &limits, "device span"), 1);
	cell.dropped = NAN;
	assert_int_equal(failures(&cell, &limits, "dropped"), 2);
}

static void counts_must_agree(void **state)
{
	struct limits limits = limits_default;
	struct cell cell = toy(true);
	(void)state;
	cell.graph_level.median = 2;
	assert_int_equal(failures(&cell, &limits, NULL), 0);
	cell.dropped = 1;
	assert_int_equal(failures(&cell, &limits, "dropped"), 1);
	cell.dropped = 0;
	cell.kernels_least = 39;
	assert_int_equal(failures(&cell, &limits, "longest step"), 1);
	cell.kernels_least = 40;
	cell.untraced.kernels = 41;
	assert_int_equal(failures(&cell, &limits, "nodes"), 1);
	cell.untraced.kernels = 40;
	snprintf(cell.lacks, sizeof(cell.lacks), "clocks, tail");
	assert_int_equal(failures(&cell, &limits, "losses"), 1);
	cell.lacks[0] = '\0';
	limits.step_error = 0.101;
	assert_int_equal(failures(&cell, &limits, NULL), 0);
	limits.step_error = 0.099;
	assert_int_equal(failures(&cell, &limits, "error of the predicted step"), 1);
	cell.predicted_ms = 1.8; /* either way */
	assert_int_equal(failures(&cell, &limits, "error of the predicted step"), 1);
}

/* ---- what it writes ---------------------------------------------------------------------------- */

static void the_text_counts_what_failed(void **state)
{
	struct limits limits = limits_default;
	struct cell cells[2] = {toy(false), toy(true)};
	char *text = NULL;
	size_t length = 0;
	(void)state;
	cells[1].graph_level.median = 2 * 1.05;
	cells[1].dropped = NAN;
	FILE *out = open_memstream(&text, &length);
	cells[0].traced.median = 2.1;
	size_t failed = print_report(out, cells, 2, &limits);
	fclose(out);
	assert_int_equal(failed, 2);
	assert_non_null(strstr(text,
			       "FAIL  toy                              wall time stretched by "
			       "--graph-level: 5 % (at most 2 %)\n"));
	assert_non_null(strstr(text, "records dropped: not known (must be 0)\n"));
	assert_non_null(strstr(text, "mean error of the predicted step: 10.0 % over 2 cells\n"));
	assert_non_null(strstr(text, "9 checks, 2 failed\n"));
	free(text);
}

static void the_steps_are_what_calibrate_reads(void **state)
{
	struct cell cells[2] = {toy(false), toy(true)};
	const char *path = file_temporary("steps.json");
	struct graph_cell_table table;
	(void)state;
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(print_steps(out, cells, 2, NULL), SIM_OK);
	assert_int_equal(fclose(out), 0);
	diag_init(&diag);
	if (graph_steps_read(path, &table, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(table.count, 1);
	assert_string_equal(table.cells[0].model, "toy");
	assert_true(table.cells[0].batch == 1 && table.cells[0].context == 8);
	assert_true(table.cells[0].graph_wall_ms == 2);
	graph_steps_fini(&table);
	remove(path);
}

static void the_json_says_null_where_nothing_is_known(void **state)
{
	struct limits limits = limits_default;
	struct cell cell = toy(false);
	const char *path = file_temporary("report.json");
	(void)state;
	cell.device_stretch = NAN;
	assert_int_equal(print_json(path, &cell, 1, &limits, NULL), SIM_OK);
	struct bytes text = file_load_raw(path);
	text.data[text.length] = '\0';
	assert_non_null(strstr(text.data, "\"device_stretch_pct\":\tnull"));
	assert_non_null(strstr(text.data, "\"launch\":\t\"eager\""));
	free(text.data);
	remove(path);
	diag_init(&diag);
	assert_int_equal(print_json("/nowhere/at/all.json", &cell, 1, &limits, &diag), SIM_E_IO);
	assert_non_null(strstr(diag.text, "/nowhere/at/all.json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_taken_apart),
		cmocka_unit_test(lists_hold_whole_words),
		cmocka_unit_test(pieces_make_a_cell),
		cmocka_unit_test(bad_pieces_are_named),
		cmocka_unit_test(limits_hold_to_the_last_digit),
		cmocka_unit_test(what_is_not_known_does_not_pass),
		cmocka_unit_test(counts_must_agree),
		cmocka_unit_test(the_text_counts_what_failed),
		cmocka_unit_test(the_steps_are_what_calibrate_reads),
		cmocka_unit_test(the_json_says_null_where_nothing_is_known),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
