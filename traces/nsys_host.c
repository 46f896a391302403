/*
 * Host rows to the builder: API calls that launch or wait, waits of the device, NVTX ranges and
 * nodes of graphs. Runtime and driver calls lie in one table and are told apart by their names.
 */
#include <inttypes.h>
#include <string.h>

#include "traces/call.h"
#include "traces/nsys.h"
#include "traces/nvtx_op.h"
#include "traces/steps.h"

/* A thread's global id is its process's with the low 24 bits filled in. */
enum { THREAD_BITS = 24 };
#define THREAD_MASK ((INT64_C(1) << THREAD_BITS) - 1)

enum { CALL_START, CALL_END, CALL_THREAD, CALL_CORRELATION };

static const struct nsys_table call_table = {
	.name = "CUPTI_ACTIVITY_KIND_RUNTIME",
	.columns = {"start", "end", "globalTid", "correlationId"},
	.required = CALL_END + 1,
	.ids = {"nameId"},
};

/* The thread of COLUMN, 0 unknown, and whether it is of the process that is read. */
static enum sim_status take_thread(const struct nsys_scan *scan, unsigned column, uint32_t *thread,
				   bool *ours, struct sim_diag *diag)
{
	const struct nsys *nsys = scan->nsys;
	int64_t id;
	TRY(nsys_integer(scan, column, INT64_MIN + 1, INT64_MAX, NSYS_NO_PROCESS, &id, diag));
	*ours = true;
	*thread = 0;
	if (id == NSYS_NO_PROCESS)
		return SIM_OK;
	*thread = (uint32_t)(id & THREAD_MASK);
	*ours = nsys->process == NSYS_NO_PROCESS || (id & ~THREAD_MASK) == nsys->process;
	return SIM_OK;
}

static enum sim_status take_times(const struct nsys_scan *scan, int64_t *start_ns, int64_t *end_ns,
				  struct sim_diag *diag)
{
	const int64_t limit = INT64_MAX / 2;
	TRY(nsys_integer(scan, CALL_START, -limit, limit, 0, start_ns, diag));
	return nsys_integer(scan, CALL_END, -limit, limit, INT64_MIN, end_ns, diag);
}

static enum sim_status take_call(const struct nsys_scan *scan, void *context, struct sim_diag *diag)
{
	struct nsys *nsys = context;
	struct build_launch launch = {.line = scan->row};
	int64_t correlation;
	size_t length;
	bool ours;
	const char *name = nsys_text(scan, &length);
	struct call call = call_of_name(name, length);
	if (!call.launches && !call.waits)
		return SIM_OK;
	TRY(take_thread(scan, CALL_THREAD, &launch.thread, &ours, diag));
	if (!ours)
		return SIM_OK;
	TRY(take_times(scan, &launch.start_ns, &launch.end_ns, diag));
	if (call.waits && launch.end_ns >= launch.start_ns) {
		struct build_sync sync = {launch.start_ns, launch.end_ns, launch.thread};
		return build_add_sync(nsys->build, &sync, diag);
	}
	TRY(nsys_integer(scan, CALL_CORRELATION, 0, UINT32_MAX, BUILD_NO_CORRELATION, &correlation,
			 diag));
	launch.correlation = (uint32_t)correlation;
	launch.flags = call.flags;
	if (length < 4 || memcmp(name, "cuda", 4) != 0)
		launch.flags |= BUILD_LAUNCH_DRIVER;
	if (launch.correlation == BUILD_NO_CORRELATION)
		return SIM_OK;
	return build_add_launch(nsys->build, &launch, diag);
}

enum { SYNC_PROCESS = CALL_END + 1, SYNC_DEVICE, SYNC_TYPE };
enum { SYNC_STREAM_WAITS = 2 }; /* one stream for another: the host goes on */

static const struct nsys_table sync_table = {
	.name = "CUPTI_ACTIVITY_KIND_SYNCHRONIZATION",
	.columns = {"start", "end", "globalPid", "deviceId", "syncType"},
	.required = CALL_END + 1,
};

/* Only where no calls were recorded: a call says which thread waited as well. */
static enum sim_status take_sync(const struct nsys_scan *scan, void *context, struct sim_diag *diag)
{
	struct nsys *nsys = context;
	struct build_sync sync = {0};
	int64_t device, type;
	bool ours;
	TRY(take_thread(scan, SYNC_PROCESS, &sync.thread, &ours, diag));
	TRY(nsys_integer(scan, SYNC_DEVICE, INT64_MIN, INT64_MAX, nsys->device, &device, diag));
	TRY(nsys_integer(scan, SYNC_TYPE, INT64_MIN, INT64_MAX, 0, &type, diag));
	if (!ours || device != nsys->device || type == SYNC_STREAM_WAITS)
		return SIM_OK;
	TRY(take_times(scan, &sync.start_ns, &sync.end_ns, diag));
	sync.thread = 0;
	if (sync.end_ns < sync.start_ns) {
		build_warn(nsys->build, "row %" PRIu32 ": a sync with an impossible duration",
			   scan->row);
		return SIM_OK;
	}
	return build_add_sync(nsys->build, &sync, diag);
}

enum { RANGE_TYPE = CALL_END + 1, RANGE_THREAD };

/* `end` is not required: marks have none. */
static const struct nsys_table range_table = {
	.name = "NVTX_EVENTS",
	.columns = {"start", "end", "eventType", "globalTid"},
	.required = CALL_START + 1,
	.text = "text",
	.ids = {"textId"},
};

/* Push/pop and start/end ranges of ENUM_NSYS_EVENT_TYPE, recorded live or from an nvtxt file. */
static bool is_range(int64_t type)
{
	return type == 59 || type == 60 || type == 70 || type == 71;
}

static enum sim_status take_range(const struct nsys_scan *scan, void *context,
				  struct sim_diag *diag)
{
	struct nsys *nsys = context;
	struct build_nvtx range = {0};
	int64_t type;
	size_t length;
	bool ours;
	const char *text = nsys_text(scan, &length);
	struct nvtx_op op;
	if (text == NULL ||
	    (!steps_name_is_step(text, length) && nvtx_op_parse(text, length, &op) == NVTX_OP_NONE))
		return SIM_OK; /* of no interest, whatever else is in the row */
	TRY(nsys_integer(scan, RANGE_TYPE, INT64_MIN, INT64_MAX, 0, &type, diag));
	TRY(take_thread(scan, RANGE_THREAD, &range.thread, &ours, diag));
	if (!ours || !is_range(type))
		return SIM_OK;
	TRY(take_times(scan, &range.start_ns, &range.end_ns, diag));
	if (range.end_ns < range.start_ns && steps_name_is_step(text, length)) {
		build_warn(nsys->build, "NVTX_EVENTS row %" PRIu32 ": a step that does not end",
			   scan->row);
		return SIM_OK;
	}
	return build_add_nvtx_text(nsys->build, &range, text, length, diag);
}

enum { NODE_START, NODE_THREAD, NODE_ID, NODE_ORIGINAL };

/* Creations (no original) and clones, when a graph is instantiated. */
static const struct nsys_table node_table = {
	.name = "CUDA_GRAPH_NODE_EVENTS",
	.columns = {"start", "globalTid", "graphNodeId", "originalGraphNodeId"},
	.required = NODE_ID + 1,
};

static enum sim_status take_node(const struct nsys_scan *scan, void *context, struct sim_diag *diag)
{
	const int64_t limit = INT64_MAX / 2;
	struct nsys *nsys = context;
	struct build_node node = {0};
	int64_t id, original;
	bool ours;
	TRY(take_thread(scan, NODE_THREAD, &node.thread, &ours, diag));
	if (!ours)
		return SIM_OK;
	TRY(nsys_integer(scan, NODE_START, -limit, limit, 0, &node.time_ns, diag));
	TRY(nsys_integer(scan, NODE_ID, INT64_MIN, INT64_MAX, 0, &id, diag));
	TRY(nsys_integer(scan, NODE_ORIGINAL, INT64_MIN, INT64_MAX, 0, &original, diag));
	node.node = (uint64_t)id;
	node.original = (uint64_t)original;
	return node.node != 0 ? build_add_node(nsys->build, &node, diag) : SIM_OK;
}

enum sim_status nsys_host_events_read(struct nsys *nsys, struct sim_diag *diag)
{
	TRY(nsys_scan_all(nsys, &call_table, take_call, nsys, diag));
	if (nsys->build->launch_count == 0 && nsys->build->sync_count == 0)
		TRY(nsys_scan_all(nsys, &sync_table, take_sync, nsys, diag));
	TRY(nsys_scan_all(nsys, &range_table, take_range, nsys, diag));
	return nsys_scan_all(nsys, &node_table, take_node, nsys, diag);
}
