/* Model files: the table of keys, and reading by it. */
#include "workloads/model.h"

#include <stdio.h>
#include <string.h>

#include "sim/core/names.h"
#include "sim/core/yaml.h"

enum kind { COUNT, NUMBER, FLAG, WORD };
enum need { REQUIRED, OPTIONAL };

struct key {
	const char *name;
	enum kind kind;
	enum need need;
	size_t offset;	   /* into struct workload_model */
	double low, high;  /* inclusive */
	const char *words; /* of a WORD, in the order of its enum */
	const char *what;
};

#define AT(field) offsetof(struct workload_model, field)
#define MOST_TOKENS 1e9

/* clang-format off */
static const struct key keys[] = {
	{"layers", COUNT, REQUIRED, AT(layers), 1, 1024, NULL, "decoder layers"},
	{"hidden", COUNT, REQUIRED, AT(hidden), 8, 1 << 20, NULL, "width of the residual stream"},
	{"vocabulary", COUNT, REQUIRED, AT(vocabulary), 2, 1 << 24, NULL, "rows of the embedding"},
	{"positions", COUNT, REQUIRED, AT(positions), 1, MOST_TOKENS, NULL, "most tokens of a sequence"},
	{"tied_embeddings", FLAG, REQUIRED, AT(tied), 0, 1, NULL, "the embedding is the vocabulary projection too"},
	{"attention.heads", COUNT, REQUIRED, AT(heads), 1, 1 << 16, NULL, "query heads"},
	{"attention.kv_heads", COUNT, REQUIRED, AT(kv_heads), 1, 1 << 16, NULL, "key and value heads"},
	{"attention.head_dim", COUNT, REQUIRED, AT(head_dim), 2, 4096, NULL, "width of a head"},
	{"attention.qkv_bias", FLAG, REQUIRED, AT(qkv_bias), 0, 1, NULL, "biases of queries, keys and values"},
	{"attention.qk_norm", FLAG, REQUIRED, AT(qk_norm), 0, 1, NULL, "RMS norm over each query and key head"},
	{"attention.window", COUNT, OPTIONAL, AT(window), 1, MOST_TOKENS, NULL, "tokens attended to; absent: all"},
	{"mlp.intermediate", COUNT, REQUIRED, AT(intermediate), 1, 1 << 24, NULL, "width of the MLP"},
	{"mlp.gated", FLAG, REQUIRED, AT(gated), 0, 1, NULL, "act(gate(x)) * up(x), else act(up(x))"},
	{"mlp.activation", WORD, REQUIRED, AT(activation), 0, 3, "silu\0gelu\0gelu_tanh\0relu\0", "silu, gelu, gelu_tanh or relu"},
	{"norm.epsilon", NUMBER, REQUIRED, AT(norm_epsilon), 1e-12, 1e-2, NULL, "added to the mean square"},
	{"rope.theta", NUMBER, REQUIRED, AT(rope_theta), 1, 1e12, NULL, "base of the rotary embedding"},
	{"rope.scaling", WORD, OPTIONAL, AT(rope_scaling), 0, 1, "none\0llama3\0", "none or llama3, with the keys below"},
	{"rope.factor", NUMBER, OPTIONAL, AT(rope_factor), 1, 1e4, NULL, "long wavelengths grow by this"},
	{"rope.low_frequency_factor", NUMBER, OPTIONAL, AT(rope_low_factor), 1e-3, 1e4, NULL, "original positions over the least wavelength that grows fully"},
	{"rope.high_frequency_factor", NUMBER, OPTIONAL, AT(rope_high_factor), 1e-3, 1e4, NULL, "original positions over the longest wavelength that stays"},
	{"rope.original_positions", COUNT, OPTIONAL, AT(rope_original_positions), 1, MOST_TOKENS, NULL, "positions trained on before"},
};
/* clang-format on */

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

size_t model_key_count(void)
{
	return KEYS;
}

const char *model_key_name(size_t i)
{
	return keys[i].name;
}

const char *model_key_what(size_t i)
{
	return keys[i].what;
}

static enum sim_status read_number(const struct yaml_file *file, const struct yaml_node *node,
				   const struct key *key, void *field, struct sim_diag *diag)
{
	double value;
	TRY(yaml_quantity(file, node, key->kind == COUNT ? UNIT_COUNT : UNIT_RATIO, &value, diag));
	if (!(value >= key->low && value <= key->high))
		return yaml_fail(file, node, diag, SIM_E_RANGE,
				 "'%s' out of range: '%s' (%.12g to %.12g)", key->name, node->text,
				 key->low, key->high);
	if (key->kind == COUNT)
		*(uint64_t *)field = (uint64_t)value;
	else
		*(double *)field = value;
	return SIM_OK;
}

static enum sim_status read_flag(const struct yaml_file *file, const struct yaml_node *node,
				 const struct key *key, bool *flag, struct sim_diag *diag)
{
	TRY(yaml_expect(file, node, YAML_SCALAR, key->name, diag));
	*flag = strcmp(node->text, "true") == 0;
	if (!*flag && strcmp(node->text, "false") != 0)
		return yaml_fail(file, node, diag, SIM_E_PARSE, "'%s' must be true or false: '%s'",
				 key->name, node->text);
	return SIM_OK;
}

static enum sim_status read_word(const struct yaml_file *file, const struct yaml_node *node,
				 const struct key *key, unsigned *choice, struct sim_diag *diag)
{
	TRY(yaml_expect(file, node, YAML_SCALAR, key->name, diag));
	*choice = 0;
	for (const char *word = key->words; *word != '\0'; word += strlen(word) + 1) {
		if (strcmp(word, node->text) == 0)
			return SIM_OK;
		++*choice;
	}
	return yaml_fail(file, node, diag, SIM_E_NOT_FOUND, "'%s' is not known: '%s' (it is: %s)",
			 key->name, node->text, key->what);
}

static enum sim_status read_key(const struct yaml_file *file, const struct yaml_node *node,
				const struct key *key, struct workload_model *model,
				struct sim_diag *diag)
{
	void *field = (char *)model + key->offset;
	switch (key->kind) {
	case FLAG:
		return read_flag(file, node, key, field, diag);
	case WORD:
		return read_word(file, node, key, field, diag);
	default:
		return read_number(file, node, key, field, diag);
	}
}

/* What the ranges of single keys cannot say. */
static enum sim_status check_heads(const struct yaml_file *file, const struct yaml_node *map,
				   const struct workload_model *model, struct sim_diag *diag)
{
	if (model->heads % model->kv_heads != 0)
		return yaml_fail(file, yaml_find(map, "attention.kv_heads"), diag, SIM_E_RANGE,
				 "'attention.kv_heads' must divide the heads: '%llu' of '%llu'",
				 (unsigned long long)model->kv_heads,
				 (unsigned long long)model->heads);
	if (model->head_dim % 2 != 0)
		return yaml_fail(file, yaml_find(map, "attention.head_dim"), diag, SIM_E_RANGE,
				 "'attention.head_dim' must be even: '%llu'",
				 (unsigned long long)model->head_dim);
	return SIM_OK;
}

/* A scaling has all of its factors; without one there are none. */
static enum sim_status check_rope(const struct yaml_file *file, const struct yaml_node *map,
				  const struct workload_model *model, struct sim_diag *diag)
{
	static const char *const factors[] = {"rope.factor", "rope.low_frequency_factor",
					      "rope.high_frequency_factor",
					      "rope.original_positions"};
	const struct yaml_node *scaling = yaml_find(map, "rope.scaling");
	bool scaled = model->rope_scaling != MODEL_ROPE_NONE;
	for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
		const struct yaml_node *node = yaml_find(map, factors[i]);
		if (scaled && node == NULL)
			return yaml_fail(file, scaling, diag, SIM_E_NOT_FOUND,
					 "missing key '%s' of rope.scaling '%s'", factors[i],
					 scaling->text);
		if (!scaled && node != NULL)
			return yaml_fail(file, node, diag, SIM_E_UNSUPPORTED,
					 "'%s' without a rope.scaling", factors[i]);
	}
	if (scaled && model->rope_high_factor <= model->rope_low_factor)
		return yaml_fail(file, yaml_find(map, factors[2]), diag, SIM_E_RANGE,
				 "'%s' must be above '%s'", factors[2], factors[1]);
	return SIM_OK;
}

static enum sim_status read_architecture(const struct yaml_file *file, const struct yaml_node *map,
					 struct workload_model *model, struct sim_diag *diag)
{
	const char *names[KEYS];
	for (size_t i = 0; i < KEYS; i++)
		names[i] = keys[i].name;
	TRY(yaml_expect(file, map, YAML_MAP, "architecture", diag));
	TRY(yaml_allow(file, map, names, KEYS, diag));
	for (size_t i = 0; i < KEYS; i++) {
		const struct yaml_node *node = yaml_find(map, keys[i].name);
		if (node == NULL && keys[i].need == REQUIRED)
			return diag_fail_at(diag, SIM_E_NOT_FOUND, file->name, map->key_line,
					    "missing key '%s' of architecture (%s)", keys[i].name,
					    keys[i].what);
		if (node != NULL)
			TRY(read_key(file, node, &keys[i], model, diag));
	}
	TRY(check_heads(file, map, model, diag));
	return check_rope(file, map, model, diag);
}

static enum sim_status read_published(const struct yaml_file *file, const struct yaml_node *map,
				      struct workload_model *model, struct sim_diag *diag)
{
	static const char *const allowed[] = {"parameters", "source"};
	static const struct key key = {.name = "parameters", .kind = COUNT, .low = 1, .high = 1e15};
	if (map == NULL)
		return SIM_OK;
	TRY(yaml_expect(file, map, YAML_MAP, "published", diag));
	TRY(yaml_allow(file, map, allowed, 2, diag));
	const struct yaml_node *node = yaml_find(map, "parameters");
	if (node == NULL)
		return yaml_fail(file, map, diag, SIM_E_NOT_FOUND,
				 "missing key 'parameters' of 'published'");
	TRY(read_number(file, node, &key, &model->published_parameters, diag));
	return yaml_text(file, map, "source", model->published_source,
			 sizeof(model->published_source), diag);
}

static enum sim_status read_root(const struct yaml_file *file, struct workload_model *model,
				 struct sim_diag *diag)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	static const char *const allowed[] = {"model", "summary", "source", "published",
					      "architecture"};
	const struct yaml_node *root = file->root;
	TRY(yaml_expect(file, root, YAML_MAP, "model file", diag));
	TRY(yaml_allow(file, root, allowed, 5, diag));
	TRY(yaml_text(file, root, "model", model->name, sizeof(model->name), diag));
	if (model->name[0] == '\0' || model->name[strspn(model->name, letters)] != '\0')
		return yaml_fail(file, yaml_find(root, "model"), diag, SIM_E_PARSE,
				 "model name must be letters, digits, '.', '_' and '-': '%s'",
				 model->name);
	if (yaml_find(root, "summary") != NULL)
		TRY(yaml_text(file, root, "summary", model->summary, sizeof(model->summary), diag));
	TRY(yaml_text(file, root, "source", model->source, sizeof(model->source), diag));
	TRY(read_published(file, yaml_find(root, "published"), model, diag));
	const struct yaml_node *architecture = yaml_find(root, "architecture");
	if (architecture == NULL)
		return yaml_fail(file, root, diag, SIM_E_NOT_FOUND, "missing key 'architecture'");
	return read_architecture(file, architecture, model, diag);
}

static void set_defaults(struct workload_model *model)
{
	*model = (struct workload_model){
		.rotary_fraction = 1,
		.expert_every = 1,
		.parameter_bits = 16,
		.expert_bits = 16,
	};
}

enum sim_status model_parse(const char *name, const char *text, size_t length,
			    struct workload_model *model, struct sim_diag *diag)
{
	struct yaml_file file;
	set_defaults(model);
	enum sim_status status = yaml_file_parse(name, text, length, &file, diag);
	if (status == SIM_OK)
		status = read_root(&file, model, diag);
	yaml_file_fini(&file);
	return status;
}

enum sim_status model_load(const char *name_or_path, struct workload_model *model,
			   struct sim_diag *diag)
{
	char path[MODEL_PATH_SIZE];
	struct yaml_file file;
	set_defaults(model);
	TRY(model_find(name_or_path, path, sizeof(path), diag));
	enum sim_status status = yaml_file_read(path, &file, diag);
	if (status == SIM_OK)
		status = read_root(&file, model, diag);
	yaml_file_fini(&file);
	return status;
}
