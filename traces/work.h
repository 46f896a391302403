/*
 * Work of a kernel from the op that launched it: class, family, dims, flops, bytes.
 *
 * Pure: equal input, equal output; nothing measured is looked at. The rules per op are in
 * traces/work_*.c; family comes from the kernel's name first (it is the implementation that has a
 * cost curve), from the op second.
 */
#ifndef TRACES_WORK_H
#define TRACES_WORK_H

#include <stddef.h>
#include <stdint.h>

#include "sim/core/kernel.h"
#include "sim/core/status.h"
#include "traces/trace.h"

/*
 * Canonical shape text, what trace_detail.op_shape names: the raw JSON values of the op's args
 * `Input Dims`, `Input type`, `Input Strides`, `Concrete Inputs`, white space removed, joined by
 * '|' in this order; a missing one is empty. Example (aten::mm):
 *   [[1,2048],[2048,512]]|["c10::BFloat16","c10::BFloat16"]|[[2048,1],[1,2048]]|["",""]
 */

/* State of a derivation over one trace, in kernel order: facts that a later kernel needs. */
struct work_context {
	const struct trace_device *device;
	uint32_t experts_per_token; /* k of the last topk over experts; 0 unknown */
	uint32_t routed_tokens;	    /* rows of that topk */
	uint64_t last_write_bytes;  /* of the kernel before, for SIM_KERNEL_INPUT_HOT */
	uint64_t partial_bytes;	    /* partial results the kernel before left for its reduction */
	uint32_t half_dtype;	    /* 16-bit float met last: copies by width tell no more */
	uint32_t reduction_follows; /* 1: the next kernel sums this one's partial results */
	/* where operands come without types (traces/work_infer.h), else 0 */
	uint64_t result_elements; /* of the kernel before */
	uint32_t result_dtype;	  /* enum sim_dtype */
	uint32_t cache_heads;	  /* of the KV cache that was appended to last */
	uint32_t routing_experts; /* among which the last topk chose */
	uint32_t reserved;
};

/* An input is hot when the kernel before wrote at most this: a third of an H100's 50 MB L2. */
#define WORK_HOT_BYTES (UINT64_C(16) << 20)

/*
 * Fill KERNEL's op, family, dtype, flops, bytes, blocks, threads, blocks_per_sm and flags, and
 * DETAIL's dims, from DETAIL's texts and geometry. Sets SIM_KERNEL_OPAQUE when the work cannot be
 * told (no shapes, unknown op); the family is set from the name even then, and flops, which shares
 * its place with recorded_ps, is left as it was. A reader puts the size of a memcpy or memset into
 * act_write_bytes beforehand (0: take it from the shapes); flags of the reader are kept.
 */
void work_derive(const struct name_table *names, struct work_context *context,
		 struct trace_detail *detail, struct sim_kernel *kernel);

/*
 * Derive for every kernel of TRACE in order, set the lacks that follow, and give opaque kernels
 * their measured duration to play. Called by the readers, with detail.op_part filled.
 */
SIM_MUST_CHECK enum sim_status work_derive_all(struct trace *trace, struct sim_diag *diag);

/*
 * Least memory that TRACE's work needs: the most weights, all experts of a grouped GEMM, and
 * attention KV of one step. Embedding rows that were not read are not seen.
 */
uint64_t trace_resident_bytes(const struct trace *trace);

/* Resident blocks an SM can hold, from threads, registers, shared memory; 0 unknown. */
unsigned work_blocks_per_sm(const struct trace_device *device, const struct trace_detail *detail);

#endif
