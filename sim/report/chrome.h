/*
 * A trace as Chrome JSON, which Perfetto and chrome://tracing open and our own reader reads back.
 *
 * Process 1 is the host: a track a thread with its launches and NVTX ranges, and one with the steps.
 * Process 2 is the device: a track a stream. A flow leads from each launch to its first kernel. A
 * kernel that begins before the one before it on its stream ends (programmatic dependent launch) is
 * shown on a second track of the stream, as viewers do not draw slices of a track that overlap.
 * Times are microseconds with three decimals since baseTimeNanoseconds: exact. A trace does not keep
 * the names of calls: launches are called Launch, LaunchKernelEx (where the kernel overlaps, which
 * only that can ask for), GraphLaunch, MemcpyAsync, MemsetAsync.
 */
#ifndef SIM_REPORT_CHROME_H
#define SIM_REPORT_CHROME_H

#include <stdio.h>

#include "sim/core/status.h"
#include "traces/log_marks.h"
#include "traces/trace.h"

struct chrome_counts {
	size_t kernels, launches, flows, ranges, steps;
};

/* Write to OUT; MARKS (or NULL) are the ranges of the log that TRACE was read from. */
SIM_MUST_CHECK enum sim_status chrome_write(const struct trace *trace,
					    const struct log_marks *marks, FILE *out,
					    struct chrome_counts *counts, struct sim_diag *diag);

#endif
