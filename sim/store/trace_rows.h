/*
 * How a trace is laid out in rows: what trace_write.c and trace_read.c must agree on.
 *
 * A kernel is its kind (work and detail without what differs from launch to launch) and its own
 * row. Column lists stand here once; both sides name columns in this order.
 */
#ifndef SIM_STORE_TRACE_ROWS_H
#define SIM_STORE_TRACE_ROWS_H

#include <assert.h>

#include "sim/core/kernel.h"
#include "traces/trace.h"

#define TRACE_COLUMNS                                                                              \
	"id, name, content_hash, work_hash, format, source, steps_by, lacks, warnings, warning, "  \
	"base_ns, kernel_count, kind_count, step_count, name_count, first_kernel, device_name, "   \
	"device_memory_bytes, device_sm_count, device_cc_major, device_cc_minor, "                 \
	"device_max_threads_per_sm, device_registers_per_sm, device_shared_bytes_per_sm, "         \
	"driver_version, runtime_version, graph_kernels"
#define NAME_COLUMNS "trace_id, id, text, bytes"
#define KIND_COLUMNS                                                                               \
	"trace_id, kind, op, family, dtype, name_id, op_name_id, shape_id, flops, weight_bytes, "  \
	"kv_read_bytes, kv_write_bytes, act_read_bytes, act_write_bytes, blocks, threads, "        \
	"blocks_per_sm, flags, grid_x, grid_y, grid_z, block_x, block_y, block_z, registers, "     \
	"shared_bytes, m, n, k, heads, kv_heads, op_part"
#define KERNEL_COLUMNS                                                                             \
	"id, trace_id, kind, stream, host_ns, recorded_ps, start_ns, duration_ns, "                \
	"launch_start_ns, launch_end_ns, correlation, thread"
#define NODE_COLUMNS ", graph, node" /* only for traces with graph_kernels */
#define STEP_COLUMNS                                                                               \
	"trace_id, step, first, count, launch, ends_in_sync, host_start_ns, first_start_ns, "      \
	"last_end_ns, busy_ns"
/* of trace, what may be learnt later: see trace_facts.h */
#define FACT_COLUMNS                                                                               \
	"lacks, device_l2_bytes, device_max_sm_hz, device_max_memory_hz, "                         \
	"device_memory_bytes_per_s, bytes_source, bytes_count"
#define CAPTURE_COLUMNS                                                                            \
	"trace_id, tool, dropped, zero_times, foreign_buffers, overheads, overhead_ns"
#define CLOCK_COLUMNS                                                                              \
	"trace_id, samples, throttle_reasons, sm_hz_low, sm_hz_median, sm_hz_high, "               \
	"memory_hz_median, power_w_mean, temperature_c_high"
#define TIMING_COLUMNS                                                                             \
	"trace_id, source, kind, step_count, step_ns, step_low_ns, step_high_ns, "                 \
	"traced_step_ns, device_ns, traced_device_ns"
#define BYTES_COLUMNS "trace_id, kernel, dram_read_bytes, dram_write_bytes, l2_bytes"

/* Key of a kind: every byte counts, so there must be no padding. */
struct trace_kind {
	struct sim_kernel kernel; /* flops 0 when opaque; host_ns and stream 0 */
	struct trace_detail detail;
};
static_assert(sizeof(struct trace_detail) == 64, "the key of a kind has no padding");
static_assert(sizeof(struct trace_kind) == 128, "the key of a kind has no padding");

/* Kernels of which a CUDA graph or a node is known. */
static inline int64_t trace_graph_kernels(const struct trace *trace)
{
	int64_t count = 0;
	for (size_t i = 0; i < trace->kernel_count; i++)
		count += trace->measured[i].graph != 0 || trace->measured[i].node != 0;
	return count;
}

static inline struct trace_kind trace_kind_of(const struct sim_kernel *kernel,
					      const struct trace_detail *detail)
{
	struct trace_kind kind = {*kernel, *detail};
	if (kernel->flags & SIM_KERNEL_OPAQUE)
		kind.kernel.flops = 0;
	kind.kernel.host_ns = 0;
	kind.kernel.stream = 0;
	kind.detail.reserved = 0;
	return kind;
}

/*
 * What is wrong with kernel or step AT, as no trace has it, or NULL; those before are right, and
 * durations are not negative.
 */
const char *trace_kernel_wrong(const struct trace *trace, size_t at);
const char *trace_step_wrong(const struct trace *trace, size_t at);

#endif
