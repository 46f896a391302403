/* decodesim list: devices, models, runtimes, scenarios and their keys, model classes, runs, traces. */
#include <string.h>

#include "sim/cli/list_workloads.h"
#include "sim/cli/models.h"
#include "sim/core/names.h"
#include "sim/report/query.h"
#include "sim/store/store.h"

static const struct cli_option options[] = {
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

static enum sim_status list_hw(bool json, struct sim_diag *diag)
{
	struct arena arena;
	const char **names;
	size_t count;
	arena_init(&arena);
	cJSON *rows = json ? cJSON_CreateArray() : NULL;
	enum sim_status status = device_list(&arena, &names, &count, diag);
	for (size_t i = 0; i < count && status == SIM_OK; i++) {
		struct hw_device device;
		status = device_load(names[i], NULL, 0, &device, diag);
		if (status != SIM_OK)
			break;
		if (json) {
			cJSON *row = cJSON_CreateObject();
			cJSON_AddStringToObject(row, "hw", names[i]);
			cJSON_AddStringToObject(row, "model", device.model->name);
			cli_json_text(row, "summary", device.summary);
			cJSON_AddBoolToObject(row, "calibrated", device.machine.calibrated);
			cJSON_AddItemToArray(rows, row);
		} else {
			printf("%-18s %-9s %-11s %s\n", names[i], device.model->name,
			       device.machine.calibrated ? "calibrated" : "", device.summary);
		}
		device_fini(&device);
	}
	arena_fini(&arena);
	if (json && status == SIM_OK)
		return cli_print_json(rows, diag);
	cJSON_Delete(rows);
	return status;
}

static enum sim_status list_classes(bool json, struct sim_diag *diag)
{
	cJSON *rows = json ? cJSON_CreateArray() : NULL;
	for (size_t i = 0; i < hw_model_count; i++) {
		const struct hw_model *model = hw_models[i];
		if (!json) {
			printf("%-9s %s\n          source: %s\n", model->name, model->equation,
			       model->source);
			continue;
		}
		cJSON *row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "model", model->name);
		cJSON_AddStringToObject(row, "equation", model->equation);
		cJSON_AddStringToObject(row, "source", model->source);
		cJSON_AddNumberToObject(row, "parameters", (double)model->param_count);
		cJSON_AddItemToArray(rows, row);
	}
	return json ? cli_print_json(rows, diag) : SIM_OK;
}

static enum sim_status list_rows(const struct cli_args *args, const char *sql,
				 struct sim_diag *diag)
{
	struct store *store;
	TRY(store_open(cli_value(args, "db"), STORE_READ, &store, diag));
	enum sim_status status = query_print(
		store, sql, cli_flag(args, "json") ? QUERY_JSON : QUERY_TABLE, stdout, diag);
	store_close(store);
	return status;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	static const char *const kinds[] = {"hw",   "models",  "runtimes", "scenarios",
					    "keys", "classes", "runs",	   "traces"};
	const char *kind = args->word_count == 1 ? args->words[0] : "";
	if (strcmp(kind, "hw") == 0)
		return list_hw(cli_flag(args, "json"), diag);
	if (strcmp(kind, "models") == 0)
		return models_list(cli_flag(args, "json"), diag);
	if (strcmp(kind, "runtimes") == 0)
		return list_runtimes(cli_flag(args, "json"), diag);
	if (strcmp(kind, "scenarios") == 0)
		return list_scenarios(cli_flag(args, "json"), diag);
	if (strcmp(kind, "keys") == 0)
		return list_keys(cli_flag(args, "json"), diag);
	if (strcmp(kind, "classes") == 0)
		return list_classes(cli_flag(args, "json"), diag);
	if (strcmp(kind, "runs") == 0)
		return list_rows(args,
				 "SELECT id, trace, hw, launch, round(step_ms, 3) AS step_ms, "
				 "round(device_busy_ms, 3) AS device_busy_ms, "
				 "round(floor_ms, 3) AS floor_ms, digest FROM runs ORDER BY id",
				 diag);
	if (strcmp(kind, "traces") == 0)
		return list_rows(args,
				 "SELECT id, name, device, launch, steps, kernels, "
				 "round(measured_busy_ms, 3) AS busy_ms, steps_by, lacks "
				 "FROM traces ORDER BY id",
				 diag);
	const char *near = names_nearest(kind, kinds, sizeof(kinds) / sizeof(kinds[0]));
	return diag_fail(diag, SIM_E_USAGE,
			 "list: what? hw, models, runtimes, scenarios, keys, classes, runs or "
			 "traces%s%s%s",
			 near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
			 near != NULL ? "'?)" : "");
}

const struct cli_command command_list = {
	.name = "list",
	.summary = "list devices, language models, runtimes, scenarios, runs or traces",
	.usage = "hw|models|runtimes|scenarios|keys|classes|runs|traces [--json] [--db FILE]",
	.about = "hw lists the built-in devices, models the language models with their sizes,\n"
		 "runtimes the profiles of software, scenarios what can be run on top, keys all\n"
		 "that a scenario may say, classes the classes of device models with their\n"
		 "equations; runs and traces list what the database holds.",
	.example = "  decodesim list hw\n  decodesim list runs --json",
	.options = options,
	.run = run,
};
