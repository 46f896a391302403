/*
 * cpu: cores that share a last-level cache and memory channels; a host for what other units cannot
 * do, and a baseline.
 *
 *   t = op.fixed + max(B_mem / (s C R), B_cache / L, F / (u N f c_t) + W w / (N f c_32))
 *
 *   B_mem    weights, KV, and activations that do not fit into half of the cache, B
 *   B_cache  the other activations;  L  cache bandwidth (unknown: no limit)
 *   C, R, s  memory channels, peak rate of one, share that streaming reaches
 *   N, f     cores, clock that all of them sustain
 *   c_t      flops per cycle and core in the kernel's type: matrix products in f16 and bf16 at
 *            core.bf16, in 8 bits and less at core.int8, each the next wider where unknown; all
 *            else at core.fp32, u share of the peak that products reach
 *   W, w     weights of less than 8 bits; operations to unpack one (unpack.ops), at core.fp32
 *
 * Limits: one socket, no NUMA, no SMT, cores do not clock down under wide vectors unless core.clock
 * says so. Weights are charged to memory even where the cache could hold them between steps.
 * Source: a roofline (Williams, Waterman, Patterson, CACM 52(4), 2009) with the cache as a second
 * roof.
 */
#include <math.h>

#include "hwmodels/chip_parts.h"
#include "hwmodels/hwmodels.h"

/* clang-format off */
#define CPU_PARAMS(X) \
	X(CORES,     "core.count",       COUNT,       REQUIRED, 1,    1e5,  NAN, "cores") \
	X(CLOCK,     "core.clock",       HERTZ,       REQUIRED, 1e6,  1e11, NAN, "clock that all cores sustain") \
	X(FP32,      "core.fp32",        RATIO,       REQUIRED, 0.1,  1e5,  NAN, "fp32 flops per cycle and core, vector units") \
	X(BF16,      "core.bf16",        RATIO,       OPTIONAL, 0.1,  1e6,  NAN, "f16 or bf16 flops per cycle and core; unknown: as fp32") \
	X(INT8,      "core.int8",        RATIO,       OPTIONAL, 0.1,  1e6,  NAN, "8-bit operations per cycle and core; unknown: as bf16") \
	X(COMPUTE,   "compute.sustained", RATIO,      OPTIONAL, 1e-3, 1,    1,   "share of their peak that products reach") \
	X(UNPACK,    "unpack.ops",       RATIO,       OPTIONAL, 0,    1e3,  0,   "vector operations to unpack a weight of less than 8 bits") \
	X(CACHE,     "cache.capacity",   BYTES,       REQUIRED, 1e3,  1e12, NAN, "last-level cache, shared") \
	X(CACHE_BANDWIDTH, "cache.bandwidth", BYTES_PER_S, OPTIONAL, 1e6, 1e17, NAN, "its bandwidth; unknown: no limit") \
	X(CHANNELS,  "memory.channels",  COUNT,       REQUIRED, 1,    1e4,  NAN, "memory channels") \
	X(CHANNEL_BANDWIDTH, "memory.channel_bandwidth", BYTES_PER_S, REQUIRED, 1e6, 1e15, NAN, "peak of one channel")
/* clang-format on */

enum {
#define X(name, ...) CPU_##name,
	CPU_PARAMS(X)
#undef X
		CPU_PARAM_COUNT
};

static const struct hw_param params[] = {CPU_PARAMS(GPU_PARAM_ROW) CHIP_PARAMS(GPU_PARAM_ROW)};

enum { RESOURCE_MEMORY, RESOURCE_CORES, RESOURCE_CACHE, RESOURCE_COUNT };

struct cpu_state {
	struct chip_energy energy;
	double fp32_seconds, product_seconds[SIM_DTYPE_COUNT]; /* per flop */
	double unpack_seconds;				       /* per weight of less than 8 bits */
	double cache_keeps_bytes;
	int64_t fixed_ps;
	bool has_cache;
};

static double first_known(double a, double b, double c)
{
	return !isnan(a) ? a : !isnan(b) ? b : c;
}

static double flops_per_cycle(const double *values, unsigned dtype)
{
	double fp32 = values[CPU_FP32], bf16 = values[CPU_BF16], int8 = values[CPU_INT8];
	if (dtype == SIM_DTYPE_F16 || dtype == SIM_DTYPE_BF16)
		return first_known(bf16, fp32, fp32);
	if (dtype == SIM_DTYPE_I8 || dtype == SIM_DTYPE_U8 || dtype == SIM_DTYPE_INT4 ||
	    dtype == SIM_DTYPE_FP8 || dtype == SIM_DTYPE_FP4)
		return first_known(int8, bf16, fp32);
	return dtype == SIM_DTYPE_F64 ? fp32 / 2 : fp32;
}

static void split_bytes(const struct cpu_state *state, const struct sim_kernel *kernel,
			double *memory, double *cache)
{
	double act = (double)kernel->act_read_bytes + (double)kernel->act_write_bytes;
	bool stays = act <= state->cache_keeps_bytes;
	*cache = stays ? act : 0;
	*memory = chip_bytes(kernel) - act + (stays ? 0 : act);
}

static double compute_seconds(const struct cpu_state *state, const struct sim_kernel *kernel)
{
	unsigned dtype = kernel->dtype < SIM_DTYPE_COUNT ? kernel->dtype : SIM_DTYPE_UNKNOWN;
	if (!chip_is_matrix(kernel))
		return chip_vector_ops(kernel) * state->fp32_seconds;
	double bits = chip_bits(kernel), weights = (double)kernel->weight_bytes * 8 / bits;
	return (double)kernel->flops * state->product_seconds[dtype] +
	       (bits < 8 ? weights * state->unpack_seconds : 0);
}

static void demand_of(const struct cpu_state *state, const struct sim_kernel *kernel,
		      struct machine_demand *demand)
{
	double memory, cache;
	split_bytes(state, kernel, &memory, &cache);
	*demand = (struct machine_demand){.fixed_ps = state->fixed_ps};
	demand->work[RESOURCE_MEMORY] = memory;
	demand->work[RESOURCE_CORES] = compute_seconds(state, kernel);
	if (state->has_cache)
		demand->work[RESOURCE_CACHE] = cache;
}

static void cpu_demand(const struct machine *machine, const struct sim_kernel *kernels,
		       size_t count, struct machine_demand *demands)
{
	for (size_t i = 0; i < count; i++)
		demand_of(machine->state, &kernels[i], &demands[i]);
}

static void cpu_energy(const struct machine *machine, const struct sim_kernel *kernels,
		       size_t count, struct machine_energy *energies)
{
	const struct cpu_state *state = machine->state;
	for (size_t i = 0; i < count; i++) {
		bool matrix = chip_is_matrix(&kernels[i]);
		struct chip_work work = {0};
		split_bytes(state, &kernels[i], &work.memory_bytes, &work.sram_bytes);
		work.macs = matrix ? (double)kernels[i].flops / 2 : 0;
		work.vector_ops = matrix ? 0 : chip_vector_ops(&kernels[i]);
		chip_energy_of(&state->energy, &work, &energies[i]);
	}
}

static void fill_state(const double *values, struct cpu_state *state)
{
	const double *chip = values + CPU_PARAM_COUNT;
	double cycles = values[CPU_CORES] * values[CPU_CLOCK];
	for (unsigned dtype = 0; dtype < SIM_DTYPE_COUNT; dtype++)
		state->product_seconds[dtype] =
			1 / (cycles * flops_per_cycle(values, dtype) * values[CPU_COMPUTE]);
	state->fp32_seconds = 1 / (cycles * values[CPU_FP32]);
	state->unpack_seconds = values[CPU_UNPACK] * state->fp32_seconds;
	state->cache_keeps_bytes = values[CPU_CACHE] / 2;
	state->fixed_ps = ps_from_seconds(chip[CHIP_OP_FIXED]);
	state->has_cache = !isnan(values[CPU_CACHE_BANDWIDTH]);
	chip_parts_energy(chip, &state->energy);
}

static enum sim_status cpu_build(const double *values, struct arena *arena, struct machine *machine,
				 struct sim_diag *diag)
{
	struct cpu_state *state = arena_alloc(arena, sizeof(*state));
	const double *chip = values + CPU_PARAM_COUNT;
	double peak = values[CPU_CHANNELS] * values[CPU_CHANNEL_BANDWIDTH];
	if (state == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	fill_state(values, state);
	chip_parts_machine(chip, peak, machine);
	machine->resource_count = state->has_cache ? RESOURCE_COUNT : RESOURCE_CACHE;
	machine->resources[RESOURCE_MEMORY] = (struct machine_resource){
		"memory", peak * chip[CHIP_MEMORY_SUSTAINED], 0, SIM_PART_HBM};
	machine->resources[RESOURCE_CORES] =
		(struct machine_resource){"cores", 1, 0, SIM_PART_COMPUTE};
	if (state->has_cache)
		machine->resources[RESOURCE_CACHE] = (struct machine_resource){
			"cache", values[CPU_CACHE_BANDWIDTH], 0, SIM_PART_L2};
	machine->state = state;
	machine->demand = cpu_demand;
	machine->energy = cpu_energy;
	return SIM_OK;
}

static void cpu_lint(const struct hw_lint *lint)
{
	const double fastest = 6.5e9;
	double peak = hw_lint_value(lint, "memory.channels") *
		      hw_lint_value(lint, "memory.channel_bandwidth");
	chip_lint(lint);
	chip_lint_order(lint, "core.fp32", "core.bf16", "a narrower type slower than a wider one");
	chip_lint_order(lint, "core.bf16", "core.int8", "a narrower type slower than a wider one");
	chip_lint_order(lint, "cache.capacity", "memory.capacity",
			"a cache larger than the memory behind it");
	if (peak > hw_lint_value(lint, "cache.bandwidth"))
		hw_lint_find(lint, false, "cache.bandwidth",
			     "a last-level cache slower than its memory, %.4g B/s", peak);
	if (hw_lint_value(lint, "core.clock") > fastest)
		hw_lint_find(lint, false, "core.clock",
			     "no core of today sustains more than %.2g GHz", fastest / 1e9);
}

const struct hw_model hw_model_cpu = {
	.name = "cpu",
	.equation =
		"t = fixed + max(memory bytes / (sustained channels rate), cache bytes / cache, "
		"flops / cores' rate of the type + unpacking)",
	.source = "roofline with a cache: Williams, Waterman, Patterson, CACM 52(4), 2009, doi "
		  "10.1145/1498765.1498785",
	.params = params,
	.param_count = sizeof(params) / sizeof(params[0]),
	.build = cpu_build,
	.lint = cpu_lint,
};
