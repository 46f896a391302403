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

enum {
	GPU_PARAM_HBM_STREAM = GPU_PART_PARAM_COUNT,
	GPU_PARAM_NULL_NODE,
	GPU_PARAM_FIXED_SCALE,
	GPU_PARAM_TENSOR_SUSTAINED,
	GPU_FIRST_FAMILY_PARAM,
};

/* Index of a coefficient in the gpu model's parameter table. */
int gpu_coefficient_param(unsigned family, enum gpu_coefficient coefficient);

/* The family whose coefficients FAMILY takes when it has none of its own; a root is its own. */
unsigned gpu_relative(unsigned family);

/* True when the element time hides under streaming instead of adding to it. */
bool gpu_element_hides(unsigned family);

/* Value of a coefficient: the family's, else its relative's, else the last resort. */
double gpu_coefficient(const double *values, unsigned family, enum gpu_coefficient coefficient);

#endif
