/* decodesim validate: predicted against measured. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/clocks.h"
#include "sim/cli/measured.h"
#include "sim/cli/validation.h"
#include "sim/cli/version.h"
#include "sim/store/store.h"
#include "validate/fit.h"

static const struct cli_option options[] = {
	{"hw", "NAME|FILE.yaml", "the device to validate"},
	{"leave-one-out", NULL, "refit without each model in turn and report on that model"},
	{"shapes", "TRACE", "take work for kernels without shapes from this trace of the model"},
	{"lowered", "RUNTIME,...", "work from the lowered step of the trace's name (MODEL-bN-cN)"},
	{"steps", "FILE", "unprofiled step times (steps.json), to hold graph replays against"},
	{"bytes", "NCU.csv",
	 "output of ncu --csv: measured bytes beside the derived ones of TRACE"},
	{"timing", CLI_TIMING_ARGUMENT, "log of an untraced run of TRACE's program, or '8.31 ms'"},
	{"max-step-error", "PCT", "exit 1 when the step MAPE is above"},
	{"set", "KEY=VALUE", "override a parameter, with unit; repeatable"},
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},
	{"no-store", NULL, "do not keep the result in the database"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

static bool in_fit(const struct hw_device *device, const struct trace *trace)
{
	for (size_t i = 0; i < device->fit_count; i++)
		if (strcmp(device->fit_files[i], trace->name) == 0)
			return true;
	return false;
}

static enum sim_status compare_as_is(struct validation *job, struct sim_diag *diag)
{
	for (size_t i = 0; i < job->traces.count; i++) {
		const struct trace *trace = job->traces.pointers[i];
		TRY(compare_add(&job->comparison, trace, &job->device.machine,
				in_fit(&job->device, trace), diag));
	}
	return SIM_OK;
}

/*
 * Report on each trace with a fit that has not seen its model, made on REFIT; the device that the
 * user named stays as it is.
 */
static enum sim_status compare_refitted(struct validation *job, const struct sample_set *set,
					struct hw_device *refit, struct sim_diag *diag)
{
	struct fit_report report;
	int left_out = FIT_NO_MODEL;
	if (set->model_count < 2)
		return diag_fail(diag, SIM_E_USAGE,
				 "validate: --leave-one-out needs traces of two models or more");
	for (size_t i = 0; i < job->traces.count; i++) {
		int model = samples_model(set, job->traces.pointers, i);
		if (i == 0 || model != left_out) /* neighbours of one model share a fit */
			TRY(fit_families(refit, set, model, &report, diag));
		left_out = model;
		TRY(compare_add(&job->comparison, job->traces.pointers[i], &refit->machine, false,
				diag));
		cli_progress("leaving out", i + 1, job->traces.count);
	}
	return SIM_OK;
}

static enum sim_status compare_left_out(const struct cli_args *args, struct validation *job,
					struct sim_diag *diag)
{
	struct sample_set set;
	struct hw_device refit;
	TRY(samples_collect(job->traces.pointers, job->traces.count, &set, diag));
	enum sim_status status = cli_device(args, &refit, diag);
	if (status == SIM_OK) {
		status = compare_refitted(job, &set, &refit, diag);
		device_fini(&refit);
	}
	samples_fini(&set);
	return status;
}

static enum sim_status compare_steps(const struct cli_args *args, struct validation *job,
				     struct sim_diag *diag)
{
	struct graph_cell_table table;
	double per_node;
	if (cli_value(args, "steps") == NULL)
		return SIM_OK;
	TRY(graph_steps_read(cli_value(args, "steps"), &table, diag));
	job->graph = calloc(job->traces.count + 1, sizeof(*job->graph));
	enum sim_status status =
		job->graph == NULL
			? diag_fail(diag, SIM_E_NOMEM, "out of memory")
			: graph_steps_compare(&table, job->traces.pointers, job->traces.count,
					      &job->device, job->graph, &job->graph_count,
					      &per_node, diag);
	graph_steps_fini(&table);
	return status;
}

static enum sim_status keep(const struct cli_args *args, const struct validation *job,
			    struct sim_diag *diag)
{
	const struct comparison *comparison = &job->comparison;
	struct store *store;
	if (cli_flag(args, "no-store"))
		return SIM_OK;
	struct store_validation *rows = calloc(comparison->trace_count + 1, sizeof(*rows));
	if (rows == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < comparison->trace_count; i++) {
		const struct compare_trace *trace = &comparison->traces[i];
		const struct step_times times = validation_step_times(job, i);
		rows[i] = (struct store_validation){
			.trace = trace->name,
			.trace_hash = trace->hash,
			.device = &job->device,
			.method = job->leave_one_out ? "leave-one-out" : "as-is",
			.in_fit = trace->in_fit,
			.measured_device_ms = trace->measured_device_ms,
			.predicted_device_ms = trace->predicted_device_ms,
			.step_error = trace->step_error,
			.kernel_weighted_error = trace->kernel_weighted_error,
			.modelled_time_share = trace->modelled_time_share,
			.unprofiled_step_ms = times.unprofiled,
			.traced_step_ms = times.traced,
			.predicted_step_ms = times.predicted,
			.version = DECODESIM_VERSION,
		};
	}
	enum sim_status status = store_open(cli_value(args, "db"), STORE_WRITE, &store, diag);
	if (status == SIM_OK) {
		status = store_write_validations(store, rows, comparison->trace_count, diag);
		store_close(store);
	}
	free(rows);
	return status;
}

/* Kernels without work are held against themselves: a small error then says little. */
static void warn_of_unknown_work(const struct comparison *comparison)
{
	const double mostly = 95;
	for (size_t i = 0; i < comparison->trace_count; i++) {
		const struct compare_trace *trace = &comparison->traces[i];
		double share = 100 * trace->modelled_time_share;
		char name[640];
		if (share >= mostly)
			continue;
		fprintf(stderr,
			"%s: work known for %.1f %% of the device time, the rest counts as "
			"measured%s (give --shapes TRACE of the same model)\n",
			text_printable(name, sizeof(name), trace->name, strlen(trace->name)), share,
			share < COMPARE_LEAST_SHARE_PERCENT ? "; not part of the step MAPE" : "");
	}
}

static enum sim_status report(const struct cli_args *args, struct validation *job, double allowed,
			      struct sim_diag *diag)
{
	TRY(compare_finish(&job->comparison, diag));
	TRY(keep(args, job, diag));
	warn_of_unknown_work(&job->comparison);
	if (cli_flag(args, "json"))
		TRY(cli_print_json(validation_json(job), diag));
	else
		validation_print(job);
	if (allowed < INFINITY && !(100 * job->comparison.step_mape <= allowed))
		return diag_fail(diag, SIM_E_TOLERANCE,
				 "step MAPE %.2f %% is not within --max-step-error %g",
				 100 * job->comparison.step_mape, allowed);
	return SIM_OK;
}

static enum sim_status run_job(const struct cli_args *args, struct validation *job,
			       struct sim_diag *diag)
{
	int64_t unused = -1;
	double allowed;
	TRY(measured_check(args, diag));
	TRY(cli_number(args, "max-step-error", INFINITY, 0, 1e6, &allowed, diag));
	TRY(cli_device(args, &job->device, diag));
	TRY(cli_traces(args, &job->traces, diag));
	if (job->traces.count == 1)
		TRY(measured_add(args, &job->traces.traces[0], &unused, diag));
	job->bytes.unused = unused;
	for (size_t i = 0; i < job->traces.count; i++) {
		cli_warn_other_device(job->traces.pointers[i], &job->device);
		measured_bytes_add(&job->bytes, job->traces.pointers[i]);
	}
	clocks_warn(job->traces.pointers, job->traces.count);
	TRY(compare_init(&job->comparison, diag));
	job->leave_one_out = cli_flag(args, "leave-one-out");
	TRY(compare_steps(args, job, diag));
	TRY(job->leave_one_out ? compare_left_out(args, job, diag) : compare_as_is(job, diag));
	return report(args, job, allowed, diag);
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct validation job = {0};
	enum sim_status status = run_job(args, &job, diag);
	compare_fini(&job.comparison);
	cli_traces_fini(&job.traces);
	if (job.device.model != NULL)
		device_fini(&job.device);
	free(job.graph);
	return status;
}

const struct cli_command command_validate = {
	.name = "validate",
	.summary = "hold predictions against measured kernels and steps",
	.usage = "--hw NAME|FILE.yaml TRACE... [options]",
	.about =
		"Predictions come from the work of each kernel, never from its duration. Plain\n"
		"validate uses the device file as it is and marks traces that were in its fit;\n"
		"--leave-one-out refits without each model in turn, which is the figure to quote.\n"
		"Where a trace has a timing (import --timing, or --timing here) the step's time\n"
		"without tracing, traced and predicted stand side by side, and measured bytes "
		"beside\n"
		"the derived ones where it has any.",
	.example = "  decodesim validate --hw h100-sxm --leave-one-out "
		   "traces/samples/*-shapes.json.gz\n"
		   "  decodesim validate --hw h100-sxm mine.json.gz --json --max-step-error 5\n"
		   "  decodesim validate --hw h100-sxm mine.json.gz --bytes ncu.csv.gz\n"
		   "  decodesim validate --hw h100-sxm mine.json.gz --timing '8.31 ms'",
	.options = options,
	.run = run,
};
