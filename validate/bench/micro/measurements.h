/*
 * The table of measurements, in the order in which they run; one file each. X(name, what)
 * `--only` takes the names; each is measured by `measure_NAME(struct bench *)` in NAME.cu.
 */
#ifndef VALIDATE_BENCH_MICRO_MEASUREMENTS_H
#define VALIDATE_BENCH_MICRO_MEASUREMENTS_H

/* clang-format off */
#define MEASUREMENT_LIST(X) \
	X(launch,     "host cost of a launch: <<<>>>, cudaLaunchKernelEx, cuLaunchKernel, cooperative; round trip") \
	X(sync,       "host cost of events, waits of the host, resolution of event times") \
	X(stream,     "period of null kernels in a stream") \
	X(graph,      "a graph of null kernels: device time, host launch and wall against nodes 1..4000") \
	X(pdl,        "programmatic dependent launch: period of kernels with and without, stream and graph") \
	X(grid_sync,  "barrier over the whole grid inside a cooperative kernel") \
	X(hbm,        "main memory read, write and copy against size") \
	X(hbm_blocks, "main memory read, write and copy against the number of thread blocks") \
	X(l2,         "L2 read bandwidth against size, and inside one kernel against the working set") \
	X(latency,    "pointer chase: shared memory, L2, main memory") \
	X(tensor,     "matrix units through mma.sync: bf16, f16, tf32, int8, fp8") \
	X(vector,     "vector units: fp32, f16x2, bf16x2, fp64 multiply-add") \
	X(atomic,     "atomic additions: one address, one a warp, all apart") \
	X(pcie,       "host link: pinned and pageable copies against size, both directions")
/* clang-format on */

#endif
