/* Sizes of the built-in models against what their publishers count. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "workloads/model.h"

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
	{"mixtral-8x22b", 140620634112, 114688},
	{"kimi-k2", 1026408232448, 35136},
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
	model = load("gpt-oss-120b");
	assert_int_equal(model_parameter_bytes(&model), 65248815744);
	model = load("llama-3.1-8b");
	assert_int_equal(model_parameter_bytes(&model), 16060522496);
	model = load(
		"deepseek-v3"); /* FP8 and its scales; embedding, head, router, norms in 16 bits */
	struct model_parameters sum = model_parameters(&model);
	uint64_t wide = sum.embedding + sum.head + sum.router + sum.norms;
	uint64_t narrow = sum.attention + sum.mlp + sum.experts;
	assert_int_equal(wide + narrow, sum.total);
	assert_int_equal(model_parameter_bytes(&model), 2 * wide + narrow + narrow / 16384 * 4);
	/* scales of matrices that 128 does not divide, and a router bias in 32 bits, are above it */
	model = load("kimi-k2");
	assert_in_range(model_parameter_bytes(&model), 1029173256720ull - 100000, 1029173256720ull);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_are_as_published),
		cmocka_unit_test(every_built_in_model_is_sound),
		cmocka_unit_test(bytes_are_those_of_the_published_files),
		cmocka_unit_test(active_parameters_are_as_published),
		cmocka_unit_test(layers_are_of_the_kind_the_model_says),
		cmocka_unit_test(a_state_space_keeps_a_state_and_no_cache),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
