/*
 * What the engine's tests and its benchmark share: a seeded generator, a small GPU-like machine and
 * random programs. The machine's demand is a roofline whose bandwidth saturates with the size
 * (1 / (1 + half / bytes), one division), with a wave-quantized limit (another division).
 */
#ifndef TESTS_UNIT_ENGINE_FIXTURE_H
#define TESTS_UNIT_ENGINE_FIXTURE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/machine.h"
#include "sim/core/replay.h"

struct lcg {
	uint64_t state;
};

static inline uint32_t lcg_next(struct lcg *lcg)
{
	lcg->state = lcg->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(lcg->state >> 33);
}

static inline uint32_t lcg_below(struct lcg *lcg, uint32_t limit)
{
	return lcg_next(lcg) % limit;
}

enum { FIXTURE_HBM, FIXTURE_L2, FIXTURE_FLOPS, FIXTURE_RESOURCES };

struct fixture_gpu {
	double half_bytes; /* bandwidth is half its peak at this size */
	double wave_blocks;
	double block_ps; /* time of one wave per flop of a block */
	int64_t fixed_ps;
};

static inline void fixture_demand(const struct machine *machine, const struct sim_kernel *kernels,
				  size_t count, struct machine_demand *demands)
{
	const struct fixture_gpu *gpu = machine->state;
	for (size_t i = 0; i < count; i++) {
		const struct sim_kernel *kernel = &kernels[i];
		struct machine_demand *demand = &demands[i];
		double bytes = (double)(kernel->weight_bytes + kernel->kv_read_bytes +
					kernel->kv_write_bytes);
		double cached = (double)(kernel->act_read_bytes + kernel->act_write_bytes);
		double flops = (double)kernel->flops, blocks = (double)kernel->blocks;
		double waves = blocks / gpu->wave_blocks;
		double whole = (double)(int64_t)waves;
		whole += whole < waves;
		double per_wave = waves > 0 ? flops * gpu->block_ps / waves : 0;
		demand->fixed_ps = gpu->fixed_ps;
		demand->limit_ps = (int64_t)(whole * per_wave);
		demand->tail_ps = (int64_t)((whole - waves) * per_wave);
		demand->work[FIXTURE_HBM] = bytes > 0 ? bytes + gpu->half_bytes : 0;
		demand->work[FIXTURE_L2] = bytes + cached;
		demand->work[FIXTURE_FLOPS] = flops;
	}
}

static const struct fixture_gpu fixture_gpu_default = {65536, 132, 1e-3, 1500000};

static inline struct machine fixture_machine(const struct fixture_gpu *gpu)
{
	struct machine machine = {
		.name = "fixture",
		.model_name = "fixture",
		.state = gpu,
		.demand = fixture_demand,
		.resource_count = FIXTURE_RESOURCES,
		.memory_bytes_per_s = 3.35e12,
	};
	machine.resources[FIXTURE_HBM] = (struct machine_resource){"hbm", 3.35e12, 0, SIM_PART_HBM};
	machine.resources[FIXTURE_L2] = (struct machine_resource){"l2", 5.5e12, 0, SIM_PART_L2};
	machine.resources[FIXTURE_FLOPS] =
		(struct machine_resource){"tensor", 990e12, 0, SIM_PART_COMPUTE};
	machine.launch = (struct machine_launch){
		.host_ps = 4000000,
		.latency_ps = 2300000,
		.stream_gap_ps = 900000,
		.sync_ps = 5000000,
		.graph_host_ps = 6000000,
		.graph_host_node_ps = 10000,
		.graph_latency_ps = 5000000,
		.graph_latency_node_ps = 1000,
		.graph_gap_ps = 800000,
		.pdl_overlap_ps = 1100000,
		.mega_launch_ps = 7000000,
		.mega_sync_ps = 700000,
		.queue_depth = 64,
	};
	machine_finish(&machine);
	return machine;
}

static inline struct sim_kernel fixture_kernel(struct lcg *lcg)
{
	struct sim_kernel kernel = {.op = SIM_OP_ELEMENTWISE, .family = SIM_FAMILY_ELEMENTWISE};
	uint32_t kind = lcg_below(lcg, 8);
	kernel.blocks = 1 + lcg_below(lcg, 600);
	kernel.act_read_bytes = lcg_below(lcg, 1 << 18);
	kernel.act_write_bytes = lcg_below(lcg, 1 << 16);
	kernel.flops = kernel.act_read_bytes;
	if (kind < 4) {
		kernel.op = SIM_OP_GEMM;
		kernel.family = SIM_FAMILY_GEMM;
		kernel.weight_bytes = lcg_below(lcg, 1 << 25);
		kernel.flops = kernel.weight_bytes * (1 + lcg_below(lcg, 400));
	} else if (kind == 4) {
		kernel.op = SIM_OP_ATTENTION;
		kernel.family = SIM_FAMILY_ATTN;
		kernel.kv_read_bytes = lcg_below(lcg, 1 << 24);
		kernel.flops = kernel.kv_read_bytes * 8;
	}
	if (lcg_below(lcg, 4) > 0) {
		kernel.flags |= SIM_KERNEL_HOST_RECORDED;
		kernel.host_ns = 500 + lcg_below(lcg, 9000);
	}
	return kernel;
}

struct fixture_shape {
	uint32_t kernels, steps, streams;
	uint32_t opaque_percent, sync_percent, edge_percent;
	bool always_synced;
};

struct fixture_program {
	struct sim_program program;
	struct sim_kernel *kernels;
	struct sim_step *steps;
	struct sim_edge *edges;
};

static inline void fixture_edges(struct fixture_program *made, struct lcg *lcg, uint32_t percent)
{
	uint32_t count = (uint32_t)made->program.kernel_count;
	made->edges = calloc((size_t)count * 2 + 1, sizeof(*made->edges));
	for (uint32_t k = 1; k < count; k++) {
		uint32_t reach = k < 40 ? k : 40, near = k - 1 - lcg_below(lcg, reach);
		if (lcg_below(lcg, 100) < percent)
			made->edges[made->program.edge_count++] = (struct sim_edge){near, k};
	}
	made->program.edges = made->edges;
}

static inline struct fixture_program fixture_program(struct lcg *lcg,
						     const struct fixture_shape *shape)
{
	struct fixture_program made = {0};
	uint32_t at = 0;
	made.kernels = calloc(shape->kernels + 1, sizeof(*made.kernels));
	made.steps = calloc(shape->steps + 1, sizeof(*made.steps));
	for (uint32_t k = 0; k < shape->kernels; k++) {
		struct sim_kernel *kernel = &made.kernels[k];
		*kernel = fixture_kernel(lcg);
		kernel->stream = (uint8_t)lcg_below(lcg, shape->streams);
		if (lcg_below(lcg, 100) < shape->opaque_percent) {
			kernel->flags |= SIM_KERNEL_OPAQUE;
			kernel->recorded_ps = 1000 * (uint64_t)lcg_below(lcg, 20000);
		}
		if (lcg_below(lcg, 100) < shape->sync_percent)
			kernel->flags |= SIM_KERNEL_SYNC_BEFORE;
	}
	for (uint32_t s = 0; s < shape->steps; s++) {
		uint32_t left = shape->kernels - at, steps = shape->steps - s;
		uint32_t count =
			s + 1 == shape->steps ? left : lcg_below(lcg, 2 * left / steps + 1);
		made.steps[s] = (struct sim_step){
			.first = at,
			.count = count,
			.traced_launch = lcg_below(lcg, 2) ? SIM_LAUNCH_EAGER : SIM_LAUNCH_GRAPH,
			.ends_in_sync = shape->always_synced || lcg_below(lcg, 2),
		};
		at += count;
	}
	made.program = (struct sim_program){
		.kernels = made.kernels,
		.kernel_count = shape->kernels,
		.steps = made.steps,
		.step_count = shape->steps,
	};
	fixture_edges(&made, lcg, shape->edge_percent);
	return made;
}

static inline void fixture_program_fini(struct fixture_program *made)
{
	free(made->kernels);
	free(made->steps);
	free(made->edges);
	memset(made, 0, sizeof(*made));
}

#endif
