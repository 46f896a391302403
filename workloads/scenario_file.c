/* Scenarios as YAML: reading, one key from the command line, and writing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/builtin.h"
#include "sim/core/yaml.h"
#include "workloads/scenario_parts.h"

enum { MOST_ANCESTORS = 8 };

static const struct builtin_folder scenarios = {
	.path = "workloads/scenarios",
	.environment = "DECODESIM_SCENARIOS",
	.what = "scenarios",
	.one = "scenario",
};

enum sim_status scenario_names(struct arena *arena, const char ***names, size_t *count,
			       struct sim_diag *diag)
{
	return builtin_list(&scenarios, arena, names, count, diag);
}

static const char *const own_keys[] = {"scenario", "summary", "source", "inherits"};

static bool is_own(const char *key)
{
	for (size_t i = 0; i < sizeof(own_keys) / sizeof(own_keys[0]); i++)
		if (strcmp(own_keys[i], key) == 0)
			return true;
	return false;
}

static enum sim_status read_list(const struct yaml_file *file, const struct yaml_node *node,
				 struct workload_scenario *scenario, size_t key,
				 struct sim_diag *diag)
{
	struct sim_diag why = {0};
	size_t count = 0;
	if (node->count > SCENARIO_MOST_LIST)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "list is too long");
	const char **texts = malloc((node->count + 1) * sizeof(*texts));
	if (texts == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	enum sim_status status = SIM_OK;
	for (const struct yaml_node *entry = node->first; entry != NULL && status == SIM_OK;
	     entry = entry->next) {
		status = yaml_expect(file, entry, YAML_SCALAR, "list entry", diag);
		texts[count++] = entry->text;
	}
	if (status == SIM_OK) {
		status = scenario_list(scenario, key, texts, count, &why);
		if (status != SIM_OK)
			status = yaml_fail(file, node, diag, status, "%s", why.text);
	}
	free(texts);
	return status;
}

static enum sim_status read_plain(const struct yaml_file *file, const struct yaml_node *node,
				  struct workload_scenario *scenario, size_t key,
				  struct sim_diag *diag)
{
	struct sim_diag why = {0};
	if (node->kind == YAML_SEQUENCE)
		return read_list(file, node, scenario, key, diag);
	TRY(yaml_expect(file, node, YAML_SCALAR, node->key, diag));
	enum sim_status status = scenario_scalar(scenario, key, node->text, &why);
	return status == SIM_OK ? SIM_OK : yaml_fail(file, node, diag, status, "%s", why.text);
}

static enum sim_status read_bound(const struct yaml_file *file, const struct yaml_node *map,
				  const char *name, size_t key, double *bound,
				  struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, name);
	if (node == NULL)
		return SIM_OK;
	return yaml_quantity(file, node, scenario_key(key)->unit, bound, diag);
}

/* {value:, low:, high:, assumed:, source:} */
static enum sim_status read_detailed(const struct yaml_file *file, const struct yaml_node *node,
				     struct workload_scenario *scenario, size_t key,
				     struct sim_diag *diag)
{
	static const char *const allowed[] = {"value", "low", "high", "assumed", "source"};
	struct scenario_value *value = &scenario->values[key];
	char text[512] = "";
	TRY(yaml_allow(file, node, allowed, 5, diag));
	const struct yaml_node *plain = yaml_find(node, "value");
	if (plain == NULL)
		return yaml_fail(file, node, diag, SIM_E_NOT_FOUND, "missing key 'value'");
	TRY(read_plain(file, plain, scenario, key, diag));
	TRY(read_bound(file, node, "low", key, &value->low, diag));
	TRY(read_bound(file, node, "high", key, &value->high, diag));
	if (yaml_find(node, "assumed") != NULL) {
		TRY(yaml_text(file, node, "assumed", text, sizeof(text), diag));
		value->assumed = strcmp(text, "true") == 0;
		if (!value->assumed && strcmp(text, "false") != 0)
			return yaml_fail(file, yaml_find(node, "assumed"), diag, SIM_E_PARSE,
					 "'assumed' must be true or false: '%s'", text);
	}
	if (yaml_find(node, "source") != NULL) {
		TRY(yaml_text(file, node, "source", text, sizeof(text), diag));
		value->source = arena_copy_text(&scenario->arena, text, strlen(text));
		if (value->source == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	return SIM_OK;
}

static enum sim_status read_entry(const struct yaml_file *file, const struct yaml_node *node,
				  struct workload_scenario *scenario, struct sim_diag *diag)
{
	struct sim_diag why = {0};
	size_t key = scenario_find(node->key);
	if (key == SIZE_MAX) {
		enum sim_status status = scenario_unknown(node->key, &why);
		return diag_fail_at(diag, status, file->name, node->key_line, "%s", why.text);
	}
	scenario->values[key].given = true;
	scenario->values[key].assumed = false;
	scenario->values[key].source = "";
	return node->kind == YAML_MAP ? read_detailed(file, node, scenario, key, diag)
				      : read_plain(file, node, scenario, key, diag);
}

static enum sim_status read_text(const struct yaml_file *file, const char *key, char *out,
				 size_t size, struct sim_diag *diag)
{
	return yaml_find(file->root, key) != NULL
		       ? yaml_text(file, file->root, key, out, size, diag)
		       : SIM_OK;
}

static enum sim_status read_file(const struct yaml_file *file, struct workload_scenario *scenario,
				 struct sim_diag *diag)
{
	TRY(read_text(file, "scenario", scenario->name, sizeof(scenario->name), diag));
	TRY(read_text(file, "summary", scenario->summary, sizeof(scenario->summary), diag));
	TRY(read_text(file, "source", scenario->source, sizeof(scenario->source), diag));
	for (const struct yaml_node *node = file->root->first; node != NULL; node = node->next)
		if (!is_own(node->key))
			TRY(read_entry(file, node, scenario, diag));
	return SIM_OK;
}

/* Ancestors first, so that a file's own keys stand. */
static enum sim_status read_chain(struct workload_scenario *scenario, const char *name_or_path,
				  unsigned depth, struct sim_diag *diag)
{
	char path[BUILTIN_PATH_SIZE], parent[BUILTIN_PATH_SIZE] = "";
	struct yaml_file file;
	TRY(builtin_find(&scenarios, name_or_path, path, sizeof(path), diag));
	if (depth == MOST_ANCESTORS)
		return diag_fail(diag, SIM_E_PARSE,
				 "%s: scenarios inherit in a circle, or too deeply", path);
	enum sim_status status = yaml_file_read(path, &file, diag);
	if (status == SIM_OK)
		status = yaml_expect(&file, file.root, YAML_MAP, "scenario", diag);
	if (status == SIM_OK)
		status = read_text(&file, "inherits", parent, sizeof(parent), diag);
	if (status == SIM_OK && parent[0] != '\0')
		status = read_chain(scenario, parent, depth + 1, diag);
	if (status == SIM_OK)
		status = read_file(&file, scenario, diag);
	yaml_file_fini(&file);
	return status;
}

enum sim_status scenario_read(struct workload_scenario *scenario, const char *name_or_path,
			      struct sim_diag *diag)
{
	return read_chain(scenario, name_or_path, 0, diag);
}

enum sim_status scenario_set(struct workload_scenario *scenario, const char *key, const char *text,
			     struct sim_diag *diag)
{
	struct yaml_file file;
	size_t index = scenario_find(key);
	if (index == SIZE_MAX)
		return scenario_unknown(key, diag);
	scenario->values[index].given = true;
	if (text[0] != '[')
		return scenario_scalar(scenario, index, text, diag);
	enum sim_status status = yaml_file_parse(key, text, strlen(text), &file, diag);
	if (status == SIM_OK)
		status = read_list(&file, file.root, scenario, index, diag);
	yaml_file_fini(&file);
	return status;
}

static void write_number(FILE *out, double number, enum sim_unit unit)
{
	char text[64];
	fputs(unit_format_exact(number, unit, text, sizeof(text)), out);
}

static void write_value(FILE *out, const struct scenario_key *key,
			const struct scenario_value *value)
{
	if (key->type != SCENARIO_NUMBER && key->type != SCENARIO_LIST) {
		yaml_write_text(out, value->text);
	} else if (key->type == SCENARIO_NUMBER) {
		write_number(out, value->number, key->unit);
	} else {
		for (size_t i = 0; i < value->list_count; i++) {
			fputs(i == 0 ? "[" : ", ", out);
			write_number(out, value->list[i], key->unit);
		}
		putc(']', out);
	}
}

static void write_entry(FILE *out, const struct scenario_key *key,
			const struct scenario_value *value)
{
	bool detailed = value->assumed || value->source[0] != '\0' || value->low == value->low;
	fprintf(out, detailed ? "%s: {value: " : "%s: ", key->name);
	write_value(out, key, value);
	if (detailed) {
		if (value->low == value->low) {
			fputs(", low: ", out);
			write_number(out, value->low, key->unit);
		}
		if (value->high == value->high) {
			fputs(", high: ", out);
			write_number(out, value->high, key->unit);
		}
		if (value->assumed)
			fputs(", assumed: true", out);
		if (value->source[0] != '\0') {
			fputs(", source: ", out);
			yaml_write_text(out, value->source);
		}
		putc('}', out);
	}
	fprintf(out, " # %s\n", key->what);
}

enum sim_status scenario_dump(const struct workload_scenario *scenario, char **text,
			      struct sim_diag *diag)
{
	size_t size;
	FILE *out = open_memstream(text, &size);
	if (out == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	fputs("scenario: ", out);
	yaml_write_text(out, scenario->name[0] != '\0' ? scenario->name : "run");
	putc('\n', out);
	for (size_t i = 0; i < scenario_key_count(); i++) {
		const struct scenario_value *value = &scenario->values[i];
		bool known = value->given ||
			     (i < SCENARIO_RUN_KEY_COUNT && scenario_key(i)->fallback != NULL);
		if (known)
			write_entry(out, scenario_key(i), value);
	}
	if (fclose(out) != 0)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	return SIM_OK;
}
