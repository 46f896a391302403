/*
 * Trace builder: a reader feeds it what the file holds, in any order, and build_finish() makes the
 * trace: sorts, joins kernels to launches and ops, checks, finds syncs, steps and host times. It
 * knows no file format.
 *
 * Per event it holds a fixed record (kernel 200 bytes, launch 32, op 16, sync 24, NVTX range of an
 * op 32, node 32) and interned text; everything but the trace itself is gone when build_fini() returns.
 */
#ifndef TRACES_BUILD_H
#define TRACES_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"
#include "traces/budget.h"
#include "traces/trace.h"

#define BUILD_NO_ID UINT64_MAX		 /* no external id */
#define BUILD_NO_CORRELATION UINT32_C(0) /* CUPTI's numbers start at 1 */
#define BUILD_NO_LAUNCH UINT32_MAX
#define BUILD_LOST_GRAPH                                                                           \
	(UINT32_MAX -                                                                              \
	 1) /* one of many kernels whose graph launch is not there                    \
			  */

/* A kernel longer than an hour or a trace longer than 30 days is no decode: refused, so that times
 * in picoseconds add up within 63 bits. */
#define BUILD_LONGEST_NS (INT64_C(3600) * 1000 * 1000 * 1000)
#define BUILD_LONGEST_TRACE_NS (BUILD_LONGEST_NS * 24 * 30)

enum build_launch_flag {
	BUILD_LAUNCH_DRIVER = 1 << 0,	  /* a driver call; a runtime call may enclose it */
	BUILD_LAUNCH_GRAPH = 1 << 1,	  /* replays a graph */
	BUILD_LAUNCH_ATTRIBUTES = 1 << 2, /* may ask for programmatic dependent launch */
	BUILD_LAUNCH_BLOCKING = 1 << 3,	  /* returns when the device is done (cudaMemcpy) */
	BUILD_LAUNCH_MANY = 1 << 4,	  /* one call, a kernel per device */
	BUILD_LAUNCH_HAS_KERNEL = 1 << 5, /* set by the join */
	BUILD_LAUNCH_ELSEWHERE = 1 << 6,  /* kernels of it ran on a device that is left out */
};

struct build_launch {
	int64_t start_ns;
	int64_t end_ns;
	uint32_t correlation;
	uint32_t thread;
	uint32_t line;
	uint8_t flags;
};

/* The host waits for the device. THREAD 0: not known, holds for every thread. */
struct build_sync {
	int64_t start_ns;
	int64_t end_ns;
	uint32_t thread;
};

struct build_op {
	uint64_t external_id;
	uint32_t name;
	uint32_t shape;
};

/* A range of host time that somebody called a step. */
struct build_range {
	int64_t start_ns;
	int64_t end_ns;
};

/*
 * A range of a host thread by NVTX; TEXT is interned. One that names a step is a step, one that
 * names an op with its sizes gives the kernels that are launched in it their work; all others are
 * forgotten. An end before the start is no end: the range was not closed. THREAD 0, unknown, is the
 * thread of no launch.
 */
struct build_nvtx {
	int64_t start_ns;
	int64_t end_ns;
	uint32_t thread;
	uint32_t text;
};

/* What is kept of one that is an op. */
struct build_op_range {
	int64_t start_ns;
	int64_t end_ns;
	uint32_t thread;
	uint32_t name; /* op_name and op_shape of its kernels; 0 unknown */
	uint32_t shape;
};

/* A node of a CUDA graph: captured at TIME on THREAD (ORIGINAL 0), or a clone of node ORIGINAL. */
struct build_node {
	int64_t time_ns;
	uint64_t node;
	uint64_t original;
	uint32_t graph;
	uint32_t thread;
};

/* What one kernel event says; text already interned in trace->names. */
struct build_kernel {
	struct trace_detail detail;
	int64_t start_ns;
	int64_t duration_ns;
	int64_t device;
	int64_t stream;
	uint64_t external_id; /* BUILD_NO_ID: none */
	uint64_t bytes;	      /* of a copy or a memset */
	uint64_t node;	      /* of a CUDA graph; 0 none or unknown */
	uint32_t graph;
	uint32_t correlation;
	uint32_t line;
	uint8_t op; /* SIM_OP_UNKNOWN, SIM_OP_MEMCPY, SIM_OP_MEMSET */
	bool host_copy;
};

/* Import-only half of a kernel, same index. */
struct build_origin {
	uint64_t external_id;
	uint32_t line;
	uint32_t launch; /* index into launches after the join, or one of BUILD_*_* above */
};

struct build_stream {
	int64_t device;
	int64_t stream;
};

struct build_device {
	int64_t id;
	struct trace_device device;
};

enum { BUILD_STREAMS = 256, BUILD_DEVICES = 16 };

struct build {
	struct trace *trace;
	struct budget budget;
	const char *path;
	size_t kernel_capacity, detail_capacity, measured_capacity, origin_capacity;
	struct build_origin *origins;
	struct build_launch *launches;
	size_t launch_count, launch_capacity;
	struct build_sync *syncs;
	size_t sync_count, sync_capacity;
	struct build_op *ops;
	size_t op_count, op_capacity;
	struct build_range *ranges;
	size_t range_count, range_capacity;
	struct build_op_range *op_ranges;
	size_t op_range_count, op_range_capacity;
	struct build_node *nodes;
	size_t node_count, node_capacity;
	uint32_t *order; /* kernel indices in some order */
	size_t order_count, order_capacity;
	struct build_stream streams[BUILD_STREAMS];
	unsigned stream_count;
	struct build_device devices[BUILD_DEVICES];
	unsigned device_count;
	int64_t base_ns; /* absolute time of the file's time 0 */
};

/* TRACE is initialised and empty; PATH is for messages. Both outlive BUILD. */
void build_init(struct build *build, struct trace *trace, const char *path);
void build_fini(struct build *build);

/* Room for so many at once; more or fewer may come. */
SIM_MUST_CHECK enum sim_status build_expect(struct build *build, size_t kernels, size_t launches,
					    struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status
build_add_kernel(struct build *build, const struct build_kernel *kernel, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status
build_add_launch(struct build *build, const struct build_launch *launch, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status build_add_sync(struct build *build, const struct build_sync *sync,
					      struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status build_add_op(struct build *build, const struct build_op *op,
					    struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status build_add_range(struct build *build, const struct build_range *range,
					       struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status build_add_nvtx(struct build *build, const struct build_nvtx *range,
					      struct sim_diag *diag);
/* The same with a text that is not interned; what names no op leaves nothing in the names. */
SIM_MUST_CHECK enum sim_status build_add_nvtx_text(struct build *build,
						   const struct build_nvtx *range, const char *text,
						   size_t length, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status build_add_node(struct build *build, const struct build_node *node,
					      struct sim_diag *diag);
void build_add_device(struct build *build, int64_t id, const struct trace_device *device);
void build_warn(struct build *build, const char *fmt, ...) SIM_PRINTF(2, 3);

/*
 * Keep the kernels of the device that the trace was asked for, else of that with the most, and warn
 * of what is left out; *DEVICE is it. SIM_E_NOT_FOUND when it has none. Before build_finish().
 */
SIM_MUST_CHECK enum sim_status build_choose_device(struct build *build, int64_t *device,
						   struct sim_diag *diag);

/* The trace is complete but for its texts (name, format) and work. */
SIM_MUST_CHECK enum sim_status build_finish(struct build *build, struct sim_diag *diag);

/* The stages of build_finish(), in this order; build_join() ends with build_join_nvtx(). */
SIM_MUST_CHECK enum sim_status build_sort(struct build *build, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status build_join(struct build *build, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status build_join_nvtx(struct build *build, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status build_check_overlap(struct build *build, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status build_keep_full_syncs(struct build *build, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status steps_find(struct build *build, struct sim_diag *diag);
void build_measure_steps(struct build *build);
SIM_MUST_CHECK enum sim_status build_host_times(struct build *build, struct sim_diag *diag);

/*
 * The captured node that NODE is a clone of, as it was known at LIMIT; NULL where the chain is broken
 * or circular. The nodes are sorted.
 */
const struct build_node *build_captured_node(const struct build *build, uint64_t node,
					     int64_t limit_ns);
void build_sort_nodes(struct build *build);

/* Fill build->order with 0..kernel_count-1. */
SIM_MUST_CHECK enum sim_status build_order_reset(struct build *build, struct sim_diag *diag);

/* The launch of kernel INDEX, or NULL. */
static inline const struct build_launch *build_launch_of(const struct build *build, size_t index)
{
	uint32_t launch = build->origins[index].launch;
	return launch < BUILD_LOST_GRAPH ? &build->launches[launch] : NULL;
}

static inline bool build_is_graph(const struct build *build, size_t index)
{
	const struct build_launch *launch = build_launch_of(build, index);
	return launch != NULL ? (launch->flags & BUILD_LAUNCH_GRAPH) != 0
			      : build->origins[index].launch == BUILD_LOST_GRAPH;
}

#endif
