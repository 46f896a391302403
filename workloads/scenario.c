/* Scenarios: the table of keys, and values by it. */
#include "workloads/scenario.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/names.h"
#include "sim/core/yaml.h"
#include "workloads/scenario_parts.h"
#include "workloads/transform.h"

static const char launch_words[] =
#define X(name, text, what) text "\0"
	SIM_LAUNCH_LIST(X);
#undef X

/* clang-format off */
static const struct scenario_key run_keys[SCENARIO_RUN_KEY_COUNT] = {
	[SCENARIO_MODEL] = {"model", SCENARIO_TEXT, UNIT_RATIO, 0, 0, NULL, NULL, "model: a name of workloads/models, a YAML file, or a config.json"},
	[SCENARIO_HW] = {"hw", SCENARIO_TEXT, UNIT_RATIO, 0, 0, NULL, NULL, "machine: a name of hwmodels/devices or a YAML file; MODEL:NAME runs another model class"},
	[SCENARIO_RUNTIME] = {"runtime", SCENARIO_TEXT, UNIT_RATIO, 0, 0, "hf-static", NULL, "runtime profile: a name of workloads/runtimes or a YAML file; on machines that are no GPU fused-ideal is the default"},
	[SCENARIO_LAUNCH] = {"launch", SCENARIO_WORD, UNIT_RATIO, 0, 0, "graph", launch_words, "eager, graph, pdl or megakernel"},
	[SCENARIO_HOST_SPEED] = {"host_speed", SCENARIO_NUMBER, UNIT_RATIO, 1e-3, 1e6, "1", NULL, "2 halves every host cost"},
	[SCENARIO_BATCH] = {"batch", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e6, "1", NULL, "sequences"},
	[SCENARIO_CONTEXT] = {"context", SCENARIO_NUMBER, UNIT_COUNT, 0, 1e9, "2048", NULL, "tokens of a sequence that are cached before the step"},
	[SCENARIO_WIDTH] = {"width", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e6, "1", NULL, "tokens a sequence brings into one forward (verification width)"},
	[SCENARIO_TOKENS] = {"tokens", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e9, "1", NULL, "tokens to generate, each step with its grown context"},
	[SCENARIO_SLOTS] = {"slots", SCENARIO_NUMBER, UNIT_COUNT, 0, 1e9, "0", NULL, "KV slots held of a sequence; 0: as the runtime does"},
};
/* clang-format on */

static const struct workload_transform *const transforms[] = {
#define X(name) &workload_transform_##name,
	WORKLOAD_TRANSFORM_LIST(X)
#undef X
		NULL,
};

static size_t transform_count(void)
{
	return sizeof(transforms) / sizeof(transforms[0]) - 1;
}

const struct workload_transform *transform_at(size_t i)
{
	return i < transform_count() ? transforms[i] : NULL;
}

static size_t count_keys(const struct workload_transform *transform)
{
	size_t count = 0;
	while (transform->keys != NULL && transform->keys[count].name != NULL)
		count++;
	return count;
}

size_t transform_first_key(size_t i)
{
	size_t first = SCENARIO_RUN_KEY_COUNT;
	for (size_t t = 0; t < i; t++)
		first += count_keys(transforms[t]);
	return first;
}

size_t scenario_key_count(void)
{
	return transform_first_key(transform_count());
}

const struct scenario_key *scenario_key(size_t i)
{
	if (i < SCENARIO_RUN_KEY_COUNT)
		return &run_keys[i];
	i -= SCENARIO_RUN_KEY_COUNT;
	for (size_t t = 0; t < transform_count(); t++) {
		size_t count = count_keys(transforms[t]);
		if (i < count)
			return &transforms[t]->keys[i];
		i -= count;
	}
	return NULL;
}

size_t scenario_find(const char *name)
{
	for (size_t i = 0; i < scenario_key_count(); i++)
		if (strcmp(scenario_key(i)->name, name) == 0)
			return i;
	return SIZE_MAX;
}

enum sim_status scenario_unknown(const char *name, struct sim_diag *diag)
{
	const char *known[512];
	size_t count = scenario_key_count();
	for (size_t i = 0; i < count && i < 512; i++)
		known[i] = scenario_key(i)->name;
	const char *near = names_nearest(name, known, count < 512 ? count : 512);
	return diag_fail(diag, SIM_E_NOT_FOUND,
			 near != NULL ? "unknown scenario key: '%s' (did you mean '%s'?)"
				      : "unknown scenario key: '%s'%s",
			 name, near != NULL ? near : "");
}

static enum sim_status set_word(const struct scenario_key *key, const char *text,
				struct scenario_value *value, struct sim_diag *diag)
{
	double index = 0;
	for (const char *word = key->words; *word != '\0'; word += strlen(word) + 1, index++)
		if (strcmp(word, text) == 0) {
			value->number = index;
			value->text = word;
			return SIM_OK;
		}
	return diag_fail(diag, SIM_E_NOT_FOUND, "'%s' is not known: '%s' (%s)", key->name, text,
			 key->what);
}

static enum sim_status read_number(const struct scenario_key *key, const char *text, double *number,
				   struct sim_diag *diag)
{
	struct sim_diag why = {0};
	enum sim_status status = unit_parse(text, key->unit, number, &why);
	if (status != SIM_OK)
		return diag_fail(diag, status, "'%s': %s", key->name, why.text);
	if (!(*number >= key->low && *number <= key->high))
		return diag_fail(diag, SIM_E_RANGE, "'%s' out of range: '%s' (%.12g to %.12g)",
				 key->name, text, key->low, key->high);
	return SIM_OK;
}

enum sim_status scenario_scalar(struct workload_scenario *scenario, size_t index, const char *text,
				struct sim_diag *diag)
{
	const struct scenario_key *key = scenario_key(index);
	struct scenario_value *value = &scenario->values[index];
	switch (key->type) {
	case SCENARIO_TEXT:
	case SCENARIO_DRAFT:
		value->text = arena_copy_text(&scenario->arena, text, strlen(text));
		return value->text != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
	case SCENARIO_WORD:
		return set_word(key, text, value, diag);
	case SCENARIO_LIST:
		return scenario_list(scenario, index, &text, 1, diag);
	default:
		return read_number(key, text, &value->number, diag);
	}
}

enum sim_status scenario_list(struct workload_scenario *scenario, size_t index,
			      const char *const *texts, size_t count, struct sim_diag *diag)
{
	const struct scenario_key *key = scenario_key(index);
	struct scenario_value *value = &scenario->values[index];
	if (key->type != SCENARIO_LIST)
		return diag_fail(diag, SIM_E_PARSE, "'%s' is one value, not a list", key->name);
	if (count == 0 || count > SCENARIO_MOST_LIST)
		return diag_fail(diag, SIM_E_RANGE, "'%s' must have 1 to %d values", key->name,
				 SCENARIO_MOST_LIST);
	double *list = arena_alloc(&scenario->arena, count * sizeof(*list));
	if (list == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		TRY(read_number(key, texts[i], &list[i], diag));
	value->list = list;
	value->list_count = count;
	value->number = list[0];
	return SIM_OK;
}

enum sim_status scenario_init(struct workload_scenario *scenario, struct sim_diag *diag)
{
	size_t count = scenario_key_count();
	memset(scenario, 0, sizeof(*scenario));
	arena_init(&scenario->arena);
	scenario->values = arena_alloc(&scenario->arena, count * sizeof(*scenario->values));
	if (scenario->values == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		scenario->values[i] = (struct scenario_value){
			.text = "", .source = "", .number = NAN, .low = NAN, .high = NAN};
		if (scenario_key(i)->fallback != NULL)
			TRY(scenario_scalar(scenario, i, scenario_key(i)->fallback, diag));
	}
	return SIM_OK;
}

void scenario_fini(struct workload_scenario *scenario)
{
	arena_fini(&scenario->arena);
	memset(scenario, 0, sizeof(*scenario));
}

enum sim_status scenario_set_number(struct workload_scenario *scenario, size_t index, double number,
				    struct sim_diag *diag)
{
	const struct scenario_key *key = scenario_key(index);
	assert(key->type == SCENARIO_NUMBER);
	if (!(number >= key->low && number <= key->high))
		return diag_fail(diag, SIM_E_RANGE, "'%s' out of range: '%.12g' (%.12g to %.12g)",
				 key->name, number, key->low, key->high);
	scenario->values[index].number = number;
	scenario->values[index].given = true;
	return SIM_OK;
}
