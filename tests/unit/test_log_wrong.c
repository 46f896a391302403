/* Native logs whose checksums are good and whose contents are wrong. */
#include "tests/unit/log_fixture.h"

static void refuse(struct log_made *log, enum sim_status status, const char *part)
{
	assert_trace_refused(log_stored(log), status, part);
}

/* A log with tables and one good kernel, then a block of RECORDS. */
#define WITH(kind, type, ...)                                                                      \
	struct log_made log = log_begin(LOG_HAS_KERNELS);                                          \
	log_tables(&log);                                                                          \
	log_kernel(&log, 1000, 50, 1, 1);                                                          \
	LOG_ADD(&log, kind, type, __VA_ARGS__);                                                    \
	log_end(&log)

#define REFUSED(status, part, kind, type, ...)                                                     \
	do {                                                                                       \
		WITH(kind, type, __VA_ARGS__);                                                     \
		refuse(&log, status, part);                                                        \
	} while (0)

static void numbers_that_name_nothing_are_refused(void **state)
{
	(void)state;
	REFUSED(SIM_E_RANGE, "record 17: site '3' is not there; the last one is 2", KERNEL,
		log_kernel, {2000, 1, 3, 7, 2, 0});
	REFUSED(SIM_E_RANGE, "site '0' is not there", KERNEL, log_kernel, {2000, 1, 0, 7, 2, 0});
	REFUSED(SIM_E_RANGE, "site '4294967295' is not there", GRAPH_KERNEL, log_graph_kernel,
		{2000, 1, UINT32_MAX, 7, 2, 3, 4});
	REFUSED(SIM_E_RANGE, "string '8' is not there; the last one is 7", SITE, log_site,
		{.id = 3, .name = 8});
	REFUSED(SIM_E_RANGE, "string '4294967295' is not there", SITE, log_site,
		{.id = 3, .name = 1, .name_demangled = UINT32_MAX});
	REFUSED(SIM_E_PARSE, "site id '2' follows 2", SITE, log_site, {.id = 2, .name = 1});
	REFUSED(SIM_E_PARSE, "site id '4294967295' follows 2", SITE, log_site,
		{.id = UINT32_MAX, .name = 1});
	REFUSED(SIM_E_RANGE, "call name '5' is not there", CALL, log_call, {1, 1, 1, 0, 5});
	REFUSED(SIM_E_RANGE, "thread '1' is not there", CALL, log_call, {1, 1, 1, 1, 0});
	REFUSED(SIM_E_RANGE, "string '9' is not there", CALL_NAME, log_call_name,
		{.call = 65535, .name = 9});
	REFUSED(SIM_E_RANGE, "thread '65535' is not there", RANGE, log_range,
		{.id = 1, .text = 1, .thread = 65535, .phase = LOG_PHASE_START});
	REFUSED(SIM_E_RANGE, "string '88' is not there", RANGE, log_range,
		{.id = 1, .text = 88, .phase = LOG_PHASE_START});
	REFUSED(SIM_E_RANGE, "thread '7' is not there", GRAPH_NODE, log_graph_node,
		{.node = 1, .thread = 7});
	REFUSED(SIM_E_RANGE, "string '1000' is not there", DEVICE, log_device, {.name = 1000});
	/* holes of a sparse table name nothing either */
	{
		WITH(THREAD, log_thread, {.thread = 65535, .system_id = 1});
		log_call(&log, 1, 1, 0, 9);
		LOG_ADD(&log, CALL, log_call, {1, 1, 1, 65534, 0});
		refuse(&log, SIM_E_RANGE, "thread '65534' is not there");
	}
}

static void times_that_cannot_be_are_refused(void **state)
{
	const uint64_t hour = UINT64_C(3600) * 1000 * 1000 * 1000;
	(void)state;
	REFUSED(SIM_E_RANGE, "longer than an hour", KERNEL, log_kernel, {1, hour + 1, 1, 7, 2, 0});
	REFUSED(SIM_E_RANGE, "an impossible time: '18446744073709551615 ns'", KERNEL, log_kernel,
		{UINT64_MAX, 1, 1, 7, 2, 0});
	REFUSED(SIM_E_RANGE, "an impossible time", GRAPH_KERNEL, log_graph_kernel,
		{INT64_MAX, 1, 1, 7, 2, 3, 4});
	REFUSED(SIM_E_RANGE, "longer than an hour", CALL, log_call, {1, UINT64_MAX, 2, 0, 0});
	REFUSED(SIM_E_RANGE, "longer than an hour", SYNC, log_sync,
		{.start_ns = 5, .duration_ns = UINT64_MAX, .sync_kind = 3});
	REFUSED(SIM_E_RANGE, "an impossible time", RANGE, log_range,
		{.time_ns = UINT64_MAX, .id = 5, .phase = LOG_PHASE_END});
	REFUSED(SIM_E_RANGE, "an impossible time", COPY, log_copy, {.start_ns = UINT64_MAX});
	REFUSED(SIM_E_RANGE, "'18446744073709551615' bytes", COPY, log_copy,
		{.start_ns = 5, .bytes = UINT64_MAX});
	REFUSED(SIM_E_RANGE, "'9223372036854775808' bytes", SET, log_set,
		{.start_ns = 5, .bytes = UINT64_C(1) << 63});
	REFUSED(SIM_E_RANGE, "more than 30 days after", KERNEL, log_kernel,
		{hour * 24 * 31, 1, 1, 7, 2, 0});
}

/* What is kept for later and judged at the end may hold anything. */
static void odd_facts_are_no_reason_to_refuse(void **state)
{
	struct trace trace;
	WITH(OVERHEAD, log_overhead, {.start_ns = UINT64_MAX, .duration_ns = UINT64_MAX});
	(void)state;
	LOG_ADD(&log, SAMPLE, log_sample,
		{UINT64_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, 0});
	LOG_ADD(&log, FACT, log_fact, {UINT32_MAX, 1}, {1, UINT32_MAX}, {0, 0});
	LOG_ADD(&log, ATTRIBUTE, log_attribute, {UINT32_MAX, UINT32_MAX, INT32_MIN, 0});
	LOG_ADD(&log, COUNTS, log_counts, {.dropped = UINT64_MAX, .lost = UINT64_MAX});
	LOG_ADD(&log, DEVICE, log_device, {.max_sm_mhz = UINT32_MAX, .memory_bytes = UINT64_MAX});
	LOG_ADD(&log, END, log_end, {.reason = 99});
	LOG_ADD(&log, GRAPH_NODE, log_graph_node, {1, 1, 2, 0, 0, 0}, {2, 2, 1, 0, 0, 0},
		{3, 3, 3, 0, 0, 0}); /* clones in a circle */
	LOG_ADD(&log, RANGE, log_range, {10, 5, 1, 0, 0, 1, 0}, {20, 5, 1, 0, 0, 1, 0},
		{30, 5, 0, 0, 0, 2, 0}, {40, 5, 0, 0, 0, 2, 0}); /* one id twice at once */
	log_read_good(log_stored(&log), &trace);
	assert_int_equal(trace.kernel_count, 1);
	assert_true(trace.capture.dropped == UINT64_MAX);
	trace_fini(&trace);
}

static void strings_out_of_order_or_bounds_are_refused(void **state)
{
	char payload[64];
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		static const char *const parts[] = {
			"string id '2' follows 0", "the block ends before its '2' strings",
			"a string of '4294967295' bytes", "a string of '32769' bytes"};
		struct log_made log = log_begin(LOG_HAS_KERNELS);
		size_t bytes = log_put_string(payload, i == 0 ? 2 : 1, "text", 4);
		if (i == 2)
			memset(payload + 4, 0xff, 4);
		if (i == 3)
			memcpy(payload + 4, &(uint32_t){LOG_LONGEST_STRING + 1}, 4);
		log_raw_block(&log, LOG_STRING, 0, i == 1 ? 2 : 1, payload, bytes);
		refuse(&log, i == 0 || i == 1 ? SIM_E_PARSE : SIM_E_RANGE, parts[i]);
	}
}

static void blocks_of_wrong_sizes_are_refused(void **state)
{
	const char zeros[256] = {0};
	static const struct {
		unsigned kind;
		size_t record_bytes, count, payload;
		const char *part;
	} bad[] = {
		{LOG_KERNEL, 24, 1, 24,
		 "records of kind '3' have '24' bytes: not a multiple of 8 of "
		 "at least 32"},
		{LOG_KERNEL, 36, 2, 72, "have '36' bytes"},
		{LOG_KERNEL, 0, 1, 32, "kind '3' must have records of a size"},
		{LOG_KERNEL, 32, 3, 64, "'3' records of 32 bytes are not its 64 bytes"},
		{LOG_KERNEL, 32, UINT32_MAX, 64, "'4294967295' records of 32 bytes"},
		{LOG_STRING, 8, 1, 8, "records of 8 bytes are not"},
		{LOG_END, 16, 1, 24, "are not its 24 bytes"},
		{999, 8, 1, 12, "has '12' bytes: not a multiple of 8"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct log_made log = log_begin(LOG_HAS_KERNELS);
		log_raw_block(&log, bad[i].kind, bad[i].record_bytes, bad[i].count, zeros,
			      bad[i].payload);
		refuse(&log, SIM_E_RANGE, bad[i].part);
	}
	struct log_made log = log_begin(LOG_HAS_KERNELS);
	char *large = calloc(1, LOG_MOST_PAYLOAD + 8);
	log_raw_block(&log, 999, 8, LOG_MOST_PAYLOAD / 8 + 1, large, LOG_MOST_PAYLOAD + 8);
	free(large);
	refuse(&log, SIM_E_RANGE, "'1048584' bytes: not a multiple of 8 up to 1048576");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_that_name_nothing_are_refused),
		cmocka_unit_test(times_that_cannot_be_are_refused),
		cmocka_unit_test(odd_facts_are_no_reason_to_refuse),
		cmocka_unit_test(strings_out_of_order_or_bounds_are_refused),
		cmocka_unit_test(blocks_of_wrong_sizes_are_refused),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(file_temporary("test.dslog"));
	return failed;
}
