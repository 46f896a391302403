/*
 * npu_soc: the matrix unit of a mobile system-on-chip, behind the memory that it shares with the rest
 * of the chip.
 *
 *   t = op.fixed + max(B / (s h BW), F / (u h P(dtype)))
 *
 *   B, F     all bytes, flops
 *   BW, s    peak of the chip's LPDDR; share that the unit draws of it, alone: its port, the fabric and
 *            the refresh take the rest
 *   P, u     peak of the unit in the kernel's type, share of it that is sustained
 *   h        share that is left when hot (thermal.share)
 *   op.fixed dispatch, synchronization and first access of every op
 *
 * Products and attention run on npu.int8 (types of 8 bits and less) or npu.fp16 (unknown: half of
 * int8); a product of 4-bit weights with 16-bit activations is of the second kind, which at decode
 * does not matter. All else on the vector unit.
 * Limits: s, u, h and op.fixed are numbers of a device, not derived: a device file says which
 * published rate each was taken from, and cases hold the others against it.
 * Source: the roofline with measured shares of RooflineBench (arXiv 2602.11506).
 */
#include <math.h>

#include "hwmodels/chip_parts.h"
#include "hwmodels/hwmodels.h"

/* clang-format off */
#define NPU_PARAMS(X) \
	X(INT8,      "npu.int8",          FLOPS_PER_S, REQUIRED, 1e6,  1e21, NAN, "dense int8 peak of the matrix unit") \
	X(FP16,      "npu.fp16",          FLOPS_PER_S, OPTIONAL, 1e6,  1e21, NAN, "dense peak with 16-bit activations; unknown: half of int8") \
	X(VECTOR,    "vector.rate",       FLOPS_PER_S, REQUIRED, 1e6,  1e21, NAN, "peak of the vector unit") \
	X(COMPUTE,   "compute.sustained", RATIO,       OPTIONAL, 1e-3, 1,    1,   "share of its peak that the matrix unit sustains") \
	X(THERMAL,   "thermal.share",     RATIO,       OPTIONAL, 1e-3, 1,    1,   "share of all rates that is left when hot") \
	X(BANDWIDTH, "memory.bandwidth",  BYTES_PER_S, REQUIRED, 1e6,  1e18, NAN, "peak bandwidth of the shared memory")
/* clang-format on */

enum {
#define X(name, ...) NPU_##name,
	NPU_PARAMS(X)
#undef X
		NPU_PARAM_COUNT
};

static const struct hw_param params[] = {NPU_PARAMS(GPU_PARAM_ROW) CHIP_PARAMS(GPU_PARAM_ROW)};

enum { RESOURCE_MEMORY, RESOURCE_NPU, RESOURCE_VECTOR, RESOURCE_COUNT };

struct npu_state {
	struct chip_energy energy;
	double int8_seconds, fp16_seconds, vector_seconds; /* per flop */
	int64_t fixed_ps;
};

static void demand_of(const struct npu_state *state, const struct sim_kernel *kernel,
		      struct machine_demand *demand)
{
	*demand = (struct machine_demand){.fixed_ps = state->fixed_ps};
	demand->work[RESOURCE_MEMORY] = chip_bytes(kernel);
	if (!chip_is_matrix(kernel)) {
		demand->work[RESOURCE_VECTOR] = chip_vector_ops(kernel) * state->vector_seconds;
		return;
	}
	bool narrow = kernel->dtype == SIM_DTYPE_I8 || kernel->dtype == SIM_DTYPE_U8 ||
		      kernel->dtype == SIM_DTYPE_FP8;
	demand->work[RESOURCE_NPU] =
		(double)kernel->flops * (narrow ? state->int8_seconds : state->fp16_seconds);
}

static void npu_demand(const struct machine *machine, const struct sim_kernel *kernels,
		       size_t count, struct machine_demand *demands)
{
	for (size_t i = 0; i < count; i++)
		demand_of(machine->state, &kernels[i], &demands[i]);
}

static void npu_energy(const struct machine *machine, const struct sim_kernel *kernels,
		       size_t count, struct machine_energy *energies)
{
	const struct npu_state *state = machine->state;
	for (size_t i = 0; i < count; i++) {
		bool matrix = chip_is_matrix(&kernels[i]);
		const struct chip_work work = {.memory_bytes = chip_bytes(&kernels[i]),
					       .macs = matrix ? (double)kernels[i].flops / 2 : 0,
					       .vector_ops =
						       matrix ? 0 : chip_vector_ops(&kernels[i])};
		chip_energy_of(&state->energy, &work, &energies[i]);
	}
}

static enum sim_status npu_build(const double *values, struct arena *arena, struct machine *machine,
				 struct sim_diag *diag)
{
	struct npu_state *state = arena_alloc(arena, sizeof(*state));
	const double *chip = values + NPU_PARAM_COUNT;
	double hot = values[NPU_THERMAL], fp16 = values[NPU_FP16];
	double peak = values[NPU_BANDWIDTH], products = values[NPU_COMPUTE] * hot;
	if (state == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (isnan(fp16))
		fp16 = values[NPU_INT8] / 2;
	*state = (struct npu_state){.int8_seconds = 1 / (values[NPU_INT8] * products),
				    .fp16_seconds = 1 / (fp16 * products),
				    .vector_seconds = 1 / (values[NPU_VECTOR] * hot),
				    .fixed_ps = ps_from_seconds(chip[CHIP_OP_FIXED])};
	chip_parts_energy(chip, &state->energy);
	chip_parts_machine(chip, peak, machine);
	machine->resource_count = RESOURCE_COUNT;
	machine->resources[RESOURCE_MEMORY] = (struct machine_resource){
		"memory", peak * chip[CHIP_MEMORY_SUSTAINED] * hot, 0, SIM_PART_HBM};
	machine->resources[RESOURCE_NPU] = (struct machine_resource){"npu", 1, 0, SIM_PART_COMPUTE};
	machine->resources[RESOURCE_VECTOR] =
		(struct machine_resource){"vector", 1, 0, SIM_PART_COMPUTE};
	machine->state = state;
	machine->demand = npu_demand;
	machine->energy = npu_energy;
	return SIM_OK;
}

static void npu_lint(const struct hw_lint *lint)
{
	chip_lint(lint);
	chip_lint_order(lint, "npu.fp16", "npu.int8", "a narrower type slower than a wider one");
	chip_lint_order(lint, "vector.rate", "npu.int8",
			"matrix units slower than the vector unit");
}

const struct hw_model hw_model_npu_soc = {
	.name = "npu_soc",
	.equation =
		"t = fixed + max(bytes / (share bandwidth), flops / (sustained peak)), of a unit "
		"that shares the chip's memory",
	.source =
		"roofline with measured shares: RooflineBench (arXiv 2602.11506); shares and fixed "
		"times in the device file",
	.params = params,
	.param_count = sizeof(params) / sizeof(params[0]),
	.build = npu_build,
	.lint = npu_lint,
};
