/*
 * The decode run's kernels and launches, emulated: every op of a step against plain double
 * precision, over head widths, group sizes, splits, windows and odd sizes; under three orders of
 * threads; launched one by one and as a graph.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "validate/bench/decode/run.cuh"

extern "C" {
#include <cmocka.h>
}

struct shape_case {
	unsigned heads, kv_heads, head_dim;
	unsigned batch, context, splits; /* splits 0: as the shape says */
	unsigned window;
	bool bias, norm;
	unsigned hidden, intermediate, vocabulary;
};

/* clang-format off */
static const struct shape_case cases[] = {
	/* head widths: 8, 16 and 32 lanes, full and not */
	{2, 1, 8, 1, 70, 3, 0, false, false, 64, 64, 97},
	{4, 2, 64, 2, 130, 0, 0, false, false, 64, 72, 300},
	{4, 2, 80, 1, 65, 2, 0, true, false, 72, 64, 97},
	{2, 2, 96, 1, 50, 1, 0, false, true, 64, 64, 97},
	{4, 1, 128, 1, 33, 2, 0, false, true, 264, 64, 97},
	{2, 1, 136, 1, 40, 2, 0, true, true, 64, 64, 97},
	{2, 1, 256, 2, 40, 3, 0, false, true, 64, 64, 97},
	/* query heads of a KV head: 1 to 8 in a block, and more than a block has */
	{1, 1, 64, 1, 40, 2, 0, false, false, 64, 64, 97},
	{2, 1, 64, 1, 40, 2, 0, false, false, 64, 64, 97},
	{3, 1, 64, 1, 40, 2, 0, false, false, 64, 64, 97},
	{8, 2, 128, 1, 40, 2, 0, false, false, 64, 64, 97},
	{5, 1, 64, 1, 40, 2, 0, false, false, 64, 64, 97},
	{12, 2, 64, 1, 40, 2, 0, false, false, 64, 64, 97},
	{14, 2, 64, 1, 40, 2, 0, true, false, 64, 64, 97},
	{8, 1, 64, 1, 40, 2, 0, false, false, 64, 64, 97},
	{18, 1, 64, 1, 40, 2, 0, false, false, 64, 64, 97},
	{11, 1, 64, 1, 40, 2, 0, false, false, 64, 64, 97},
	{32, 2, 128, 1, 20, 1, 0, false, false, 64, 64, 97},
	/* lengths: one token, few tokens for many splits, one more than splits share evenly */
	{2, 1, 64, 1, 0, 1, 0, false, false, 64, 64, 97},
	{2, 1, 64, 2, 0, 5, 0, false, false, 64, 64, 97},
	{4, 2, 64, 1, 1, 2, 0, false, false, 64, 64, 97},
	{4, 2, 64, 1, 15, 16, 0, false, false, 64, 64, 97},
	{4, 2, 64, 1, 16, 16, 0, false, false, 64, 64, 97},
	{4, 2, 64, 1, 17, 16, 0, false, false, 64, 64, 97},
	{4, 2, 64, 1, 255, 4, 0, false, false, 64, 64, 97},
	{4, 2, 64, 1, 256, 4, 0, false, false, 64, 64, 97},
	{4, 2, 96, 1, 257, 128, 0, false, false, 64, 64, 97},
	{2, 1, 128, 1, 601, 0, 0, false, false, 64, 64, 97},
	/* windows: wider than the cache, as wide, narrower */
	{4, 2, 64, 1, 40, 3, 50, false, false, 64, 64, 97},
	{4, 2, 64, 1, 40, 3, 41, false, false, 64, 64, 97},
	{4, 2, 64, 2, 40, 3, 17, false, false, 64, 64, 97},
	{4, 2, 64, 1, 40, 2, 1, false, false, 64, 64, 97},
	/* rows wider than a block's threads take at once; logits of one, several and partly filled blocks */
	{2, 1, 64, 1, 9, 0, 0, false, false, 2056, 16, 2},
	{2, 1, 64, 3, 9, 0, 0, false, false, 24, 4104, 4096},
	{2, 1, 64, 5, 9, 0, 0, true, false, 64, 64, 4097},
	{2, 1, 64, 2, 9, 0, 0, true, true, 8, 8, 12301},
};
/* clang-format on */

static struct decode_shape shape_of(const struct shape_case *it, uint64_t steps, uint64_t layers)
{
	struct workload_model model = {};
	model.rotary_fraction = 1;
	model.parameter_bits = model.expert_bits = 16;
	struct decode_shape shape;
	struct sim_diag diag;
	snprintf(model.name, sizeof(model.name), "made-up");
	model.layers = layers;
	model.hidden = it->hidden;
	model.heads = it->heads;
	model.kv_heads = it->kv_heads;
	model.head_dim = it->head_dim;
	model.window = it->window;
	model.intermediate = it->intermediate;
	model.vocabulary = it->vocabulary;
	model.positions = 1 << 20;
	model.qkv_bias = it->bias;
	model.qk_norm = it->norm;
	model.gated = true;
	model.tied = it->bias;
	model.norm_epsilon = 1e-5;
	model.rope_theta = 10000;
	diag_init(&diag);
	if (decode_shape_init(&shape, &model, it->batch, it->context, steps, 0, 4, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	if (it->splits > 0)
		shape.splits = it->splits;
	return shape;
}

static void every_op_gives_what_it_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct decode_shape shape = shape_of(&cases[i], 1 + i % 3, 2);
		struct sim_diag diag;
		diag_init(&diag);
		if (decode_gpu_check(&shape, i, &diag) != SIM_OK)
			fail_msg("case %zu: %s", i, diag.text);
	}
}

/* All memory after a step of PLAN launched under ORDER. */
static std::vector<unsigned char> memory_after(const struct decode_shape *shape,
					       emulate_ordering order)
{
	struct decode_run run;
	struct decode_plan plan;
	struct sim_diag diag;
	diag_init(&diag);
	emulate_order = order;
	enum sim_status status = decode_plan_init(&plan, shape, shape->context + 1, &diag);
	if (status == SIM_OK)
		status = decode_run_open(&run, shape, 7, &diag);
	for (size_t i = 0; i < plan.count && status == SIM_OK; i++)
		status = decode_launch(&run, &plan.ops[i], &diag);
	if (status != SIM_OK)
		fail_msg("%s", diag.text);
	std::vector<unsigned char> bytes(run.memory, run.memory + run.layout.total_bytes);
	decode_run_close(&run);
	decode_plan_fini(&plan);
	emulate_order = EMULATE_ASCENDING;
	return bytes;
}

/* A barrier that is missing shows as a result that depends on who runs first. */
static void results_do_not_depend_on_the_order_of_threads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i += 3) {
		struct decode_shape shape = shape_of(&cases[i], 1, 1);
		std::vector<unsigned char> first = memory_after(&shape, EMULATE_ASCENDING);
		for (int order = 1; order < EMULATE_ORDERS; order++)
			assert_true(first == memory_after(&shape, (emulate_ordering)order));
	}
}

/* Splits change who computes what, not what comes out, beyond rounding. */
static void splits_change_nothing(void **state)
{
	struct decode_run run[2];
	struct decode_plan plan[2];
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct shape_case it = cases[1];
		struct sim_diag diag;
		diag_init(&diag);
		it.splits = i == 0 ? 1 : 13;
		struct decode_shape shape = shape_of(&it, 1, 1);
		assert_int_equal(decode_plan_init(&plan[i], &shape, it.context + 1, &diag), SIM_OK);
		assert_int_equal(decode_run_open(&run[i], &shape, 3, &diag), SIM_OK);
		for (size_t k = 0; k < plan[i].count; k++)
			assert_int_equal(decode_launch(&run[i], &plan[i].ops[k], &diag), SIM_OK);
	}
	/* what comes before is placed alike, so that the same numbers fill it */
	assert_int_equal(run[0].layout.attended, run[1].layout.attended);
	const bf16 *one = decode_at<bf16>(&run[0], run[0].layout.attended);
	const bf16 *many = decode_at<bf16>(&run[1], run[1].layout.attended);
	for (size_t i = 0; i < 2 * run[0].shape.queries; i++)
		assert_true(fabsf(bf16_value(one[i]) - bf16_value(many[i])) <=
			    fabsf(bf16_value(one[i])) / 128 + 1e-4f);
	for (int i = 0; i < 2; i++) {
		decode_run_close(&run[i]);
		decode_plan_fini(&plan[i]);
	}
}

/* Logits by hand: of equal ones the first wins, wherever it is; nothing but NaN gives token 0. */
static void argmax_takes_the_first_of_the_largest(void **state)
{
	static const struct {
		unsigned at[3];
		unsigned best;
	} rows[] = {{{12300, 4096, 8191}, 4096}, {{0, 1, 2}, 0}, {{4095, 4096, 12300}, 4095}};
	struct decode_shape shape = shape_of(&cases[35], 1, 1);
	struct decode_run run;
	struct decode_plan plan;
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	assert_int_equal(shape.model.vocabulary, 12301);
	assert_int_equal(decode_plan_init(&plan, &shape, 10, &diag), SIM_OK);
	assert_int_equal(decode_run_open(&run, &shape, 3, &diag), SIM_OK);
	bf16 *logits = decode_at<bf16>(&run, run.layout.logits);
	int32_t *tokens = decode_at<int32_t>(&run, run.layout.tokens);
	for (size_t i = 0; i < 3; i++) {
		for (unsigned j = 0; j < 12301; j++) {
			logits[j] = bf16_round(-3);
			logits[12301 + j] = bf16_round(NAN);
		}
		for (size_t j = 0; j < 3; j++)
			logits[rows[i].at[j]] = bf16_round(-2);
		assert_int_equal(decode_launch(&run, &plan.ops[plan.count - 2], &diag), SIM_OK);
		assert_int_equal(decode_launch(&run, &plan.ops[plan.count - 1], &diag), SIM_OK);
		assert_int_equal(tokens[0], rows[i].best);
		assert_int_equal(tokens[1], 0);
		assert_int_equal(*decode_at<int32_t>(&run, run.layout.position), 9 + i + 1);
	}
	decode_run_close(&run);
	decode_plan_fini(&plan);
}

/* The launches that were made, each in the range of its op; a template's name ends in '_'. */
static void assert_launches(const struct decode_plan *plan, size_t *at)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct decode_op *op = &plan->ops[i];
		char range[DECODE_TEXT], expected[2 * DECODE_TEXT];
		decode_op_nvtx(op, range, sizeof(range));
		for (unsigned k = 0; k < op->kernel_count; k++) {
			const struct decode_kernel *kernel = &op->kernels[k];
			std::string made = emulated_launches.at((*at)++);
			size_t mark = made.find("_ ");
			if (mark != std::string::npos)
				made.erase(mark, 1);
			snprintf(expected, sizeof(expected), "%s %ux%ux%u of %u in %s",
				 kernel->name == NULL ? "" : kernel->name, kernel->grid[0],
				 kernel->grid[1], kernel->grid[2], kernel->threads, range);
			if (kernel->name == NULL)
				snprintf(expected, sizeof(expected), "gemm in %s", range);
			assert_string_equal(made.c_str(), expected);
		}
	}
}

enum { STEPS = 3 };

static int32_t timed(const struct decode_shape *shape, bool graph, bool ranges)
{
	double step_s[STEPS], launch_s[STEPS];
	struct decode_request request = {};
	struct decode_times times = {step_s, launch_s, 0, 0};
	struct sim_diag diag;
	diag_init(&diag);
	request.steps = STEPS;
	request.warmup = 2;
	request.seed = 5;
	request.graph = graph;
	request.ranges = ranges;
	emulated_launches.clear();
	if (decode_gpu_time(shape, &request, &times, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	assert_true(emulated_ranges.empty());
	for (int i = 0; i < STEPS; i++)
		assert_true(step_s[i] >= launch_s[i] && launch_s[i] >= 0);
	return (int32_t)times.graph_nodes;
}

static size_t fills_of(const struct decode_shape *shape)
{
	size_t fills = 0;
	for (const std::string &launch : emulated_launches)
		fills += launch.compare(0, 11, "decode_fill") == 0;
	assert_true(fills > 2 * shape->model.layers);
	return fills;
}

/* Eagerly every step says its own length. */
static void eager_steps_launch_the_plan_in_its_ranges(void **state)
{
	struct decode_shape shape = shape_of(&cases[1], STEPS, 2);
	struct decode_plan plan;
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	assert_int_equal(timed(&shape, false, true), 0);
	assert_int_equal(decode_plan_init(&plan, &shape, 1, &diag), SIM_OK);
	size_t kernels = 0, at = fills_of(&shape);
	for (size_t i = 0; i < plan.count; i++)
		kernels += plan.ops[i].kernel_count;
	assert_int_equal(emulated_launches.size(), at + (1 + 2 + STEPS) * kernels);
	for (size_t i = at; i < at + 3 * kernels; i++)
		assert_non_null(strstr(emulated_launches[i].c_str(), "in no range"));
	at += 3 * kernels;
	for (uint64_t step = 0; step < STEPS; step++) {
		for (size_t i = 0; i < plan.count; i++)
			decode_op_at_length(&plan.ops[i], &shape, shape.context + step + 1);
		assert_launches(&plan, &at);
	}
	decode_plan_fini(&plan);
}

/* Captured once, in ranges of the middle step; played from then on without a launch of its own. */
static void a_graph_is_captured_in_its_ranges(void **state)
{
	struct decode_shape shape = shape_of(&cases[1], STEPS, 2);
	struct decode_plan plan;
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	int32_t nodes = timed(&shape, true, true);
	assert_int_equal(decode_plan_init(&plan, &shape, shape.context + 2, &diag), SIM_OK);
	size_t kernels = 0, at = fills_of(&shape);
	for (size_t i = 0; i < plan.count; i++)
		kernels += plan.ops[i].kernel_count;
	assert_int_equal(nodes, kernels);
	assert_int_equal(emulated_launches.size(), at + 2 * kernels);
	at += kernels;
	assert_launches(&plan, &at);
	decode_plan_fini(&plan);
}

static void without_ranges_there_are_none(void **state)
{
	struct decode_shape shape = shape_of(&cases[1], STEPS, 1);
	(void)state;
	(void)timed(&shape, true, false);
	for (const std::string &launch : emulated_launches)
		assert_non_null(strstr(launch.c_str(), "in no range"));
}

static void what_does_not_fit_is_refused(void **state)
{
	struct shape_case it = cases[1];
	struct sim_diag diag;
	(void)state;
	it.context = 1 << 19;
	it.batch = 64;
	struct decode_shape shape = shape_of(&it, 1, 1);
	diag_init(&diag);
	assert_int_equal(decode_gpu_check(&shape, 1, &diag), SIM_E_INFEASIBLE);
	assert_non_null(strstr(diag.text, "does not fit: 'made-up' at batch '64', context "
					  "'524288' needs 16.0"));
	assert_non_null(strstr(diag.text, "KV cache 16.00"));
	assert_non_null(strstr(diag.text, "of 1.00 GiB are free"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_op_gives_what_it_should),
		cmocka_unit_test(results_do_not_depend_on_the_order_of_threads),
		cmocka_unit_test(splits_change_nothing),
		cmocka_unit_test(argmax_takes_the_first_of_the_largest),
		cmocka_unit_test(eager_steps_launch_the_plan_in_its_ranges),
		cmocka_unit_test(a_graph_is_captured_in_its_ranges),
		cmocka_unit_test(without_ranges_there_are_none),
		cmocka_unit_test(what_does_not_fit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
