/* Specs: reading SERVE.yaml by its table. */
#include "sim/serve/spec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct spec_key keys[SPEC_KEY_COUNT] = {
#define X(id, section, name, type, unit, low, high, fallback, words, what) \
	{name, SPEC_##section, SPEC_##type, UNIT_##unit, low, high, fallback, words, what},
	SPEC_KEY_LIST(X)
#undef X
};
/* clang-format on */

static const char *const sections[SPEC_SECTION_COUNT] = {"deployment", "load", "objectives"};

const struct spec_key *spec_key(size_t id)
{
	return &keys[id];
}

size_t spec_find(const char *name)
{
	for (size_t i = 0; i < SPEC_KEY_COUNT; i++)
		if (strcmp(keys[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

static bool word_index(const char *words, const char *text, double *index)
{
	double at = 0;
	for (const char *word = words; *word != '\0'; word += strlen(word) + 1, at++)
		if (strcmp(word, text) == 0) {
			*index = at;
			return true;
		}
	return false;
}

static enum sim_status fail_word(const struct spec_key *key, const char *text,
				 struct sim_diag *diag)
{
	char known[128] = "";
	for (const char *word = key->words; *word != '\0'; word += strlen(word) + 1)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 known[0] != '\0' ? ", " : "", word);
	return diag_fail(diag, SIM_E_NOT_FOUND, "'%s' is one of %s: '%s'", key->name, known, text);
}

static enum sim_status set_scalar(struct serve_spec *spec, size_t id, const char *text,
				  struct sim_diag *diag)
{
	const struct spec_key *key = &keys[id];
	double number;
	if (key->type == SPEC_TEXT) {
		spec->texts[id] = arena_copy_text(&spec->arena, text, strlen(text));
		return spec->texts[id] != NULL ? SIM_OK
					       : diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	if (key->type == SPEC_WORD) {
		if (!word_index(key->words, text, &spec->numbers[id]))
			return fail_word(key, text, diag);
		return SIM_OK;
	}
	if (key->type == SPEC_LENGTHS)
		return spec_parse_lengths(text, id == SPEC_PROMPT ? &spec->prompt : &spec->output,
					  diag);
	if (key->type != SPEC_NUMBER)
		return diag_fail(diag, SIM_E_PARSE, "'%s' is no single number", key->name);
	struct sim_diag why = {0};
	enum sim_status status = unit_parse(text, key->unit, &number, &why);
	if (status != SIM_OK)
		return diag_fail(diag, status, "'%s': %s", key->name, why.text);
	if (!(number >= key->low && number <= key->high))
		return diag_fail(diag, SIM_E_RANGE, "'%s' must be %g to %g: '%s'", key->name,
				 key->low, key->high, text);
	if (key->unit == UNIT_COUNT && number != floor(number))
		return diag_fail(diag, SIM_E_RANGE, "'%s' is a whole number: '%s'", key->name,
				 text);
	spec->numbers[id] = number;
	return SIM_OK;
}

const char *spec_word(const struct serve_spec *spec, enum spec_key_id id)
{
	const char *word = keys[id].words;
	for (double at = 0; at < spec->numbers[id] && *word != '\0'; at++)
		word += strlen(word) + 1;
	return word;
}

enum sim_status spec_init(struct serve_spec *spec, const char *name, struct sim_diag *diag)
{
	memset(spec, 0, sizeof(*spec));
	arena_init(&spec->arena);
	spec->path = arena_copy_text(&spec->arena, name, strlen(name));
	if (spec->path == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t id = 0; id < SPEC_KEY_COUNT; id++) {
		spec->numbers[id] = NAN;
		if (keys[id].fallback != NULL)
			TRY(set_scalar(spec, id, keys[id].fallback, diag));
	}
	return SIM_OK;
}

/* Keys of a section, and of scenarios where they may stand, for "did you mean". */
static enum sim_status fail_key(const struct yaml_file *file, const struct yaml_node *node,
				enum spec_section section, struct sim_diag *diag)
{
	const char *known[SPEC_KEY_COUNT + 512];
	size_t count = 0;
	for (size_t i = 0; i < SPEC_KEY_COUNT; i++)
		if (keys[i].section == section)
			known[count++] = keys[i].name;
	for (size_t i = 0; section == SPEC_DEPLOYMENT && i < scenario_key_count() && i < 512; i++)
		known[count++] = scenario_key(i)->name;
	char what[48];
	snprintf(what, sizeof(what), "key of '%s'", sections[section]);
	return yaml_fail_unknown(file, node, what, node->key, known, count, diag);
}

static enum sim_status add_set(struct serve_spec *spec, const char *key, const char *value,
			       long line, struct sim_diag *diag)
{
	struct spec_set *set = NULL;
	for (size_t i = 0; i < spec->set_count; i++)
		if (strcmp(spec->sets[i].key, key) == 0)
			set = &spec->sets[i];
	if (set == NULL && spec->set_count == SPEC_MOST_SETS)
		return diag_fail(diag, SIM_E_RANGE, "more than %d keys", SPEC_MOST_SETS);
	if (set == NULL)
		set = &spec->sets[spec->set_count++];
	set->key = arena_copy_text(&spec->arena, key, strlen(key));
	set->value = arena_copy_text(&spec->arena, value, strlen(value));
	set->line = line;
	return set->key != NULL && set->value != NULL
		       ? SIM_OK
		       : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

const char *spec_set_value(const struct serve_spec *spec, const char *key)
{
	for (size_t i = 0; i < spec->set_count; i++)
		if (strcmp(spec->sets[i].key, key) == 0)
			return spec->sets[i].value;
	return NULL;
}

/* NULL: KEY may stand in a deployment and is the scenario's or the device's. */
static const char *why_not(const char *key)
{
	static const char *const loads[] = {"batch", "context", "tokens", "slots"};
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		if (strcmp(key, loads[i]) == 0)
			return "follows from the load and cannot be set";
	return NULL;
}

static bool is_set_key(const char *key)
{
	return scenario_find(key) != SIZE_MAX || strcmp(key, "scenario") == 0 ||
	       strncmp(key, "hw.", 3) == 0;
}

/* A list of a scenario's key as scenario_set takes it: "[1, 2]". */
static enum sim_status join_list(const struct yaml_file *file, const struct yaml_node *node,
				 char *out, size_t size, struct sim_diag *diag)
{
	size_t length = (size_t)snprintf(out, size, "[");
	for (const struct yaml_node *entry = node->first; entry != NULL; entry = entry->next) {
		TRY(yaml_expect(file, entry, YAML_SCALAR, "list entry", diag));
		length += (size_t)snprintf(out + length, size - length, "%s%s", entry->text,
					   entry->next != NULL ? ", " : "");
		if (length + 2 >= size)
			return yaml_fail(file, node, diag, SIM_E_RANGE, "list is too long");
	}
	snprintf(out + length, size - length, "]");
	return SIM_OK;
}

static enum sim_status take_set(const struct yaml_file *file, const struct yaml_node *node,
				struct serve_spec *spec, struct sim_diag *diag)
{
	char text[1024];
	const char *why = why_not(node->key);
	if (why != NULL)
		return yaml_fail(file, node, diag, SIM_E_USAGE, "'%s' %s", node->key, why);
	if (node->kind == YAML_SEQUENCE) {
		TRY(join_list(file, node, text, sizeof(text), diag));
		return add_set(spec, node->key, text, node->line, diag);
	}
	TRY(yaml_expect(file, node, YAML_SCALAR, node->key, diag));
	return add_set(spec, node->key, node->text, node->line, diag);
}

static enum sim_status take_key(const struct yaml_file *file, const struct yaml_node *node,
				enum spec_section section, struct serve_spec *spec,
				struct sim_diag *diag)
{
	struct sim_diag why = {0};
	size_t id = spec_find(node->key);
	if (id == SIZE_MAX || keys[id].section != section) {
		if (section == SPEC_DEPLOYMENT && is_set_key(node->key))
			return take_set(file, node, spec, diag);
		return fail_key(file, node, section, diag);
	}
	spec->given[id] = true;
	if (keys[id].type == SPEC_LENGTHS)
		return spec_read_lengths(file, node, &spec->arena,
					 id == SPEC_PROMPT ? &spec->prompt : &spec->output, diag);
	if (keys[id].type == SPEC_LIST)
		return spec_read_accepted(file, node, spec, diag);
	TRY(yaml_expect(file, node, YAML_SCALAR, node->key, diag));
	enum sim_status status = set_scalar(spec, id, node->text, &why);
	return status == SIM_OK ? SIM_OK : yaml_fail(file, node, diag, status, "%s", why.text);
}

static enum sim_status check_whole(const struct yaml_file *file, const struct serve_spec *spec,
				   struct sim_diag *diag)
{
	const struct yaml_node *load = yaml_find(file->root, "load");
	bool trace = spec->numbers[SPEC_ARRIVALS] == LOAD_TRACE;
	bool rated = !trace && spec->numbers[SPEC_ARRIVALS] != LOAD_AT_ONCE;
	if (spec_set_value(spec, "model") == NULL && spec_set_value(spec, "scenario") == NULL)
		return yaml_fail(file, yaml_find(file->root, "deployment"), diag, SIM_E_NOT_FOUND,
				 "missing key 'model'");
	if (trace != spec->given[SPEC_TRACE])
		return yaml_fail(file, load, diag, SIM_E_NOT_FOUND,
				 "'arrivals: trace' and 'trace: FILE' go together");
	if (rated && !spec->given[SPEC_RATE])
		return yaml_fail(file, load, diag, SIM_E_NOT_FOUND, "missing key 'rate'");
	for (int id = SPEC_PROMPT; id <= SPEC_OUTPUT; id++)
		if (!trace && !spec->given[id])
			return yaml_fail(file, load, diag, SIM_E_NOT_FOUND, "missing key '%s'",
					 keys[id].name);
	return SIM_OK;
}

enum sim_status spec_take(const struct yaml_file *file, const char *const *also, size_t also_count,
			  struct serve_spec *spec, struct sim_diag *diag)
{
	const char *allowed[32];
	size_t count = 0;
	TRY(spec_init(spec, file->name, diag));
	TRY(yaml_expect(file, file->root, YAML_MAP, "the file", diag));
	for (size_t i = 0; i < also_count; i++)
		allowed[count++] = also[i];
	for (size_t i = 0; i < SPEC_SECTION_COUNT; i++)
		allowed[count++] = sections[i];
	allowed[count++] = "summary";
	allowed[count++] = "source";
	TRY(yaml_allow(file, file->root, allowed, count, diag));
	for (size_t i = 0; i < SPEC_SECTION_COUNT; i++) {
		const struct yaml_node *map = yaml_find(file->root, sections[i]);
		if (map == NULL && i == SPEC_OBJECTIVES)
			continue;
		if (map == NULL)
			return yaml_fail(file, file->root, diag, SIM_E_NOT_FOUND,
					 "missing section '%s'", sections[i]);
		TRY(yaml_expect(file, map, YAML_MAP, sections[i], diag));
		for (const struct yaml_node *node = map->first; node != NULL; node = node->next)
			TRY(take_key(file, node, (enum spec_section)i, spec, diag));
	}
	return check_whole(file, spec, diag);
}

static enum sim_status take(const struct yaml_file *file, struct serve_spec *spec,
			    struct sim_diag *diag)
{
	static const char *const also[] = {"serve"};
	TRY(spec_take(file, also, 1, spec, diag));
	return yaml_text(file, file->root, "serve", spec->name, sizeof(spec->name), diag);
}

/* FILE was read with STATUS; it is done with here. */
static enum sim_status finish(enum sim_status status, struct yaml_file *file,
			      struct serve_spec *spec, struct sim_diag *diag)
{
	memset(spec, 0, sizeof(*spec));
	if (status == SIM_OK)
		status = take(file, spec, diag);
	yaml_file_fini(file);
	return status;
}

enum sim_status spec_read(const char *path, struct serve_spec *spec, struct sim_diag *diag)
{
	struct yaml_file file;
	return finish(yaml_file_read(path, &file, diag), &file, spec, diag);
}

enum sim_status spec_parse(const char *name, const char *text, size_t length,
			   struct serve_spec *spec, struct sim_diag *diag)
{
	struct yaml_file file;
	return finish(yaml_file_parse(name, text, length, &file, diag), &file, spec, diag);
}

enum sim_status spec_set(struct serve_spec *spec, const char *key, const char *text,
			 struct sim_diag *diag)
{
	size_t id = spec_find(key);
	if (id != SIZE_MAX) {
		spec->given[id] = true;
		return set_scalar(spec, id, text, diag);
	}
	if (!is_set_key(key) || why_not(key) != NULL)
		return diag_fail(diag, SIM_E_NOT_FOUND, "no such key of a deployment: '%s'", key);
	return add_set(spec, key, text, 0, diag);
}

void spec_fini(struct serve_spec *spec)
{
	load_trace_fini(&spec->trace);
	arena_fini(&spec->arena);
	memset(spec, 0, sizeof(*spec));
}
