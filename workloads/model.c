/* Model files: YAML read by the table of keys. */
#include "workloads/model_parts.h"

#include <stdio.h>
#include <string.h>

#include "sim/core/names.h"
#include "sim/core/yaml.h"

enum { MOST_KEYS = 96 };

static enum sim_status read_number(const struct yaml_file *file, const struct yaml_node *node,
				   const struct model_key *key, void *field, struct sim_diag *diag)
{
	double value;
	TRY(yaml_quantity(file, node, key->kind == MODEL_KEY_COUNT ? UNIT_COUNT : UNIT_RATIO,
			  &value, diag));
	if (!(value >= key->low && value <= key->high))
		return yaml_fail(file, node, diag, SIM_E_RANGE,
				 "'%s' out of range: '%s' (%.12g to %.12g)", key->name, node->text,
				 key->low, key->high);
	if (key->kind == MODEL_KEY_COUNT)
		*(uint64_t *)field = (uint64_t)value;
	else
		*(double *)field = value;
	return SIM_OK;
}

static enum sim_status read_flag(const struct yaml_file *file, const struct yaml_node *node,
				 const struct model_key *key, bool *flag, struct sim_diag *diag)
{
	TRY(yaml_expect(file, node, YAML_SCALAR, key->name, diag));
	*flag = strcmp(node->text, "true") == 0;
	if (!*flag && strcmp(node->text, "false") != 0)
		return yaml_fail(file, node, diag, SIM_E_PARSE, "'%s' must be true or false: '%s'",
				 key->name, node->text);
	return SIM_OK;
}

static enum sim_status read_word(const struct yaml_file *file, const struct yaml_node *node,
				 const struct model_key *key, unsigned *choice,
				 struct sim_diag *diag)
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
				const struct model_key *key, struct workload_model *model,
				struct sim_diag *diag)
{
	void *field = (char *)model + key->offset;
	switch (key->kind) {
	case MODEL_KEY_FLAG:
		return read_flag(file, node, key, field, diag);
	case MODEL_KEY_WORD:
		return read_word(file, node, key, field, diag);
	default:
		return read_number(file, node, key, field, diag);
	}
}

static enum sim_status read_architecture(const struct yaml_file *file, const struct yaml_node *map,
					 struct workload_model *model, struct sim_diag *diag)
{
	const char *names[MOST_KEYS], *blamed = NULL;
	size_t count = model_key_count();
	struct sim_diag why;
	for (size_t i = 0; i < count; i++)
		names[i] = model_keys[i].name;
	TRY(yaml_expect(file, map, YAML_MAP, "architecture", diag));
	TRY(yaml_allow(file, map, names, count, diag));
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *node = yaml_find(map, names[i]);
		if (node != NULL)
			TRY(read_key(file, node, &model_keys[i], model, diag));
	}
	for (size_t i = 0; i < count; i++)
		if (yaml_find(map, names[i]) == NULL && model_needs(model, &model_keys[i]))
			return diag_fail_at(diag, SIM_E_NOT_FOUND, file->name, map->key_line,
					    "missing key '%s' of architecture (%s)", names[i],
					    model_keys[i].what);
	diag_init(&why);
	enum sim_status status = model_finish(model, &blamed, &why);
	if (status == SIM_OK)
		return SIM_OK;
	const struct yaml_node *node = blamed != NULL ? yaml_find(map, blamed) : NULL;
	return diag_fail_at(diag, status, file->name, node != NULL ? node->line : map->key_line,
			    "%s", why.text);
}

static enum sim_status read_published(const struct yaml_file *file, const struct yaml_node *map,
				      struct workload_model *model, struct sim_diag *diag)
{
	static const char *const allowed[] = {"parameters", "source"};
	static const struct model_key key = {
		.name = "parameters", .kind = MODEL_KEY_COUNT, .low = 1, .high = 1e15};
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

static bool is_json(const char *name)
{
	size_t length = strlen(name);
	return length >= 5 && strcmp(name + length - 5, ".json") == 0;
}

enum sim_status model_parse(const char *name, const char *text, size_t length,
			    struct workload_model *model, struct sim_diag *diag)
{
	struct yaml_file file;
	model_set_defaults(model);
	if (is_json(name))
		return model_hf_parse(name, text, length, model, diag);
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
	model_set_defaults(model);
	if (is_json(name_or_path))
		return model_hf_read(name_or_path, model, diag);
	TRY(model_find(name_or_path, path, sizeof(path), diag));
	enum sim_status status = yaml_file_read(path, &file, diag);
	if (status == SIM_OK)
		status = read_root(&file, model, diag);
	yaml_file_fini(&file);
	return status;
}
