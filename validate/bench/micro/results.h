/*
 * Results of the microbenchmarks and the file that `decodesim calibrate --microbench` reads.
 *
 * The file is one JSON object:
 *   gpu, sms, l2, ...   the device (struct results_device)
 *   launch_host_us, hbm_read, graph_100, ...
 *                       the fields of the files in validate/cases, with their definitions; each
 *                       is also in `results`, whose names are in the table in results_json.c
 *   results             all of them: [{"name", "unit", "value", "repetitions", "median", "p05",
 *                       "p95", and where it was taken: "kb", "blocks", "nodes", ...}]; value is
 *                       the median
 *   state               clocks, power and temperature before and after, where NVML told
 *   skipped             measurements that this device or driver cannot do, and why
 */
#ifndef VALIDATE_BENCH_MICRO_RESULTS_H
#define VALIDATE_BENCH_MICRO_RESULTS_H

#include <stddef.h>

#include "validate/bench/micro/stats.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "sim/core/status.h"

/* clang-format off */
/* Where a result was taken. X(NAME, key in the file) */
#define RESULT_PLACE_LIST(X) \
	X(KB,      "kb")      /* KiB moved or touched, by one call */ \
	X(BLOCKS,  "blocks")  /* thread blocks */ \
	X(THREADS, "threads") /* of a block */ \
	X(NODES,   "nodes")   /* of a graph */ \
	X(PDL,     "pdl")     /* 1: with programmatic stream serialization */ \
	X(BODY_US, "body_us") /* what a kernel spins for */ \
	X(NS,      "ns")      /* the same result in nanoseconds */
/* clang-format on */

enum result_place {
#define X(name, key) RESULT_##name,
	RESULT_PLACE_LIST(X)
#undef X
		RESULT_PLACE_COUNT
};

struct result {
	char name[40];
	char unit[16]; /* "us", "ns", "clocks", "B/s", "flop/s", "op/s" */
	struct stats stats;
	double place[RESULT_PLACE_COUNT]; /* below 0: does not apply */
};

struct results_device {
	char gpu[96], pci[24];
	int sms, cc_major, cc_minor, clock_khz, mem_clock_khz, bus_bits, driver, runtime;
	double l2_bytes, smem_per_sm_bytes, memory_bytes;
};

/* Clocks and the like as NVML tells them; below 0: not known. */
struct results_state {
	double sm_mhz, memory_mhz, power_w, temperature_c, throttle_reasons;
};

enum { RESULTS_MOST = 1024, RESULTS_SKIPS = 32 };

struct results {
	struct results_device device;
	struct results_state before, after;
	size_t count, skip_count;
	struct result items[RESULTS_MOST];
	struct {
		char name[40], why[128];
	} skips[RESULTS_SKIPS];
};

void results_init(struct results *results);

/*
 * Add NAME from its samples (which are sorted); the returned entry's place is to be filled by
 * the caller. NULL when there is no room or no sample, or a median that is no finite number: the
 * caller fails.
 */
struct result *results_add(struct results *results, const char *name, const char *unit,
			   double *samples, size_t count);

/* A measurement that cannot be done here. */
void results_skip(struct results *results, const char *name, const char *why);

/* The result NAME, at NODES or KB where those are not below 0; NULL: none. */
const struct result *results_find(const struct results *results, const char *name,
				  enum result_place place, double at);

/* Write the file; SIM_E_IO. The old one stays until the new is whole. */
SIM_MUST_CHECK enum sim_status results_write(const struct results *results, const char *path,
					     struct sim_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
