/* Runs of cases: keys as a row has them, and results by their text. */
#include "validate/case_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/units.h"

enum { BUCKETS = 1024, TEXT_SIZE = 512 };

struct case_memo_entry {
	struct case_memo_entry *next;
	char *text; /* all keys as the row has them */
	struct case_outcome outcome;
};

/* A run on its way to be evaluated: its keys as text, one "KEY=VALUE" each. */
struct resolved {
	const struct validation_case *one;
	size_t row;
	const double *values;
	char *lines[CASE_MOST_KEYS];
	size_t count;
};

enum sim_status case_memo_init(struct case_memo *memo, struct sim_diag *diag)
{
	memset(memo, 0, sizeof(*memo));
	memo->buckets = calloc(BUCKETS, sizeof(*memo->buckets));
	return memo->buckets != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

void case_memo_fini(struct case_memo *memo)
{
	for (size_t i = 0; memo->buckets != NULL && i < BUCKETS; i++)
		while (memo->buckets[i] != NULL) {
			struct case_memo_entry *entry = memo->buckets[i];
			memo->buckets[i] = entry->next;
			free(entry->text);
			free(entry);
		}
	free(memo->buckets);
	memset(memo, 0, sizeof(*memo));
}

static void write_number(char *out, double number, const char *behind)
{
	snprintf(out, TEXT_SIZE, "%.17g%s", number, behind);
}

/* TEXT as the row has it: a column's cell, "NAME UNIT" with the value of NAME, or itself. */
static void substitute(const struct resolved *run, const char *text, char *out)
{
	const struct case_column *column = case_column(run->one, text);
	size_t word = strcspn(text, " ");
	if (column != NULL) {
		snprintf(out, TEXT_SIZE, "%s", column->texts[run->row]);
		return;
	}
	for (size_t i = 0; i < run->one->first_let + run->one->let_count; i++) {
		const char *name = run->one->names[i];
		if (strlen(name) == word && memcmp(name, text, word) == 0) {
			if (isnan(run->values[i]))
				snprintf(out, TEXT_SIZE, "-");
			else
				write_number(out, run->values[i], text + word);
			return;
		}
	}
	snprintf(out, TEXT_SIZE, "%s", text);
}

/* The same where a number is due: expressions too. "-": the key is left out. */
static enum sim_status number_text(const struct resolved *run, const char *text, enum sim_unit unit,
				   char *out, struct sim_diag *diag)
{
	struct sim_diag ignored = {0};
	struct arena arena;
	struct expr expr;
	double number;
	const struct expr_scope scope = {run->one->names,
					 run->one->first_let + run->one->let_count};
	substitute(run, text, out);
	if (strcmp(out, "-") == 0 || unit_parse(out, unit, &number, &ignored) == SIM_OK)
		return SIM_OK;
	/* a number without its unit is in SI */
	arena_init(&arena);
	enum sim_status status = expr_compile(out, &scope, &arena, &expr, diag);
	if (status == SIM_OK && case_is_blank(run->one, &expr, run->values)) {
		snprintf(out, TEXT_SIZE, "-");
	} else if (status == SIM_OK) {
		status = expr_value(&expr, run->values, &number, diag);
		if (status == SIM_OK)
			unit_format_exact(number, unit, out, 64);
	}
	arena_fini(&arena);
	return status;
}

static enum sim_status list_text(const struct resolved *run, const struct case_run_key *key,
				 enum sim_unit unit, char *out, struct sim_diag *diag)
{
	size_t length = 0;
	out[length++] = '[';
	for (size_t i = 0; i < key->list_count; i++) {
		char piece[TEXT_SIZE];
		TRY(number_text(run, key->list[i], unit, piece, diag));
		size_t size = strlen(piece) + 3;
		if (length + size >= TEXT_SIZE)
			return diag_fail(diag, SIM_E_RANGE, "'%s': list is too long", key->key);
		length += (size_t)snprintf(out + length, TEXT_SIZE - length, "%s%s",
					   i > 0 ? ", " : "", piece);
	}
	snprintf(out + length, TEXT_SIZE - length, "]");
	return SIM_OK;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static enum sim_status resolve_key(struct resolved *run, const struct case_run_key *key,
				   struct sim_diag *diag)
{
	char out[TEXT_SIZE];
	size_t index = scenario_find(key->key);
	bool known = index != SIZE_MAX;
	bool number = known && (scenario_key(index)->type == SCENARIO_NUMBER ||
				scenario_key(index)->type == SCENARIO_LIST);
	enum sim_unit unit = known ? scenario_key(index)->unit : UNIT_RATIO;
	struct sim_diag ignored = {0};
	if (key->value == NULL)
		TRY(list_text(run, key, unit, out, diag));
	else if (number || begins(key->key, "graph."))
		TRY(number_text(run, key->value, unit, out, diag));
	else if (!known && number_text(run, key->value, unit, out, &ignored) == SIM_OK)
		; /* a number or an expression, of a deployment or of a load */
	else
		substitute(run, key->value, out);
	if (strcmp(out, "-") == 0)
		return SIM_OK;
	size_t size = strlen(key->key) + strlen(out) + 2;
	char *line = malloc(size);
	if (line == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	snprintf(line, size, "%s=%s", key->key, out);
	run->lines[run->count++] = line;
	return SIM_OK;
}

/* The line of KEY, or NULL: what stands behind '='. */
static const char *find_line(const struct resolved *run, const char *key)
{
	size_t length = strlen(key);
	for (size_t i = 0; i < run->count; i++)
		if (strncmp(run->lines[i], key, length) == 0 && run->lines[i][length] == '=')
			return run->lines[i] + length + 1;
	return NULL;
}

/* Keys of the scenario are set; those of the device come back in SETS. */
static enum sim_status set_keys(const struct resolved *run, struct workload_scenario *scenario,
				const char **sets, size_t *set_count, struct sim_diag *diag)
{
	const char *file = find_line(run, "scenario");
	TRY(scenario_init(scenario, diag));
	if (file != NULL)
		TRY(scenario_read(scenario, file, diag));
	for (size_t i = 0; i < run->count; i++) {
		char key[128];
		const char *line = run->lines[i], *equal = strchr(line, '=');
		if (begins(line, "scenario=") || begins(line, "graph=") || begins(line, "graph."))
			continue;
		if (begins(line, "hw.")) {
			sets[(*set_count)++] = line + 3;
			continue;
		}
		snprintf(key, sizeof(key), "%.*s", (int)(equal - line), line);
		TRY(scenario_set(scenario, key, equal + 1, diag));
	}
	return SIM_OK;
}

static enum sim_status evaluate_model(const struct resolved *run, bool prefill,
				      struct case_outcome *outcome, struct sim_diag *diag)
{
	struct workload_scenario scenario;
	struct workload_forward forward;
	struct run_setup setup;
	const char *sets[CASE_MOST_KEYS];
	size_t set_count = 0;
	enum sim_status status = set_keys(run, &scenario, sets, &set_count, diag);
	if (status != SIM_OK) {
		scenario_fini(&scenario);
		return status;
	}
	double context = scenario_number(&scenario, SCENARIO_CONTEXT);
	status = run_setup(&setup, &scenario, sets, set_count, diag);
	if (status == SIM_OK)
		status = run_evaluate(&setup, context, &outcome->result, NULL, diag);
	if (status == SIM_OK)
		status = run_largest(&setup, context, &outcome->result, diag);
	if (status == SIM_OK && prefill && outcome->result.fits) {
		status = workload_prefill(&setup.workload, &forward, diag);
		if (status == SIM_OK)
			status = run_forward(&setup, &forward, &outcome->prefill, diag);
		outcome->has_prefill = status == SIM_OK;
	}
	run_setup_fini(&setup);
	return status;
}

/* Parameters of the graph: "graph.NAME=NUMBER". */
static enum sim_status set_params(const struct resolved *run, struct workload_graph *graph,
				  struct sim_diag *diag)
{
	for (size_t i = 0; i < run->count; i++) {
		char name[96];
		double value;
		const char *line = run->lines[i], *equal = strchr(line, '=');
		if (!begins(line, "graph."))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(equal - line - 6), line + 6);
		TRY(unit_parse(equal + 1, UNIT_RATIO, &value, diag));
		TRY(graph_set(graph, name, value, diag));
	}
	return SIM_OK;
}

static enum sim_status evaluate_graph(const struct resolved *run, struct case_outcome *outcome,
				      struct sim_diag *diag)
{
	struct workload_scenario scenario;
	struct workload_graph graph;
	struct run_setup setup = {0};
	const char *sets[CASE_MOST_KEYS];
	size_t set_count = 0;
	double sm_count;
	enum sim_status status = graph_load(find_line(run, "graph"), &graph, diag);
	if (status == SIM_OK)
		status = set_params(run, &graph, diag);
	if (status == SIM_OK) {
		status = set_keys(run, &scenario, sets, &set_count, diag);
		if (status == SIM_OK)
			status = run_setup_device(&setup, &scenario, sets, set_count, &sm_count,
						  diag);
		else
			scenario_fini(&scenario);
	}
	if (status == SIM_OK)
		status = run_graph(&setup, &graph, sm_count, &outcome->result, diag);
	run_setup_fini(&setup);
	graph_fini(&graph);
	return status;
}

static enum sim_status evaluate_serve(const struct resolved *run, struct case_outcome *outcome,
				      struct sim_diag *diag)
{
	case_server server = case_get_server();
	if (server == NULL)
		return diag_fail(diag, SIM_E_UNSUPPORTED, "serving runs are not to be had here");
	outcome->is_served = true;
	TRY(server((const char *const *)run->lines, run->count, &outcome->served, diag));
	outcome->result.fits = outcome->served.fits;
	return SIM_OK;
}

static void evaluate(const struct resolved *run, bool prefill, struct case_outcome *outcome)
{
	struct sim_diag why = {0};
	enum sim_status status;
	if (find_line(run, "serve") != NULL)
		status = evaluate_serve(run, outcome, &why);
	else if (find_line(run, "graph") != NULL)
		status = evaluate_graph(run, outcome, &why);
	else
		status = evaluate_model(run, prefill, outcome, &why);
	if (status == SIM_OK)
		return;
	outcome->failed = true;
	memcpy(outcome->why, why.text, sizeof(outcome->why));
}

static char *join_lines(const struct resolved *run, bool prefill)
{
	size_t size = 16;
	for (size_t i = 0; i < run->count; i++)
		size += strlen(run->lines[i]) + 1;
	char *text = malloc(size), *at = text;
	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < run->count; i++) {
		size_t length = strlen(run->lines[i]);
		memcpy(at, run->lines[i], length);
		at += length;
		*at++ = '\n';
	}
	strcpy(at, prefill ? "prefill" : "");
	return text;
}

static size_t bucket_of(const char *text)
{
	size_t hash = 5381;
	for (; *text != '\0'; text++)
		hash = hash * 33 + (unsigned char)*text;
	return hash % BUCKETS;
}

static enum sim_status look_up(struct case_memo *memo, const struct resolved *run, bool prefill,
			       const struct case_outcome **outcome, struct sim_diag *diag)
{
	char *text = join_lines(run, prefill);
	if (text == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	struct case_memo_entry **bucket = &memo->buckets[bucket_of(text)], *entry = *bucket;
	memo->asked++;
	while (entry != NULL && strcmp(entry->text, text) != 0)
		entry = entry->next;
	if (entry != NULL) {
		free(text);
		*outcome = &entry->outcome;
		return SIM_OK;
	}
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL) {
		free(text);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	entry->text = text;
	entry->next = *bucket;
	*bucket = entry;
	memo->evaluated++;
	evaluate(run, prefill, &entry->outcome);
	*outcome = &entry->outcome;
	return SIM_OK;
}

/* Keys that cannot be resolved: an outcome of its own, under a text no run has. */
static enum sim_status failed(struct case_memo *memo, const char *why,
			      const struct case_outcome **outcome, struct sim_diag *diag)
{
	struct case_memo_entry *entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	entry->text = calloc(1, 2);
	if (entry->text == NULL) {
		free(entry);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	entry->text[0] = '\1';
	entry->next = memo->buckets[0];
	memo->buckets[0] = entry;
	entry->outcome.failed = true;
	snprintf(entry->outcome.why, sizeof(entry->outcome.why), "%s", why);
	*outcome = &entry->outcome;
	return SIM_OK;
}

enum sim_status case_run_evaluate(struct case_memo *memo, const struct validation_case *one,
				  size_t index, size_t row, const double *values, bool prefill,
				  const struct case_outcome **outcome, struct sim_diag *diag)
{
	struct resolved run = {.one = one, .row = row, .values = values};
	struct sim_diag why = {0}, where = {0};
	enum sim_status status = SIM_OK;
	const struct case_run *keys = &one->runs[index];
	for (size_t i = 0; i < keys->key_count && status == SIM_OK; i++) {
		status = resolve_key(&run, &keys->keys[i], &why);
		if (status != SIM_OK)
			diag_note_at(&where, status, one->path, keys->keys[i].line, "%s", why.text);
	}
	if (status == SIM_OK)
		status = look_up(memo, &run, prefill, outcome, diag);
	else if (status != SIM_E_NOMEM)
		status = failed(memo, where.text, outcome, diag);
	for (size_t i = 0; i < run.count; i++)
		free(run.lines[i]);
	return status;
}
