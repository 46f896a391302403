/* decodesim lint: what is wrong, impossible or odd in a file of ours. */
#include <string.h>

#include "hwmodels/lint.h"
#include "sim/cli/cli.h"
#include "sim/core/names.h"
#include "sim/core/yaml.h"
#include "sim/explore/space.h"
#include "sim/serve/plan.h"
#include "sim/serve/spec.h"
#include "validate/case.h"
#include "workloads/graph.h"
#include "workloads/model.h"
#include "workloads/runtime.h"
#include "workloads/scenario.h"

static const struct cli_option options[] = {
	{"strict", NULL, "notes count as errors"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

struct linting {
	const char *file;
	cJSON *rows; /* NULL: as text */
	size_t errors, notes;
};

static void add_row(struct linting *linting, const char *key, const char *file, long line,
		    bool error, const char *text)
{
	linting->errors += error;
	linting->notes += !error;
	if (linting->rows != NULL) {
		cJSON *row = cJSON_CreateObject();
		cli_json_text(row, "file", file);
		cJSON_AddNumberToObject(row, "line", (double)line);
		cJSON_AddStringToObject(row, "severity", error ? "error" : "note");
		cli_json_text(row, "key", key);
		cli_json_text(row, "text", text);
		cJSON_AddItemToArray(linting->rows, row);
		return;
	}
	char shown[512], name[512];
	text_printable(shown, sizeof(shown), text, strlen(text));
	text_printable(name, sizeof(name), file, strlen(file));
	printf("%s:", name);
	if (line > 0)
		printf("%ld:", line);
	printf(" %s: %s%s%s\n", error ? "error" : "note", key, *key != '\0' ? ": " : "", shown);
}

static void take_finding(void *context, const struct hw_finding *finding)
{
	struct linting *linting = context;
	add_row(linting, finding->key, finding->file[0] != '\0' ? finding->file : linting->file,
		finding->line, finding->impossible, finding->text);
}

static enum sim_status lint_device(const char *path, struct linting *linting, struct sim_diag *diag)
{
	struct hw_device device;
	TRY(device_load(path, NULL, 0, &device, diag));
	device_lint(&device, take_finding, linting);
	device_fini(&device);
	return SIM_OK;
}

static enum sim_status lint_case(const char *path, struct linting *linting, struct sim_diag *diag)
{
	struct validation_case one;
	(void)linting;
	enum sim_status status = case_read(path, &one, diag);
	case_fini(&one);
	return status;
}

static enum sim_status lint_graph(const char *path, struct linting *linting, struct sim_diag *diag)
{
	struct workload_graph graph;
	(void)linting;
	enum sim_status status = graph_load(path, &graph, diag);
	graph_fini(&graph);
	return status;
}

static enum sim_status lint_sweep(const char *path, struct linting *linting, struct sim_diag *diag)
{
	struct explore_space space;
	(void)linting;
	enum sim_status status = explore_space_read(&space, path, diag);
	explore_space_fini(&space);
	return status;
}

static enum sim_status lint_serve(const char *path, struct linting *linting, struct sim_diag *diag)
{
	struct serve_spec spec;
	(void)linting;
	enum sim_status status = spec_read(path, &spec, diag);
	spec_fini(&spec);
	return status;
}

static enum sim_status lint_plan(const char *path, struct linting *linting, struct sim_diag *diag)
{
	struct serve_plan plan;
	(void)linting;
	enum sim_status status = plan_read(path, &plan, diag);
	plan_fini(&plan);
	return status;
}

static enum sim_status lint_model(const char *path, struct linting *linting, struct sim_diag *diag)
{
	struct workload_model model;
	(void)linting;
	return model_load(path, &model, diag);
}

static enum sim_status lint_runtime(const char *path, struct linting *linting,
				    struct sim_diag *diag)
{
	struct workload_runtime runtime;
	(void)linting;
	enum sim_status status = runtime_load(path, &runtime, diag);
	runtime_fini(&runtime);
	return status;
}

static enum sim_status lint_scenario(const char *path, struct linting *linting,
				     struct sim_diag *diag)
{
	struct workload_scenario scenario;
	(void)linting;
	enum sim_status status = scenario_init(&scenario, diag);
	if (status == SIM_OK)
		status = scenario_read(&scenario, path, diag);
	scenario_fini(&scenario);
	return status;
}

/* The key at the head of a file tells what it is; the first that is there counts. */
static const struct kind {
	const char *key;
	enum sim_status (*lint)(const char *path, struct linting *linting, struct sim_diag *diag);
} kinds[] = {
	{"device", lint_device},   {"case", lint_case},	  {"sweep", lint_sweep},
	{"serve", lint_serve},	   {"plan", lint_plan},	  {"scenario", lint_scenario},
	{"runtime", lint_runtime}, {"graph", lint_graph}, {"model", lint_model},
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

static const struct kind *find_kind(const char *key)
{
	size_t i = 0;
	while (strcmp(kinds[i].key, key) != 0)
		i++;
	return &kinds[i];
}

/* A scenario of one file need not say that it is one. */
static enum sim_status kind_of(const char *path, const struct kind **kind, struct sim_diag *diag)
{
	struct yaml_file file;
	enum sim_status status = yaml_file_read(path, &file, diag);
	if (status == SIM_OK)
		status = yaml_expect(&file, file.root, YAML_MAP, "file", diag);
	*kind = NULL;
	for (size_t i = 0; status == SIM_OK && *kind == NULL && i < KIND_COUNT; i++)
		if (yaml_find(file.root, kinds[i].key) != NULL)
			*kind = &kinds[i];
	if (status == SIM_OK && *kind != NULL && (*kind)->lint == lint_model &&
	    (yaml_find(file.root, "hw") != NULL || yaml_find(file.root, "context") != NULL))
		*kind = find_kind("scenario");
	if (status == SIM_OK && *kind == NULL)
		status = diag_fail_at(diag, SIM_E_UNSUPPORTED, path, file.root->line,
				      "neither device, case, runtime, sweep, serve, plan, "
				      "scenario, graph nor model: one "
				      "of these keys says what a file is");
	yaml_file_fini(&file);
	return status;
}

static void lint_file(const char *word, struct linting *linting)
{
	struct sim_diag diag;
	const struct kind *kind;
	char path[512];
	diag_init(&diag);
	linting->file = word;
	/* names without a folder are built in to the loaders, but here files are meant */
	snprintf(path, sizeof(path), "%s%s", strchr(word, '/') == NULL ? "./" : "", word);
	enum sim_status status = kind_of(path, &kind, &diag);
	if (status == SIM_OK)
		status = kind->lint(path, linting, &diag);
	if (status != SIM_OK)
		add_row(linting, "", word, 0, true, diag.text);
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct linting linting = {0};
	if (args->word_count == 0)
		return diag_fail(diag, SIM_E_USAGE, "lint: at least one FILE.yaml is needed");
	if (cli_flag(args, "json"))
		linting.rows = cJSON_CreateArray();
	for (size_t i = 0; i < args->word_count; i++)
		lint_file(args->words[i], &linting);
	if (linting.rows != NULL)
		TRY(cli_print_json(linting.rows, diag));
	else
		printf("%zu files, %zu errors, %zu notes\n", args->word_count, linting.errors,
		       linting.notes);
	size_t counted = linting.errors + (cli_flag(args, "strict") ? linting.notes : 0);
	if (counted > 0)
		return diag_fail(diag, SIM_E_RANGE, "%zu findings", counted);
	return SIM_OK;
}

const struct cli_command command_lint = {
	.name = "lint",
	.summary =
		"check a device, model, runtime, scenario, graph, case, sweep, serve or plan file",
	.usage = "FILE.yaml... [--strict] [--json]",
	.about =
		"Errors: what cannot be read (units, ranges, unknown keys) and what cannot be: a\n"
		"rate above its peak, PIM above the sum of its banks, an energy below the cell's,\n"
		"more drawn at rest than the limit. Notes: what is odd, or has no source.\n"
		"Exits 1 when there is an error.",
	.example = "  decodesim lint my-pim.yaml\n"
		   "  decodesim lint hwmodels/devices/*.yaml --json",
	.options = options,
	.run = run,
};
