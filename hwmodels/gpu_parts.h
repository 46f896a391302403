/*
 * The parts of a GPU that every model of one needs, whatever it makes of them: how much of what
 * hardware there is, and what a launch costs. One list of parameters, expanded by ideal.c,
 * roofline.c and gpu.c into the head of their tables, and by recorded.c (launch only), so that one
 * device file serves all of them.
 *
 * Rates are dense peaks as the vendor states them. What a device does not have, or nobody has
 * said, is left out (NaN) and replaced by the next wider thing that is known:
 *   fp8 -> bf16 -> fp32 vector        int8 -> bf16 -> fp32 vector
 *   fp4 -> fp8 -> bf16 -> fp32 vector   int4 (weights only, dequantized) -> bf16 -> fp32 vector
 *   L2 bandwidth -> 29.2 B per SM and clock, as the H100's microbenchmark has it, but at least the
 *   main memory's      host link -> main memory bandwidth (host and device share it)
 *   a link to other devices has no such thing: without it there is no resource "peer"
 */
#ifndef HWMODELS_GPU_PARTS_H
#define HWMODELS_GPU_PARTS_H

#include <assert.h>
#include <stdint.h>

#include "hwmodels/model.h"
#include "sim/core/kernel.h"
#include "sim/core/machine.h"

/* clang-format off */
/*  name            key               unit         need      low    high   fallback  what */
#define GPU_HARDWARE_PARAMS(X) \
	X(SM_COUNT,       "sm.count",       COUNT,       REQUIRED, 1,     1e6,   NAN, "streaming multiprocessors") \
	X(SM_CLOCK,       "sm.clock",       HERTZ,       REQUIRED, 1e6,   1e11,  NAN, "boost clock of the multiprocessors") \
	X(HBM_BANDWIDTH,  "hbm.bandwidth",  BYTES_PER_S, REQUIRED, 1e6,   1e18,  NAN, "peak bandwidth of the main memory, read and write together") \
	X(HBM_CAPACITY,   "hbm.capacity",   BYTES,       REQUIRED, 1e6,   1e18,  NAN, "capacity of the main memory") \
	X(L2_CAPACITY,    "l2.capacity",    BYTES,       REQUIRED, 1e3,   1e15,  NAN, "capacity of the last-level cache") \
	X(L2_BANDWIDTH,   "l2.bandwidth",   BYTES_PER_S, OPTIONAL, 1e6,   1e18,  NAN, "read bandwidth of the last-level cache, measured") \
	X(TENSOR_BF16,    "tensor.bf16",    FLOPS_PER_S, OPTIONAL, 1e6,   1e21,  NAN, "dense bf16 and f16 peak of the matrix units, f32 accumulation") \
	X(TENSOR_FP8,     "tensor.fp8",     FLOPS_PER_S, OPTIONAL, 1e6,   1e21,  NAN, "dense fp8 peak of the matrix units") \
	X(TENSOR_INT8,    "tensor.int8",    FLOPS_PER_S, OPTIONAL, 1e6,   1e21,  NAN, "dense int8 peak of the matrix units") \
	X(TENSOR_FP4,     "tensor.fp4",     FLOPS_PER_S, OPTIONAL, 1e6,   1e21,  NAN, "dense fp4 peak of the matrix units") \
	X(VECTOR_FP32,    "vector.fp32",    FLOPS_PER_S, REQUIRED, 1e6,   1e21,  NAN, "fp32 peak of the vector units") \
	X(VECTOR_BF16,    "vector.bf16",    FLOPS_PER_S, OPTIONAL, 1e6,   1e21,  NAN, "bf16 and f16 peak of the vector units") \
	X(LINK_BANDWIDTH, "link.bandwidth", BYTES_PER_S, OPTIONAL, 1e3,   1e18,  NAN, "host link, one direction; unknown: memory shared with the host") \
	X(PEER_BANDWIDTH, "peer.bandwidth", BYTES_PER_S, OPTIONAL, 1e3,   1e18,  NAN, "link to other devices, one direction, all its lanes") \
	X(POWER_LIMIT,    "power.limit",    WATTS,       OPTIONAL, 1e-3,  1e7,   NAN, "power limit of the board or module") \
	X(PRICE,          "price",          USD,         OPTIONAL, 0,     1e9,   NAN, "price of one device") \
	X(PRICE_HOUR,     "price.hour",     USD_PER_HOUR, OPTIONAL, 0,    1e6,   NAN, "rent of one device") \
	X(AREA,           "area",           SQUARE_METERS, OPTIONAL, 1e-9, 1,    NAN, "area of the die") \
	X(STATIC_POWER,   "static.power",   WATTS,       OPTIONAL, 0,     1e7,   NAN, "drawn at full clocks while no kernel runs") \
	X(HBM_ENERGY,     "hbm.energy",     JOULES_PER_BYTE, OPTIONAL, 0, 1e-6,  NAN, "energy of a byte of the main memory, with all that moves it on the die") \
	X(FLOP_ENERGY,    "flop.energy",    JOULES,      OPTIONAL, 0,     1e-6,  NAN, "energy of a flop of a bf16 matrix product; other types in proportion to their rate") \
	X(LINK_ENERGY,    "link.energy",    JOULES_PER_BYTE, OPTIONAL, 0, 1e-6,  0,   "energy of a byte over the host link") \
	X(PEER_ENERGY,    "peer.energy",    JOULES_PER_BYTE, OPTIONAL, 0, 1e-6,  0,   "energy of a byte over the link to other devices") \
	X(ENERGY_BAND,    "energy.band",    RATIO,       OPTIONAL, 0,     1,     NAN, "relative range of the energies: steps that were checked lie within it")

/* Launch costs at host speed 1; sim/core/replay.h says how each mode uses them. */
#define GPU_LAUNCH_PARAMS(X) \
	X(HOST,         "launch.host",        SECONDS, OPTIONAL, 0, 1,   0,    "host time of one eager launch, where the trace has none") \
	X(LATENCY,      "launch.latency",     SECONDS, OPTIONAL, 0, 1,   0,    "return of a launch call to the earliest kernel start") \
	X(STREAM_GAP,   "launch.stream_gap",  SECONDS, OPTIONAL, 0, 1,   0,    "least gap between two kernels of one stream") \
	X(SYNC,         "launch.sync",        SECONDS, OPTIONAL, 0, 1,   0,    "end of the last kernel to the return of the host's wait") \
	X(QUEUE_DEPTH,  "launch.queue_depth", COUNT,   OPTIONAL, 1, 1e6, 1024, "launches the device accepts ahead") \
	X(GRAPH_HOST,   "graph.host",         SECONDS, OPTIONAL, 0, 1,   0,    "host time of a graph launch, fixed part") \
	X(GRAPH_HOST_NODE, "graph.host_node", SECONDS, OPTIONAL, 0, 1,   0,    "host time of a graph launch, per node") \
	X(GRAPH_LATENCY, "graph.latency",     SECONDS, OPTIONAL, 0, 1,   0,    "return of a graph launch to its first node, fixed part") \
	X(GRAPH_LATENCY_NODE, "graph.latency_node", SECONDS, OPTIONAL, 0, 1, 0, "the same, per node of the graph") \
	X(GRAPH_GAP,    "graph.gap",          SECONDS, OPTIONAL, 0, 1,   0,    "gap between two nodes of a graph") \
	X(PDL_OVERLAP,  "pdl.overlap",        SECONDS, OPTIONAL, 0, 1,   0,    "most of a kernel's fixed latency that hides behind its predecessor") \
	X(MEGA_LAUNCH,  "mega.launch",        SECONDS, OPTIONAL, 0, 1,   0,    "megakernel: launch to first op") \
	X(MEGA_SYNC,    "mega.sync",          SECONDS, OPTIONAL, 0, 1,   0,    "megakernel: synchronization between two dependent ops")

#define GPU_PART_PARAMS(X) GPU_HARDWARE_PARAMS(X) GPU_LAUNCH_PARAMS(X)

/* One row of a struct hw_param table. */
#define GPU_PARAM_ROW(name, key, unit, need, low, high, fallback, what) \
	{key, UNIT_##unit, HW_##need, low, high, fallback, what},
/* clang-format on */

/* Indices of the parameters: hardware at the head of a table, launch right behind it. */
enum gpu_hardware_param {
#define X(name, ...) GPU_##name,
	GPU_HARDWARE_PARAMS(X)
#undef X
		GPU_HARDWARE_PARAM_COUNT
};

enum gpu_launch_param {
#define X(name, ...) GPU_LAUNCH_##name,
	GPU_LAUNCH_PARAMS(X)
#undef X
		GPU_LAUNCH_PARAM_COUNT
};

enum { GPU_PART_PARAM_COUNT = GPU_HARDWARE_PARAM_COUNT + GPU_LAUNCH_PARAM_COUNT };

enum gpu_resource {
	GPU_RESOURCE_HBM,    /* bytes */
	GPU_RESOURCE_L2,     /* bytes */
	GPU_RESOURCE_TENSOR, /* flops, as many as would take the same time in bf16 */
	GPU_RESOURCE_VECTOR, /* flops, as many as would take the same time in fp32 */
	GPU_RESOURCE_LINK,   /* bytes */
	GPU_RESOURCE_PEER,   /* bytes to or from other devices; not there where none are known */
	GPU_RESOURCE_COUNT
};

/*
 * Work per flop on the two kinds of units, by whether the kernel is a matrix product and by dtype:
 * one of the two is 0. A model keeps it in its state. Tables instead of questions: a replay asks
 * tens of millions of times a second.
 */
struct gpu_flop_weights {
	double tensor[2][SIM_DTYPE_COUNT];
	double vector[2][SIM_DTYPE_COUNT];
};

/* Fill resources, memory and name-independent fields of MACHINE from the hardware values. */
void gpu_parts_resources(const double *hardware, struct machine *machine);

/* Fill MACHINE's launch costs from the launch values (the table's entries behind the hardware). */
void gpu_parts_launch(const double *launch, struct machine *machine);

void gpu_parts_weights(const double *hardware, struct gpu_flop_weights *weights);

/* What KERNELS that move bytes between devices need of the link's peak, onto their DEMANDS. */
void gpu_parts_peers(const struct machine *machine, const struct sim_kernel *kernels, size_t count,
		     struct machine_demand *demands);

/* Peak flop rate that KERNEL can reach: matrix units for matrix products of a matrix type. */
double gpu_parts_peak(const double *hardware, const struct sim_kernel *kernel);

/*
 * Matrix products run on the matrix units, whoever wrote the kernel; their side kernels (split-K
 * reduce, attention combine, SIMT) do not. Where the family does not tell, the op does.
 */
static inline unsigned gpu_parts_is_matrix(const struct sim_kernel *kernel)
{
	static_assert(SIM_FAMILY_COUNT <= 64 && SIM_OP_COUNT <= 64, "one bit each");
	const uint64_t one = 1;
	const uint64_t always = one << SIM_FAMILY_GEMM | one << SIM_FAMILY_GEMM_SHALLOW |
				one << SIM_FAMILY_GEMM_TIGHT | one << SIM_FAMILY_GEMM_GROUPED |
				one << SIM_FAMILY_ATTN | one << SIM_FAMILY_GEMM_DEQUANT |
				one << SIM_FAMILY_GEMM_TINYGEMM | one << SIM_FAMILY_GEMM_MARLIN |
				one << SIM_FAMILY_GEMM_AWQ | one << SIM_FAMILY_GEMM_EXLLAMA |
				one << SIM_FAMILY_GEMM_NF4 | one << SIM_FAMILY_GEMM_TRELLIS |
				one << SIM_FAMILY_GEMM_FACTOR | one << SIM_FAMILY_ATTN_PACKED |
				one << SIM_FAMILY_ATTN_EFFICIENT;
	const uint64_t by_op = one << SIM_FAMILY_UNKNOWN | one << SIM_FAMILY_FUSED;
	const uint64_t ops =
		one << SIM_OP_GEMM | one << SIM_OP_GROUPED_GEMM | one << SIM_OP_ATTENTION;
	unsigned family = kernel->family & 63, op = kernel->op & 63;
	uint64_t known = (kernel->family | kernel->op) < 64;
	return (unsigned)((always >> family | (by_op >> family & ops >> op)) & known);
}

/* Energies of a GPU, pJ, and what it costs: E = bytes * hbm + flops * flop + link bytes * link +
 * bytes from or to other devices * peer. */
struct gpu_energy {
	double hbm_pj_per_byte, flop_pj, link_pj_per_byte, peer_pj_per_byte, band;
};

void gpu_parts_cost(const double *hardware, struct machine *machine, struct gpu_energy *energy);

/* Of a kernel with DEMAND's flops and bytes over links that moves HBM_BYTES. */
static inline struct machine_energy gpu_parts_energy(const struct gpu_energy *energy,
						     const struct machine_demand *demand,
						     double hbm_bytes)
{
	struct machine_energy of = {0};
	of.pj[ENERGY_MEMORY] = hbm_bytes * energy->hbm_pj_per_byte;
	of.pj[ENERGY_COMPUTE] =
		(demand->work[GPU_RESOURCE_TENSOR] + demand->work[GPU_RESOURCE_VECTOR]) *
		energy->flop_pj;
	of.pj[ENERGY_LINK] = demand->work[GPU_RESOURCE_LINK] * energy->link_pj_per_byte +
			     demand->work[GPU_RESOURCE_PEER] * energy->peer_pj_per_byte;
	double sum = of.pj[ENERGY_MEMORY] + of.pj[ENERGY_COMPUTE] + of.pj[ENERGY_LINK];
	of.low_pj = sum * (1 - energy->band);
	of.high_pj = sum * (1 + energy->band);
	return of;
}

/* Put KERNEL's flops on the tensor or the vector resource of DEMAND. */
static inline void gpu_parts_flops(const struct gpu_flop_weights *weights,
				   const struct sim_kernel *kernel, struct machine_demand *demand)
{
	unsigned dtype = kernel->dtype < SIM_DTYPE_COUNT ? kernel->dtype : SIM_DTYPE_UNKNOWN;
	unsigned matrix = gpu_parts_is_matrix(kernel);
	double flops = (double)kernel->flops;
	demand->work[GPU_RESOURCE_TENSOR] = flops * weights->tensor[matrix][dtype];
	demand->work[GPU_RESOURCE_VECTOR] = flops * weights->vector[matrix][dtype];
}

#endif
