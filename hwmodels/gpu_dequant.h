/*
 * Unpacking of weights and KV on the way to the matrix units. Internal to the gpu model.
 *
 * A GEMM over packed weights turns every weight into the type of the activations before it
 * multiplies; most implementations do so again for every row (or few rows) of activations. That work
 * is on the vector units, beside the stream of weights:
 *
 *   d     = max(dequant * F / 2 / V * ceil(w) / w, F / (P compute))     s' = s * (1 + starved / w)
 *   limit = max(s', d) + exposed * min(s', d)
 *
 *   s   streaming time without unpacking, s         F   flops of the product (2 M N K)
 *   V   fp32 peak of the vector units, flop/s       w   thread blocks per multiprocessor
 *   P   peak of the matrix units for the type, flop/s
 *   dequant, exposed, starved, compute: fitted per implementation; see device files
 */
#ifndef HWMODELS_GPU_DEQUANT_H
#define HWMODELS_GPU_DEQUANT_H

#include <stdbool.h>

#include "hwmodels/gpu.h"
#include "sim/core/kernel.h"

struct gpu_dequant {
	bool is_used;
	double ps_per_flop; /* dequant / 2 / V */
	double exposed;
	double starved;
	double compute_inverse;
};

void gpu_dequant_build(const double *values, unsigned family, struct gpu_dequant *dequant);

/* Streaming time of KERNEL, ps, where it would be LIMIT without unpacking and MATRIX_PS is what its
 * product takes at the peak. */
double gpu_dequant_limit(const struct gpu_dequant *dequant, const struct sim_kernel *kernel,
			 double sms, double limit, double matrix_ps);

#endif
