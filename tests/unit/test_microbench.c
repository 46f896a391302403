/* Microbenchmark files: fields to SI, absent ones unknown, wrong ones refused by name. */
#include "tests/unit/trace_files.h"

#include <math.h>

#include "validate/microbench.h"

#define VALID "tests/data/valid/"
#define INVALID "tests/data/invalid/"

static struct microbench bench;
static struct sim_diag diag;

static enum sim_status read_file(const char *path)
{
	diag_init(&diag);
	return microbench_read(path, &bench, &diag);
}

static void assert_near(double value, double wanted)
{
	if (!(fabs(value / wanted - 1) < 1e-12))
		fail_msg("%.17g, not %.17g", value, wanted);
}

static void fields_become_si(void **state)
{
	(void)state;
	assert_int_equal(read_file(VALID "microbench.json"), SIM_OK);
	assert_string_equal(bench.gpu, "Test GPU");
	assert_true(bench.sm_count == 100);
	assert_near(bench.launch_host_s, 3e-6);
	assert_near(bench.sync_roundtrip_s, 9e-6);
	assert_near(bench.stream_null_s, 2e-6);
	/* between the smallest and the largest graph: 109 us over 109 nodes */
	assert_near(bench.graph_null_s, 1e-6);
	assert_near(bench.graph_host_node_s, 50e-9);
	assert_near(bench.graph_host_s, 2e-6);
	assert_near(bench.hbm_read_bytes_per_s, 500000 * 1024 / 640e-6);
	assert_near(bench.hbm_write_bytes_per_s, 1000 * 1024 / 4e-6);
	assert_near(bench.l2_read_bytes_per_s, 4000 * 1024 / 0.5e-6);
}

/* The best of several shapes, sizes and directions; graphs of over 1000 nodes make no slope. */
static void results_become_si(void **state)
{
	(void)state;
	assert_int_equal(read_file(VALID "microbench_full.json"), SIM_OK);
	assert_near(bench.graph_null_s, 1e-6);
	assert_near(bench.graph_host_node_s, 50e-9);
	assert_near(bench.graph_roundtrip_s, 9.25e-6);
	assert_near(bench.cooperative_host_s, 3.5e-6);
	assert_near(bench.pdl_saving_s, 0.75e-6);
	assert_near(bench.grid_sync_s, 1.25e-6);
	assert_near(bench.link_bytes_per_s, 4000 * 1024 / 80e-6);
}

static void the_first_files_have_no_results(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(read_file(i == 0 ? "validate/cases/h100/microbench.json"
						  : "validate/cases/h200/microbench.json"),
				 SIM_OK);
		assert_true(bench.launch_host_s > 0 && bench.graph_null_s > 0);
		assert_true(isnan(bench.graph_roundtrip_s) && isnan(bench.cooperative_host_s));
		assert_true(isnan(bench.pdl_saving_s) && isnan(bench.grid_sync_s));
		assert_true(isnan(bench.link_bytes_per_s));
	}
}

static void what_the_file_does_not_say_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(read_file(VALID "microbench_bare.json"), SIM_OK);
	assert_true(isnan(bench.sm_count) && isnan(bench.launch_host_s));
	assert_true(isnan(bench.sync_roundtrip_s) && isnan(bench.stream_null_s));
	assert_true(isnan(bench.graph_null_s) && isnan(bench.graph_host_s));
	assert_true(isnan(bench.graph_host_node_s) && isnan(bench.hbm_read_bytes_per_s));
	assert_true(isnan(bench.hbm_write_bytes_per_s) && isnan(bench.l2_read_bytes_per_s));
}

struct bad {
	const char *path;
	enum sim_status status;
	const char *says;
};

static const struct bad bad_files[] = {
	{INVALID "microbench_absent.json", SIM_E_IO, "No such file"},
	{INVALID "microbench_not_json.json", SIM_E_PARSE, "json:1: not valid JSON"},
	{INVALID "microbench_list.json", SIM_E_PARSE, "'gpu'"},
	{INVALID "microbench_no_gpu.json", SIM_E_PARSE, "'gpu'"},
	{INVALID "microbench_gpu_number.json", SIM_E_PARSE, "'gpu'"},
	{INVALID "microbench_text_time.json", SIM_E_PARSE, "'launch_host_us'"},
	{INVALID "microbench_negative_time.json", SIM_E_RANGE, "'launch_host_us'"},
	{INVALID "microbench_nan.json", SIM_E_PARSE, "json:2: not valid JSON"},
	{INVALID "microbench_infinite.json", SIM_E_PARSE, "'launch_host_us'"},
	{INVALID "microbench_no_sms.json", SIM_E_RANGE, "'sms'"},
	{INVALID "microbench_rates_no_list.json", SIM_E_PARSE, "'hbm_read'"},
	{INVALID "microbench_rate_zero_time.json", SIM_E_RANGE, "'hbm_read'"},
	{INVALID "microbench_rate_negative.json", SIM_E_RANGE, "'l2_read'"},
	{INVALID "microbench_rate_absurd.json", SIM_E_RANGE, "'hbm_read'"},
	{INVALID "microbench_rate_no_size.json", SIM_E_RANGE, "'hbm_write'"},
	{INVALID "microbench_graph_shrinks.json", SIM_E_RANGE, "'event_us'"},
	{INVALID "microbench_graph_text.json", SIM_E_PARSE, "'event_us'"},
	{INVALID "microbench_duplicate.json", SIM_E_DUPLICATE, "'launch_host_us'"},
	{INVALID "microbench_trailing.json", SIM_E_PARSE, "json:2: not valid JSON"},
	{INVALID "microbench_results_no_list.json", SIM_E_PARSE, "'results'"},
	{INVALID "microbench_result_number.json", SIM_E_PARSE, "'name'"},
	{INVALID "microbench_result_no_name.json", SIM_E_PARSE, "'name'"},
	{INVALID "microbench_result_name_number.json", SIM_E_PARSE, "'name'"},
	{INVALID "microbench_result_unit.json", SIM_E_UNIT, "not in us: 'pdl.saving'"},
	{INVALID "microbench_result_no_unit.json", SIM_E_UNIT, "not in us: 'pdl.saving'"},
	{INVALID "microbench_result_no_value.json", SIM_E_RANGE, "'grid.sync_store'"},
	{INVALID "microbench_result_text_value.json", SIM_E_PARSE, "'value'"},
	{INVALID "microbench_result_negative.json", SIM_E_RANGE, "'launch.cooperative'"},
	{INVALID "microbench_result_huge.json", SIM_E_RANGE, "'pdl.saving'"},
	{INVALID "microbench_link_no_size.json", SIM_E_RANGE, "'link.h2d'"},
	{INVALID "microbench_link_no_time.json", SIM_E_RANGE, "'link.d2h'"},
	{INVALID "microbench_link_absurd.json", SIM_E_RANGE, "'link.d2h'"},
	{INVALID "microbench_result_twice_key.json", SIM_E_DUPLICATE, "'value'"},
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
	}
}

/* A file that was cut anywhere is refused; where only white space is missing it is whole. */
static void truncated_files_are_refused(void **state)
{
	struct bytes whole = file_load_raw("validate/cases/h200/microbench.json");
	const char *path = file_temporary("microbench.json");
	(void)state;
	for (size_t part = 0; part < 16; part++) {
		file_store(path, whole.data, whole.length * part / 16);
		assert_int_equal(read_file(path), SIM_E_PARSE);
		assert_non_null(strstr(diag.text, path));
	}
	file_store(path, whole.data, whole.length);
	assert_int_equal(read_file(path), SIM_OK);
	assert_string_equal(bench.gpu, "NVIDIA H200");
	remove(path);
	free(whole.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_become_si),
		cmocka_unit_test(results_become_si),
		cmocka_unit_test(the_first_files_have_no_results),
		cmocka_unit_test(what_the_file_does_not_say_is_unknown),
		cmocka_unit_test(wrong_files_are_refused_by_name),
		cmocka_unit_test(truncated_files_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
