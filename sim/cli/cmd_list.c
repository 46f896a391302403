/* decodesim list: what is built in, and what the database holds. */
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

/* What lists itself, and what a query of the database lists. */
static const struct kind {
	const char *name;
	enum sim_status (*list)(bool json, struct sim_diag *diag);
	const char *sql;
} kinds[] = {
	{"hw", list_hw, NULL},
	{"models", models_list, NULL},
	{"runtimes", list_runtimes, NULL},
	{"scenarios", list_scenarios, NULL},
	{"keys", list_keys, NULL},
	{"classes", list_classes, NULL},
	{"runs", NULL,
	 "SELECT id, trace, hw, launch, round(step_ms, 3) AS step_ms, "
	 "round(device_busy_ms, 3) AS device_busy_ms, round(floor_ms, 3) AS floor_ms, digest "
	 "FROM runs ORDER BY id"},
	{"traces", NULL,
	 "SELECT id, name, device, launch, steps, kernels, "
	 "round(measured_busy_ms, 3) AS busy_ms, steps_by, lacks FROM traces ORDER BY id"},
	{"sweeps", NULL,
	 "SELECT s.id, s.name, s.method, s.points, count(p.id) AS stored, s.digest "
	 "FROM sweep s LEFT JOIN sweep_point p ON p.sweep_id = s.id GROUP BY s.id ORDER BY s.id"},
	{"serves", NULL,
	 "SELECT id, name, model, hw, replicas, devices, requests, met, "
	 "round(ttft_p99_ms, 3) AS ttft_p99_ms, round(tpot_ms, 3) AS tpot_ms, digest "
	 "FROM serves ORDER BY id"},
	{"plans", NULL,
	 "SELECT id, name, goal, keys, replicas, devices, usd_per_hour, round(average_w) AS "
	 "average_w FROM plans ORDER BY id, goal"},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	const char *names[KINDS], *name = args->word_count == 1 ? args->words[0] : "";
	for (size_t i = 0; i < KINDS; i++) {
		const struct kind *kind = &kinds[i];
		names[i] = kind->name;
		if (strcmp(name, kind->name) != 0)
			continue;
		return kind->list != NULL ? kind->list(cli_flag(args, "json"), diag)
					  : list_rows(args, kind->sql, diag);
	}
	const char *near = names_nearest(name, names, KINDS);
	return diag_fail(diag, SIM_E_USAGE,
			 "list: what? hw, models, runtimes, scenarios, keys, classes, runs, "
			 "traces, sweeps, serves or plans%s%s%s",
			 near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
			 near != NULL ? "'?)" : "");
}

const struct cli_command command_list = {
	.name = "list",
	.summary =
		"list devices, language models, runtimes, scenarios, and what the database holds",
	.usage = "hw|models|runtimes|scenarios|keys|classes|RECORDS [--json] [--db FILE]",
	.about = "hw lists the built-in devices, models the language models with their sizes,\n"
		 "runtimes the profiles of software, scenarios what can be run on top, keys all\n"
		 "that a scenario may say, classes the classes of device models with their\n"
		 "equations. RECORDS are what the database holds: runs, traces, sweeps, serves or "
		 "plans.",
	.example = "  decodesim list hw\n  decodesim list runs --json",
	.options = options,
	.run = run,
};
