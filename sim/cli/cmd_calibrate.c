/* decodesim calibrate: a device file from measurements. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/clocks.h"
#include "validate/calibrate.h"

static const struct cli_option options[] = {
	{"hw", "NAME|FILE.yaml", "the device to start from (its hardware values stay)"},
	{"microbench", "FILE", "microbenchmark results (microbench.json)"},
	{"steps", "FILE", "unprofiled step times (steps.json), for the launch of large graphs"},
	{"shapes", "TRACE", "take work for kernels without shapes from this trace of the model"},
	{"lowered", "RUNTIME,...", "work from the lowered step of the trace's name (MODEL-bN-cN)"},
	{"set", "KEY=VALUE", "override a parameter, with unit; repeatable"},
	{"name", "NAME", "name of the device written; default that of --hw"},
	{"o", "DEVICE.yaml", "where to write; default standard output"},
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},
	{"json", NULL, "machine-readable report on standard output (needs -o)"},
	{NULL, NULL, NULL},
};

static enum sim_status write_device(const struct cli_args *args, const struct hw_device *device,
				    struct sim_diag *diag)
{
	const char *path = cli_value(args, "o");
	if (path == NULL)
		return device_write(device, stdout, diag);
	size_t room = strlen(path) + 8;
	char *temporary = malloc(room);
	if (temporary == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	snprintf(temporary, room, "%s.part", path); /* the old file stays until the new is whole */
	FILE *out = fopen(temporary, "w");
	enum sim_status status =
		out == NULL ? diag_fail(diag, SIM_E_IO, "%s: %s", temporary, strerror(errno))
			    : device_write(device, out, diag);
	if (out != NULL && fclose(out) != 0 && status == SIM_OK)
		status = diag_fail(diag, SIM_E_IO, "%s: %s", temporary, strerror(errno));
	if (status == SIM_OK && rename(temporary, path) != 0)
		status = diag_fail(diag, SIM_E_IO, "%s: %s", path, strerror(errno));
	if (status != SIM_OK)
		remove(temporary);
	free(temporary);
	return status;
}

static cJSON *report_json(const struct hw_device *device, const struct calibrate_report *report)
{
	cJSON *root = cJSON_CreateObject(), *families = cJSON_CreateArray();
	cJSON_AddStringToObject(root, "hw", device->name);
	cJSON_AddNumberToObject(root, "samples", (double)report->samples);
	cJSON_AddNumberToObject(root, "models", (double)report->models);
	cJSON_AddNumberToObject(root, "graph_cells", (double)report->graph_cells);
	cJSON_AddNumberToObject(root, "graph_step_left_out_error_pct",
				100 * report->graph_step_error);
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		const struct hw_residual *residual = &report->fit.residuals[family];
		if (!report->fit.fitted[family])
			continue;
		cJSON *row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "family", sim_family_text(family));
		cJSON_AddNumberToObject(row, "samples", (double)residual->kernels);
		cJSON_AddNumberToObject(row, "p05_pct", 100 * residual->p05);
		cJSON_AddNumberToObject(row, "p50_pct", 100 * residual->p50);
		cJSON_AddNumberToObject(row, "p95_pct", 100 * residual->p95);
		cJSON_AddItemToArray(families, row);
	}
	cJSON_AddItemToObject(root, "families", families);
	return root;
}

static void print_report(const struct hw_device *device, const struct calibrate_report *report)
{
	fprintf(stderr, "%s: %zu kinds of kernel of %zu models\n", device->name, report->samples,
		report->models);
	if (report->samples > 0)
		fprintf(stderr, "%-22s %8s  %s\n", "kernel family", "kinds",
			"residuals p05..p95, models left out");
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		const struct hw_residual *residual = &report->fit.residuals[family];
		if (report->fit.fitted[family])
			fprintf(stderr, "%-22s %8llu  %+.1f..%+.1f %%\n", sim_family_text(family),
				(unsigned long long)residual->kernels, 100 * residual->p05,
				100 * residual->p95);
	}
	if (report->graph_cells > 0)
		fprintf(stderr,
			"unprofiled graph steps: mean error %.1f %% over %zu cells, each left "
			"out\n",
			100 * report->graph_step_error, report->graph_cells);
}

static enum sim_status run_job(const struct cli_args *args, struct hw_device *device,
			       struct cli_traces *traces, struct sim_diag *diag)
{
	struct calibrate_report report;
	struct calibrate_input input = {.microbench = cli_value(args, "microbench"),
					.steps = cli_value(args, "steps")};
	if (args->word_count > 0)
		TRY(cli_traces(args, traces, diag));
	else if (input.microbench == NULL)
		return diag_fail(diag, SIM_E_USAGE,
				 "calibrate: neither --microbench nor a TRACE given");
	for (size_t i = 0; i < traces->count; i++)
		cli_warn_other_device(traces->pointers[i], device);
	clocks_warn(traces->pointers, traces->count);
	input.traces = traces->pointers;
	input.trace_count = traces->count;
	TRY(calibrate_device(device, &input, &report, diag));
	if (cli_value(args, "name") != NULL)
		snprintf(device->name, sizeof(device->name), "%s", cli_value(args, "name"));
	TRY(write_device(args, device, diag));
	if (cli_flag(args, "json"))
		return cli_print_json(report_json(device, &report), diag);
	print_report(device, &report);
	return SIM_OK;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct hw_device device;
	struct cli_traces traces = {0};
	if (cli_flag(args, "json") && cli_value(args, "o") == NULL)
		return diag_fail(diag, SIM_E_USAGE, "calibrate: --json needs -o DEVICE.yaml");
	TRY(cli_device(args, &device, diag));
	enum sim_status status = run_job(args, &device, &traces, diag);
	cli_traces_fini(&traces);
	device_fini(&device);
	return status;
}

const struct cli_command command_calibrate = {
	.name = "calibrate",
	.summary = "make a device file from traces and microbenchmarks",
	.usage = "--hw NAME [--microbench FILE] [--steps FILE] TRACE... -o DEVICE.yaml",
	.about = "Fits the gpu model's coefficients of each kernel family to the measured kernels "
		 "of the\n"
		 "traces (robust against outliers) and takes rates and launch costs from the\n"
		 "microbenchmark. The file written names what made it, and the residuals of each "
		 "family\n"
		 "with each model left out in turn; predictions take their error band from them.",
	.example = "  decodesim calibrate --hw h100-sxm --microbench microbench.json \\\n"
		   "      traces/*-shapes.json.gz traces/*-graph.json.gz -o my-h100.yaml",
	.options = options,
	.run = run,
};
