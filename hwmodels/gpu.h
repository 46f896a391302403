/*
 * Coefficients of the gpu model by family, for calibration, `show hw` and sensitivity.
 * The model itself is described in gpu.c.
 */
#ifndef HWMODELS_GPU_H
#define HWMODELS_GPU_H

#include <stdbool.h>

#include "hwmodels/gpu_parts.h"

enum gpu_coefficient {
	GPU_FIXED,   /* s */
	GPU_RAMP,    /* s */
	GPU_STREAM,  /* share of hbm.stream */
	GPU_ELEMENT, /* s */
	GPU_SPREAD,  /* s per fourth root of a byte */
	GPU_COEFFICIENT_COUNT
};

/* Families that unpack weights or KV on the vector units: gpu_dequant.c. */
/* clang-format off */
#define GPU_DEQUANT_LIST(X) \
	X(GEMM_DEQUANT, "gemm_dequant") X(GEMM_TINYGEMM, "gemm_tinygemm") X(GEMM_MARLIN, "gemm_marlin") \
	X(GEMM_AWQ, "gemm_awq") X(GEMM_EXLLAMA, "gemm_exllama") X(GEMM_NF4, "gemm_nf4") \
	X(GEMM_TRELLIS, "gemm_trellis") X(ATTN_PACKED, "attn_packed")
/* clang-format on */

enum gpu_dequant_coefficient {
	GPU_DEQUANT, /* vector operations per multiply-add */
	GPU_EXPOSED, /* share of the shorter of streaming and unpacking that does not hide */
	GPU_STARVED, /* streaming takes 1 + this / (blocks per multiprocessor) as long */
	GPU_COMPUTE, /* share of the peak of the matrix units that the product reaches; unknown: 1 */
	GPU_DEQUANT_COEFFICIENT_COUNT
};

enum {
	GPU_PARAM_HBM_STREAM = GPU_PART_PARAM_COUNT,
	GPU_PARAM_NULL_NODE,
	GPU_PARAM_FIXED_SCALE,
	GPU_PARAM_TENSOR_SUSTAINED,
	GPU_PARAM_L2_OVERFLOW,
	GPU_FIRST_FAMILY_PARAM,
};

/* Index of a coefficient in the gpu model's parameter table. */
int gpu_coefficient_param(unsigned family, enum gpu_coefficient coefficient);

/* The same of a family that unpacks; -1 for others. */
int gpu_dequant_param(unsigned family, enum gpu_dequant_coefficient coefficient);

/* The family whose coefficients FAMILY takes when it has none of its own; a root is its own. */
unsigned gpu_relative(unsigned family);

/* True when the element time hides under streaming instead of adding to it. */
bool gpu_element_hides(unsigned family);

/* True when blocks that share a multiprocessor keep it busy, so that their elements add up. */
bool gpu_blocks_take_turns(unsigned family);

/* Value of one, 0 where the family does not unpack or nothing is known. */
double gpu_dequant_coefficient(const double *values, unsigned family,
			       enum gpu_dequant_coefficient coefficient);

/* Value of a coefficient: the family's, else its relative's, else the last resort. */
double gpu_coefficient(const double *values, unsigned family, enum gpu_coefficient coefficient);

#endif
