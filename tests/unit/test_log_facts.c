/* What a native log says of its device, and of how the capture went. */
#include "tests/unit/log_fixture.h"

/* H100 SXM, as its driver tells it. */
static void the_device_arrives_with_its_attributes(void **state)
{
	struct trace trace;
	struct log_made log = log_begin(LOG_HAS_KERNELS);
	(void)state;
	log_tables(&log);
	uint32_t name = log_string(&log, "NVIDIA H100 80GB HBM3");
	LOG_ADD(&log, DEVICE, log_device, {.device = 1, .name = name, .memory_bytes = 1},
		{.device = 0,
		 .name = name,
		 .memory_bytes = UINT64_C(85017493504),
		 .max_sm_mhz = 1980,
		 .max_memory_mhz = 2619,
		 .driver_version = 13000});
	LOG_ADD(&log, ATTRIBUTE, log_attribute, {0, 16, 132, 0}, {0, 75, 9, 0}, {0, 76, 0, 0},
		{0, 39, 2048, 0}, {0, 82, 65536, 0}, {0, 81, 233472, 0}, {0, 38, 52428800, 0},
		{0, 36, 2619000, 0}, {0, 37, 5120, 0}, {1, 16, 7, 0}, {0, 999, -1, 0});
	log_kernel(&log, 1000, 50, 1, 1);
	log_end(&log);
	log_read_good(log_stored(&log), &trace);
	assert_string_equal(trace.device.name, "NVIDIA H100 80GB HBM3");
	assert_true(trace.device.memory_bytes == UINT64_C(85017493504));
	assert_int_equal(trace.device.sm_count, 132);
	assert_int_equal(trace.device.cc_major, 9);
	assert_int_equal(trace.device.cc_minor, 0);
	assert_int_equal(trace.device.max_threads_per_sm, 2048);
	assert_int_equal(trace.device.registers_per_sm, 65536);
	assert_int_equal(trace.device.shared_bytes_per_sm, 233472);
	assert_int_equal(trace.device.l2_bytes, 52428800);
	assert_int_equal(trace.device.driver_version, 13000);
	assert_true(trace.device.max_sm_hz == 1.98e9);
	assert_true(trace.device.max_memory_hz == 2.619e9);
	assert_true(trace.device.memory_bytes_per_s == 640 * 2.619e9 * 2);
	assert_false(log_lacks(&trace, TRACE_LACK_DEVICE));
	trace_fini(&trace);
}

static void clocks_are_those_of_the_steps(void **state)
{
	struct trace trace;
	struct log_made log = log_begin(LOG_HAS_KERNELS);
	(void)state;
	log_tables(&log);
	log_kernel(&log, 1000, 50, 1, 1);
	log_kernel(&log, 9000, 1000, 2, 2);
	LOG_ADD(&log, SAMPLE, log_sample, {999, 0, 300, 300, 1, 90, 128}, /* before */
		{1000, 0, 1900, 2600, 400000, 50, 1}, {2000, 0, 1980, 2619, 500000, 52, 4},
		{9500, 0, 1500, 2619, 600000, 51, 0}, {10000, 0, 1950, 2619, 500000, 51, 0},
		{5000, 1, 100, 100, 1, 99, 64},	   /* of another device */
		{5000, 0, 0, 2619, 1, 99, 64},	   /* NVML failed */
		{10001, 0, 300, 300, 1, 90, 128}); /* after */
	log_end(&log);
	log_read_good(log_stored(&log), &trace);
	assert_int_equal(trace.clocks.samples, 4);
	assert_true(trace.clocks.sm_hz_low == 1.5e9);
	assert_true(trace.clocks.sm_hz_median == 1.9e9);
	assert_true(trace.clocks.sm_hz_high == 1.98e9);
	assert_true(trace.clocks.memory_hz_median == 2.619e9);
	assert_true(trace.clocks.power_w_mean == 500);
	assert_true(trace.clocks.temperature_c_high == 52);
	assert_int_equal(trace.clocks.throttle_reasons, 5);
	assert_false(log_lacks(&trace, TRACE_LACK_CLOCKS));
	trace_fini(&trace);
}

static void what_was_lost_is_said(void **state)
{
	struct trace trace;
	struct log_made log = log_begin(LOG_HAS_KERNELS);
	(void)state;
	log_tables(&log);
	log_kernel(&log, 1000, 50, 1, 1);
	log_kernel(&log, 0, 0, 1, 2);
	log_node_kernel(&log, 0, 0, 1, 3, 4);
	log_kernel(&log, 2000, 0, 1, 4); /* shorter than the clock's tick is no loss */
	LOG_ADD(&log, OVERHEAD, log_overhead, {.start_ns = 1010, .duration_ns = 7},
		{.start_ns = 1500, .duration_ns = 30}, {.start_ns = 2500, .duration_ns = 100});
	LOG_ADD(&log, COUNTS, log_counts, {.dropped = 1});
	LOG_ADD(&log, COUNTS, log_counts, {.dropped = 5, .zero_times = 1});
	log_fact(&log, "tool", "decodesim 9");
	log_fact(&log, "cupti_version", "130001");
	log_end(&log);
	log_read_good(log_stored(&log), &trace);
	assert_int_equal(trace.kernel_count, 2);
	assert_int_equal(trace.capture.dropped, 5);
	assert_int_equal(trace.capture.zero_times, 2);
	assert_int_equal(trace.capture.overheads, 2);
	assert_int_equal(trace.capture.overhead_ns, 37);
	assert_string_equal(trace.capture.tool, "decodesim 9, CUPTI 13.0.1");
	assert_true(log_lacks(&trace, TRACE_LACK_RECORDS));
	assert_false(log_lacks(&trace, TRACE_LACK_TRUST));
	trace_fini(&trace);
}

static void a_second_profiler_costs_trust(void **state)
{
	const struct log_counts counts[] = {
		{.foreign_buffers = 1}, {.unreturned_buffers = 1}, {.lost = 1}, {.calls = 1}};
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct trace trace;
		struct log_made log = log_begin(LOG_HAS_KERNELS);
		log_tables(&log);
		log_kernel(&log, 1000, 50, 1, 1);
		if (i < 4)
			log_records(&log, LOG_COUNTS, &counts[i], sizeof(counts[i]), 1);
		else
			log_fact(&log, "unreliable", "torch.profiler ran");
		log_end(&log);
		log_read_good(log_stored(&log), &trace);
		assert_int_equal(log_lacks(&trace, TRACE_LACK_TRUST), i != 2 && i != 3);
		assert_int_equal(log_lacks(&trace, TRACE_LACK_RECORDS), i == 2);
		trace_fini(&trace);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_device_arrives_with_its_attributes),
		cmocka_unit_test(clocks_are_those_of_the_steps),
		cmocka_unit_test(what_was_lost_is_said),
		cmocka_unit_test(a_second_profiler_costs_trust),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(file_temporary("test.dslog"));
	return failed;
}
