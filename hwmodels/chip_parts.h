/*
 * What chips that are no GPU have in common: a main memory, an energy per byte and operation, power,
 * area and price, and what a launch costs. One list of parameters, behind a class's own in its table.
 *
 *   E = B e_memory + MACs e_mac + B_sram e_sram + ops e_vector        (beyond static power)
 *
 * An energy that nobody told is NaN and so is every sum that needs it. The band is the share by which
 * the sum, and the static power, may be off either way.
 */
#ifndef HWMODELS_CHIP_PARTS_H
#define HWMODELS_CHIP_PARTS_H

#include "hwmodels/gpu_parts.h"
#include "hwmodels/lint.h"
#include "hwmodels/model.h"
#include "sim/core/machine.h"

/* clang-format off */
/*  name              key                 unit             need      low    high  fallback what */
#define CHIP_HARDWARE_PARAMS(X) \
	X(MEMORY_CAPACITY,  "memory.capacity",  BYTES,           REQUIRED, 1e3,   1e18, NAN, "capacity of the main memory") \
	X(MEMORY_SUSTAINED, "memory.sustained", RATIO,           OPTIONAL, 1e-3,  1,    1,   "share of the peak bandwidth that streaming reaches") \
	X(OP_FIXED,         "op.fixed",         SECONDS,         OPTIONAL, 0,     1,    0,   "latency of every op that nothing hides: dispatch, synchronization, first access") \
	X(MEMORY_ENERGY,    "memory.energy",    JOULES_PER_BYTE, OPTIONAL, 0,     1e-6, NAN, "main memory: cells, interface and controller") \
	X(MAC_ENERGY,       "mac.energy",       JOULES,          OPTIONAL, 0,     1e-6, NAN, "a multiply-add with its registers") \
	X(SRAM_ENERGY,      "sram.energy",      JOULES_PER_BYTE, OPTIONAL, 0,     1e-6, NAN, "on-chip buffers or caches") \
	X(VECTOR_ENERGY,    "vector.energy",    JOULES,          OPTIONAL, 0,     1e-6, NAN, "an operation of the vector units") \
	X(ENERGY_BAND,    "energy.band",    RATIO,           OPTIONAL, 0,     1,    NAN, "energies and static power may be off by this share") \
	X(STATIC_POWER,     "static.power",     WATTS,           OPTIONAL, 0,     1e6,  NAN, "drawn while nothing runs") \
	X(POWER_LIMIT,      "power.limit",      WATTS,           OPTIONAL, 1e-6,  1e7,  NAN, "power limit of chip or module") \
	X(AREA,             "area",             SQUARE_METERS,   OPTIONAL, 1e-12, 1,    NAN, "silicon") \
	X(PRICE,            "price",            USD,             OPTIONAL, 0,     1e9,  NAN, "price of one device") \
	X(PRICE_HOUR,       "price.hour",       USD_PER_HOUR,    OPTIONAL, 0,     1e6,  NAN, "price of an hour")
/* clang-format on */

#define CHIP_PARAMS(X) CHIP_HARDWARE_PARAMS(X) GPU_LAUNCH_PARAMS(X)

/* Indices behind a class's own parameters. */
enum chip_param {
#define X(name, ...) CHIP_##name,
	CHIP_HARDWARE_PARAMS(X)
#undef X
		CHIP_HARDWARE_PARAM_COUNT
};

/* pJ per byte, operation; NaN unknown. */
struct chip_energy {
	double memory, mac, sram, vector;
	double band;
};

/* Amounts of one kernel. */
struct chip_work {
	double memory_bytes, sram_bytes, macs, vector_ops;
};

/* Memory, launch and cost of MACHINE from the chip's values; PEAK is its memory's bandwidth, B/s. */
void chip_parts_machine(const double *chip, double peak, struct machine *machine);

void chip_parts_energy(const double *chip, struct chip_energy *energy);

void chip_energy_of(const struct chip_energy *energy, const struct chip_work *work,
		    struct machine_energy *result);

/* Findings that all of these classes share: call it from a class's lint. */
void chip_lint(const struct hw_lint *lint);

/* A note where LESS, in SI, is above MORE. */
void chip_lint_order(const struct hw_lint *lint, const char *less, const char *more,
		     const char *why);

/* Matrix products and attention, whoever wrote the kernel; their side kernels are vector work. */
static inline bool chip_is_matrix(const struct sim_kernel *kernel)
{
	bool aside = kernel->family == SIM_FAMILY_SPLITK_REDUCE ||
		     kernel->family == SIM_FAMILY_ATTN_COMBINE ||
		     kernel->family == SIM_FAMILY_GEMM_SETUP;
	bool matrix = kernel->op == SIM_OP_GEMM || kernel->op == SIM_OP_GROUPED_GEMM ||
		      kernel->op == SIM_OP_ATTENTION;
	return matrix && !aside;
}

/* All bytes that KERNEL reads and writes. */
static inline double chip_bytes(const struct sim_kernel *kernel)
{
	return (double)kernel->weight_bytes + (double)kernel->kv_read_bytes +
	       (double)kernel->kv_write_bytes + (double)kernel->act_read_bytes +
	       (double)kernel->act_write_bytes;
}

/* Bits of an element of KERNEL's main operand; 16 where nobody told. */
static inline double chip_bits(const struct sim_kernel *kernel)
{
	unsigned bits = sim_dtype_bits(kernel->dtype < SIM_DTYPE_COUNT ? kernel->dtype : 0);
	return bits > 0 ? bits : 16;
}

/* Operations of a vector kernel: as told, but one for every element written at least. */
static inline double chip_vector_ops(const struct sim_kernel *kernel)
{
	double bits = chip_bits(kernel), flops = (double)kernel->flops;
	double written = (double)kernel->act_write_bytes * 8 / (bits < 8 ? 16 : bits);
	return flops > written ? flops : written;
}

#endif
