/* Kineto import of bad input: the right status, the right words, the right line, and no leak. */
#include "tests/unit/trace_files.h"

#include <sys/resource.h>

static void each_fault_has_its_message(void **state)
{
	static const struct {
		const char *name;
		enum sim_status status;
		const char *part;
	} cases[] = {
		{"empty", SIM_E_PARSE, "the file is empty"},
		{"space", SIM_E_UNSUPPORTED, "not a trace of a known format"},
		{"not_json", SIM_E_UNSUPPORTED, "not a trace of a known format"},
		{"no_events", SIM_E_UNSUPPORTED, "has no traceEvents"},
		{"no_kernels", SIM_E_UNSUPPORTED, "has no kernel events, only host events"},
		{"counters_only", SIM_E_UNSUPPORTED, "only cuda_profiler_range counters (1)"},
		{"broken", SIM_E_PARSE, ":3: a ',' or an end is missing"},
		{"mismatch", SIM_E_PARSE, ":2: not JSON"},
		{"trailing", SIM_E_PARSE, ":2: bytes follow"},
		{"open_string", SIM_E_PARSE, ":2: a string is not closed"},
		{"deep", SIM_E_RANGE, ":2: nested deeper"},
		{"long_number", SIM_E_RANGE, ":2: a number has more"},
		{"events_no_array", SIM_E_PARSE, ":2: traceEvents is no array"},
		{"duplicate_launch", SIM_E_DUPLICATE,
		 ":9: two launches have the correlation id '2'"},
		{"duplicate_across_kinds", SIM_E_DUPLICATE, ":9: two launches"},
		{"duplicate_kernel", SIM_E_DUPLICATE,
		 ":9: two kernels have the correlation id '2'"},
		{"negative_duration", SIM_E_RANGE, ":6: a kernel with a negative duration"},
		{"nan_duration", SIM_E_PARSE, ":6: duration 'dur' is not a number: 'NaN'"},
		{"missing_duration", SIM_E_PARSE, ":6: an event has no duration"},
		{"missing_start", SIM_E_PARSE, ":6: an event has no time stamp"},
		{"huge_duration", SIM_E_RANGE, ":6: a kernel longer than an hour"},
		{"huge_launch", SIM_E_RANGE, ":5: duration 'dur' does not fit 64 bits"},
		{"overflow", SIM_E_RANGE, ":6: time stamp 'ts' does not fit 64 bits"},
		{"far_start", SIM_E_RANGE, ":6: a kernel at an impossible time"},
		{"far_apart", SIM_E_RANGE, ":9: a kernel starts more than 30 days"},
		{"correlation_range", SIM_E_RANGE, ":6: correlation is out of range"},
		{"grid_range", SIM_E_RANGE, ":6: grid is out of range"},
		{"overlap", SIM_E_RANGE, ":8: kernel 'b' overlaps"},
		{"overlap_inside", SIM_E_RANGE, ":8: kernel 'b' overlaps"},
		{"overlap_long", SIM_E_RANGE, ":8: kernel 'b' overlaps"},
	};
	char path[128];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(path, sizeof(path), "tests/data/invalid/kineto_%s.json", cases[i].name);
		assert_trace_refused(path, cases[i].status, cases[i].part);
	}
	assert_trace_refused("/no/such/trace.json", SIM_E_NOT_FOUND, "cannot open");
}

/* A file cut anywhere but in the white space at its end is refused, as is any cut of its gz. */
static void assert_cuts_refused(const struct bytes *text)
{
	const char *path = file_temporary("cut.json");
	struct trace trace;
	struct bytes packed;
	for (size_t part = 0; part < 16; part++) {
		file_store(path, text->data, text->length * part / 16);
		assert_trace_refused(path, SIM_E_PARSE, part == 0 ? "empty" : "cut short");
	}
	file_store_gz(path, text->data, text->length);
	packed = file_load_raw(path);
	for (size_t part = 1; part < 16; part++) {
		file_store(path, packed.data, packed.length * part / 16);
		assert_trace_refused(path, SIM_E_PARSE, "cut short");
	}
	file_store(path, packed.data, packed.length);
	trace_init(&trace);
	assert_int_equal(trace_read(path, &trace, NULL), SIM_OK);
	trace_fini(&trace);
	unlink(path);
	free(packed.data);
}

static void cut_files_are_refused(void **state)
{
	struct bytes text = file_load("tests/data/valid/kineto_eager.json");
	(void)state;
	assert_cuts_refused(&text);
	free(text.data);
}

static void cut_real_files_are_refused(void **state)
{
	struct bytes text = file_load("../shared/data/h100/llama-3.2-1b-b1-c512-shapes.json.gz");
	(void)state;
	if (text.data == NULL) {
		print_message("no ../shared here: cuts of a real trace are not tested\n");
		skip();
	}
	assert_cuts_refused(&text);
	free(text.data);
}

static void garbage_behind_a_gz_is_refused(void **state)
{
	struct bytes text = file_load("tests/data/valid/kineto_eager.json");
	const char *path = file_temporary("garbage.json.gz");
	(void)state;
	file_store_gz(path, text.data, text.length);
	FILE *file = fopen(path, "ab");
	assert_non_null(file);
	fputs("more", file);
	fclose(file);
	assert_trace_refused(path, SIM_E_PARSE, "bytes follow the end of the gz data");
	unlink(path);
	free(text.data);
}

static void append(const char *path, const struct bytes *bytes)
{
	FILE *file = fopen(path, "ab");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes->data, 1, bytes->length, file), bytes->length);
	assert_int_equal(fclose(file), 0);
}

static long most_memory_kib(void)
{
	struct rusage usage;
	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* 2 GiB of one letter in a string, in 2 MB of gz members: refused after a megabyte of it. */
static void endless_strings_are_refused(void **state)
{
	static const char head[] = "{\"schemaVersion\": 1,\n\"traceEvents\": [\n{\"name\": \"";
	const char *path = file_temporary("endless.json.gz");
	const size_t block = 64 << 20, blocks = 32;
	char *letters = malloc(block);
	struct bytes member;
	long before;
	(void)state;
	assert_non_null(letters);
	memset(letters, 'x', block);
	file_store_gz(path, letters, block);
	member = file_load_raw(path);
	file_store_gz(path, head, sizeof(head) - 1);
	for (size_t i = 0; i < blocks; i++)
		append(path, &member);
	before = most_memory_kib();
	assert_trace_refused(path, SIM_E_RANGE, ":3: a string is longer than 1048576 bytes");
	assert_true(most_memory_kib() - before < 16 << 10);
	unlink(path);
	free(member.data);
	free(letters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_has_its_message),
		cmocka_unit_test(cut_files_are_refused),
		cmocka_unit_test(cut_real_files_are_refused),
		cmocka_unit_test(garbage_behind_a_gz_is_refused),
		cmocka_unit_test(endless_strings_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
