/*
 * Nsight Compute's CSV: bytes that kernels really moved, to hold beside the derived ones.
 *
 * Made by `ncu --csv --page raw --metrics dram__bytes_read.sum,dram__bytes_write.sum,
 * lts__t_bytes.sum,gpu__time_duration.sum`, or without --page raw; plain or gz. Both layouts are
 * read: long (a row per kernel and metric) and wide (a row per kernel, units in a row of their
 * own). ncu runs each kernel alone, several times, and by default with flushed caches: its bytes
 * are those of a cold kernel, its durations not those of a run.
 */
#ifndef TRACES_NCU_H
#define TRACES_NCU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/names.h"
#include "sim/core/status.h"
#include "traces/trace.h"

/* The log of a kernel; a metric is NaN where it is absent or "n/a". */
struct ncu_kernel {
	uint32_t name; /* function name without namespaces and arguments, in the log's names */
	uint32_t grid[3];
	uint32_t block[3];
	double dram_read_bytes;
	double dram_write_bytes;
	double lts_bytes; /* through the L2 cache, reads and writes */
	double duration_ns;
};

struct ncu_log {
	struct name_table names;
	struct ncu_kernel *kernels; /* in the order in which they ran */
	size_t kernel_count;
	size_t kernel_capacity;
};

enum { NCU_MOST_KERNELS = 1 << 22 };

/* LOG is overwritten, and empty on failure. A file without any DRAM metric is refused. */
SIM_MUST_CHECK enum sim_status ncu_read(const char *path, struct ncu_log *log,
					struct sim_diag *diag);
void ncu_fini(struct ncu_log *log);

/* Measured bytes of the trace's kernels, by their index; NaN where a kernel was not joined. */
struct ncu_join {
	bool *found; /* a metric may be "n/a" for a kernel that was */
	double *dram_read_bytes;
	double *dram_write_bytes;
	double *lts_bytes;
	uint64_t joined;   /* kernels in steps that were found in the log */
	uint64_t unjoined; /* and that were not; copies and memsets, which ncu cannot see, count in
			      neither */
	uint64_t unused;   /* kernels of the log that no step has */
};

/*
 * A step's nth kernel of one name, grid and block is the log's nth of these: the log is of one step
 * that began where the trace's do, and is joined to each of them. Names are compared without
 * namespaces, which ncu leaves out in part ("at::" for "at::native::").
 */
SIM_MUST_CHECK enum sim_status ncu_join(const struct ncu_log *log, const struct trace *trace,
					struct ncu_join *join, struct sim_diag *diag);
void ncu_join_fini(struct ncu_join *join);

/* Name of the function alone: what both tools agree on. */
const char *ncu_function_name(const char *name, char *base, size_t size);

#endif
