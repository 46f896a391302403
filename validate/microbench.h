/*
 * Microbenchmark results: what validate/bench/micro writes (its results.h describes the file), of
 * which the files in validate/cases are an older form.
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
	/* from the list "results", which the first files lack */
	double graph_roundtrip_s;  /* launch of a graph of one null node and the wait for it */
	double cooperative_host_s; /* host time of a cooperative launch */
	double pdl_saving_s;	   /* of the period of a kernel in a graph; noise can make it < 0 */
	double grid_sync_s;	   /* barrier over the grid with an exchange; best over shapes */
	double link_bytes_per_s;   /* pinned, best over sizes and directions */
};

/*
 * Read PATH. Unknown fields and unknown results are ignored; SIM_E_PARSE: not JSON, or a field of a
 * wrong type; SIM_E_UNIT: a result in another unit; SIM_E_RANGE: a negative time or rate, a
 * bandwidth over 1e15 B/s, or a graph that takes less time the more nodes it has. Slopes over graph
 * nodes go up to graph_1000, the largest of the first files, so that devices compare.
 */
SIM_MUST_CHECK enum sim_status microbench_read(const char *path, struct microbench *bench,
					       struct sim_diag *diag);

#endif
