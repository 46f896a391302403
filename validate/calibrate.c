/* Calibration: which measurement sets which parameter. The fit of the families is in fit.c. */
#include "validate/calibrate.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwmodels/gpu.h"
#include "sim/core/units.h"
#include "validate/calibrate_put.h"
#include "validate/gaps.h"
#include "validate/graph_steps.h"
#include "validate/microbench.h"

/* The file with its folder, which tells two machines' files of one name apart. */
static const char *last_parts(const char *path)
{
	const char *slash = strrchr(path, '/');
	for (const char *at = slash; at != NULL && at > path; at--)
		if (at[-1] == '/')
			return at;
	return path;
}

static enum sim_status put_gaps(struct hw_device *device, const struct calibrate_input *input,
				bool *have_gap, struct sim_diag *diag)
{
	struct gaps gaps;
	TRY(gaps_measure(input->traces, input->trace_count, &gaps, diag));
	*have_gap = gaps.graph_count > 0;
	TRY(calibrate_put(device, diag, "graph.gap", gaps.graph_s,
			  "mean of %zu gaps between graph nodes in the traces of the calibration",
			  gaps.graph_count));
	TRY(calibrate_put(
		device, diag, "launch.latency", gaps.idle_s,
		"median of %zu kernels launched on an idle device in the traces of the calibration",
		gaps.idle_count));
	return calibrate_put(
		device, diag, "launch.stream_gap", gaps.busy_s,
		"median of %zu gaps between queued kernels in the traces of the calibration",
		gaps.busy_count);
}

/* Relative errors of the samples of MODEL (all models: FIT_NO_MODEL) in FAMILY as DEVICE has them.
 */
static size_t collect_errors(const struct hw_device *device, const struct sample_set *set,
			     int model, double *errors, double *weights, unsigned char *families)
{
	size_t count = 0;
	for (size_t i = 0; i < set->count; i++) {
		const struct sample *sample = &set->samples[i];
		if ((int)sample->model != model || !(sample->measured_ps > 0))
			continue;
		errors[count] =
			predict_alone_ps(&device->machine, &sample->kernel) / sample->measured_ps -
			1;
		weights[count] = sample->count * sample->measured_ps;
		families[count++] = sample->kernel.family;
	}
	return count;
}

struct loo {
	double *errors, *weights, *scratch_errors, *scratch_weights;
	unsigned char *families;
	size_t count;
	unsigned models_with[SIM_FAMILY_COUNT];
};

static void count_models(const struct sample_set *set, struct loo *loo)
{
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++)
		for (size_t model = 0; model < set->model_count; model++)
			for (size_t i = 0; i < set->count; i++)
				if (set->samples[i].model == model &&
				    set->samples[i].kernel.family == family) {
					loo->models_with[family]++;
					break;
				}
}

static void band_from_loo(struct hw_residual *residual, struct loo *loo, unsigned family)
{
	size_t count = 0;
	if (loo->models_with[family] < 2) {
		residual->p05 = residual->p05 < -0.15 ? residual->p05 : -0.15;
		residual->p95 = residual->p95 > 0.15 ? residual->p95 : 0.15;
		return;
	}
	for (size_t i = 0; i < loo->count; i++) {
		if (loo->families[i] != family)
			continue;
		loo->scratch_errors[count] = loo->errors[i];
		loo->scratch_weights[count++] = loo->weights[i];
	}
	residual->p05 = weighted_quantile(loo->scratch_errors, loo->scratch_weights, count, 0.05);
	residual->p50 = weighted_quantile(loo->scratch_errors, loo->scratch_weights, count, 0.50);
	residual->p95 = weighted_quantile(loo->scratch_errors, loo->scratch_weights, count, 0.95);
}

/* Fit without each model in turn, on DEVICE itself; the final fit follows and overwrites it. */
static enum sim_status leave_one_out(struct hw_device *device, const struct sample_set *set,
				     struct loo *loo, struct sim_diag *diag)
{
	struct fit_report report;
	for (size_t model = 0; set->model_count > 1 && model < set->model_count; model++) {
		TRY(fit_families(device, set, (int)model, &report, diag));
		loo->count += collect_errors(device, set, (int)model, loo->errors + loo->count,
					     loo->weights + loo->count, loo->families + loo->count);
	}
	count_models(set, loo);
	return SIM_OK;
}

/*
 * A family without samples has no coefficients of its own any more. Where the device inherits, that
 * must be said in its file, or the next reader would take them from there.
 */
static void disown(struct hw_device *device, int index)
{
	bool heir = device->inherits[0] != '\0';
	device->values[index] = (struct hw_value){
		.value = NAN,
		.low = NAN,
		.high = NAN,
		.origin = heir ? HW_FROM_FILE : HW_FROM_FALLBACK,
		.source = heir ? "no such kernel in the traces of the calibration" : ""};
}

/* What an earlier calibration made; values of other sources stay, whatever traces there are. */
static bool is_calibrated(const struct hw_device *device, int index)
{
	const struct hw_value *value = &device->values[index];
	return value->origin != HW_FROM_FILE || strncmp(value->source, "calibrated on", 13) == 0 ||
	       value->source[0] == '\0';
}

static enum sim_status describe_fit(struct hw_device *device, const double *before,
				    const struct fit_report *report, struct sim_diag *diag)
{
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		uint64_t kinds = report->residuals[family].kernels;
		for (int c = 0; c < GPU_COEFFICIENT_COUNT; c++) {
			int index = gpu_coefficient_param(family, (enum gpu_coefficient)c);
			if (!report->fitted[family] && is_calibrated(device, index))
				disown(device, index);
			else if (!report->fitted[family])
				device->values[index].value = before[index];
			else
				TRY(calibrate_put(device, diag, device->params[index].key,
						  device->values[index].value,
						  "calibrated on %llu kind%s of kernel",
						  (unsigned long long)kinds,
						  kinds == 1 ? "" : "s"));
		}
	}
	return SIM_OK;
}

static enum sim_status fit_and_judge(struct hw_device *device, const struct sample_set *set,
				     struct loo *loo, struct calibrate_report *report,
				     struct sim_diag *diag)
{
	loo->errors = calloc(set->count + 1, sizeof(double));
	loo->weights = calloc(set->count + 1, sizeof(double));
	loo->scratch_errors = calloc(set->count + 1, sizeof(double));
	loo->scratch_weights = calloc(set->count + 1, sizeof(double));
	loo->families = calloc(set->count + 1, 1);
	if (loo->errors == NULL || loo->weights == NULL || loo->scratch_errors == NULL ||
	    loo->scratch_weights == NULL || loo->families == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	double *before = arena_alloc(&device->arena, device->param_count * sizeof(*before));
	if (before == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < device->param_count; i++)
		before[i] = device->values[i].value;
	TRY(leave_one_out(device, set, loo, diag));
	TRY(fit_families(device, set, FIT_NO_MODEL, &report->fit, diag));
	TRY(describe_fit(device, before, &report->fit, diag));
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		int fixed = gpu_coefficient_param(family, GPU_FIXED);
		if (report->fit.fitted[family])
			band_from_loo(&report->fit.residuals[family], loo, family);
		else if (!isnan(device->values[fixed].value))
			continue; /* its coefficients are of another source, and so is its band */
		device->residuals[family] = report->fit.residuals[family];
	}
	return SIM_OK;
}

static enum sim_status put_families(struct hw_device *device, const struct calibrate_input *input,
				    struct calibrate_report *report, struct sim_diag *diag)
{
	struct sample_set set;
	struct loo loo = {0};
	bool known = false;
	for (size_t i = 0; i < input->trace_count; i++)
		known = known || trace_modelled_share(input->traces[i]) > 0;
	if (!known)
		return SIM_OK;
	TRY(samples_collect(input->traces, input->trace_count, &set, diag));
	report->samples = set.count;
	report->models = set.model_count;
	enum sim_status status = fit_and_judge(device, &set, &loo, report, diag);
	free(loo.errors);
	free(loo.weights);
	free(loo.scratch_errors);
	free(loo.scratch_weights);
	free(loo.families);
	samples_fini(&set);
	return status;
}

/*
 * Predict from a latency of zero, so that calibrating twice gives the same. The old one
 * stays where there is no cell to learn from.
 */
static enum sim_status
compare_graph_steps(struct hw_device *device, const struct calibrate_input *input,
		    const struct graph_cell_table *table, struct graph_residual *rows,
		    struct calibrate_report *report, double *per_node, struct sim_diag *diag)
{
	int index = device_param(device, "graph.latency_node");
	assert(index >= 0);
	double old = device->values[index].value;
	device->values[index].value = 0;
	TRY(device_rebuild(device, diag));
	TRY(graph_steps_compare(table, input->traces, input->trace_count, device, rows,
				&report->graph_cells, per_node, diag));
	device->values[index].value = old;
	return device_rebuild(device, diag);
}

static enum sim_status put_graph_latency(struct hw_device *device,
					 const struct calibrate_input *input,
					 struct calibrate_report *report, struct sim_diag *diag)
{
	struct graph_cell_table table;
	double per_node = 0, off = 0;
	TRY(graph_steps_read(input->steps, &table, diag));
	struct graph_residual *rows = calloc(input->trace_count + 1, sizeof(*rows));
	enum sim_status status = rows == NULL ? diag_fail(diag, SIM_E_NOMEM, "out of memory")
					      : compare_graph_steps(device, input, &table, rows,
								    report, &per_node, diag);
	if (status == SIM_OK && report->graph_cells > 0) {
		for (size_t i = 0; i < report->graph_cells; i++)
			off += fabs(rows[i].left_out_ms / rows[i].measured_ms - 1);
		report->graph_step_error = off / (double)report->graph_cells;
		status = calibrate_put(
			device, diag, "graph.latency_node", per_node,
			"%s: median over %zu cells of (unprofiled graph step - prediction) / "
			"nodes",
			last_parts(input->steps), report->graph_cells);
		if (status == SIM_OK)
			status = device_rebuild(device, diag);
	}
	free(rows);
	graph_steps_fini(&table);
	return status;
}

static enum sim_status name_files(struct hw_device *device, const struct calibrate_input *input,
				  struct sim_diag *diag)
{
	size_t room = input->trace_count + 2, count = 0;
	const char **files = arena_alloc(&device->arena, room * sizeof(*files));
	const char *extra[] = {input->microbench, input->steps};
	if (files == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < 2; i++)
		if (extra[i] != NULL)
			files[count++] = arena_copy_text(&device->arena, last_parts(extra[i]),
							 strlen(last_parts(extra[i])));
	for (size_t i = 0; i < input->trace_count; i++)
		files[count++] = arena_copy_text(&device->arena, input->traces[i]->name,
						 strlen(input->traces[i]->name));
	for (size_t i = 0; i < count; i++)
		if (files[i] == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	device->fit_files = files;
	device->fit_count = count;
	return SIM_OK;
}

enum sim_status calibrate_device(struct hw_device *device, const struct calibrate_input *input,
				 struct calibrate_report *report, struct sim_diag *diag)
{
	bool have_gap = false;
	memset(report, 0, sizeof(*report));
	report->graph_step_error = NAN;
	if (strcmp(device->model->name, "gpu") != 0)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "only devices of model 'gpu' can be calibrated: '%s' is '%s'",
				 device->name, device->model->name);
	TRY(put_gaps(device, input, &have_gap, diag));
	if (input->microbench != NULL) {
		struct microbench bench;
		TRY(microbench_read(input->microbench, &bench, diag));
		TRY(calibrate_microbench(device, &bench, last_parts(input->microbench), have_gap,
					 diag));
	}
	TRY(device_rebuild(device, diag));
	TRY(put_families(device, input, report, diag));
	TRY(name_files(device, input, diag));
	TRY(device_rebuild(device, diag));
	return input->steps != NULL ? put_graph_latency(device, input, report, diag) : SIM_OK;
}
