/* decodesim list runtimes, scenarios, keys: what a run can be told. */
#include "sim/cli/list_workloads.h"

#include <math.h>
#include <string.h>

#include "workloads/scenario.h"
#include "workloads/workload.h"

static cJSON *named(const char *kind, const char *name, const char *summary)
{
	cJSON *row = cJSON_CreateObject();
	cli_json_text(row, kind, name);
	cli_json_text(row, "summary", summary);
	return row;
}

static enum sim_status finish(bool json, cJSON *rows, enum sim_status status, struct sim_diag *diag)
{
	if (json && status == SIM_OK)
		return cli_print_json(rows, diag);
	cJSON_Delete(rows);
	return status;
}

enum sim_status list_runtimes(bool json, struct sim_diag *diag)
{
	struct arena arena;
	const char **names;
	size_t count = 0;
	cJSON *rows = json ? cJSON_CreateArray() : NULL;
	arena_init(&arena);
	enum sim_status status = runtime_list(&arena, &names, &count, diag);
	for (size_t i = 0; status == SIM_OK && i < count; i++) {
		struct workload_runtime runtime;
		status = runtime_load(names[i], &runtime, diag);
		if (status == SIM_OK && json) {
			cJSON *row = named("runtime", names[i], runtime.summary);
			cli_json_text(row, "source", runtime.source);
			cJSON_AddNumberToObject(row, "host_kernel_us",
						runtime.host.kernel_ns * 1e-3);
			cJSON_AddItemToArray(rows, row);
		} else if (status == SIM_OK) {
			printf("%-19s %s\n", names[i], runtime.summary);
		}
		runtime_fini(&runtime);
	}
	arena_fini(&arena);
	return finish(json, rows, status, diag);
}

enum sim_status list_scenarios(bool json, struct sim_diag *diag)
{
	struct arena arena;
	const char **names;
	size_t count = 0;
	cJSON *rows = json ? cJSON_CreateArray() : NULL;
	arena_init(&arena);
	enum sim_status status = scenario_names(&arena, &names, &count, diag);
	for (size_t i = 0; status == SIM_OK && i < count; i++) {
		struct workload_scenario scenario;
		status = scenario_init(&scenario, diag);
		if (status == SIM_OK)
			status = scenario_read(&scenario, names[i], diag);
		if (status == SIM_OK && json)
			cJSON_AddItemToArray(rows, named("scenario", names[i], scenario.summary));
		else if (status == SIM_OK)
			printf("%-19s %s\n", names[i], scenario.summary);
		scenario_fini(&scenario);
	}
	arena_fini(&arena);
	return finish(json, rows, status, diag);
}

/* The words of a key as "a, b, c". */
static void join_words(const char *words, char *text, size_t size)
{
	text[0] = '\0';
	for (; words != NULL && *words != '\0'; words += strlen(words) + 1) {
		size_t used = strlen(text);
		snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", words);
	}
}

enum sim_status list_keys(bool json, struct sim_diag *diag)
{
	cJSON *rows = json ? cJSON_CreateArray() : NULL;
	for (size_t i = 0; i < scenario_key_count(); i++) {
		const struct scenario_key *key = scenario_key(i);
		char words[512];
		join_words(key->words, words, sizeof(words));
		if (json) {
			cJSON *row = cJSON_CreateObject();
			cJSON_AddStringToObject(row, "key", key->name);
			cJSON_AddStringToObject(row, "unit",
						key->words != NULL ? "word" : unit_si(key->unit));
			if (key->fallback != NULL)
				cJSON_AddStringToObject(row, "default", key->fallback);
			if (words[0] != '\0')
				cJSON_AddStringToObject(row, "words", words);
			cJSON_AddStringToObject(row, "what", key->what);
			cJSON_AddItemToArray(rows, row);
			continue;
		}
		printf("%-26s %s", key->name, key->what);
		if (words[0] != '\0' && strstr(key->what, ", ") == NULL)
			printf(" (%s)", words);
		if (key->fallback != NULL)
			printf("; default %s", key->fallback);
		printf("\n");
	}
	return finish(json, rows, SIM_OK, diag);
}
