/* Streaming kernels over main memory and L2, for hbm.cu, hbm_blocks.cu and l2.cu. */
#ifndef VALIDATE_BENCH_MICRO_MEMORY_H
#define VALIDATE_BENCH_MICRO_MEMORY_H

#include "validate/bench/micro/bench.h"

enum stream_kind { STREAM_READ, STREAM_WRITE, STREAM_COPY, STREAM_KIND_COUNT };

struct stream_run {
	enum stream_kind kind;
	size_t bytes;	/* moved by one kernel; a copy reads half of it and writes the other */
	int iterations; /* kernels of one sample */
	bool rotate;	/* over the pool, so that L2 does not serve what comes */
	int blocks, threads;
};

/*
 * SAMPLES of the time of one kernel, us, REPETITIONS of them. The pool must hold what is read or
 * written (a copy: twice bytes / 2).
 */
SIM_MUST_CHECK enum sim_status memory_time(struct bench *bench, const struct stream_run *run,
					   int repetitions, double *samples);

struct shapes {
	const int *blocks, *threads;
	int block_count, thread_count;
};

/* Add NAME from the grid of SHAPES with the best median. */
SIM_MUST_CHECK enum sim_status memory_best(struct bench *bench, const char *name,
					   struct stream_run run, const struct shapes *shapes,
					   int repetitions);

/* Add NAME of RUN as it is. */
SIM_MUST_CHECK enum sim_status memory_add(struct bench *bench, const char *name,
					  const struct stream_run *run, int repetitions,
					  double *samples);

#endif
