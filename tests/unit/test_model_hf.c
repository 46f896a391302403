/* config.json of each architecture against the built-in model of the same name, and what is refused. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "workloads/model_parts.h"

#define VALID "tests/data/hf/"
#define INVALID "tests/data/invalid/hf/"

static void compare_key(const char *path, const struct model_key *key,
			const struct workload_model *a, const struct workload_model *b)
{
	static const size_t sizes[] = {
		[MODEL_KEY_COUNT] = sizeof(uint64_t),
		[MODEL_KEY_NUMBER] = sizeof(double),
		[MODEL_KEY_FLAG] = sizeof(bool),
		[MODEL_KEY_WORD] = sizeof(unsigned),
	};
	if (memcmp((const char *)a + key->offset, (const char *)b + key->offset,
		   sizes[key->kind]) != 0)
		fail_msg("%s: another %s than the built-in model's", path, key->name);
}

static void configurations_give_the_built_in_models(void **state)
{
	glob_t files;
	(void)state;
	assert_int_equal(glob(VALID "*.json", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 23);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *path = files.gl_pathv[i];
		struct workload_model read, built_in;
		struct sim_diag diag;
		char name[64];
		diag_init(&diag);
		if (model_load(path, &read, &diag) != SIM_OK)
			fail_msg("%s", diag.text);
		snprintf(name, sizeof(name), "%s", read.name);
		if (strcmp(name, "mamba-2-370m-hf") == 0) /* the same in transformers' form */
			name[strlen("mamba-2-370m")] = '\0';
		if (model_load(name, &built_in, &diag) != SIM_OK)
			fail_msg("%s", diag.text);
		for (size_t k = 0; k < model_key_count(); k++)
			compare_key(path, &model_keys[k], &read, &built_in);
		assert_int_equal(model_parameters(&read).total, model_parameters(&built_in).total);
		assert_int_equal(model_parameter_bytes(&read), model_parameter_bytes(&built_in));
	}
	globfree(&files);
}

static const struct {
	const char *file;
	enum sim_status status;
	const char *message; /* behind the folder */
} wrongs[] = {
	{"activation", SIM_E_UNSUPPORTED, ": 'hidden_act' is not understood: 'mish'"},
	{"array", SIM_E_PARSE, ": not an object"},
	{"awq_bits", SIM_E_UNSUPPORTED, ": quantization_config: 'bits' is not understood"},
	{"bidirectional", SIM_E_UNSUPPORTED,
	 ": 'use_bidirectional_attention' is not understood unless it is false"},
	{"dtype", SIM_E_UNSUPPORTED, ": torch_dtype not understood: 'int3'"},
	{"empty", SIM_E_PARSE, ":1: malformed JSON"},
	{"esm_position", SIM_E_UNSUPPORTED,
	 ": 'position_embedding_type' is not understood unless it is rotary"},
	{"experts", SIM_E_RANGE,
	 ": 'num_experts_per_tok': 'experts.per_token' must be at most the experts: '3' of '2'"},
	{"fraction", SIM_E_PARSE, ": 'hidden_size' must be a whole number"},
	{"heads", SIM_E_RANGE, ": no head_dim, and the heads do not divide the hidden size"},
	{"huge", SIM_E_PARSE, ": 'vocab_size' must be a whole number"},
	{"kv_heads", SIM_E_RANGE,
	 ": 'num_key_value_heads': 'attention.kv_heads' must divide the heads: '3' of '8'"},
	{"large", SIM_E_RANGE, ": 'num_hidden_layers': a model of more than 1e+17 parameters"},
	{"layer_count", SIM_E_RANGE, ": 'layer_types' must have one word a layer"},
	{"layer_types", SIM_E_UNSUPPORTED,
	 ": 'layer_types' does not repeat: full attention each n-th layer is understood"},
	{"layer_word", SIM_E_UNSUPPORTED, ": 'layer_types' is not understood: 'linear_attention'"},
	{"mamba_layer", SIM_E_UNSUPPORTED,
	 ": 'ssm_cfg' is not understood unless its layer is Mamba2"},
	{"missing_layers", SIM_E_NOT_FOUND, ": missing key 'num_hidden_layers' (decoder layers)"},
	{"mlp_only", SIM_E_UNSUPPORTED, ": 'mlp_only_layers' is not understood unless it is empty"},
	{"negative", SIM_E_RANGE, ": 'num_attention_heads' out of range: '-8' (1 to 65536)"},
	{"nested", SIM_E_PARSE, ": 'text_config' must be an object"},
	{"nested_key", SIM_E_UNSUPPORTED, ": key not understood: 'altup' (model_type 'gemma3')"},
	{"no_type", SIM_E_UNSUPPORTED, ": model_type not understood: ''"},
	{"number_flag", SIM_E_PARSE, ": 'tie_word_embeddings' must be true or false"},
	{"opt_order", SIM_E_UNSUPPORTED,
	 ": 'do_layer_norm_before' is not understood unless it is true"},
	{"quantization", SIM_E_UNSUPPORTED,
	 ": quantization_config: quant_method not understood: 'aqlm'"},
	{"qwen_layers", SIM_E_UNSUPPORTED,
	 ": 'max_window_layers' is not understood between none and all layers"},
	{"rope_key", SIM_E_UNSUPPORTED, ": key not understood: 'shift' of 'rope_scaling'"},
	{"rope_missing", SIM_E_NOT_FOUND,
	 ": missing key 'rope.low_frequency_factor' of rope.scaling 'llama3'"},
	{"rope_text", SIM_E_PARSE, ": 'rope_scaling' must be an object"},
	{"rope_type", SIM_E_UNSUPPORTED, ": rope_type of 'rope_scaling' not understood: 'ntk'"},
	{"syntax", SIM_E_PARSE, ":2: malformed JSON"},
	{"text_number", SIM_E_PARSE, ": 'num_hidden_layers' must be a whole number"},
	{"trailing", SIM_E_PARSE, ":2: malformed JSON"},
	{"twice", SIM_E_DUPLICATE, ": key given twice: 'hidden_size'"},
	{"unknown_key", SIM_E_UNSUPPORTED, ": key not understood: 'foo' (model_type 'llama')"},
	{"unknown_type", SIM_E_UNSUPPORTED, ": model_type not understood: 'falcon'"},
	{"window", SIM_E_UNSUPPORTED,
	 ": key not understood: 'sliding_window' (model_type 'llama')"},
};

static void every_wrong_file_says_what(void **state)
{
	glob_t files;
	(void)state;
	assert_int_equal(glob(INVALID "*.json", 0, NULL, &files), 0);
	assert_int_equal(files.gl_pathc, sizeof(wrongs) / sizeof(wrongs[0]));
	globfree(&files);
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct workload_model model;
		struct sim_diag diag;
		char path[256], expected[512];
		snprintf(path, sizeof(path), INVALID "%s.json", wrongs[i].file);
		snprintf(expected, sizeof(expected), INVALID "%s.json%s", wrongs[i].file,
			 wrongs[i].message);
		diag_init(&diag);
		enum sim_status status = model_load(path, &model, &diag);
		if (status != wrongs[i].status || strcmp(diag.text, expected) != 0)
			fail_msg("%s gave %s '%s', not '%s'", path, sim_status_name(status),
				 diag.text, expected);
	}
}

static enum sim_status parse(const char *text, struct workload_model *model, struct sim_diag *diag)
{
	diag_init(diag);
	return model_parse("x/config.json", text, strlen(text), model, diag);
}

#define LLAMA                                                                                      \
	"{\"model_type\": \"llama\", \"vocab_size\": 100, \"hidden_size\": 64, "                   \
	"\"num_hidden_layers\": 2, \"num_attention_heads\": 4, \"intermediate_size\": 128"

static void what_is_absent_is_what_transformers_takes(void **state)
{
	struct workload_model model;
	struct sim_diag diag;
	(void)state;
	assert_int_equal(parse(LLAMA "}", &model, &diag), SIM_OK);
	assert_string_equal(model.name, "x");
	assert_int_equal(model.head_dim, 16);
	assert_int_equal(model.kv_heads, 4);
	assert_int_equal(model.positions, 2048);
	assert_true(model.rope_theta == 10000 && model.norm_epsilon == 1e-6);
	assert_false(model.tied || model.qkv_bias || model.mlp_bias);
	assert_true(model.parameter_bits == 16 && model.expert_bits == 16);
	assert_int_equal(
		parse(LLAMA ", \"attention_bias\": true, \"mlp_bias\": true}", &model, &diag),
		SIM_OK);
	assert_true(model.qkv_bias && model.output_bias && model.mlp_bias);
}

/* 4 bits, and for each 128 weights a scale of 16 and a zero point of 4. */
static void formats_of_the_weights_are_read(void **state)
{
	struct workload_model model;
	struct sim_diag diag;
	(void)state;
	assert_int_equal(parse(LLAMA ", \"quantization_config\": {\"quant_method\": \"awq\", "
				     "\"bits\": 4, \"group_size\": 128}}",
			       &model, &diag),
			 SIM_OK);
	assert_true(model.parameter_bits == 4 + 20.0 / 128);
	struct model_parameters sum = model_parameters(&model);
	uint64_t matrices = sum.attention + sum.mlp;
	assert_int_equal(model_parameter_bytes(&model),
			 2 * (sum.total - matrices) + matrices / 2 + matrices / 128 * 20 / 8);
	assert_int_equal(parse(LLAMA ", \"torch_dtype\": \"float32\"}", &model, &diag), SIM_OK);
	assert_true(model.parameter_bits == 32);
}

/* What the formats say of a weight's bits, and what is refused by name. */
static void other_formats_are_read_or_refused(void **state)
{
#define GROUP(weights)                                                                             \
	"\"compressed-tensors\", \"ignore\": [\"lm_head\"], \"config_groups\": {\"group_0\": "     \
	"{\"targets\": [\"Linear\"], \"weights\": {" weights "}}}"
	static const struct {
		const char *text;
		double bits; /* 0: refused */
		const char *why;
	} formats[] = {
		{"\"gptq\", \"bits\": 4, \"group_size\": -1", 4 + 20.0 / 64, NULL},
		{"\"fp8\"", 8, NULL},
		{"\"fp8\", \"weight_block_size\": [128, 128]", 8 + 32.0 / 16384, NULL},
		{"\"bitsandbytes\", \"load_in_4bit\": true", 4.5, NULL},
		{"\"bitsandbytes\", \"load_in_4bit\": true, \"bnb_4bit_use_double_quant\": true",
		 4 + 8.125 / 64, NULL},
		{"\"bitsandbytes\", \"load_in_8bit\": true", 8.5, NULL},
		{GROUP("\"num_bits\": 8, \"type\": \"float\", \"strategy\": \"channel\""), 8, NULL},
		{GROUP("\"num_bits\": 4, \"type\": \"int\", \"strategy\": \"group\", "
		       "\"group_size\": 128, \"symmetric\": false"),
		 4 + 20.0 / 128, NULL},
		{GROUP("\"num_bits\": 4, \"type\": \"wave\", \"strategy\": \"group\""), 0,
		 "'wave'"},
		{GROUP("\"num_bits\": 4, \"type\": \"int\", \"strategy\": \"rows\""), 0, "'rows'"},
		{"\"fp8\", \"weight_block_size\": [0]", 0, "'weight_block_size'"},
		{"\"bitsandbytes\"", 0, "'load_in_4bit'"},
		{"\"modelopt\"", 0, "'modelopt'"},
		{"\"awq\", \"bits\": 4, \"group_size\": 64, \"modules_to_not_convert\": "
		 "[\"model.layers.0.mlp.up_proj\"]",
		 0, "up_proj'"},
	};
#undef GROUP
	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct workload_model model;
		struct sim_diag diag;
		char text[1024];
		snprintf(text, sizeof(text),
			 LLAMA ", \"quantization_config\": {\"quant_method\": %s}}",
			 formats[i].text);
		enum sim_status status = parse(text, &model, &diag);
		if ((status == SIM_OK) != (formats[i].bits > 0))
			fail_msg("%s: %s", formats[i].text, diag.text);
		if (status == SIM_OK)
			assert_true(model.parameter_bits == formats[i].bits);
		else if (strstr(diag.text, formats[i].why) == NULL)
			fail_msg("%s: %s", formats[i].text, diag.text);
	}
}

/* transformers 5 writes rope_parameters, for Gemma 3 one for each type of layer. */
static void newer_forms_give_the_same(void **state)
{
	static const char older[] =
		"\"rope_theta\": 1000000, \"rope_scaling\": {\"rope_type\": \"linear\", "
		"\"factor\": 8}";
	static const char newer[] =
		"\"rope_parameters\": {\"full_attention\": {\"rope_type\": \"linear\", \"factor\": "
		"8, "
		"\"rope_theta\": 1000000}, \"sliding_attention\": {\"rope_type\": \"default\", "
		"\"rope_theta\": 10000}}, \"layer_types\": [\"sliding_attention\", "
		"\"sliding_attention\", \"sliding_attention\", \"sliding_attention\", "
		"\"sliding_attention\", \"full_attention\"]";
	static const char form[] =
		"{\"model_type\": \"gemma3_text\", \"hidden_size\": 64, \"intermediate_size\": 64, "
		"\"num_hidden_layers\": 6, \"sliding_window\": 16, %s}";
	struct workload_model models[2];
	struct sim_diag diag;
	char text[1024];
	(void)state;
	snprintf(text, sizeof(text), form, older);
	assert_int_equal(parse(text, &models[0], &diag), SIM_OK);
	snprintf(text, sizeof(text), form, newer);
	if (parse(text, &models[1], &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(models[1].window_every, 6);
	for (size_t k = 0; k < model_key_count(); k++)
		compare_key("newer", &model_keys[k], &models[1], &models[0]);
}

/* Whatever is cut off, the answer is a model or a message. */
static void every_beginning_of_a_file_is_refused(void **state)
{
	static char text[8192], part[8192];
	struct workload_model model;
	struct sim_diag diag;
	(void)state;
	FILE *file = fopen(VALID "gpt-oss-20b.json", "rb");
	assert_non_null(file);
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	while (length > 0 && text[length - 1] != '}')
		length--;
	for (size_t i = 0; i < length; i++) {
		memcpy(part, text, i);
		part[i] = '\0';
		diag_init(&diag);
		assert_int_not_equal(model_parse("x.json", part, i, &model, &diag), SIM_OK);
		assert_true(diag.text[0] != '\0');
	}
	diag_init(&diag);
	assert_int_equal(model_parse("x.json", text, length, &model, &diag), SIM_OK);
}

static void deep_and_long_files_are_refused(void **state)
{
	struct workload_model model;
	struct sim_diag diag;
	size_t size = (4u << 20) + 1;
	char *text = malloc(size);
	(void)state;
	assert_non_null(text);
	memset(text, '[', size);
	diag_init(&diag);
	assert_int_equal(model_parse("x.json", text, 100000, &model, &diag), SIM_E_PARSE);
	diag_init(&diag);
	assert_int_equal(model_parse("x.json", text, size, &model, &diag), SIM_E_RANGE);
	assert_string_equal(diag.text, "x.json: file over 4 MiB");
	free(text);
	diag_init(&diag);
	assert_int_equal(model_parse("x.json", "{}\0{}", 5, &model, &diag), SIM_E_PARSE);
	diag_init(&diag);
	assert_int_equal(model_load("absent/config.json", &model, &diag), SIM_E_IO);
	assert_string_equal(diag.text,
			    "absent/config.json: cannot open: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configurations_give_the_built_in_models),
		cmocka_unit_test(every_wrong_file_says_what),
		cmocka_unit_test(what_is_absent_is_what_transformers_takes),
		cmocka_unit_test(formats_of_the_weights_are_read),
		cmocka_unit_test(other_formats_are_read_or_refused),
		cmocka_unit_test(newer_forms_give_the_same),
		cmocka_unit_test(every_beginning_of_a_file_is_refused),
		cmocka_unit_test(deep_and_long_files_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
