/*
 * Native trace log: layout on disk, shared by the tracer that writes it and the reader.
 *
 * A log is a header and blocks. A block holds records of one kind and one size, has a checksum of
 * its own, and is appended with one write: a process that is killed leaves a torn last block, which
 * the reader drops. Everything is little-endian, records are multiples of 8 bytes, and every block
 * begins at a multiple of 8. A newer minor version may append to a record (the block says the
 * size) and add kinds (a reader skips what it does not know); a change that would be misread sets a
 * bit of `required` or a new major version. Times are ns of the trace clock (CUPTI's: realtime).
 * traces/FORMAT.md describes it in full, with an example that a test reads.
 */
#ifndef TRACES_LOG_H
#define TRACES_LOG_H

#include <assert.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "records are read and written in place: a little-endian machine is needed"
#endif

/* as in PNG: a transfer in text mode damages it visibly */
#define LOG_MAGIC                                                                                  \
	"\x89"                                                                                     \
	"DSL"                                                                                      \
	"\r\n\x1a\n"
enum { LOG_MAGIC_BYTES = 8, LOG_MAJOR = 1, LOG_MINOR = 0 };
#define LOG_BLOCK_MAGIC UINT32_C(0x4b4c4244) /* "DBLK" */

/* What the run recorded; a bit that is not set tells why records of that kind are missing. */
enum log_feature {
	LOG_HAS_KERNELS = 1 << 0,    /* device records per kernel */
	LOG_HAS_CALLS = 1 << 1,	     /* launches and other API calls */
	LOG_HAS_RANGES = 1 << 2,     /* NVTX */
	LOG_HAS_SYNCS = 1 << 3,	     /* synchronization records */
	LOG_IS_GRAPH_LEVEL = 1 << 4, /* a graph replay is one record, its nodes are absent */
	LOG_IS_TIMING = 1 << 5,	     /* ranges alone, without CUPTI: the run was not traced */
};

struct log_header {
	uint8_t magic[LOG_MAGIC_BYTES];
	uint16_t major;
	uint16_t minor;
	uint32_t header_bytes; /* where the first block begins */
	uint32_t features;     /* enum log_feature */
	uint32_t required;     /* bits a reader must know or refuse the file; none yet */
	int64_t start_ns;
	uint32_t process;
	uint32_t reserved[6];
	uint32_t crc; /* CRC-32 (zlib's) of the bytes before it */
};

struct log_block {
	uint32_t magic;
	uint16_t kind;	       /* enum log_kind */
	uint16_t record_bytes; /* 0: records of different sizes (strings) */
	uint32_t record_count;
	uint32_t payload_bytes; /* follows this header; a multiple of 8 */
	uint64_t sequence;	/* 0, 1, ... in the file */
	uint32_t payload_crc;
	uint32_t header_crc; /* of the bytes before it */
};

enum { LOG_MOST_PAYLOAD = 1 << 20, LOG_LONGEST_STRING = 32 << 10 };

/* clang-format off */
/* X(number, NAME, struct) */
#define LOG_KIND_LIST(X) \
	X(2,  SITE,         log_site) \
	X(3,  KERNEL,       log_kernel) \
	X(4,  GRAPH_KERNEL, log_graph_kernel) \
	X(5,  CALL,         log_call) \
	X(6,  CALL_NAME,    log_call_name) \
	X(7,  CALL_FAILED,  log_call_failed) \
	X(8,  THREAD,       log_thread) \
	X(9,  COPY,         log_copy) \
	X(10, SET,          log_set) \
	X(11, SYNC,         log_sync) \
	X(12, RANGE,        log_range) \
	X(13, OVERHEAD,     log_overhead) \
	X(14, GRAPH_LAUNCH, log_graph_launch) \
	X(15, CONTEXT,      log_context) \
	X(16, DEVICE,       log_device) \
	X(17, ATTRIBUTE,    log_attribute) \
	X(18, CLOCK,        log_clock) \
	X(19, SAMPLE,       log_sample) \
	X(20, FACT,         log_fact) \
	X(21, COUNTS,       log_counts) \
	X(22, END,          log_end) \
	X(23, GRAPH_NODE,   log_graph_node)
/* clang-format on */

enum log_kind {
	LOG_STRING = 1,
#define X(number, name, type) LOG_##name = number,
	LOG_KIND_LIST(X)
#undef X
};

/*
 * String table. Ids begin at 1 and go up; 0 is no string. A string comes before what names it. The
 * bytes follow, then zeros up to a multiple of 8. Text as CUPTI gave it (kernel names mangled).
 */
struct log_string {
	uint32_t id;
	uint32_t length; /* at most LOG_LONGEST_STRING; a longer one is cut */
};

/* A kernel and how it was launched: what most of a run's records share. Ids begin at 1. */
struct log_site {
	uint32_t id;
	uint32_t name; /* string */
	uint32_t device;
	uint32_t context;
	uint32_t grid[3];
	uint16_t block[3];
	uint16_t registers; /* per thread */
	uint32_t static_shared_bytes;
	uint32_t dynamic_shared_bytes;
	uint32_t shared_executed_bytes;
	uint16_t cluster[3];  /* blocks; 0 none */
	uint16_t launch_type; /* CUPTI's: 0 regular, 1 cooperative, 3 cluster, ... */
	uint32_t local_bytes; /* per thread */
	uint32_t
		name_demangled; /* string; 0 where it is the name itself or no demangler was there */
};

struct log_kernel {
	uint64_t start_ns; /* start and duration 0: CUPTI had no time stamp */
	uint64_t duration_ns;
	uint32_t site;
	uint32_t stream;
	uint32_t correlation; /* of the launch */
	uint32_t reserved;
};

/* A kernel node of a graph: the correlation is that of the graph's launch. */
struct log_graph_kernel {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint32_t site;
	uint32_t stream;
	uint32_t correlation;
	uint32_t graph;
	uint64_t node;
};

struct log_call {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint32_t correlation;
	uint16_t thread; /* index of a LOG_THREAD */
	uint16_t call;	 /* index of a LOG_CALL_NAME */
};

struct log_call_name {
	uint16_t call;	 /* indices begin at 0 */
	uint16_t domain; /* 1 driver, 2 runtime */
	uint32_t cbid;
	uint32_t name; /* string: "cudaLaunchKernel_v7000" */
	uint32_t reserved;
};

/* A call that returned an error, besides its LOG_CALL. */
struct log_call_failed {
	uint32_t correlation;
	uint32_t result; /* cudaError_t or CUresult */
	uint16_t thread;
	uint16_t call;
	uint32_t reserved;
};

struct log_thread {
	uint16_t thread; /* indices begin at 0 */
	uint16_t reserved;
	uint32_t process;
	uint32_t system_id;
	uint32_t name; /* string; 0 unknown */
};

struct log_copy {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint64_t bytes;
	uint64_t node; /* 0: not in a graph */
	uint32_t device;
	uint32_t context;
	uint32_t stream;
	uint32_t correlation;
	uint32_t graph;
	uint8_t copy_kind;   /* CUPTI's: 1 HtoD, 2 DtoH, 8 DtoD, 10 PtoP, ... */
	uint8_t source_kind; /* CUPTI's: 0 unknown, 1 pageable, 2 pinned, 3 device, ... */
	uint8_t destination_kind;
	uint8_t flags; /* 1: asynchronous */
	uint32_t source_device;
	uint32_t destination_device;
};

struct log_set {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint64_t bytes;
	uint64_t node;
	uint32_t device;
	uint32_t context;
	uint32_t stream;
	uint32_t correlation;
	uint32_t graph;
	uint32_t value;
	uint16_t memory_kind;
	uint16_t flags;
	uint32_t reserved;
};

struct log_sync {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint32_t sync_kind; /* 1 event, 2 stream waits for event, 3 stream, 4 context */
	uint32_t context;
	uint32_t stream;
	uint32_t event;
	uint32_t correlation;
	uint32_t result;
};

enum log_phase { LOG_PHASE_INSTANT = 0, LOG_PHASE_START = 1, LOG_PHASE_END = 2 };

/* One end of an NVTX range; ID joins the two. */
struct log_range {
	uint64_t time_ns;
	uint32_t id;
	uint32_t text;	 /* string; 0 at an end */
	uint32_t domain; /* string; 0 the default one */
	uint16_t thread; /* index of a LOG_THREAD */
	uint16_t phase;
	uint64_t reserved;
};

struct log_overhead {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint32_t overhead_kind; /* CUPTI's: 0x10000 buffer flush, 0x50000 lazy loading, ... */
	uint32_t correlation;
	uint16_t thread;
	uint16_t reserved[3];
};

/* A replay as one record (LOG_IS_GRAPH_LEVEL). */
struct log_graph_launch {
	uint64_t start_ns;
	uint64_t duration_ns;
	uint32_t device;
	uint32_t context;
	uint32_t stream;
	uint32_t correlation;
	uint32_t graph;
	uint32_t reserved;
};

/*
 * A node was added to a graph, by capture (ORIGINAL 0) or as the clone of a node of another graph
 * (instantiation clones). Through ORIGINAL a kernel of a replay leads to the call that was captured,
 * and by its time and thread to the ranges that were open then.
 */
struct log_graph_node {
	uint64_t time_ns;
	uint64_t node;
	uint64_t original; /* node it is a clone of; 0 none */
	uint32_t graph;	   /* that NODE belongs to; 0 unknown */
	uint16_t thread;   /* index of a LOG_THREAD */
	uint16_t reserved;
};

struct log_context {
	uint32_t context;
	uint32_t device;
	uint32_t null_stream;
	uint32_t reserved;
};

struct log_device {
	uint32_t device;
	uint32_t name;	 /* string */
	uint32_t uuid;	 /* string */
	uint32_t driver; /* string: the driver's version in NVML's words; 0 unknown */
	uint64_t memory_bytes;
	uint32_t max_sm_mhz; /* 0 unknown, here and below */
	uint32_t max_memory_mhz;
	uint32_t power_limit_mw;
	uint32_t driver_version; /* 13000: CUDA 13.0 */
	uint32_t reserved[2];
};

/* Device attribute by its number in the driver interface (CUdevice_attribute). */
struct log_attribute {
	uint32_t device;
	uint32_t attribute;
	int32_t value;
	uint32_t reserved;
};

/* All clocks at one moment, between two readings of the trace clock. */
struct log_clock {
	uint64_t trace_ns;
	uint64_t realtime_ns;
	uint64_t monotonic_ns;
	uint64_t monotonic_raw_ns;
	uint64_t boottime_ns;
	uint64_t trace_after_ns;
};

/* State of a device at a moment, from NVML. */
struct log_sample {
	uint64_t time_ns;
	uint32_t device;
	uint32_t sm_mhz; /* 0 unknown */
	uint32_t memory_mhz;
	uint32_t power_mw;
	uint32_t temperature_c;
	uint32_t throttle_reasons; /* NVML's bits */
};

/* "tool", "cupti_path", "cupti_version", "command", "options", "steps", "unreliable", ... */
struct log_fact {
	uint32_t key;
	uint32_t value;
};

/* Totals so far; the last one counts. */
struct log_counts {
	uint64_t kernels; /* graph kernels included */
	uint64_t calls;
	uint64_t copies;
	uint64_t sets;
	uint64_t syncs;
	uint64_t ranges;
	uint64_t overheads;
	uint64_t graph_launches;
	uint64_t unknown;	     /* records of kinds the tracer does not know */
	uint64_t dropped;	     /* records that CUPTI lost */
	uint64_t zero_times;	     /* records without time stamps */
	uint64_t lost;		     /* records that the tracer had no memory or table space for */
	uint64_t foreign_buffers;    /* buffers of another profiler that came to us */
	uint64_t unreturned_buffers; /* buffers of ours that never came back */
};

enum log_end_reason {
	LOG_END_EXIT = 0,   /* the program returned or called exit() */
	LOG_END_SIGNAL = 1, /* a signal ended it, and there was time to write the rest */
	LOG_END_STEPS = 2,  /* as many steps as were asked for */
};

struct log_end {
	uint64_t time_ns;
	uint32_t reason;
	uint32_t reserved;
};

static_assert(sizeof(struct log_header) == 64, "layout on disk");
static_assert(sizeof(struct log_block) == 32, "layout on disk");
static_assert(sizeof(struct log_string) == 8, "layout on disk");
#define X(number, name, type) static_assert(sizeof(struct type) % 8 == 0, "layout on disk");
LOG_KIND_LIST(X)
#undef X
static_assert(sizeof(struct log_kernel) == 32, "layout on disk");
static_assert(sizeof(struct log_graph_kernel) == 40, "layout on disk");
static_assert(sizeof(struct log_call) == 24, "layout on disk");
static_assert(sizeof(struct log_site) == 64, "layout on disk");

#endif
