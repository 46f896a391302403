/* decodesim run: a model on a runtime on a machine, without a trace. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/run_graph.h"
#include "sim/cli/run_print.h"
#include "sim/cli/scenario.h"
#include "sim/cli/step_print.h"
#include "sim/cli/version.h"
#include "sim/store/store.h"

static const struct cli_option options[] = {
	CLI_SCENARIO_OPTIONS,
	{"prefill", NULL, "the prompt of --context tokens too: its time is printed beside"},
	{"graph", "NAME|FILE.yaml", "an op graph, not a model; --set graph.NAME=X: its parameters"},
	{"dump", NULL, "print the effective scenario as YAML and stop"},
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},
	{"no-store", NULL, "do not keep the run in the database"},
	{"kernels", NULL, "keep every kernel of the run, not one row per name and shape"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

static enum sim_status dump(const struct cli_args *args, struct sim_diag *diag)
{
	const char *sets[CLI_MOST_VALUES];
	size_t set_count;
	char *text = NULL;
	struct workload_scenario scenario;
	enum sim_status status = cli_scenario(args, &scenario, sets, &set_count, diag);
	if (status == SIM_OK)
		status = scenario_dump(&scenario, &text, diag);
	if (status == SIM_OK)
		fputs(text, stdout);
	free(text);
	scenario_fini(&scenario);
	return status;
}

static enum sim_status keep(const struct cli_args *args, const struct run_setup *setup,
			    double context, const struct run_result *result,
			    const struct run_program *program, int64_t *run, struct sim_diag *diag)
{
	struct store *store;
	struct trace trace;
	char name[160];
	*run = 0;
	if (cli_flag(args, "no-store") || !result->fits)
		return SIM_OK;
	cli_workload_name(&setup->workload, context, name, sizeof(name));
	TRY(run_trace(&program->lowered, name, &trace, diag));
	const struct replay_result replayed = run_replay_result(result);
	struct store_placed placed[PLACEMENT_MOST];
	struct store_energy energy = step_stored_energy(&result->energy);
	const struct store_run row = {
		.trace = trace.name,
		.trace_hash = trace.content_hash,
		.device = &setup->device,
		.launch = setup->launch,
		.host_speed = setup->host_speed,
		.result = &replayed,
		.error_band_low = result->band.low,
		.error_band_high = result->band.high,
		.version = DECODESIM_VERSION,
		.kernels_of = &trace,
		.start_ps = program->start_ps,
		.end_ps = program->end_ps,
		.energy = &energy,
		.placed = placed,
		.placed_count =
			step_stored_placement(&result->placement, &setup->device.machine, placed),
		.every_kernel = cli_flag(args, "kernels"),
	};
	enum sim_status status = store_open(cli_value(args, "db"), STORE_WRITE, &store, diag);
	if (status == SIM_OK) {
		status = store_write_run(store, &row, run, diag);
		store_close(store);
	}
	trace_fini(&trace);
	return status;
}

static enum sim_status infeasible(const struct run_setup *setup, const struct run_result *result,
				  struct sim_diag *diag)
{
	char need[64], have[64];
	double kv = result->kv_memory_bytes > 0 ? result->capacity.kv_bytes : 0;
	if (kv > result->kv_memory_bytes)
		return diag_fail(
			diag, SIM_E_INFEASIBLE,
			"out of memory: %s of KV cache are needed, '%s' has %s for it",
			unit_format(kv, UNIT_BYTES, need, sizeof(need)), setup->device.name,
			unit_format(result->kv_memory_bytes, UNIT_BYTES, have, sizeof(have)));
	return diag_fail(
		diag, SIM_E_INFEASIBLE, "out of memory: %s are needed, '%s' has %s",
		unit_format(result->capacity.total_bytes - kv, UNIT_BYTES, need, sizeof(need)),
		setup->device.name,
		unit_format(result->memory_bytes, UNIT_BYTES, have, sizeof(have)));
}

static bool show_progress(void *context, const struct generate_step *step)
{
	const struct generate_options *asked = context;
	enum { EVERY = 4096 };
	if (step->index % EVERY == 0)
		cli_progress("generating, tokens", (size_t)(step->context - asked->context),
			     (size_t)asked->tokens);
	return true;
}

/* Each step of --tokens, with the context that has grown so far. */
static enum sim_status generate(const struct run_setup *setup, struct run_report *report,
				double context, struct sim_diag *diag)
{
	struct generate_options asked;
	generate_options_init(&asked);
	asked.launch = run_launch(setup);
	asked.host_speed = setup->host_speed;
	asked.context = context;
	asked.tokens = (uint64_t)scenario_number(&setup->workload.scenario, SCENARIO_TOKENS);
	asked.attribute = true;
	asked.step = show_progress;
	asked.step_context = &asked;
	enum sim_status status = generate_run(&setup->workload, &setup->device.machine, &asked,
					      &report->generation, diag);
	cli_progress("generating, tokens", (size_t)asked.tokens, (size_t)asked.tokens);
	return status;
}

static enum sim_status evaluate(const struct cli_args *args, const struct run_setup *setup,
				struct run_report *report, struct run_program *program,
				struct sim_diag *diag)
{
	struct workload_forward forward;
	double context = scenario_number(&setup->workload.scenario, SCENARIO_CONTEXT);
	report->setup = setup;
	TRY(knobs_check(&setup->workload, context, &report->knobs, diag));
	TRY(run_evaluate(setup, context, &report->result, program, diag));
	TRY(run_largest(setup, context, &report->result, diag));
	if (report->result.fits && cli_flag(args, "prefill")) {
		TRY(workload_prefill(&setup->workload, &forward, diag));
		TRY(run_forward(setup, &forward, &report->prefill, diag));
	}
	if (report->result.fits && scenario_number(&setup->workload.scenario, SCENARIO_TOKENS) > 1)
		TRY(generate(setup, report, context, diag));
	return keep(args, setup, context, &report->result, program, &report->run, diag);
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct run_setup setup;
	struct run_program program = {0};
	struct run_report report = {0};
	if (cli_flag(args, "dump"))
		return dump(args, diag);
	if (cli_value(args, "graph") != NULL)
		return cli_run_graph(args, diag);
	enum sim_status status = cli_setup(args, &setup, diag);
	if (status == SIM_OK)
		status = evaluate(args, &setup, &report, &program, diag);
	if (status == SIM_OK && cli_flag(args, "json"))
		status = cli_print_json(run_json(&report), diag);
	else if (status == SIM_OK)
		run_print(&report);
	if (status == SIM_OK && !report.result.fits)
		status = infeasible(&setup, &report.result, diag);
	run_program_fini(&program);
	run_setup_fini(&setup);
	return status;
}

const struct cli_command command_run = {
	.name = "run",
	.summary = "what a decode step of a model costs on a machine, without a trace",
	.usage = "[SCENARIO.yaml] --model NAME|FILE --hw NAME|FILE.yaml [options]",
	.about =
		"A runtime profile says which kernels the software launches for the model; they "
		"are\n"
		"lowered, simulated and stored. A scenario file may hold all of it: --dump prints\n"
		"one to start from. What does not fit into memory is reported with the numbers\n"
		"and ends with exit code 1.",
	.example = "  decodesim run --model llama-3.1-8b --hw h100-sxm --context 2048\n"
		   "  decodesim run --model ./config.json --hw l4 --launch eager --json\n"
		   "  decodesim run --model qwen2.5-7b --hw h100-sxm --tokens 512 --prefill\n"
		   "  decodesim run --model qwen2.5-7b --hw l4 --batch 4 --dump > my.yaml",
	.options = options,
	.run = run,
};
