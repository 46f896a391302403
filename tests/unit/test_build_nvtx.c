/* Which range a kernel belongs to: nesting, threads, faults, graph nodes and their clones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "traces/build.h"

enum { THREAD = 4 };

static struct trace trace;
static struct build build;
static struct sim_diag diag;

static void begin(void)
{
	diag_init(&diag);
	trace_init(&trace);
	assert_int_equal(names_init(&trace.names), SIM_OK);
	build_init(&build, &trace, "made");
}

static void finish(void)
{
	if (build_finish(&build, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	build_fini(&build);
}

static uint32_t name(const char *text)
{
	uint32_t index;
	assert_int_equal(names_add(&trace.names, text, strlen(text), &index), SIM_OK);
	return index;
}

/* A kernel that starts at AT; its external id, correlation and node. */
static void kernel(int64_t at, uint64_t external_id, uint32_t correlation, uint64_t node)
{
	struct build_kernel added = {.detail = {.name = name("k"), .grid = {1, 1, 1}},
				     .start_ns = at,
				     .duration_ns = 1,
				     .external_id = external_id,
				     .correlation = correlation,
				     .node = node};
	assert_int_equal(build_add_kernel(&build, &added, &diag), SIM_OK);
}

static void launch(int64_t at, uint32_t correlation, uint32_t thread, uint8_t flags)
{
	struct build_launch added = {.start_ns = at,
				     .end_ns = at + 2,
				     .correlation = correlation,
				     .thread = thread,
				     .flags = flags};
	assert_int_equal(build_add_launch(&build, &added, &diag), SIM_OK);
}

/* A kernel launched at AT; the kernels of a test are in order of AT. */
static void launched(int64_t at, uint32_t thread)
{
	uint32_t correlation = (uint32_t)trace.kernel_count + 1;
	launch(at, correlation, thread, 0);
	kernel(at + 1000000, BUILD_NO_ID, correlation, 0);
}

static void range(int64_t start, int64_t end, uint32_t thread, const char *text)
{
	struct build_nvtx added = {start, end, thread, name(text)};
	assert_int_equal(build_add_nvtx(&build, &added, &diag), SIM_OK);
}

static void node(int64_t time, uint64_t id, uint64_t original)
{
	struct build_node added = {
		.time_ns = time, .node = id, .original = original, .thread = THREAD};
	assert_int_equal(build_add_node(&build, &added, &diag), SIM_OK);
}

static void assert_op(size_t index, const char *op, unsigned part)
{
	assert_true(index < trace.kernel_count);
	assert_string_equal(names_text(&trace.names, trace.details[index].op_name), op);
	assert_int_equal(trace.details[index].op_part, part);
}

static void the_innermost_op_counts(void **state)
{
	(void)state;
	begin();
	range(100, 200, THREAD, "outer, sizes = [[1]]");
	range(110, 150, THREAD, "inner, sizes = [[2]]");
	range(112, 130, THREAD, "a range of no op");
	range(140, 145, THREAD, "aten::mm");
	range(160, 190, THREAD, "aten::mm, sizes = oops");
	launched(99, THREAD);
	launched(100, THREAD);
	launched(115, THREAD);
	launched(120, THREAD);
	launched(145, THREAD); /* until its end */
	launched(150, THREAD);
	launched(151, THREAD);
	launched(170, THREAD); /* what cannot be read hides what is around it */
	launched(201, THREAD);
	finish();
	assert_op(0, "", 0);
	assert_op(1, "outer", 0);
	assert_op(2, "inner", 0);
	assert_op(3, "inner", 1);
	assert_op(4, "aten::mm", 0);
	assert_op(5, "inner", 2);
	assert_op(6, "outer", 1);
	assert_op(7, "aten::mm", 0);
	assert_op(8, "", 0);
	assert_string_equal(names_text(&trace.names, trace.details[2].op_shape), "[[2]]|||");
	assert_int_equal(trace.details[4].op_shape, 0);
	assert_int_equal(trace.details[7].op_shape, 0);
	assert_int_equal(trace.warnings, 1);
	assert_non_null(strstr(trace.warning, "operands cannot be read"));
	trace_fini(&trace);
}

static void threads_do_not_mix(void **state)
{
	(void)state;
	begin();
	range(100, 200, THREAD, "ours, sizes = []");
	range(100, 200, 0, "nobody's, sizes = []");
	launched(150, THREAD);
	launched(151, THREAD + 1);
	launched(152, 0);
	finish();
	assert_op(0, "ours", 0);
	assert_op(1, "", 0);
	assert_op(2, "", 0);
	trace_fini(&trace);
}

static void each_run_of_an_op_is_one(void **state)
{
	(void)state;
	begin();
	for (int64_t at = 100; at < 400; at += 100) {
		range(at, at + 50, THREAD, "aten::mm, sizes = [[1]]");
		launched(at + 10, THREAD);
		launched(at + 20, THREAD);
	}
	finish();
	for (size_t i = 0; i < 6; i++)
		assert_op(i, "aten::mm", i % 2);
	trace_fini(&trace);
}

static void ranges_that_cross_count_from_the_last_begun(void **state)
{
	(void)state;
	begin();
	range(100, 150, THREAD, "a, sizes = []");
	range(120, 180, THREAD, "b, sizes = []");
	launched(110, THREAD);
	launched(130, THREAD);
	launched(160, THREAD);
	finish();
	assert_op(0, "a", 0);
	assert_op(1, "b", 0);
	assert_op(2, "b", 1);
	assert_int_equal(trace.warnings, 1);
	assert_non_null(strstr(trace.warning, "cross on thread 4"));
	trace_fini(&trace);
}

static void a_range_without_end_gives_nothing_away(void **state)
{
	(void)state;
	begin();
	range(100, 200, THREAD, "outer, sizes = []");
	range(120, 0, THREAD, "open, sizes = []");
	range(140, 150, THREAD, "within, sizes = []");
	range(300, INT64_MIN, THREAD, "last, sizes = []");
	launched(110, THREAD);
	launched(130, THREAD);
	launched(145, THREAD);
	launched(160, THREAD);
	launched(250, THREAD);
	launched(310, THREAD);
	finish();
	assert_op(0, "outer", 0);
	assert_op(1, "", 0);
	assert_op(2, "within", 0);
	assert_op(3, "", 0);
	assert_op(4, "", 0);
	assert_op(5, "", 0);
	assert_int_equal(trace.warnings, 2);
	assert_string_equal(trace.warning,
			    "NVTX range of op 'open' does not end, or before its start");
	trace_fini(&trace);
}

static void what_the_profiler_says_comes_first(void **state)
{
	(void)state;
	begin();
	struct build_op known = {.external_id = UINT64_MAX - 1, .name = name("aten::add")};
	assert_int_equal(build_add_op(&build, &known, &diag), SIM_OK);
	range(100, 200, THREAD, "aten::mm, sizes = []");
	launch(110, 1, THREAD, 0);
	kernel(1000, UINT64_MAX - 1, 1, 0);
	launch(120, 2, THREAD, 0);
	kernel(2000, 77, 2, 0); /* an id that nobody explains */
	finish();
	assert_op(0, "aten::add", 0);
	assert_op(1, "", 0); /* no id is left above the profiler's */
	assert_non_null(strstr(trace.warning, "no external ids are left"));
	trace_fini(&trace);
	begin();
	known = (struct build_op){.external_id = 9, .name = name("aten::add")};
	assert_int_equal(build_add_op(&build, &known, &diag), SIM_OK);
	range(100, 200, THREAD, "aten::mm, sizes = []");
	launch(110, 1, THREAD, 0);
	kernel(1000, 9, 1, 0);
	launch(120, 2, THREAD, 0);
	kernel(2000, 77, 2, 0);
	finish();
	assert_op(0, "aten::add", 0);
	assert_op(1, "aten::mm", 0);
	trace_fini(&trace);
}

static void nodes_lead_to_their_capture(void **state)
{
	(void)state;
	begin();
	range(100, 200, THREAD, "aten::mm, sizes = [[1]]");
	range(210, 220, THREAD, "aten::add, sizes = [[2]]");
	range(900, 1200, THREAD, "aten::replay, sizes = [[3]]");
	node(110, 1, 0);
	node(120, 2, 0);
	node(215, 3, 0);
	for (uint64_t i = 1; i <= 3; i++) {
		node(500, 10 + i, i);	   /* instantiated, */
		node(501, 10 + i, 0);	   /* and also said to be created then, */
		node(600, 20 + i, 10 + i); /* and cloned again */
	}
	for (uint32_t replay = 1; replay <= 2; replay++) {
		launch(900 + replay * 10, replay, THREAD, BUILD_LAUNCH_GRAPH);
		for (uint64_t i = 1; i <= 3; i++)
			kernel((int64_t)(2000 * replay + i), BUILD_NO_ID, replay, 20 + i);
	}
	finish();
	for (size_t i = 0; i < 6; i += 3) {
		assert_op(i, "aten::mm", 0);
		assert_op(i + 1, "aten::mm", 1);
		assert_op(i + 2, "aten::add", 0);
	}
	trace_fini(&trace);
}

static void broken_chains_give_nothing(void **state)
{
	(void)state;
	begin();
	range(100, 200, THREAD, "aten::mm, sizes = [[1]]");
	node(110, 1, 2); /* a ring, */
	node(110, 2, 1);
	node(110, 3, 3);		   /* one of itself, */
	node(110, 4, 404);		   /* a clone of nothing, */
	for (uint64_t i = 0; i < 100; i++) /* a chain too long to be one, */
		node(110, 100 + i, 101 + i);
	node(110, 200, 0);
	node(5000, 5, 0); /* and a node that is only created after it ran */
	launch(900, 1, THREAD, BUILD_LAUNCH_GRAPH);
	static const uint64_t ids[] = {1, 3, 4, 100, 5, 0, 77};
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		kernel((int64_t)(2000 + i), BUILD_NO_ID, 1, ids[i]);
	finish();
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_op(i, "", 0);
	trace_fini(&trace);
}

/* An id that is used again means what it meant when the graph was launched. */
static void ids_of_nodes_may_be_used_again(void **state)
{
	(void)state;
	begin();
	range(100, 200, THREAD, "aten::mm, sizes = [[1]]");
	range(1000, 1100, THREAD, "aten::add, sizes = [[1]]");
	node(110, 1, 0);
	node(1010, 1, 0);
	launch(500, 1, THREAD, BUILD_LAUNCH_GRAPH);
	kernel(600, BUILD_NO_ID, 1, 1);
	launch(1500, 2, THREAD, BUILD_LAUNCH_GRAPH);
	kernel(1600, BUILD_NO_ID, 2, 1);
	finish();
	assert_op(0, "aten::mm", 0);
	assert_op(1, "aten::add", 0);
	trace_fini(&trace);
}

/* A deep stack, and many ranges at one moment: linear after sorting. */
static void many_ranges_are_no_matter(void **state)
{
	enum { DEEP = 50000, WIDE = 50000 };
	char text[64];
	(void)state;
	begin();
	for (int64_t i = 0; i < DEEP; i++) {
		snprintf(text, sizeof(text), "deep%d, sizes = []", (int)(i % 7));
		range(i, 4 * DEEP - i, THREAD, text);
	}
	for (int64_t i = 0; i < WIDE; i++)
		range(DEEP, DEEP, THREAD, "wide, sizes = []");
	launched(DEEP, THREAD);
	launched(4 * DEEP - 2, THREAD);
	finish();
	assert_op(0, "wide", 0);
	assert_op(1, "deep2", 0);
	trace_fini(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_innermost_op_counts),
		cmocka_unit_test(threads_do_not_mix),
		cmocka_unit_test(each_run_of_an_op_is_one),
		cmocka_unit_test(ranges_that_cross_count_from_the_last_begun),
		cmocka_unit_test(a_range_without_end_gives_nothing_away),
		cmocka_unit_test(what_the_profiler_says_comes_first),
		cmocka_unit_test(nodes_lead_to_their_capture),
		cmocka_unit_test(broken_chains_give_nothing),
		cmocka_unit_test(ids_of_nodes_may_be_used_again),
		cmocka_unit_test(many_ranges_are_no_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
