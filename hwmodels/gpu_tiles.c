/* Waste of tiles and waves; equation and sources in gpu_tiles.h. */
#include "hwmodels/gpu_tiles.h"

#include <math.h>
#include <stdint.h>

#include "hwmodels/gemm_shape.h"

enum { PARTIAL_BYTES = 4, MOST_SPLITS = 64, FEW_ROWS = 64 };
enum { SIDE_COUNT = 6, LEAST_SIDE = 32, STEP = 32, MOST_SIDE = 256, MOST_AREA = 192 * 192 };

static const int sides[SIDE_COUNT] = {16, 32, 64, 128, 192, 256};

static const double forgiven = 1.0 / 64;

/* c, assumed (16 to 64): 128 x 128 then reaches 0.89 of 192 x 192, 64 x 64 two thirds */
static const double load_cost = 32;
static const double best_cost = 1 + 32.0 / 192 + 32.0 / 192;

/* Whole pieces that cover X >= 0. */
static double pieces(double x)
{
	double whole = (double)(int64_t)x;
	return whole < x ? whole + 1 : whole;
}

static double tiles_over(double dimension, double tile)
{
	double count = pieces(dimension / tile - forgiven);
	return count < 1 ? 1 : count;
}

static double splits_of(const struct sim_kernel *kernel, const struct gemm_shape *shape)
{
	double partial = PARTIAL_BYTES * shape->m * shape->n;
	double splits = (double)(int64_t)((double)kernel->act_write_bytes / partial + 0.5);
	return splits < 1 ? 1 : splits > MOST_SPLITS ? MOST_SPLITS : splits;
}

struct best {
	double sms, m, n, splits;
	double waste, tail; /* least so far, without S / (s M N) */
};

static void consider(struct best *best, double rows, double columns)
{
	double parts = tiles_over(best->m, rows) * tiles_over(best->n, columns) * best->splits;
	double waves = pieces(parts / best->sms);
	double cost = (1 + load_cost / rows + load_cost / columns) / best_cost;
	double waste = waves * rows * columns * cost;
	if (!(waste < best->waste))
		return;
	best->waste = waste;
	best->tail = 1 - parts / (waves * best->sms);
}

bool gpu_tiles_count(const struct sim_kernel *kernel)
{
	unsigned dtype = kernel->dtype < SIM_DTYPE_COUNT ? kernel->dtype : 0;
	double weights = (double)kernel->weight_bytes * 8 / fmax(sim_dtype_bits(dtype), 1);
	return weights > 0 && (double)kernel->flops > 2 * FEW_ROWS * weights;
}

double gpu_tiles_waste(double sms, const struct sim_kernel *kernel, double *tail)
{
	struct gemm_shape shape = gemm_shape_of(kernel);
	struct best best = {sms, shape.m, shape.n, splits_of(kernel, &shape), INFINITY, 0};
	for (int i = 0; i < SIDE_COUNT; i++)
		for (int b = LEAST_SIDE; b <= MOST_SIDE && sides[i] * b <= MOST_AREA; b += STEP) {
			consider(&best, sides[i], b);
			consider(&best, b, sides[i]);
		}
	double waste = best.waste * sms / (best.splits * shape.m * shape.n);
	*tail = waste > 1 ? best.tail : 0;
	return waste > 1 ? waste : 1;
}
