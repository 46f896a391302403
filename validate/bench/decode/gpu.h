/* The side of the run that needs a GPU, as the rest of the program sees it. */
#ifndef VALIDATE_BENCH_DECODE_GPU_H
#define VALIDATE_BENCH_DECODE_GPU_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/core/status.h"
#include "validate/bench/decode/shape.h"

struct decode_gpu_info {
	char name[96];
	uint32_t sms, cc_major, cc_minor;
	int32_t driver_version, runtime_version;
	uint64_t memory_bytes, free_bytes;
};

struct decode_request {
	uint64_t steps, warmup;
	uint64_t seed;
	bool graph;
	bool ranges; /* push NVTX ranges */
};

/* Arrays of STEPS, of the caller. Seconds of CLOCK_MONOTONIC. */
struct decode_times {
	double *step_s;	  /* from before the first launch until the device is done */
	double *launch_s; /* of it, until the last launch has returned */
	double capture_s; /* of a graph: capture, instantiation, upload */
	uint64_t graph_nodes;
};

/* Device memory besides the layout: cuBLAS's workspace. */
#define DECODE_WORKSPACE_BYTES (UINT64_C(32) << 20)

SIM_MUST_CHECK enum sim_status decode_gpu_find(struct decode_gpu_info *info, struct sim_diag *diag);

/* Runs the steps of SHAPE, context upward, and times each. */
SIM_MUST_CHECK enum sim_status decode_gpu_time(const struct decode_shape *shape,
					       const struct decode_request *request,
					       struct decode_times *times, struct sim_diag *diag);

/*
 * Runs one step op by op and holds each op's result against reference.h on the inputs that the
 * device had, and the whole step against itself on the CPU. Prints what it found; SIM_E_TOLERANCE
 * when anything is off.
 */
SIM_MUST_CHECK enum sim_status decode_gpu_check(const struct decode_shape *shape, uint64_t seed,
						struct sim_diag *diag);

#endif
