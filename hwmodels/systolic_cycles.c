/* Cycles of systolic arrays; equations in systolic.h. */
#include "hwmodels/systolic.h"

#include <stdint.h>

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

double systolic_ceil(double x)
{
	const double past_whole = 4503599627370496.0; /* 2^52: no fractions above */
	if (!(x < past_whole))
		return x;
	double whole = (double)(int64_t)x;
	return whole + (whole < x);
}

static double floor_of(double x)
{
	double up = systolic_ceil(x);
	return up > x ? up - 1 : up;
}

static double folds(const struct systolic_array *array, double down, double across)
{
	double all = systolic_ceil(down / array->rows) * systolic_ceil(across / array->columns);
	return systolic_ceil(all / array->arrays);
}

static double row_stationary(const struct systolic_array *array, const struct systolic_conv *conv)
{
	double height = smaller(conv->filter_height, array->rows);
	double width = smaller(conv->out_height, array->columns);
	double sets = floor_of(array->rows / height) * floor_of(array->columns / width);
	double pairs = conv->channels / conv->groups * (conv->filters / conv->groups);
	double turns =
		conv->images * conv->groups * systolic_ceil(conv->filter_height / array->rows) *
		systolic_ceil(conv->out_height / array->columns) * systolic_ceil(pairs / sets);
	return systolic_ceil(turns / array->arrays) * conv->out_width * conv->filter_width;
}

double systolic_gemm_cycles(const struct systolic_array *array, double m, double n, double k)
{
	double rows = array->rows, columns = array->columns;
	switch (array->dataflow) {
	case SYSTOLIC_WEIGHT_STATIONARY:
		return folds(array, k, n) * (2 * rows + columns + m - 2);
	case SYSTOLIC_INPUT_STATIONARY:
		return folds(array, k, m) * (2 * rows + columns + n - 2);
	case SYSTOLIC_OUTPUT_STATIONARY:
		return folds(array, m, n) * (rows + columns + k - 2);
	case SYSTOLIC_ROW_STATIONARY:
	case SYSTOLIC_DATAFLOW_COUNT:
		break;
	}
	const struct systolic_conv point = {.images = 1,
					    .out_height = m,
					    .out_width = 1,
					    .filter_height = 1,
					    .filter_width = 1,
					    .channels = k,
					    .filters = n,
					    .groups = 1};
	return row_stationary(array, &point);
}

double systolic_conv_cycles(const struct systolic_array *array, const struct systolic_conv *conv)
{
	if (array->dataflow == SYSTOLIC_ROW_STATIONARY)
		return row_stationary(array, conv);
	double m = conv->images * conv->out_height * conv->out_width;
	double k = conv->channels / conv->groups * conv->filter_height * conv->filter_width;
	/* groups one after another: their inputs differ, and an array has one input at a time */
	return conv->groups * systolic_gemm_cycles(array, m, conv->filters / conv->groups, k);
}

double systolic_conv_macs(const struct systolic_conv *conv)
{
	return conv->images * conv->out_height * conv->out_width * conv->filters *
	       (conv->channels / conv->groups) * conv->filter_height * conv->filter_width;
}

double systolic_utilization(const struct systolic_array *array, double macs, double cycles)
{
	return macs / (array->rows * array->columns * array->arrays * cycles);
}

double systolic_scale_sim_utilization(const struct systolic_array *array, double m, double n,
				      double k)
{
	double all = systolic_ceil(k / array->rows) * systolic_ceil(n / array->columns);
	double cycles = all * (2 * array->rows + 2 * array->columns + m - 3);
	return m * n * k / (array->rows * array->columns * cycles);
}
