/* Op graphs: what ops cost, loops and blocks, and what is refused with its line. */
#include "tests/unit/case_fixture.h"

#include "workloads/graph.h"
#include "workloads/graph_op.h"

static struct workload_graph graph;
static struct workload_step step;
static struct sim_diag diag;

#define HEAD "graph: g\nsummary: s\nsource: w\n"

static enum sim_status parse(const char *text)
{
	diag_init(&diag);
	return graph_parse("g.yaml", text, strlen(text), &graph, &diag);
}

/* The kernels of TEXT, in `step`. */
static void lower(const char *text)
{
	enum sim_status status = parse(text);
	if (status == SIM_OK)
		status = step_init(&step, &diag);
	if (status == SIM_OK)
		status = graph_lower(&graph, 132, &step, &diag);
	if (status != SIM_OK)
		fail_msg("%s", diag.text);
}

static void done(void)
{
	step_fini(&step);
	graph_fini(&graph);
}

static const struct sim_kernel *kernel(size_t i)
{
	assert_true(i < step.kernel_count);
	return &step.kernels[i].kernel;
}

static void refuses_reading(enum sim_status want, const char *say, const char *text)
{
	assert_int_equal(parse(text), want);
	assert_says(&diag, say);
	assert_says(&diag, "g.yaml:");
	graph_fini(&graph);
}

static void refuses_lowering(const char *say, const char *text)
{
	if (parse(text) != SIM_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(step_init(&step, &diag), SIM_OK);
	assert_int_equal(graph_lower(&graph, 132, &step, &diag), SIM_E_RANGE);
	assert_says(&diag, say);
	done();
}

static void convolutions_count_their_work(void **state)
{
	(void)state;
	lower(HEAD "ops:\n"
		   "  - {op: conv2d, name: stem, n: 2, c: 3, h: 224, out: 16, r: 3, stride: 2}\n"
		   "  - {op: conv2d, name: wide, c: 8, h: 10, w: 20, out: 4, r: 1, s: 3, pad: 0}\n"
		   "  - {op: conv2d, name: grouped, c: 8, h: 10, out: 16, r: 3, groups: 4}\n"
		   "  - {op: conv2d, name: depthwise, c: 8, h: 10, out: 8, r: 5, groups: 8, dtype: "
		   "f32}\n");
	assert_int_equal(kernel(0)->flops, 2 * 2 * 112 * 112 * 16 * 27);
	assert_int_equal(kernel(0)->weight_bytes, 16 * 27 * 2);
	assert_int_equal(kernel(0)->act_read_bytes, 2 * 3 * 224 * 224 * 2);
	assert_int_equal(kernel(0)->act_write_bytes, 2 * 16 * 112 * 112 * 2);
	assert_int_equal(step.kernels[0].m, 2 * 112 * 112);
	assert_int_equal(step.kernels[0].k, 27);
	assert_int_equal(kernel(1)->flops, 2 * 10 * 18 * 4 * 8 * 3);
	assert_int_equal(kernel(2)->flops, 2 * 100 * 16 * 2 * 9);
	assert_int_equal(kernel(2)->weight_bytes, 16 * 2 * 9 * 2);
	assert_int_equal(kernel(2)->op, SIM_OP_GEMM);
	assert_int_equal(kernel(3)->flops, 2 * 100 * 8 * 25);
	assert_int_equal(kernel(3)->op, SIM_OP_ELEMENTWISE); /* the vector units' */
	assert_int_equal(kernel(3)->act_read_bytes, 800 * 4);
	assert_true(kernel(1)->flags & SIM_KERNEL_INPUT_HOT);
	done();
}

static void products_attention_and_scans_count_their_work(void **state)
{
	(void)state;
	lower(HEAD
	      "ops:\n"
	      "  - {op: matmul, name: a, m: 4, n: 5, k: 6}\n"
	      "  - {op: matmul, name: b, m: 4, n: 5, k: 6, batch: 3, weights: 0}\n"
	      "  - {op: attention, name: c, batch: 2, heads: 8, kv_heads: 2, queries: 3, keys: "
	      "100,\n"
	      "     head_dim: 64}\n"
	      "  - {op: attention, name: d, heads: 8, queries: 4, keys: 4, head_dim: 64, causal: "
	      "1}\n"
	      "  - {op: scan, name: e, batch: 2, tokens: 3, heads: 4, head_dim: 8, state: 16}\n");
	assert_int_equal(kernel(0)->flops, 240);
	assert_int_equal(kernel(0)->weight_bytes, 60);
	assert_int_equal(kernel(0)->act_read_bytes, 48);
	assert_int_equal(kernel(1)->flops, 720);
	assert_int_equal(kernel(1)->weight_bytes, 0);
	assert_int_equal(kernel(1)->act_read_bytes, 3 * (24 + 30) * 2);
	assert_int_equal(kernel(2)->flops, 4 * 2 * 8 * 3 * 100 * 64);
	assert_int_equal(kernel(2)->kv_read_bytes, 2 * 2 * 2 * 100 * 64 * 2);
	assert_int_equal(kernel(3)->flops, 4 * 8 * 4 * 4 * 64 / 2);
	assert_int_equal(kernel(4)->flops, 6 * 2 * 3 * 4 * 8 * 16);
	assert_int_equal(kernel(4)->act_write_bytes, 2 * 3 * 4 * 8 * 2 + 4 * 2 * 4 * 8 * 16);
	done();
}

/* A row of 4 bytes costs a sector of 32, one of 33 costs two. */
static void random_access_moves_whole_sectors(void **state)
{
	(void)state;
	lower(HEAD "ops:\n"
		   "  - {op: gather, name: a, rows: 10, row_bytes: 4}\n"
		   "  - {op: gather, name: b, rows: 10, row_bytes: 33}\n"
		   "  - {op: scatter, name: c, rows: 10, row_bytes: 32}\n"
		   "  - {op: scatter, name: d, rows: 10, row_bytes: 32, atomic: 1, sector: 64}\n");
	assert_int_equal(kernel(0)->act_read_bytes, 10 * (32 + 4));
	assert_int_equal(kernel(0)->act_write_bytes, 40);
	assert_int_equal(kernel(1)->act_read_bytes, 10 * (64 + 4));
	assert_int_equal(kernel(2)->act_write_bytes, 320);
	assert_int_equal(kernel(3)->act_read_bytes, 320 + 40 + 640);
	assert_int_equal(kernel(3)->act_write_bytes, 640);
	done();
}

static void windows_and_rows_count_their_bytes(void **state)
{
	(void)state;
	lower(HEAD "ops:\n"
		   "  - {op: pool, name: a, c: 4, h: 8, r: 2}\n"
		   "  - {op: resize, name: b, c: 4, h: 8, w: 4, scale: 2}\n"
		   "  - {op: norm, name: c, rows: 3, n: 10, dtype: f32}\n"
		   "  - {op: softmax, name: d, rows: 3, n: 10}\n"
		   "  - {op: elementwise, name: e, elements: 100, inputs: 2, outputs: 0}\n"
		   "  - {op: copy, name: f, bytes: 77}\n");
	assert_int_equal(kernel(0)->act_read_bytes, 512);
	assert_int_equal(kernel(0)->act_write_bytes, 128);
	assert_int_equal(kernel(0)->flops, 64 * 4);
	assert_int_equal(kernel(1)->act_read_bytes, 256);
	assert_int_equal(kernel(1)->act_write_bytes, 1024);
	assert_int_equal(kernel(2)->act_read_bytes, 120);
	assert_int_equal(kernel(3)->act_write_bytes, 60);
	assert_int_equal(kernel(4)->act_read_bytes, 400);
	assert_int_equal(kernel(4)->act_write_bytes, 0);
	assert_int_equal(kernel(5)->act_write_bytes, 77);
	done();
}

static void loops_skip_and_blocks_bind(void **state)
{
	(void)state;
	lower(HEAD "params: {steps: 10, skip: 25 %}\n"
		   "let: {twice: 2 * steps}\n"
		   "items: twice\n"
		   "holds: 100\n"
		   "blocks:\n"
		   "  inner: [{op: copy, name: x, bytes: size}]\n"
		   "  outer: [{use: inner, as: deep, repeat: 2, with: {size: size + 1}},\n"
		   "          {op: copy, name: y, bytes: size}]\n"
		   "ops:\n"
		   "  - {loop: pass, times: steps, skip: skip, index: i, ops: [\n"
		   "     {use: outer, as: o, with: {size: 100 * i}},\n"
		   "     {op: copy, name: never, when: i > 100, bytes: 1}]}\n");
	assert_int_equal(step.kernel_count, 8 * 3); /* 10 less floor(2.5) passes */
	assert_string_equal(names_text(&step.names, step.kernels[3].name), "pass.o.deep.x");
	assert_int_equal(kernel(3)->act_read_bytes, 101);
	assert_int_equal(kernel(5)->act_read_bytes, 100); /* the outer binding is back */
	double items, holds;
	assert_int_equal(graph_numbers(&graph, &items, &holds, &diag), SIM_OK);
	assert_true(items == 20 && holds == 100);
	assert_int_equal(graph_set(&graph, "steps", 1, &diag), SIM_OK);
	assert_int_equal(graph_lower(&graph, 132, &step, &diag), SIM_OK);
	assert_int_equal(step.kernel_count, 3);
	assert_int_equal(graph_set(&graph, "step", 1, &diag), SIM_E_NOT_FOUND);
	assert_says(&diag, "no parameter 'step' (did you mean 'steps'?)");
	done();
}

static void wrong_files_are_refused(void **state)
{
	(void)state;
	refuses_reading(SIM_E_NOT_FOUND, "missing key 'ops'", HEAD);
	refuses_reading(SIM_E_NOT_FOUND, "unknown key 'op'", HEAD "op: []\n");
	refuses_reading(SIM_E_NOT_FOUND, "g.yaml:4: no such op: 'conv' (did you mean",
			HEAD "ops: [{op: conv, name: a}]\n");
	refuses_reading(SIM_E_NOT_FOUND, "missing field 'c' (input channels)",
			HEAD "ops: [{op: conv2d, name: a, h: 1, out: 1}]\n");
	refuses_reading(SIM_E_NOT_FOUND, "unknown key 'size'",
			HEAD "ops: [{op: copy, name: a, bytes: 1, size: 2}]\n");
	refuses_reading(SIM_E_NOT_FOUND, "unknown name 'layers'",
			HEAD "ops: [{op: copy, name: a, bytes: layers}]\n");
	refuses_reading(SIM_E_NOT_FOUND, "no such block: 'b'", HEAD "ops: [{use: b}]\n");
	refuses_reading(SIM_E_PARSE, "block uses itself: 'b'",
			HEAD "blocks: {b: [{use: b}]}\nops: [{use: b}]\n");
	refuses_reading(SIM_E_NOT_FOUND, "missing key 'times'", HEAD "ops: [{loop: l, ops: []}]\n");
	refuses_reading(SIM_E_DUPLICATE, "name is taken: 'x'",
			HEAD "params: {x: 1}\nblocks: {b: []}\nops: [{use: b, with: {x: 2}}]\n");
	refuses_reading(SIM_E_NOT_FOUND, "unknown name 'a'", HEAD "let: {a: a}\nops: []\n");
	refuses_reading(SIM_E_NOT_FOUND, "an entry is an 'op', a 'use' or a 'loop'",
			HEAD "ops: [{name: a}]\n");
}

static void wrong_shapes_are_refused(void **state)
{
	(void)state;
	refuses_lowering("no op runs", HEAD "ops: []\n");
	refuses_lowering("g.yaml:4: 'a': 3 groups do not divide 8 and 8",
			 HEAD "ops: [{op: conv2d, name: a, c: 8, h: 4, out: 8, groups: 3}]\n");
	refuses_lowering("kernel is larger than the input",
			 HEAD "ops: [{op: conv2d, name: a, c: 8, h: 4, out: 8, r: 9, pad: 0}]\n");
	refuses_lowering("the window does not fit",
			 HEAD "ops: [{op: pool, name: a, c: 8, h: 4, r: 5}]\n");
	refuses_lowering("field is negative, or above 1e15: 'bytes'",
			 HEAD "ops: [{op: copy, name: a, bytes: -1}]\n");
	refuses_lowering("skip is not between 0 and 1: '1.5'",
			 HEAD "ops: [{loop: l, times: 2, skip: 1.5, ops: []}]\n");
	refuses_lowering("loop runs too often", HEAD "ops: [{loop: l, times: 1e12, ops: []}]\n");
	refuses_lowering("too often", HEAD
			 "ops: [{loop: l, times: 2000, ops: [{loop: m, times: 2000, ops: []}]}]\n");
	/* a name that only a block binds has no value outside of it */
	refuses_lowering("g.yaml:5: no value outside of the blocks or loops that bind it: 'x'",
			 HEAD "blocks: {b: []}\n"
			      "ops: [{use: b, with: {x: 2}}, {op: copy, name: a, bytes: x}]\n");
}

static void every_built_in_graph_lowers(void **state)
{
	struct arena arena;
	const char **names;
	size_t count;
	(void)state;
	arena_init(&arena);
	assert_int_equal(graph_list(&arena, &names, &count, &diag), SIM_OK);
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		diag_init(&diag);
		assert_int_equal(step_init(&step, &diag), SIM_OK);
		if (graph_load(names[i], &graph, &diag) != SIM_OK ||
		    graph_lower(&graph, 132, &step, &diag) != SIM_OK)
			fail_msg("%s", diag.text);
		assert_string_equal(graph.name, names[i]);
		done();
	}
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(convolutions_count_their_work),
		cmocka_unit_test(products_attention_and_scans_count_their_work),
		cmocka_unit_test(random_access_moves_whole_sectors),
		cmocka_unit_test(windows_and_rows_count_their_bytes),
		cmocka_unit_test(loops_skip_and_blocks_bind),
		cmocka_unit_test(wrong_files_are_refused),
		cmocka_unit_test(wrong_shapes_are_refused),
		cmocka_unit_test(every_built_in_graph_lowers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
