/* Device rows to the builder: kernels, copies and memsets of the chosen device and process. */
#include <inttypes.h>

#include "traces/copy_name.h"
#include "traces/json.h"
#include "traces/nsys.h"

/* The first columns of all three tables. */
enum {
	ROW_START,
	ROW_END,
	ROW_DEVICE,
	ROW_STREAM,
	ROW_CONTEXT,
	ROW_CORRELATION,
	ROW_PROCESS,
	ROW_COLUMNS
};
#define ROW_NAMES "start", "end", "deviceId", "streamId", "contextId", "correlationId", "globalPid"
enum { ROW_REQUIRED = ROW_DEVICE + 1 };

enum {
	KERNEL_REGISTERS = ROW_COLUMNS,
	KERNEL_GRID,
	KERNEL_BLOCK = KERNEL_GRID + 3,
	KERNEL_STATIC = KERNEL_BLOCK + 3,
	KERNEL_DYNAMIC,
	KERNEL_NODE,
	KERNEL_GRAPH
};

static const struct nsys_table kernel_table = {
	.name = "CUPTI_ACTIVITY_KIND_KERNEL",
	.columns = {ROW_NAMES, "registersPerThread", "gridX", "gridY", "gridZ", "blockX", "blockY",
		    "blockZ", "staticSharedMemory", "dynamicSharedMemory", "graphNodeId",
		    "graphId"},
	.required = ROW_REQUIRED,
	.ids = {"demangledName", "shortName", "mangledName"},
};

enum { COPY_BYTES = ROW_COLUMNS, COPY_KIND, COPY_FROM, COPY_TO, COPY_NODE };

static const struct nsys_table copy_table = {
	.name = "CUPTI_ACTIVITY_KIND_MEMCPY",
	.columns = {ROW_NAMES, "bytes", "copyKind", "srcKind", "dstKind", "graphNodeId"},
	.required = ROW_REQUIRED,
};

enum { SET_BYTES = ROW_COLUMNS, SET_KIND, SET_NODE };

static const struct nsys_table set_table = {
	.name = "CUPTI_ACTIVITY_KIND_MEMSET",
	.columns = {ROW_NAMES, "bytes", "memKind", "graphNodeId"},
	.required = ROW_REQUIRED,
};

static enum sim_status is_ours(const struct nsys_scan *scan, bool *ours, struct sim_diag *diag)
{
	int64_t device, process;
	TRY(nsys_integer(scan, ROW_DEVICE, 0, INT32_MAX, 0, &device, diag));
	TRY(nsys_integer(scan, ROW_PROCESS, INT64_MIN + 1, INT64_MAX, NSYS_NO_PROCESS, &process,
			 diag));
	/* tables of one export may differ in whether they name the process */
	bool known = process != NSYS_NO_PROCESS && scan->nsys->process != NSYS_NO_PROCESS;
	*ours = device == scan->nsys->device && (!known || process == scan->nsys->process);
	return SIM_OK;
}

static enum sim_status u32(const struct nsys_scan *scan, unsigned column, uint32_t *value,
			   struct sim_diag *diag)
{
	int64_t wide;
	TRY(nsys_integer(scan, column, 0, UINT32_MAX, 0, &wide, diag));
	*value = (uint32_t)wide;
	return SIM_OK;
}

static enum sim_status take_node(const struct nsys_scan *scan, unsigned column,
				 struct build_kernel *kernel, struct sim_diag *diag)
{
	int64_t node;
	TRY(nsys_integer(scan, column, INT64_MIN, INT64_MAX, 0, &node, diag));
	kernel->node = (uint64_t)node;
	return SIM_OK;
}

/* What all three tables share. Two contexts of a process may both have a stream 7. */
static enum sim_status take_row(const struct nsys_scan *scan, struct build_kernel *kernel,
				struct sim_diag *diag)
{
	const int64_t limit = INT64_MAX / 2;
	int64_t end, context, stream;
	kernel->line = scan->row;
	kernel->device = scan->nsys->device;
	kernel->external_id = BUILD_NO_ID;
	TRY(nsys_integer(scan, ROW_START, -limit, limit, 0, &kernel->start_ns, diag));
	TRY(nsys_integer(scan, ROW_END, -limit, limit, 0, &end, diag));
	TRY(nsys_integer(scan, ROW_CONTEXT, 0, INT32_MAX, 0, &context, diag));
	TRY(nsys_integer(scan, ROW_STREAM, 0, UINT32_MAX, 0, &stream, diag));
	TRY(u32(scan, ROW_CORRELATION, &kernel->correlation, diag));
	kernel->duration_ns = end - kernel->start_ns;
	kernel->stream = context << 32 | stream;
	return SIM_OK;
}

static enum sim_status intern(const struct nsys_scan *scan, const char *text, size_t length,
			      uint32_t *index, struct sim_diag *diag)
{
	if (length > JSON_LONGEST_TEXT)
		return diag_fail_at(diag, SIM_E_RANGE, scan->nsys->path, scan->row,
				    "%s: a name longer than %d bytes", scan->table->name,
				    JSON_LONGEST_TEXT);
	if (names_add(&scan->nsys->build->trace->names, text, length, index) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	return SIM_OK;
}

static enum sim_status take_name(const struct nsys_scan *scan, uint32_t *index,
				 struct sim_diag *diag)
{
	static const char unnamed[] = "(no name in StringIds)";
	size_t length;
	const char *name = nsys_text(scan, &length);
	if (name != NULL && length > 0)
		return intern(scan, name, length, index, diag);
	build_warn(scan->nsys->build, "%s row %" PRIu32 ": its name is not in StringIds",
		   scan->table->name, scan->row);
	return intern(scan, unnamed, sizeof(unnamed) - 1, index, diag);
}

static enum sim_status take_kernel(const struct nsys_scan *scan, void *context,
				   struct sim_diag *diag)
{
	struct nsys *nsys = context;
	struct build_kernel kernel = {.op = SIM_OP_UNKNOWN};
	struct trace_detail *detail = &kernel.detail;
	int64_t fixed, dynamic;
	bool ours;
	TRY(is_ours(scan, &ours, diag));
	if (!ours)
		return SIM_OK;
	TRY(take_row(scan, &kernel, diag));
	TRY(take_name(scan, &detail->name, diag));
	TRY(u32(scan, KERNEL_REGISTERS, &detail->registers, diag));
	for (unsigned i = 0; i < 3; i++) {
		TRY(u32(scan, KERNEL_GRID + i, &detail->grid[i], diag));
		TRY(u32(scan, KERNEL_BLOCK + i, &detail->block[i], diag));
	}
	TRY(nsys_integer(scan, KERNEL_STATIC, 0, INT32_MAX, 0, &fixed, diag));
	TRY(nsys_integer(scan, KERNEL_DYNAMIC, 0, INT32_MAX, 0, &dynamic, diag));
	detail->shared_bytes = (uint32_t)(fixed + dynamic);
	TRY(take_node(scan, KERNEL_NODE, &kernel, diag));
	TRY(u32(scan, KERNEL_GRAPH, &kernel.graph, diag));
	return build_add_kernel(nsys->build, &kernel, diag);
}

static enum sim_status take_bytes(const struct nsys_scan *scan, unsigned column,
				  struct build_kernel *kernel, struct sim_diag *diag)
{
	int64_t bytes;
	TRY(nsys_integer(scan, column, 0, INT64_MAX / 2, 0, &bytes, diag));
	kernel->bytes = (uint64_t)bytes;
	return SIM_OK;
}

static enum sim_status take_copy(const struct nsys_scan *scan, void *context, struct sim_diag *diag)
{
	struct nsys *nsys = context;
	struct build_kernel kernel = {.op = SIM_OP_MEMCPY};
	int64_t kind, from, to;
	char name[COPY_NAME_SIZE];
	bool ours;
	TRY(is_ours(scan, &ours, diag));
	if (!ours)
		return SIM_OK;
	TRY(take_row(scan, &kernel, diag));
	TRY(take_bytes(scan, COPY_BYTES, &kernel, diag));
	TRY(take_node(scan, COPY_NODE, &kernel, diag));
	TRY(nsys_integer(scan, COPY_KIND, 0, INT32_MAX, 0, &kind, diag));
	TRY(nsys_integer(scan, COPY_FROM, 0, INT32_MAX, INT32_MAX, &from, diag));
	TRY(nsys_integer(scan, COPY_TO, 0, INT32_MAX, INT32_MAX, &to, diag));
	kernel.host_copy = copy_is_of_host(kind);
	size_t length = copy_name(name, kind, from, to);
	TRY(intern(scan, name, length, &kernel.detail.name, diag));
	return build_add_kernel(nsys->build, &kernel, diag);
}

static enum sim_status take_set(const struct nsys_scan *scan, void *context, struct sim_diag *diag)
{
	struct nsys *nsys = context;
	struct build_kernel kernel = {.op = SIM_OP_MEMSET};
	int64_t kind;
	char name[COPY_NAME_SIZE];
	bool ours;
	TRY(is_ours(scan, &ours, diag));
	if (!ours)
		return SIM_OK;
	TRY(take_row(scan, &kernel, diag));
	TRY(take_bytes(scan, SET_BYTES, &kernel, diag));
	TRY(take_node(scan, SET_NODE, &kernel, diag));
	TRY(nsys_integer(scan, SET_KIND, 0, INT32_MAX, INT32_MAX, &kind, diag));
	TRY(intern(scan, name, set_name(name, kind), &kernel.detail.name, diag));
	return build_add_kernel(nsys->build, &kernel, diag);
}

enum sim_status nsys_device_events_read(struct nsys *nsys, struct sim_diag *diag)
{
	TRY(nsys_scan_all(nsys, &kernel_table, take_kernel, nsys, diag));
	TRY(nsys_scan_all(nsys, &copy_table, take_copy, nsys, diag));
	return nsys_scan_all(nsys, &set_table, take_set, nsys, diag);
}
