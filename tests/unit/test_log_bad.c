/* Native logs that are cut or damaged: recovered or refused, never more. */
#include "tests/unit/log_fixture.h"

/* A log with something of everything. */
static struct log_made whole_log(void)
{
	struct log_made log =
		log_begin(LOG_HAS_KERNELS | LOG_HAS_CALLS | LOG_HAS_RANGES | LOG_HAS_SYNCS);
	log_tables(&log);
	log_fact(&log, "tool", "test");
	LOG_ADD(&log, DEVICE, log_device, {.name = 1, .memory_bytes = 1 << 30});
	LOG_ADD(&log, ATTRIBUTE, log_attribute, {0, 16, 132, 0});
	LOG_ADD(&log, CONTEXT, log_context, {1, 0, 7, 0});
	log_range(&log, 1, 900, 1950, "decode_step 0");
	LOG_ADD(&log, GRAPH_NODE, log_graph_node, {.time_ns = 5, .node = 11});
	LOG_ADD(&log, CALL, log_call, {1000, 20, 1, 0, 0}, {2000, 20, 2, 0, 2},
		{3000, 50, 3, 0, 3});
	LOG_ADD(&log, KERNEL, log_kernel, {1100, 50, 1, 7, 1, 0});
	LOG_ADD(&log, GRAPH_KERNEL, log_graph_kernel, {2100, 50, 1, 7, 2, 3, 11},
		{2200, 50, 2, 7, 2, 3, 12});
	LOG_ADD(&log, COPY, log_copy, {.start_ns = 2300, .duration_ns = 5, .copy_kind = 2});
	LOG_ADD(&log, SET, log_set, {.start_ns = 2400, .duration_ns = 5});
	LOG_ADD(&log, SYNC, log_sync, {.start_ns = 3000, .duration_ns = 9, .sync_kind = 3});
	LOG_ADD(&log, OVERHEAD, log_overhead, {.start_ns = 1010, .duration_ns = 7});
	LOG_ADD(&log, GRAPH_LAUNCH, log_graph_launch, {.start_ns = 1, .duration_ns = 1});
	LOG_ADD(&log, CLOCK, log_clock, {.trace_ns = 1});
	LOG_ADD(&log, SAMPLE, log_sample, {1100, 0, 1980, 2619, 1, 1, 1});
	LOG_ADD(&log, CALL_FAILED, log_call_failed, {.correlation = 99});
	LOG_ADD(&log, COUNTS, log_counts, {.kernels = 3});
	log_end(&log);
	return log;
}

/* Read PATH; the message of a failure is in DIAG and names the file. */
static enum sim_status try_read(const char *path, struct trace *trace, struct sim_diag *diag)
{
	diag_init(diag);
	enum sim_status status = trace_read(path, trace, diag);
	if (status != SIM_OK) {
		assert_non_null(strstr(diag->text, path));
		assert_null(trace->kernels);
	}
	return status;
}

static void a_log_cut_anywhere_keeps_what_was_whole(void **state)
{
	struct log_made log = whole_log();
	const char *path = file_temporary("test.dslog");
	size_t most = 0, read = 0;
	(void)state;
	for (size_t length = 1; length < log.length; length++) {
		struct trace trace;
		struct sim_diag diag;
		file_store(path, log.data, length);
		if (try_read(path, &trace, &diag) != SIM_OK) {
			assert_int_equal(most, 0); /* before the first kernel only */
			continue;
		}
		assert_true(trace.kernel_count >= most);
		assert_true(log_lacks(&trace, TRACE_LACK_TAIL));
		most = trace.kernel_count;
		read++;
		trace_fini(&trace);
	}
	assert_int_equal(most, 5);
	assert_true(read > 500);
	log_free(&log);
}

static void a_tail_of_zeros_or_noise_is_dropped(void **state)
{
	struct log_made log = whole_log();
	const char *path = file_temporary("test.dslog");
	size_t whole = log.length;
	char tail[4096];
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct trace trace;
		struct sim_diag diag;
		memset(tail, i == 0 ? 0 : 0xff, sizeof(tail));
		if (i == 2) /* a block that was never finished */
			memcpy(tail, log.data + sizeof(struct log_header),
			       sizeof(struct log_block));
		log_append(&log, tail, i == 1 ? 13 : sizeof(tail));
		file_store(path, log.data, log.length);
		log.length = whole;
		if (try_read(path, &trace, &diag) != SIM_OK)
			fail_msg("%s", diag.text);
		assert_int_equal(trace.kernel_count, 5);
		assert_int_equal(trace.text_bytes, whole);
		assert_true(log_lacks(&trace, TRACE_LACK_TAIL));
		trace_fini(&trace);
	}
	log_free(&log);
}

/* A flipped byte is either behind everything that is used, or it is found. */
static void every_byte_that_flips_is_noticed(void **state)
{
	struct log_made log = whole_log();
	const char *path = file_temporary("test.dslog");
	size_t last = log.length - sizeof(struct log_block) - sizeof(struct log_end);
	size_t refused = 0;
	(void)state;
	for (size_t at = 0; at < log.length; at++) {
		struct trace trace;
		struct sim_diag diag;
		log.data[at] ^= (char)(1 << at % 8);
		file_store(path, log.data, log.length);
		log.data[at] ^= (char)(1 << at % 8);
		enum sim_status status = try_read(path, &trace, &diag);
		refused += status != SIM_OK;
		assert_int_equal(status != SIM_OK, at < last);
		if (status == SIM_OK) {
			assert_int_equal(trace.kernel_count, 5);
			assert_true(log_lacks(&trace, TRACE_LACK_TAIL));
			trace_fini(&trace);
		}
	}
	assert_int_equal(refused, last);
	log_free(&log);
}

/* With the checksums made good again, each byte set to each of some values: no crash, no leak. */
static void wrong_values_behind_good_checksums_do_no_harm(void **state)
{
	static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	struct log_made log = whole_log();
	const char *path = file_temporary("test.dslog");
	size_t at = sizeof(struct log_header), good = 0;
	(void)state;
	while (at < log.length) {
		struct log_block *block = (struct log_block *)(log.data + at);
		unsigned char *payload = (unsigned char *)(block + 1);
		struct log_block kept = *block;
		for (size_t i = 0; i < kept.payload_bytes + sizeof(*block) - 4; i++) {
			unsigned char *byte = i < kept.payload_bytes ? payload + i
								     : (unsigned char *)block + i -
									       kept.payload_bytes;
			unsigned char before = *byte;
			struct trace trace;
			struct sim_diag diag;
			*byte = values[i % sizeof(values)];
			if (i < kept.payload_bytes)
				block->payload_crc = log_crc(payload, kept.payload_bytes);
			block->header_crc = log_crc(block, offsetof(struct log_block, header_crc));
			file_store(path, log.data, log.length);
			*byte = before;
			*block = kept;
			if (try_read(path, &trace, &diag) == SIM_OK) {
				trace_fini(&trace);
				good++;
			}
		}
		at += sizeof(*block) + kept.payload_bytes;
	}
	assert_true(good > 500);
	log_free(&log);
}

static void refuse(struct log_made *log, enum sim_status status, const char *part)
{
	assert_trace_refused(log_stored(log), status, part);
}

static void headers_of_other_worlds_are_refused(void **state)
{
	static const struct {
		uint16_t major;
		uint32_t header_bytes, required;
		bool broken;
		const char *part;
	} bad[] = {
		{2, 64, 0, false, "a log of version 2.0, this program reads 1.x"},
		{1, 64, 5, false, "features '0x5', which this one does not know"},
		{1, 56, 0, false, "its header has '56' bytes"},
		{1, 70, 0, false, "its header has '70' bytes"},
		{1, UINT32_MAX - 7, 0, false, "its header has '4294967288' bytes"},
		{1, 1024, 0, false, "ends inside its header"},
		{1, 64, 0, true, "the header of the log is damaged"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct log_made log = {0};
		struct log_header header = log_plain_header(LOG_HAS_KERNELS);
		header.major = bad[i].major;
		header.header_bytes = bad[i].header_bytes;
		header.required = bad[i].required;
		log_seal_header(&header);
		header.process += bad[i].broken;
		log_append(&log, &header, sizeof(header));
		bool parse = i >= 5;
		refuse(&log,
		       parse   ? SIM_E_PARSE
		       : i < 2 ? SIM_E_UNSUPPORTED
			       : SIM_E_RANGE,
		       bad[i].part);
	}
	struct log_made log = log_begin(0);
	memmove(log.data + 4, log.data + 5, 59); /* CR LF made LF */
	log.length--;
	refuse(&log, SIM_E_PARSE, "transferred as text");
	log = log_begin(0);
	log.data[7] = 'x';
	refuse(&log, SIM_E_PARSE, "the first bytes of the log are damaged");
}

static void blocks_that_are_missing_or_moved_are_refused(void **state)
{
	struct log_made log = whole_log();
	size_t first = sizeof(struct log_header);
	struct log_block block;
	(void)state;
	memcpy(&block, log.data + first, sizeof(block));
	size_t bytes = sizeof(block) + block.payload_bytes;
	memmove(log.data + first, log.data + first + bytes, log.length - first - bytes);
	log.length -= bytes;
	refuse(&log, SIM_E_PARSE,
	       "block 0 at byte 64: its sequence number is '1': blocks are missing");
	log = whole_log();
	log.data[first + 40] ^= 1;
	refuse(&log, SIM_E_PARSE,
	       "block 0 at byte 64 is damaged (its checksum is wrong), and there is a good one at "
	       "byte 112");
}

static void a_log_without_kernels_says_what_it_is_for(void **state)
{
	static const struct {
		uint32_t features;
		const char *part;
	} logs[] = {
		{LOG_IS_TIMING | LOG_HAS_RANGES,
		 "use it with decodesim import RUN.dslog --timing THIS"},
		{LOG_IS_GRAPH_LEVEL, "only 1 graph launches as a whole; use it with"},
		{LOG_HAS_KERNELS, "the program launched none"},
	};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct log_made log = log_begin(logs[i].features);
		LOG_ADD(&log, GRAPH_LAUNCH, log_graph_launch, {1, 2, 0, 1, 7, 5, 3, 0});
		log_end(&log);
		refuse(&log, SIM_E_UNSUPPORTED, logs[i].part);
	}
	struct log_made log = log_begin(LOG_HAS_KERNELS);
	log_tables(&log);
	log_kernel(&log, 0, 0, 1, 1);
	log_end(&log);
	refuse(&log, SIM_E_UNSUPPORTED, "has no kernels with time stamps, 1 without");
}

/* Findings, kept: each is refused with a clear message. */
static void files_that_were_found_are_refused(void **state)
{
	static const struct {
		const char *name;
		enum sim_status status;
		const char *part;
	} files[] = {
		{"log_header_only", SIM_E_UNSUPPORTED, "has no kernels"},
		{"log_short_header", SIM_E_PARSE, "ends inside its header"},
		{"log_text_mode", SIM_E_PARSE, "transferred as text"},
		{"log_damaged_middle", SIM_E_PARSE, "is damaged (its checksum is wrong)"},
		{"log_wrong_site", SIM_E_RANGE, "site '9' is not there"},
		{"log_newer_major", SIM_E_UNSUPPORTED, "a log of version 2.0"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[128];
		snprintf(path, sizeof(path), "tests/data/invalid/%s.dslog", files[i].name);
		assert_trace_refused(path, files[i].status, files[i].part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_cut_anywhere_keeps_what_was_whole),
		cmocka_unit_test(a_tail_of_zeros_or_noise_is_dropped),
		cmocka_unit_test(every_byte_that_flips_is_noticed),
		cmocka_unit_test(wrong_values_behind_good_checksums_do_no_harm),
		cmocka_unit_test(headers_of_other_worlds_are_refused),
		cmocka_unit_test(blocks_that_are_missing_or_moved_are_refused),
		cmocka_unit_test(a_log_without_kernels_says_what_it_is_for),
		cmocka_unit_test(files_that_were_found_are_refused),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(file_temporary("test.dslog"));
	return failed;
}
