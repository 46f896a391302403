/* Nsight Systems import of good exports: every field, old and new schemas, several devices. */
#include "tests/unit/nsys_fixture.h"

static const char *kernel_name(const struct trace *trace, size_t index)
{
	return names_text(&trace->names, trace->details[index].name);
}

static void every_field_arrives(void **state)
{
	struct trace trace;
	(void)state;
	nsys_read(nsys_made(BASE KERNEL("1100", "71", "1", "0", PID, "NULL") CALL(
			  "1000", "71", "3",
			  TID) "CREATE TABLE TARGET_INFO_GPU (id INTEGER, name TEXT, totalMemory "
			       "INTEGER,"
			       " clockRate INTEGER, smCount INTEGER, cuDevice INTEGER, "
			       "computeMajor INTEGER,"
			       " computeMinor INTEGER, maxShmemPerSm INTEGER, maxRegistersPerSm "
			       "INTEGER,"
			       " threadsPerWarp INTEGER, maxWarpsPerSm INTEGER);"
			       "INSERT INTO TARGET_INFO_GPU VALUES (0, 'other', 1, 1, 1, 3, 1, 1, "
			       "1, 1, 1, 1),"
			       " (1, 'GeForce', 10736893952, 1710000000, 68, 0, 8, 6, 102400, "
			       "65536, 32, 48);"
			       "CREATE TABLE TARGET_INFO_SESSION_START_TIME (utcEpochNs INTEGER);"
			       "INSERT INTO TARGET_INFO_SESSION_START_TIME VALUES "
			       "(1700000000000000000);"),
		  &trace);
	assert_int_equal(trace.kernel_count, 1);
	assert_string_equal(trace.format, "nsys");
	assert_string_equal(kernel_name(&trace, 0), "gemm<float>");
	assert_int_equal(trace.base_ns, INT64_C(1700000000000001000));
	assert_int_equal(trace.measured[0].start_ns, 100);
	assert_int_equal(trace.measured[0].duration_ns, 50);
	assert_int_equal(trace.measured[0].launch_start_ns, 0);
	assert_int_equal(trace.measured[0].launch_end_ns, 20);
	assert_int_equal(trace.measured[0].correlation, 71);
	assert_int_equal(trace.measured[0].thread, 9);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(trace.details[0].grid[i], 4 + i);
	assert_int_equal(trace.details[0].block[0], 128);
	assert_int_equal(trace.details[0].block[1], 2);
	assert_int_equal(trace.details[0].registers, 32);
	assert_int_equal(trace.details[0].shared_bytes, 1024);
	assert_string_equal(trace.device.name, "GeForce");
	assert_int_equal(trace.device.memory_bytes, INT64_C(10736893952));
	assert_int_equal(trace.device.sm_count, 68);
	assert_int_equal(trace.device.cc_major, 8);
	assert_int_equal(trace.device.max_threads_per_sm, 1536);
	assert_int_equal(trace.device.registers_per_sm, 65536);
	assert_int_equal(trace.device.shared_bytes_per_sm, 102400);
	assert_false(nsys_lacks(&trace, TRACE_LACK_CLOCKS));
	assert_false(nsys_lacks(&trace, TRACE_LACK_DEVICE));
	assert_false(nsys_lacks(&trace, TRACE_LACK_GEOMETRY));
	assert_false(nsys_lacks(&trace, TRACE_LACK_LAUNCHES));
	assert_true(nsys_lacks(&trace, TRACE_LACK_SHAPES));
	assert_int_equal(trace.warnings, 0);
	trace_fini(&trace);
}

static void copies_are_named_as_elsewhere(void **state)
{
	struct trace trace;
	(void)state;
	nsys_read(nsys_made(BASE KERNEL(
			  "1000", "1", "1", "0", PID,
			  "NULL") "CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start INTEGER, end "
				  "INTEGER,"
				  " deviceId INTEGER, bytes INTEGER, copyKind INTEGER, srcKind "
				  "INTEGER,"
				  " dstKind INTEGER);"
				  "INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES"
				  " (2000, 2100, 0, 4096, 8, 2, 2), (3000, 3100, 0, 512, 2, 2, 0),"
				  " (4000, 4100, 0, 8, 1, 1, 2), (5000, 5100, 0, 8, 99, NULL, -0);"
				  "CREATE TABLE CUPTI_ACTIVITY_KIND_MEMSET (start INTEGER, end "
				  "INTEGER,"
				  " deviceId INTEGER, bytes INTEGER, memKind INTEGER);"
				  "INSERT INTO CUPTI_ACTIVITY_KIND_MEMSET VALUES (6000, 6001, 0, "
				  "64, 2);"),
		  &trace);
	assert_int_equal(trace.kernel_count, 6);
	assert_string_equal(kernel_name(&trace, 1), "Memcpy DtoD (Device -> Device)");
	assert_string_equal(kernel_name(&trace, 2), "Memcpy DtoH (Device -> Pageable)");
	assert_string_equal(kernel_name(&trace, 3), "Memcpy HtoD (Pinned -> Device)");
	assert_string_equal(kernel_name(&trace, 4), "Memcpy Unknown (Unknown -> Pageable)");
	assert_string_equal(kernel_name(&trace, 5), "Memset (Device)");
	assert_int_equal(trace.kernels[1].act_write_bytes, 4096);
	assert_int_equal(trace.kernels[1].family, SIM_FAMILY_MEMCPY_DEVICE);
	assert_int_equal(trace.kernels[2].family, SIM_FAMILY_MEMCPY_HOST);
	assert_int_equal(trace.kernels[3].family, SIM_FAMILY_MEMCPY_HOST);
	assert_int_equal(trace.kernels[5].op, SIM_OP_MEMSET);
	assert_int_equal(trace.kernels[5].act_write_bytes, 64);
	trace_fini(&trace);
}

static void an_old_export_has_fewer_columns(void **state)
{
	struct trace trace;
	(void)state;
	nsys_read(nsys_made(STRINGS NAMES
			    "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL_V2 (shortName INTEGER, end"
			    " INTEGER, start INTEGER, deviceId INTEGER);"
			    "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL_V2 VALUES (2, 150, 100, 0);"),
		  &trace);
	assert_int_equal(trace.kernel_count, 1);
	assert_string_equal(kernel_name(&trace, 0), "norm");
	assert_int_equal(trace.measured[0].duration_ns, 50);
	assert_true(nsys_lacks(&trace, TRACE_LACK_LAUNCHES));
	assert_true(nsys_lacks(&trace, TRACE_LACK_GEOMETRY));
	assert_true(nsys_lacks(&trace, TRACE_LACK_DEVICE));
	assert_true(nsys_lacks(&trace, TRACE_LACK_CLOCKS));
	trace_fini(&trace);
}

static void one_device_and_process_is_read(void **state)
{
	static const char other[] = "281474976710656 + 6 * 16777216";
	char sql[8192];
	struct trace trace;
	(void)state;
	/* both processes number from 1; device 1 has the most kernels, of them process 5's most */
	snprintf(sql, sizeof(sql),
		 BASE KERNEL("1000", "1", "2", "0", "%s", "NULL")
			 KERNEL("1000", "1", "1", "1", PID, "NULL") KERNEL("1100", "2", "1", "1",
									   PID, "NULL")
				 KERNEL("1200", "3", "2", "1", "%s", "NULL")
					 CALL("900", "1", "3", TID) CALL("950", "1", "3", "%s + 4"),
		 other, other, other);
	nsys_read(nsys_made(sql), &trace);
	assert_int_equal(trace.kernel_count, 2);
	assert_string_equal(kernel_name(&trace, 0), "gemm<float>");
	assert_int_equal(trace.measured[0].thread, 9);
	assert_int_equal(trace.warnings, 2);
	assert_non_null(strstr(trace.warning, "1 kernels of other devices"));
	assert_non_null(strstr(trace.warning, "1 kernels of other processes"));
	assert_non_null(strstr(trace.warning, "device 1, 2 kernels"));
	trace_fini(&trace);
	/* as many on both: the lower id, whatever the order of rows */
	nsys_read(nsys_made(BASE KERNEL("1000", "1", "2", "4", PID, "NULL")
				    KERNEL("1000", "2", "1", "3", PID, "NULL")),
		  &trace);
	assert_string_equal(kernel_name(&trace, 0), "gemm<float>");
	trace_fini(&trace);
}

static void ranges_make_steps(void **state)
{
	struct trace trace;
	(void)state;
	nsys_read(
		nsys_made(
			BASE RANGES KERNEL("1000", "1", "1", "0", PID, "NULL") KERNEL(
				"2000", "2", "1", "0", PID,
				"NULL") KERNEL("3000", "3", "1", "0", PID,
					       "NULL") CALL("900", "1", "3", TID) CALL("1900", "2",
										       "10", TID)
				CALL("2900", "3", "3",
				     TID) "INSERT INTO NVTX_EVENTS VALUES"
					  " (800, 950, 59, 'decode_step 0', " TID ", NULL),"
					  " (1800, 1950, 60, NULL, " TID ", 8),"
					  " (2800, 2950, 59, 'aten::mm', " TID ", NULL),"
					  " (2850, NULL, 34, 'decode_step mark', " TID ", NULL),"
					  " (2860, NULL, 59, 'decode_step open', " TID ", NULL),"
					  " (2800, 2950, 59, 'decode_step of another', 77, NULL);"),
		&trace);
	assert_string_equal(trace.steps_by, "annotation");
	assert_int_equal(trace.step_count, 2);
	assert_int_equal(trace.steps[1].first, 1);
	assert_int_equal(trace.steps[1].count, 1);
	assert_int_equal(trace.warnings, 1);
	assert_string_equal(trace.warning, "NVTX_EVENTS row 5: a step that does not end");
	trace_fini(&trace);
}

/* "sizes" of a bf16 product: the type is in the kernel's name. */
#define MM "aten::mm, seq = 3, op_id = 7, sizes = [[1, 64], [64, 32]], input_op_ids = [(1,0)]"
#define TST " (20, 'nvjet_tst_64x8_64x16_2x1_v_bz_TNT'), (21, '" MM "');"

static void ranges_of_ops_give_work(void **state)
{
	struct trace trace;
	(void)state;
	nsys_read(nsys_made(BASE RANGES "INSERT INTO StringIds VALUES" TST KERNEL(
			  "1000", "1", "20", "0", PID,
			  "NULL") KERNEL("2000", "2", "20", "0", PID,
					 "NULL") KERNEL("3000", "3", "20", "0", PID, "NULL")
				    CALL("900", "1", "3", TID) CALL("1900", "2", "3", TID) CALL(
					    "2900", "3", "3",
					    TID) "INSERT INTO NVTX_EVENTS VALUES"
						 " (850, 990, 59, 'aten::linear, sizes = [[1, 1, "
						 "64], [32, 64], []]', " TID ", NULL),"
						 " (890, 950, 59, NULL, " TID ", 21),"
						 " (895, 949, 59, 'my own range', " TID ", NULL),"
						 " (1800, 1990, 34, '" MM "', " TID
						 ", NULL)," /* a mark */
						 " (1800, 1990, 59, '" MM "', " TID
						 " + 1, NULL)," /* another thread */
						 " (1800, 1990, 59, '" MM
						 "', 77, NULL)," /* another process */
						 " (2800, NULL, 59, '" MM "', " TID
						 ", NULL);"), /* does not end */
		  &trace);
	assert_string_equal(names_text(&trace.names, trace.details[0].op_name), "aten::mm");
	assert_int_equal(trace.kernels[0].weight_bytes, 64 * 32 * 2);
	assert_int_equal(trace.kernels[0].dtype, SIM_DTYPE_BF16);
	assert_int_equal(trace.kernels[0].flags & SIM_KERNEL_OPAQUE, 0);
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(trace.details[i].op_name, 0);
		assert_true(trace.kernels[i].flags & SIM_KERNEL_OPAQUE);
	}
	assert_true(nsys_lacks(&trace, TRACE_LACK_SOME_WORK));
	assert_int_equal(trace.warnings, 1);
	assert_string_equal(trace.warning,
			    "NVTX range of op 'aten::mm' does not end, or before its start");
	trace_fini(&trace);
}

/* Captured at 100, cloned at 500, replayed twice; node 12 is a clone of what nobody recorded. */
static void a_node_leads_to_the_range_it_was_captured_in(void **state)
{
	struct trace trace;
	(void)state;
	nsys_read(nsys_made(BASE RANGES NODES
			    "INSERT INTO StringIds VALUES" TST
			    "INSERT INTO NVTX_EVENTS VALUES (90, 110, 59, NULL, " TID
			    ", 21);" NODE("100", "1", "NULL") NODE("500", "11", "1") NODE(
				    "500", "12", "404") KERNEL("1000", "1", "20", "0", PID, "11")
				    KERNEL("1100", "1", "20", "0", PID, "12")
					    KERNEL("2000", "2", "20", "0", PID, "11")
						    KERNEL("2100", "2", "20", "0", PID, "12")
							    CALL("900", "1", "4", TID)
								    CALL("1900", "2", "4", TID)),
		  &trace);
	for (size_t i = 0; i < 4; i += 2) {
		assert_int_equal(trace.measured[i].node, 11);
		assert_int_equal(trace.measured[i].graph, 1);
		assert_int_equal(trace.details[i].op_part, 0);
		assert_int_equal(trace.kernels[i].weight_bytes, 64 * 32 * 2);
		assert_true(trace.kernels[i + 1].flags & SIM_KERNEL_OPAQUE);
	}
	trace_fini(&trace);
}

static void graph_nodes_make_steps(void **state)
{
	struct trace trace;
	(void)state;
	nsys_read(nsys_made(BASE KERNEL("1000", "1", "1", "0", PID, "11") KERNEL(
			  "1100", "1", "2", "0", PID, "12") KERNEL("2000", "2", "1", "0", PID, "11")
				    KERNEL("2100", "2", "2", "0", PID, "12")
					    CALL("900", "1", "4", TID) CALL("1900", "2", "4", TID)),
		  &trace);
	assert_string_equal(trace.steps_by, "graph launch");
	assert_int_equal(trace.step_count, 2);
	assert_int_equal(trace.steps[0].traced_launch, SIM_LAUNCH_GRAPH);
	assert_false(nsys_lacks(&trace, TRACE_LACK_GRAPH_LEVEL));
	trace_fini(&trace);
}

static void whole_graphs_are_said_to_lack_kernels(void **state)
{
	struct trace trace;
	(void)state;
	nsys_read(nsys_made(BASE GRAPHS KERNEL(
			  "1000", "1", "1", "0", PID,
			  "NULL") "INSERT INTO CUPTI_ACTIVITY_KIND_GRAPH_TRACE VALUES"
				  " (2000, 3000, 0, 7, 2, " PID ", 1), (4000, 5000, 0, 7, 3, " PID
				  ", 1);"),
		  &trace);
	assert_true(nsys_lacks(&trace, TRACE_LACK_GRAPH_LEVEL));
	assert_int_equal(trace.warnings, 2);
	assert_non_null(strstr(trace.warning, "--cuda-graph-trace=node"));
	trace_fini(&trace);
	assert_trace_refused(
		nsys_made(BASE GRAPHS "INSERT INTO CUPTI_ACTIVITY_KIND_GRAPH_TRACE VALUES"
				      " (2000, 3000, 0, 7, 2, 1, 1);"),
		SIM_E_UNSUPPORTED, "only 1 graph launches as a whole; capture again with");
}

/* Waits of the device stand in where no calls were recorded; a stream's wait is not the host's. */
static void a_name_that_is_missing_is_said(void **state)
{
	struct trace trace;
	(void)state;
	nsys_read(nsys_made(BASE KERNEL("1000", "1", "404", "0", PID, "NULL") KERNEL(
			  "1100", "2", "NULL", "0", PID,
			  "NULL") "CREATE TABLE CUPTI_ACTIVITY_KIND_SYNCHRONIZATION (start "
				  "INTEGER, end"
				  " INTEGER, deviceId INTEGER, syncType INTEGER);"
				  "INSERT INTO CUPTI_ACTIVITY_KIND_SYNCHRONIZATION VALUES"
				  " (1200, 1300, 0, 3), (1300, 1200, 0, 2), (1300, 1200, 1, 3),"
				  " (1300, 1200, 0, 4);"),
		  &trace);
	assert_int_equal(trace.kernel_count, 2);
	assert_string_equal(kernel_name(&trace, 0), "(no name in StringIds)");
	assert_int_equal(trace.warnings, 3);
	assert_string_equal(trace.warning,
			    "CUPTI_ACTIVITY_KIND_KERNEL row 1: its name is not in StringIds");
	trace_fini(&trace);
}

/* Counted in the sample by SQL: device 0 has 1721 kernels, 452 copies and 11 memsets; 1046 of them
 * have their launch in the window. */
static void the_real_export_imports_whole(void **state)
{
	static const char path[] = "../shared/trace-samples/nsys/nsys-ai_h100_2gpu_1s.sqlite";
	struct trace trace;
	size_t launched = 0;
	(void)state;
	if (access(path, R_OK) != 0) {
		print_message("no %s here: skipped\n", path);
		skip();
	}
	nsys_read(path, &trace);
	assert_int_equal(trace.kernel_count, 1721 + 452 + 11);
	assert_string_equal(trace.name, "nsys-ai_h100_2gpu_1s");
	assert_int_equal(trace.warnings, 1721);
	for (size_t i = 0; i < trace.kernel_count; i++)
		launched += trace.measured[i].launch_start_ns != INT64_MIN;
	assert_int_equal(launched, 1046);
	trace_fini(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_arrives),
		cmocka_unit_test(copies_are_named_as_elsewhere),
		cmocka_unit_test(an_old_export_has_fewer_columns),
		cmocka_unit_test(one_device_and_process_is_read),
		cmocka_unit_test(ranges_make_steps),
		cmocka_unit_test(ranges_of_ops_give_work),
		cmocka_unit_test(a_node_leads_to_the_range_it_was_captured_in),
		cmocka_unit_test(graph_nodes_make_steps),
		cmocka_unit_test(whole_graphs_are_said_to_lack_kernels),
		cmocka_unit_test(a_name_that_is_missing_is_said),
		cmocka_unit_test(the_real_export_imports_whole),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(file_temporary("nsys.sqlite"));
	return failed;
}
