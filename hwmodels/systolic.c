/*
 * systolic: arrays that matrix products stream through, a vector unit, and buffers in front of the
 * main memory.
 *
 *   t = op.fixed + max(cycles p / clock, B / (s BW))      products, double buffering
 *   t = op.fixed + cycles p / clock + B / (s BW)          products, without
 *   vector kernels: ops / (lanes clock_v) in place of cycles p / clock
 *
 *   cycles   of the dataflow (systolic.h), a function of the product's shape
 *   p        passes: ceil(bits of a weight / array.bits) ceil(bits of an activation / array.bits)
 *   B        bytes of the record, and what the buffers cannot hold for its next use, b bytes each:
 *            weight stationary   inputs M K b > sram.in: read anew for each of ceil(N/C) columns of
 *                                folds; sums 4 M C > sram.out: written and read for each further
 *                                fold along K
 *            input stationary    the same with weights and N in place of inputs and M
 *            output stationary   inputs R K b > sram.in: read ceil(N/C) times; weights N K > sram.
 *                                weight: read ceil(M/R) times
 *            row stationary      weights N K > sram.weight: read for each strip of ceil(M/C)
 *            (double buffering leaves half of each buffer)
 *   BW, s    peak bandwidth of the main memory, share that streaming reaches
 *
 * The array is one resource, busy for its seconds, the vector unit another, the memory the third.
 * Shapes come out of the record (gemm_shape.h); a product of activations alone (no weights) is taken
 * as one matrix product. An attention's keys and values stand for the weights: a fold holds R x C of
 * them. A depthwise convolution's record goes to the vector unit, as op graphs mark it.
 * Every product reads its inputs from and writes its outputs to the main memory, as in SCALE-Sim.
 * Limits: no bank conflicts, no interconnect between arrays, softmax inside attention is free.
 * Sources: SCALE-Sim v2 for cycles; buffers as in its memory model (Samajdar et al., ISPASS 2020),
 * reduced to whether the reused operand fits.
 */
#include "hwmodels/systolic.h"

#include <math.h>

#include "hwmodels/chip_parts.h"
#include "hwmodels/gemm_shape.h"
#include "hwmodels/hwmodels.h"

/* clang-format off */
#define SYSTOLIC_PARAMS(X) \
	X(ROWS,      "array.rows",       COUNT,       REQUIRED, 1,   1e6,  NAN, "rows of an array") \
	X(COLUMNS,   "array.columns",    COUNT,       REQUIRED, 1,   1e6,  NAN, "columns of an array") \
	X(ARRAYS,    "array.count",      COUNT,       OPTIONAL, 1,   1e6,  1,   "arrays that share the folds of a product") \
	X(CLOCK,     "array.clock",      HERTZ,       REQUIRED, 1e3, 1e11, NAN, "clock of the arrays") \
	X(DATAFLOW,  "array.dataflow",   COUNT,       OPTIONAL, 0,   3,    0,   "0 weight, 1 input, 2 output, 3 row stationary") \
	X(BITS,      "array.bits",       COUNT,       OPTIONAL, 1,   64,   16,  "widest operand of one multiply-add; wider ones take several passes") \
	X(SRAM_IN,   "sram.in",          BYTES,       REQUIRED, 1,   1e12, NAN, "buffer of inputs") \
	X(SRAM_WEIGHT, "sram.weight",    BYTES,       REQUIRED, 1,   1e12, NAN, "buffer of weights") \
	X(SRAM_OUT,  "sram.out",         BYTES,       REQUIRED, 1,   1e12, NAN, "buffer of outputs and sums") \
	X(DOUBLE,    "sram.double",      COUNT,       OPTIONAL, 0,   1,    1,   "1: the next tile is fetched while this one is computed") \
	X(LANES,     "vector.lanes",     COUNT,       REQUIRED, 1,   1e9,  NAN, "operations a cycle of the vector unit") \
	X(VECTOR_CLOCK, "vector.clock",  HERTZ,       OPTIONAL, 1e3, 1e11, NAN, "clock of the vector unit; unknown: as the arrays") \
	X(BANDWIDTH, "memory.bandwidth", BYTES_PER_S, REQUIRED, 1e3, 1e18, NAN, "peak bandwidth of the main memory")
/* clang-format on */

enum {
#define X(name, ...) SYSTOLIC_##name,
	SYSTOLIC_PARAMS(X)
#undef X
		SYSTOLIC_PARAM_COUNT
};

static const struct hw_param params[] = {SYSTOLIC_PARAMS(GPU_PARAM_ROW) CHIP_PARAMS(GPU_PARAM_ROW)};

enum { RESOURCE_MEMORY, RESOURCE_ARRAY, RESOURCE_VECTOR, RESOURCE_COUNT };

struct systolic_state {
	struct systolic_array array;
	struct chip_energy energy;
	double seconds_per_cycle, seconds_per_op, seconds_per_byte;
	double array_bits;
	double in_bytes, weight_bytes, out_bytes; /* usable at a time */
	int64_t fixed_ps;
	bool overlaps;
};

/* A product as the arrays see it. */
struct product {
	double m, n, k;
	double weight_bytes, in_bytes; /* of one element */
	double passes;
};

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* Two activations multiplied, taken as one product: flops = 2 M N K, writes M N, reads (M + N) K. */
static void shape_of_activations(const struct sim_kernel *kernel, double bits,
				 struct product *product)
{
	double macs = larger(1, (double)kernel->flops / 2);
	double written = larger(1, (double)kernel->act_write_bytes * 8 / bits);
	double read = (double)kernel->act_read_bytes * 8 / bits;
	double k = larger(1, macs / written), both = read / k;
	double root = both * both - 4 * written;
	product->m = root > 0 ? larger(1, (both - sqrt(root)) / 2) : sqrt(written);
	product->k = k;
	product->n = larger(1, macs / k / product->m);
}

/* Rounded up to whole, but for what a division leaves behind. */
static double whole(double x)
{
	return larger(1, systolic_ceil(x * (1 - 1e-12)));
}

static struct product product_of(const struct systolic_state *state,
				 const struct sim_kernel *kernel)
{
	double bits = chip_bits(kernel), in_bits = bits < 8 ? 16 : bits;
	struct product product = {.weight_bytes = bits / 8, .in_bytes = in_bits / 8};
	if (kernel->weight_bytes > 0 || kernel->kv_read_bytes > 0) {
		struct gemm_shape shape = gemm_shape_of(kernel);
		product.m = shape.m;
		product.n = shape.n;
		product.k = shape.k;
	} else {
		shape_of_activations(kernel, in_bits, &product);
	}
	product.m = whole(product.m);
	product.n = whole(product.n);
	product.k = whole(product.k);
	product.passes = systolic_ceil(bits / state->array_bits) *
			 systolic_ceil(in_bits / state->array_bits);
	return product;
}

/* Bytes read again or spilled because the buffers are small. */
static double refetched(const struct systolic_state *state, const struct product *product)
{
	const double sum_bytes = 4;
	double rows = state->array.rows, columns = state->array.columns;
	double in = product->m * product->k * product->in_bytes;
	double weights = product->n * product->k * product->weight_bytes;
	double sums =
		product->m * product->n * sum_bytes * 2 * (systolic_ceil(product->k / rows) - 1);
	double again_in = in * (systolic_ceil(product->n / columns) - 1);
	switch (state->array.dataflow) {
	case SYSTOLIC_WEIGHT_STATIONARY:
		return (in > state->in_bytes ? again_in : 0) +
		       (product->m * columns * sum_bytes > state->out_bytes ? sums : 0);
	case SYSTOLIC_INPUT_STATIONARY:
		return (weights > state->weight_bytes
				? weights * (systolic_ceil(product->m / columns) - 1)
				: 0) +
		       (product->n * columns * sum_bytes > state->out_bytes ? sums : 0);
	case SYSTOLIC_OUTPUT_STATIONARY:
		return (rows * product->k * product->in_bytes > state->in_bytes ? again_in : 0) +
		       (weights > state->weight_bytes
				? weights * (systolic_ceil(product->m / rows) - 1)
				: 0);
	case SYSTOLIC_ROW_STATIONARY:
	case SYSTOLIC_DATAFLOW_COUNT:
		break;
	}
	return weights > state->weight_bytes ? weights * (systolic_ceil(product->m / columns) - 1)
					     : 0;
}

static double memory_bytes(const struct systolic_state *state, const struct sim_kernel *kernel,
			   const struct product *product)
{
	return chip_bytes(kernel) + (product != NULL ? refetched(state, product) : 0);
}

static void demand_of(const struct systolic_state *state, const struct sim_kernel *kernel,
		      struct machine_demand *demand)
{
	bool matrix = chip_is_matrix(kernel);
	double busy, bytes;
	*demand = (struct machine_demand){.fixed_ps = state->fixed_ps};
	if (matrix) {
		struct product product = product_of(state, kernel);
		busy = systolic_gemm_cycles(&state->array, product.m, product.n, product.k) *
		       product.passes * state->seconds_per_cycle;
		bytes = memory_bytes(state, kernel, &product);
	} else {
		busy = chip_vector_ops(kernel) * state->seconds_per_op;
		bytes = memory_bytes(state, kernel, NULL);
	}
	demand->work[RESOURCE_MEMORY] = bytes;
	demand->work[matrix ? RESOURCE_ARRAY : RESOURCE_VECTOR] =
		busy + (state->overlaps ? 0 : bytes * state->seconds_per_byte);
}

static void systolic_demand(const struct machine *machine, const struct sim_kernel *kernels,
			    size_t count, struct machine_demand *demands)
{
	for (size_t i = 0; i < count; i++)
		demand_of(machine->state, &kernels[i], &demands[i]);
}

/* Operands and results cross the buffers once for every fold that uses them. */
static double sram_bytes(const struct systolic_array *array, const struct product *product)
{
	const double sum_bytes = 4;
	double rows = array->rows, columns = array->columns;
	double in = product->m * product->k * product->in_bytes;
	double weights = product->n * product->k * product->weight_bytes;
	double out = product->m * product->n * sum_bytes;
	double down_k = systolic_ceil(product->k / rows);
	switch (array->dataflow) {
	case SYSTOLIC_WEIGHT_STATIONARY:
		return in * systolic_ceil(product->n / columns) + weights + out * (2 * down_k - 1);
	case SYSTOLIC_INPUT_STATIONARY:
		return in + weights * systolic_ceil(product->m / columns) + out * (2 * down_k - 1);
	case SYSTOLIC_OUTPUT_STATIONARY:
		return in * systolic_ceil(product->n / columns) +
		       weights * systolic_ceil(product->m / rows) + out;
	case SYSTOLIC_ROW_STATIONARY:
	case SYSTOLIC_DATAFLOW_COUNT:
		break;
	}
	return in + weights * systolic_ceil(product->m / columns) + out;
}

static void systolic_energy(const struct machine *machine, const struct sim_kernel *kernels,
			    size_t count, struct machine_energy *energies)
{
	const struct systolic_state *state = machine->state;
	for (size_t i = 0; i < count; i++) {
		struct chip_work work = {0};
		if (chip_is_matrix(&kernels[i])) {
			struct product product = product_of(state, &kernels[i]);
			work.memory_bytes = memory_bytes(state, &kernels[i], &product);
			work.sram_bytes = sram_bytes(&state->array, &product);
			work.macs = (double)kernels[i].flops / 2 * product.passes;
		} else {
			work.memory_bytes = memory_bytes(state, &kernels[i], NULL);
			work.vector_ops = chip_vector_ops(&kernels[i]);
		}
		chip_energy_of(&state->energy, &work, &energies[i]);
	}
}

static void fill_state(const double *values, struct systolic_state *state)
{
	const double *chip = values + SYSTOLIC_PARAM_COUNT;
	double vector_clock = values[SYSTOLIC_VECTOR_CLOCK];
	state->overlaps = values[SYSTOLIC_DOUBLE] > 0;
	double share = state->overlaps ? 0.5 : 1;
	if (isnan(vector_clock))
		vector_clock = values[SYSTOLIC_CLOCK];
	state->array = (struct systolic_array){
		.rows = values[SYSTOLIC_ROWS],
		.columns = values[SYSTOLIC_COLUMNS],
		.arrays = values[SYSTOLIC_ARRAYS],
		.dataflow = (enum systolic_dataflow)values[SYSTOLIC_DATAFLOW]};
	state->array_bits = values[SYSTOLIC_BITS];
	state->seconds_per_cycle = 1 / values[SYSTOLIC_CLOCK];
	state->seconds_per_op = 1 / (values[SYSTOLIC_LANES] * vector_clock);
	state->seconds_per_byte = 1 / (values[SYSTOLIC_BANDWIDTH] * chip[CHIP_MEMORY_SUSTAINED]);
	state->in_bytes = values[SYSTOLIC_SRAM_IN] * share;
	state->weight_bytes = values[SYSTOLIC_SRAM_WEIGHT] * share;
	state->out_bytes = values[SYSTOLIC_SRAM_OUT] * share;
	state->fixed_ps = ps_from_seconds(chip[CHIP_OP_FIXED]);
	chip_parts_energy(chip, &state->energy);
}

static enum sim_status systolic_build(const double *values, struct arena *arena,
				      struct machine *machine, struct sim_diag *diag)
{
	struct systolic_state *state = arena_alloc(arena, sizeof(*state));
	if (state == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	fill_state(values, state);
	chip_parts_machine(values + SYSTOLIC_PARAM_COUNT, values[SYSTOLIC_BANDWIDTH], machine);
	machine->resource_count = RESOURCE_COUNT;
	machine->resources[RESOURCE_MEMORY] =
		(struct machine_resource){"memory", 1 / state->seconds_per_byte, 0, SIM_PART_HBM};
	machine->resources[RESOURCE_ARRAY] =
		(struct machine_resource){"array", 1, 0, SIM_PART_COMPUTE};
	machine->resources[RESOURCE_VECTOR] =
		(struct machine_resource){"vector", 1, 0, SIM_PART_COMPUTE};
	machine->state = state;
	machine->demand = systolic_demand;
	machine->energy = systolic_energy;
	return SIM_OK;
}

static void systolic_lint(const struct hw_lint *lint)
{
	double buffers = hw_lint_value(lint, "sram.in") + hw_lint_value(lint, "sram.weight") +
			 hw_lint_value(lint, "sram.out");
	double edges = hw_lint_value(lint, "array.count") * hw_lint_value(lint, "array.clock") *
		       (hw_lint_value(lint, "array.rows") + hw_lint_value(lint, "array.columns")) *
		       hw_lint_value(lint, "array.bits") / 8;
	double memory = hw_lint_value(lint, "memory.bandwidth");
	chip_lint(lint);
	if (buffers > hw_lint_value(lint, "memory.capacity"))
		hw_lint_find(lint, true, "memory.capacity",
			     "buffers of %.4g B are larger than the memory behind them", buffers);
	if (memory > edges)
		hw_lint_find(lint, false, "memory.bandwidth",
			     "%.4g B/s: the edges of all arrays take %.4g at most", memory, edges);
}

const struct hw_model hw_model_systolic = {
	.name = "systolic",
	.equation =
		"t = fixed + max(cycles of the dataflow / clock, bytes / bandwidth); the sum of "
		"both without double buffering",
	.source = "SCALE-Sim v2 (scalesim-project/scale-sim-v2 @22f88b1); row stationary: Eyeriss, "
		  "ISCA 2016",
	.params = params,
	.param_count = sizeof(params) / sizeof(params[0]),
	.build = systolic_build,
	.lint = systolic_lint,
};
