/* What contradicts itself or physics in a device; see lint.h. */
#include "hwmodels/lint.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hwmodels/system.h"

/* LESS may not be above MORE. */
struct order_rule {
	const char *less, *more, *why;
	bool impossible;
};

static const struct order_rule orders[] = {
	{"hbm.bandwidth", "l2.bandwidth", "a last-level cache slower than its memory", false},
	{"l2.capacity", "hbm.capacity", "a cache larger than the memory behind it", true},
	{"link.bandwidth", "hbm.bandwidth", "a host link faster than the memory it ends in", false},
	{"vector.fp32", "tensor.bf16", "matrix units slower than the vector units", false},
	{"tensor.bf16", "tensor.fp8", "a narrower type slower than a wider one", false},
	{"tensor.bf16", "tensor.int8", "a narrower type slower than a wider one", false},
	{"tensor.fp8", "tensor.fp4", "a narrower type slower than a wider one", false},
	{"static.power", "power.limit", "more is drawn at rest than the limit allows", true},
};

static const double pj_per_bit = 8e-12;

/* Energies of accesses, and what no access to a DRAM can be below. */
static const char *const access_energies[] = {"hbm.energy", "external.energy", "dram.energy"};
static const double least_access = 0.55 * 8e-12;

/* Multiply-adds a clock of one multiprocessor beyond which nobody has built any, dense bf16. */
static const double most_tensor_flops = 32768, most_vector_lanes = 512;

double hw_lint_value(const struct hw_lint *lint, const char *key)
{
	int i = device_param(lint->device, key);
	return i < 0 ? NAN : lint->device->values[i].value;
}

void hw_lint_find(const struct hw_lint *lint, bool impossible, const char *key, const char *fmt,
		  ...)
{
	char full[160];
	struct hw_finding finding = {.impossible = impossible, .key = full, .file = ""};
	int i = device_param(lint->device, key);
	snprintf(full, sizeof(full), "%s%s%s", lint->unit, *lint->unit == '\0' ? "" : ".", key);
	if (i >= 0 && lint->device->values[i].origin == HW_FROM_FILE) {
		finding.file = lint->device->path;
		finding.line = lint->device->values[i].line;
	}
	va_list list;
	va_start(list, fmt);
	vsnprintf(finding.text, sizeof(finding.text), fmt, list);
	va_end(list);
	lint->report(lint->context, &finding);
}

static const char *shown(const struct hw_lint *lint, const char *key, char *out, size_t size)
{
	int i = device_param(lint->device, key);
	return unit_format(lint->device->values[i].value, lint->device->params[i].unit, out, size);
}

static void lint_order(const struct hw_lint *lint)
{
	char less[64], more[64];
	for (size_t r = 0; r < sizeof(orders) / sizeof(orders[0]); r++) {
		const struct order_rule *rule = &orders[r];
		if (hw_lint_value(lint, rule->less) > hw_lint_value(lint, rule->more))
			hw_lint_find(lint, rule->impossible, rule->less, "%s is above %s, %s: %s",
				     shown(lint, rule->less, less, sizeof(less)), rule->more,
				     shown(lint, rule->more, more, sizeof(more)), rule->why);
	}
}

static void lint_energy(const struct hw_lint *lint)
{
	char text[64];
	for (size_t i = 0; i < sizeof(access_energies) / sizeof(access_energies[0]); i++)
		if (hw_lint_value(lint, access_energies[i]) < least_access)
			hw_lint_find(lint, true, access_energies[i],
				     "%s is below the activation and the read of the cells, 0.55 "
				     "pJ/bit (O'Connor, MICRO 2017)",
				     shown(lint, access_energies[i], text, sizeof(text)));
}

static void lint_multiprocessors(const struct hw_lint *lint)
{
	double clocks = hw_lint_value(lint, "sm.count") * hw_lint_value(lint, "sm.clock");
	double lanes = hw_lint_value(lint, "vector.fp32") / clocks / 2;
	double tensor = hw_lint_value(lint, "tensor.bf16") / clocks;
	if (lanes > most_vector_lanes)
		hw_lint_find(lint, false, "vector.fp32",
			     "%.0f lanes on each multiprocessor at this clock: more than %.0f",
			     lanes, most_vector_lanes);
	if (tensor > most_tensor_flops)
		hw_lint_find(lint, false, "tensor.bf16",
			     "%.0f flops a clock on each multiprocessor: more than %.0f", tensor,
			     most_tensor_flops);
}

static void lint_power(const struct hw_lint *lint)
{
	double rate = hw_lint_value(lint, "hbm.bandwidth");
	double streaming =
		hw_lint_value(lint, "static.power") + hw_lint_value(lint, "hbm.energy") * rate;
	double limit = hw_lint_value(lint, "power.limit");
	if (streaming > limit)
		hw_lint_find(lint, false, "power.limit",
			     "streaming alone would draw %.0f W (%.2f pJ/bit at the peak "
			     "bandwidth), the limit is %.0f W",
			     streaming, hw_lint_value(lint, "hbm.energy") / pj_per_bit, limit);
}

static void lint_sources(const struct hw_lint *lint)
{
	const struct hw_device *device = lint->device;
	for (size_t i = 0; i < device->param_count; i++)
		if (device->values[i].origin == HW_FROM_FILE && device->values[i].source[0] == '\0')
			hw_lint_find(lint, false, device->params[i].key,
				     "no source: say where the number is from");
}

static void lint_one(const struct hw_lint *lint)
{
	lint_order(lint);
	lint_energy(lint);
	lint_multiprocessors(lint);
	lint_power(lint);
	if (lint->device->model->lint != NULL)
		lint->device->model->lint(lint);
}

void device_lint(const struct hw_device *device,
		 void (*report)(void *context, const struct hw_finding *finding), void *context)
{
	struct hw_lint lint = {report, context, device, ""};
	lint_sources(&lint);
	if (device->system == NULL)
		lint_one(&lint);
	for (unsigned u = 0; device->system != NULL && u < device->system->unit_count; u++) {
		lint.device = &device->system->units[u].device;
		lint.unit = device->system->units[u].name;
		lint_one(&lint);
	}
}
