/* Store: runs with their devices and kernels, validations, and the views over them. */
#include "tests/unit/store_fixture.h"

static void a_run_is_stored_with_its_device_and_kernels(void **state)
{
	struct fixture_place *place = *state;
	const char *db = place->db;
	struct trace trace;
	fixture_trace(&trace, "llama", 7, 3, 20, 10);
	struct store *store = fixture_open(db, STORE_WRITE);
	int64_t absent = fixture_write_run(store, &trace, false); /* its trace is not stored yet */
	fixture_write_trace(store, &trace, true);
	int64_t id = fixture_write_run(store, &trace, true);
	assert_int_equal(absent, 1);
	assert_int_equal(id, 2);
	store_close(store);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM device"), 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM device_value"), 2);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM device_fit"), 2);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM device_value WHERE key ="
					 " 'hbm.bandwidth' AND value = 3.35e12 AND unit = 'B/s'"
					 " AND low IS NULL AND origin = 'file'"),
			 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM device_residual WHERE family ="
					 " 'gemm' AND kernels = 3000 AND p95 = 0.05"),
			 1);
	assert_int_equal(fixture_ask(db, "SELECT trace_id IS NULL FROM run WHERE id = 1"), 1);
	assert_int_equal(fixture_ask(db,
				     "SELECT count(*) FROM run WHERE id = 2 AND trace_id = 1 AND"
				     " digest = '8000000000000001' AND launch = 'graph' AND"
				     " error_band_low = -0.03 AND error_band_high IS NULL AND"
				     " version = '1.2.3' AND host_speed = 1.5"),
			 1);
	assert_int_equal(fixture_ask(db, "SELECT sum(ps) FROM run_part WHERE run_id = 2"),
			 2000000000);
	assert_int_equal(fixture_ask(db, "SELECT group_count FROM run WHERE id = 2"), 10);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM run_group WHERE run_id = 2"), 10);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM run_kernel WHERE run_id = 2"), 60);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM run_kernel WHERE run_id = 1"), 0);
	/* kind 3 runs as kernels 3, 13, ... 53 */
	assert_int_equal(fixture_ask(db, "SELECT predicted_ps FROM run_group WHERE run_id = 2 AND"
					 " grp = 3"),
			 6 * 1000000 + 3 + 13 + 23 + 33 + 43 + 53);
	assert_int_equal(fixture_ask(db, "SELECT predicted_max_ps - predicted_min_ps FROM run_group"
					 " WHERE run_id = 2 AND grp = 3"),
			 50);
	int64_t measured = 0;
	for (size_t i = 0; i < trace.kernel_count; i++)
		measured += trace.measured[i].duration_ns;
	assert_int_equal(fixture_ask(db, "SELECT sum(measured_ns) FROM run_group WHERE run_id = 2"),
			 measured);
	assert_int_equal(fixture_ask(db, "SELECT sum(measured_ns) FROM run_kernel"), measured);
	trace_fini(&trace);
}

static void views_join_what_was_written(void **state)
{
	struct fixture_place *place = *state;
	const char *db = place->db;
	struct trace trace;
	fixture_trace(&trace, "llama", 7, 3, 20, 10);
	struct store *store = fixture_open(db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	fixture_write_run(store, &trace, true);
	store_close(store);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM kernels WHERE trace = 'llama'"), 60);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM kernels WHERE step = seq / 20"), 60);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM kernels WHERE seq = 13 AND op ="
					 " 'attention' AND grid = '4,5,6' AND m = 1 AND NOT opaque"
					 " AND op_name = 'aten::mm' AND shape LIKE '[[1,4],%'"),
			 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM traces WHERE steps = 3 AND lacks ="
					 " 'clocks, some work'"),
			 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM runs WHERE abs(floor_fraction -"
					 " 0.25) < 1e-12 AND hbm_ms = 1.5 AND step_ms = 2.0"),
			 1);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM run_kernels"), 60);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM kernel_prediction_vs_measurement"),
			 10);
	assert_int_equal(fixture_ask(db, "SELECT round(1000 * sum(share)) FROM"
					 " kernel_prediction_vs_measurement WHERE run = 1"),
			 1000);
	assert_int_equal(fixture_ask(db, "SELECT count(*) FROM prediction_vs_measurement WHERE"
					 " predicted_span_ms = 1.9 AND measured_span_ms > 0 AND"
					 " measured_on LIKE 'NVIDIA H100%'"),
			 1);
	trace_fini(&trace);
}

static void busy_time_is_the_union_of_intervals(void **state)
{
	struct fixture_place *place = *state;
	static const int64_t spans[][2] = {{-10, 10}, {-5, 3},	{5, 15},
					   {15, 16},  {40, 60}, {45, 50}};
	struct trace trace;
	fixture_trace(&trace, "llama", 7, 1, 6, 2);
	for (size_t i = 0; i < 6; i++) {
		trace.measured[i].start_ns = spans[i][0];
		trace.measured[i].duration_ns = spans[i][1] - spans[i][0];
	}
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT busy_ns FROM trace_step"), 26 + 20);
	trace_fini(&trace);
}

static void validations_are_stored_all_or_none(void **state)
{
	struct fixture_place *place = *state;
	struct fixture_device device;
	struct sim_diag diag;
	struct store_validation rows[2] = {
		{"llama", 5, fixture_device(&device), "as-is", true, 2.5, 2.6, 0.04, 0.05, 0.99,
		 8.25, 8.75, 8.5, "1"},
		{"mixtral", UINT64_MAX, &device.device, "leave-one-out", false, 1, 1, 0.0 / 0.0, 0,
		 1, 0.0 / 0.0, 0.0 / 0.0, 7, NULL},
	};
	struct store *store = fixture_open(place->db, STORE_WRITE);
	diag_init(&diag);
	assert_int_equal(store_write_validations(store, rows, 2, &diag), SIM_OK);
	rows[1].method = NULL; /* not allowed to be NULL: the first row goes as well */
	assert_int_equal(store_write_validations(store, rows, 2, &diag), SIM_E_DB);
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM validation"), 2);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM validation WHERE trace_hash ="
						" 'ffffffffffffffff' AND step_error IS NULL"),
			 1);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM validation_summary WHERE"
						" step_error_pct = 4.0 AND in_fit AND hw ="
						" 'h100-sxm'"),
			 1);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM validation_summary WHERE"
						" unprofiled_step_ms = 8.25 AND traced_step_ms ="
						" 8.75 AND predicted_step_ms = 8.5"),
			 1);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM validation_summary WHERE"
						" unprofiled_step_ms IS NULL AND traced_step_ms IS"
						" NULL AND predicted_step_ms = 7"),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_run_is_stored_with_its_device_and_kernels),
		STORE_TEST(views_join_what_was_written),
		STORE_TEST(busy_time_is_the_union_of_intervals),
		STORE_TEST(validations_are_stored_all_or_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
