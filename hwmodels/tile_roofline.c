/*
 * tile_roofline: a roofline whose rates are the share of the multiprocessors that have work.
 *
 *   t = max(F / (u_c P q), B / (u_m BW q))         q = T / (S ceil(T / S))
 *
 *   F, P     flops; dense peak of the dtype        B, BW  all bytes; peak of the main memory
 *   u        shares that are reached at best (compute.sustained, memory.sustained)
 *   S, T     multiprocessors; blocks of the kernel, which run in whole waves: the last wave's idle
 *            multiprocessors neither compute nor load. As the record tells them; of a product with
 *            weights (M x K)(K x N) they are ceil(M/m) ceil(N/n), where m and n, of 8, 16, 32, 64,
 *            128, 192 .. 512 and at most M and N, make
 *              (ceil(N/n) M K + ceil(M/m) N K + M N) / q^2
 *            least among those with 32 (m + n) b + m n b <= sm.l1; the first of equals. b: bytes
 *   norm, elementwise: t = fixed + B / (share BW)  (norm.*, elementwise.*), where fixed is known
 *
 * Launch costs apply as the device gives them. Limits: L2 bandwidth is endless, tiles are square
 * numbers of a list, a split along K does not exist.
 * Source: AttAcc's model of a GPU (scale-snu/attacc_simulator, src/devices.py, src/config.py; Park et
 * al., "AttAcc!", ASPLOS 2024), written anew from its equations.
 */
#include <math.h>

#include "hwmodels/gemm_shape.h"
#include "hwmodels/gpu_parts.h"
#include "hwmodels/hwmodels.h"
#include "hwmodels/systolic.h"

/* clang-format off */
#define TILE_PARAMS(X) \
	X(L1,               "sm.l1",             BYTES,   OPTIONAL, 1e3,  1e9, 196608, "memory of a multiprocessor that holds a tile; 192 KiB as an A100's") \
	X(COMPUTE,          "compute.sustained", RATIO,   OPTIONAL, 1e-3, 1,   0.8,    "share of the dense peak reached at best; AttAcc's constant") \
	X(MEMORY,           "memory.sustained",  RATIO,   OPTIONAL, 1e-3, 1,   0.85,   "share of the peak bandwidth reached at best; AttAcc's constant") \
	X(NORM_FIXED,       "norm.fixed",        SECONDS, OPTIONAL, 0,    1,   NAN,    "norms: fixed time; unknown: as any other kernel") \
	X(NORM_SHARE,       "norm.share",        RATIO,   OPTIONAL, 1e-3, 100, 1,      "norms: rate over that of the main memory") \
	X(ELEMENTWISE_FIXED, "elementwise.fixed", SECONDS, OPTIONAL, 0,   1,   NAN,    "elementwise: fixed time; unknown: as any other kernel") \
	X(ELEMENTWISE_SHARE, "elementwise.share", RATIO,  OPTIONAL, 1e-3, 100, 1,      "elementwise: rate over that of the main memory")
/* clang-format on */

enum {
#define X(name, ...) TILE_##name,
	TILE_PARAMS(X)
#undef X
};

static const struct hw_param params[] = {GPU_PART_PARAMS(GPU_PARAM_ROW) TILE_PARAMS(GPU_PARAM_ROW)};

/* A kind of kernel whose time was fitted as a line. */
struct line {
	double fixed_s; /* NaN: none */
	double seconds_per_byte;
};

struct tile_state {
	struct gpu_flop_weights weights;
	struct gpu_energy energy;
	double sms, waves_per_block, l1_bytes;
	double tensor_seconds, vector_seconds, memory_seconds; /* per unit of work */
	double link_seconds;
	struct line norm, elementwise;
};

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* Whole pieces of TILE that cover X, forgiving what a division left behind. */
static double pieces(double x, double tile)
{
	return systolic_ceil(x / tile * (1 - 1e-12));
}

static double busy_share(const struct tile_state *state, double blocks)
{
	double waves = systolic_ceil(blocks * state->waves_per_block * (1 - 1e-12));
	return smaller(1, blocks / (state->sms * waves));
}

enum { SIDES = 11 };

struct side {
	double tile, pieces; /* size, and how many cover the dimension */
};

/* Tiles of a dimension of X: all sizes below it, and X itself. */
static int sides_of(double x, struct side sides[SIDES])
{
	static const double sizes[SIDES] = {8, 16, 32, 64, 128, 192, 256, 320, 384, 448, 512};
	int count = 0;
	while (count < SIDES && (count == 0 || sizes[count - 1] < x)) {
		double tile = smaller(sizes[count], x);
		sides[count++] = (struct side){tile, pieces(x, tile)};
	}
	return count;
}

/* Blocks of a product with weights, for the best of all tiles; 0: none fits. */
static double best_blocks(const struct tile_state *state, const struct gemm_shape *shape,
			  double bytes)
{
	struct side downs[SIDES], acrosses[SIDES];
	double m = shape->m, n = shape->n, k = shape->k, inner = 32;
	int down_count = sides_of(m, downs), across_count = sides_of(n, acrosses);
	double best = 0, least = INFINITY, most = state->l1_bytes / bytes;
	for (int i = 0; i < down_count; i++) {
		double down = downs[i].pieces, tile = downs[i].tile;
		double fixed = down * n * k + m * n;
		for (int j = 0; j < across_count; j++) {
			double traffic = acrosses[j].pieces * m * k + fixed;
			double other = acrosses[j].tile;
			if (!(traffic < least) || (tile + other) * inner + tile * other > most)
				continue;
			double blocks = down * acrosses[j].pieces;
			double idle = 1 / busy_share(state, blocks);
			if (!(traffic * idle * idle < least))
				continue;
			least = traffic * idle * idle;
			best = blocks;
		}
	}
	return best;
}

static double share_of(const struct tile_state *state, const struct sim_kernel *kernel)
{
	double blocks = kernel->blocks;
	if (kernel->weight_bytes > 0 &&
	    (kernel->op == SIM_OP_GEMM || kernel->op == SIM_OP_GROUPED_GEMM)) {
		struct gemm_shape shape = gemm_shape_of(kernel);
		double bits = sim_dtype_bits(kernel->dtype < SIM_DTYPE_COUNT ? kernel->dtype : 0);
		/* less than one input a row: the record does not tell the shape */
		bool told = (double)kernel->act_read_bytes >= 2 * shape.m;
		blocks = told ? best_blocks(state, &shape, bits < 8 ? 2 : bits / 8) : 0;
	}
	return blocks > 0 ? busy_share(state, blocks) : 1;
}

static const struct line *line_of(const struct tile_state *state, const struct sim_kernel *kernel)
{
	const struct line *line = kernel->op == SIM_OP_NORM	     ? &state->norm
				  : kernel->op == SIM_OP_ELEMENTWISE ? &state->elementwise
								     : NULL;
	return line == NULL || isnan(line->fixed_s) ? NULL : line;
}

static double all_bytes(const struct sim_kernel *kernel)
{
	return (double)kernel->weight_bytes + (double)kernel->kv_read_bytes +
	       (double)kernel->kv_write_bytes + (double)kernel->act_read_bytes +
	       (double)kernel->act_write_bytes;
}

static void demand_of(const struct tile_state *state, const struct sim_kernel *kernel,
		      struct machine_demand *demand)
{
	double bytes = all_bytes(kernel);
	const struct line *line = line_of(state, kernel);
	*demand = (struct machine_demand){0};
	if (line != NULL) {
		double stream =
			larger(bytes * line->seconds_per_byte,
			       (double)sim_kernel_floor_bytes(kernel) * state->memory_seconds);
		demand->fixed_ps = ps_from_seconds(line->fixed_s);
		demand->limit_ps = time_from_ps(stream * 1e12);
	} else {
		demand->work[GPU_RESOURCE_HBM] = bytes;
	}
	gpu_parts_flops(&state->weights, kernel, demand);
	if (kernel->family == SIM_FAMILY_MEMCPY_HOST)
		demand->work[GPU_RESOURCE_LINK] =
			larger((double)kernel->act_read_bytes, (double)kernel->act_write_bytes);
	if (line != NULL)
		return;
	double seconds = larger(bytes * state->memory_seconds,
				larger(demand->work[GPU_RESOURCE_TENSOR] * state->tensor_seconds,
				       demand->work[GPU_RESOURCE_VECTOR] * state->vector_seconds));
	demand->limit_ps = time_from_ps(seconds / share_of(state, kernel) * 1e12);
}

static void tile_demand(const struct machine *machine, const struct sim_kernel *kernels,
			size_t count, struct machine_demand *demands)
{
	for (size_t i = 0; i < count; i++)
		demand_of(machine->state, &kernels[i], &demands[i]);
}

static void tile_energy(const struct machine *machine, const struct sim_kernel *kernels,
			size_t count, struct machine_energy *energies)
{
	const struct tile_state *state = machine->state;
	for (size_t i = 0; i < count; i++) {
		struct machine_demand demand;
		demand_of(state, &kernels[i], &demand);
		energies[i] = gpu_parts_energy(&state->energy, &demand, all_bytes(&kernels[i]));
	}
}

static enum sim_status tile_build(const double *values, struct arena *arena,
				  struct machine *machine, struct sim_diag *diag)
{
	struct tile_state *state = arena_alloc(arena, sizeof(*state));
	const double *own = values + GPU_PART_PARAM_COUNT;
	if (state == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	gpu_parts_weights(values, &state->weights);
	gpu_parts_resources(values, machine);
	gpu_parts_launch(values + GPU_HARDWARE_PARAM_COUNT, machine);
	machine->resources[GPU_RESOURCE_HBM].rate_per_s *= own[TILE_MEMORY];
	machine->resources[GPU_RESOURCE_TENSOR].rate_per_s *= own[TILE_COMPUTE];
	machine->resources[GPU_RESOURCE_VECTOR].rate_per_s *= own[TILE_COMPUTE];
	state->sms = values[GPU_SM_COUNT];
	state->waves_per_block = 1 / state->sms;
	state->l1_bytes = own[TILE_L1];
	state->memory_seconds = 1 / machine->resources[GPU_RESOURCE_HBM].rate_per_s;
	state->tensor_seconds = 1 / machine->resources[GPU_RESOURCE_TENSOR].rate_per_s;
	state->vector_seconds = 1 / machine->resources[GPU_RESOURCE_VECTOR].rate_per_s;
	state->norm = (struct line){own[TILE_NORM_FIXED],
				    1 / (own[TILE_NORM_SHARE] * values[GPU_HBM_BANDWIDTH])};
	state->elementwise =
		(struct line){own[TILE_ELEMENTWISE_FIXED],
			      1 / (own[TILE_ELEMENTWISE_SHARE] * values[GPU_HBM_BANDWIDTH])};
	machine->state = state;
	machine->demand = tile_demand;
	machine->energy = tile_energy;
	gpu_parts_cost(values, machine, &state->energy);
	return SIM_OK;
}

const struct hw_model hw_model_tile_roofline = {
	.name = "tile_roofline",
	.equation = "t = max(flops / (u_c peak q), bytes / (u_m bandwidth q)), q the share of the "
		    "multiprocessors that the best tiles keep busy",
	.source = "AttAcc's GPU model (scale-snu/attacc_simulator src/devices.py), ASPLOS 2024",
	.params = params,
	.param_count = sizeof(params) / sizeof(params[0]),
	.build = tile_build,
};
