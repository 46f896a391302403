/* Kineto import: hand-made samples to the nanosecond, every real file, memory. */
#include "tests/unit/trace_files.h"

#include <glob.h>

#include "traces/trace.h"

static void read_valid(const char *path, struct trace *trace)
{
	struct sim_diag diag;
	trace_init(trace);
	diag_init(&diag);
	if (trace_read(path, trace, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static const char *name_of(const struct trace *trace, size_t index)
{
	return names_text(&trace->names, trace->details[index].name);
}

static bool lacks(const struct trace *trace, enum trace_lack lack)
{
	return trace->lacks >> lack & 1;
}

static void eager_steps_with_shapes(void **state)
{
	struct trace trace;
	(void)state;
	read_valid("tests/data/valid/kineto_eager.json", &trace);
	assert_string_equal(trace.name, "kineto_eager");
	assert_string_equal(trace.format, "kineto");
	assert_string_equal(trace.steps_by, "period");
	assert_int_equal(trace.kernel_count, 8);
	assert_int_equal(trace.step_count, 2);
	/* time 0 is the first launch, 100.5 us after the base */
	assert_true(trace.base_ns == INT64_C(1790857026000100500));
	assert_int_equal(trace.measured[0].launch_start_ns, 0);
	assert_int_equal(trace.measured[0].launch_end_ns, 5250);
	assert_int_equal(trace.measured[0].start_ns, 9501);
	assert_int_equal(trace.measured[0].duration_ns, 2112);
	assert_int_equal(trace.measured[0].thread, 7);
	assert_int_equal(trace.measured[2].correlation, 3);
	assert_string_equal(names_text(&trace.names, trace.details[1].op_name), "aten::mm");
	assert_string_equal(names_text(&trace.names, trace.details[1].op_shape),
			    "[[1,2048],[2048,512]]|[\"c10::BFloat16\",\"c10::BFloat16\"]|"
			    "[[2048,1],[1,2048]]|[\"\",\"\"]");
	assert_int_equal(trace.details[1].op_part, 0);
	assert_string_equal(name_of(&trace, 2), "splitk_reduce");
	assert_int_equal(trace.details[2].op_part, 1);
	assert_int_equal(trace.details[1].grid[1], 2);
	assert_int_equal(trace.details[1].block[0], 128);
	assert_int_equal(trace.details[1].registers, 32);
	assert_int_equal(trace.details[1].shared_bytes, 1024);
	assert_int_equal(trace.kernels[3].op, SIM_OP_MEMCPY);
	assert_int_equal(trace.kernels[3].act_write_bytes, 4);
	assert_true(trace.kernels[3].flags & SIM_KERNEL_COPY_ENGINE);
	assert_int_equal(trace.kernels[0].host_ns, 5250);
	assert_int_equal(trace.kernels[1].host_ns, 18250);
	assert_int_equal(trace.kernels[4].host_ns, 1105750 - 190000);
	assert_int_equal(trace.steps[0].ends_in_sync, 1);
	assert_string_equal(trace.device.name, "Test GPU");
	assert_int_equal(trace.device.sm_count, 132);
	assert_int_equal(trace.device.shared_bytes_per_sm, 233472);
	assert_int_equal(trace.device.driver_version, 13010);
	assert_int_equal(trace.lacks,
			 1U << TRACE_LACK_CLOCKS | (trace.lacks & 1U << TRACE_LACK_SOME_WORK));
	trace_fini(&trace);
}

static void graph_replays_with_memset(void **state)
{
	struct trace trace;
	(void)state;
	read_valid("tests/data/valid/kineto_graph.json", &trace);
	assert_string_equal(trace.steps_by, "graph launch");
	assert_int_equal(trace.step_count, 2);
	assert_int_equal(trace.steps[1].count, 5);
	assert_int_equal(trace.steps[1].traced_launch, SIM_LAUNCH_GRAPH);
	assert_int_equal(trace.kernels[5].op, SIM_OP_MEMSET);
	assert_int_equal(trace.kernels[5].act_write_bytes, 16);
	assert_int_equal(trace.kernels[6].host_ns, 0);
	assert_int_equal(trace.kernels[6].flags & SIM_KERNEL_HOST_RECORDED, 0);
	assert_int_equal(trace_step_busy_ns(&trace, 0), 37000);
	assert_true(lacks(&trace, TRACE_LACK_SHAPES));
	trace_fini(&trace);
}

/* HIP names, keys in any order, base and device after the events, a byte-order mark. */
static void hip_steps_by_annotation(void **state)
{
	struct trace trace;
	(void)state;
	read_valid("tests/data/valid/kineto_annotation.json", &trace);
	assert_string_equal(trace.steps_by, "annotation");
	assert_int_equal(trace.step_count, 2);
	assert_int_equal(trace.steps[0].traced_launch, SIM_LAUNCH_EAGER);
	assert_int_equal(trace.steps[1].traced_launch, SIM_LAUNCH_GRAPH);
	assert_true(trace.base_ns == INT64_C(1775078550000020000));
	assert_int_equal(trace.measured[0].start_ns, 10125);
	assert_string_equal(name_of(&trace, 0), "Cijk_\xc3\xa9\xf0\x9f\x98\x80");
	assert_string_equal(trace.device.name, "AMD");
	assert_int_equal(trace.device.runtime_version, 70253211);
	assert_true(lacks(&trace, TRACE_LACK_GEOMETRY));
	trace_fini(&trace);
}

static void old_files_in_whole_microseconds(void **state)
{
	struct trace trace;
	(void)state;
	read_valid("tests/data/valid/kineto_old.json", &trace);
	assert_int_equal(trace.kernel_count, 2);
	assert_true(trace.base_ns == INT64_C(1694039959123456000));
	assert_int_equal(trace.measured[0].start_ns, 20000);
	assert_int_equal(trace.measured[0].duration_ns, 3000);
	assert_int_equal(trace.measured[0].thread, 9);
	assert_string_equal(names_text(&trace.names, trace.details[0].op_name), "aten::add");
	assert_string_equal(names_text(&trace.names, trace.details[0].op_shape), "[[4]]|||");
	assert_int_equal(trace.kernels[1].act_write_bytes, 4096);
	assert_true(lacks(&trace, TRACE_LACK_DEVICE));
	trace_fini(&trace);
}

/* Unknown keys and categories, NaN where it does not count, keys twice, bytes that are no UTF-8. */
static void odd_files_are_tolerated(void **state)
{
	struct trace trace;
	(void)state;
	read_valid("tests/data/valid/kineto_odd.json", &trace);
	assert_int_equal(trace.kernel_count, 1);
	assert_string_equal(name_of(&trace, 0), "bad\xff\xfe\\x \n\xef\xbf\xbd|");
	assert_int_equal(trace.measured[0].start_ns, 10000);
	assert_int_equal(trace.measured[0].duration_ns, 5001);
	assert_int_equal(trace.measured[0].correlation, 1);
	assert_int_equal(trace.measured[0].launch_end_ns, 5000);
	assert_int_equal(trace.details[0].grid[0], 3);
	assert_int_equal(trace.warnings, 2);
	assert_non_null(strstr(trace.warning, "line 5"));
	trace_fini(&trace);
}

static void gz_and_plain_are_one_trace(void **state)
{
	struct bytes text = file_load("tests/data/valid/kineto_eager.json");
	const char *path = file_temporary("x.pt.trace.json.gz");
	struct trace plain, packed;
	(void)state;
	file_store_gz(path, text.data, text.length);
	read_valid("tests/data/valid/kineto_eager.json", &plain);
	read_valid(path, &packed);
	assert_true(plain.content_hash == packed.content_hash);
	assert_int_equal(packed.text_bytes, text.length);
	assert_int_equal(plain.kernel_count, packed.kernel_count);
	assert_memory_equal(plain.kernels, packed.kernels, 8 * sizeof(*plain.kernels));
	assert_memory_equal(plain.details, packed.details, 8 * sizeof(*plain.details));
	assert_memory_equal(plain.measured, packed.measured, 8 * sizeof(*plain.measured));
	assert_null(strstr(packed.name, ".pt"));
	assert_non_null(strstr(packed.name, "-x"));
	unlink(path);
	trace_fini(&plain);
	trace_fini(&packed);
	free(text.data);
}

/* COUNT eager kernels, four ops with shapes before each, as torch.profiler orders them. */
static struct bytes generate(size_t count)
{
	struct bytes text = {malloc(count * 1400 + 256), 0};
	char *at = text.data;
	at += sprintf(at, "{\"schemaVersion\": 1, \"traceEvents\": [\n");
	for (size_t i = 0; i < 4 * count; i++)
		at += sprintf(at,
			      "{\"ph\": \"X\", \"cat\": \"cpu_op\", \"name\": \"aten::op%zu\", "
			      "\"ts\": 1.5, \"dur\": 2, \"args\": {\"External id\": %zu, "
			      "\"Input Dims\": [[1, %zu]], \"Input type\": [\"float\"]}},\n",
			      i % 50, i, i % 200);
	for (size_t i = 0; i < count; i++)
		at += sprintf(at,
			      "{\"ph\": \"X\", \"cat\": \"cuda_runtime\", \"name\": "
			      "\"cudaLaunchKernel\", \"tid\": 1, \"ts\": %zu.125, \"dur\": 4.5, "
			      "\"args\": {\"correlation\": %zu}},\n"
			      "{\"ph\": \"X\", \"cat\": \"kernel\", \"name\": \"void "
			      "kernel_%zu<int>()\", "
			      "\"ts\": %zu.875, \"dur\": 3.25, \"args\": {\"External id\": %zu, "
			      "\"stream\": 7, \"correlation\": %zu, \"grid\": [1, 2, 3], "
			      "\"block\": [64, 1, 1]}}%s\n",
			      10 * i, i + 1, i % 40, 10 * i + 5, 4 * i, i + 1,
			      i + 1 < count ? "," : "");
	at += sprintf(at, "]}\n");
	text.length = (size_t)(at - text.data);
	return text;
}

static void memory_is_bounded_by_the_kernels(void **state)
{
	const char *path = file_temporary("memory.json");
	(void)state;
	for (size_t count = 4000; count <= 16000; count *= 2) {
		struct bytes text = generate(count);
		struct trace trace;
		size_t records = count * (sizeof(*trace.kernels) + sizeof(*trace.details) +
					  sizeof(*trace.measured));
		file_store(path, text.data, text.length);
		read_valid(path, &trace);
		assert_int_equal(trace.kernel_count, count);
		assert_int_equal(trace.text_bytes, text.length);
		assert_int_equal(trace.measured[count - 1].start_ns,
				 (int64_t)(10000 * count - 4250));
		assert_true(trace.peak_bytes > records);
		assert_true(trace.peak_bytes < 3 * records);
		trace_fini(&trace);
		free(text.data);
	}
	unlink(path);
}

struct shared_file {
	const char *part;
	size_t kernels, steps;
	const char *by;
};

/* What the real captures hold: counted independently with a JSON library. */
static const struct shared_file shared_files[] = {
	{"llama-3.1-8b-b1-c2048-shapes.", 2992, 2, "period"},
	{"llama-3.1-8b-b1-c2048-graph.", 3518, 2, "graph launch"},
	{"llama-3.1-8b-b1-c2048-compiled-graph.", 1552, 2, "graph launch"},
	{"llama-3.2-3b-b16-c4096.", 2566, 2, "period"},
	{"qwen3-30b-a3b-b1-c2048-shapes.", 8882, 2, "period"},
	{"qwen3-30b-a3b-b1-c2048-graph.", 9664, 2, "graph launch"},
	{"b200_vllm_eager_prefill", 929, 1, "annotation"},
	{"mi300_vllm_decode_graph", 434, 1, "annotation"},
	{"mi300_sglang_qwen3-8b_decode_graph", 558, 1, "annotation"},
};

static void check_known(const char *path, const struct trace *trace)
{
	for (size_t i = 0; i < sizeof(shared_files) / sizeof(shared_files[0]); i++) {
		const struct shared_file *known = &shared_files[i];
		if (strstr(path, known->part) == NULL)
			continue;
		assert_int_equal(trace->kernel_count, known->kernels);
		assert_int_equal(trace->step_count, known->steps);
		assert_string_equal(trace->steps_by, known->by);
	}
}

static void check_shared(const char *path)
{
	struct trace trace;
	read_valid(path, &trace);
	check_known(path, &trace);
	assert_true(trace.kernel_count > 0 && trace.step_count > 0);
	for (size_t i = 1; i < trace.kernel_count; i++)
		assert_true(trace.measured[i].start_ns >= trace.measured[i - 1].start_ns);
	assert_true(lacks(&trace, TRACE_LACK_CLOCKS));
	if (strstr(path, "/h100/") != NULL) {
		bool shaped = strstr(path, "-shapes") != NULL;
		size_t records =
			trace.kernel_count *
			(sizeof(*trace.kernels) + sizeof(*trace.details) + sizeof(*trace.measured));
		assert_int_equal(trace.step_count, 2);
		assert_int_equal(trace.steps[0].count, trace.steps[1].count);
		assert_int_equal(trace.steps[0].count + trace.steps[1].count, trace.kernel_count);
		assert_int_equal(trace.steps[0].ends_in_sync, 1);
		assert_true(lacks(&trace, TRACE_LACK_SHAPES) == !shaped);
		if (trace.kernel_count > 2000)
			assert_true(trace.peak_bytes < 3 * records);
	}
	trace_fini(&trace);
}

static void real_files_import(void **state)
{
	static const char *const patterns[] = {
		"../shared/data/h100/*-c*.json.gz",
		"../shared/trace-samples/kineto/*.json.gz",
	};
	size_t count = 0;
	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		glob_t found;
		if (glob(patterns[i], 0, NULL, &found) != 0)
			continue;
		for (size_t j = 0; j < found.gl_pathc; j++)
			if (strstr(found.gl_pathv[j], "counters") == NULL) {
				check_shared(found.gl_pathv[j]);
				count++;
			}
		globfree(&found);
	}
	if (count == 0) {
		print_message("no ../shared here: real traces are not tested\n");
		skip();
	}
	assert_int_equal(count, 29 + 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eager_steps_with_shapes),
		cmocka_unit_test(graph_replays_with_memset),
		cmocka_unit_test(hip_steps_by_annotation),
		cmocka_unit_test(old_files_in_whole_microseconds),
		cmocka_unit_test(odd_files_are_tolerated),
		cmocka_unit_test(gz_and_plain_are_one_trace),
		cmocka_unit_test(memory_is_bounded_by_the_kernels),
		cmocka_unit_test(real_files_import),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
