/* Predicted against measured: see compare.h for what each figure means. */
#include "validate/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/replay.h"
#include "validate/bootstrap.h"
#include "validate/fit.h"
#include "validate/ledger.h"

static const double least_share = COMPARE_LEAST_SHARE_PERCENT / 100.0;

enum sim_status compare_init(struct comparison *comparison, struct sim_diag *diag)
{
	memset(comparison, 0, sizeof(*comparison));
	comparison->ledger = calloc(1, sizeof(*comparison->ledger));
	return comparison->ledger != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

void compare_fini(struct comparison *comparison)
{
	if (comparison->ledger != NULL)
		ledger_fini(comparison->ledger);
	free(comparison->ledger);
	free(comparison->traces);
	memset(comparison, 0, sizeof(*comparison));
}

struct pairs {
	double *off; /* |predicted - measured| per kernel with known work */
	double *measured;
	size_t count;
};

static enum sim_status tally_kernels(struct comparison *comparison, const struct trace *trace,
				     const int64_t *start, const int64_t *end, struct pairs *pairs,
				     struct compare_trace *row, struct sim_diag *diag)
{
	double known = 0, all = 0;
	for (size_t s = 0; s < trace->step_count; s++) {
		const struct sim_step *step = &trace->steps[s];
		for (size_t i = step->first; i < (size_t)step->first + step->count; i++) {
			double measured = (double)trace->measured[i].duration_ns * 1e-3;
			double predicted = (double)(end[i] - start[i]) * 1e-6;
			all += measured;
			if (trace->kernels[i].flags & SIM_KERNEL_OPAQUE) {
				row->opaque++;
				continue;
			}
			known += measured;
			pairs->off[pairs->count] = fabs(predicted - measured);
			pairs->measured[pairs->count++] = measured;
			TRY(ledger_add(comparison->ledger, trace, i, measured, predicted, diag));
		}
	}
	row->modelled_time_share = all > 0 ? known / all : 0;
	return SIM_OK;
}

static void measured_steps(const struct trace *trace, struct compare_trace *row)
{
	double busy = 0;
	uint64_t kernels = 0;
	for (size_t s = 0; s < trace->step_count; s++) {
		busy += (double)trace_step_busy_ns(trace, s);
		kernels += trace->steps[s].count;
	}
	row->steps = trace->step_count;
	row->kernels = trace->step_count > 0 ? kernels / trace->step_count : 0;
	row->measured_device_ms =
		trace->step_count > 0 ? busy / (double)trace->step_count * 1e-6 : 0;
}

static enum sim_status predict(struct comparison *comparison, const struct trace *trace,
			       const struct machine *machine, int64_t *start, int64_t *end,
			       struct pairs *pairs, struct compare_trace *row,
			       struct sim_diag *diag)
{
	struct sim_program program = trace_program(trace);
	struct replay_options options;
	struct replay_result result;
	replay_options_init(&options);
	options.launch = SIM_LAUNCH_AS_TRACED;
	options.start_ps = start;
	options.end_ps = end;
	TRY(replay_run(&program, machine, &options, &result, diag));
	row->predicted_device_ms = (double)result.device_busy_ps * 1e-9;
	row->floor_ms = (double)result.floor_ps * 1e-9;
	row->predicted_step_ms = (double)result.step_ps * 1e-9;
	row->step_error = row->measured_device_ms > 0
				  ? row->predicted_device_ms / row->measured_device_ms - 1
				  : NAN;
	TRY(tally_kernels(comparison, trace, start, end, pairs, row, diag));
	double off = 0, measured = 0;
	for (size_t i = 0; i < pairs->count; i++) {
		off += pairs->off[i];
		measured += pairs->measured[i];
	}
	row->kernel_weighted_error = measured > 0 ? off / measured : NAN;
	return bootstrap_ratio(pairs->off, pairs->measured, pairs->count,
			       &row->kernel_weighted_interval, diag);
}

static struct compare_trace *next_row(struct comparison *comparison)
{
	if (comparison->trace_count == comparison->trace_capacity) {
		size_t capacity =
			comparison->trace_capacity > 0 ? comparison->trace_capacity * 2 : 16;
		struct compare_trace *rows = realloc(comparison->traces, capacity * sizeof(*rows));
		if (rows == NULL)
			return NULL;
		comparison->traces = rows;
		comparison->trace_capacity = capacity;
	}
	struct compare_trace *row = &comparison->traces[comparison->trace_count];
	memset(row, 0, sizeof(*row));
	return row;
}

enum sim_status compare_add(struct comparison *comparison, const struct trace *trace,
			    const struct machine *machine, bool in_fit, struct sim_diag *diag)
{
	if (machine->plays_recording)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "'%s' plays the durations of the trace: there is no prediction to "
				 "hold against them",
				 machine->name);
	ledger_begin(comparison->ledger, (uint32_t)comparison->trace_count);
	size_t room = trace->kernel_count + 1;
	int64_t *start = calloc(room, sizeof(*start)), *end = calloc(room, sizeof(*end));
	struct pairs pairs = {calloc(room, sizeof(double)), calloc(room, sizeof(double)), 0};
	struct compare_trace *row = next_row(comparison);
	enum sim_status status = SIM_OK;
	if (start == NULL || end == NULL || pairs.off == NULL || pairs.measured == NULL ||
	    row == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (status == SIM_OK) {
		snprintf(row->name, sizeof(row->name), "%s", trace->name);
		row->hash = trace->content_hash;
		row->in_fit = in_fit;
		measured_steps(trace, row);
		status = predict(comparison, trace, machine, start, end, &pairs, row, diag);
	}
	if (status == SIM_OK)
		comparison->trace_count++;
	else
		ledger_undo(comparison->ledger);
	free(start);
	free(end);
	free(pairs.off);
	free(pairs.measured);
	return status;
}

static void add_group(struct compare_group *group, const struct ledger_entry *entry)
{
	group->kernels += entry->count;
	group->measured_ms += entry->measured_us * 1e-3;
	group->predicted_ms += entry->predicted_us * 1e-3;
	group->absolute_ms += entry->absolute_us * 1e-3;
}

static enum sim_status group_quantiles(const struct compare_ledger *ledger, bool by_op,
				       unsigned which, struct compare_group *group,
				       struct sim_diag *diag)
{
	double *errors = calloc(ledger->count + 1, sizeof(*errors));
	double *weights = calloc(ledger->count + 1, sizeof(*weights));
	size_t count = 0;
	group->p05 = group->p50 = group->p95 = NAN;
	for (size_t i = 0; errors != NULL && weights != NULL && i < ledger->count; i++) {
		const struct ledger_entry *entry = &ledger->entries[i];
		if ((by_op ? entry->op : entry->family) != which || !(entry->measured_us > 0))
			continue;
		errors[count] = entry->predicted_us / entry->measured_us - 1;
		weights[count++] = entry->measured_us;
	}
	if (count > 0) {
		group->p05 = weighted_quantile(errors, weights, count, 0.05);
		group->p50 = weighted_quantile(errors, weights, count, 0.50);
		group->p95 = weighted_quantile(errors, weights, count, 0.95);
	}
	bool failed = errors == NULL || weights == NULL;
	free(errors);
	free(weights);
	return failed ? diag_fail(diag, SIM_E_NOMEM, "out of memory") : SIM_OK;
}

static void pick_worst(struct comparison *comparison)
{
	struct compare_ledger *ledger = comparison->ledger;
	double all = 0;
	ledger_sort_by_error(ledger);
	for (size_t i = 0; i < ledger->count; i++)
		all += ledger->entries[i].absolute_us;
	for (size_t i = 0; i < ledger->count && i < COMPARE_WORST; i++) {
		const struct ledger_entry *entry = &ledger->entries[i];
		struct compare_worst *worst = &comparison->worst[comparison->worst_count++];
		snprintf(worst->trace, sizeof(worst->trace), "%.63s",
			 comparison->traces[entry->trace].name);
		memcpy(worst->kernel, entry->kernel, sizeof(worst->kernel));
		memcpy(worst->shape, entry->shape_text, sizeof(worst->shape));
		worst->family = entry->family;
		worst->count = entry->count;
		worst->measured_us = entry->measured_us / (double)entry->count;
		worst->predicted_us = entry->predicted_us / (double)entry->count;
		worst->share = all > 0 ? entry->absolute_us / all : 0;
	}
}

/* Means over the traces; step errors only of those that the model, not the recording, explains. */
static enum sim_status step_errors(struct comparison *comparison, struct sim_diag *diag)
{
	double *errors = calloc(comparison->trace_count + 1, sizeof(*errors));
	double sum = 0, weighted = 0;
	size_t count = 0, weighted_count = 0;
	if (errors == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < comparison->trace_count; i++) {
		const struct compare_trace *trace = &comparison->traces[i];
		if (trace->modelled_time_share >= least_share) {
			errors[count] = fabs(trace->step_error);
			sum += errors[count++];
		}
		if (!isnan(trace->kernel_weighted_error)) {
			weighted += trace->kernel_weighted_error;
			weighted_count++;
		}
	}
	comparison->step_mape = count > 0 ? sum / (double)count : NAN;
	comparison->mean_kernel_weighted =
		weighted_count > 0 ? weighted / (double)weighted_count : NAN;
	enum sim_status status =
		bootstrap_ratio(errors, NULL, count, &comparison->step_mape_interval, diag);
	free(errors);
	return status;
}

enum sim_status compare_finish(struct comparison *comparison, struct sim_diag *diag)
{
	const struct compare_ledger *ledger = comparison->ledger;
	for (size_t i = 0; i < ledger->count; i++) {
		add_group(&comparison->families[ledger->entries[i].family], &ledger->entries[i]);
		add_group(&comparison->ops[ledger->entries[i].op], &ledger->entries[i]);
	}
	for (unsigned f = 0; f < SIM_FAMILY_COUNT; f++)
		TRY(group_quantiles(ledger, false, f, &comparison->families[f], diag));
	for (unsigned op = 0; op < SIM_OP_COUNT; op++)
		TRY(group_quantiles(ledger, true, op, &comparison->ops[op], diag));
	pick_worst(comparison);
	return step_errors(comparison, diag);
}
