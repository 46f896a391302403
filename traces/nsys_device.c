/*
 * Which of an export's devices and processes is read, and what is known of it.
 *
 * A trace is of one device, and correlation ids are numbered per process, so one process is read:
 * of the device with the most kernels, the process with the most; the lowest id where equal.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "traces/nsys.h"

enum { MOST_GROUPS = 256 };

struct group {
	int64_t device;
	int64_t process;
	uint64_t kernels;
	uint64_t nodes;	 /* of them, kernels of graphs */
	uint64_t graphs; /* graphs recorded as a whole */
};

struct groups {
	struct group items[MOST_GROUPS];
	unsigned count;
	bool of_graphs; /* rows of graphs are being counted, not of kernels */
};

enum { COLUMN_DEVICE, COLUMN_PROCESS, COLUMN_NODE };

static const struct nsys_table kernel_table = {
	.name = "CUPTI_ACTIVITY_KIND_KERNEL",
	.columns = {"deviceId", "globalPid", "graphNodeId"},
	.required = 1,
};

static const struct nsys_table graph_table = {
	.name = "CUPTI_ACTIVITY_KIND_GRAPH_TRACE",
	.columns = {"deviceId", "globalPid"},
	.required = 1,
};

static struct group *find_group(struct groups *groups, int64_t device, int64_t process)
{
	for (unsigned i = 0; i < groups->count; i++)
		if (groups->items[i].device == device && groups->items[i].process == process)
			return &groups->items[i];
	if (groups->count == MOST_GROUPS)
		return NULL;
	groups->items[groups->count] = (struct group){.device = device, .process = process};
	return &groups->items[groups->count++];
}

static enum sim_status count_row(const struct nsys_scan *scan, void *context, struct sim_diag *diag)
{
	struct groups *groups = context;
	int64_t device, process, node = 0;
	TRY(nsys_integer(scan, COLUMN_DEVICE, 0, INT32_MAX, 0, &device, diag));
	TRY(nsys_integer(scan, COLUMN_PROCESS, INT64_MIN + 1, INT64_MAX, NSYS_NO_PROCESS, &process,
			 diag));
	if (!groups->of_graphs)
		TRY(nsys_integer(scan, COLUMN_NODE, INT64_MIN, INT64_MAX, 0, &node, diag));
	struct group *group = find_group(groups, device, process);
	if (group == NULL)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, scan->nsys->path, scan->row,
				    "%s: more than %d devices and processes", scan->table->name,
				    MOST_GROUPS);
	group->kernels += !groups->of_graphs;
	group->nodes += node != 0;
	group->graphs += groups->of_graphs;
	return SIM_OK;
}

static uint64_t device_kernels(const struct groups *groups, int64_t device)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < groups->count; i++)
		sum += groups->items[i].device == device ? groups->items[i].kernels : 0;
	return sum;
}

static bool is_better(const struct groups *groups, const struct group *a, const struct group *b)
{
	uint64_t of_a = device_kernels(groups, a->device), of_b = device_kernels(groups, b->device);
	if (of_a != of_b)
		return of_a > of_b;
	if (a->device != b->device)
		return a->device < b->device;
	if (a->kernels != b->kernels)
		return a->kernels > b->kernels;
	return a->process < b->process;
}

/* What is left out, counted as skipped events and said in one warning. */
static void warn_of_rest(struct nsys *nsys, const struct groups *groups, const struct group *chosen)
{
	char graphs[128] = "", devices[96] = "", processes[112] = "";
	uint64_t here = device_kernels(groups, chosen->device), elsewhere = 0;
	for (unsigned i = 0; i < groups->count; i++)
		elsewhere += groups->items[i].kernels;
	elsewhere = nsys->build->trace->only_device > 0 ? 0 : elsewhere - here;
	if (chosen->graphs > 0)
		snprintf(graphs, sizeof(graphs),
			 "%" PRIu64 " graph launches have no kernels: capture with "
			 "--cuda-graph-trace=node; ",
			 chosen->graphs);
	if (elsewhere > 0)
		snprintf(devices, sizeof(devices), "%" PRIu64 " kernels of other devices; ",
			 elsewhere);
	if (here > chosen->kernels)
		snprintf(processes, sizeof(processes), "%" PRIu64 " kernels of other processes; ",
			 here - chosen->kernels);
	uint64_t left_out = chosen->graphs + elsewhere + here - chosen->kernels;
	if (left_out == 0)
		return;
	build_warn(nsys->build, "%s%s%sread: device %" PRId64 ", %" PRIu64 " kernels", graphs,
		   devices, processes, chosen->device, chosen->kernels);
	nsys->build->trace->warnings += left_out - 1;
}

static enum sim_status no_kernels(const struct nsys *nsys, const struct groups *groups,
				  struct sim_diag *diag)
{
	uint64_t graphs = 0;
	for (unsigned i = 0; i < groups->count; i++)
		graphs += groups->items[i].graphs;
	if (graphs > 0)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, nsys->path, 0,
				    "has no kernels, only %" PRIu64
				    " graph launches as a whole; capture again with nsys profile "
				    "--cuda-graph-trace=node",
				    graphs);
	return diag_fail_at(diag, SIM_E_UNSUPPORTED, nsys->path, 0,
			    "has no kernels; capture again with nsys profile --trace=cuda,nvtx "
			    "--cuda-graph-trace=node");
}

enum sim_status nsys_choose(struct nsys *nsys, struct sim_diag *diag)
{
	struct groups groups = {.count = 0};
	const struct group *best = NULL;
	TRY(nsys_scan_all(nsys, &kernel_table, count_row, &groups, diag));
	groups.of_graphs = true;
	TRY(nsys_scan_all(nsys, &graph_table, count_row, &groups, diag));
	uint32_t only = nsys->build->trace->only_device;
	bool any = false;
	for (unsigned i = 0; i < groups.count; i++) {
		const struct group *group = &groups.items[i];
		bool asked = only == 0 || group->device == (int64_t)only - 1;
		any |= group->kernels > 0;
		if (asked && group->kernels > 0 &&
		    (best == NULL || is_better(&groups, group, best)))
			best = group;
	}
	if (best == NULL && any)
		return diag_fail_at(diag, SIM_E_NOT_FOUND, nsys->path, 0,
				    "has no kernels of device %" PRIu32, only - 1);
	if (best == NULL)
		return no_kernels(nsys, &groups, diag);
	nsys->device = best->device;
	nsys->process = best->process;
	if (best->graphs > 0)
		nsys->build->trace->lacks |= 1U << TRACE_LACK_GRAPH_LEVEL;
	warn_of_rest(nsys, &groups, best);
	return SIM_OK;
}

enum {
	GPU_ID,
	GPU_CUDA_ID,
	GPU_MEMORY,
	GPU_CLOCK,
	GPU_SMS,
	GPU_MAJOR,
	GPU_MINOR,
	GPU_SHARED,
	GPU_REGISTERS,
	GPU_WARPS,
	GPU_WARP_SIZE,
	GPU_L2,
	GPU_BANDWIDTH
};

static const struct nsys_table gpu_table = {
	.name = "TARGET_INFO_GPU",
	.columns = {"id", "cuDevice", "totalMemory", "clockRate", "smCount", "computeMajor",
		    "computeMinor", "maxShmemPerSm", "maxRegistersPerSm", "maxWarpsPerSm",
		    "threadsPerWarp", "l2CacheSize", "memoryBandwidth"},
	.text = "name",
};

/* A device property is never worth refusing a trace: 0 unless it is a sane number. */
static int64_t property(const struct nsys_scan *scan, unsigned column, int64_t high)
{
	int64_t value;
	if (nsys_integer(scan, column, 0, high, 0, &value, NULL) != SIM_OK)
		return 0;
	return value;
}

static enum sim_status take_gpu(const struct nsys_scan *scan, void *context, struct sim_diag *diag)
{
	struct nsys *nsys = context;
	int64_t id =
		property(scan, nsys_given(scan, GPU_CUDA_ID) ? GPU_CUDA_ID : GPU_ID, INT32_MAX);
	int64_t threads =
		property(scan, GPU_WARPS, UINT16_MAX) * property(scan, GPU_WARP_SIZE, UINT16_MAX);
	struct trace_device device = {
		.memory_bytes = (uint64_t)property(scan, GPU_MEMORY, INT64_MAX),
		.sm_count = (uint32_t)property(scan, GPU_SMS, UINT16_MAX),
		.cc_major = (uint32_t)property(scan, GPU_MAJOR, UINT16_MAX),
		.cc_minor = (uint32_t)property(scan, GPU_MINOR, UINT16_MAX),
		.max_threads_per_sm = (uint32_t)threads,
		.registers_per_sm = (uint32_t)property(scan, GPU_REGISTERS, INT32_MAX),
		.shared_bytes_per_sm = (uint32_t)property(scan, GPU_SHARED, INT32_MAX),
		.l2_bytes = (uint64_t)property(scan, GPU_L2, INT64_MAX),
		.max_sm_hz = (double)property(scan, GPU_CLOCK, INT64_MAX),
		.memory_bytes_per_s = (double)property(scan, GPU_BANDWIDTH, INT64_MAX),
	};
	size_t length;
	const char *name = nsys_text(scan, &length);
	(void)diag;
	if (id != nsys->device || nsys->build->device_count > 0)
		return SIM_OK;
	if (name != NULL)
		text_printable(device.name, sizeof(device.name), name,
			       length < sizeof(device.name) ? length : sizeof(device.name) - 1);
	if (property(scan, GPU_CLOCK, INT64_MAX) > 0)
		nsys->build->trace->lacks &= ~(1U << TRACE_LACK_CLOCKS);
	build_add_device(nsys->build, id, &device);
	return SIM_OK;
}

static const struct nsys_table session_table = {
	.name = "TARGET_INFO_SESSION_START_TIME",
	.columns = {"utcEpochNs"},
};

static enum sim_status take_session(const struct nsys_scan *scan, void *context,
				    struct sim_diag *diag)
{
	struct nsys *nsys = context;
	(void)diag;
	nsys->build->base_ns = property(scan, 0, INT64_MAX / 4);
	return SIM_OK;
}

enum sim_status nsys_facts_read(struct nsys *nsys, struct sim_diag *diag)
{
	TRY(nsys_scan_all(nsys, &gpu_table, take_gpu, nsys, diag));
	return nsys_scan_all(nsys, &session_table, take_session, nsys, diag);
}
