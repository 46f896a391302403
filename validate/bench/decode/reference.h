/*
 * The ops of a decode step in plain double precision, a row or head at a time: what the kernels are
 * held against, on the CPU under emulation and on a GPU by --check. Written for clarity, not speed.
 */
#ifndef VALIDATE_BENCH_DECODE_REFERENCE_H
#define VALIDATE_BENCH_DECODE_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "validate/bench/decode/bf16.h"

/* out[n] = norm of x[n] times weight[n] */
void reference_norm(const bf16 *x, const bf16 *weight, uint64_t n, double epsilon, double *out);

/* out[n] = weights[n, k] x[k] */
void reference_product(const bf16 *x, const bf16 *weights, uint64_t n, uint64_t k, double *out);

/* A head of d elements: bias and norm where not NULL; rotated unless FREQUENCIES is NULL. */
void reference_head(const bf16 *x, const bf16 *bias, const bf16 *norm, const float *frequencies,
		    uint64_t position, uint64_t d, double epsilon, double *out);

/* One query head over the TOKENS rows of KEYS and VALUES, [tokens, d] each. */
void reference_attention(const bf16 *query, const bf16 *keys, const bf16 *values, uint64_t tokens,
			 uint64_t d, double *out);

/* out[n] = silu(x[n]) x[n + width] */
void reference_silu_mul(const bf16 *x, uint64_t width, double *out);

/* Index of the first largest of x[n]. */
uint64_t reference_argmax(const bf16 *x, uint64_t n);

/*
 * Largest error of GOT against WANT in units of what bf16 and fp32 arithmetic may cost: half a unit in
 * the last place of bf16 and a thousandth of the root mean square, for what cancels. Above 1 is wrong.
 */
double reference_error(const bf16 *got, const double *want, uint64_t n);

#endif
