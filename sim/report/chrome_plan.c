/* Before a trace is written as Chrome JSON: launches of kernels, and which kernels overlap. */
#include <stdlib.h>

#include "sim/report/chrome_parts.h"

static int by_launch(const void *left, const void *right, void *context)
{
	const struct trace_measured *measured = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	if (measured[a].thread != measured[b].thread)
		return measured[a].thread > measured[b].thread ? 1 : -1;
	if (measured[a].launch_start_ns != measured[b].launch_start_ns)
		return measured[a].launch_start_ns > measured[b].launch_start_ns ? 1 : -1;
	return (a > b) - (a < b);
}

static void number_launches(struct chrome *chrome)
{
	const struct trace *trace = chrome->trace;
	uint32_t launch = 0;
	bool numbered = false;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		numbered |= trace->measured[i].correlation != 0;
		chrome->launch_ids[i] = trace->measured[i].correlation;
	}
	for (size_t i = 0; i < chrome->order_count && !numbered; i++) {
		uint32_t index = chrome->order[i];
		launch += i == 0 || !chrome_same_launch(trace, chrome->order[i - 1], index);
		chrome->launch_ids[index] = launch;
	}
}

static void find_overlaps(struct chrome *chrome)
{
	const struct trace *trace = chrome->trace;
	int64_t ends[CHROME_MOST_STREAMS];
	for (size_t i = 0; i < CHROME_MOST_STREAMS; i++)
		ends[i] = INT64_MIN;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		int64_t *end = &ends[trace->kernels[i].stream];
		chrome->overlaps[i] = trace->measured[i].start_ns < *end;
		if (chrome_end_of(&trace->measured[i]) > *end)
			*end = chrome_end_of(&trace->measured[i]);
	}
}

enum sim_status chrome_prepare(struct chrome *chrome, struct sim_diag *diag)
{
	const struct trace *trace = chrome->trace;
	size_t count = trace->kernel_count + 1;
	chrome->order = calloc(count, sizeof(*chrome->order));
	chrome->launch_ids = calloc(count, sizeof(*chrome->launch_ids));
	chrome->overlaps = calloc(count, sizeof(*chrome->overlaps));
	if (chrome->order == NULL || chrome->launch_ids == NULL || chrome->overlaps == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < trace->kernel_count; i++)
		if (chrome_has_launch(&trace->measured[i]))
			chrome->order[chrome->order_count++] = (uint32_t)i;
	if (chrome->order_count > 0)
		qsort_r(chrome->order, chrome->order_count, sizeof(*chrome->order), by_launch,
			trace->measured);
	number_launches(chrome);
	find_overlaps(chrome);
	return SIM_OK;
}

void chrome_fini(struct chrome *chrome)
{
	free(chrome->order);
	free(chrome->launch_ids);
	free(chrome->overlaps);
}
