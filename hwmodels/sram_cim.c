/*
 * sram_cim: SRAM arrays that multiply where they store, fed from a DRAM.
 *
 *   t = fixed + max(D, U, X, E, P c / f) + min(max(D, U, X) / P, c / f)     two buffers
 *   t = fixed + max(max(D, U, X) + P c / f, E)                              one
 *
 *   D = B / (efficiency * BW)     B  bytes of DRAM: weights, KV read and written, and activations
 *                                 where those of a kernel do not fit into the global buffer
 *   U = (B + activations) / bus   bus  the narrowest of chip, clusters and tiles together
 *   X = operand / write           write  what the cells of all macros take a second
 *   E = max(e / nonlinear, s / accumulate)
 *       e  activations in and out, scores of an attention, operations of what is no product
 *       s  partial sums: M N ceil(K / R), bit-serial only
 *   fixed      kernel.fixed, and the cycles of macro.latency of a product
 *   P, c / f   fills of the arrays and the computation of one, sram_cim.h; 0 for what is no product
 *
 * A kernel's activations stay in the global buffer; weights come anew for every kernel, since a model
 * is larger than the cells. With `array.resident` they stay in the macros: then the macros are the
 * memory that must hold them, the DRAM holds KV alone, and there is no byte floor.
 *
 * Energy: B dram + operand write + (B + activations) bus + e nonlinear + s accumulate
 *         + (operand bits * M * a) mac        (mac: one bit of weight times one of activation)
 * and static power; those of tables: mac is of one look-up, build counted as 2^g of them.
 *
 * Limits: floating point is charged as integers of its width; which cluster a head lies on is not
 * told (all macros are equal); softmax takes nonlinear.head as the width of a head.
 * Sources: EdgeCIM (arXiv 2604.11512), Colonnade (Kim, JSSC 56(7), 2021), SAIL (arXiv 2509.25853).
 */
#include "hwmodels/sram_cim.h"

#include <math.h>

#include "hwmodels/hwmodels.h"
#include "hwmodels/lint.h"

/* clang-format off */
/*  name          key                     unit         need      low  high  fallback  what */
#define CIM_PARAMS(X) \
	X(CLUSTERS,    "array.clusters",       COUNT,       REQUIRED, 1,   1e6,  NAN, "clusters of the chip") \
	X(TILES,       "array.tiles",          COUNT,       REQUIRED, 1,   1e6,  NAN, "tiles of a cluster that compute at once") \
	X(ALL_TILES,   "array.tiles.total",    COUNT,       OPTIONAL, 1,   1e6,  NAN, "tiles of a cluster; unknown: those that compute") \
	X(MACROS,      "array.macros",         COUNT,       REQUIRED, 1,   1e9,  NAN, "macros (processing elements) of a tile") \
	X(DOUBLE,      "array.double_buffer",  COUNT,       OPTIONAL, 0,   1,    NAN, "1: cells fill while others compute; unknown: where there are twice the tiles that compute") \
	X(RESIDENT,    "array.resident",       COUNT,       OPTIONAL, 0,   1,    0,   "1: weights stay in the macros and must fit there") \
	X(ROWS,        "macro.rows",           COUNT,       REQUIRED, 1,   1e6,  NAN, "rows of a macro: inputs that are summed") \
	X(COLUMNS,     "macro.columns",        COUNT,       REQUIRED, 1,   1e6,  NAN, "columns of cells of a macro") \
	X(CLOCK,       "macro.clock",          HERTZ,       REQUIRED, 1e3, 1e11, NAN, "clock of macros and buses") \
	X(LATENCY,     "macro.latency",        COUNT,       OPTIONAL, 0,   1e6,  0,   "cycles to drain a product: adder tree, accumulation") \
	X(WRITE,       "macro.write",          COUNT,       OPTIONAL, 1,   1e9,  NAN, "cells of a macro that are written a cycle; unknown: no limit") \
	X(WEIGHT_BITS, "weight.bits",          COUNT,       OPTIONAL, 1,   64,   4,   "bits of the narrowest weights that it is given; tables are built for them") \
	X(INPUT_BITS,  "input.bits",           COUNT,       OPTIONAL, 1,   64,   8,   "bits of an activation as the macros take it") \
	X(INPUT_CYCLE, "input.bits_per_cycle", COUNT,       OPTIONAL, 1,   64,   1,   "of them in a cycle") \
	X(GROUP,       "table.group",          COUNT,       OPTIONAL, 1,   16,   NAN, "weights of a look-up table; unknown: bit-serial products, no tables") \
	X(LANES,       "table.lanes",          COUNT,       OPTIONAL, 1,   1e6,  NAN, "tables of an array that are looked up at once; unknown: its columns") \
	X(BUILD,       "table.build",          RATIO,       OPTIONAL, 0,   1e6,  1,   "cycles to build one entry of a table") \
	X(LOOKUP,      "table.lookup",         RATIO,       OPTIONAL, 0,   1e6,  1,   "cycles of a look-up and its addition") \
	X(REUSE,       "table.reuse",          RATIO,       OPTIONAL, 0,   1,    0,   "share of look-ups that repeat a pattern and are skipped") \
	X(BUS_CHIP,    "bus.chip",             COUNT,       OPTIONAL, 1,   1e9,  NAN, "bits of the bus between clusters; unknown: no limit") \
	X(BUS_CLUSTER, "bus.cluster",          COUNT,       OPTIONAL, 1,   1e9,  NAN, "bits of the bus between the tiles of a cluster; unknown: no limit") \
	X(BUS_TILE,    "bus.tile",             COUNT,       OPTIONAL, 1,   1e9,  NAN, "bits of the bus in a tile; unknown: no limit") \
	X(BUFFER,      "buffer.capacity",      BYTES,       REQUIRED, 1,   1e15, NAN, "global buffer: activations of a kernel that stay on the chip") \
	X(NONLINEAR,   "nonlinear.rate",       FLOPS_PER_S, REQUIRED, 1e3, 1e21, NAN, "elements a second of softmax, norm, activation and quantization") \
	X(HEAD,        "nonlinear.head",       COUNT,       OPTIONAL, 1,   1e6,  64,  "elements of an attention head, for the scores that softmax takes") \
	X(ACCUMULATE,  "accumulate.rate",      FLOPS_PER_S, OPTIONAL, 1e3, 1e21, NAN, "partial sums a second of tiles, clusters and chip; unknown: no limit") \
	X(FIXED,       "kernel.fixed",         SECONDS,     OPTIONAL, 0,   1,    0,   "control of a kernel, before it starts") \
	X(BANDWIDTH,   "dram.bandwidth",       BYTES_PER_S, REQUIRED, 1e6, 1e18, NAN, "peak bandwidth of the memory") \
	X(EFFICIENCY,  "dram.efficiency",      RATIO,       OPTIONAL, 0.01, 1,   1,   "share of it that streaming draws") \
	X(CAPACITY,    "dram.capacity",        BYTES,       REQUIRED, 1e3, 1e18, NAN, "capacity of the memory") \
	X(DRAM_J,      "dram.energy",          JOULES_PER_BYTE, OPTIONAL, 0, 1,  NAN, "energy of a byte of the memory, interface included") \
	X(MAC_J,       "mac.energy",           JOULES,      OPTIONAL, 0,   1,    NAN, "energy of one bit of weight times one of activation; tables: of a look-up") \
	X(WRITE_J,     "macro.write.energy",   JOULES_PER_BYTE, OPTIONAL, 0, 1,  NAN, "energy of a byte written into cells") \
	X(BUS_J,       "bus.energy",           JOULES_PER_BYTE, OPTIONAL, 0, 1,  NAN, "energy of a byte over buses and buffer") \
	X(NONLINEAR_J, "nonlinear.energy",     JOULES,      OPTIONAL, 0,   1,    NAN, "energy of an element of the nonlinear units, or of a partial sum") \
	X(BAND,        "energy.band",          RATIO,       OPTIONAL, 0,   1,    NAN, "relative uncertainty of energies and of static power") \
	X(STATIC,      "static.power",         WATTS,       OPTIONAL, 0,   1e7,  NAN, "drawn whatever runs: leakage, refresh, clocks") \
	X(LIMIT,       "power.limit",          WATTS,       OPTIONAL, 1e-6, 1e7, NAN, "power limit") \
	X(AREA,        "area",                 SQUARE_METERS, OPTIONAL, 0, 1,    NAN, "area of silicon, memory not included") \
	X(PRICE,       "price",                USD,         OPTIONAL, 0,   1e9,  NAN, "price of one device") \
	X(PRICE_HOUR,  "price.hour",           USD_PER_HOUR, OPTIONAL, 0,  1e6,  NAN, "price of an hour of one device")

static const struct hw_param params[] = {
#define X(name, key, unit, need, low, high, fallback, what) \
	{key, UNIT_##unit, HW_##need, low, high, fallback, what},
	CIM_PARAMS(X)
#undef X
};

enum {
#define X(name, ...) CIM_##name,
	CIM_PARAMS(X)
#undef X
};
/* clang-format on */

enum {
	RESOURCE_DRAM,
	RESOURCE_BUS,
	RESOURCE_WRITE,
	RESOURCE_MACROS,
	RESOURCE_NONLINEAR,
	RESOURCE_ACCUMULATE,
	RESOURCE_COUNT
};

enum { QUEUE_DEPTH = 1024 };

/* Of resources that are no limit: less than a picosecond for any amount. */
static const double no_limit = 1e40;
static const double record_bytes = 2; /* of an activation */

struct cim_state {
	struct cim_array array;
	bool resident;
	double buffer_bytes, head;
	double ps_per_unit[RESOURCE_COUNT];
	int64_t fixed_ps, drain_ps;
	double dram_pj, mac_pj, write_pj, bus_pj, nonlinear_pj, band;
};

/* What a kernel moves and does. */
struct cim_amounts {
	bool is_product;
	double dram_bytes, bus_bytes, operand_bytes;
	double elements, sums, bit_products;
	struct cim_work work;
};

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

static bool is_product(const struct sim_kernel *kernel)
{
	return kernel->op == SIM_OP_GEMM || kernel->op == SIM_OP_GROUPED_GEMM ||
	       kernel->op == SIM_OP_ATTENTION;
}

static void move(const struct cim_state *state, const struct sim_kernel *kernel,
		 struct cim_amounts *of)
{
	double weights = (double)kernel->weight_bytes, kv_read = (double)kernel->kv_read_bytes;
	double act = (double)kernel->act_read_bytes + (double)kernel->act_write_bytes;
	bool spills = act > state->buffer_bytes || kernel->family == SIM_FAMILY_MEMCPY_HOST;
	double kv = kv_read + (double)kernel->kv_write_bytes;
	of->dram_bytes = kv + (spills ? act : 0) + (state->resident ? 0 : weights);
	of->bus_bytes = kv + act + (state->resident ? 0 : weights);
	of->operand_bytes = kv_read + (state->resident ? 0 : weights);
	of->elements = act / record_bytes;
}

static void multiply(const struct cim_state *state, const struct sim_kernel *kernel,
		     struct cim_amounts *of)
{
	const struct cim_array *array = &state->array;
	struct cim_product product = cim_product_of(array, kernel);
	double cells = product.n * product.k * product.weight_bits;
	of->work = cim_work_of(array, &product);
	if (kernel->weight_bytes == 0 && kernel->kv_read_bytes == 0)
		of->operand_bytes = cells / 8;
	if (kernel->op == SIM_OP_ATTENTION)
		of->elements += (double)kernel->flops / 4 / state->head;
	if (array->uses_tables) {
		of->bit_products =
			of->work.loads * of->work.fill_seconds * array->clock_hz * array->lanes;
	} else {
		of->bit_products = cells * product.m * array->input_bits;
		of->sums = product.m * product.n * larger(1, product.k / array->rows);
	}
}

static struct cim_amounts amounts_of(const struct cim_state *state, const struct sim_kernel *kernel)
{
	struct cim_amounts of = {.is_product = is_product(kernel)};
	move(state, kernel, &of);
	if (of.is_product)
		multiply(state, kernel, &of);
	else
		of.elements = larger(of.elements, (double)kernel->flops);
	return of;
}

static void demand_of(const struct cim_state *state, const struct sim_kernel *kernel,
		      struct machine_demand *demand)
{
	struct cim_amounts of = amounts_of(state, kernel);
	double compute = of.work.fills * of.work.fill_seconds, stream = 0;
	*demand = (struct machine_demand){.fixed_ps = state->fixed_ps};
	demand->work[RESOURCE_DRAM] = of.dram_bytes;
	demand->work[RESOURCE_BUS] = of.bus_bytes;
	demand->work[RESOURCE_WRITE] = of.is_product ? of.operand_bytes : 0;
	demand->work[RESOURCE_MACROS] = compute;
	demand->work[RESOURCE_NONLINEAR] = of.elements;
	demand->work[RESOURCE_ACCUMULATE] = of.sums;
	if (!of.is_product)
		return;
	demand->fixed_ps += state->drain_ps;
	for (int r = RESOURCE_DRAM; r <= RESOURCE_WRITE; r++)
		stream = larger(stream, demand->work[r] * state->ps_per_unit[r]);
	if (state->array.double_buffer)
		demand->fixed_ps +=
			time_from_ps(smaller(stream / of.work.fills, of.work.fill_seconds * 1e12));
	else
		demand->limit_ps = time_from_ps(stream + compute * 1e12);
}

static void cim_demand(const struct machine *machine, const struct sim_kernel *kernels,
		       size_t count, struct machine_demand *demands)
{
	for (size_t i = 0; i < count; i++)
		demand_of(machine->state, &kernels[i], &demands[i]);
}

static void cim_energy(const struct machine *machine, const struct sim_kernel *kernels,
		       size_t count, struct machine_energy *energies)
{
	const struct cim_state *state = machine->state;
	for (size_t i = 0; i < count; i++) {
		struct cim_amounts of = amounts_of(state, &kernels[i]);
		struct machine_energy *energy = &energies[i];
		*energy = (struct machine_energy){0};
		energy->pj[ENERGY_MEMORY] = of.dram_bytes * state->dram_pj;
		energy->pj[ENERGY_COMPUTE] = of.bit_products * state->mac_pj +
					     (of.elements + of.sums) * state->nonlinear_pj;
		if (of.is_product)
			energy->pj[ENERGY_COMPUTE] += of.operand_bytes * state->write_pj;
		energy->pj[ENERGY_LINK] = of.bus_bytes * state->bus_pj;
		double sum = energy->pj[ENERGY_MEMORY] + energy->pj[ENERGY_COMPUTE] +
			     energy->pj[ENERGY_LINK];
		energy->low_pj = sum * (1 - state->band);
		energy->high_pj = sum * (1 + state->band);
	}
}

static void build_array(const double *values, struct cim_array *array)
{
	double all = values[CIM_ALL_TILES], twice = values[CIM_DOUBLE];
	*array = (struct cim_array){
		.macros = values[CIM_CLUSTERS] * values[CIM_TILES] * values[CIM_MACROS],
		.rows = values[CIM_ROWS],
		.columns = values[CIM_COLUMNS],
		.clock_hz = values[CIM_CLOCK],
		.input_bits = values[CIM_INPUT_BITS],
		.input_bits_per_cycle = values[CIM_INPUT_CYCLE],
		.weight_bits = values[CIM_WEIGHT_BITS],
		.double_buffer = isnan(twice) ? all >= 2 * values[CIM_TILES] : twice > 0,
		.uses_tables = !isnan(values[CIM_GROUP]),
		.group = values[CIM_GROUP],
		.lanes = isnan(values[CIM_LANES]) ? values[CIM_COLUMNS] : values[CIM_LANES],
		.build_cycles = values[CIM_BUILD],
		.lookup_cycles = values[CIM_LOOKUP],
		.reuse = values[CIM_REUSE],
	};
}

static double bus_rate(const double *values)
{
	double clusters = values[CIM_CLUSTERS], tiles = clusters * values[CIM_TILES];
	double bits = no_limit;
	if (!isnan(values[CIM_BUS_CHIP]))
		bits = values[CIM_BUS_CHIP];
	if (!isnan(values[CIM_BUS_CLUSTER]))
		bits = smaller(bits, values[CIM_BUS_CLUSTER] * clusters);
	if (!isnan(values[CIM_BUS_TILE]))
		bits = smaller(bits, values[CIM_BUS_TILE] * tiles);
	return bits < no_limit ? bits / 8 * values[CIM_CLOCK] : no_limit;
}

static void build_resources(const double *values, const struct cim_array *array,
			    struct machine *machine)
{
	double write = array->macros * values[CIM_WRITE] / 8 * array->clock_hz;
	double sums = values[CIM_ACCUMULATE];
	const struct machine_resource resources[RESOURCE_COUNT] = {
		[RESOURCE_DRAM] = {"dram", values[CIM_BANDWIDTH] * values[CIM_EFFICIENCY], 0,
				   SIM_PART_HBM},
		[RESOURCE_BUS] = {"bus", bus_rate(values), 0, SIM_PART_L2},
		[RESOURCE_WRITE] = {"cells", isnan(write) ? no_limit : write, 0, SIM_PART_L2},
		[RESOURCE_MACROS] = {"macros", 1, 0, SIM_PART_COMPUTE},
		[RESOURCE_NONLINEAR] = {"nonlinear", values[CIM_NONLINEAR], 0, SIM_PART_COMPUTE},
		[RESOURCE_ACCUMULATE] = {"accumulate", isnan(sums) ? no_limit : sums, 0,
					 SIM_PART_COMPUTE},
	};
	machine->resource_count = RESOURCE_COUNT;
	for (int r = 0; r < RESOURCE_COUNT; r++)
		machine->resources[r] = resources[r];
}

static void build_memory(const double *values, struct machine *machine)
{
	double tiles = isnan(values[CIM_ALL_TILES]) ? values[CIM_TILES] : values[CIM_ALL_TILES];
	machine->memory_bytes_per_s = values[CIM_BANDWIDTH];
	machine->memory_bytes = values[CIM_CAPACITY];
	if (values[CIM_RESIDENT] > 0) {
		machine->memory_bytes_per_s = 0;
		machine->memory_bytes = values[CIM_CLUSTERS] * tiles * values[CIM_MACROS] *
					values[CIM_ROWS] * values[CIM_COLUMNS] / 8;
		machine->kv_memory_bytes = values[CIM_CAPACITY];
	}
}

static void build_costs(const double *values, struct cim_state *state, struct machine *machine)
{
	double band = values[CIM_BAND], watts = values[CIM_STATIC];
	state->dram_pj = values[CIM_DRAM_J] * 1e12;
	state->mac_pj = values[CIM_MAC_J] * 1e12;
	state->write_pj = values[CIM_WRITE_J] * 1e12;
	state->bus_pj = values[CIM_BUS_J] * 1e12;
	state->nonlinear_pj = values[CIM_NONLINEAR_J] * 1e12;
	state->band = band;
	machine->cost.static_w = watts;
	machine->cost.static_low_w = watts * (1 - band);
	machine->cost.static_high_w = watts * (1 + band);
	machine->cost.limit_w = values[CIM_LIMIT];
	machine->cost.area_mm2 = values[CIM_AREA] * 1e6;
	machine->cost.price_usd = values[CIM_PRICE];
	machine->cost.usd_per_hour = values[CIM_PRICE_HOUR];
}

static enum sim_status cim_build(const double *values, struct arena *arena, struct machine *machine,
				 struct sim_diag *diag)
{
	struct cim_state *state = arena_alloc(arena, sizeof(*state));
	if (state == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (values[CIM_ALL_TILES] < values[CIM_TILES])
		return diag_fail(diag, SIM_E_RANGE,
				 "array.tiles.total is below array.tiles: more tiles would compute "
				 "than there are");
	build_array(values, &state->array);
	build_resources(values, &state->array, machine);
	build_memory(values, machine);
	build_costs(values, state, machine);
	state->resident = values[CIM_RESIDENT] > 0;
	state->buffer_bytes = values[CIM_BUFFER];
	state->head = values[CIM_HEAD];
	state->fixed_ps = ps_from_seconds(values[CIM_FIXED]);
	state->drain_ps = ps_from_seconds(values[CIM_LATENCY] / values[CIM_CLOCK]);
	for (int r = 0; r < RESOURCE_COUNT; r++)
		state->ps_per_unit[r] = 1e12 / machine->resources[r].rate_per_s;
	machine->launch.queue_depth = QUEUE_DEPTH;
	machine->state = state;
	machine->demand = cim_demand;
	machine->energy = cim_energy;
	return SIM_OK;
}

static void cim_lint(const struct hw_lint *lint)
{
	double columns = hw_lint_value(lint, "macro.columns");
	double clock = hw_lint_value(lint, "macro.clock"), chip = hw_lint_value(lint, "bus.chip");
	double bandwidth = hw_lint_value(lint, "dram.bandwidth");
	if (hw_lint_value(lint, "macro.write") > columns * hw_lint_value(lint, "macro.rows"))
		hw_lint_find(lint, true, "macro.write", "more cells a cycle than a macro has");
	if (chip / 8 * clock < bandwidth * hw_lint_value(lint, "dram.efficiency"))
		hw_lint_find(lint, false, "bus.chip",
			     "%.4g GB/s at this clock: slower than the memory behind it",
			     chip / 8 * clock / 1e9);
	if (hw_lint_value(lint, "input.bits_per_cycle") > hw_lint_value(lint, "input.bits"))
		hw_lint_find(lint, false, "input.bits_per_cycle", "more than an input has");
}

const struct hw_model hw_model_sram_cim = {
	.name = "sram_cim",
	.equation = "t = max(bytes / (efficiency BW), bus, elements, fills c / f) + the shorter of "
		    "the first fill and the last computation",
	.source = "EdgeCIM (arXiv 2604.11512); SAIL (arXiv 2509.25853); see the file",
	.params = params,
	.param_count = sizeof(params) / sizeof(params[0]),
	.build = cim_build,
	.lint = cim_lint,
};
