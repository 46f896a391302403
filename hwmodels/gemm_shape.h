/*
 * Shape of a matrix product from what its record moves: for classes whose time depends on it.
 *
 * The record has no shape. With W weights of B_w bits (the dtype's), M rows and A-bit activations
 *   flops = 2 M W     act_read = M K A / 8     W = N K
 * so M, K and N follow in this order. A fused kernel reads more than its input (a residual, a gate)
 * or writes a part of its product; K is therefore held within [1, W] and N made of it, so that
 * N * K = W always holds. Where nothing tells K the product is taken as square.
 */
#ifndef HWMODELS_GEMM_SHAPE_H
#define HWMODELS_GEMM_SHAPE_H

#include "sim/core/kernel.h"

struct gemm_shape {
	double m, n, k;	    /* rows of activations, outputs, inputs; >= 1, not always whole */
	double weights;	    /* n * k; of an attention its keys and values */
	double weight_bits; /* of one */
};

/* Of KERNEL, a matrix product or an attention (its KV stands for the weights). */
struct gemm_shape gemm_shape_of(const struct sim_kernel *kernel);

#endif
