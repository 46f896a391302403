/* Step times of a traced run beside those of a run that was traced less. */
#include "tests/unit/log_fixture.h"

/* Store as NAME under /tmp; the path lives in OUT. */
static const char *stored(struct log_made *log, const char *name, char out[160])
{
	snprintf(out, 160, "%s", file_temporary(name));
	file_store(out, log->data, log->length);
	log_free(log);
	return out;
}

/* STEPS steps of 2 ms each, by ranges, one kernel of 100 us at 50 us into each. */
static void traced_by_ranges(unsigned steps, struct trace *trace)
{
	char path[160];
	struct log_made log = log_begin(LOG_HAS_KERNELS | LOG_HAS_CALLS | LOG_HAS_RANGES);
	log_tables(&log);
	for (uint32_t i = 0; i < steps; i++) {
		uint64_t at = UINT64_C(1000000) + i * UINT64_C(2000000);
		log_range(&log, i + 1, at, at + 1900000, "decode_step");
		log_call(&log, at + 10000, 5000, 0, i + 1);
		log_kernel(&log, at + 50000, 100000, 1, i + 1);
	}
	log_end(&log);
	log_read_good(stored(&log, "traced.dslog", path), trace);
	unlink(path);
	assert_int_equal(trace->step_count, steps);
	assert_true(log_lacks(trace, TRACE_LACK_TIMING));
}

/* The same by replays of graph 3: 2 kernels, 400 us from first to last. */
static void traced_by_graph(unsigned steps, struct trace *trace)
{
	char path[160];
	struct log_made log = log_begin(LOG_HAS_KERNELS | LOG_HAS_CALLS);
	log_tables(&log);
	for (uint32_t i = 0; i < steps; i++) {
		uint64_t at = UINT64_C(1000000) + i * UINT64_C(2000000);
		log_call(&log, at, 5000, 2, i + 1);
		log_node_kernel(&log, at + 50000, 100000, 1, i + 1, 1);
		log_node_kernel(&log, at + 350000, 100000, 2, i + 1, 2);
	}
	log_end(&log);
	log_read_good(stored(&log, "traced.dslog", path), trace);
	unlink(path);
}

static void read_timing(struct log_made *log, struct trace *trace)
{
	struct sim_diag diag;
	char path[160];
	diag_init(&diag);
	log_end(log);
	stored(log, "timing.dslog", path);
	if (trace_timing_read(path, trace, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	assert_string_equal(trace->timing.source, path);
	unlink(path);
	assert_false(log_lacks(trace, TRACE_LACK_TIMING));
}

static void refuse_timing(struct log_made *log, struct trace *trace, enum sim_status status,
			  const char *part)
{
	struct sim_diag diag;
	char path[160];
	diag_init(&diag);
	log_end(log);
	stored(log, "timing.dslog", path);
	assert_int_equal(trace_timing_read(path, trace, &diag), status);
	if (strstr(diag.text, part) == NULL)
		fail_msg("'%s' without '%s'", diag.text, part);
	unlink(path);
	assert_true(log_lacks(trace, TRACE_LACK_TIMING));
	assert_string_equal(trace->timing.kind, "");
}

static void ranges_time_ranges(void **state)
{
	/* 101 steps: the first interval 90 ms (warm-up), then 1 ms with 6 of 2 ms */
	struct log_made log = log_begin(LOG_IS_TIMING | LOG_HAS_RANGES);
	struct trace trace;
	uint64_t at = 5000000;
	(void)state;
	traced_by_ranges(5, &trace);
	log_tables(&log);
	log_range(&log, 1000, 0, 5, "not a step");
	for (uint32_t i = 0; i < 101; i++) {
		log_range(&log, i + 1, at, at + 900000, "decode_step");
		log_range(&log, 500 + i, at + 10, at + 800000, "step[inner]"); /* nested */
		at += i == 0 ? 90000000 : i % 16 == 5 ? 2000000 : i == 50 ? 950000 : 1000000;
	}
	read_timing(&log, &trace);
	assert_string_equal(trace.timing.kind, "ranges");
	assert_int_equal(trace.timing.step_count, 101);
	assert_int_equal(trace.timing.step_ns, 1000000);
	assert_int_equal(trace.timing.step_low_ns, 1000000);
	assert_int_equal(trace.timing.step_high_ns, 2000000);
	assert_int_equal(trace.timing.device_ns, 0);
	assert_int_equal(trace.timing.traced_step_ns, 2000000);
	assert_int_equal(trace.timing.traced_device_ns, 100000);
	trace_fini(&trace);
}

static void graph_level_times_replays(void **state)
{
	struct log_made log = log_begin(LOG_IS_GRAPH_LEVEL);
	struct trace trace;
	(void)state;
	traced_by_graph(4, &trace);
	log_tables(&log);
	for (uint32_t i = 0; i < 20; i++) {
		uint64_t at = 1000000 * (UINT64_C(1) + i);
		/* graph 9 is replayed less often, device 1 as well; one has no time stamps */
		LOG_ADD(&log, GRAPH_LAUNCH, log_graph_launch, {at, 390000, 0, 1, 7, i, 4, 0});
		if (i % 3 == 0)
			LOG_ADD(&log, GRAPH_LAUNCH, log_graph_launch,
				{at + 500000, 9, 0, 1, 7, i, 9, 0}, {at + 7, 9, 1, 1, 7, i, 4, 0},
				{0, 0, 0, 1, 7, i, 4, 0});
	}
	read_timing(&log, &trace);
	assert_string_equal(trace.timing.kind, "graph level");
	assert_int_equal(trace.timing.step_count, 20);
	assert_int_equal(trace.timing.step_ns, 1000000);
	assert_int_equal(trace.timing.step_low_ns, 1000000);
	assert_int_equal(trace.timing.step_high_ns, 1000000);
	assert_int_equal(trace.timing.device_ns, 390000);
	assert_int_equal(trace.timing.traced_step_ns, 2000000);
	assert_int_equal(trace.timing.traced_device_ns, 400000);
	trace_fini(&trace);
}

/* Steps by ranges in both, several graphs in each: their spans count, eager kernels do not. */
static void ranges_come_before_replays(void **state)
{
	struct log_made log = log_begin(LOG_HAS_KERNELS | LOG_HAS_CALLS | LOG_HAS_RANGES);
	struct trace trace;
	char path[160];
	(void)state;
	log_tables(&log);
	for (uint32_t i = 0; i < 3; i++) {
		uint64_t at = UINT64_C(1000000) + i * UINT64_C(2000000);
		log_range(&log, i + 1, at, at + 1900000, "decode_step");
		log_call(&log, at + 100, 100, 2, 3 * i + 1);
		log_call(&log, at + 300, 100, 2, 3 * i + 2);
		log_call(&log, at + 500, 100, 0, 3 * i + 3);
		log_node_kernel(&log, at + 1000, 500, 1, 3 * i + 1, 1);
		log_node_kernel(&log, at + 2000, 500, 1, 3 * i + 2, 2);
		log_kernel(&log, at + 9000, 500, 2, 3 * i + 3);
	}
	log_end(&log);
	log_read_good(stored(&log, "traced.dslog", path), &trace);
	unlink(path);
	log = log_begin(LOG_IS_GRAPH_LEVEL | LOG_HAS_RANGES);
	log_tables(&log);
	for (uint32_t i = 0; i < 3; i++) {
		uint64_t at = UINT64_C(1000000) + i * UINT64_C(1500000);
		log_range(&log, i + 1, at, at + 1200000, "decode_step");
		LOG_ADD(&log, GRAPH_LAUNCH, log_graph_launch, {at + 1000, 400, 0, 1, 7, i, 4, 0},
			{at + 1900, 300, 0, 1, 7, i, 5, 0});
	}
	read_timing(&log, &trace);
	assert_int_equal(trace.timing.step_ns, 1500000);
	assert_int_equal(trace.timing.device_ns, 1200);
	assert_int_equal(trace.timing.traced_step_ns, 2000000);
	assert_int_equal(trace.timing.traced_device_ns, 1500);
	trace_fini(&trace);
}

static void any_trace_times_another(void **state)
{
	struct log_made log = log_begin(LOG_HAS_KERNELS | LOG_HAS_CALLS | LOG_HAS_RANGES);
	struct trace trace;
	(void)state;
	traced_by_ranges(3, &trace);
	log_tables(&log);
	for (uint32_t i = 0; i < 2; i++) {
		log_range(&log, i + 1, 1000 + i * 700, 1600 + i * 700, "decode_step");
		log_call(&log, 1010 + i * 700, 5, 0, i + 1);
		log_kernel(&log, 1050 + i * 700, 100, 1, i + 1);
	}
	read_timing(&log, &trace);
	assert_string_equal(trace.timing.kind, "kernels");
	assert_int_equal(trace.timing.step_count, 2);
	assert_int_equal(trace.timing.step_ns, 700);
	assert_int_equal(trace.timing.device_ns, 100);
	trace_fini(&trace);
}

static void runs_without_a_common_mark_are_refused(void **state)
{
	struct trace trace;
	(void)state;
	traced_by_graph(4, &trace);
	struct log_made log = log_begin(LOG_IS_TIMING | LOG_HAS_RANGES);
	log_tables(&log);
	for (uint32_t i = 0; i < 5; i++)
		log_range(&log, i + 1, 1000 * (i + 1), 1000 * (i + 1) + 900, "decode_step");
	refuse_timing(
		&log, &trace, SIM_E_UNSUPPORTED,
		"it has 5 ranges that name steps and 0 launches of one graph, the trace has 0 "
		"and 4");
	log = log_begin(LOG_IS_GRAPH_LEVEL); /* one step has no interval */
	LOG_ADD(&log, GRAPH_LAUNCH, log_graph_launch, {1000, 390, 0, 1, 7, 1, 4, 0});
	refuse_timing(&log, &trace, SIM_E_UNSUPPORTED, "at least 2 of one kind are needed in both");
	log = log_begin(LOG_IS_TIMING);
	LOG_ADD(&log, RANGE, log_range, {.id = 1, .text = 5, .phase = LOG_PHASE_START});
	refuse_timing(&log, &trace, SIM_E_RANGE, "string '5' is not there");
	log = log_begin(LOG_HAS_KERNELS);
	refuse_timing(&log, &trace, SIM_E_UNSUPPORTED, "has no kernels");
	trace_fini(&trace);
}

static void a_step_time_can_be_given(void **state)
{
	struct trace trace;
	(void)state;
	traced_by_ranges(3, &trace);
	trace_timing_given(&trace, 1234567);
	assert_string_equal(trace.timing.kind, "given");
	assert_string_equal(trace.timing.source, "given");
	assert_int_equal(trace.timing.step_ns, 1234567);
	assert_int_equal(trace.timing.step_low_ns, 1234567);
	assert_int_equal(trace.timing.step_high_ns, 1234567);
	assert_int_equal(trace.timing.traced_step_ns, 2000000);
	assert_int_equal(trace.timing.traced_device_ns, 100000);
	assert_int_equal(trace.timing.device_ns, 0);
	assert_false(log_lacks(&trace, TRACE_LACK_TIMING));
	trace_fini(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_time_ranges),
		cmocka_unit_test(graph_level_times_replays),
		cmocka_unit_test(ranges_come_before_replays),
		cmocka_unit_test(any_trace_times_another),
		cmocka_unit_test(runs_without_a_common_mark_are_refused),
		cmocka_unit_test(a_step_time_can_be_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
