/* Chrome JSON that was written is read again: the same kernels, steps and launches come back. */
#include <glob.h>

#include "tests/unit/log_fixture.h"

#include "sim/report/chrome.h"
#include "sim/report/out_file.h"

static void export_to(const struct trace *trace, const struct log_marks *marks, const char *path,
		      struct chrome_counts *counts)
{
	struct sim_diag diag;
	struct out_file out;
	diag_init(&diag);
	assert_int_equal(out_file_open(&out, path, &diag), SIM_OK);
	enum sim_status status = chrome_write(trace, marks, out.file, counts, &diag);
	if (out_file_close(&out, status, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static void assert_same_kernel(const struct trace *a, const struct trace *b, size_t i)
{
	assert_string_equal(names_text(&a->names, a->details[i].name),
			    names_text(&b->names, b->details[i].name));
	assert_memory_equal(a->details[i].grid, b->details[i].grid, sizeof(a->details[i].grid));
	assert_memory_equal(a->details[i].block, b->details[i].block, sizeof(a->details[i].block));
	assert_int_equal(a->details[i].registers, b->details[i].registers);
	assert_int_equal(a->details[i].shared_bytes, b->details[i].shared_bytes);
	assert_int_equal(a->kernels[i].stream, b->kernels[i].stream);
	assert_true(a->measured[i].start_ns == b->measured[i].start_ns);
	assert_true(a->measured[i].duration_ns == b->measured[i].duration_ns);
	assert_true(a->measured[i].launch_start_ns == b->measured[i].launch_start_ns);
	assert_true(a->measured[i].launch_end_ns == b->measured[i].launch_end_ns);
	assert_int_equal(a->measured[i].thread, b->measured[i].thread);
	assert_int_equal(a->measured[i].correlation, b->measured[i].correlation);
}

static void assert_same(const struct trace *a, const struct trace *b)
{
	assert_int_equal(a->kernel_count, b->kernel_count);
	assert_true(a->base_ns == b->base_ns);
	for (size_t i = 0; i < a->kernel_count; i++)
		assert_same_kernel(a, b, i);
	assert_int_equal(a->step_count, b->step_count);
	for (size_t i = 0; i < a->step_count; i++) {
		assert_int_equal(a->steps[i].first, b->steps[i].first);
		assert_int_equal(a->steps[i].count, b->steps[i].count);
		assert_int_equal(a->steps[i].traced_launch, b->steps[i].traced_launch);
	}
	assert_string_equal(a->device.name, b->device.name);
	assert_int_equal(a->device.sm_count, b->device.sm_count);
	assert_true(a->device.memory_bytes == b->device.memory_bytes);
}

static void bundled_traces_come_back(void **state)
{
	const char *path = file_temporary("chrome.json.gz");
	glob_t found;
	(void)state;
	assert_int_equal(glob("traces/samples/h100/*.json.gz", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 20);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct trace before, after;
		struct chrome_counts counts;
		log_read_good(found.gl_pathv[i], &before);
		export_to(&before, NULL, path, &counts);
		assert_int_equal(counts.kernels, before.kernel_count);
		assert_int_equal(counts.steps, before.step_count);
		log_read_good(path, &after);
		assert_same(&before, &after);
		trace_fini(&before);
		trace_fini(&after);
	}
	globfree(&found);
	unlink(path);
}

/* Graphs, overlap, copies, streams, two threads, ranges and names of any bytes. */
static struct log_made rich_log(void)
{
	static const char odd[] = "k\x01\"\\\n\xff\xc3\xa9";
	struct log_made log = log_begin(LOG_HAS_KERNELS | LOG_HAS_CALLS | LOG_HAS_RANGES);
	log_tables(&log);
	uint32_t name = log_string_bytes(&log, odd, sizeof(odd) - 1);
	uint32_t ex = log_string(&log, "cudaLaunchKernelExC_v11060");
	uint32_t copy = log_string(&log, "cudaMemcpyAsync_v3020");
	LOG_ADD(&log, SITE, log_site, {.id = 3, .name = name, .context = 1, .grid = {9, 1, 1}});
	LOG_ADD(&log, CALL_NAME, log_call_name, {.call = 5, .domain = 2, .name = ex},
		{.call = 6, .domain = 2, .name = copy});
	LOG_ADD(&log, THREAD, log_thread, {.thread = 1, .system_id = 0});
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t at = UINT64_C(1790000000000000000) + i * 100000;
		log_range(&log, i + 1, at, at + 90000, "decode_step\x02");
		log_range(&log, 100 + i, at + 500, at + 600, "a \xfe layer");
		LOG_ADD(&log, CALL, log_call, {at + 1000, 500, 10 * i + 1, 0, 2},
			{at + 2000, 500, 10 * i + 2, 0, 0}, {at + 3000, 500, 10 * i + 3, 0, 5},
			{at + 4000, 500, 10 * i + 4, 1, 6});
		log_node_kernel(&log, at + 5000, 700, 1, 10 * i + 1, 21);
		log_node_kernel(&log, at + 6000, 700, 2, 10 * i + 1, 22);
		log_kernel(&log, at + 7000, 9000, 3, 10 * i + 2);
		log_kernel(&log, at + 14000, 3000, 1, 10 * i + 3); /* overlaps by 2 us */
		LOG_ADD(&log, COPY, log_copy,
			{.start_ns = at + 20000,
			 .duration_ns = 1000,
			 .bytes = 77,
			 .copy_kind = 1,
			 .source_kind = 2,
			 .destination_kind = 3,
			 .stream = 9,
			 .correlation = 10 * i + 4});
	}
	log_end(&log);
	return log;
}

static void a_log_comes_back_with_its_ranges(void **state)
{
	char path[160];
	const char *log_path;
	struct trace before, after;
	struct log_marks marks;
	struct chrome_counts counts;
	struct sim_diag diag;
	struct log_made log = rich_log();
	(void)state;
	diag_init(&diag);
	snprintf(path, sizeof(path), "%s", file_temporary("chrome.json"));
	log_path = log_stored(&log);
	log_read_good(log_path, &before);
	assert_int_equal(log_marks_read(log_path, &marks, &diag), SIM_OK);
	assert_int_equal(before.step_count, 2);
	export_to(&before, &marks, path, &counts);
	assert_int_equal(counts.kernels, 10);
	assert_int_equal(counts.launches, 8);
	assert_int_equal(counts.ranges, 4);
	log_read_good(path, &after);
	assert_int_equal(after.kernel_count, 10);
	for (size_t i = 0; i < 10; i++)
		assert_true(before.measured[i].start_ns == after.measured[i].start_ns);
	/* the broken byte is replaced, the rest is as it was */
	assert_string_equal(names_text(&after.names, after.details[2].name),
			    "k\x01\"\\\n\xef\xbf\xbd\xc3\xa9");
	assert_string_equal(after.steps_by, "annotation");
	assert_int_equal(after.step_count, 2);
	assert_int_equal(after.steps[1].first, 5);
	assert_int_equal(after.kernels[4].stream, before.kernels[4].stream);
	log_marks_fini(&marks);
	trace_fini(&before);
	trace_fini(&after);
	unlink(path);
}

static void a_file_is_whole_or_not_there(void **state)
{
	char path[160], want[200];
	struct sim_diag diag;
	struct out_file out;
	(void)state;
	diag_init(&diag);
	snprintf(path, sizeof(path), "%s", file_temporary("whole.json"));
	file_store(path, "old", 3);
	assert_int_equal(out_file_open(&out, path, &diag), SIM_OK);
	fputs("new", out.file);
	assert_int_equal(out_file_close(&out, SIM_E_NOMEM, &diag), SIM_E_NOMEM);
	struct bytes kept = file_load_raw(path);
	assert_int_equal(kept.length, 3);
	assert_memory_equal(kept.data, "old", 3);
	free(kept.data);
	assert_int_equal(out_file_open(&out, path, &diag), SIM_OK);
	fputs("new!", out.file);
	assert_int_equal(out_file_close(&out, SIM_OK, &diag), SIM_OK);
	kept = file_load_raw(path);
	assert_int_equal(kept.length, 4);
	free(kept.data);
	snprintf(want, sizeof(want), "%s.*", path); /* no temporary file is left */
	glob_t found;
	assert_int_equal(glob(want, 0, NULL, &found), GLOB_NOMATCH);
	unlink(path);
	assert_int_equal(out_file_open(&out, "/nonexistent/x.json", &diag), SIM_E_IO);
	diag_init(&diag);
	assert_int_equal(out_file_open(&out, "/tmp", &diag), SIM_E_IO);
	diag_init(&diag);
	assert_int_equal(out_file_open(&out, "/dev/full", &diag), SIM_OK);
	for (int i = 0; i < 100000; i++)
		fputs("0123456789", out.file);
	assert_int_equal(out_file_close(&out, SIM_OK, &diag), SIM_E_IO);
	assert_non_null(strstr(diag.text, "/dev/full: cannot write all of it"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bundled_traces_come_back),
		cmocka_unit_test(a_log_comes_back_with_its_ranges),
		cmocka_unit_test(a_file_is_whole_or_not_there),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(file_temporary("test.dslog"));
	return failed;
}
