/*
 * Tiles and waves: how much longer a matrix product computes than its operations take at the rate of
 * all multiprocessors.
 *
 *   w = min over tiles (a x b) of   ceil(T s / S) / s * a b * S / (M N e)
 *
 *   M, N     rows of activations and outputs (gemm_shape.h);  T = ceil(M/a) ceil(N/b)
 *   s        splits of the depth, as the record shows them: partial sums of 4 bytes are written
 *   S        multiprocessors. Those that a collective beside it holds are time of the matrix units
 *            (gpu_peer.h): what the last wave leaves idle it takes for nothing
 *   e        efficiency of a tile: of each (a + b) loaded it computes a b, so
 *            e = (1 + c/192 + c/192) / (1 + c/a + c/b), 1 for the largest tile
 *   a, b     one of 16, 32, 64, 128, 192, 256, the other a multiple of 32 up to 256 (mma takes 16 rows,
 *            wgmma 64 by a multiple of 8); at most 192 x 192: a block's fp32 sums are then 9/16 of the
 *            registers
 *
 * w >= 1. A dimension is forgiven 1/64 of a tile, since shapes come from bytes, biases among them.
 * Limits: a library chooses by a table of its own; blocks that take turns within a tile (stream-K)
 * are not known; of up to 64 rows, of packed weights and of activations times activations w = 1.
 * Source: tiles and both quantizations: NVIDIA, "Matrix Multiplication Background User's Guide"
 * (DU-09799-001), sections 2.3, 3.1, 3.2; tiles of many sizes: cublasLtMatmulTile_t. c is assumed.
 */
#ifndef HWMODELS_GPU_TILES_H
#define HWMODELS_GPU_TILES_H

#include <stdbool.h>

#include "sim/core/kernel.h"

/*
 * Whether KERNEL, of op GEMM, has weights and more than 64 rows: products of fewer wait for their
 * weights, in tiles made for it (kind_gemm.c), whose waste nothing measured.
 */
bool gpu_tiles_count(const struct sim_kernel *kernel);

/*
 * w of KERNEL, of op GEMM with weights, on SMS multiprocessors. *TAIL gets the share of w that the
 * last wave's idle multiprocessors waste, in [0, 1).
 */
double gpu_tiles_waste(double sms, const struct sim_kernel *kernel, double *tail);

#endif
