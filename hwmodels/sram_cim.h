/*
 * Compute-in-memory arrays of SRAM: what a matrix product takes, as functions of its shape. The
 * machine made of them is sram_cim.c.
 *
 * Bit-serial form. A macro of R x C cells holds R inputs by C / w weights of w bits and multiplies a
 * row of activations in ceil(a / i) cycles, i of its a bits a cycle; A macros work at once:
 *
 *   loads L = ceil(K / R) * ceil(N w / C)      fills P = ceil(L / A)
 *   cycles of a fill  c = M ceil(a / i)
 *
 * Look-up form (SAIL). A table of all 2^g sums of g weights is built, then every bit of a group of g
 * activations looks one of its sums up; J tables ("lanes") share an array; the table serves all M rows
 * of a batch; a share r of the look-ups repeats the pattern before it and is skipped:
 *
 *   L = ceil(K / g) * ceil(N / J)              P = ceil(L / A)
 *   c = 2^g build + M a (1 - r) lookup
 *
 * Both stream their stationary operand from memory, D seconds in all. One buffer: what fills follows
 * what computes. Two: they overlap, but for the first fill and the last computation:
 *
 *   one  t = D + P c / f                       two  t = max(D, P c / f) + min(D / P, c / f)
 *
 *   M, N, K rows, outputs, inputs of the product        f clock, Hz
 * Sources: EdgeCIM (arXiv 2604.11512) and Chih et al., ISSCC 2021, 16.4 (bit-serial macro, fills);
 * SAIL (arXiv 2509.25853) as accelerators.md section 3 of the facts works out (tables).
 */
#ifndef HWMODELS_SRAM_CIM_H
#define HWMODELS_SRAM_CIM_H

#include <stdbool.h>

#include "sim/core/kernel.h"

struct cim_array {
	double macros; /* that work at once */
	double rows, columns;
	double clock_hz;
	double input_bits, input_bits_per_cycle;
	double weight_bits; /* that tables are built for; bit-serial takes the record's */
	bool double_buffer;
	bool uses_tables;
	double group, lanes; /* tables */
	double build_cycles, lookup_cycles, reuse;
};

/* Rows, outputs, inputs; of a matrix that is kept in weight_bits. At least 1 each. */
struct cim_product {
	double m, n, k, weight_bits;
};

/* How an array works a product off. */
struct cim_work {
	double loads; /* macros to fill, or groups of tables to build, one after another on A */
	double fills; /* L / A, whole */
	double fill_seconds; /* of computing on one fill */
};

struct cim_work cim_work_of(const struct cim_array *array, const struct cim_product *product);

/* Seconds of WORK where its stationary operand takes STREAM_SECONDS to come, alone on the array. */
double cim_seconds(const struct cim_array *array, const struct cim_work *work,
		   double stream_seconds);

/*
 * The product of KERNEL, a matrix product or an attention. Packed weights: the dtype is that of the
 * activations, and rows from flops over weights come out too many; the record is read as packed
 * where they are more than three times what its inputs and outputs say (M = 2 MK MN / flops; half of
 * it where a gate leaves half of the outputs), but never as weights narrower than weight_bits. In
 * doubt there are more rows. An operand that is no weight and no KV stands for them.
 */
struct cim_product cim_product_of(const struct cim_array *array, const struct sim_kernel *kernel);

#endif
