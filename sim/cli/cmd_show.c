/* decodesim show: one device with every parameter, its unit and its source; a model; a trace. */
#include <math.h>
#include <string.h>

#include "hwmodels/system.h"
#include "sim/cli/measured.h"
#include "sim/cli/models.h"
#include "sim/cli/show.h"
#include "sim/core/units.h"

static const struct cli_option options[] = {
	{"set", "KEY=VALUE", "hw: override a parameter, with unit; repeatable"},
	{"yaml", NULL, "hw: as a device file"},
	{"template", NULL, "hw: as a device file to start from, every parameter explained"},
	{"shapes", "TRACE", "trace: take work for kernels without shapes from this one"},
	{"lowered", "RUNTIME,...",
	 "trace: work from the lowered step of the trace's name (MODEL-bN-cN)"},
	{"bytes", "NCU.csv", "trace: output of ncu --csv of the same program, its measured bytes"},
	{"timing", CLI_TIMING_ARGUMENT,
	 "trace: log of an untraced run of the program, or '8.31 ms'"},
	{"device", "N", "trace: of a file with several GPUs, this one (0, 1, ...)"},
	{"db", "FILE", "trace: database; default $DECODESIM_DB, else ./decodesim.db"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

static bool is_known(const struct hw_device *device, size_t index)
{
	return !isnan(device->values[index].value);
}

static cJSON *device_json(const struct hw_device *device)
{
	cJSON *root = cJSON_CreateObject(), *rows = cJSON_CreateArray();
	cJSON *files = cJSON_CreateArray();
	cJSON_AddStringToObject(root, "hw", device->name);
	cJSON_AddStringToObject(root, "model", device->model->name);
	cli_json_text(root, "summary", device->summary);
	cJSON_AddStringToObject(root, "inherits", device->inherits);
	cJSON_AddBoolToObject(root, "calibrated", device->machine.calibrated);
	cJSON_AddStringToObject(root, "equation", device->model->equation);
	for (size_t i = 0; i < device->param_count; i++) {
		const struct hw_param *param = &device->params[i];
		const struct hw_value *value = &device->values[i];
		cJSON *row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "key", param->key);
		cJSON_AddNumberToObject(row, "value", value->value);
		cJSON_AddStringToObject(row, "unit", unit_si(param->unit));
		cJSON_AddNumberToObject(row, "low", value->low);
		cJSON_AddNumberToObject(row, "high", value->high);
		cJSON_AddStringToObject(row, "origin", hw_origin_text(value->origin));
		cli_json_text(row, "source", value->source != NULL ? value->source : "");
		cJSON_AddStringToObject(row, "what", param->what);
		cJSON_AddItemToArray(rows, row);
	}
	cJSON_AddItemToObject(root, "parameters", rows);
	for (size_t i = 0; i < device->fit_count; i++)
		cJSON_AddItemToArray(files, cJSON_CreateString(device->fit_files[i]));
	cJSON_AddItemToObject(root, "calibration_files", files);
	return root;
}

/* The longest key of those known. */
static int key_width(const struct hw_device *device)
{
	size_t width = 0;
	for (size_t i = 0; i < device->param_count; i++)
		if (is_known(device, i) && strlen(device->params[i].key) > width)
			width = strlen(device->params[i].key);
	return (int)width;
}

static void print_value(const struct hw_device *device, size_t index, int width)
{
	const struct hw_param *param = &device->params[index];
	const struct hw_value *value = &device->values[index];
	char number[64], low[64], high[64], source[512];
	unit_format(value->value, param->unit, number, sizeof(number));
	text_printable(source, sizeof(source), value->source != NULL ? value->source : "",
		       value->source != NULL ? strlen(value->source) : 0);
	printf("  %-*s %-18s %s", width, param->key, number, hw_origin_text(value->origin));
	if (source[0] != '\0')
		printf("%*s %s", 9 - (int)strlen(hw_origin_text(value->origin)), "", source);
	if (!isnan(value->low) && !isnan(value->high))
		printf(" [%s to %s]", unit_format(value->low, param->unit, low, sizeof(low)),
		       unit_format(value->high, param->unit, high, sizeof(high)));
	printf("\n");
}

/* Units, who runs what, who holds what, and what the engine shares out. */
static void print_machine(const struct hw_device *device)
{
	const struct machine *machine = &device->machine;
	char text[64];
	if (device->system != NULL)
		system_write(device->system, stdout);
	printf("resources:");
	for (uint32_t r = 0; r < machine->resource_count; r++)
		printf(" %s %.4g/s%s", machine->resources[r].name, machine->resources[r].rate_per_s,
		       r + 1 < machine->resource_count ? "," : "");
	printf("\n");
	if (machine->memory_bytes > 0)
		printf("memory: %s",
		       unit_format(machine->memory_bytes, UNIT_BYTES, text, sizeof(text)));
	if (machine->kv_memory_bytes > 0)
		printf(", and %s for the KV cache",
		       unit_format(machine->kv_memory_bytes, UNIT_BYTES, text, sizeof(text)));
	if (machine->memory_bytes_per_s > 0)
		printf(", peak %s", unit_format(machine->memory_bytes_per_s, UNIT_BYTES_PER_S, text,
						sizeof(text)));
	if (machine->memory_bytes > 0)
		printf("\n");
	if (machine->ops_unsupported != 0)
		printf("cannot do:");
	for (unsigned op = 0; op < SIM_OP_COUNT; op++)
		if (machine->ops_unsupported >> op & 1)
			printf(" %s", sim_op_text(op));
	printf("%s", machine->ops_unsupported != 0 ? "\n" : "");
}

static void print_bands(const struct hw_device *device)
{
	bool any = false;
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		if (device->residuals[family].kernels == 0)
			continue;
		printf("%s %s %+.0f..%+.0f%%",
		       any ? "" : "error band of a kernel by family:", sim_family_text(family),
		       100 * device->machine.band_low[family],
		       100 * device->machine.band_high[family]);
		any = true;
	}
	printf("%s\n", any ? "" : "error band unknown: the device has no validated kernels");
}

static void print_device(const struct hw_device *device)
{
	size_t unknown = 0;
	int width = key_width(device);
	printf("%s: %s\nmodel %s: %s\n", device->name, device->summary, device->model->name,
	       device->model->equation);
	if (device->inherits[0] != '\0')
		printf("inherits from %s\n", device->inherits);
	printf("%s\n\n  %-*s %-18s %-9s %s\n",
	       device->machine.calibrated ? "calibrated on this device"
					  : "not calibrated on this device: wider error bands",
	       width, "parameter", "value", "from", "source");
	for (size_t i = 0; i < device->param_count; i++) {
		if (is_known(device, i))
			print_value(device, i, width);
		else
			unknown++;
	}
	printf("\n");
	print_machine(device);
	if (unknown > 0)
		printf("%zu parameters are unknown and not listed; the model does without them\n",
		       unknown);
	print_bands(device);
	if (device->fit_count > 0)
		printf("calibrated on:");
	for (size_t i = 0; i < device->fit_count; i++)
		printf(" %s", device->fit_files[i]);
	printf("%s", device->fit_count > 0 ? "\n" : "");
}

static enum sim_status refuse_trace_options(const struct cli_args *args, struct sim_diag *diag)
{
	if (cli_flag(args, "shapes") || cli_flag(args, "db") || cli_flag(args, "bytes") ||
	    cli_flag(args, "timing"))
		return diag_fail(diag, SIM_E_USAGE,
				 "show: --shapes, --bytes, --timing and --db are for show trace");
	return SIM_OK;
}

static enum sim_status show_device(const struct cli_args *args, struct sim_diag *diag)
{
	struct hw_device device;
	enum sim_status status = SIM_OK;
	TRY(refuse_trace_options(args, diag));
	TRY(device_load(args->words[1], args->sets, args->set_count, &device, diag));
	if (cli_flag(args, "json"))
		status = cli_print_json(device_json(&device), diag);
	else if (cli_flag(args, "yaml"))
		status = device_write(&device, stdout, diag);
	else if (cli_flag(args, "template"))
		status = device_template(&device, stdout, diag);
	else
		print_device(&device);
	device_fini(&device);
	return status;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	const char *what = args->word_count == 2 ? args->words[0] : "";
	if (strcmp(what, "hw") == 0)
		return show_device(args, diag);
	if (strcmp(what, "trace") != 0 && strcmp(what, "model") != 0)
		return diag_fail(diag, SIM_E_USAGE,
				 "show: what? hw NAME|FILE.yaml, model NAME|FILE, or trace "
				 "NAME|FILE");
	if (args->set_count > 0 || cli_flag(args, "yaml") || cli_flag(args, "template"))
		return diag_fail(diag, SIM_E_USAGE,
				 "show: --set, --yaml and --template are for show hw");
	if (strcmp(what, "model") == 0) {
		TRY(refuse_trace_options(args, diag));
		return models_show(args->words[1], cli_flag(args, "json"), diag);
	}
	return show_trace(args, args->words[1], diag);
}

const struct cli_command command_show = {
	.name = "show",
	.summary = "show a device with every parameter's source, a language model, or what a trace "
		   "holds",
	.usage = "hw NAME|FILE.yaml | model NAME|FILE | trace NAME|FILE [options]",
	.about = "hw: what the device file does not give is inherited or falls back; the third "
		 "column says\n"
		 "which. Start a device of your own from: decodesim show hw h100-sxm --template\n"
		 "model: architecture, parameters by part, bytes, sources; FILE is YAML or a "
		 "Hugging "
		 "Face\n"
		 "config.json.\n"
		 "trace: steps, device and host times, kernel families, clocks, what tracing cost, "
		 "measured\n"
		 "bytes, and what is missing and what that costs.",
	.example =
		"  decodesim show hw h100-sxm\n"
		"  decodesim show hw hypothetical --set 'hbm.bandwidth=12 TB/s'\n"
		"  decodesim show model mixtral-8x7b\n"
		"  decodesim show trace traces/samples/h100/llama-3.1-8b-b1-c2048-shapes.json.gz",
	.options = options,
	.run = run,
};
