/*
 * What a microbenchmark sets. Peaks (bandwidth, flops) stay those of the data sheet: what a
 * benchmark reaches is no bound. L2's rate stays that of `l2_read`, launches included, since the
 * families' coefficients were fitted with it.
 */
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "validate/calibrate_put.h"

enum sim_status calibrate_put(struct hw_device *device, struct sim_diag *diag, const char *key,
			      double value, const char *fmt, ...)
{
	char source[256];
	va_list args;
	int index = device_param(device, key);
	assert(index >= 0);
	if (isnan(value))
		return SIM_OK;
	va_start(args, fmt);
	vsnprintf(source, sizeof(source), fmt, args);
	va_end(args);
	char *copy = arena_copy_text(&device->arena, source, strlen(source));
	if (copy == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	device->values[index] = (struct hw_value){
		.value = value, .low = NAN, .high = NAN, .origin = HW_FROM_FILE, .source = copy};
	return SIM_OK;
}

static double value_of(const struct hw_device *device, const char *key)
{
	int index = device_param(device, key);
	return index < 0 ? NAN : device->values[index].value;
}

/* Below zero is noise of the measurement; NaN (not measured) stays. */
static double not_below_zero(double value)
{
	return value < 0 ? 0 : value;
}

static enum sim_status put_graph_costs(struct hw_device *device, const struct microbench *bench,
				       const char *file, bool have_gap, struct sim_diag *diag)
{
	double base_gap = value_of(device, "graph.gap");
	double base_null = value_of(device, "graph.null_node");
	TRY(calibrate_put(device, diag, "graph.host", not_below_zero(bench->graph_host_s),
			  "%s (graph_N host_launch_us, intercept)", file));
	TRY(calibrate_put(device, diag, "graph.host_node", not_below_zero(bench->graph_host_node_s),
			  "%s (graph_N host_launch_us, slope)", file));
	if (!have_gap && base_null > 0)
		TRY(calibrate_put(
			device, diag, "graph.gap", base_gap * bench->graph_null_s / base_null,
			"gap of the device inherited from, scaled by the period of null nodes in "
			"%s",
			file));
	return calibrate_put(device, diag, "graph.null_node", bench->graph_null_s,
			     "%s (graph_N event_us, slope)", file);
}

/* What stays of the round trip of a graph of one null node is its way to the device. */
static enum sim_status put_graph_latency(struct hw_device *device, const struct microbench *bench,
					 const char *file, struct sim_diag *diag)
{
	double latency = bench->graph_roundtrip_s - bench->graph_host_s - bench->graph_null_s -
			 value_of(device, "launch.sync");
	return calibrate_put(device, diag, "graph.latency", not_below_zero(latency),
			     "%s (graph.roundtrip less graph.host, a null node and launch.sync)",
			     file);
}

/* What the files of the first microbenchmarks lack. */
static enum sim_status put_later_fields(struct hw_device *device, const struct microbench *bench,
					const char *file, struct sim_diag *diag)
{
	TRY(put_graph_latency(device, bench, file, diag));
	TRY(calibrate_put(device, diag, "pdl.overlap", not_below_zero(bench->pdl_saving_s),
			  "%s (pdl.saving: kernels of 5 us in a graph, period without less with "
			  "programmatic launch)",
			  file));
	TRY(calibrate_put(device, diag, "mega.launch", bench->cooperative_host_s,
			  "%s (launch.cooperative): a megakernel is one launch", file));
	TRY(calibrate_put(device, diag, "mega.sync", bench->grid_sync_s,
			  "%s (grid.sync_store, best shape)", file));
	return calibrate_put(device, diag, "link.bandwidth", bench->link_bytes_per_s,
			     "%s (link.h2d and link.d2h, pinned, best size)", file);
}

enum sim_status calibrate_microbench(struct hw_device *device, const struct microbench *bench,
				     const char *file, bool have_gap, struct sim_diag *diag)
{
	double peak = value_of(device, "hbm.bandwidth");
	double stream = bench->hbm_read_bytes_per_s;
	double wait = bench->sync_roundtrip_s - bench->launch_host_s -
		      value_of(device, "launch.latency") - bench->graph_null_s;
	TRY(calibrate_put(device, diag, "hbm.stream", stream > peak ? peak : stream,
			  "%s (hbm_read, best size%s)", file,
			  stream > peak ? ", cut to the peak" : ""));
	TRY(calibrate_put(device, diag, "l2.bandwidth", bench->l2_read_bytes_per_s,
			  "%s (l2_read, best size)", file));
	TRY(calibrate_put(device, diag, "launch.host", bench->launch_host_s, "%s (launch_host_us)",
			  file));
	TRY(put_graph_costs(device, bench, file, have_gap, diag));
	TRY(calibrate_put(device, diag, "launch.sync", not_below_zero(wait),
			  "%s (launch_sync_roundtrip_us less launch, latency and a null kernel)",
			  file));
	return put_later_fields(device, bench, file, diag);
}
