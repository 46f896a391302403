/*
 * What the tracer uses of CUPTI's binary interface, so that it builds without the CUDA toolkit and
 * runs against whatever libcupti the traced process has.
 *
 * Layouts are those of CUPTI 13.0 (API version 130001). A libcupti fills its own newest version of
 * a record; versions only append, so these prefixes stay readable as long as records are stepped
 * over with cuptiActivityGetNextRecord() alone. tests/unit/test_cupti_abi.c holds sizes, offsets
 * and numbers against the toolkit's own headers where these are installed. Records are packed and
 * 8-byte aligned: read fields, take no addresses.
 */
#ifndef TRACES_TRACER_CUPTI_ABI_H
#define TRACES_TRACER_CUPTI_ABI_H

#include <stddef.h>
#include <stdint.h>

enum { CUPTI_ABI_VERSION = 130001, CUPTI_ABI_MAJOR = 13 };

enum cupti_result {
	CUPTI_OK = 0,
	CUPTI_E_INVALID_PARAMETER = 1,
	CUPTI_E_MAX_LIMIT_REACHED = 12,
	CUPTI_E_NOT_INITIALIZED = 15,
	CUPTI_E_INVALID_KIND = 21,
	CUPTI_E_NOT_SUPPORTED = 27,
	CUPTI_E_INSUFFICIENT_PRIVILEGES = 35,
	CUPTI_E_MULTIPLE_SUBSCRIBERS = 39,
	CUPTI_E_UNKNOWN = 999,
};

enum cupti_kind {
	CUPTI_KIND_MEMCPY = 1,
	CUPTI_KIND_MEMSET = 2,
	CUPTI_KIND_KERNEL = 3, /* serialises kernels: read, never enabled */
	CUPTI_KIND_DRIVER = 4,
	CUPTI_KIND_RUNTIME = 5,
	CUPTI_KIND_CONTEXT = 9,
	CUPTI_KIND_CONCURRENT_KERNEL = 10,
	CUPTI_KIND_MARKER = 12,
	CUPTI_KIND_OVERHEAD = 17,
	CUPTI_KIND_MEMCPY_PEER = 22,
	CUPTI_KIND_SYNCHRONIZATION = 38,
	CUPTI_KIND_GRAPH_TRACE = 51,
};

enum {
	CUPTI_FLUSH_FORCED = 1,
	CUPTI_MARKER_INSTANT = 1,
	CUPTI_MARKER_START = 2,
	CUPTI_MARKER_END = 4,
	CUPTI_OBJECT_THREAD = 2,
	CUPTI_MEMCPY_ASYNC = 1,
	CUPTI_THREAD_ID_SYSTEM = 1,
	CUPTI_ATTR_DEVICE_BUFFER_SIZE = 0,
	CUPTI_ATTR_HOST_PINNED = 8,
	CUPTI_DOMAIN_DRIVER = 1,
	CUPTI_DOMAIN_RUNTIME = 2,
	CUPTI_DOMAIN_RESOURCE = 3,
	CUPTI_RESOURCE_GRAPHNODE_CREATED = 13,
	CUPTI_RESOURCE_GRAPHNODE_CLONED = 20,
	CUPTI_CBID_DRIVER_GET_VERSION = 2, /* cuDriverGetVersion() */
	CUPTI_OLD_SUBSCRIBER_NAME_BYTES = 64,
};

#define CUPTI_NO_TIMESTAMP UINT64_C(0)

#define CUPTI_PACKED __attribute__((packed, aligned(8)))

struct CUPTI_PACKED cupti_record {
	uint32_t kind;
};

struct CUPTI_PACKED cupti_kernel {
	uint32_t kind;
	uint8_t cache_config;
	uint8_t shared_config;
	uint16_t registers;
	uint32_t partitioned_cache[2];
	uint64_t start;
	uint64_t end;
	uint64_t completed;
	uint32_t device;
	uint32_t context;
	uint32_t stream;
	int32_t grid[3];
	int32_t block[3];
	int32_t static_shared;
	int32_t dynamic_shared;
	uint32_t local_per_thread;
	uint32_t local_total;
	uint32_t correlation;
	int64_t grid_id;
	const char *name;
	void *reserved0;
	uint64_t queued;
	uint64_t submitted;
	uint8_t launch_type;
	uint8_t carveout_requested;
	uint8_t carveout;
	uint8_t padding0;
	uint32_t shared_executed;
	uint64_t graph_node;
	uint32_t shared_limit_config;
	uint32_t graph;
	void *access_policy;
	uint32_t channel;
	uint32_t channel_type;
	uint32_t cluster[3];
	uint32_t cluster_policy;
	uint8_t unread[24];
};

struct CUPTI_PACKED cupti_api {
	uint32_t kind;
	uint32_t cbid;
	uint64_t start;
	uint64_t end;
	uint32_t process;
	uint32_t thread;
	uint32_t correlation;
	uint32_t result;
};

struct CUPTI_PACKED cupti_memcpy {
	uint32_t kind;
	uint8_t copy_kind;
	uint8_t source_kind;
	uint8_t destination_kind;
	uint8_t flags;
	uint64_t bytes;
	uint64_t start;
	uint64_t end;
	uint32_t device;
	uint32_t context;
	uint32_t stream;
	uint32_t correlation;
	uint32_t runtime_correlation;
	uint32_t padding0;
	void *reserved0;
	uint64_t graph_node;
	uint32_t graph;
	uint32_t channel;
	uint32_t channel_type;
	uint8_t unread[12];
};

struct CUPTI_PACKED cupti_memcpy_peer {
	uint32_t kind;
	uint8_t copy_kind;
	uint8_t source_kind;
	uint8_t destination_kind;
	uint8_t flags;
	uint64_t bytes;
	uint64_t start;
	uint64_t end;
	uint32_t device;
	uint32_t context;
	uint32_t stream;
	uint32_t source_device;
	uint32_t source_context;
	uint32_t destination_device;
	uint32_t destination_context;
	uint32_t correlation;
	void *reserved0;
	uint64_t graph_node;
	uint32_t graph;
	uint32_t channel;
	uint8_t unread[8];
};

struct CUPTI_PACKED cupti_memset {
	uint32_t kind;
	uint32_t value;
	uint64_t bytes;
	uint64_t start;
	uint64_t end;
	uint32_t device;
	uint32_t context;
	uint32_t stream;
	uint32_t correlation;
	uint16_t flags;
	uint16_t memory_kind;
	uint32_t padding0;
	void *reserved0;
	uint64_t graph_node;
	uint32_t graph;
	uint32_t channel;
	uint8_t unread[8];
};

/* NAME is set at the start of a range only; ID joins the two ends. */
struct CUPTI_PACKED cupti_marker {
	uint32_t kind;
	uint32_t flags;
	uint64_t timestamp;
	uint32_t id;
	uint32_t object_kind;
	uint32_t process; /* of an object of kind CUPTI_OBJECT_THREAD */
	uint32_t thread;
	uint32_t padding0[2];
	const char *name;
	const char *domain;
};

struct CUPTI_PACKED cupti_sync {
	uint32_t kind;
	uint32_t type; /* 1 event, 2 stream waits for event, 3 stream, 4 context */
	uint64_t start;
	uint64_t end;
	uint32_t correlation;
	uint32_t context;
	uint32_t stream;
	uint32_t event;
	uint64_t event_sync;
	uint32_t result;
	uint32_t padding0;
};

struct CUPTI_PACKED cupti_overhead {
	uint32_t kind;
	uint32_t overhead_kind;
	uint32_t object_kind;
	uint32_t process;
	uint32_t thread;
	uint32_t padding0;
	uint64_t start;
	uint64_t end;
	uint32_t correlation;
	uint32_t padding1;
	void *data; /* from malloc; the reader of the record frees it */
};

struct CUPTI_PACKED cupti_graph_trace {
	uint32_t kind;
	uint32_t correlation;
	uint64_t start;
	uint64_t end;
	uint32_t device;
	uint32_t graph;
	uint32_t context;
	uint32_t stream;
	void *reserved0;
	uint32_t end_device;
	uint32_t end_context;
};

struct CUPTI_PACKED cupti_context {
	uint32_t kind;
	uint32_t context;
	uint32_t device;
	uint16_t compute_api;
	uint16_t null_stream;
	uint8_t unread[16];
};

/* What a callback of the resource domain is given; of graph callbacks DESCRIPTOR is a cupti_graph. */
struct cupti_resource {
	void *context;
	void *handle;
	const void *descriptor;
};

struct cupti_graph {
	void *graph;
	void *original_graph;
	void *node;
	void *original_node; /* set where a node is a clone */
};

struct cupti_subscriber_params {
	size_t struct_size;
	const char *name;
	char *old_name;
	size_t old_name_bytes;
};

typedef void *cupti_subscriber;
typedef void (*cupti_request_fn)(uint8_t **buffer, size_t *size, size_t *most_records);
typedef void (*cupti_complete_fn)(void *context, uint32_t stream, uint8_t *buffer, size_t size,
				  size_t valid);
typedef void (*cupti_callback_fn)(void *user, uint32_t domain, uint32_t cbid, const void *data);

/* Entry points: X(name, result, parameters). All return enum cupti_result as int. */
/* clang-format off */
#define CUPTI_ENTRY_LIST(X) \
	X(cuptiActivityRegisterCallbacks, (cupti_request_fn request, cupti_complete_fn complete)) \
	X(cuptiActivityEnable, (uint32_t kind)) \
	X(cuptiActivityDisable, (uint32_t kind)) \
	X(cuptiActivityFlushAll, (uint32_t flags)) \
	X(cuptiActivityGetNextRecord, (uint8_t *buffer, size_t valid, struct cupti_record **record)) \
	X(cuptiActivityGetNumDroppedRecords, (void *context, uint32_t stream, size_t *dropped)) \
	X(cuptiActivitySetAttribute, (uint32_t attribute, size_t *size, void *value)) \
	X(cuptiGetTimestamp, (uint64_t *timestamp)) \
	X(cuptiGetVersion, (uint32_t *version)) \
	X(cuptiGetCallbackName, (uint32_t domain, uint32_t cbid, const char **name)) \
	X(cuptiGetResultString, (int result, const char **text)) \
	X(cuptiSetThreadIdType, (uint32_t type)) \
	X(cuptiSubscribe, (cupti_subscriber *subscriber, cupti_callback_fn callback, void *user)) \
	X(cuptiUnsubscribe, (cupti_subscriber subscriber))
/* may be missing */
#define CUPTI_OPTIONAL_ENTRY_LIST(X) \
	X(cuptiSubscribe_v2, (cupti_subscriber *subscriber, cupti_callback_fn callback, void *user, \
			      struct cupti_subscriber_params *params)) \
	X(cuptiActivityEnableRuntimeApi, (uint32_t cbid, uint8_t enable)) \
	X(cuptiActivityEnableDriverApi, (uint32_t cbid, uint8_t enable)) \
	X(cuptiEnableCallback, (uint32_t enable, cupti_subscriber subscriber, uint32_t domain, \
				uint32_t cbid)) \
	X(cuptiGetGraphNodeId, (void *node, uint64_t *id)) \
	X(cuptiGetGraphId, (void *graph, uint32_t *id))
/* clang-format on */

#endif
