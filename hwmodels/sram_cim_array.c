/* Products on compute-in-memory arrays; equations in sram_cim.h. */
#include "hwmodels/sram_cim.h"

#include <stdint.h>

#include "hwmodels/gemm_shape.h"

static const double record_act_bits = 16; /* of an output, and of an input that is not narrower */

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

static double whole_up(double x)
{
	if (!(x < 9007199254740992.0)) /* every double from here on is whole */
		return x;
	double whole = (double)(int64_t)x;
	return larger(1, whole + (whole < x));
}

static double table_entries(double group)
{
	double entries = 1;
	for (int g = 0; g < (int)group; g++)
		entries *= 2;
	return entries;
}

struct cim_work cim_work_of(const struct cim_array *array, const struct cim_product *product)
{
	struct cim_work work;
	double cycles;
	if (array->uses_tables) {
		work.loads =
			whole_up(product->k / array->group) * whole_up(product->n / array->lanes);
		cycles = table_entries(array->group) * array->build_cycles +
			 product->m * array->input_bits * (1 - array->reuse) * array->lookup_cycles;
	} else {
		work.loads = whole_up(product->k / array->rows) *
			     whole_up(product->n * product->weight_bits / array->columns);
		cycles = product->m * whole_up(array->input_bits / array->input_bits_per_cycle);
	}
	work.fills = whole_up(work.loads / array->macros);
	work.fill_seconds = cycles / array->clock_hz;
	return work;
}

double cim_seconds(const struct cim_array *array, const struct cim_work *work,
		   double stream_seconds)
{
	double compute = work->fills * work->fill_seconds;
	if (!array->double_buffer)
		return stream_seconds + compute;
	return larger(stream_seconds, compute) +
	       smaller(stream_seconds / work->fills, work->fill_seconds);
}

/* Reads KERNEL as packed into PRODUCT where its inputs and outputs tell; false: they do not. */
static bool is_packed(const struct cim_array *array, const struct sim_kernel *kernel,
		      const struct gemm_shape *shape, struct cim_product *product)
{
	double input_bits = smaller(sim_dtype_bits(kernel->dtype), record_act_bits);
	double inputs = (double)kernel->act_read_bytes * 8 / larger(1, input_bits);
	double outputs = ((double)kernel->act_write_bytes + (double)kernel->kv_write_bytes) * 8 /
			 record_act_bits;
	double flops = larger(1, (double)kernel->flops);
	double narrowest = flops / 2 * array->weight_bits / (shape->weights * shape->weight_bits);
	double rows = larger(larger(1, narrowest), 2 * inputs * outputs / flops);
	if (kernel->op == SIM_OP_ATTENTION || !(inputs > 0 && outputs > 0) || shape->m <= 3 * rows)
		return false;
	double weights = larger(1, flops / 2 / rows);
	product->m = rows;
	product->k = smaller(larger(1, inputs / rows), weights);
	product->n = weights / product->k;
	product->weight_bits = shape->weights * shape->weight_bits / weights;
	return true;
}

struct cim_product cim_product_of(const struct cim_array *array, const struct sim_kernel *kernel)
{
	struct sim_kernel record = *kernel;
	if (record.dtype >= SIM_DTYPE_COUNT)
		record.dtype = SIM_DTYPE_UNKNOWN;
	if (record.weight_bytes == 0 && record.kv_read_bytes == 0) {
		record.weight_bytes = record.act_read_bytes;
		record.act_read_bytes = 0;
	}
	struct gemm_shape shape = gemm_shape_of(&record);
	struct cim_product product = {shape.m, shape.n, shape.k, shape.weight_bits};
	if (!array->uses_tables) {
		(void)is_packed(array, &record, &shape, &product);
		return product;
	}
	product.weight_bits = array->weight_bits;
	product.k *= shape.weight_bits / array->weight_bits;
	product.m = (double)record.flops / (2 * product.k * product.n);
	return product;
}
