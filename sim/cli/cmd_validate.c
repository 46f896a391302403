/* decodesim validate: predicted against measured. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/version.h"
#include "sim/store/store.h"
#include "validate/compare.h"
#include "validate/fit.h"
#include "validate/graph_steps.h"

static const struct cli_option options[] = {
	{"hw", "NAME|FILE.yaml", "the device to validate"},
	{"leave-one-out", NULL, "refit without each model in turn and report on that model"},
	{"shapes", "TRACE", "take work for kernels without shapes from this trace of the model"},
	{"steps", "FILE", "unprofiled step times (steps.json), to hold graph replays against"},
	{"max-step-error", "PCT", "exit 1 when the step MAPE is above"},
	{"set", "KEY=VALUE", "override a parameter, with unit; repeatable"},
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},
	{"no-store", NULL, "do not keep the result in the database"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

static const double MOSTLY_KNOWN = 0.95; /* share of the time with known work */

struct validation {
	struct hw_device device;
	struct cli_traces traces;
	struct comparison comparison;
	struct graph_residual *graph;
	size_t graph_count;
	bool leave_one_out;
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

/* Report on each trace with a fit that has not seen its model. */
static enum sim_status compare_left_out(struct validation *job, struct sim_diag *diag)
{
	struct sample_set set;
	struct fit_report report;
	enum sim_status status = SIM_OK;
	TRY(samples_collect(job->traces.pointers, job->traces.count, &set, diag));
	if (set.model_count < 2)
		status = diag_fail(diag, SIM_E_USAGE,
				   "validate: --leave-one-out needs traces of two models or more");
	char model[160], other[160];
	for (size_t i = 0; i < job->traces.count && status == SIM_OK; i++) {
		const struct trace *trace = job->traces.pointers[i];
		int index = FIT_NO_MODEL;
		for (size_t s = 0; s < set.count; s++)
			if (set.samples[s].trace == i)
				index = (int)set.samples[s].model;
		trace_model_name(trace, model, sizeof(model));
		if (i > 0)
			trace_model_name(job->traces.pointers[i - 1], other, sizeof(other));
		if (i == 0 || strcmp(model, other) != 0) /* neighbours of one model share a fit */
			status = fit_families(&job->device, &set, index, &report, diag);
		if (status == SIM_OK)
			status = compare_add(&job->comparison, trace, &job->device.machine, false,
					     diag);
		cli_progress("leaving out", i + 1, job->traces.count);
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

static cJSON *interval_json(const struct interval *interval)
{
	cJSON *pair = cJSON_CreateArray();
	cJSON_AddItemToArray(pair, cJSON_CreateNumber(100 * interval->low));
	cJSON_AddItemToArray(pair, cJSON_CreateNumber(100 * interval->high));
	return pair;
}

static cJSON *traces_json(const struct comparison *comparison)
{
	cJSON *rows = cJSON_CreateArray();
	for (size_t i = 0; i < comparison->trace_count; i++) {
		const struct compare_trace *trace = &comparison->traces[i];
		cJSON *row = cJSON_CreateObject();
		cli_json_text(row, "trace", trace->name);
		cJSON_AddNumberToObject(row, "steps", (double)trace->steps);
		cJSON_AddNumberToObject(row, "kernels", (double)trace->kernels);
		cJSON_AddBoolToObject(row, "in_fit", trace->in_fit);
		cJSON_AddNumberToObject(row, "modelled_time_share", trace->modelled_time_share);
		cJSON_AddNumberToObject(row, "opaque_kernels", (double)trace->opaque);
		cJSON_AddNumberToObject(row, "measured_device_ms", trace->measured_device_ms);
		cJSON_AddNumberToObject(row, "predicted_device_ms", trace->predicted_device_ms);
		cJSON_AddNumberToObject(row, "floor_ms", trace->floor_ms);
		cJSON_AddNumberToObject(row, "step_error_pct", 100 * trace->step_error);
		cJSON_AddNumberToObject(row, "kernel_weighted_error_pct",
					100 * trace->kernel_weighted_error);
		cJSON_AddItemToObject(row, "kernel_weighted_error_ci95_pct",
				      interval_json(&trace->kernel_weighted_interval));
		cJSON_AddItemToArray(rows, row);
	}
	return rows;
}

static void add_group_json(cJSON *rows, const char *key, const char *name,
			   const struct compare_group *group)
{
	if (group->kernels == 0)
		return;
	cJSON *row = cJSON_CreateObject();
	cJSON_AddStringToObject(row, key, name);
	cJSON_AddNumberToObject(row, "kernels", (double)group->kernels);
	cJSON_AddNumberToObject(row, "measured_ms", group->measured_ms);
	cJSON_AddNumberToObject(row, "predicted_ms", group->predicted_ms);
	cJSON_AddNumberToObject(row, "error_pct",
				100 * (group->predicted_ms / group->measured_ms - 1));
	cJSON_AddNumberToObject(row, "kernel_weighted_error_pct",
				100 * group->absolute_ms / group->measured_ms);
	cJSON_AddNumberToObject(row, "p05_pct", 100 * group->p05);
	cJSON_AddNumberToObject(row, "p50_pct", 100 * group->p50);
	cJSON_AddNumberToObject(row, "p95_pct", 100 * group->p95);
	cJSON_AddItemToArray(rows, row);
}

static cJSON *worst_json(const struct comparison *comparison)
{
	cJSON *rows = cJSON_CreateArray();
	for (size_t i = 0; i < comparison->worst_count; i++) {
		const struct compare_worst *worst = &comparison->worst[i];
		cJSON *row = cJSON_CreateObject();
		cli_json_text(row, "trace", worst->trace);
		cJSON_AddStringToObject(row, "kernel", worst->kernel);
		cJSON_AddStringToObject(row, "shape", worst->shape);
		cJSON_AddStringToObject(row, "family", sim_family_text(worst->family));
		cJSON_AddNumberToObject(row, "count", (double)worst->count);
		cJSON_AddNumberToObject(row, "measured_us", worst->measured_us);
		cJSON_AddNumberToObject(row, "predicted_us", worst->predicted_us);
		cJSON_AddNumberToObject(row, "share_of_error_pct", 100 * worst->share);
		cJSON_AddItemToArray(rows, row);
	}
	return rows;
}

static cJSON *graph_json(const struct validation *job)
{
	cJSON *rows = cJSON_CreateArray();
	for (size_t i = 0; i < job->graph_count; i++) {
		const struct graph_residual *cell = &job->graph[i];
		cJSON *row = cJSON_CreateObject();
		cli_json_text(row, "trace", cell->trace->name);
		cJSON_AddNumberToObject(row, "nodes", cell->nodes);
		cJSON_AddNumberToObject(row, "measured_ms", cell->measured_ms);
		cJSON_AddNumberToObject(row, "traced_span_ms", cell->traced_span_ms);
		cJSON_AddNumberToObject(row, "predicted_ms", cell->predicted_ms);
		cJSON_AddNumberToObject(row, "error_pct",
					100 * (cell->predicted_ms / cell->measured_ms - 1));
		cJSON_AddNumberToObject(row, "left_out_error_pct",
					100 * (cell->left_out_ms / cell->measured_ms - 1));
		cJSON_AddItemToArray(rows, row);
	}
	return rows;
}

static cJSON *validation_json(const struct validation *job)
{
	const struct comparison *comparison = &job->comparison;
	cJSON *root = cJSON_CreateObject(), *families = cJSON_CreateArray();
	cJSON *classes = cJSON_CreateArray();
	cJSON_AddStringToObject(root, "hw", job->device.name);
	cJSON_AddStringToObject(root, "method", job->leave_one_out ? "leave-one-out" : "as-is");
	cJSON_AddNumberToObject(root, "step_mape_pct", 100 * comparison->step_mape);
	cJSON_AddItemToObject(root, "step_mape_ci95_pct",
			      interval_json(&comparison->step_mape_interval));
	cJSON_AddNumberToObject(root, "kernel_weighted_error_pct",
				100 * comparison->mean_kernel_weighted);
	cJSON_AddItemToObject(root, "traces", traces_json(comparison));
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++)
		add_group_json(families, "family", sim_family_text(family),
			       &comparison->families[family]);
	for (unsigned op = 0; op < SIM_OP_COUNT; op++)
		add_group_json(classes, "class", sim_op_text(op), &comparison->ops[op]);
	cJSON_AddItemToObject(root, "families", families);
	cJSON_AddItemToObject(root, "classes", classes);
	cJSON_AddItemToObject(root, "worst", worst_json(comparison));
	if (job->graph != NULL)
		cJSON_AddItemToObject(root, "unprofiled_graph_steps", graph_json(job));
	return root;
}

static void print_groups(const struct comparison *comparison)
{
	printf("\n%-22s %8s %11s %11s %8s %8s %8s\n", "kernel family", "kernels", "measured ms",
	       "predicted", "error", "|error|", "p05..p95");
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		const struct compare_group *group = &comparison->families[family];
		if (group->kernels == 0)
			continue;
		printf("%-22s %8llu %11.3f %11.3f %+7.2f%% %7.2f%%  %+.1f..%+.1f%%\n",
		       sim_family_text(family), (unsigned long long)group->kernels,
		       group->measured_ms, group->predicted_ms,
		       100 * (group->predicted_ms / group->measured_ms - 1),
		       100 * group->absolute_ms / group->measured_ms, 100 * group->p05,
		       100 * group->p95);
	}
}

/* Kernels without work are held against themselves: a small error then says little. */
static void warn_of_unknown_work(const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->trace_count; i++) {
		const struct compare_trace *trace = &comparison->traces[i];
		char name[256];
		if (trace->modelled_time_share < MOSTLY_KNOWN)
			fprintf(stderr,
				"%s: work known for %.1f %% of the device time, the rest counts as "
				"measured; give --shapes TRACE of the same model\n",
				text_printable(name, sizeof(name), trace->name,
					       strlen(trace->name)),
				100 * trace->modelled_time_share);
	}
}

static void print_validation(const struct validation *job)
{
	const struct comparison *comparison = &job->comparison;
	printf("%s, %s\n", job->device.name,
	       job->leave_one_out ? "each model predicted by a fit that has not seen it"
				  : "as its file is; * the trace was in its fit");
	printf("%-34s %8s %9s %11s %11s %8s %8s\n", "trace", "kernels", "modelled", "measured ms",
	       "predicted", "step", "kernels");
	for (size_t i = 0; i < comparison->trace_count; i++) {
		const struct compare_trace *trace = &comparison->traces[i];
		char name[256];
		text_printable(name, sizeof(name), trace->name, strlen(trace->name));
		printf("%-33s%s %8llu %8.1f%% %11.3f %11.3f %+7.2f%% %7.2f%%\n", name,
		       trace->in_fit ? "*" : " ", (unsigned long long)trace->kernels,
		       100 * trace->modelled_time_share, trace->measured_device_ms,
		       trace->predicted_device_ms, 100 * trace->step_error,
		       100 * trace->kernel_weighted_error);
	}
	printf("step MAPE %.2f %% (95 %% interval %.2f to %.2f), kernel-weighted error %.2f %%\n",
	       100 * comparison->step_mape, 100 * comparison->step_mape_interval.low,
	       100 * comparison->step_mape_interval.high, 100 * comparison->mean_kernel_weighted);
	print_groups(comparison);
	printf("\nworst kernels by share of the whole absolute error\n");
	for (size_t i = 0; i < comparison->worst_count; i++) {
		const struct compare_worst *worst = &comparison->worst[i];
		printf("  %4.1f%% %6llu x %8.2f us, predicted %8.2f  %s: %.40s %s\n",
		       100 * worst->share, (unsigned long long)worst->count, worst->measured_us,
		       worst->predicted_us, worst->trace, worst->kernel, worst->shape);
	}
	if (job->graph_count > 0)
		printf("\n%-34s %7s %12s %11s %11s %8s %9s\n", "unprofiled graph step", "nodes",
		       "measured ms", "span traced", "predicted", "error", "left out");
	for (size_t i = 0; i < job->graph_count; i++) {
		const struct graph_residual *cell = &job->graph[i];
		printf("%-34s %7.0f %12.3f %11.3f %11.3f %+7.2f%% %+8.2f%%\n", cell->trace->name,
		       cell->nodes, cell->measured_ms, cell->traced_span_ms, cell->predicted_ms,
		       100 * (cell->predicted_ms / cell->measured_ms - 1),
		       100 * (cell->left_out_ms / cell->measured_ms - 1));
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
		print_validation(job);
	if (100 * job->comparison.step_mape > allowed)
		return diag_fail(diag, SIM_E_TOLERANCE,
				 "step MAPE %.2f %% is above --max-step-error %g",
				 100 * job->comparison.step_mape, allowed);
	return SIM_OK;
}

static enum sim_status run_job(const struct cli_args *args, struct validation *job,
			       struct sim_diag *diag)
{
	double allowed;
	TRY(cli_number(args, "max-step-error", INFINITY, 0, 1e6, &allowed, diag));
	TRY(cli_device(args, &job->device, diag));
	if (job->device.machine.plays_recording)
		return diag_fail(diag, SIM_E_USAGE,
				 "validate: '%s' plays the measured durations: nothing to validate",
				 job->device.name);
	TRY(cli_traces(args, &job->traces, diag));
	TRY(compare_init(&job->comparison, diag));
	job->leave_one_out = cli_flag(args, "leave-one-out");
	TRY(compare_steps(args, job, diag));
	TRY(job->leave_one_out ? compare_left_out(job, diag) : compare_as_is(job, diag));
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

const struct cli_command cli_validate = {
	.name = "validate",
	.summary = "hold predictions against measured kernels and steps",
	.usage = "--hw NAME|FILE.yaml TRACE... [options]",
	.about = "Predictions come from the work of each kernel, never from its duration. Plain\n"
		 "validate uses the device file as it is and marks traces that were in its fit;\n"
		 "--leave-one-out refits without each model in turn, which is the figure to quote.",
	.example = "  decodesim validate --hw h100-sxm --leave-one-out "
		   "traces/samples/*-shapes.json.gz\n"
		   "  decodesim validate --hw h100-sxm mine.json.gz --json --max-step-error 5",
	.options = options,
	.run = run,
};
