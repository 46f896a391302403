/* Shapes out of records; equations in gemm_shape.h. */
#include "hwmodels/gemm_shape.h"

#include <math.h>

static const double activation_bits = 16;

static double at_least_one(double x)
{
	return x > 1 ? x : 1;
}

struct gemm_shape gemm_shape_of(const struct sim_kernel *kernel)
{
	double bits = sim_dtype_bits(kernel->dtype < SIM_DTYPE_COUNT ? kernel->dtype : 0);
	double bytes = (double)kernel->weight_bytes + (double)kernel->kv_read_bytes;
	struct gemm_shape shape = {.weight_bits = bits > 0 ? bits : activation_bits};
	shape.weights = at_least_one(bytes * 8 / shape.weight_bits);
	shape.m = at_least_one((double)kernel->flops / (2 * shape.weights));
	double k = (double)kernel->act_read_bytes * 8 / (activation_bits * shape.m);
	if (k < 1)
		k = sqrt(shape.weights);
	shape.k = k < shape.weights ? k : shape.weights;
	shape.n = shape.weights / shape.k;
	return shape;
}
