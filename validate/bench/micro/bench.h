/*
 * What the measurements share: the device, a stream, timing by events, memory. For .cu files.
 *
 * A measurement returns at its first failure, whose message names file and line; the program then
 * ends, and with it everything the device holds, so nothing is freed on the way out of a failure.
 * All device memory is plain cudaMalloc, sized against what is free.
 */
#ifndef VALIDATE_BENCH_MICRO_BENCH_H
#define VALIDATE_BENCH_MICRO_BENCH_H

#include <cuda_runtime.h>
#include <stdbool.h>
#include <stdint.h>

#include "validate/bench/micro/measurements.h"
#include "validate/bench/micro/results.h"
#include "validate/bench/micro/sweep.h"

enum { BENCH_SAMPLES = 256, BENCH_SINK_BYTES = 1 << 16 };

struct bench {
	struct results *results;
	struct sim_diag *diag;
	cudaDeviceProp device;
	cudaStream_t stream;
	cudaEvent_t begin, end;
	unsigned *sink; /* BENCH_SINK_BYTES that kernels may write, so that nothing is left out */
	char *pool;	/* see bench_pool() */
	size_t pool_bytes;
	bool quick;
};

/* Leaves the calling function when CALL, of the CUDA runtime, fails. */
#define CUDA_TRY(bench, call)                                                                      \
	do {                                                                                       \
		cudaError_t cuda_error_ = (call);                                                  \
		if (cuda_error_ != cudaSuccess)                                                    \
			return bench_failed(bench, __FILE__, __LINE__, #call, cuda_error_);        \
	} while (0)

/* After <<<>>>. */
#define LAUNCHED(bench) CUDA_TRY(bench, cudaGetLastError())

enum sim_status bench_failed(struct bench *bench, const char *file, int line, const char *call,
			     cudaError_t error);

/* The device of BENCH->device is current; fills the rest. */
SIM_MUST_CHECK enum sim_status bench_init(struct bench *bench);
SIM_MUST_CHECK enum sim_status bench_fini(struct bench *bench);

/*
 * Make BENCH->pool hold WANT bytes or what sweep_pool_bytes() allows, filled with ones. pool_bytes
 * is 0 when not even LEAST are free.
 */
SIM_MUST_CHECK enum sim_status bench_pool(struct bench *bench, size_t want, size_t least);
SIM_MUST_CHECK enum sim_status bench_pool_free(struct bench *bench);

double bench_host_us(void);				     /* of the monotonic clock */
int bench_repetitions(const struct bench *bench, int usual); /* fewer when quick, always odd */

/* Keep the device busy for CLOCKS, so that what is launched behind it queues. */
SIM_MUST_CHECK enum sim_status bench_spin(struct bench *bench, long long clocks);

/* EVENT, which was recorded, has not happened yet. */
bool bench_pending(cudaEvent_t event);

/* Puts work into BENCH->stream. */
typedef enum sim_status (*bench_work)(struct bench *bench, void *what, int repetition);

/* Device time between events around WORK, us / PER, REPETITIONS times. */
SIM_MUST_CHECK enum sim_status bench_time(struct bench *bench, bench_work work, void *what,
					  int repetitions, double per, double *samples);

/* Add a result; *RESULT (may be NULL) is there for its place. */
SIM_MUST_CHECK enum sim_status bench_add(struct bench *bench, const char *name, const char *unit,
					 double *samples, int count, struct result **result);
void bench_skip(struct bench *bench, const char *name, const char *why);

/* Capture what WORK does into a graph that can be launched. */
SIM_MUST_CHECK enum sim_status bench_capture(struct bench *bench, bench_work work, void *what,
					     cudaGraphExec_t *graph);

#define X(name, what) SIM_MUST_CHECK enum sim_status measure_##name(struct bench *bench);
MEASUREMENT_LIST(X)
#undef X

#endif
