/* Native logs that are good: every kind of record, and what the trace says of the capture. */
#include "tests/unit/log_fixture.h"

#include "sim/core/program.h"

static const char *kernel_name(const struct trace *trace, size_t index)
{
	return names_text(&trace->names, trace->details[index].name);
}

static void every_field_of_a_kernel_arrives(void **state)
{
	struct trace trace;
	struct log_made log = log_begin(LOG_HAS_KERNELS | LOG_HAS_CALLS);
	(void)state;
	log_tables(&log);
	log_call(&log, 1000, 20, 0, 71);
	log_call(&log, 1002, 10, 1, 71); /* the driver's call inside */
	log_kernel(&log, 1100, 50, 1, 71);
	log_end(&log);
	log_read_good(log_stored(&log), &trace);
	assert_string_equal(trace.format, "log");
	assert_int_equal(trace.kernel_count, 1);
	assert_string_equal(kernel_name(&trace, 0), "gemm");
	assert_int_equal(trace.base_ns, 1000);
	assert_int_equal(trace.measured[0].start_ns, 100);
	assert_int_equal(trace.measured[0].duration_ns, 50);
	assert_int_equal(trace.measured[0].launch_start_ns, 0);
	assert_int_equal(trace.measured[0].launch_end_ns, 20);
	assert_int_equal(trace.measured[0].correlation, 71);
	assert_int_equal(trace.measured[0].thread, 9);
	assert_int_equal(trace.measured[0].graph, 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(trace.details[0].grid[i], 4 + i);
	assert_int_equal(trace.details[0].block[0], 128);
	assert_int_equal(trace.details[0].block[1], 2);
	assert_int_equal(trace.details[0].registers, 32);
	assert_int_equal(trace.details[0].shared_bytes, 1024);
	assert_true(log_lacks(&trace, TRACE_LACK_TIMING));
	assert_true(log_lacks(&trace, TRACE_LACK_CLOCKS));
	assert_true(log_lacks(&trace, TRACE_LACK_DEVICE));
	assert_false(log_lacks(&trace, TRACE_LACK_LAUNCHES));
	assert_false(log_lacks(&trace, TRACE_LACK_RECORDS));
	assert_false(log_lacks(&trace, TRACE_LACK_TAIL));
	assert_false(log_lacks(&trace, TRACE_LACK_TRUST));
	assert_false(log_lacks(&trace, TRACE_LACK_GRAPH_LEVEL));
	trace_fini(&trace);
}

static void a_demangled_name_is_preferred(void **state)
{
	static const char odd[] = "n\xff\x01\"k";
	struct trace trace;
	struct log_made log = log_begin(LOG_HAS_KERNELS);
	(void)state;
	uint32_t mangled = log_string(&log, "_Z4gemmi"), plain = log_string(&log, "gemm(int)");
	uint32_t bytes = log_string_bytes(&log, odd, sizeof(odd) - 1);
	uint32_t cut = log_string_bytes(&log, "a\0b", 3), empty = log_string(&log, "");
	LOG_ADD(&log, SITE, log_site, {.id = 1, .name = mangled, .name_demangled = plain},
		{.id = 2, .name = bytes}, {.id = 3, .name = cut}, {.id = 4, .name = empty},
		{.id = 5});
	for (uint32_t i = 1; i <= 5; i++)
		log_kernel(&log, 1000 * i, 10, i, i);
	log_end(&log);
	log_read_good(log_stored(&log), &trace);
	assert_int_equal(trace.kernel_count, 5);
	assert_string_equal(kernel_name(&trace, 0), "gemm(int)");
	assert_string_equal(kernel_name(&trace, 1), odd);
	assert_string_equal(kernel_name(&trace, 2), "a");
	assert_string_equal(kernel_name(&trace, 3), "(no name)");
	assert_string_equal(kernel_name(&trace, 4), "(no name)");
	trace_fini(&trace);
}

static void copies_and_sets_are_named_as_elsewhere(void **state)
{
	struct trace trace;
	struct log_made log = log_begin(LOG_HAS_KERNELS);
	(void)state;
	log_tables(&log);
	log_kernel(&log, 1000, 50, 1, 1);
	LOG_ADD(&log, COPY, log_copy,
		{.start_ns = 2000,
		 .duration_ns = 10,
		 .bytes = 4096,
		 .copy_kind = 8,
		 .source_kind = 3,
		 .destination_kind = 3,
		 .context = 1,
		 .stream = 7,
		 .correlation = 2,
		 .node = 5,
		 .graph = 6},
		{.start_ns = 3000,
		 .duration_ns = 10,
		 .bytes = 512,
		 .copy_kind = 2,
		 .source_kind = 3,
		 .destination_kind = 1},
		{.start_ns = 4000, .duration_ns = 10, .copy_kind = 99, .source_kind = 9});
	LOG_ADD(&log, SET, log_set,
		{.start_ns = 5000, .duration_ns = 1, .bytes = 64, .memory_kind = 3, .stream = 7});
	log_end(&log);
	log_read_good(log_stored(&log), &trace);
	assert_int_equal(trace.kernel_count, 5);
	assert_string_equal(kernel_name(&trace, 1), "Memcpy DtoD (Device -> Device)");
	assert_string_equal(kernel_name(&trace, 2), "Memcpy DtoH (Device -> Pageable)");
	assert_string_equal(kernel_name(&trace, 3), "Memcpy Unknown (Unknown -> Unknown)");
	assert_string_equal(kernel_name(&trace, 4), "Memset (Device)");
	assert_int_equal(trace.kernels[1].act_write_bytes, 4096);
	assert_int_equal(trace.kernels[1].family, SIM_FAMILY_MEMCPY_DEVICE);
	assert_int_equal(trace.kernels[2].family, SIM_FAMILY_MEMCPY_HOST);
	assert_int_equal(trace.kernels[4].op, SIM_OP_MEMSET);
	assert_int_equal(trace.kernels[4].act_write_bytes, 64);
	assert_int_equal(trace.measured[1].node, 5);
	assert_int_equal(trace.measured[1].graph, 6);
	/* stream 7 of context 1 is not stream 7 of context 0 */
	assert_int_equal(trace.kernels[0].stream, trace.kernels[1].stream);
	assert_int_not_equal(trace.kernels[0].stream, trace.kernels[4].stream);
	trace_fini(&trace);
}

static void graph_replays_make_steps(void **state)
{
	struct trace trace;
	struct log_made log = log_begin(LOG_HAS_KERNELS | LOG_HAS_CALLS);
	(void)state;
	log_tables(&log);
	for (uint32_t i = 0; i < 3; i++) {
		log_call(&log, 1000 + 1000 * i, 30, 2, i + 1);
		log_node_kernel(&log, 1100 + 1000 * i, 50, 1, i + 1, 11);
		log_node_kernel(&log, 1200 + 1000 * i, 50, 2, i + 1, UINT64_MAX);
	}
	log_end(&log);
	log_read_good(log_stored(&log), &trace);
	assert_string_equal(trace.steps_by, "graph launch");
	assert_int_equal(trace.step_count, 3);
	assert_int_equal(trace.steps[2].traced_launch, SIM_LAUNCH_GRAPH);
	assert_int_equal(trace.measured[5].graph, 3);
	assert_true(trace.measured[5].node == UINT64_MAX);
	assert_false(log_lacks(&trace, TRACE_LACK_GRAPH_LEVEL));
	trace_fini(&trace);
}

static void ranges_make_steps_whatever_the_order_of_their_ends(void **state)
{
	struct trace trace;
	struct log_made log = log_begin(LOG_HAS_KERNELS | LOG_HAS_CALLS | LOG_HAS_RANGES);
	(void)state;
	log_tables(&log);
	uint32_t step = log_string(&log, "decode_step 0"), other = log_string(&log, "a layer");
	LOG_ADD(&log, RANGE, log_range,
		{.time_ns = 2950, .id = 8, .phase = LOG_PHASE_END}, /* before its start */
		{.time_ns = 900, .id = 7, .text = step, .phase = LOG_PHASE_START},
		{.time_ns = 950, .id = 9, .text = step, .phase = LOG_PHASE_INSTANT},
		{.time_ns = 1500, .id = 7, .phase = LOG_PHASE_END},
		{.time_ns = 1900, .id = 8, .text = step, .phase = LOG_PHASE_START},
		{.time_ns = 1950, .id = 10, .text = other, .phase = LOG_PHASE_START},
		{.time_ns = 3500, .id = 11, .text = step, .phase = LOG_PHASE_START},
		{.time_ns = 3600, .id = 12, .phase = LOG_PHASE_END},
		/* an id that is used again */
		{.time_ns = 4000, .id = 7, .text = step, .phase = LOG_PHASE_START},
		{.time_ns = 5000, .id = 7, .phase = LOG_PHASE_END});
	for (uint32_t i = 0; i < 4; i++) {
		log_call(&log, 1000 + 1100 * i, 20, 0, i + 1);
		log_kernel(&log, 1100 + 1100 * i, 50, 1 + i % 2, i + 1);
	}
	log_end(&log);
	log_read_good(log_stored(&log), &trace);
	assert_string_equal(trace.steps_by, "annotation");
	assert_int_equal(trace.step_count, 3);
	assert_int_equal(trace.steps[1].first, 1);
	assert_int_equal(trace.steps[1].count, 1);
	assert_int_equal(trace.steps[2].first, 3);
	assert_int_equal(trace.warnings, 1);
	assert_string_equal(trace.warning, "range 11: a step that does not end");
	trace_fini(&trace);
}

static void calls_wait_and_fail(void **state)
{
	struct trace trace;
	struct log_made log = log_begin(LOG_HAS_KERNELS | LOG_HAS_CALLS | LOG_HAS_SYNCS);
	(void)state;
	log_tables(&log);
	for (uint32_t i = 0; i < 4; i++) {
		log_call(&log, 1000 + 1000 * i, 20, 0, 10 + i);
		log_kernel(&log, 1100 + 1000 * i, 50, 1 + i % 2, 10 + i);
	}
	log_call(&log, 2150, 200, 3, 20); /* waits for two kernels */
	log_call(&log, 4200, 200, 3, 21); /* and for the others */
	log_call(&log, 3500, 1, 4, 22);	  /* records an event */
	log_call(&log, 5000, 10, 2, 30);  /* a graph launch that failed has no kernels */
	LOG_ADD(&log, CALL_FAILED, log_call_failed, {.correlation = 30, .result = 1, .call = 2});
	/* what the device says of waits does not count where calls were recorded */
	LOG_ADD(&log, SYNC, log_sync, {.start_ns = 3200, .duration_ns = 5, .sync_kind = 3});
	log_end(&log);
	log_read_good(log_stored(&log), &trace);
	assert_int_equal(trace.step_count, 2);
	assert_int_equal(trace.steps[0].count, 2);
	assert_int_equal(trace.steps[0].ends_in_sync, 1);
	assert_int_equal(trace.step_measured[1].host_start_ns, 1350);
	assert_false(log_lacks(&trace, TRACE_LACK_GRAPH_LEVEL));
	trace_fini(&trace);
}

static void waits_of_the_device_stand_in_for_calls(void **state)
{
	struct trace trace;
	struct log_made log = log_begin(LOG_HAS_KERNELS | LOG_HAS_SYNCS);
	(void)state;
	log_tables(&log);
	for (uint32_t i = 0; i < 8; i++)
		log_kernel(&log, 1000 + 1000 * i, 50, 1 + i % 4 / 3, 10 + i);
	LOG_ADD(&log, SYNC, log_sync, {.start_ns = 4000, .duration_ns = 500, .sync_kind = 3},
		{.start_ns = 2500, .duration_ns = 10, .sync_kind = 2});
	log_end(&log);
	log_read_good(log_stored(&log), &trace);
	assert_true(log_lacks(&trace, TRACE_LACK_LAUNCHES));
	assert_int_equal(trace.step_count, 2);
	assert_int_equal(trace.steps[1].first, 4);
	trace_fini(&trace);
}

static void one_device_is_read(void **state)
{
	struct trace trace;
	struct log_made log = log_begin(LOG_HAS_KERNELS | LOG_HAS_CALLS);
	(void)state;
	log_tables(&log);
	LOG_ADD(&log, SITE, log_site, {.id = 3, .name = 2, .device = 1, .context = 2});
	LOG_ADD(&log, DEVICE, log_device, {.device = 0, .name = 1}, {.device = 1, .name = 2});
	log_call(&log, 900, 10, 2, 1);
	log_call(&log, 950, 10, 0, 2);
	log_call(&log, 980, 10, 0, 3);
	log_node_kernel(&log, 1000, 50, 1, 1, 5);
	log_kernel(&log, 1000, 50, 3, 2);
	log_kernel(&log, 1100, 50, 3, 3);
	log_end(&log);
	log_read_good(log_stored(&log), &trace);
	assert_int_equal(trace.kernel_count, 2);
	assert_string_equal(kernel_name(&trace, 0), "norm");
	assert_string_equal(trace.device.name, "norm");
	assert_int_equal(trace.warnings, 1);
	assert_string_equal(trace.warning, "1 kernels of other devices; read: device 1, 2 kernels");
	assert_false(log_lacks(&trace, TRACE_LACK_GRAPH_LEVEL));
	assert_int_equal(trace.kernels[0].stream, 0);
	trace_fini(&trace);
}

static void a_newer_minor_version_is_read(void **state)
{
	struct longer_call {
		struct log_call call;
		uint64_t more;
	} longer = {{1000, 20, 71, 0, 0}, UINT64_MAX};
	struct trace trace;
	struct log_made log = {0};
	struct log_header header = log_plain_header(UINT32_MAX & ~LOG_IS_GRAPH_LEVEL);
	const uint64_t more[2] = {1, 2};
	(void)state;
	header.minor = 7;
	header.header_bytes = sizeof(header) + sizeof(more);
	log_seal_header(&header);
	log_append(&log, &header, sizeof(header));
	log_append(&log, more, sizeof(more));
	log_tables(&log);
	log_records(&log, 1000, more, sizeof(more), 1);
	log_raw_block(&log, 1001, 0, 77, more, sizeof(more));
	log_records(&log, LOG_CALL, &longer, sizeof(longer), 1);
	log_kernel(&log, 1100, 50, 1, 71);
	log_end(&log);
	log_read_good(log_stored(&log), &trace);
	assert_int_equal(trace.kernel_count, 1);
	assert_int_equal(trace.measured[0].launch_end_ns, 20);
	trace_fini(&trace);
}

static void a_compressed_log_is_the_same(void **state)
{
	char path[160];
	struct trace plain, packed;
	struct log_made log = log_begin(LOG_HAS_KERNELS);
	(void)state;
	log_tables(&log);
	log_kernel(&log, 1000, 50, 1, 1);
	log_end(&log);
	snprintf(path, sizeof(path), "%s", file_temporary("test.dslog.gz"));
	file_store_gz(path, log.data, log.length);
	log_read_good(path, &packed);
	log_read_good(log_stored(&log), &plain);
	assert_int_equal(packed.kernel_count, 1);
	assert_true(plain.content_hash == packed.content_hash);
	assert_true(plain.text_bytes == packed.text_bytes);
	assert_null(strstr(packed.name, ".dslog"));
	assert_string_equal(plain.name, packed.name);
	unlink(path);
	trace_fini(&plain);
	trace_fini(&packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_a_kernel_arrives),
		cmocka_unit_test(a_demangled_name_is_preferred),
		cmocka_unit_test(copies_and_sets_are_named_as_elsewhere),
		cmocka_unit_test(graph_replays_make_steps),
		cmocka_unit_test(ranges_make_steps_whatever_the_order_of_their_ends),
		cmocka_unit_test(calls_wait_and_fail),
		cmocka_unit_test(waits_of_the_device_stand_in_for_calls),
		cmocka_unit_test(one_device_is_read),
		cmocka_unit_test(a_newer_minor_version_is_read),
		cmocka_unit_test(a_compressed_log_is_the_same),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(file_temporary("test.dslog"));
	return failed;
}
