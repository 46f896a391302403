/* Model files: architecture to parameters, against what publishers count and what traces read. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "traces/trace.h"
#include "workloads/model.h"

#define INVALID "tests/data/invalid/"
#define SAMPLES "traces/samples/h100/"

static struct workload_model load(const char *name)
{
	struct workload_model model;
	struct sim_diag diag;
	diag_init(&diag);
	if (model_load(name, &model, &diag) != SIM_OK)
		fail_msg("%s: %s", name, diag.text);
	return model;
}

/* Written here once more, so that neither file nor formula can be wrong alone. */
static const struct {
	const char *name;
	uint64_t parameters;
	uint64_t kv_elements; /* a token */
} published[] = {
	{"deepseek-v2-lite", 15706484224, 15552},
	{"deepseek-v3", 671026419200, 35136},
	{"falcon-180b", 179522565120, 81920},
	{"gemma-3-12b", 11766034176, 196608},
	{"gemma-3-1b", 999885952, 13312},
	{"gemma-3-27b", 27009346304, 253952},
	{"gemma-3-4b", 3880263168, 69632},
	{"gpt-2-small", 124439808, 18432},
	{"gpt-oss-120b", 116829156672, 36864},
	{"gpt-oss-20b", 20914757184, 24576},
	{"gpt2", 124439808, 18432},
	{"llada2.0-mini", 16255643392, 20480},
	{"llama-13b", 13015864320, 409600},
	{"llama-2-13b", 13015864320, 409600},
	{"llama-2-70b", 68976648192, 163840},
	{"llama-2-7b", 6738415616, 262144},
	{"llama-3-70b", 70553706496, 163840},
	{"llama-3-8b", 8030261248, 65536},
	{"llama-3.1-405b", 405853388800, 258048},
	{"llama-3.1-70b", 70553706496, 163840},
	{"llama-3.1-8b", 8030261248, 65536},
	{"llama-3.2-1b", 1235814400, 16384},
	{"llama-3.2-3b", 3212749824, 57344},
	{"llama-3.3-70b", 70553706496, 163840},
	{"llama-30b", 32528943616, 798720},
	{"llama-33b", 32528943616, 798720},
	{"llama-65b", 65285660672, 1310720},
	{"llama-7b", 6738415616, 262144},
	{"mistral-7b-v0.3", 7248023552, 65536},
	{"mixtral-8x7b", 46702792704, 65536},
	{"olmoe-1b-7b", 6919161856, 65536},
	{"phi-3-mini", 3821079552, 196608},
	{"phi-3.5-mini", 3821079552, 196608},
	{"qwen1.5-moe-a2.7b", 14315784192, 98304},
	{"qwen2.5-0.5b", 494032768, 6144},
	{"qwen2.5-1.5b", 1543714304, 14336},
	{"qwen2.5-14b", 14770033664, 98304},
	{"qwen2.5-32b", 32763876352, 131072},
	{"qwen2.5-3b", 3085938688, 18432},
	{"qwen2.5-72b", 72706203648, 163840},
	{"qwen2.5-7b", 7615616512, 28672},
	{"qwen3-0.6b", 596049920, 57344},
	{"qwen3-1.7b", 1720574976, 57344},
	{"qwen3-14b", 14768307200, 81920},
	{"qwen3-235b-a22b", 235093634560, 96256},
	{"qwen3-30b-a3b", 30532122624, 49152},
	{"qwen3-32b", 32762123264, 131072},
	{"qwen3-4b", 4022468096, 73728},
	{"qwen3-8b", 8190735360, 73728},
	{"smollm2-1.7b", 1711376384, 98304},
	{"smollm2-135m", 134515008, 11520},
	{"smollm3-3b", 3075098624, 36864},
	{"tinyllama-1.1b", 1100048384, 11264},
	{"yi-34b", 34388917248, 122880},
};

static void parameters_are_as_published(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		struct workload_model model = load(published[i].name);
		struct model_parameters sum = model_parameters(&model);
		assert_true(model.published_source[0] != '\0');
		assert_int_equal(sum.total, published[i].parameters);
		assert_int_equal(sum.total, model.published_parameters);
		assert_int_equal(model_kv_elements(&model), published[i].kv_elements);
		if (model.experts == 0 && model.position != MODEL_POSITION_LEARNED)
			assert_int_equal(sum.read, sum.total - (model.tied ? 0 : sum.embedding));
	}
}

/* Those whose publisher rounds, or counts something beside the model, are near. */
static void every_built_in_model_is_sound(void **state)
{
	struct arena arena;
	struct sim_diag diag;
	const char **names;
	size_t count;
	(void)state;
	arena_init(&arena);
	diag_init(&diag);
	assert_int_equal(model_list(&arena, &names, &count, &diag), SIM_OK);
	assert_true(count >= sizeof(published) / sizeof(published[0]));
	for (size_t i = 0; i < count; i++) {
		struct workload_model model = load(names[i]);
		struct model_parameters sum = model_parameters(&model);
		assert_string_equal(model.name, names[i]);
		assert_true(model.source[0] != '\0' && model.summary[0] != '\0');
		assert_true(sum.read <= sum.active && sum.active <= sum.total);
		assert_true((model.experts > 0) == (sum.active < sum.total));
		assert_true((model.experts > 0) == (sum.experts > 0 && sum.router > 0));
		double ratio = model.published_parameters > 0
				       ? (double)sum.total / (double)model.published_parameters
				       : 1;
		if (!(fabs(ratio - 1) < 0.02))
			fail_msg("%s: %.4f of what is published", names[i], ratio);
	}
	arena_fini(&arena);
}

/* Bytes of the published files: metadata.total_size of model.safetensors.index.json. */
static void bytes_are_those_of_the_published_files(void **state)
{
	(void)state;
	struct workload_model model = load("gpt-oss-20b");
	assert_int_equal(model_parameter_bytes(&model), 13761264768);
	model = load("llama-3.1-8b");
	assert_int_equal(model_parameter_bytes(&model), 16060522496);
	model = load(
		"deepseek-v3"); /* FP8 and its scales; embedding, head, router, norms in 16 bits */
	struct model_parameters sum = model_parameters(&model);
	uint64_t wide = sum.embedding + sum.head + sum.router + sum.norms;
	uint64_t narrow = sum.attention + sum.mlp + sum.experts;
	assert_int_equal(wide + narrow, sum.total);
	assert_int_equal(model_parameter_bytes(&model), 2 * wide + narrow + narrow / 16384 * 4);
	model = load("gpt2");
	assert_int_equal(model_parameter_bytes(&model), 4 * 124439808ull);
}

/* DeepSeek-V3's report (arXiv 2412.19437): 37B of 671B; the model card counts 36.6B without the embedding. */
static void active_parameters_are_as_published(void **state)
{
	static const struct {
		const char *name;
		double active; /* billions, as published, to the digits given */
		double half_digit;
	} cards[] = {
		{"deepseek-v3", 37.6, 0.1},	 {"qwen3-30b-a3b", 3.3, 0.06},
		{"qwen3-235b-a22b", 22, 0.5},	 {"mixtral-8x7b", 12.9, 0.05},
		{"olmoe-1b-7b", 1.3, 0.05},	 {"qwen1.5-moe-a2.7b", 2.7, 0.05},
		{"deepseek-v2-lite", 2.7, 0.05},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
		struct workload_model model = load(cards[i].name);
		double active = (double)model_parameters(&model).active / 1e9;
		if (!(fabs(active - cards[i].active) <= cards[i].half_digit))
			fail_msg("%s: %.3f", cards[i].name, active);
	}
	struct workload_model model = load("deepseek-v3");
	assert_true(fabs((double)model_parameters(&model).read / 1e9 - 36.6) < 0.05);
}

/* A layer's kind, each written out once by hand. */
static void layers_are_of_the_kind_the_model_says(void **state)
{
	(void)state;
	struct workload_model model = load("gemma-3-1b");
	for (uint64_t i = 0; i < model.layers; i++)
		assert_true(model_layer(&model, i).slides == (i % 6 != 5));
	model = load("gpt-oss-20b");
	assert_true(model_layer(&model, 0).slides && !model_layer(&model, 1).slides);
	assert_true(model_layer(&model, 0).experts);
	model = load("deepseek-v3");
	assert_false(model_layer(&model, 2).experts);
	assert_true(model_layer(&model, 3).experts && model_layer(&model, 60).experts);
	model = load("phi-3-mini");
	assert_true(model_layer(&model, 0).slides && model_layer(&model, 31).slides);
	model = load("llama-3.1-8b");
	assert_false(model_layer(&model, 0).slides || model_layer(&model, 0).experts);
	model.experts = 4;
	model.first_dense = 1;
	model.expert_every = 2;
	assert_false(model_layer(&model, 0).experts || model_layer(&model, 2).experts);
	assert_true(model_layer(&model, 1).experts && model_layer(&model, 3).experts);
}

/* 48 layers of 32 heads of 64 x 128, and the last 4 inputs of a convolution 2304 wide. */
static void a_state_space_keeps_a_state_and_no_cache(void **state)
{
	(void)state;
	struct workload_model model = load("mamba-2-370m");
	assert_int_equal(model_kv_elements(&model), 0);
	assert_int_equal(model_state_elements(&model), 48 * (32 * 64 * 128 + 4 * 2304));
	model = load("llama-3.1-8b");
	assert_int_equal(model_state_elements(&model), 0);
}

static const struct {
	const char *trace, *model;
	uint64_t batch, context;
} traced[] = {
	{"llama-3.1-8b-b1-c2048-shapes", "llama-3.1-8b", 1, 2048},
	{"llama-3.2-1b-b1-c512-shapes", "llama-3.2-1b", 1, 512},
	{"llama-3.2-3b-b16-c4096-shapes", "llama-3.2-3b", 16, 4096},
	{"mistral-7b-v0.3-b1-c2048-shapes", "mistral-7b-v0.3", 1, 2048},
	{"qwen2.5-7b-b1-c2048-shapes", "qwen2.5-7b", 1, 2048},
};

/*
 * A PyTorch step multiplies by norm weights in pointwise kernels, which count as activations; the
 * weights of the rest are read once, and one embedding row a sequence. The cache holds the context
 * and, from the second step of the trace on, what was decoded.
 */
static void traces_read_what_the_architecture_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(traced) / sizeof(traced[0]); i++) {
		struct workload_model model = load(traced[i].model);
		struct model_parameters sum = model_parameters(&model);
		uint64_t weights = 0, kv = 0;
		struct trace trace;
		struct sim_diag diag;
		char path[256];
		snprintf(path, sizeof(path), SAMPLES "%s.json.gz", traced[i].trace);
		trace_init(&trace);
		diag_init(&diag);
		if (trace_read(path, &trace, &diag) != SIM_OK)
			fail_msg("%s", diag.text);
		const struct sim_step *step = &trace.steps[0];
		for (size_t k = step->first; k < (size_t)step->first + step->count; k++) {
			const struct sim_kernel *kernel = &trace.kernels[k];
			weights += kernel->weight_bytes;
			if (kernel->op == SIM_OP_ATTENTION)
				kv += kernel->kv_read_bytes;
		}
		assert_int_equal(weights,
				 2 * (sum.read - sum.norms + traced[i].batch * model.hidden));
		uint64_t token = 2 * traced[i].batch * model_kv_elements(&model);
		assert_int_equal(kv % token, 0);
		assert_in_range(kv / token, traced[i].context, traced[i].context + 64);
		trace_fini(&trace);
	}
}

static void parts_add_up(void **state)
{
	struct workload_model model = {.layers = 2,
				       .hidden = 8,
				       .heads = 4,
				       .kv_heads = 2,
				       .head_dim = 6,
				       .intermediate = 10,
				       .vocabulary = 32,
				       .qkv_bias = true,
				       .qk_norm = true};
	struct model_parameters sum = model_parameters(&model);
	(void)state;
	assert_int_equal(sum.attention, 2 * (8 * (24 + 12 + 12) + 24 * 8));
	assert_int_equal(sum.attention_bias, 2 * (24 + 12 + 12));
	assert_int_equal(sum.mlp, 2 * 2 * 8 * 10);
	assert_int_equal(sum.norms, 2 * (2 * 8 + 2 * 6) + 8);
	assert_int_equal(sum.total,
			 2 * 32 * 8 + sum.attention + sum.attention_bias + sum.mlp + sum.norms);
	model.tied = model.gated = true;
	assert_int_equal(model_parameters(&model).mlp, 2 * 3 * 8 * 10);
	assert_int_equal(model_parameters(&model).embedding, 256);
	assert_int_equal(model_parameters(&model).read, model_parameters(&model).total);
	assert_int_equal(model_attended(&model, 100), 100);
	model.window = 99;
	assert_int_equal(model_attended(&model, 99), 99);
	assert_int_equal(model_attended(&model, 100), 99);
}

/* Short wavelengths stay, long ones grow by the factor, and between there is no jump. */
static void rope_frequencies_follow_the_scaling(void **state)
{
	struct workload_model plain = load("llama-3.2-1b"), scaled = plain;
	double before = 0;
	(void)state;
	plain.rope_scaling = MODEL_ROPE_NONE;
	assert_true(model_rope_frequency(&plain, 0) == 1);
	assert_true(fabs(model_rope_frequency(&plain, 16) - 1 / sqrt(500000)) < 1e-15);
	for (uint64_t i = 0; i < 32; i++) {
		double ratio = model_rope_frequency(&plain, i) / model_rope_frequency(&scaled, i);
		double wavelength = 6.283185307179586 / model_rope_frequency(&plain, i);
		if (wavelength < 2048)
			assert_true(ratio == 1);
		if (wavelength > 8192)
			assert_true(fabs(ratio - 32) < 1e-12);
		assert_true(ratio >= before && ratio <= 32.001);
		before = ratio;
	}
}

static const struct {
	const char *file;
	enum sim_status status;
	const char *message; /* behind the folder */
} wrongs[] = {
	{"model_unknown_key.yaml", SIM_E_NOT_FOUND,
	 "model_unknown_key.yaml:17: unknown key 'mlp.experts'"},
	{"model_near_key.yaml", SIM_E_NOT_FOUND,
	 "model_near_key.yaml:12: unknown key 'attention.kvheads' "
	 "(did you mean 'attention.kv_heads'?)"},
	{"model_missing_key.yaml", SIM_E_NOT_FOUND,
	 "model_missing_key.yaml:5: missing key 'attention.head_dim' of architecture "
	 "(width of a head)"},
	{"model_heads.yaml", SIM_E_RANGE,
	 "model_heads.yaml:12: 'attention.kv_heads' must divide the heads: '7' of '32'"},
	{"model_odd_head.yaml", SIM_E_RANGE,
	 "model_odd_head.yaml:13: 'attention.head_dim' must be even: '63'"},
	{"model_range.yaml", SIM_E_RANGE,
	 "model_range.yaml:6: 'layers' out of range: '0' (1 to 1024)"},
	{"model_not_whole.yaml", SIM_E_RANGE, "model_not_whole.yaml:6: not a whole number: '16.5'"},
	{"model_flag.yaml", SIM_E_PARSE,
	 "model_flag.yaml:10: 'tied_embeddings' must be true or false: 'yes'"},
	{"model_word.yaml", SIM_E_NOT_FOUND,
	 "model_word.yaml:18: 'mlp.activation' is not known: 'swish' "
	 "(it is: silu, gelu, gelu_tanh or relu)"},
	{"model_rope_missing.yaml", SIM_E_NOT_FOUND,
	 "model_rope_missing.yaml:21: missing key 'rope.factor' of rope.scaling 'llama3'"},
	{"model_rope_alone.yaml", SIM_E_UNSUPPORTED,
	 "model_rope_alone.yaml:21: 'rope.factor' without a rope.scaling"},
	{"model_rope_kind.yaml", SIM_E_NOT_FOUND,
	 "model_rope_kind.yaml:21: 'rope.scaling' is not known: 'yarn' "
	 "(it is: none, llama3 with the keys below, or other: linear, yarn, longrope)"},
	{"model_rope_order.yaml", SIM_E_RANGE,
	 "model_rope_order.yaml:24: 'rope.high_frequency_factor' must be above "
	 "'rope.low_frequency_factor'"},
	{"model_twice.yaml", SIM_E_DUPLICATE, "model_twice.yaml:7: key given twice: 'layers'"},
	{"model_anchor.yaml", SIM_E_PARSE,
	 "model_anchor.yaml:6: anchors are not allowed: write the value out"},
	{"model_root_key.yaml", SIM_E_NOT_FOUND,
	 "model_root_key.yaml:2: unknown key 'sumary' (did you mean 'summary'?)"},
	{"model_no_architecture.yaml", SIM_E_NOT_FOUND,
	 "model_no_architecture.yaml:1: missing key 'architecture'"},
	{"model_bad_name.yaml", SIM_E_PARSE,
	 "model_bad_name.yaml:1: model name must be letters, digits, '.', '_' and '-': 'a b'"},
	{"model_published.yaml", SIM_E_NOT_FOUND,
	 "model_published.yaml:4: missing key 'parameters' of 'published'"},
};

static void every_wrong_file_says_what_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct workload_model model;
		struct sim_diag diag;
		char path[256], expected[512];
		snprintf(path, sizeof(path), INVALID "%s", wrongs[i].file);
		snprintf(expected, sizeof(expected), INVALID "%s", wrongs[i].message);
		diag_init(&diag);
		enum sim_status status = model_load(path, &model, &diag);
		if (status != wrongs[i].status || strcmp(diag.text, expected) != 0)
			fail_msg("%s gave %s '%s', not '%s'", path, sim_status_name(status),
				 diag.text, expected);
	}
}

static void unknown_names_get_the_nearest(void **state)
{
	struct workload_model model;
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	assert_int_equal(model_load("llama-3.2-1", &model, &diag), SIM_E_NOT_FOUND);
	assert_string_equal(diag.text,
			    "unknown model 'llama-3.2-1' (did you mean 'llama-3.2-1b'?)");
	diag_init(&diag);
	assert_int_equal(model_load("./absent.yaml", &model, &diag), SIM_E_IO);
	assert_string_equal(diag.text, "./absent.yaml: cannot open: No such file or directory");
}

static void every_key_says_what_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < model_key_count(); i++) {
		assert_true(strlen(model_key_name(i)) > 0 && strlen(model_key_what(i)) > 0);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(model_key_name(i), model_key_name(j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_are_as_published),
		cmocka_unit_test(every_built_in_model_is_sound),
		cmocka_unit_test(bytes_are_those_of_the_published_files),
		cmocka_unit_test(active_parameters_are_as_published),
		cmocka_unit_test(layers_are_of_the_kind_the_model_says),
		cmocka_unit_test(a_state_space_keeps_a_state_and_no_cache),
		cmocka_unit_test(traces_read_what_the_architecture_says),
		cmocka_unit_test(parts_add_up),
		cmocka_unit_test(rope_frequencies_follow_the_scaling),
		cmocka_unit_test(every_wrong_file_says_what_and_where),
		cmocka_unit_test(unknown_names_get_the_nearest),
		cmocka_unit_test(every_key_says_what_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
