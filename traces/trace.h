/*
 * Trace: what a run did (work) and when it did it (measured), from any source.
 *
 * Two halves that never mix: `kernels` with `details` say what ran; `measured` says when. Replay
 * reads work only; validate alone puts the halves together. trace_recorded_program() makes the one
 * exception by name: a program whose kernels are all opaque and play their measured duration. All
 * arrays have kernel_count entries under the same index, in order of start time on the device.
 */
#ifndef TRACES_TRACE_H
#define TRACES_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/kernel.h"
#include "sim/core/names.h"
#include "sim/core/program.h"
#include "sim/core/status.h"

/* Work half: what the hot record leaves out. Text by index into names. */
struct trace_detail {
	uint32_t name;	   /* kernel name as recorded (demangled) */
	uint32_t op_name;  /* "aten::mm"; 0 none */
	uint32_t op_shape; /* canonical "dims|types|strides|concrete" text of the op; 0 none */
	uint32_t grid[3];
	uint32_t block[3];
	uint32_t registers; /* per thread; 0 unknown */
	uint32_t shared_bytes;
	uint32_t m, n,
		k;	/* GEMM dims, or attention: m query tokens*batch, n KV length, k head dim */
	uint16_t heads; /* attention: query heads */
	uint16_t kv_heads; /* attention: KV heads */
	uint16_t op_part;  /* 0: first kernel of its op, 1: second (split-K reduce, combine), ... */
	uint16_t reserved;
};

/* Measured half. Times in ns since trace.base_ns. */
struct trace_measured {
	int64_t start_ns;
	int64_t duration_ns;
	int64_t launch_start_ns; /* INT64_MIN when there is no launch record */
	int64_t launch_end_ns;
	uint64_t node; /* of a CUDA graph, as the driver numbers them; 0 none or unknown */
	uint32_t graph;
	uint32_t correlation;
	uint32_t thread; /* host thread id of the launch; 0 unknown */
	uint32_t reserved;
};

/* Bytes that a profiler with counters measured (ncu), NaN unknown; beside the derived ones. */
struct trace_bytes {
	double dram_read_bytes;
	double dram_write_bytes;
	double l2_bytes; /* through L2, reads and writes */
};

struct trace_step_measured {
	int64_t host_start_ns; /* end of the previous step's last sync, else first launch; INT64_MIN
				  unknown */
	int64_t first_start_ns;
	int64_t last_end_ns;
};

/* clang-format off */
/* What an import lacks; stored with the trace and printed. */
#define TRACE_LACK_LIST(X) \
	X(SHAPES,    "shapes",    "no operand shapes: work is unknown; import with --shapes FILE of the same model, or record_shapes=True") \
	X(LAUNCHES,  "launches",  "no launch records: host time is unknown") \
	X(SOME_LAUNCHES, "some launches", "some kernels have no launch record (before the window)") \
	X(CLOCKS,    "clocks",    "no device clocks: durations cannot be related to a frequency") \
	X(DEVICE,    "device",    "no device properties") \
	X(STEPS,     "steps",     "no step boundaries found: the whole trace is one step") \
	X(GEOMETRY,  "geometry",  "kernels without grid or block (HIP, or stripped)") \
	X(GRAPH_LEVEL, "graph nodes", "graph launches without their kernels") \
	X(SOME_WORK, "some work", "some kernels' work could not be derived; they are replayed as recorded") \
	X(RECORDS,   "records",   "records were lost while tracing (dropped, or without time stamps): kernels may be missing; trace fewer steps") \
	X(TAIL,      "tail",      "the log ends in the middle: the program was killed, or the disk was full") \
	X(TRUST,     "trust",     "another profiler took part of the records of this run: trace it alone") \
	X(TIMING,    "timing",    "no untraced timing run: what tracing cost is unknown; import with --timing")
/* clang-format on */

enum trace_lack {
#define X(name, text, what) TRACE_LACK_##name,
	TRACE_LACK_LIST(X)
#undef X
		TRACE_LACK_COUNT
};

struct trace_device {
	char name[96];
	uint64_t memory_bytes;
	uint32_t sm_count;
	uint32_t cc_major, cc_minor;
	uint32_t max_threads_per_sm;
	uint32_t registers_per_sm;
	uint32_t shared_bytes_per_sm;
	int32_t driver_version, runtime_version;
	uint64_t l2_bytes; /* 0 unknown, here and below */
	double max_sm_hz;
	double max_memory_hz;
	double memory_bytes_per_s; /* peak */
};

/* What the device's clocks, power and temperature were while it was traced. */
struct trace_clocks {
	uint32_t samples;	   /* 0: none of this is known */
	uint32_t throttle_reasons; /* NVML's bits, all that were seen while a step ran */
	double sm_hz_low, sm_hz_median, sm_hz_high;
	double memory_hz_median;
	double power_w_mean;
	double temperature_c_high;
};

/* How the capture went. */
struct trace_capture {
	char tool[96]; /* "decodesim 0.2.0, CUPTI 13.0.1"; "" unknown */
	uint64_t dropped;
	uint64_t zero_times;
	uint64_t foreign_buffers;
	uint64_t overheads;  /* records of the profiler's own work in steps */
	int64_t overhead_ns; /* and their time */
};

/* Another run of the same program that was not traced kernel by kernel: the true step times. */
struct trace_timing {
	char source[512]; /* file, or "given"; "" no such run */
	char kind[16];	  /* "graph level", "ranges", "given" */
	uint32_t step_count;
	int64_t step_ns;		   /* median time from step to step */
	int64_t step_low_ns, step_high_ns; /* 5 and 95 % */
	int64_t traced_step_ns;		   /* the same median in the traced run */
	int64_t device_ns;		   /* median device span of a step; 0 unknown */
	int64_t traced_device_ns;	   /* the same in the traced run */
};

struct trace {
	struct name_table names;
	size_t kernel_count;
	struct sim_kernel *kernels;
	struct trace_detail *details;
	struct trace_measured *measured;
	size_t step_count;
	struct sim_step *steps;
	struct trace_step_measured *step_measured;
	struct trace_device device;
	struct trace_clocks clocks;
	struct trace_capture capture;
	struct trace_timing timing;
	struct trace_bytes *bytes; /* NULL: not measured */
	char bytes_source[512];	   /* file they were taken from */
	char name[160];	  /* file name without directory and .json, .json.gz, .pt.trace.json(.gz) */
	char source[512]; /* path as given */
	char format[24];  /* "kineto", "nsys", "log" */
	char steps_by[24];     /* "annotation", "graph launch", "period", "none" */
	uint64_t content_hash; /* FNV-1a 64 of the uncompressed bytes */
	int64_t base_ns;       /* absolute ns of time 0 */
	uint32_t lacks;	       /* bits 1 << TRACE_LACK_* */
	uint64_t warnings;     /* events that were skipped as malformed */
	char warning[256];     /* the first of them, in words */
	uint32_t only_device; /* 1 + the device that was asked for; 0: that with the most kernels */
	/* import statistics, not part of the trace's identity */
	uint64_t text_bytes;
	uint64_t peak_bytes; /* most memory the import held at once, its own accounting */
};

void trace_init(struct trace *trace);
void trace_fini(struct trace *trace);
const char *trace_lack_text(unsigned lack);
const char *trace_lack_what(unsigned lack);

/*
 * Read PATH of any known format (by content, not by name). TRACE is overwritten, and empty on
 * failure.
 */
SIM_MUST_CHECK enum sim_status trace_read(const char *path, struct trace *trace,
					  struct sim_diag *diag);

/*
 * The same of device DEVICE (0, 1, ...) of a file that has several: the trace's name ends in -gpuN.
 * SIM_E_NOT_FOUND when the file has no kernels of it.
 */
enum { TRACE_MOST_DEVICES = 1024 };
SIM_MUST_CHECK enum sim_status trace_read_device(const char *path, uint32_t device,
						 struct trace *trace, struct sim_diag *diag);

/* One reader per format; the list is in traces/readers.c. */
struct trace_reader {
	const char *name;
	const char *what;
	/* true when the first bytes (uncompressed, at most 64 KiB) look like this format */
	bool (*accepts)(const char *head, size_t length);
	enum sim_status (*read)(const char *path, struct trace *trace, struct sim_diag *diag);
};

extern const struct trace_reader trace_reader_kineto;
extern const struct trace_reader trace_reader_nsys;
extern const struct trace_reader trace_reader_log;
extern const struct trace_reader trace_reader_lowered;

/*
 * Take work for kernels without shapes from DONOR, a shapes trace of the same model: by signature
 * (name, grid, block) and, among several donors of one signature, by order of occurrence within a
 * step. Kernels that stay unknown remain opaque. Returns how many were filled in FILLED.
 */
SIM_MUST_CHECK enum sim_status trace_adopt_work(struct trace *trace, const struct trace *donor,
						uint64_t *filled, struct sim_diag *diag);

/*
 * Fill TRACE's timing from PATH, a log of another run of the same program that was traced less:
 * without CUPTI (LOG_IS_TIMING, kind "ranges"), or one record a graph replay (LOG_IS_GRAPH_LEVEL,
 * kind "graph level"), or any other log (kind "kernels"). Steps of both runs are told alike, from
 * start to start: by ranges that name steps, else by graph launches; SIM_E_UNSUPPORTED where the two
 * runs have no such mark in common. Clears TRACE_LACK_TIMING.
 */
SIM_MUST_CHECK enum sim_status trace_timing_read(const char *path, struct trace *trace,
						 struct sim_diag *diag);

/* The same from a step time that was measured by other means, kind "given". */
void trace_timing_given(struct trace *trace, int64_t step_ns);

/* Anything at all is known of how the capture went. */
bool trace_capture_known(const struct trace_capture *capture);

/* View of the trace's work as an engine program. Kernels without work are opaque. */
struct sim_program trace_program(const struct trace *trace);

/*
 * Program that plays measured durations and gaps. KERNELS and GAPS are caller arrays of
 * kernel_count.
 */
struct sim_program trace_recorded_program(const struct trace *trace, struct sim_kernel *kernels,
					  int32_t *gaps_ns);

/* Device time of a step, ns: union of kernel intervals. */
int64_t trace_step_busy_ns(const struct trace *trace, size_t step);

/*
 * Sequences that a step advances, its batch: rows of the GEMM with the most weights (the vocabulary
 * projection, or an MLP's) in the first step; 0 unknown.
 */
uint32_t trace_batch(const struct trace *trace);

/* Share of the device time that has known work, 0..1. */
double trace_modelled_share(const struct trace *trace);

#endif
