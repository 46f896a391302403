/* Model files: architecture to parameters, against what traces read. */
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
	{"model_experts_alone.yaml", SIM_E_NOT_FOUND,
	 "model_experts_alone.yaml:5: missing key 'experts.per_token' of architecture (experts "
	 "that one token chooses)"},
	{"model_expert_key.yaml", SIM_E_UNSUPPORTED,
	 "model_expert_key.yaml:21: 'experts.intermediate' without 'experts.count'"},
	{"model_expert_top.yaml", SIM_E_RANGE,
	 "model_expert_top.yaml:22: 'experts.per_token' must be at most the experts: '3' of '2'"},
	{"model_expert_layers.yaml", SIM_E_RANGE,
	 "model_expert_layers.yaml:24: 'experts.first_dense' must be below the layers: '16' of "
	 "'16'"},
	{"model_window_every.yaml", SIM_E_UNSUPPORTED,
	 "model_window_every.yaml:21: 'attention.window_every' without 'attention.window'"},
	{"model_latent_alone.yaml", SIM_E_NOT_FOUND,
	 "model_latent_alone.yaml:5: missing key 'latent.kv_rank' of architecture (rank of keys "
	 "and values)"},
	{"model_latent_key.yaml", SIM_E_UNSUPPORTED,
	 "model_latent_key.yaml:21: 'latent.kv_rank' without mixer 'latent'"},
	{"model_state_attention.yaml", SIM_E_UNSUPPORTED,
	 "model_state_attention.yaml:11: 'attention.heads' without heads: the mixer is a state "
	 "space"},
	{"model_no_dense.yaml", SIM_E_NOT_FOUND,
	 "model_no_dense.yaml:5: missing key 'mlp.intermediate' of architecture (width of the "
	 "MLP)"},
	{"model_no_theta.yaml", SIM_E_NOT_FOUND,
	 "model_no_theta.yaml:5: missing key 'rope.theta' of architecture (base of the rotary "
	 "embedding)"},
	{"model_norm_plain.yaml", SIM_E_UNSUPPORTED,
	 "model_norm_plain.yaml:21: 'norm.plain' without norm.kind 'layer'"},
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
		cmocka_unit_test(traces_read_what_the_architecture_says),
		cmocka_unit_test(parts_add_up),
		cmocka_unit_test(rope_frequencies_follow_the_scaling),
		cmocka_unit_test(every_wrong_file_says_what_and_where),
		cmocka_unit_test(unknown_names_get_the_nearest),
		cmocka_unit_test(every_key_says_what_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
