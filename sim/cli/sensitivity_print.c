/* Elasticities, Sobol indices and what it would take, as text and as JSON. */
#include "sim/cli/sensitivity_print.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/step_print.h"

/* Below this an elasticity is not worth a line of text. */
static const double least_shown = 0.0005;

/* To five digits: enough to read. */
static char *show_value(double value, enum sim_unit unit, char *out, size_t size)
{
	char digits[40];
	snprintf(digits, sizeof(digits), "%.5g", value);
	return unit_format(strtod(digits, NULL), unit, out, size);
}

static void print_head(const struct sensitivity_report *report)
{
	const struct run_setup *setup = report->model->setup;
	printf("%s on %s (%s), launch %s\n", report->name, setup->device.name,
	       setup->device.model->name, sim_launch_text(run_launch(setup)));
}

static void print_sides(const struct slope *slope, bool kink)
{
	if (!kink && !isnan(slope->up) && !isnan(slope->down))
		printf("%+10.4f", slope->both);
	else if (isnan(slope->down))
		printf("%+10.4f upwards", slope->up);
	else if (isnan(slope->up))
		printf("%+10.4f downwards", slope->down);
	else
		printf("%+10.4f up, %+.4f down (kink)", slope->up, slope->down);
}

static bool is_shown(const struct elasticity *one)
{
	return slope_size(&one->closed) >= least_shown || one->differs;
}

static void print_elasticity(const struct sensitivity_report *report, const struct elasticity *one)
{
	const struct step_parameter *of = &report->model->parameters[one->parameter];
	char value[64];
	printf("    %-26s %14s", of->key, show_value(of->value, of->unit, value, sizeof(value)));
	print_sides(&one->closed, one->kink);
	if (one->differs) {
		printf("   simulated");
		print_sides(&one->simulated,
			    fabs(one->simulated.up - one->simulated.down) > SENSITIVITY_KINK);
	}
	printf("\n");
}

/* "gemm" of "gemm.stream": the length of what stands before the last dot. */
static size_t stem_of(const char *key)
{
	const char *dot = strrchr(key, '.');
	return dot == NULL ? 0 : (size_t)(dot - key);
}

static bool has_stem(const char *key, const char *other)
{
	size_t length = stem_of(other);
	return length > 0 && stem_of(key) == length && strncmp(key, other, length) == 0;
}

/* No parameter of KEY's stem moves the step, and some other one is still. */
static bool is_stem_still(const struct sensitivity_report *report, const char *key)
{
	const struct elasticities *all = &report->elasticities;
	const struct step_parameter *parameters = report->model->parameters;
	size_t still = 0;
	for (size_t i = 0; i < all->moving_count; i++)
		if (has_stem(parameters[all->moving[i].parameter].key, key))
			return false;
	for (size_t i = 0; i < all->still_count; i++)
		still += has_stem(parameters[all->still[i]].key, key);
	return still > 1;
}

/* In one line: "fused.*" where nothing of it moves the step. */
static void print_still(const struct sensitivity_report *report)
{
	const struct elasticities *all = &report->elasticities;
	const struct step_parameter *parameters = report->model->parameters;
	if (all->still_count == 0)
		return;
	printf("  no effect:");
	for (size_t i = 0; i < all->still_count; i++) {
		const char *key = parameters[all->still[i]].key;
		bool stem = is_stem_still(report, key), told = false;
		for (size_t k = 0; k < i && stem && !told; k++)
			told = has_stem(parameters[all->still[k]].key, key);
		if (!told)
			printf("%s %.*s%s", i > 0 ? "," : "",
			       (int)(stem ? stem_of(key) : strlen(key)), key, stem ? ".*" : "");
	}
	printf("\n");
}

static void print_followers(const struct sensitivity_report *report)
{
	const struct elasticities *all = &report->elasticities;
	const struct step_parameter *parameters = report->model->parameters;
	for (size_t i = 0; i < all->moving_count; i++) {
		const struct step_parameter *of = &parameters[all->moving[i].parameter];
		if (of->peak != SIZE_MAX)
			printf("  %s goes with %s, as it was measured\n", of->key,
			       parameters[of->peak].key);
	}
}

static void print_elasticities(const struct sensitivity_report *report)
{
	const struct elasticities *all = &report->elasticities;
	size_t hidden = 0;
	printf("  step %.3f ms in closed form, %.3f ms simulated\n", step_ms(all->closed_ps),
	       step_ms(all->simulated_ps));
	printf("  elasticity: percent that the step changes by when the parameter grows by 1 %%\n");
	for (size_t i = 0; i < all->moving_count; i++) {
		if (is_shown(&all->moving[i]))
			print_elasticity(report, &all->moving[i]);
		else
			hidden++;
	}
	if (hidden > 0) {
		printf("  below %g:", least_shown);
		for (size_t i = 0, told = 0; i < all->moving_count; i++)
			if (!is_shown(&all->moving[i]))
				printf("%s %s", told++ > 0 ? "," : "",
				       report->model->parameters[all->moving[i].parameter].key);
		printf("\n");
	}
	print_followers(report);
	print_still(report);
	if (all->unknown_count > 0)
		printf("  not varied: %zu parameters that are 0 or that the device does not give\n",
		       all->unknown_count);
}

static void print_global(const struct sensitivity_report *report)
{
	const struct sobol_result *sobol = &report->sobol;
	double sum = 0;
	printf("  shares of the step's variance, closed form: mean %.3f ms, deviation %.3f ms, "
	       "%zu evaluations\n",
	       sobol->mean, sqrt(sobol->variance), sobol->evaluations);
	printf("    %-26s %12s %12s     first   95 %%              total   95 %%\n", "parameter",
	       "from", "to");
	for (size_t i = 0; i < report->input_count; i++) {
		const struct range_effect *effect = &report->effects[i];
		const struct step_parameter *of = &report->model->parameters[effect->parameter];
		const struct sobol_index *index = &sobol->indices[i];
		char low[64], high[64];
		printf("    %-26s %12s %12s %s %7.4f [%7.4f, %7.4f] %7.4f [%7.4f, %7.4f]\n",
		       of->key, show_value(effect->low, of->unit, low, sizeof(low)),
		       show_value(effect->high, of->unit, high, sizeof(high)),
		       effect->from_file ? "*" : " ", index->first, index->first_low,
		       index->first_high, index->total, index->total_low, index->total_high);
		sum += index->first;
	}
	printf("    first indices sum to %.4f: the rest is what parameters do together\n", sum);
	printf("    ranges: * as the device file gives them, else +-%g %%; uniform, independent\n",
	       100 * report->share);
	if (report->effect_count > report->input_count)
		printf("    held at their value: %zu parameters that move the step less "
		       "(--inputs)\n",
		       report->effect_count - report->input_count);
}

static void print_reach(const struct sensitivity_report *report)
{
	const struct reach *reach = &report->reach;
	const struct step_parameter *of = &report->model->parameters[report->parameter];
	char now[64], then[64], low[64], high[64];
	show_value(of->value, of->unit, now, sizeof(now));
	unit_format(reach->value, of->unit, then, sizeof(then));
	if (reach->end != REACH_FOUND || !of->whole)
		show_value(reach->value, of->unit, then, sizeof(then));
	printf("  now %s = %s: %.3f ms\n", of->key, now, step_ms(report->now_ps));
	if (reach->end == REACH_FOUND)
		printf("  %.3f ms takes %s = %s", step_ms(report->target_ps), of->key, then);
	else
		printf("  no value from %s to %s gives %.3f ms: %s at %s",
		       unit_format(of->low, of->unit, low, sizeof(low)),
		       unit_format(of->high, of->unit, high, sizeof(high)),
		       step_ms(report->target_ps),
		       reach->end == REACH_NEVER_FAST ? "within 0.1 % of the fastest" : "slowest",
		       then);
	printf(", where the step is %.3f ms", step_ms(reach->result.step_ps));
	if (of->value > 0 && reach->value > 0)
		printf(" (%.4g times the value)", reach->value / of->value);
	printf("\n");
	if (!reach->fits)
		printf("  it does not fit into the device's memory there\n");
	if (!reach->monotone)
		printf("  the step both grows and falls with it: this is the value nearest to "
		       "today's\n");
	printf("  where the time goes then\n");
	step_print_parts(reach->result.part_ps, reach->result.step_ps);
}

void sensitivity_print(const struct sensitivity_report *report)
{
	print_head(report);
	if (report->is_reach) {
		print_reach(report);
		return;
	}
	print_elasticities(report);
	if (report->is_global)
		print_global(report);
}

static void add_number(cJSON *object, const char *key, double number)
{
	if (isfinite(number))
		cJSON_AddNumberToObject(object, key, number);
	else
		cJSON_AddNullToObject(object, key);
}

static void add_slope(cJSON *object, const char *key, const struct slope *slope)
{
	cJSON *at = cJSON_AddObjectToObject(object, key);
	add_number(at, "elasticity", slope->both);
	add_number(at, "up", slope->up);
	add_number(at, "down", slope->down);
}

static void add_keys(const struct sensitivity_report *report, cJSON *object, const char *key,
		     const size_t *parameters, size_t count)
{
	cJSON *list = cJSON_AddArrayToObject(object, key);
	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToArray(
			list, cJSON_CreateString(report->model->parameters[parameters[i]].key));
}

static void add_elasticities(const struct sensitivity_report *report, cJSON *root)
{
	const struct elasticities *all = &report->elasticities;
	cJSON_AddNumberToObject(root, "closed_ms", step_ms(all->closed_ps));
	cJSON_AddNumberToObject(root, "simulated_ms", step_ms(all->simulated_ps));
	cJSON *list = cJSON_AddArrayToObject(root, "parameters");
	for (size_t i = 0; i < all->moving_count; i++) {
		const struct elasticity *one = &all->moving[i];
		const struct step_parameter *of = &report->model->parameters[one->parameter];
		cJSON *object = cJSON_CreateObject();
		cJSON_AddItemToArray(list, object);
		cJSON_AddStringToObject(object, "parameter", of->key);
		add_number(object, "value", of->value);
		cJSON_AddStringToObject(object, "unit", unit_si(of->unit));
		add_slope(object, "closed", &one->closed);
		add_slope(object, "simulated", &one->simulated);
		cJSON_AddBoolToObject(object, "kink", one->kink);
		cJSON_AddBoolToObject(object, "differs", one->differs);
	}
	add_keys(report, root, "no_effect", all->still, all->still_count);
	add_keys(report, root, "not_varied", all->unknown, all->unknown_count);
}

static void add_interval(cJSON *object, const char *key, double low, double high)
{
	cJSON *at = cJSON_AddArrayToObject(object, key);
	cJSON_AddItemToArray(at, isfinite(low) ? cJSON_CreateNumber(low) : cJSON_CreateNull());
	cJSON_AddItemToArray(at, isfinite(high) ? cJSON_CreateNumber(high) : cJSON_CreateNull());
}

static void add_global(const struct sensitivity_report *report, cJSON *root)
{
	cJSON *global = cJSON_AddObjectToObject(root, "global");
	add_number(global, "mean_ms", report->sobol.mean);
	add_number(global, "deviation_ms", sqrt(report->sobol.variance));
	cJSON_AddNumberToObject(global, "evaluations", (double)report->sobol.evaluations);
	cJSON *list = cJSON_AddArrayToObject(global, "indices");
	for (size_t i = 0; i < report->input_count; i++) {
		const struct range_effect *effect = &report->effects[i];
		const struct sobol_index *index = &report->sobol.indices[i];
		cJSON *object = cJSON_CreateObject();
		cJSON_AddItemToArray(list, object);
		cJSON_AddStringToObject(object, "parameter",
					report->model->parameters[effect->parameter].key);
		add_number(object, "low", effect->low);
		add_number(object, "high", effect->high);
		cJSON_AddBoolToObject(object, "range_of_device", effect->from_file);
		add_number(object, "first", index->first);
		add_interval(object, "first_95", index->first_low, index->first_high);
		add_number(object, "total", index->total);
		add_interval(object, "total_95", index->total_low, index->total_high);
	}
}

static void add_reach(const struct sensitivity_report *report, cJSON *root)
{
	const struct step_parameter *of = &report->model->parameters[report->parameter];
	static const char *const ends[] = {"found", "never fast enough", "never slow enough"};
	cJSON_AddStringToObject(root, "parameter", of->key);
	cJSON_AddStringToObject(root, "unit", unit_si(of->unit));
	add_number(root, "now", of->value);
	cJSON_AddNumberToObject(root, "now_ms", step_ms(report->now_ps));
	cJSON_AddNumberToObject(root, "target_ms", step_ms(report->target_ps));
	cJSON_AddStringToObject(root, "answer", ends[report->reach.end]);
	add_number(root, "value", report->reach.value);
	cJSON_AddNumberToObject(root, "step_ms", step_ms(report->reach.result.step_ps));
	cJSON_AddBoolToObject(root, "monotone", report->reach.monotone);
	cJSON_AddBoolToObject(root, "fits", report->reach.fits);
	step_add_parts(root, report->reach.result.part_ps);
}

cJSON *sensitivity_json(const struct sensitivity_report *report)
{
	const struct run_setup *setup = report->model->setup;
	cJSON *root = cJSON_CreateObject();
	cli_json_text(root, "workload", report->name);
	cli_json_text(root, "hw", setup->device.name);
	cJSON_AddStringToObject(root, "launch", sim_launch_text(run_launch(setup)));
	if (report->is_reach)
		add_reach(report, root);
	else
		add_elasticities(report, root);
	if (report->is_global)
		add_global(report, root);
	return root;
}
