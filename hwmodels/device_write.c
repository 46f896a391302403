/* A device as YAML that reads back to the same bits. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "hwmodels/device_file.h"
#include "hwmodels/system.h"
#include "sim/core/builtin.h"
#include "sim/core/kernel.h"
#include "sim/core/yaml.h"

static void write_bound(FILE *out, const char *key, double value, enum sim_unit unit)
{
	char text[64];
	if (!isnan(value))
		fprintf(out, ", %s: %s", key, unit_format_exact(value, unit, text, sizeof(text)));
}

static void write_value(FILE *out, const struct hw_param *param, const struct hw_value *value)
{
	char text[64];
	unit_format_exact(value->value, param->unit, text, sizeof(text));
	fprintf(out, "  %s: {value: %s", param->key, text);
	write_bound(out, "low", value->low, param->unit);
	write_bound(out, "high", value->high, param->unit);
	if (*value->source != '\0') {
		fputs(", source: ", out);
		yaml_write_text(out, value->source);
	}
	fputs("}\n", out);
}

static void write_ratio(FILE *out, const char *key, double value)
{
	char text[64];
	fprintf(out, ", %s: %s", key, unit_format_exact(value, UNIT_RATIO, text, sizeof(text)));
}

static void write_calibration(FILE *out, const struct hw_device *device)
{
	fputs("calibration:\n  files:\n", out);
	for (size_t i = 0; i < device->fit_count; i++) {
		fputs("    - ", out);
		yaml_write_text(out, device->fit_files[i]);
		fputc('\n', out);
	}
	bool headed = false;
	for (unsigned f = 0; f < SIM_FAMILY_COUNT; f++) {
		const struct hw_residual *residual = &device->residuals[f];
		if (residual->kernels == 0)
			continue;
		if (!headed)
			fputs("  residuals:\n", out);
		headed = true;
		fprintf(out, "    %s: {kernels: %llu", sim_family_text(f),
			(unsigned long long)residual->kernels);
		write_ratio(out, "p05", residual->p05);
		write_ratio(out, "p50", residual->p50);
		write_ratio(out, "p95", residual->p95);
		fputs("}\n", out);
	}
}

/* A ':' stands in the name of a device that was loaded under another model class. */
static void write_name(FILE *out, const char *name)
{
	fputs("device: ", out);
	for (; *name != '\0'; name++)
		fputc(*name == ':' ? '-' : *name, out);
	fputc('\n', out);
}

/* Its range, which is of the model, not of the device. */
static void write_about(FILE *out, const struct hw_param *param)
{
	char low[64], high[64];
	fprintf(out, "\n  # %s (%s%s to %s)\n", param->what,
		param->need == HW_REQUIRED ? "needed; " : "",
		unit_format(param->low, param->unit, low, sizeof(low)),
		unit_format(param->high, param->unit, high, sizeof(high)));
}

/* Commented out where somebody else says it: the device it inherits from, or the fallback. */
static void write_template_value(FILE *out, const struct hw_param *param,
				 const struct hw_value *value, bool own)
{
	if (!own)
		fputs("  #", out);
	write_value(out, param, value);
}

enum sim_status device_template(const struct hw_device *device, FILE *out, struct sim_diag *diag)
{
	bool inherits = device->inherits[0] != '\0' && !builtin_is_path(device->inherits);
	fprintf(out,
		"# Made from %s. Change what your device has otherwise; check it with\n"
		"#   decodesim lint FILE.yaml\n# and run it with\n"
		"#   decodesim run --model llama-3.1-8b --hw ./FILE.yaml\n"
		"# Every value carries its unit. `source` says where it is from; low and high "
		"bound "
		"what is assumed.\n"
		"# %s\ndevice: my-",
		device->name, device->model->equation);
	for (const char *at = device->name; *at != '\0'; at++)
		fputc(*at == ':' ? '-' : *at, out);
	fprintf(out, "\nmodel: %s\nsummary: ", device->model->name);
	yaml_write_text(out, device->summary);
	fputc('\n', out);
	if (inherits)
		fprintf(out, "inherits: %s # what is not given here\n", device->inherits);
	if (device->system != NULL && !inherits)
		system_write(device->system, out);
	fputs("parameters:\n", out);
	for (size_t i = 0; i < device->param_count; i++) {
		const struct hw_value *value = &device->values[i];
		bool others =
			value->origin == HW_FROM_INHERITED &&
			(inherits || (device->system != NULL && system_is_units_own(device, i)));
		write_about(out, &device->params[i]);
		write_template_value(out, &device->params[i], value,
				     !others && value->origin != HW_FROM_FALLBACK);
	}
	if (fflush(out) != 0 || ferror(out))
		return diag_fail(diag, SIM_E_IO, "cannot write the template: %s", strerror(errno));
	return SIM_OK;
}

enum sim_status device_write(const struct hw_device *device, FILE *out, struct sim_diag *diag)
{
	bool inherits = device->inherits[0] != '\0' && !builtin_is_path(device->inherits);
	write_name(out, device->name);
	fprintf(out, "model: %s\n", device->model->name);
	if (device->summary[0] != '\0') {
		fputs("summary: ", out);
		yaml_write_text(out, device->summary);
		fputc('\n', out);
	}
	if (inherits)
		fprintf(out, "inherits: %s\n", device->inherits);
	if (device->system != NULL && !inherits)
		system_write(device->system, out);
	bool headed = false; /* all may be inherited, and a key without a map cannot be read */
	for (size_t i = 0; i < device->param_count; i++) {
		const struct hw_value *value = &device->values[i];
		bool elsewhere =
			value->origin == HW_FROM_FALLBACK ||
			(value->origin == HW_FROM_INHERITED &&
			 (inherits || (device->system != NULL && system_is_units_own(device, i))));
		if (elsewhere)
			continue;
		if (!headed)
			fputs("parameters:\n", out);
		headed = true;
		write_value(out, &device->params[i], value);
	}
	if (device->fit_count > 0)
		write_calibration(out, device);
	if (fflush(out) != 0 || ferror(out))
		return diag_fail(diag, SIM_E_IO, "cannot write the device file: %s",
				 strerror(errno));
	return SIM_OK;
}
