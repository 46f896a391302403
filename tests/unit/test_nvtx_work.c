/*
 * Work from NVTX ranges alone against work from torch.profiler: every bundled trace with shapes is
 * told again with the dims of its ops as emit_nvtx pushes them, without types, strides and scalars
 * and without external ids. A kernel's work is equal, or unknown, and never another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/nvtx_fixture.h"

#define SAMPLES "traces/samples/h100/"

static const char *const files[] = {
	"llama-3.2-1b-b1-c512",	  "llama-3.2-1b-b1-c2048", "llama-3.2-3b-b1-c1024",
	"llama-3.2-3b-b16-c4096", "llama-3.1-8b-b1-c2048", "mistral-7b-v0.3-b1-c2048",
	"qwen2.5-7b-b1-c2048",	  "qwen2.5-7b-b1-c8192",   "qwen3-30b-a3b-b1-c2048",
};

struct tally {
	int64_t equal_ns, unknown_ns, all_ns;
	size_t equal, unknown, other;
};

static void read_sample(const char *name, struct trace *trace, struct bytes *json)
{
	char path[256];
	struct sim_diag diag;
	diag_init(&diag);
	snprintf(path, sizeof(path), SAMPLES "%s-shapes.json.gz", name);
	trace_init(trace);
	if (trace_read(path, trace, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	*json = file_load(path);
	assert_non_null(json->data);
	json->data = realloc(json->data, json->length + 1);
	json->data[json->length] = '\0';
}

static int64_t time_zero(const struct trace *trace, const struct bytes *json)
{
	const char *base =
		retold_after(json->data, json->data + json->length, "\"baseTimeNanoseconds\": ");
	assert_non_null(base);
	return trace->base_ns - strtoll(base, NULL, 10);
}

static void add_ranges(struct build *build, const struct trace *trace, const struct bytes *json,
		       uint32_t thread)
{
	int64_t zero = time_zero(trace, json);
	struct retold_op op;
	struct sim_diag diag;
	unsigned number = 0;
	diag_init(&diag);
	const char *at = json->data, *end = at + json->length;
	while ((at = retold_next_op(at, end, zero, ++number, &op)) != NULL) {
		struct build_nvtx range = {op.start_ns, op.end_ns, thread, 0};
		assert_int_equal(build_add_nvtx_text(build, &range, op.text, op.length, &diag),
				 SIM_OK);
	}
	assert_true(number > 100);
}

/* Each kernel with the launch it had. */
static void add_eager(struct build *build, const struct trace *trace)
{
	struct sim_diag diag;
	diag_init(&diag);
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct trace_measured *measured = &trace->measured[i];
		struct build_kernel kernel = retold_kernel(trace, build, i);
		struct build_launch launch = {.start_ns = measured->launch_start_ns,
					      .end_ns = measured->launch_end_ns,
					      .correlation = measured->correlation,
					      .thread = RETOLD_THREAD};
		assert_int_equal(build_add_kernel(build, &kernel, &diag), SIM_OK);
		if (measured->launch_start_ns != INT64_MIN)
			assert_int_equal(build_add_launch(build, &launch, &diag), SIM_OK);
	}
}

static void retell_eager(const struct trace *trace, const struct bytes *json, struct trace *told)
{
	struct build build;
	retold_open(told, &build, trace);
	add_eager(&build, trace);
	add_ranges(&build, trace, json, RETOLD_THREAD);
	retold_close(told, &build);
}

static bool same_bytes(const struct sim_kernel *a, const struct sim_kernel *b)
{
	return a->weight_bytes == b->weight_bytes && a->kv_read_bytes == b->kv_read_bytes &&
	       a->kv_write_bytes == b->kv_write_bytes && a->act_read_bytes == b->act_read_bytes &&
	       a->act_write_bytes == b->act_write_bytes && a->flops == b->flops;
}

/* A memset has the type of an operand of its op, which dims do not tell; it is never used. */
static bool same_kind(const struct sim_kernel *a, const struct sim_kernel *b)
{
	bool untyped = b->dtype == SIM_DTYPE_UNKNOWN &&
		       (a->family == SIM_FAMILY_MEMSET || a->family == SIM_FAMILY_MEMCPY_DEVICE);
	return a->op == b->op && a->family == b->family && (a->dtype == b->dtype || untyped);
}

static bool same_dims(const struct trace_detail *a, const struct trace_detail *b)
{
	return a->m == b->m && a->n == b->n && a->k == b->k && a->heads == b->heads &&
	       a->kv_heads == b->kv_heads && a->op_part == b->op_part;
}

/* Kernel A of TRACE against B of TOLD. */
static void compare(const struct trace *trace, size_t a, const struct trace *told, size_t b,
		    struct tally *families)
{
	const struct sim_kernel *ours = &told->kernels[b], *theirs = &trace->kernels[a];
	struct tally *tally = &families[theirs->family];
	int64_t ns = trace->measured[a].duration_ns;
	const char *name = names_text(&trace->names, trace->details[a].name);
	const char *op = names_text(&trace->names, trace->details[a].op_name);
	assert_string_equal(name, names_text(&told->names, told->details[b].name));
	tally->all_ns += ns;
	if (ours->flags & SIM_KERNEL_OPAQUE) {
		tally->unknown_ns += ns;
		tally->unknown++;
	} else if (same_bytes(theirs, ours) && same_kind(theirs, ours) &&
		   same_dims(&trace->details[a], &told->details[b])) {
		tally->equal_ns += ns;
		tally->equal++;
	} else {
		tally->other++;
		print_message(
			"  other work: %.80s of %s %s: weight %" PRIu64 " not %" PRIu64
			", read %" PRIu64 " not %" PRIu64 ", written %" PRIu64 " not %" PRIu64 "\n",
			name, op, names_text(&told->names, told->details[b].op_shape),
			ours->weight_bytes, theirs->weight_bytes, ours->act_read_bytes,
			theirs->act_read_bytes, ours->act_write_bytes, theirs->act_write_bytes);
	}
	/* the op is known even where the work is not */
	assert_string_equal(op, names_text(&told->names, told->details[b].op_name));
}

static const char *family_text(unsigned family)
{
	static const char *const texts[] = {
#define X(name, text, what) text,
		SIM_FAMILY_LIST(X)
#undef X
	};
	return texts[family];
}

/* Share of the device time with equal work; prints the families. */
static double judge(const char *name, const struct tally families[SIM_FAMILY_COUNT], size_t *other)
{
	struct tally all = {0};
	for (unsigned f = 0; f < SIM_FAMILY_COUNT; f++) {
		const struct tally *family = &families[f];
		all.equal_ns += family->equal_ns;
		all.all_ns += family->all_ns;
		all.equal += family->equal;
		all.unknown += family->unknown;
		all.other += family->other;
		if (family->unknown + family->other > 0)
			print_message("  %-20s %6zu equal, %4zu unknown, %zu other\n",
				      family_text(f), family->equal, family->unknown,
				      family->other);
	}
	double share = (double)all.equal_ns / (double)all.all_ns;
	print_message("%-26s %6zu kernels: %6zu equal (%.2f %% of device time), %4zu unknown, %zu "
		      "other\n",
		      name, all.equal + all.unknown + all.other, all.equal, 100 * share,
		      all.unknown, all.other);
	*other = all.other;
	return share;
}

static void dims_alone_give_the_work_of_an_eager_run(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct tally families[SIM_FAMILY_COUNT] = {0};
		struct trace trace, told;
		struct bytes json;
		size_t other;
		read_sample(files[i], &trace, &json);
		retell_eager(&trace, &json, &told);
		assert_int_equal(told.kernel_count, trace.kernel_count);
		for (size_t k = 0; k < trace.kernel_count; k++)
			compare(&trace, k, &told, k, families);
		double share = judge(files[i], families, &other);
		assert_int_equal(other, 0);
		assert_true(share >= 0.95);
		assert_int_equal(told.warnings, 0);
		trace_fini(&trace);
		trace_fini(&told);
		free(json.data);
	}
}

enum { REPLAYS = 2, CAPTURED = 1000, CLONES = 1000000, GRAPH = 3 };
#define REPLAY_ID UINT32_C(4000000000) /* correlation of the first replay, above the eager ones */

/* When everything of TRACE is over. */
static int64_t end_of(const struct trace *trace)
{
	const struct trace_measured *last = &trace->measured[trace->kernel_count - 1];
	return last->start_ns + last->duration_ns + 1000000;
}

/* The nodes that a capture of the eager run's STEP and its instantiation would have made. */
static void add_nodes(struct build *build, const struct trace *trace, const struct sim_step *step)
{
	struct sim_diag diag;
	diag_init(&diag);
	for (unsigned i = 0; i < step->count; i++) {
		const struct trace_measured *measured = &trace->measured[step->first + i];
		struct build_node captured = {.time_ns = measured->launch_start_ns,
					      .node = CAPTURED + i,
					      .graph = GRAPH,
					      .thread = RETOLD_THREAD};
		struct build_node clone = {.time_ns = end_of(trace),
					   .node = CLONES + i,
					   .original = CAPTURED + i,
					   .graph = GRAPH + 1,
					   .thread = RETOLD_THREAD};
		assert_int_equal(build_add_node(build, &clone, &diag), SIM_OK);
		assert_int_equal(build_add_node(build, &captured, &diag), SIM_OK);
	}
}

static void add_replays(struct build *build, const struct trace *trace, const struct sim_step *step)
{
	struct sim_diag diag;
	diag_init(&diag);
	for (unsigned replay = 1; replay <= REPLAYS; replay++) {
		struct build_launch launch = {.start_ns = end_of(trace) * replay + 1,
					      .end_ns = end_of(trace) * replay + 2,
					      .correlation = REPLAY_ID + replay,
					      .thread = RETOLD_THREAD,
					      .flags = BUILD_LAUNCH_GRAPH};
		assert_int_equal(build_add_launch(build, &launch, &diag), SIM_OK);
		for (unsigned i = 0; i < step->count; i++) {
			struct build_kernel kernel = retold_kernel(trace, build, step->first + i);
			kernel.start_ns += end_of(trace) * replay;
			kernel.correlation = REPLAY_ID + replay;
			kernel.graph = GRAPH + 1;
			kernel.node = CLONES + i;
			assert_int_equal(build_add_kernel(build, &kernel, &diag), SIM_OK);
		}
	}
}

static void nodes_give_it_to_every_replay_of_a_graph(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct tally families[SIM_FAMILY_COUNT] = {0};
		struct trace trace, told;
		struct bytes json;
		size_t other;
		read_sample(files[i], &trace, &json);
		const struct sim_step *step = &trace.steps[trace.step_count - 1];
		struct build build;
		retold_open(&told, &build, &trace);
		add_nodes(&build, &trace, step);
		add_replays(&build, &trace, step);
		add_ranges(&build, &trace, &json, RETOLD_THREAD);
		retold_close(&told, &build);
		assert_int_equal(told.kernel_count, (size_t)step->count * REPLAYS);
		for (size_t k = 0; k < told.kernel_count; k++)
			compare(&trace, step->first + k % step->count, &told, k, families);
		double share = judge(files[i], families, &other);
		assert_int_equal(other, 0);
		assert_true(share >= 0.95);
		assert_int_equal(told.warnings, 0);
		assert_string_equal(told.steps_by, "graph launch");
		trace_fini(&trace);
		trace_fini(&told);
		free(json.data);
	}
}

/* No nodes were recorded, but the program ran the step before it captured it. */
static void a_run_before_the_capture_gives_it_to_the_replays(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct tally families[SIM_FAMILY_COUNT] = {0};
		struct trace trace, told;
		struct bytes json;
		struct build build;
		size_t other;
		read_sample(files[i], &trace, &json);
		const struct sim_step *step = &trace.steps[trace.step_count - 1];
		retold_open(&told, &build, &trace);
		add_eager(&build, &trace);
		add_replays(&build, &trace, step);
		add_ranges(&build, &trace, &json, RETOLD_THREAD);
		retold_close(&told, &build);
		assert_int_equal(told.kernel_count,
				 trace.kernel_count + (size_t)step->count * REPLAYS);
		for (size_t k = 0; k < (size_t)step->count * REPLAYS; k++) {
			size_t from = step->first + k % step->count;
			size_t replayed = trace.kernel_count + k;
			told.details[replayed].op_part = trace.details[from].op_part;
			if (told.details[replayed].op_name == 0) /* none is needed for a memset */
				told.details[replayed].op_name = told.details[from].op_name;
			compare(&trace, from, &told, replayed, families);
		}
		double share = judge(files[i], families, &other);
		assert_int_equal(other, 0);
		assert_true(share >= 0.95);
		assert_true(told.lacks & 1u << TRACE_LACK_SOME_WORK);
		trace_fini(&trace);
		trace_fini(&told);
		free(json.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dims_alone_give_the_work_of_an_eager_run),
		cmocka_unit_test(nodes_give_it_to_every_replay_of_a_graph),
		cmocka_unit_test(a_run_before_the_capture_gives_it_to_the_replays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
