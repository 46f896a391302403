/* decodesim pareto: the designs of a sweep that no other beats. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/explore/front.h"
#include "sim/store/store.h"

static const struct cli_option options[] = {
	{"objectives", "A,B,...", "results that matter; 'max X', 'min X'; default: the sweep's"},
	{"where", "EXPR", "points that count: 'power_w < 30 and batch >= 4'"},
	{"method", "M", "closed or simulate, of a screening; default: what was simulated"},
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},
	{"csv", NULL, "comma-separated values in SI with a header line"},
	{"json", NULL, "machine-readable output, all results of each point"},
	{NULL, NULL, NULL},
};

static void print_table(const struct explore_front *front)
{
	const struct store_sweep *sweep = &front->sweep;
	char text[128];
	printf("%s: %zu of %" PRIu64 " points in the front, %s%s\n", sweep->name, front->row_count,
	       front->considered, front->method, sweep->finished ? "" : ", sweep not finished");
	if (front->unknown > 0)
		printf("%" PRIu64 " points lack one of the objectives\n", front->unknown);
	printf("%8s", "point");
	for (size_t a = 0; a < sweep->axis_count; a++)
		printf("  %16s", sweep->axes[a].name);
	for (size_t i = 0; i < front->objective_count; i++)
		printf("  %16s", explore_field_name(front->objectives[i].field));
	printf("\n");
	for (size_t r = 0; r < front->row_count; r++) {
		const struct explore_front_row *row = &front->rows[r];
		printf("%8" PRIu64, row->point);
		for (size_t a = 0; a < sweep->axis_count; a++)
			printf("  %16s", explore_stored_format(&sweep->axes[a], row->values[a],
							       text, sizeof(text)));
		for (size_t i = 0; i < front->objective_count; i++)
			printf("  %16.6g", row->fields[front->objectives[i].field]);
		printf("\n");
	}
}

static void print_csv_text(const char *text)
{
	if (strpbrk(text, ",\"\n\r") == NULL) {
		fputs(text, stdout);
		return;
	}
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void print_csv(const struct explore_front *front)
{
	const struct store_sweep *sweep = &front->sweep;
	char text[128];
	printf("point");
	for (size_t a = 0; a < sweep->axis_count; a++) {
		putchar(',');
		print_csv_text(sweep->axes[a].name);
	}
	for (size_t i = 0; i < front->objective_count; i++)
		printf(",%s", explore_field_name(front->objectives[i].field));
	printf("\n");
	for (size_t r = 0; r < front->row_count; r++) {
		const struct explore_front_row *row = &front->rows[r];
		printf("%" PRIu64, row->point);
		for (size_t a = 0; a < sweep->axis_count; a++) {
			putchar(',');
			if (sweep->axes[a].words == NULL)
				printf("%.17g", row->values[a]);
			else
				print_csv_text(explore_stored_format(
					&sweep->axes[a], row->values[a], text, sizeof(text)));
		}
		for (size_t i = 0; i < front->objective_count; i++)
			printf(",%.17g", row->fields[front->objectives[i].field]);
		printf("\n");
	}
}

static cJSON *row_json(const struct store_sweep *sweep, const struct explore_front_row *row)
{
	char text[128];
	cJSON *object = cJSON_CreateObject();
	cJSON_AddNumberToObject(object, "point", (double)row->point);
	cJSON *axes = cJSON_AddObjectToObject(object, "axes");
	for (size_t a = 0; a < sweep->axis_count; a++) {
		const struct store_sweep_axis *axis = &sweep->axes[a];
		if (axis->words == NULL)
			cJSON_AddNumberToObject(axes, axis->name, row->values[a]);
		else
			cli_json_text(
				axes, axis->name,
				explore_stored_format(axis, row->values[a], text, sizeof(text)));
	}
	cJSON *results = cJSON_AddObjectToObject(object, "results");
	for (size_t f = 0; f < EXPLORE_FIELD_COUNT; f++)
		if (!isnan(row->fields[f]))
			cJSON_AddNumberToObject(results, explore_field_name(f), row->fields[f]);
	return object;
}

static cJSON *front_json(const struct explore_front *front)
{
	cJSON *root = cJSON_CreateObject();
	cli_json_text(root, "sweep", front->sweep.name);
	cli_json_text(root, "method", front->method);
	cJSON_AddBoolToObject(root, "finished", front->sweep.finished);
	cJSON_AddNumberToObject(root, "considered", (double)front->considered);
	cJSON *objectives = cJSON_AddArrayToObject(root, "objectives");
	for (size_t i = 0; i < front->objective_count; i++) {
		cJSON *one = cJSON_CreateObject();
		cli_json_text(one, "name", explore_field_name(front->objectives[i].field));
		cJSON_AddBoolToObject(one, "more_is_better", front->objectives[i].more);
		cJSON_AddItemToArray(objectives, one);
	}
	cJSON *rows = cJSON_AddArrayToObject(root, "front");
	for (size_t r = 0; r < front->row_count; r++)
		cJSON_AddItemToArray(rows, row_json(&front->sweep, &front->rows[r]));
	return root;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct explore_front front;
	struct store *store;
	if (args->word_count != 1)
		return diag_fail(diag, SIM_E_USAGE, "pareto: exactly one sweep is needed");
	if (cli_flag(args, "csv") && cli_flag(args, "json"))
		return diag_fail(diag, SIM_E_USAGE, "pareto: --csv and --json exclude each other");
	TRY(store_open(cli_value(args, "db"), STORE_READ, &store, diag));
	enum sim_status status = explore_front_read(
		store, args->words[0], cli_value(args, "objectives"), cli_value(args, "where"),
		cli_value(args, "method"), &front, diag);
	if (status == SIM_OK && cli_flag(args, "json"))
		status = cli_print_json(front_json(&front), diag);
	else if (status == SIM_OK && cli_flag(args, "csv"))
		print_csv(&front);
	else if (status == SIM_OK)
		print_table(&front);
	if (status == SIM_OK && front.row_count == 0)
		status = diag_fail(diag, SIM_E_INFEASIBLE,
				   "no point of the sweep is feasible%s and has all objectives",
				   cli_value(args, "where") != NULL ? ", satisfies --where" : "");
	explore_front_fini(&front);
	store_close(store);
	return status;
}

const struct cli_command command_pareto = {
	.name = "pareto",
	.summary = "the designs of a sweep that no other design beats in every objective",
	.usage = "SWEEP [--objectives A,B,...] [--where EXPR] [--json|--csv] [--db FILE]",
	.about = "Reads a stored sweep (by name, the last of it, or by number). Points that fit "
		 "and\n"
		 "keep the sweep's constraints are compared; of two, one beats the other when it "
		 "is\n"
		 "nowhere worse and somewhere better. Objectives are results (step_ms, "
		 "tokens_per_s,\n"
		 "joules_per_token, area_mm2, price_usd, ...): less is better, but of tokens_per_s "
		 "and\n"
		 "the like more; 'max X' and 'min X' say otherwise. --where takes results and axes "
		 "with\n"
		 "+ - * / < <= = != and, or, not, ( ); values are in SI.",
	.example = "  decodesim pareto gpu-what-if\n"
		   "  decodesim pareto gpu-what-if --objectives step_ms,power_w --where 'batch = "
		   "1'\n"
		   "  decodesim pareto gpu-what-if --where 'hw.hbm.bandwidth < 4e12' --csv",
	.options = options,
	.run = run,
};
