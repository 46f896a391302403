/* Cases: the head of a file, its assumptions and names. */
#include "validate/case.h"

#include <math.h>
#include <string.h>

#include "sim/core/builtin.h"
#include "sim/core/names.h"
#include "sim/core/units.h"
#include "validate/case_parts.h"

static const struct builtin_folder cases = {
	.path = "validate/cases",
	.environment = "DECODESIM_CASES",
	.what = "cases",
	.one = "case",
};

static const char *const evidence_texts[] = {
#define X(name, text) text,
	CASE_EVIDENCE_LIST(X)
#undef X
};

static const char *const field_names[] = {
#define X(name, when) #name,
	CASE_FIELD_LIST(X)
#undef X
};

enum { FIELD_TIME, FIELD_MEMORY };
static const unsigned char field_kinds[] = {
#define X(name, when) FIELD_##when,
	CASE_FIELD_LIST(X)
#undef X
};

static const char *const root_keys[] = {"case",	    "system",	   "claim",   "source",
					"evidence", "assumptions", "let",     "rows",
					"runs",	    "expect",	   "missing", "contradiction"};

const char *case_evidence_text(unsigned evidence)
{
	return evidence < CASE_EVIDENCE_COUNT ? evidence_texts[evidence] : "?";
}

const char *case_field_name(unsigned field)
{
	return field < CASE_FIELD_COUNT ? field_names[field] : "?";
}

bool case_field_is_time(unsigned field)
{
	return field < CASE_FIELD_COUNT && field_kinds[field] == FIELD_TIME;
}

enum sim_status case_list(struct arena *arena, const char ***names, size_t *count,
			  struct sim_diag *diag)
{
	return builtin_list(&cases, arena, names, count, diag);
}

const char *case_keep(struct case_source *source, const char *text)
{
	return arena_copy_text(&source->one->arena, text, strlen(text));
}

enum sim_status case_add_name(struct case_source *source, const struct yaml_node *node,
			      const char *name, size_t *slot, struct sim_diag *diag)
{
	struct validation_case *one = source->one;
	bool good = name[0] != '\0' && !(name[0] >= '0' && name[0] <= '9');
	for (const char *c = name; *c != '\0'; c++)
		good = good && ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
				(*c >= '0' && *c <= '9') || *c == '_');
	if (!good || strlen(name) > 60)
		return yaml_fail(&source->file, node, diag, SIM_E_PARSE,
				 "not a name (letters, digits and '_'): '%s'", name);
	for (size_t i = 0; i < one->scope.count; i++)
		if (strcmp(one->names[i], name) == 0)
			return yaml_fail(&source->file, node, diag, SIM_E_DUPLICATE,
					 "name is taken: '%s'", name);
	if (one->scope.count == EXPR_MOST_SLOTS)
		return yaml_fail(&source->file, node, diag, SIM_E_RANGE, "too many names");
	*slot = one->scope.count;
	one->names[*slot] = case_keep(source, name);
	one->scope = (struct expr_scope){one->names, *slot + 1};
	return one->names[*slot] != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

enum sim_status case_expression(struct case_source *source, const struct yaml_node *node,
				const char *text, struct expr *expr, struct sim_diag *diag)
{
	struct sim_diag why = {0};
	enum sim_status status =
		expr_compile(text, &source->one->scope, &source->one->arena, expr, &why);
	return status == SIM_OK ? SIM_OK
				: yaml_fail(&source->file, node, diag, status, "%s", why.text);
}

/* Text under KEY, kept; "" where OPTIONAL and absent. */
static enum sim_status read_text(struct case_source *source, const struct yaml_node *map,
				 const char *key, bool optional, const char **text,
				 struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, key);
	*text = "";
	if (node == NULL && optional)
		return SIM_OK;
	if (node == NULL)
		return yaml_fail(&source->file, map, diag, SIM_E_NOT_FOUND, "missing key '%s'",
				 key);
	TRY(yaml_expect(&source->file, node, YAML_SCALAR, key, diag));
	if (node->text[0] == '\0')
		return yaml_fail(&source->file, node, diag, SIM_E_PARSE, "'%s' is empty", key);
	*text = case_keep(source, node->text);
	return *text != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

static enum sim_status read_bound(struct case_source *source, const struct yaml_node *map,
				  const char *key, double *value, struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, key);
	*value = NAN;
	if (node == NULL)
		return SIM_OK;
	return yaml_quantity(&source->file, node, UNIT_RATIO, value, diag);
}

static enum sim_status read_assumption(struct case_source *source, const struct yaml_node *node,
				       struct case_assumption *assumption, struct sim_diag *diag)
{
	static const char *const allowed[] = {"name", "what", "value", "low", "high", "why"};
	TRY(yaml_expect(&source->file, node, YAML_MAP, "assumption", diag));
	TRY(yaml_allow(&source->file, node, allowed, 6, diag));
	TRY(read_text(source, node, "name", true, &assumption->name, diag));
	TRY(read_text(source, node, "what", false, &assumption->what, diag));
	TRY(read_text(source, node, "why", false, &assumption->why, diag));
	TRY(read_text(source, node, "value", true, &assumption->shown, diag));
	assumption->value = assumption->low = assumption->high = NAN;
	if (assumption->name[0] == '\0')
		return SIM_OK;
	if (yaml_find(node, "value") == NULL)
		return yaml_fail(&source->file, node, diag, SIM_E_NOT_FOUND,
				 "missing key 'value' of assumption '%s'", assumption->name);
	TRY(read_bound(source, node, "value", &assumption->value, diag));
	TRY(read_bound(source, node, "low", &assumption->low, diag));
	TRY(read_bound(source, node, "high", &assumption->high, diag));
	if (assumption->low > assumption->value || assumption->high < assumption->value)
		return yaml_fail(&source->file, node, diag, SIM_E_RANGE,
				 "value is not between low and high: '%s'", assumption->name);
	return case_add_name(source, yaml_find(node, "name"), assumption->name, &assumption->slot,
			     diag);
}

static enum sim_status read_assumptions(struct case_source *source, struct sim_diag *diag)
{
	struct validation_case *one = source->one;
	const struct yaml_node *list = yaml_find(source->file.root, "assumptions");
	if (list == NULL)
		return SIM_OK;
	TRY(yaml_expect(&source->file, list, YAML_SEQUENCE, "assumptions", diag));
	if (list->count > 64)
		return yaml_fail(&source->file, list, diag, SIM_E_RANGE, "too many assumptions");
	one->assumptions = arena_alloc(&one->arena, (list->count + 1) * sizeof(*one->assumptions));
	if (one->assumptions == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (const struct yaml_node *node = list->first; node != NULL; node = node->next)
		TRY(read_assumption(source, node, &one->assumptions[one->assumption_count++],
				    diag));
	return SIM_OK;
}

/* Each over the names before it, so that there are no cycles. */
static enum sim_status read_lets(struct case_source *source, struct sim_diag *diag)
{
	struct validation_case *one = source->one;
	const struct yaml_node *map = yaml_find(source->file.root, "let");
	one->first_let = one->scope.count;
	if (map == NULL)
		return SIM_OK;
	TRY(yaml_expect(&source->file, map, YAML_MAP, "let", diag));
	struct expr *lets = arena_alloc(&one->arena, (map->count + 1) * sizeof(*lets));
	if (lets == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	one->lets = lets;
	for (const struct yaml_node *node = map->first; node != NULL; node = node->next) {
		size_t slot;
		TRY(yaml_expect(&source->file, node, YAML_SCALAR, node->key, diag));
		TRY(case_expression(source, node, node->text, &lets[one->let_count], diag));
		TRY(case_add_name(source, node, node->key, &slot, diag));
		one->let_count++;
	}
	return SIM_OK;
}

static enum sim_status read_evidence(struct case_source *source, struct sim_diag *diag)
{
	const char *text;
	TRY(read_text(source, source->file.root, "evidence", false, &text, diag));
	for (unsigned i = 0; i < CASE_EVIDENCE_COUNT; i++)
		if (strcmp(evidence_texts[i], text) == 0) {
			source->one->evidence = (enum case_evidence)i;
			return SIM_OK;
		}
	return yaml_fail(&source->file, yaml_find(source->file.root, "evidence"), diag,
			 SIM_E_NOT_FOUND,
			 "no such evidence: '%s' (measured here, published measurement, published "
			 "simulation, arithmetic)",
			 text);
}

static enum sim_status read_head(struct case_source *source, struct sim_diag *diag)
{
	struct validation_case *one = source->one;
	const struct yaml_node *root = source->file.root;
	TRY(yaml_expect(&source->file, root, YAML_MAP, "case", diag));
	TRY(yaml_allow(&source->file, root, root_keys, sizeof(root_keys) / sizeof(root_keys[0]),
		       diag));
	TRY(read_text(source, root, "case", false, &one->name, diag));
	TRY(read_text(source, root, "system", false, &one->system, diag));
	TRY(read_text(source, root, "claim", false, &one->claim, diag));
	TRY(read_text(source, root, "source", false, &one->source, diag));
	TRY(read_text(source, root, "missing", true, &one->missing, diag));
	TRY(read_text(source, root, "contradiction", true, &one->contradiction, diag));
	return read_evidence(source, diag);
}

static enum sim_status read_all(struct case_source *source, struct sim_diag *diag)
{
	struct validation_case *one = source->one;
	one->path = case_keep(source, source->file.name);
	one->names = arena_alloc(&one->arena, EXPR_MOST_SLOTS * sizeof(*one->names));
	if (one->path == NULL || one->names == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	one->row_count = 1;
	one->scope.names = one->names;
	TRY(read_head(source, diag));
	TRY(read_assumptions(source, diag));
	TRY(case_read_rows(source, diag));
	TRY(read_lets(source, diag));
	TRY(case_read_runs(source, diag));
	TRY(case_read_expectations(source, diag));
	if (one->missing[0] != '\0' && (one->run_count > 0 || one->expectation_count > 0))
		return yaml_fail(&source->file, yaml_find(source->file.root, "missing"), diag,
				 SIM_E_PARSE,
				 "a case is 'missing', or it has runs and expectations, not both");
	if (one->missing[0] == '\0' && one->expectation_count == 0)
		return yaml_fail(&source->file, source->file.root, diag, SIM_E_NOT_FOUND,
				 "missing key 'expect' (or 'missing', with what lacks)");
	return SIM_OK;
}

static enum sim_status start(struct validation_case *one)
{
	memset(one, 0, sizeof(*one));
	arena_init(&one->arena);
	return SIM_OK;
}

/* The file is called as the case, so that it is found by the name that is printed. */
static enum sim_status check_name(const struct case_source *source, struct sim_diag *diag)
{
	const char *base = strrchr(source->file.name, '/');
	base = base != NULL ? base + 1 : source->file.name;
	size_t length = strlen(source->one->name);
	if (strncmp(base, source->one->name, length) == 0 &&
	    strcmp(base + length, BUILTIN_SUFFIX) == 0)
		return SIM_OK;
	return yaml_fail(&source->file, yaml_find(source->file.root, "case"), diag, SIM_E_PARSE,
			 "case and file have different names: '%s'", source->one->name);
}

enum sim_status case_read(const char *name_or_path, struct validation_case *one,
			  struct sim_diag *diag)
{
	char path[BUILTIN_PATH_SIZE];
	struct case_source source = {.one = one};
	TRY(start(one));
	TRY(builtin_find(&cases, name_or_path, path, sizeof(path), diag));
	enum sim_status status = yaml_file_read(path, &source.file, diag);
	if (status == SIM_OK)
		status = read_all(&source, diag);
	if (status == SIM_OK)
		status = check_name(&source, diag);
	yaml_file_fini(&source.file);
	return status;
}

enum sim_status case_parse(const char *name, const char *text, size_t length,
			   struct validation_case *one, struct sim_diag *diag)
{
	struct case_source source = {.one = one};
	TRY(start(one));
	enum sim_status status = yaml_file_parse(name, text, length, &source.file, diag);
	if (status == SIM_OK)
		status = read_all(&source, diag);
	yaml_file_fini(&source.file);
	return status;
}

void case_fini(struct validation_case *one)
{
	arena_fini(&one->arena);
	memset(one, 0, sizeof(*one));
}

const struct case_column *case_column(const struct validation_case *one, const char *name)
{
	for (size_t i = 0; i < one->column_count; i++)
		if (strcmp(one->columns[i].name, name) == 0)
			return &one->columns[i];
	return NULL;
}

bool case_is_blank(const struct validation_case *one, const struct expr *expr, const double *values)
{
	for (size_t slot = 0; slot < one->first_let + one->let_count; slot++)
		if (expr_uses(expr, slot) && isnan(values[slot]))
			return true;
	return false;
}

enum sim_status case_fill(const struct validation_case *one, size_t row, size_t changed, double its,
			  double *values, struct sim_diag *diag)
{
	for (size_t i = 0; i < one->assumption_count; i++)
		if (one->assumptions[i].name[0] != '\0')
			values[one->assumptions[i].slot] =
				i == changed ? its : one->assumptions[i].value;
	for (size_t i = 0; i < one->column_count; i++)
		if (!one->columns[i].is_text)
			values[one->columns[i].slot] = one->columns[i].numbers[row];
	for (size_t i = 0; i < one->let_count; i++) {
		double *value = &values[one->first_let + i];
		struct sim_diag why = {0};
		*value = NAN;
		if (case_is_blank(one, &one->lets[i], values))
			continue;
		enum sim_status status = expr_value(&one->lets[i], values, value, &why);
		if (status != SIM_OK)
			return diag_fail(diag, status, "%s: '%s': %s", one->path,
					 one->names[one->first_let + i], why.text);
	}
	return SIM_OK;
}
