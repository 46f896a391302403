/*
 * How the fake libraries and the fake program fit together: the program dlopens libcuda.so.1 as a
 * CUDA program does, and its cuInit() loads the library that CUDA_INJECTION64_PATH names. When that
 * loads libcupti, libcupti hooks itself into libcuda; from then on what the program does on the
 * fake device becomes activity records. Nothing here touches a GPU and every figure is made up.
 */
#ifndef TESTS_TRACER_FAKEDRIVER_H
#define TESTS_TRACER_FAKEDRIVER_H

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, domain, cbid, name): calls that the fake program and the tracer make; numbers of CUPTI 13.0's
 * cupti_runtime_cbid.h and cupti_driver_cbid.h, domains of its callbacks (1 driver, 2 runtime) */
/* clang-format off */
#define FAKE_CALL_LIST(X) \
	X(GET_LAST_ERROR,    2, 10,  "cudaGetLastError_v3020") \
	X(GET_DEVICE,        2, 17,  "cudaGetDevice_v3020") \
	X(MALLOC,            2, 20,  "cudaMalloc_v3020") \
	X(COPY,              2, 41,  "cudaMemcpyAsync_v3020") \
	X(SET,               2, 51,  "cudaMemsetAsync_v3020") \
	X(STREAM_SYNC,       2, 131, "cudaStreamSynchronize_v3020") \
	X(DEVICE_SYNC,       2, 165, "cudaDeviceSynchronize_v3020") \
	X(LAUNCH,            2, 211, "cudaLaunchKernel_v7000") \
	X(GRAPH_LAUNCH,      2, 311, "cudaGraphLaunch_v10000") \
	X(BEGIN_CAPTURE,     2, 315, "cudaStreamBeginCapture_v10000") \
	X(END_CAPTURE,       2, 319, "cudaStreamEndCapture_v10000") \
	X(LAUNCH_EX,         2, 430, "cudaLaunchKernelExC_v11060") \
	X(INSTANTIATE,       2, 443, "cudaGraphInstantiate_v12000") \
	X(GET_CURRENT,       1, 304, "cuCtxGetCurrent") \
	X(DRIVER_LAUNCH,     1, 307, "cuLaunchKernel") \
	X(DRIVER_LAUNCH_EX,  1, 652, "cuLaunchKernelEx") \
	X(GET_VERSION,       1, 2,   "cuDriverGetVersion")
/* clang-format on */

enum fake_call_id {
#define X(name, domain, cbid, text) FAKE_##name,
	FAKE_CALL_LIST(X) FAKE_CALLS
#undef X
};

struct fake_call {
	enum fake_call_id id;
	uint32_t correlation;
	uint32_t result;
	uint64_t start_ns;
	uint64_t duration_ns;
};

struct fake_kernel {
	const char *name;
	uint64_t start_ns;
	uint64_t duration_ns;
	uint64_t node; /* 0: not in a graph */
	uint32_t graph;
	uint32_t stream;
	uint32_t correlation;
	int32_t grid[3];
	int32_t block[3];
	int32_t static_shared;
	int32_t dynamic_shared;
	uint32_t cluster[3];
	uint16_t registers;
	uint8_t launch_type;
	bool in_flight; /* has no end until the device is synchronized */
};

struct fake_copy {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint64_t bytes;
	uint32_t stream;
	uint32_t correlation;
	uint32_t source_device;
	uint32_t destination_device;
	uint8_t copy_kind; /* CUPTI's; 10: a record of kind MEMCPY_PEER */
	uint8_t source_kind;
	uint8_t destination_kind;
	bool asynchronous;
};

struct fake_set {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint64_t bytes;
	uint32_t value;
	uint32_t stream;
	uint32_t correlation;
};

struct fake_sync {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint32_t type; /* CUPTI's */
	uint32_t stream;
	uint32_t correlation;
};

struct fake_overhead {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint32_t overhead_kind;
	uint32_t correlation;
};

/* a node of GRAPH; ORIGINAL 0: added by capture, else the clone of that node of another graph */
struct fake_node {
	uint64_t node;
	uint64_t original;
	uint32_t graph;
	uint32_t original_graph;
};

struct fake_graph_launch {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint32_t graph;
	uint32_t stream;
	uint32_t correlation;
};

/* What libcupti does when something happens in the driver. */
struct fake_hooks {
	void (*call)(const struct fake_call *call);
	void (*kernel)(const struct fake_kernel *kernel);
	void (*copy)(const struct fake_copy *copy);
	void (*set)(const struct fake_set *set);
	void (*sync)(const struct fake_sync *sync);
	void (*overhead)(const struct fake_overhead *overhead);
	void (*context)(uint32_t context, uint32_t device);
	void (*node)(const struct fake_node *node);
	void (*graph_launch)(const struct fake_graph_launch *launch);
	void (*finish)(void);	   /* everything in flight is done */
	void (*unload)(void);	   /* a module goes: its names must not be used any more */
	uint64_t (*backlog)(void); /* buffers delivered and not yet read to their end */
	void (*foreign)(void);	   /* hand the client a buffer that it never lent */
	uint64_t (*dropped)(void); /* records dropped since the process began */
};

/* exported by the fake libcuda */
#define FAKE_SET_HOOKS "fakeSetHooks"
#define FAKE_GET_HOOKS "fakeGetHooks"
typedef void (*fake_set_hooks_fn)(const struct fake_hooks *hooks);
typedef const struct fake_hooks *(*fake_get_hooks_fn)(void);

enum { FAKE_CONTEXT = 1, FAKE_DEVICE = 0, FAKE_NULL_STREAM = 7 };

#endif
