/*
 * Ops of graphs: kinds (workloads/kind.h) that a decoder does not have. b: bytes of an element.
 *
 *   conv2d     n images of c x h x w, kernel r x s, `out` channels, groups; Ho = (h + 2 pad - r) /
 *              stride + 1.  F = 2 n Ho Wo out (c / groups) r s; weights out (c / groups) r s; reads
 *              n c h w b, writes n out Ho Wo b. One input channel a group (depthwise) runs on the
 *              vector units, else an implicit GEMM of m = n Ho Wo, n = out / groups,
 *              k = (c / groups) r s on the matrix units
 *   matmul     batch x (m x k)(k x n).  F = 2 batch m n k; the right operand is parameters (k n, once)
 *              or, with weights: 0, activations (batch k n)
 *   attention  batch, heads, q queries against `keys` keys of head_dim: F = 4 batch heads q keys d
 *              (half of it where causal and q = keys); reads 2 batch kv_heads keys d of cache
 *   elementwise, copy, norm, softmax, pool, resize
 *              read each input once, write each output once; flops per element as stated
 *   scan       state-space update (Mamba-2, arXiv 2405.21060, recurrent form): a state of heads x
 *              head_dim x state each of batch, read and written once whatever the tokens;
 *              F = 6 batch tokens heads head_dim state (decay, outer product in, dot out)
 *   gather, scatter
 *              rows of row_bytes at random places: each touches ceil(row_bytes / sector) sectors of
 *              memory, 32 bytes on NVIDIA GPUs (CUDA C++ Best Practices Guide, "coalesced access").
 *              gather reads them and writes rows packed; scatter reads rows packed and writes
 *              sectors; with atomic: 1 it reads the sectors too
 *
 * Limits: no dataflow: a tile read twice from memory counts once; Winograd and FFT convolutions are
 * not modelled; atomics that collide cost no more than others.
 */
#ifndef WORKLOADS_GRAPH_OP_H
#define WORKLOADS_GRAPH_OP_H

#include "workloads/kind.h"

/* clang-format off */
#define GRAPH_OP_LIST(X) \
	X(conv2d) X(matmul) X(attention) X(elementwise) X(copy) X(norm) X(softmax) X(pool) X(resize) \
	X(scan) X(gather) X(scatter)
/* clang-format on */

#define X(name) extern const struct workload_kind graph_op_##name;
GRAPH_OP_LIST(X)
#undef X

/* Op NAME, or the kind of that name, or NULL. */
const struct workload_kind *graph_op_find(const char *name);
const struct workload_kind *graph_op_at(size_t i); /* NULL past the end; kinds not among them */

#endif
