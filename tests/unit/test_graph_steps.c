/* Unprofiled step times: reading, finding the cell of a trace, the launch latency they show. */
#include "tests/unit/validate_fixture.h"

#include "validate/graph_steps.h"

#define VALID "tests/data/valid/"
#define INVALID "tests/data/invalid/"

static struct graph_cell_table table;
static struct sim_diag diag;

static enum sim_status read_file(const char *path)
{
	diag_init(&diag);
	return graph_steps_read(path, &table, &diag);
}

static const struct graph_cell *find(const char *name)
{
	struct trace trace;
	trace_init(&trace);
	snprintf(trace.name, sizeof(trace.name), "%s", name);
	return graph_steps_find(&table, &trace);
}

static void cells_are_read_and_repeated_ones_are_one(void **state)
{
	(void)state;
	assert_int_equal(read_file(VALID "steps.json"), SIM_OK);
	assert_int_equal(table.count, 2);
	const struct graph_cell *cell = find("a-b1-c512-graph");
	assert_non_null(cell);
	assert_true(fabs(cell->graph_wall_ms - 4) < 1e-12);
	assert_int_equal(cell->repeats, 3);
	cell = find("b-b16-c0-graph");
	assert_non_null(cell);
	assert_true(cell->graph_wall_ms == 2.5);
	assert_null(find("a-b1-c512-shapes"));
	assert_null(find("a-b1-c5120-graph"));
	assert_null(find("a-b1-c512-graph2"));
	assert_null(find("c-b1-c512-graph"));
	graph_steps_fini(&table);
}

struct bad {
	const char *path;
	enum sim_status status;
	const char *says;
};

static const struct bad bad_files[] = {
	{INVALID "steps_absent.json", SIM_E_IO, "No such file"},
	{INVALID "steps_not_json.json", SIM_E_PARSE, "json:1: not valid JSON"},
	{INVALID "steps_no_cells.json", SIM_E_PARSE, "'cells'"},
	{INVALID "steps_cells_no_list.json", SIM_E_PARSE, "'cells'"},
	{INVALID "steps_cell_number.json", SIM_E_PARSE, "'model'"},
	{INVALID "steps_no_model.json", SIM_E_PARSE, "'model'"},
	{INVALID "steps_model_number.json", SIM_E_PARSE, "'model'"},
	{INVALID "steps_no_batch.json", SIM_E_RANGE, "'batch'"},
	{INVALID "steps_half_batch.json", SIM_E_RANGE, "'batch'"},
	{INVALID "steps_negative_context.json", SIM_E_RANGE, "'ctx'"},
	{INVALID "steps_text_batch.json", SIM_E_PARSE, "'batch'"},
	{INVALID "steps_negative_time.json", SIM_E_RANGE, "'median'"},
	{INVALID "steps_no_median.json", SIM_E_RANGE, "'median'"},
	{INVALID "steps_nan.json", SIM_E_PARSE, "json:3: not valid JSON"},
	{INVALID "steps_duplicate.json", SIM_E_DUPLICATE, "'model'"},
};

static void wrong_files_are_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		const struct bad *bad = &bad_files[i];
		enum sim_status status = read_file(bad->path);
		if (status != bad->status || strstr(diag.text, bad->path) == NULL ||
		    strstr(diag.text, bad->says) == NULL)
			fail_msg("%s: status %d, '%s'", bad->path, (int)status, diag.text);
		assert_null(table.cells);
	}
}

static void truncated_files_are_refused(void **state)
{
	struct bytes whole = file_load_raw("validate/cases/h100/steps.json");
	const char *path = file_temporary("steps.json");
	(void)state;
	for (size_t part = 0; part < 16; part++) {
		file_store(path, whole.data, whole.length * part / 16);
		assert_int_equal(read_file(path), SIM_E_PARSE);
		assert_non_null(strstr(diag.text, path));
	}
	file_store(path, whole.data, whole.length);
	assert_int_equal(read_file(path), SIM_OK);
	assert_non_null(find("llama-3.2-1b-b1-c512-graph"));
	graph_steps_fini(&table);
	remove(path);
	free(whole.data);
}

/* Four kernels of 13 us and ten of 9 us, 0.5 us between two of them. */
static void build(struct trace traces[3])
{
	fixture_trace(&traces[0], "a-b1-c512-graph", 4);
	for (int i = 0; i < 4; i++)
		fixture_add(&traces[0], fixture_gemm(4000000), "gemm", "", 12000);
	fixture_step(&traces[0], SIM_LAUNCH_GRAPH);
	fixture_trace(&traces[1], "b-b16-c0-graph", 10);
	for (int i = 0; i < 10; i++)
		fixture_add(&traces[1], fixture_opaque(9000), "opaque", "", 9000);
	fixture_step(&traces[1], SIM_LAUNCH_GRAPH);
	fixture_trace(&traces[2], "no-cell-b1-c1-graph", 1);
	fixture_add(&traces[2], fixture_opaque(9000), "opaque", "", 9000);
	fixture_step(&traces[2], SIM_LAUNCH_GRAPH);
}

static void compare_with(const char *set, double latency_us)
{
	struct hw_device device;
	struct trace traces[3];
	const struct trace *list[] = {&traces[0], &traces[1], &traces[2]};
	struct graph_residual rows[3];
	size_t count;
	double node_s, alone_a = 4 * 13 + 3 * 0.5, alone_b = 10 * 9 + 9 * 0.5; /* us */
	double missing_a = (4000 - alone_a) / 4, missing_b = (2500 - alone_b) / 10;
	fixture_device(&device, GPU_RATES, set);
	build(traces);
	assert_int_equal(read_file(VALID "steps.json"), SIM_OK);
	assert_int_equal(graph_steps_compare(&table, list, 3, &device, rows, &count, &node_s, NULL),
			 SIM_OK);
	assert_int_equal(count, 2);
	assert_true(rows[0].nodes == 4 && rows[1].nodes == 10);
	assert_true(fabs(rows[0].traced_span_ms - 0.051) < 1e-12);
	assert_true(fabs(rows[0].predicted_ms * 1e3 - alone_a - 4 * latency_us) < 1e-5);
	assert_true(fabs(rows[1].predicted_ms * 1e3 - alone_b - 10 * latency_us) < 1e-5);
	/* each with what the other model's cell shows; both: the lower of two is their median */
	assert_true(fabs(rows[0].left_out_ms * 1e3 - alone_a - 4 * missing_b) < 1e-4);
	assert_true(fabs(rows[1].left_out_ms * 1e3 - alone_b - 10 * missing_a) < 1e-4);
	assert_true(fabs(node_s * 1e6 - missing_b) < 1e-4);
	graph_steps_fini(&table);
	for (int i = 0; i < 3; i++)
		trace_fini(&traces[i]);
	device_fini(&device);
}

/* What is already in the device is taken into account: the answer is the same. */
static void the_latency_of_a_node_is_what_is_missing(void **state)
{
	(void)state;
	compare_with(NULL, 0);
	compare_with("graph.latency_node=1 us", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_read_and_repeated_ones_are_one),
		cmocka_unit_test(wrong_files_are_refused_by_name),
		cmocka_unit_test(truncated_files_are_refused),
		cmocka_unit_test(the_latency_of_a_node_is_what_is_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
