/* Keys of the weight formats, for the transforms that build on them. Internal to workloads. */
#ifndef WORKLOADS_TRANSFORM_WEIGHTS_H
#define WORKLOADS_TRANSFORM_WEIGHTS_H

#include "workloads/transform.h"

enum weights_key {
	WEIGHTS_BITS,
	WEIGHTS_KERNEL,
	WEIGHTS_GROUP,
	WEIGHTS_SCALE_BITS,
	WEIGHTS_ZERO_BITS,
	WEIGHTS_QKV_BITS,
	WEIGHTS_OUTPUT_BITS,
	WEIGHTS_UP_BITS,
	WEIGHTS_DOWN_BITS,
	WEIGHTS_HEAD_BITS,
	WEIGHTS_EXPERT_BITS,
	WEIGHTS_EXPERT_SHARES,
	WEIGHTS_LAYER_BITS,
	WEIGHTS_KEEP,
	WEIGHTS_INDEX_BITS,
	WEIGHTS_BITMAP_BITS,
	WEIGHTS_FLOPS_KEEP,
	WEIGHTS_UNPACK,
	WEIGHTS_ACT_BITS,
	WEIGHTS_ACT_FORMAT,
	WEIGHTS_ACT_KERNEL,
	WEIGHTS_HOST,
	WEIGHTS_EMBEDDING_BITS,
	WEIGHTS_KEY_COUNT
};

enum weights_kernel {
	WEIGHTS_KERNEL_DENSE,
	WEIGHTS_KERNEL_DEQUANT,
	WEIGHTS_KERNEL_MEMORY,
	WEIGHTS_KERNEL_TINYGEMM,
	WEIGHTS_KERNEL_MARLIN,
	WEIGHTS_KERNEL_AWQ,
	WEIGHTS_KERNEL_EXLLAMA,
	WEIGHTS_KERNEL_NF4,
	WEIGHTS_KERNEL_TRELLIS,
};

/*
 * Bits per element of a matrix of ROLE in LAYER (UINT32_MAX: mean of the layers) with scales and
 * indices; NaN where the scenario leaves it as the model has it. FIRST_KEY: of this transform.
 */
double weights_bits(const struct workload *workload, size_t first_key, unsigned role,
		    uint32_t layer);

/* The same of the SLICE upper bits of each element, with all scales; as stored where that is less. NaN:
 * a role without matrices. */
double weights_slice_bits(const struct workload *workload, unsigned role, double slice);

/* Bits of an element of routed experts as they are stored. */
double weights_expert_bits(const struct workload *workload);

#endif
