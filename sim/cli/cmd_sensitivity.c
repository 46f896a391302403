/* decodesim sensitivity: which parameter a decode step depends on, and what it would take. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/scenario.h"
#include "sim/cli/sensitivity_print.h"

static const struct cli_option options[] = {
	CLI_SCENARIO_OPTIONS,
	{"global", NULL, "Sobol indices over the parameters' ranges besides"},
	{"range", "PERCENT", "of --global, where a device gives no low and high; default 20"},
	{"samples", "N", "of --global; default 2048"},
	{"inputs", "N", "of --global: the N parameters that move the step most; default 10"},
	{"reach", "STEP_MS", "the value of --param at which the step takes this long"},
	{"param", "KEY", "a parameter of the device, or batch, context, host_speed"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

enum { BOOTSTRAP_SEED = 20251125 };

struct inputs {
	struct step_model *model;
	const struct sensitivity_report *report;
};

/* The step at a place of the ranges. */
static enum sim_status evaluate(void *context, const double *x, double *y, struct sim_diag *diag)
{
	const struct inputs *inputs = context;
	struct sim_diag why;
	int64_t step_ps;
	for (size_t i = 0; i < inputs->report->input_count; i++) {
		const struct range_effect *effect = &inputs->report->effects[i];
		double value = effect->low + x[i] * (effect->high - effect->low);
		/* each whole number of the range as likely as any other */
		if (inputs->model->parameters[effect->parameter].whole)
			value = effect->low + floor(x[i] * (effect->high - effect->low + 1));
		value = value > effect->high ? effect->high : value;
		step_model_set(inputs->model, effect->parameter, value);
	}
	diag_init(&why);
	enum sim_status status = step_model_closed(inputs->model, &step_ps, &why);
	if (status == SIM_E_RANGE)
		return diag_fail(diag, status,
				 "--global: values within their ranges exclude each other (fewer "
				 "--inputs, or a smaller --range): %s",
				 why.text);
	if (status != SIM_OK)
		return diag_fail(diag, status, "%s", why.text);
	*y = (double)step_ps * 1e-9;
	return SIM_OK;
}

static bool show_progress(void *context, size_t done, size_t total)
{
	enum { EVERY = 64 };
	(void)context;
	if (done % EVERY == 0 || done == total)
		cli_progress("samples", done, total);
	return true;
}

static enum sim_status find_global(const struct cli_args *args, struct step_model *model,
				   struct sensitivity_report *report, struct sim_diag *diag)
{
	double range, samples, most;
	struct inputs inputs = {model, report};
	TRY(cli_number(args, "range", 20, 1e-3, 99, &range, diag));
	TRY(cli_number(args, "samples", 2048, 2, SOBOL_MOST_ROWS, &samples, diag));
	TRY(cli_number(args, "inputs", 10, 1, SOBOL_MOST_INPUTS, &most, diag));
	report->is_global = true;
	report->share = range / 100;
	TRY(range_effects_find(model, report->share, &report->effects, &report->effect_count,
			       diag));
	if (report->effect_count == 0)
		return diag_fail(diag, SIM_E_RANGE,
				 "--global: no parameter moves the step over its range");
	report->input_count =
		report->effect_count < (size_t)most ? report->effect_count : (size_t)most;
	const struct sobol_problem problem = {.inputs = report->input_count,
					      .rows = (size_t)samples,
					      .seed = BOOTSTRAP_SEED,
					      .evaluate = evaluate,
					      .context = &inputs,
					      .progress = show_progress};
	enum sim_status status = sobol_indices(&problem, &report->sobol, diag);
	step_model_reset(model);
	return status;
}

static enum sim_status find_reach(const struct cli_args *args, struct step_model *model,
				  struct sensitivity_report *report, struct sim_diag *diag)
{
	double target_ms;
	struct run_result now;
	TRY(cli_number(args, "reach", 0, 1e-9, 1e9, &target_ms, diag));
	TRY(step_model_find(model, cli_value(args, "param"), &report->parameter, diag));
	report->is_reach = true;
	report->target_ps = (int64_t)(target_ms * 1e9);
	TRY(step_model_simulate(model, &now, diag));
	report->now_ps = now.step_ps;
	return reach_find(model, report->parameter, report->target_ps, &report->reach, diag);
}

static enum sim_status find(const struct cli_args *args, struct step_model *model,
			    struct sensitivity_report *report, struct sim_diag *diag)
{
	report->model = model;
	cli_workload_name(&model->setup->workload, model->context, report->name,
			  sizeof(report->name));
	if (cli_value(args, "reach") != NULL)
		return find_reach(args, model, report, diag);
	TRY(elasticities_find(model, &report->elasticities, diag));
	return cli_flag(args, "global") ? find_global(args, model, report, diag) : SIM_OK;
}

/* An answer, but not the one that was hoped for. */
static enum sim_status conclude(const struct sensitivity_report *report, struct sim_diag *diag)
{
	const char *key = report->model->parameters[report->parameter].key;
	double ms = (double)report->target_ps * 1e-9;
	if (!report->is_reach || (report->reach.end == REACH_FOUND && report->reach.fits))
		return SIM_OK;
	if (report->reach.end == REACH_FOUND)
		return diag_fail(diag, SIM_E_INFEASIBLE,
				 "out of memory at the value of '%s' that reaches %g ms", key, ms);
	return diag_fail(diag, SIM_E_INFEASIBLE, "no value of '%s' makes the step %s %g ms", key,
			 report->reach.end == REACH_NEVER_FAST ? "as short as" : "as long as", ms);
}

static enum sim_status check_options(const struct cli_args *args, struct sim_diag *diag)
{
	static const char *const globals[] = {"range", "samples", "inputs"};
	bool reach = cli_value(args, "reach") != NULL, global = cli_flag(args, "global");
	if (reach != (cli_value(args, "param") != NULL))
		return diag_fail(diag, SIM_E_USAGE,
				 "sensitivity: --reach STEP_MS and --param KEY belong together");
	if (reach && global)
		return diag_fail(diag, SIM_E_USAGE,
				 "sensitivity: --reach and --global exclude each other");
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++)
		if (cli_value(args, globals[i]) != NULL && !global)
			return diag_fail(diag, SIM_E_USAGE, "sensitivity: --%s is for --global",
					 globals[i]);
	return SIM_OK;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct run_setup setup;
	struct step_model model = {0};
	struct sensitivity_report report = {0};
	TRY(check_options(args, diag));
	enum sim_status status = cli_setup(args, &setup, diag);
	if (status == SIM_OK)
		status = step_model_init(&model, &setup, diag);
	if (status == SIM_OK)
		status = find(args, &model, &report, diag);
	if (status == SIM_OK && cli_flag(args, "json"))
		status = cli_print_json(sensitivity_json(&report), diag);
	else if (status == SIM_OK)
		sensitivity_print(&report);
	if (status == SIM_OK)
		status = conclude(&report, diag);
	elasticities_fini(&report.elasticities);
	free(report.effects);
	step_model_fini(&model);
	run_setup_fini(&setup);
	return status;
}

const struct cli_command command_sensitivity = {
	.name = "sensitivity",
	.summary = "which parameters a decode step depends on, and what a faster one would take",
	.usage = "[SCENARIO.yaml] --model NAME|FILE --hw NAME|FILE.yaml [options]",
	.about =
		"The elasticity of the step to a parameter is by how many percent the step "
		"changes\n"
		"when the parameter grows by 1 %. It is found in the closed form; where "
		"simulation\n"
		"says otherwise its figure stands beside. A kink shows both sides. --global finds\n"
		"which share of the step's variance each parameter makes over its range, alone\n"
		"(first) and with the others (total), with 95 % intervals. --reach finds the "
		"value\n"
		"of one parameter that makes the step as short as asked, or what bounds it when\n"
		"none does (exit code 1).",
	.example =
		"  decodesim sensitivity --model llama-3.1-8b --hw h100-sxm\n"
		"  decodesim sensitivity --model llama-3.1-8b --hw h100-sxm --global --range 30\n"
		"  decodesim sensitivity --model llama-3.1-8b --hw h100-sxm --reach 5 --param "
		"hbm.bandwidth",
	.options = options,
	.run = run,
};
