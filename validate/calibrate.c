/* Calibration: which measurement sets which parameter. The fit of the families is in fit.c. */
#include "validate/calibrate.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwmodels/gpu.h"
#include "sim/core/units.h"
#include "validate/graph_steps.h"
#include "validate/microbench.h"

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

/* Set KEY, with where it comes from; a NaN value (the file does not say) changes nothing. */
SIM_PRINTF(4, 5)
static void put(struct hw_device *device, const char *key, double value, const char *fmt, ...)
{
	char source[256];
	va_list args;
	int index = device_param(device, key);
	if (index < 0 || isnan(value))
		return;
	va_start(args, fmt);
	vsnprintf(source, sizeof(source), fmt, args);
	va_end(args);
	char *copy = arena_copy_text(&device->arena, source, strlen(source));
	device->values[index] = (struct hw_value){.value = value,
						  .low = NAN,
						  .high = NAN,
						  .origin = HW_FROM_FILE,
						  .source = copy != NULL ? copy : ""};
}

static double value_of(const struct hw_device *device, const char *key)
{
	int index = device_param(device, key);
	return index < 0 ? NAN : device->values[index].value;
}

static void put_microbench(struct hw_device *device, const struct microbench *bench,
			   const char *file, bool have_gap)
{
	double peak = value_of(device, "hbm.bandwidth");
	double stream = bench->hbm_read_bytes_per_s;
	double base_gap = value_of(device, "graph.gap");
	double base_null = value_of(device, "graph.null_node");
	put(device, "hbm.stream", stream > peak ? peak : stream, "%s (hbm_read, best size)", file);
	put(device, "l2.bandwidth", bench->l2_read_bytes_per_s, "%s (l2_read, best size)", file);
	put(device, "launch.host", bench->launch_host_s, "%s (launch_host_us)", file);
	put(device, "graph.host", bench->graph_host_s, "%s (graph_N host_launch_us, intercept)",
	    file);
	put(device, "graph.host_node", bench->graph_host_node_s > 0 ? bench->graph_host_node_s : 0,
	    "%s (graph_N host_launch_us, slope)", file);
	if (!have_gap && base_null > 0)
		put(device, "graph.gap", base_gap * bench->graph_null_s / base_null,
		    "gap of the device inherited from, scaled by the period of null nodes in %s",
		    file);
	put(device, "graph.null_node", bench->graph_null_s, "%s (graph_N event_us, slope)", file);
	double wait = bench->sync_roundtrip_s - bench->launch_host_s -
		      value_of(device, "launch.latency") - bench->graph_null_s;
	put(device, "launch.sync", wait > 0 ? wait : 0,
	    "%s (launch_sync_roundtrip_us less launch, latency and a null kernel)", file);
}

struct gaps {
	double *graph, *idle, *busy; /* ns */
	size_t graph_count, idle_count, busy_count;
};

enum { STALL_NS = 20000, IDLE_NS = 2000 };

/* Device-side gaps of one step; longer than STALL_NS is a stall of the profiler, not a gap. */
static void step_gaps(const struct trace *trace, const struct sim_step *step, struct gaps *gaps)
{
	int64_t last_end = INT64_MIN;
	for (size_t i = step->first; i < (size_t)step->first + step->count; i++) {
		const struct trace_measured *at = &trace->measured[i];
		int64_t end = at->start_ns + at->duration_ns;
		int64_t gap = last_end == INT64_MIN ? STALL_NS : at->start_ns - last_end;
		if (step->traced_launch == SIM_LAUNCH_GRAPH) {
			if (gap < STALL_NS && last_end != INT64_MIN)
				gaps->graph[gaps->graph_count++] = (double)gap;
		} else if (at->launch_end_ns != INT64_MIN && last_end != INT64_MIN) {
			if (gap > IDLE_NS && at->launch_end_ns > last_end)
				gaps->idle[gaps->idle_count++] =
					(double)(at->start_ns - at->launch_end_ns);
			else if (at->launch_end_ns + IDLE_NS < last_end)
				gaps->busy[gaps->busy_count++] = (double)gap;
		}
		last_end = end > last_end ? end : last_end;
	}
}

static double median(double *values, size_t count)
{
	double *weights = calloc(count + 1, sizeof(*weights));
	double result = NAN;
	for (size_t i = 0; weights != NULL && i < count; i++)
		weights[i] = 1;
	if (weights != NULL && count > 0)
		result = weighted_quantile(values, weights, count, 0.5);
	free(weights);
	return result;
}

static double mean(const double *values, size_t count)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return count > 0 ? sum / (double)count : NAN;
}

static double seconds_from_ns(double ns)
{
	return ns > 0 ? ns * 1e-9 : isnan(ns) ? NAN : 0;
}

static enum sim_status put_gaps(struct hw_device *device, const struct calibrate_input *input,
				bool *have_gap, struct sim_diag *diag)
{
	size_t kernels = 1;
	for (size_t i = 0; i < input->trace_count; i++)
		kernels += input->traces[i]->kernel_count;
	double *room = calloc(kernels * 3, sizeof(*room));
	struct gaps gaps = {.graph = room, .idle = room + kernels, .busy = room + 2 * kernels};
	if (room == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < input->trace_count; i++)
		for (size_t s = 0; s < input->traces[i]->step_count; s++)
			step_gaps(input->traces[i], &input->traces[i]->steps[s], &gaps);
	*have_gap = gaps.graph_count > 0;
	put(device, "graph.gap", seconds_from_ns(mean(gaps.graph, gaps.graph_count)),
	    "mean of %zu gaps between graph nodes in the traces of the calibration",
	    gaps.graph_count);
	put(device, "launch.latency", seconds_from_ns(median(gaps.idle, gaps.idle_count)),
	    "median of %zu kernels launched on an idle device in the traces of the calibration",
	    gaps.idle_count);
	put(device, "launch.stream_gap", seconds_from_ns(median(gaps.busy, gaps.busy_count)),
	    "median of %zu gaps between queued kernels in the traces of the calibration",
	    gaps.busy_count);
	free(room);
	return SIM_OK;
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

static void describe_fit(struct hw_device *device, const struct fit_report *report)
{
	static const char *const endings[GPU_COEFFICIENT_COUNT] = {"fixed", "ramp", "stream",
								   "element", "spread"};
	char key[64];
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		for (int c = 0; c < GPU_COEFFICIENT_COUNT; c++) {
			int index = gpu_coefficient_param(family, (enum gpu_coefficient)c);
			if (!report->fitted[family]) {
				device->values[index].origin = HW_FROM_FALLBACK;
				device->values[index].source = "";
				continue;
			}
			snprintf(key, sizeof(key), "%s.%s", sim_family_text(family), endings[c]);
			put(device, key, device->values[index].value,
			    "calibrated on %llu kinds of kernel",
			    (unsigned long long)report->residuals[family].kernels);
		}
	}
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
	TRY(leave_one_out(device, set, loo, diag));
	TRY(fit_families(device, set, FIT_NO_MODEL, &report->fit, diag));
	describe_fit(device, &report->fit);
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		if (report->fit.fitted[family])
			band_from_loo(&report->fit.residuals[family], loo, family);
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

static enum sim_status put_graph_latency(struct hw_device *device,
					 const struct calibrate_input *input,
					 struct calibrate_report *report, struct sim_diag *diag)
{
	struct graph_cell_table table;
	double per_node, off = 0;
	TRY(graph_steps_read(input->steps, &table, diag));
	struct graph_residual *rows = calloc(input->trace_count + 1, sizeof(*rows));
	enum sim_status status =
		rows == NULL
			? diag_fail(diag, SIM_E_NOMEM, "out of memory")
			: graph_steps_compare(&table, input->traces, input->trace_count, device,
					      rows, &report->graph_cells, &per_node, diag);
	if (status == SIM_OK && report->graph_cells > 0) {
		for (size_t i = 0; i < report->graph_cells; i++)
			off += fabs(rows[i].left_out_ms / rows[i].measured_ms - 1);
		report->graph_step_error = off / (double)report->graph_cells;
		put(device, "graph.latency_node", per_node,
		    "%s: median over %zu cells of (unprofiled graph step - prediction) / nodes",
		    last_part(input->steps), report->graph_cells);
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
			files[count++] = arena_copy_text(&device->arena, last_part(extra[i]),
							 strlen(last_part(extra[i])));
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
		put_microbench(device, &bench, last_part(input->microbench), have_gap);
	}
	TRY(device_rebuild(device, diag));
	TRY(put_families(device, input, report, diag));
	TRY(name_files(device, input, diag));
	TRY(device_rebuild(device, diag));
	return input->steps != NULL ? put_graph_latency(device, input, report, diag) : SIM_OK;
}
