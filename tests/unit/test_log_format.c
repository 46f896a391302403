/*
 * The example in traces/FORMAT.md: its bytes read as what the text says, and are what the fixture
 * writes. `test_log_format --print` prints the lines to put into the document.
 */
#include "tests/unit/log_fixture.h"

static const char document[] = "traces/FORMAT.md";

/* What the document's example says, block by block. */
static struct log_made example_log(void)
{
	char payload[128];
	struct log_made log = log_begin(LOG_HAS_KERNELS | LOG_HAS_CALLS);
	size_t bytes = log_put_string(payload, 1, "cudaLaunchKernel_v7000", 22);
	bytes += log_put_string(payload + bytes, 2, "gemm", 4);
	log_raw_block(&log, LOG_STRING, 0, 2, payload, bytes);
	LOG_ADD(&log, THREAD, log_thread, {.thread = 0, .process = 77, .system_id = 78});
	LOG_ADD(&log, CALL_NAME, log_call_name, {.call = 0, .domain = 2, .cbid = 211, .name = 1});
	LOG_ADD(&log, SITE, log_site,
		{.id = 1,
		 .name = 2,
		 .context = 1,
		 .grid = {132, 1, 1},
		 .block = {256, 1, 1},
		 .registers = 64,
		 .dynamic_shared_bytes = 4096});
	LOG_ADD(&log, CALL, log_call,
		{.start_ns = 2000, .duration_ns = 4600, .correlation = 5, .call = 0});
	LOG_ADD(&log, KERNEL, log_kernel,
		{.start_ns = 9000, .duration_ns = 3400, .site = 1, .stream = 7, .correlation = 5});
	LOG_ADD(&log, COUNTS, log_counts, {.kernels = 1, .calls = 1});
	LOG_ADD(&log, END, log_end, {.time_ns = 20000, .reason = LOG_END_EXIT});
	return log;
}

/* The bytes of the document's ```hexdump part: address, up to 16 bytes, `;` and words. */
static struct bytes documented(void)
{
	struct bytes text = file_load(document), found = {malloc(4096), 0};
	assert_non_null(text.data);
	text.data = realloc(text.data, text.length + 1);
	text.data[text.length] = '\0';
	char *line = strstr(text.data, "```hexdump\n");
	assert_non_null(line);
	for (line = strchr(line, '\n') + 1; strncmp(line, "```", 3) != 0;
	     line = strchr(line, '\n') + 1) {
		char *at;
		unsigned long address = strtoul(line, &at, 16);
		assert_int_equal(address, found.length);
		while (*at == ' ' && at[1] != ';') {
			assert_true(found.length < 4096);
			found.data[found.length++] = (char)strtoul(at, &at, 16);
			while (*at == ' ' && at[1] == ' ')
				at++;
		}
	}
	free(text.data);
	return found;
}

static void the_documented_bytes_read_as_documented(void **state)
{
	struct bytes bytes = documented();
	const char *path = file_temporary("example.dslog");
	struct trace trace;
	(void)state;
	file_store(path, bytes.data, bytes.length);
	free(bytes.data);
	log_read_good(path, &trace);
	unlink(path);
	assert_int_equal(trace.kernel_count, 1);
	assert_string_equal(names_text(&trace.names, trace.details[0].name), "gemm");
	assert_int_equal(trace.base_ns, 2000);
	assert_int_equal(trace.measured[0].start_ns, 7000);
	assert_int_equal(trace.measured[0].duration_ns, 3400);
	assert_int_equal(trace.measured[0].launch_start_ns, 0);
	assert_int_equal(trace.measured[0].launch_end_ns, 4600);
	assert_int_equal(trace.measured[0].thread, 78);
	assert_int_equal(trace.measured[0].correlation, 5);
	assert_int_equal(trace.details[0].grid[0], 132);
	assert_int_equal(trace.details[0].block[0], 256);
	assert_int_equal(trace.details[0].registers, 64);
	assert_int_equal(trace.details[0].shared_bytes, 4096);
	assert_false(log_lacks(&trace, TRACE_LACK_TAIL));
	assert_false(log_lacks(&trace, TRACE_LACK_RECORDS));
	trace_fini(&trace);
}

static void the_writer_makes_the_documented_bytes(void **state)
{
	struct bytes bytes = documented();
	struct log_made log = example_log();
	(void)state;
	assert_int_equal(bytes.length, log.length);
	assert_memory_equal(bytes.data, log.data, log.length);
	free(bytes.data);
	log_free(&log);
}

/* Every kind of traces/log.h has a heading with its number and the size of its record. */
static void every_kind_is_documented(void **state)
{
	static const struct {
		const char *name;
		unsigned number;
		size_t size;
	} kinds[] = {
#define X(number, name, type) {#name, number, sizeof(struct type)},
		LOG_KIND_LIST(X)
#undef X
	};
	struct bytes text = file_load(document);
	(void)state;
	assert_non_null(text.data);
	text.data = realloc(text.data, text.length + 1);
	text.data[text.length] = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char heading[96];
		snprintf(heading, sizeof(heading), "\n### %u %s: %zu bytes", kinds[i].number,
			 kinds[i].name, kinds[i].size);
		if (strstr(text.data, heading) == NULL)
			fail_msg("%s has no '%s'", document, heading + 1);
	}
	free(text.data);
}

/* BYTES from FROM, 16 a line, WHAT behind the first. */
static void print_lines(const struct log_made *log, size_t from, size_t bytes, const char *what)
{
	for (size_t i = from; i < from + bytes; i += 16) {
		printf("%04zx ", i);
		for (size_t j = i; j < i + 16 && j < from + bytes; j++)
			printf(" %02x", (unsigned char)log->data[j]);
		printf(i == from ? "  ; %s\n" : "\n", what);
	}
}

static void print_example(void)
{
	static const char *const names[] = {[LOG_STRING] = "STRING",
#define X(number, name, type) [LOG_##name] = #name,
					    LOG_KIND_LIST(X)
#undef X
	};
	struct log_made log = example_log();
	size_t at = sizeof(struct log_header);
	print_lines(&log, 0, at, "header");
	while (at < log.length) {
		struct log_block block;
		char what[96];
		memcpy(&block, log.data + at, sizeof(block));
		snprintf(what, sizeof(what), "block %u: %s, records: %u", (unsigned)block.sequence,
			 names[block.kind], block.record_count);
		print_lines(&log, at, sizeof(block), what);
		print_lines(&log, at + sizeof(block), block.payload_bytes, "its payload");
		at += sizeof(block) + block.payload_bytes;
	}
	log_free(&log);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_documented_bytes_read_as_documented),
		cmocka_unit_test(the_writer_makes_the_documented_bytes),
		cmocka_unit_test(every_kind_is_documented),
	};
	if (argc > 1 && strcmp(argv[1], "--print") == 0) {
		print_example();
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
