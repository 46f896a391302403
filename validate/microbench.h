/*
 * Microbenchmark results, as validate/bench writes them and ../shared/data/GPU/microbench.json
 * holds them.
 */
#ifndef VALIDATE_MICROBENCH_H
#define VALIDATE_MICROBENCH_H

#include "sim/core/status.h"

/* SI units; NaN where the file does not say. */
struct microbench {
	char gpu[96];
	double sm_count;
	double launch_host_s;	     /* host time of one eager launch */
	double sync_roundtrip_s;     /* launch of one null kernel and wait for it */
	double stream_null_s;	     /* period of null kernels in a stream */
	double graph_null_s;	     /* period of null kernels in a graph: slope over its nodes */
	double graph_host_s;	     /* host time of a graph launch, fixed part */
	double graph_host_node_s;    /* and per node; by noise either may be below zero */
	double hbm_read_bytes_per_s; /* best over sizes */
	double hbm_write_bytes_per_s;
	double l2_read_bytes_per_s;
};

/*
 * Read PATH. Unknown fields are ignored; SIM_E_PARSE: not JSON, or a field of a wrong type;
 * SIM_E_RANGE: a negative time or rate, a bandwidth over 1e15 B/s, or a
 * graph that takes less time the more nodes it has.
 */
SIM_MUST_CHECK enum sim_status microbench_read(const char *path, struct microbench *bench,
					       struct sim_diag *diag);

#endif
