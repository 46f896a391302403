/* The report of `decodesim validate` for people. Names are input: printed safe for a terminal. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/cli/measured.h"
#include "sim/cli/validation.h"

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

static void print_traces(const struct comparison *comparison)
{
	char name[640];
	printf("%-34s %8s %9s %11s %11s %8s %8s\n", "trace", "kernels", "modelled", "measured ms",
	       "predicted", "step", "kernels");
	for (size_t i = 0; i < comparison->trace_count; i++) {
		const struct compare_trace *trace = &comparison->traces[i];
		text_printable(name, sizeof(name), trace->name, strlen(trace->name));
		printf("%-33s%s %8llu %8.1f%% %11.3f %11.3f %+7.2f%% %7.2f%%\n", name,
		       trace->in_fit ? "*" : " ", (unsigned long long)trace->kernels,
		       100 * trace->modelled_time_share, trace->measured_device_ms,
		       trace->predicted_device_ms, 100 * trace->step_error,
		       100 * trace->kernel_weighted_error);
	}
	if (isnan(comparison->step_mape))
		printf("step MAPE unknown: no trace whose work is mostly known");
	else
		printf("step MAPE %.2f %% (95 %% interval %.2f to %.2f)",
		       100 * comparison->step_mape, 100 * comparison->step_mape_interval.low,
		       100 * comparison->step_mape_interval.high);
	if (!isnan(comparison->mean_kernel_weighted))
		printf(", kernel-weighted error %.2f %%", 100 * comparison->mean_kernel_weighted);
	printf("\n");
}

struct step_times validation_step_times(const struct validation *job, size_t index)
{
	const struct trace_timing *timing = &job->traces.pointers[index]->timing;
	return (struct step_times){timing_ms(timing->step_ns), timing_ms(timing->traced_step_ns),
				   job->comparison.traces[index].predicted_step_ms};
}

/* "-" for what is not known. */
static void print_ms(double ms)
{
	if (isnan(ms))
		printf(" %13s", "-");
	else
		printf(" %13.3f", ms);
}

/* From step to step, host included: only where another run says what it is without tracing. */
static void print_step_times(const struct validation *job)
{
	char name[640], kind[80];
	bool any = false;
	for (size_t i = 0; i < job->comparison.trace_count; i++) {
		const struct trace *trace = job->traces.pointers[i];
		const struct step_times times = validation_step_times(job, i);
		if (trace->timing.source[0] == '\0')
			continue;
		if (!any)
			printf("\n%-34s %13s %13s %13s %13s %8s\n", "step, host included",
			       "timed by", "unprofiled ms", "traced ms", "predicted", "error");
		any = true;
		text_printable(name, sizeof(name), trace->name, strlen(trace->name));
		text_printable(kind, sizeof(kind), trace->timing.kind, strlen(trace->timing.kind));
		printf("%-34s %13s", name, kind);
		print_ms(times.unprofiled);
		print_ms(times.traced);
		print_ms(times.predicted);
		printf(" %+7.2f%%\n", 100 * (times.predicted / times.unprofiled - 1));
	}
	if (any)
		printf("predicted with the host times of the trace, what tracing added to them "
		       "included\n");
}

static void print_worst(const struct comparison *comparison)
{
	char name[256];
	printf("\nworst kernels by share of the whole absolute error\n");
	for (size_t i = 0; i < comparison->worst_count; i++) {
		const struct compare_worst *worst = &comparison->worst[i];
		text_printable(name, sizeof(name), worst->trace, strlen(worst->trace));
		printf("  %4.1f%% %6llu x %8.2f us, predicted %8.2f  %s: %.40s %s\n",
		       100 * worst->share, (unsigned long long)worst->count, worst->measured_us,
		       worst->predicted_us, name, worst->kernel, worst->shape);
	}
}

static void print_graph_steps(const struct validation *job)
{
	char name[640];
	if (job->graph_count > 0)
		printf("\n%-34s %7s %12s %11s %11s %8s %9s\n", "unprofiled graph step", "nodes",
		       "measured ms", "span traced", "predicted", "error", "left out");
	for (size_t i = 0; i < job->graph_count; i++) {
		const struct graph_residual *cell = &job->graph[i];
		text_printable(name, sizeof(name), cell->trace->name, strlen(cell->trace->name));
		printf("%-34s %7.0f %12.3f %11.3f %11.3f %+7.2f%% %+8.2f%%\n", name, cell->nodes,
		       cell->measured_ms, cell->traced_span_ms, cell->predicted_ms,
		       100 * (cell->predicted_ms / cell->measured_ms - 1),
		       100 * (cell->left_out_ms / cell->measured_ms - 1));
	}
}

void validation_print(const struct validation *job)
{
	printf("%s, %s\n", job->device.name,
	       job->leave_one_out ? "each model predicted by a fit that has not seen it"
				  : "as its file is; * the trace was in its fit");
	print_traces(&job->comparison);
	print_step_times(job);
	print_groups(&job->comparison);
	print_worst(&job->comparison);
	print_graph_steps(job);
	if (job->bytes.traces > 0)
		measured_bytes_print(&job->bytes);
}
