/* A trace is of one device: which one, where a file has several, and forgetting the others. */
#include <inttypes.h>
#include <stdlib.h>

#include "traces/build.h"

/* The device with the most kernels (the lowest id of several), how many, and those of the others. */
static int64_t busiest_device(const struct build *build, uint64_t *kernels, uint64_t *elsewhere)
{
	uint64_t of_stream[BUILD_STREAMS] = {0}, most = 0;
	int64_t busiest = build->stream_count > 0 ? build->streams[0].device : 0;
	bool single = true;
	for (unsigned i = 0; i < build->stream_count; i++)
		single &= build->streams[i].device == busiest;
	*kernels = build->trace->kernel_count;
	*elsewhere = 0;
	if (single)
		return busiest;
	for (size_t i = 0; i < build->trace->kernel_count; i++)
		of_stream[build->trace->kernels[i].stream]++;
	for (unsigned i = 0; i < build->stream_count; i++) {
		int64_t device = build->streams[i].device;
		uint64_t sum = 0;
		for (unsigned j = 0; j < build->stream_count; j++)
			sum += build->streams[j].device == device ? of_stream[j] : 0;
		if (sum > most || (sum == most && device < busiest)) {
			most = sum;
			busiest = device;
		}
	}
	*kernels = most;
	*elsewhere = build->trace->kernel_count - most;
	return busiest;
}

static int by_number(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

/* Their graph launches are not ones that lack kernels. */
static void mark_launches(struct build *build, uint32_t *correlations, size_t count)
{
	qsort(correlations, count, sizeof(*correlations), by_number);
	for (size_t i = 0; i < build->launch_count; i++)
		if (bsearch(&build->launches[i].correlation, correlations, count,
			    sizeof(*correlations), by_number) != NULL)
			build->launches[i].flags |= BUILD_LAUNCH_ELSEWHERE;
}

/* Forget the kernels of all other devices. */
static enum sim_status keep_device(struct build *build, int64_t device, struct sim_diag *diag)
{
	struct trace *trace = build->trace;
	size_t kept = 0, left_out = 0;
	TRY(build_order_reset(build, diag));
	for (size_t i = 0; i < trace->kernel_count; i++) {
		if (build->streams[trace->kernels[i].stream].device != device) {
			build->order[left_out++] = trace->measured[i].correlation;
			continue;
		}
		trace->kernels[kept] = trace->kernels[i];
		trace->details[kept] = trace->details[i];
		trace->measured[kept] = trace->measured[i];
		build->origins[kept++] = build->origins[i];
	}
	trace->kernel_count = kept;
	if (left_out > 0 && build->launch_count > 0)
		mark_launches(build, build->order, left_out);
	return SIM_OK;
}

static uint64_t count_of(const struct build *build, int64_t device)
{
	uint64_t count = 0;
	for (size_t i = 0; i < build->trace->kernel_count; i++)
		count += build->streams[build->trace->kernels[i].stream].device == device;
	return count;
}

enum sim_status build_choose_device(struct build *build, int64_t *device, struct sim_diag *diag)
{
	uint64_t kept, elsewhere;
	uint32_t only = build->trace->only_device;
	*device = busiest_device(build, &kept, &elsewhere);
	if (only > 0 && *device != (int64_t)only - 1) {
		int64_t busiest = *device;
		uint64_t all = kept + elsewhere;
		*device = (int64_t)only - 1;
		kept = count_of(build, *device);
		elsewhere = all - kept;
		if (kept == 0)
			return diag_fail_at(diag, SIM_E_NOT_FOUND, build->path, 0,
					    "has no kernels of device %" PRId64
					    "; most are of device %" PRId64,
					    *device, busiest);
	}
	if (elsewhere == 0)
		return SIM_OK;
	TRY(keep_device(build, *device, diag));
	if (only > 0)
		return SIM_OK;
	build_warn(build,
		   "%" PRIu64 " kernels of other devices; read: device %" PRId64 ", %" PRIu64
		   " kernels (--device reads another)",
		   elsewhere, *device, kept);
	build->trace->warnings += elsewhere - 1;
	return SIM_OK;
}
