/*
 * The plan of a decode step: the ops that a run names in its ranges, taken through the work rules as
 * an import of its trace takes them, must move and compute what the architecture says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/kernel.h"
#include "traces/nvtx_op.h"
#include "validate/bench/decode/options.h"
#include "validate/bench/decode/plan.h"
#include "validate/bench/decode/report.h"

enum { STEPS = 16 };

static struct decode_shape shape_of(const char *name, uint64_t batch, uint64_t context)
{
	struct workload_model model;
	struct decode_shape shape = {0};
	struct sim_diag diag;
	diag_init(&diag);
	if (model_load(name, &model, &diag) != SIM_OK ||
	    decode_shape_init(&shape, &model, batch, context, STEPS, 0, 0, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return shape;
}

static struct decode_plan plan_of(const struct decode_shape *shape, uint64_t length)
{
	struct decode_plan plan;
	struct sim_diag diag;
	diag_init(&diag);
	assert_int_equal(decode_plan_init(&plan, shape, length, &diag), SIM_OK);
	return plan;
}

/* Flops of GEMMs and of attention, and all of the rest. */
struct sums {
	struct decode_work all;
	uint64_t gemm_flops, attention_flops;
};

static struct sums sums_of(const struct decode_plan *plan)
{
	struct sums sums = {0};
	struct decode_work work;
	struct sim_diag diag;
	uint64_t partial = 0;
	diag_init(&diag);
	for (size_t i = 0; i < plan->count; i++)
		for (unsigned k = 0; k < plan->ops[i].kernel_count; k++) {
			const struct decode_op *op = &plan->ops[i];
			assert_int_equal(decode_op_work(op, k, &partial, &work, &diag), SIM_OK);
			if (!work.known)
				fail_msg("%s, kernel %u: work unknown", op->name, k);
			if (work.family == SIM_FAMILY_GEMM)
				sums.gemm_flops += work.flops;
			if (work.family == SIM_FAMILY_ATTN)
				sums.attention_flops += work.flops;
		}
	assert_int_equal(decode_plan_work(plan, &sums.all, &diag), SIM_OK);
	return sums;
}

static void check_work(const char *name, uint64_t batch, uint64_t context)
{
	struct decode_shape shape = shape_of(name, batch, context);
	const struct workload_model *model = &shape.model;
	struct model_parameters parameters = model_parameters(model);
	struct decode_plan plan = plan_of(&shape, context + 1);
	struct sums sums = sums_of(&plan);
	uint64_t attended = model_attended(model, context + 1);
	uint64_t matrices = parameters.attention + parameters.mlp + parameters.head;
	assert_int_equal(sums.all.weight_bytes, 2 * (parameters.read + batch * model->hidden));
	assert_int_equal(sums.all.kv_read_bytes, 2 * model->layers * model->kv_heads *
							 model->head_dim * attended * 2 * batch);
	assert_int_equal(sums.all.kv_write_bytes, 2 * batch * model_kv_elements(model));
	assert_int_equal(sums.gemm_flops, 2 * batch * matrices);
	assert_int_equal(sums.attention_flops,
			 4 * model->layers * batch * model->heads * attended * model->head_dim);
	/* norms, rotation, activation, merging: little beside */
	assert_in_range(sums.all.flops, sums.gemm_flops + sums.attention_flops,
			(sums.gemm_flops + sums.attention_flops) * 102 / 100);
	decode_plan_fini(&plan);
}

static bool is_runnable(const char *name)
{
	struct workload_model model;
	struct decode_shape shape;
	struct sim_diag diag;
	diag_init(&diag);
	if (model_load(name, &model, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	enum sim_status status = decode_shape_init(&shape, &model, 1, 1500, STEPS, 0, 0, &diag);
	if (status != SIM_OK)
		assert_int_equal(status, SIM_E_UNSUPPORTED);
	return status == SIM_OK;
}

static void a_step_moves_what_the_architecture_says(void **state)
{
	size_t runnable = 0;
	struct arena arena;
	struct sim_diag diag;
	const char **names;
	size_t count;
	(void)state;
	arena_init(&arena);
	diag_init(&diag);
	assert_int_equal(model_list(&arena, &names, &count, &diag), SIM_OK);
	for (size_t i = 0; i < count; i++) {
		if (!is_runnable(names[i]))
			continue;
		runnable++;
		check_work(names[i], 1, 0);
		check_work(names[i], 1, 1500);
		check_work(names[i], 16, 777);
	}
	assert_true(runnable >= 30);
	check_work("phi-3-mini", 2, 4000); /* beyond its window */
	check_work("llama-3.1-8b", 1, 131000);
	arena_fini(&arena);
}

static void memory_holds_weights_and_cache(void **state)
{
	static const char *const names[] = {"llama-3.2-1b", "qwen2.5-7b", "qwen3-8b"};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct decode_shape shape = shape_of(names[i], 3, 1000);
		struct decode_layout layout;
		struct sim_diag diag;
		diag_init(&diag);
		assert_int_equal(decode_layout_init(&layout, &shape, &diag), SIM_OK);
		assert_int_equal(layout.weight_bytes, 2 * model_parameters(&shape.model).total);
		assert_int_equal(layout.kv_bytes,
				 2 * 3 * (1000 + STEPS) * model_kv_elements(&shape.model));
		assert_true(layout.total_bytes >=
			    layout.weight_bytes + layout.kv_bytes + layout.other_bytes);
		assert_int_equal(layout.head == layout.embedding, shape.model.tied);
		decode_layout_fini(&layout);
	}
}

static void kernels_are_of_their_families(void **state)
{
	static const uint8_t families[][2] = {
		[DECODE_EMBEDDING] = {SIM_FAMILY_GATHER_VECTOR},
		[DECODE_NORM] = {SIM_FAMILY_NORM},
		[DECODE_ADD_NORM] = {SIM_FAMILY_NORM},
		[DECODE_QKV] = {SIM_FAMILY_GEMM},
		[DECODE_ROPE_APPEND] = {SIM_FAMILY_ROPE},
		[DECODE_ATTENTION] = {SIM_FAMILY_ATTN, SIM_FAMILY_ATTN_COMBINE},
		[DECODE_OUTPUT] = {SIM_FAMILY_GEMM},
		[DECODE_GATE_UP] = {SIM_FAMILY_GEMM},
		[DECODE_SILU_MUL] = {SIM_FAMILY_ELEMENTWISE_MATH},
		[DECODE_DOWN] = {SIM_FAMILY_GEMM},
		[DECODE_HEAD] = {SIM_FAMILY_GEMM},
		[DECODE_ARGMAX] = {SIM_FAMILY_ARGMAX},
		[DECODE_ARGMAX_COMBINE] = {SIM_FAMILY_ARGMAX},
	};
	struct decode_shape shape = shape_of("qwen3-4b", 2, 3000);
	struct decode_plan plan = plan_of(&shape, 3001);
	struct sim_diag diag;
	uint64_t partial = 0;
	(void)state;
	diag_init(&diag);
	assert_int_equal(plan.count, 1 + 36 * 9 + 4);
	assert_true(shape.splits > 1);
	for (size_t i = 0; i < plan.count; i++)
		for (unsigned k = 0; k < plan.ops[i].kernel_count; k++) {
			struct decode_work work;
			assert_int_equal(decode_op_work(&plan.ops[i], k, &partial, &work, &diag),
					 SIM_OK);
			assert_int_equal(work.family, families[plan.ops[i].kind][k]);
		}
	decode_plan_fini(&plan);
}

/* What the parts of attention leave is what their merging reads, at the splits of the grid. */
static void partial_results_are_told_by_the_grid(void **state)
{
	struct decode_shape shape = shape_of("llama-3.1-8b", 1, 4096);
	struct decode_plan plan = plan_of(&shape, 4097);
	const struct decode_op *op = &plan.ops[4];
	struct decode_work parts, merged;
	struct sim_diag diag;
	uint64_t partial = 0;
	(void)state;
	diag_init(&diag);
	assert_int_equal(op->kind, DECODE_ATTENTION);
	assert_int_equal(op->kernels[0].grid[0], 65); /* 64 tokens each at least, 4112 slots */
	assert_int_equal(op->kernels[0].grid[1], 8);
	assert_int_equal(decode_op_work(op, 0, &partial, &parts, &diag), SIM_OK);
	assert_int_equal(parts.act_write_bytes, 65 * 32 * (128 + 2) * 4);
	assert_int_equal(decode_op_work(op, 1, &partial, &merged, &diag), SIM_OK);
	assert_int_equal(merged.act_read_bytes, parts.act_write_bytes);
	assert_int_equal(merged.act_write_bytes, 32 * 128 * 2);
	decode_plan_fini(&plan);
}

static void texts_name_operands(void **state)
{
	struct decode_shape shape = shape_of("qwen2.5-0.5b", 2, 100);
	struct decode_plan plan = plan_of(&shape, 101);
	char text[DECODE_TEXT];
	(void)state;
	assert_string_equal(decode_op_nvtx(&plan.ops[0], text, sizeof(text)),
			    "aten::embedding, sizes = [[151936, 896], [2]], types = [bf16, i32]");
	assert_string_equal(
		decode_op_nvtx(&plan.ops[1], text, sizeof(text)),
		"aten::rms_norm, sizes = [[2, 896], [], [896]], types = [bf16, , bf16]");
	assert_string_equal(decode_op_nvtx(&plan.ops[2], text, sizeof(text)),
			    "aten::mm, sizes = [[2, 896], [896, 1152]], types = [bf16, bf16], "
			    "strides = [[896, 1], [1, 896]]");
	assert_string_equal(decode_op_nvtx(&plan.ops[4], text, sizeof(text)),
			    "aten::scaled_dot_product_attention, sizes = [[2, 14, 1, 64], "
			    "[2, 2, 101, 64], [2, 2, 101, 64]], types = [bf16, bf16, bf16], "
			    "strides = [[896, 64, 64, 1], [14848, 7424, 64, 1], "
			    "[14848, 7424, 64, 1]]");
	assert_string_equal(decode_op_shape(&plan.ops[plan.count - 1], text, sizeof(text)),
			    "[[2,38],[]]|[\"float\",\"\"]||[\"\",\"-1\"]");
	decode_plan_fini(&plan);
}

/* An import reads the range back to the operands the plan had. */
static void ranges_are_read_back(void **state)
{
	(void)state;
	struct decode_shape shape = shape_of("qwen3-1.7b", 2, 100);
	struct decode_plan plan = plan_of(&shape, 101);
	for (size_t i = 0; i < plan.count; i++) {
		char text[DECODE_TEXT], expected[DECODE_TEXT];
		struct nvtx_op op;
		decode_op_nvtx(&plan.ops[i], text, sizeof(text));
		decode_op_shape(&plan.ops[i], expected, sizeof(expected));
		assert_int_equal(nvtx_op_parse(text, strlen(text), &op), NVTX_OP_SIZED);
		assert_int_equal(op.name_length, strlen(plan.ops[i].name));
		assert_memory_equal(op.name, plan.ops[i].name, op.name_length);
		assert_string_equal(op.shape, expected);
	}
	decode_plan_fini(&plan);
}

static const struct {
	const char *name;
	uint64_t batch, context;
	const char *key; /* changed in the model */
	enum sim_status status;
	const char *message;
} refusals[] = {
	{"llama-3.2-1b", 0, 10, "", SIM_E_RANGE, "batch out of range: '0' (1 to 65535)"},
	{"llama-3.2-1b", 1, 131060, "", SIM_E_RANGE,
	 "context and steps are more than the positions of 'llama-3.2-1b': '131060' + '16' > "
	 "'131072'"},
	{"llama-3.2-1b", 1, 10, "gated", SIM_E_UNSUPPORTED,
	 "this run has no kernel for 'mlp.gated: false' of model 'llama-3.2-1b'"},
	{"llama-3.2-1b", 1, 10, "gelu", SIM_E_UNSUPPORTED,
	 "this run has no kernel for 'mlp.activation other than silu' of model 'llama-3.2-1b'"},
	{"llama-3.2-1b", 1, 10, "head", SIM_E_UNSUPPORTED,
	 "this run has no kernel for 'attention.head_dim, not a multiple of 8 up to 256' of model "
	 "'llama-3.2-1b'"},
	{"llama-3.2-1b", 1, 10, "hidden", SIM_E_UNSUPPORTED,
	 "this run has no kernel for 'hidden, not a multiple of 8' of model 'llama-3.2-1b'"},
};

static void what_kernels_cannot_do_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct workload_model model;
		struct decode_shape shape;
		struct sim_diag diag;
		const char *key = refusals[i].key;
		diag_init(&diag);
		assert_int_equal(model_load(refusals[i].name, &model, &diag), SIM_OK);
		model.gated = strcmp(key, "gated") != 0;
		model.activation = strcmp(key, "gelu") == 0 ? MODEL_GELU : MODEL_SILU;
		model.head_dim = strcmp(key, "head") == 0 ? 264 : 64;
		model.hidden += strcmp(key, "hidden") == 0;
		assert_int_equal(decode_shape_init(&shape, &model, refusals[i].batch,
						   refusals[i].context, STEPS, 0, 0, &diag),
				 refusals[i].status);
		assert_string_equal(diag.text, refusals[i].message);
	}
}

/* One model for each thing that the run's kernels do not do. */
static const struct {
	const char *name, *what;
} kinds[] = {
	{"mixtral-8x7b", "experts.count"},
	{"gpt-oss-20b", "experts.count"},
	{"deepseek-v2-lite", "experts.count"},
	{"mamba-2-370m", "mixer: state-space"},
	{"esm-2-650m", "encoder"},
	{"gpt2", "position: learned"},
	{"mpt-7b", "position: none"},
	{"falcon-180b", "norm.kind other than rms"},
	{"gemma-3-1b", "post_norms"},
	{"phi-3.5-mini", "rope.scaling: other"},
};

static void kinds_of_models_without_kernels_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct workload_model model;
		struct decode_shape shape;
		struct sim_diag diag;
		char expected[160];
		diag_init(&diag);
		assert_int_equal(model_load(kinds[i].name, &model, &diag), SIM_OK);
		assert_int_equal(decode_shape_init(&shape, &model, 1, 10, STEPS, 0, 0, &diag),
				 SIM_E_UNSUPPORTED);
		snprintf(expected, sizeof(expected),
			 "this run has no kernel for '%s' of model '%s'", kinds[i].what,
			 kinds[i].name);
		assert_string_equal(diag.text, expected);
	}
}

/* Each alone, on a model that runs. */
static void what_one_key_adds_is_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		struct workload_model model;
		struct decode_shape shape;
		struct sim_diag diag;
		diag_init(&diag);
		assert_int_equal(model_load("llama-3.2-1b", &model, &diag), SIM_OK);
		model.mixer = i == 0 ? MODEL_LATENT_ATTENTION : MODEL_ATTENTION;
		model.sinks = i == 1;
		model.logit_softcap = i == 2 ? 50 : 0;
		model.window_every = i == 3 ? 2 : 0;
		model.output_bias = i == 4;
		model.mlp_bias = i == 5;
		model.head_bias = i == 6;
		model.rotary_fraction = i == 7 ? 0.5 : 1;
		model.parameter_bits = i == 8 ? 8 : 16;
		assert_int_equal(decode_shape_init(&shape, &model, 1, 10, STEPS, 0, 0, &diag),
				 SIM_E_UNSUPPORTED);
	}
}

/* Groups divide the query heads of a KV head; splits never outnumber what the merging holds. */
static void work_is_cut_within_limits(void **state)
{
	static const unsigned ratios[] = {1, 2, 3, 7, 8, 9, 11, 14, 16, 24};
	static const unsigned groups[] = {1, 2, 3, 7, 8, 3, 1, 7, 8, 8};
	(void)state;
	for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++)
		for (uint64_t context = 0; context < 100000; context = context * 3 + 1) {
			struct workload_model model;
			struct decode_shape shape;
			struct sim_diag diag;
			diag_init(&diag);
			assert_int_equal(model_load("llama-3.2-1b", &model, &diag), SIM_OK);
			model.heads = ratios[i] * model.kv_heads;
			assert_int_equal(
				decode_shape_init(&shape, &model, 1, context, 1, 0, 0, &diag),
				SIM_OK);
			assert_int_equal(shape.group, groups[i]);
			assert_in_range(shape.splits, 1, DECODE_MOST_SPLITS);
			assert_true((shape.splits - 1) * DECODE_SPLIT_TOKENS <= context);
		}
}

static enum sim_status parse(const char *line, struct decode_options *options,
			     struct sim_diag *diag)
{
	static char text[256];
	char *argv[16] = {NULL};
	int argc = 0;
	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	diag_init(diag);
	return decode_options_parse(argc, argv, options, diag);
}

static void options_are_read(void **state)
{
	static const struct {
		const char *line, *message;
	} wrongs[] = {
		{"decode", "which model? (--help says more)"},
		{"decode m --bath 3", "unknown option '--bath' (did you mean '--batch'?)"},
		{"decode m --zzzzzzzz", "unknown option '--zzzzzzzz' (--help lists them)"},
		{"decode m --batch", "--batch needs a value"},
		{"decode m --batch 0", "--batch needs a whole number of at least 1: '0'"},
		{"decode m --batch -1", "--batch needs a whole number of at least 1: '-1'"},
		{"decode m --steps 99999999999999999999",
		 "--steps needs a whole number of at least 1: '99999999999999999999'"},
		{"decode m --batch 2x", "--batch needs a whole number of at least 1: '2x'"},
		{"decode m n", "more than one model: 'n'"},
		{"decode m --graph --eager", "--graph and --eager exclude each other"},
		{"decode m --check --dry-run", "--check and --dry-run exclude each other"},
		{"decode m --dry-run --json f", "--json holds times: leave out --check, --dry-run"},
		{"decode m --sms 4", "--sms is for --dry-run: a GPU says it itself"},
	};
	struct decode_options options;
	struct sim_diag diag;
	(void)state;
	assert_int_equal(parse("decode m --batch 3 --context 0 --graph --json f --seed 18446744073"
			       "709551615",
			       &options, &diag),
			 SIM_OK);
	assert_string_equal(options.model, "m");
	assert_string_equal(options.json, "f");
	assert_true(options.graph && !options.nvtx);
	assert_int_equal(options.batch, 3);
	assert_int_equal(options.context, 0);
	assert_int_equal(options.steps, 40);
	assert_true(options.seed == UINT64_MAX);
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		assert_int_equal(parse(wrongs[i].line, &options, &diag), SIM_E_USAGE);
		assert_string_equal(diag.text, wrongs[i].message);
	}
}

static void summaries_are_of_ranks(void **state)
{
	double odd[] = {3e-3, 1e-3, 2e-3}, many[40];
	(void)state;
	struct decode_summary summary = decode_summary_ms(odd, 3);
	assert_true(summary.median == 1e3 * 2e-3 && summary.min == 1);
	assert_true(summary.p05 == 1 && summary.p95 == 3);
	for (int i = 0; i < 40; i++)
		many[i] = (40 - i) * 1e-3;
	summary = decode_summary_ms(many, 40);
	assert_true(summary.median > 20.49 && summary.median < 20.51);
	assert_true(summary.p05 > 2.99 && summary.p05 < 3.01);
	assert_true(summary.p95 > 38.99 && summary.p95 < 39.01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_moves_what_the_architecture_says),
		cmocka_unit_test(memory_holds_weights_and_cache),
		cmocka_unit_test(kernels_are_of_their_families),
		cmocka_unit_test(partial_results_are_told_by_the_grid),
		cmocka_unit_test(texts_name_operands),
		cmocka_unit_test(ranges_are_read_back),
		cmocka_unit_test(what_kernels_cannot_do_is_refused),
		cmocka_unit_test(kinds_of_models_without_kernels_are_refused),
		cmocka_unit_test(what_one_key_adds_is_refused),
		cmocka_unit_test(work_is_cut_within_limits),
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(summaries_are_of_ranks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
