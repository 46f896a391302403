/*
 * Systolic arrays: cycles of matrix products and convolutions, without stalls for memory.
 *
 * An array of R rows and C columns, one multiply-add per element and cycle. A product of M x K inputs
 * with K x N weights is cut into folds that fill the array; A arrays share the folds.
 *
 *   weight stationary   ceil(ceil(K/R) ceil(N/C) / A) (2 R + C + M - 2)
 *   input stationary    ceil(ceil(K/R) ceil(M/C) / A) (2 R + C + N - 2)
 *   output stationary   ceil(ceil(M/R) ceil(N/C) / A) (R + C + K - 2)
 *
 * Weights (inputs) take R cycles to load, then M (N) rows stream in behind a skew of R + C - 2.
 * Source: SCALE-Sim v2 (scalesim-project/scale-sim-v2 @22f88b1), which prints the value less 1; held
 * against ten of its runs in tests/unit/test_systolic.c. Its output stationary does not count the R
 * cycles of draining.
 *
 *   row stationary      ceil(G I V S P / A) W_out W_f,   P = ceil(c f / (floor(R/v) floor(C/e)))
 *
 * A set of v x e elements makes the products of one channel with one filter: element (i, j) slides
 * row i of the filter over a row of the input, W_f steps for each of the W_out outputs, and column j
 * adds up to output row j. v = min(H_f, R) rows, V = ceil(H_f/R) times; e = min(H_out, C) columns,
 * S = ceil(H_out/C) strips. As many sets as fit work on other channels and filters of the group (c
 * and f of them; G groups, I images); different groups share nothing and take turns. A product is a
 * convolution of 1 x 1 over an image of M rows, one wide.
 * Source: Chen, Emer, Sze, "Eyeriss: A Spatial Architecture for Energy-Efficient Dataflow for
 * Convolutional Neural Networks", ISCA 2016 (logical sets, folding, replication). Left out: filling
 * the array, capacity of the register files, the array's network; groups that take turns are our
 * reading of "replicated over channels and filters".
 *
 * Sizes are whole and at least 1; results are finite for sizes up to 1e60.
 */
#ifndef HWMODELS_SYSTOLIC_H
#define HWMODELS_SYSTOLIC_H

enum systolic_dataflow {
	SYSTOLIC_WEIGHT_STATIONARY,
	SYSTOLIC_INPUT_STATIONARY,
	SYSTOLIC_OUTPUT_STATIONARY,
	SYSTOLIC_ROW_STATIONARY,
	SYSTOLIC_DATAFLOW_COUNT
};

struct systolic_array {
	double rows, columns, arrays;
	enum systolic_dataflow dataflow;
};

struct systolic_conv {
	double images;
	double out_height, out_width;
	double filter_height, filter_width;
	double channels, filters; /* of all groups */
	double groups;		  /* divides both */
};

double systolic_gemm_cycles(const struct systolic_array *array, double m, double n, double k);

/* Row stationary as above; the others as one product per group, M = images x outputs of a filter. */
double systolic_conv_cycles(const struct systolic_array *array, const struct systolic_conv *conv);

double systolic_conv_macs(const struct systolic_conv *conv);

/* Share of the elements that MACS in CYCLES keep busy, 0 to 1. */
double systolic_utilization(const struct systolic_array *array, double macs, double cycles);

/*
 * The column "Compute Util %" of SCALE-Sim v2 for a weight-stationary product, as a share: its folds
 * take 2 R + 2 C + M - 3 cycles there, the skew of the outputs counted once more than in its cycles.
 */
double systolic_scale_sim_utilization(const struct systolic_array *array, double m, double n,
				      double k);

/* Whole number not below X >= 0. */
double systolic_ceil(double x);

#endif
