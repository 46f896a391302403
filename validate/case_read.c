/* Cases: tables, runs and expectations. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/core/names.h"
#include "sim/core/units.h"
#include "validate/case_parts.h"

static enum sim_status nomem(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

static bool is_number(const char *text, double *number)
{
	struct sim_diag why = {0};
	return unit_parse(text, UNIT_RATIO, number, &why) == SIM_OK;
}

/* "-" is no value; all others of a column of numbers are numbers. */
static enum sim_status read_column(struct case_source *source, const struct yaml_node *list,
				   size_t index, struct case_column *column, struct sim_diag *diag)
{
	struct validation_case *one = source->one;
	double *numbers = arena_alloc(&one->arena, one->row_count * sizeof(*numbers));
	column->texts = arena_alloc(&one->arena, one->row_count * sizeof(*column->texts));
	column->numbers = numbers;
	if (numbers == NULL || column->texts == NULL)
		return nomem(diag);
	size_t row = 0;
	for (const struct yaml_node *node = list->first->next; node != NULL; node = node->next) {
		const struct yaml_node *cell = node->first;
		for (size_t i = 0; i < index; i++)
			cell = cell->next;
		TRY(yaml_expect(&source->file, cell, YAML_SCALAR, column->name, diag));
		column->texts[row] = case_keep(source, cell->text);
		if (column->texts[row] == NULL)
			return nomem(diag);
		numbers[row] = NAN;
		if (strcmp(cell->text, "-") != 0 && !is_number(cell->text, &numbers[row]))
			column->is_text = true;
		row++;
	}
	if (column->is_text)
		return SIM_OK;
	return case_add_name(source, list->first, column->name, &column->slot, diag);
}

enum sim_status case_read_rows(struct case_source *source, struct sim_diag *diag)
{
	struct validation_case *one = source->one;
	const struct yaml_node *list = yaml_find(source->file.root, "rows");
	if (list == NULL)
		return SIM_OK;
	TRY(yaml_expect(&source->file, list, YAML_SEQUENCE, "rows", diag));
	if (list->count < 2 || list->count - 1 > CASE_MOST_ROWS)
		return yaml_fail(&source->file, list, diag, SIM_E_RANGE,
				 "rows must be names of columns and 1 to %d rows", CASE_MOST_ROWS);
	size_t width = list->first->count;
	if (width == 0 || width > CASE_MOST_COLUMNS)
		return yaml_fail(&source->file, list->first, diag, SIM_E_RANGE,
				 "rows have 1 to %d columns", CASE_MOST_COLUMNS);
	for (const struct yaml_node *row = list->first; row != NULL; row = row->next) {
		TRY(yaml_expect(&source->file, row, YAML_SEQUENCE, "row", diag));
		if (row->count != width)
			return yaml_fail(&source->file, row, diag, SIM_E_RANGE,
					 "row has %zu cells, not %zu", row->count, width);
	}
	one->row_count = list->count - 1;
	for (const struct yaml_node *name = list->first->first; name != NULL; name = name->next) {
		struct case_column *column = &one->columns[one->column_count];
		TRY(yaml_expect(&source->file, name, YAML_SCALAR, "column", diag));
		if (case_column(one, name->text) != NULL)
			return yaml_fail(&source->file, name, diag, SIM_E_DUPLICATE,
					 "column is there: '%s'", name->text);
		column->name = case_keep(source, name->text);
		if (column->name == NULL)
			return nomem(diag);
		TRY(read_column(source, list, one->column_count, column, diag));
		one->column_count++;
	}
	return SIM_OK;
}

static const struct case_run *find_run(const struct validation_case *one, const char *name,
				       size_t length)
{
	for (size_t i = 0; i < one->run_count; i++)
		if (strlen(one->runs[i].name) == length &&
		    memcmp(one->runs[i].name, name, length) == 0)
			return &one->runs[i];
	return NULL;
}

/* The key of RUN that NODE sets: one that is there already (from `like`), or a new one. */
static struct case_run_key *run_key(struct case_run *run, const char *key)
{
	for (size_t i = 0; i < run->key_count; i++)
		if (strcmp(run->keys[i].key, key) == 0)
			return &run->keys[i];
	if (run->key_count == CASE_MOST_KEYS)
		return NULL;
	return &run->keys[run->key_count++];
}

static enum sim_status read_key(struct case_source *source, const struct yaml_node *node,
				struct case_run *run, struct sim_diag *diag)
{
	struct case_run_key *key = run_key(run, node->key);
	if (key == NULL)
		return yaml_fail(&source->file, node, diag, SIM_E_RANGE, "run with too many keys");
	*key = (struct case_run_key){.key = case_keep(source, node->key), .line = node->line};
	if (node->kind == YAML_SEQUENCE) {
		key->list = arena_alloc(&source->one->arena, (node->count + 1) * sizeof(char *));
		if (key->list == NULL)
			return nomem(diag);
		for (const struct yaml_node *e = node->first; e != NULL; e = e->next) {
			TRY(yaml_expect(&source->file, e, YAML_SCALAR, node->key, diag));
			key->list[key->list_count] = case_keep(source, e->text);
			if (key->list[key->list_count++] == NULL)
				return nomem(diag);
		}
	} else {
		TRY(yaml_expect(&source->file, node, YAML_SCALAR, node->key, diag));
		key->value = case_keep(source, node->text);
		if (key->value == NULL)
			return nomem(diag);
	}
	return key->key != NULL ? SIM_OK : nomem(diag);
}

static enum sim_status read_run(struct case_source *source, const struct yaml_node *node,
				struct case_run *run, struct sim_diag *diag)
{
	TRY(yaml_expect(&source->file, node, YAML_MAP, "run", diag));
	run->line = node->line;
	run->name = case_keep(source, node->key);
	run->keys = arena_alloc(&source->one->arena, CASE_MOST_KEYS * sizeof(*run->keys));
	if (run->name == NULL || run->keys == NULL)
		return nomem(diag);
	const struct yaml_node *like = yaml_find(node, "like");
	if (like != NULL) {
		TRY(yaml_expect(&source->file, like, YAML_SCALAR, "like", diag));
		const struct case_run *other =
			find_run(source->one, like->text, strlen(like->text));
		if (other == NULL)
			return yaml_fail(&source->file, like, diag, SIM_E_NOT_FOUND,
					 "no such run before this one: '%s'", like->text);
		memcpy(run->keys, other->keys, other->key_count * sizeof(*run->keys));
		run->key_count = other->key_count;
	}
	for (const struct yaml_node *key = node->first; key != NULL; key = key->next)
		if (key != like)
			TRY(read_key(source, key, run, diag));
	return SIM_OK;
}

enum sim_status case_read_runs(struct case_source *source, struct sim_diag *diag)
{
	struct validation_case *one = source->one;
	const struct yaml_node *map = yaml_find(source->file.root, "runs");
	if (map == NULL)
		return SIM_OK;
	TRY(yaml_expect(&source->file, map, YAML_MAP, "runs", diag));
	if (map->count > CASE_MOST_RUNS)
		return yaml_fail(&source->file, map, diag, SIM_E_RANGE, "more than %d runs",
				 CASE_MOST_RUNS);
	for (const struct yaml_node *node = map->first; node != NULL; node = node->next) {
		TRY(read_run(source, node, &one->runs[one->run_count], diag));
		one->run_count++;
	}
	return SIM_OK;
}

static enum sim_status add_result(struct case_source *source, const struct yaml_node *node,
				  const char *word, struct sim_diag *diag)
{
	struct validation_case *one = source->one;
	const char *dot = strchr(word, '.');
	const struct case_run *run = find_run(one, word, (size_t)(dot - word));
	if (run == NULL)
		return yaml_fail(&source->file, node, diag, SIM_E_NOT_FOUND, "no such run: '%.*s'",
				 (int)(dot - word), word);
	for (size_t i = 0; i < one->scope.count; i++)
		if (strcmp(one->names[i], word) == 0)
			return SIM_OK;
	const char *known[CASE_FIELD_COUNT];
	for (unsigned field = 0; field < CASE_FIELD_COUNT; field++) {
		known[field] = case_field_name(field);
		if (strcmp(known[field], dot + 1) != 0)
			continue;
		if (one->scope.count == EXPR_MOST_SLOTS)
			return yaml_fail(&source->file, node, diag, SIM_E_RANGE, "too many names");
		size_t slot = one->scope.count++;
		one->names[slot] = case_keep(source, word);
		one->results[one->result_count++] = (struct case_result){
			(size_t)(run - one->runs), (enum case_field)field, slot};
		return one->names[slot] != NULL ? SIM_OK : nomem(diag);
	}
	const char *near = names_nearest(dot + 1, known, CASE_FIELD_COUNT);
	return yaml_fail(&source->file, node, diag, SIM_E_NOT_FOUND,
			 near != NULL ? "no such result of a run: '%s' (did you mean '%s'?)"
				      : "no such result of a run: '%s'%s",
			 dot + 1, near != NULL ? near : "");
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

/* Words of TEXT with a dot behind a letter are results: they become names. */
static enum sim_status add_results(struct case_source *source, const struct yaml_node *node,
				   const char *text, struct sim_diag *diag)
{
	for (const char *at = text; *at != '\0';) {
		char word[128];
		size_t length = 0;
		while (is_word(at[length]))
			length++;
		bool letter = !((*at >= '0' && *at <= '9') || *at == '.');
		if (length > 0 && letter && memchr(at, '.', length) != NULL) {
			if (length >= sizeof(word))
				return yaml_fail(&source->file, node, diag, SIM_E_PARSE,
						 "name is too long");
			memcpy(word, at, length);
			word[length] = '\0';
			TRY(add_result(source, node, word, diag));
		}
		at += length > 0 ? length : 1;
	}
	return SIM_OK;
}

static enum sim_status read_expression(struct case_source *source, const struct yaml_node *map,
				       const char *key, struct expr *expr, struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, key);
	if (node == NULL)
		return yaml_fail(&source->file, map, diag, SIM_E_NOT_FOUND, "missing key '%s'",
				 key);
	TRY(yaml_expect(&source->file, node, YAML_SCALAR, key, diag));
	TRY(add_results(source, node, node->text, diag));
	return case_expression(source, node, node->text, expr, diag);
}

static enum sim_status read_ratio(struct case_source *source, const struct yaml_node *map,
				  const char *key, double absent, double most, double *value,
				  struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, key);
	*value = absent;
	if (node == NULL)
		return SIM_OK;
	TRY(yaml_quantity(&source->file, node, UNIT_RATIO, value, diag));
	if (!(*value >= 0 && *value <= most))
		return yaml_fail(&source->file, node, diag, SIM_E_RANGE, "'%s' out of range: '%s'",
				 key, node->text);
	return SIM_OK;
}

static enum sim_status read_kind(struct case_source *source, const struct yaml_node *map,
				 enum case_kind *kind, struct sim_diag *diag)
{
	static const char *const words[] = {"equal", "at_most", "at_least"};
	const struct yaml_node *node = yaml_find(map, "kind");
	*kind = CASE_EQUAL;
	if (node == NULL)
		return SIM_OK;
	TRY(yaml_expect(&source->file, node, YAML_SCALAR, "kind", diag));
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(words[i], node->text) == 0) {
			*kind = (enum case_kind)i;
			return SIM_OK;
		}
	return yaml_fail(&source->file, node, diag, SIM_E_NOT_FOUND,
			 "no such kind: '%s' (equal, at_most, at_least)", node->text);
}

static enum sim_status read_expectation(struct case_source *source, const struct yaml_node *node,
					struct case_expectation *expect, struct sim_diag *diag)
{
	static const char *const allowed[] = {
		"what", "got", "expected", "tolerance", "within", "mean_tolerance", "kind", "only"};
	TRY(yaml_expect(&source->file, node, YAML_MAP, "expectation", diag));
	TRY(yaml_allow(&source->file, node, allowed, 8, diag));
	expect->line = node->line;
	const struct yaml_node *what = yaml_find(node, "what");
	if (what == NULL)
		return yaml_fail(&source->file, node, diag, SIM_E_NOT_FOUND, "missing key 'what'");
	TRY(yaml_expect(&source->file, what, YAML_SCALAR, "what", diag));
	expect->what = case_keep(source, what->text);
	if (expect->what == NULL)
		return nomem(diag);
	if (yaml_find(node, "tolerance") == NULL)
		return yaml_fail(&source->file, node, diag, SIM_E_NOT_FOUND,
				 "missing key 'tolerance'");
	TRY(read_expression(source, node, "got", &expect->got, diag));
	TRY(read_expression(source, node, "expected", &expect->expected, diag));
	if (yaml_find(node, "only") != NULL)
		TRY(read_expression(source, node, "only", &expect->only, diag));
	TRY(read_ratio(source, node, "tolerance", 0, 10, &expect->tolerance, diag));
	TRY(read_ratio(source, node, "mean_tolerance", NAN, 10, &expect->mean_tolerance, diag));
	TRY(read_ratio(source, node, "within", 0, 1e15, &expect->within, diag));
	return read_kind(source, node, &expect->kind, diag);
}

/* An expression may name an assumption or column; a run's column of words too, but only there. */
enum sim_status case_read_expectations(struct case_source *source, struct sim_diag *diag)
{
	struct validation_case *one = source->one;
	const struct yaml_node *list = yaml_find(source->file.root, "expect");
	if (list == NULL)
		return SIM_OK;
	TRY(yaml_expect(&source->file, list, YAML_SEQUENCE, "expect", diag));
	if (list->count > CASE_MOST_EXPECTATIONS)
		return yaml_fail(&source->file, list, diag, SIM_E_RANGE,
				 "more than %d expectations", CASE_MOST_EXPECTATIONS);
	one->expectations =
		arena_alloc(&one->arena, (list->count + 1) * sizeof(*one->expectations));
	if (one->expectations == NULL)
		return nomem(diag);
	for (const struct yaml_node *node = list->first; node != NULL; node = node->next) {
		TRY(read_expectation(source, node, &one->expectations[one->expectation_count],
				     diag));
		one->expectation_count++;
	}
	return SIM_OK;
}
