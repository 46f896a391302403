/* Hardware and launch parameters of a GPU turned into what the engine shares out. */
#include "hwmodels/gpu_parts.h"

#include <math.h>
#include <stdbool.h>

#include "sim/core/units.h"

static double first_known(const double *rates, int count)
{
	for (int i = 0; i < count; i++)
		if (!isnan(rates[i]))
			return rates[i];
	return NAN;
}

/* Dense peak of the matrix units for DTYPE, NaN when the vector units do it. */
static double tensor_peak(const double *hardware, unsigned dtype)
{
	const double bf16 = hardware[GPU_TENSOR_BF16], fp8 = hardware[GPU_TENSOR_FP8];
	const double int8 = hardware[GPU_TENSOR_INT8], fp4 = hardware[GPU_TENSOR_FP4];
	switch (dtype) {
	case SIM_DTYPE_F16:
	case SIM_DTYPE_BF16:
	case SIM_DTYPE_INT4:
		return bf16;
	case SIM_DTYPE_FP8:
		return first_known((const double[]){fp8, bf16}, 2);
	case SIM_DTYPE_FP4:
		return first_known((const double[]){fp4, fp8, bf16}, 3);
	case SIM_DTYPE_I8:
	case SIM_DTYPE_U8:
		return first_known((const double[]){int8, bf16}, 2);
	default:
		return NAN;
	}
}

static double vector_peak(const double *hardware, unsigned dtype)
{
	const double fp32 = hardware[GPU_VECTOR_FP32], bf16 = hardware[GPU_VECTOR_BF16];
	bool half = dtype == SIM_DTYPE_F16 || dtype == SIM_DTYPE_BF16;
	return half && bf16 > fp32 ? bf16 : fp32;
}

/* A rate of the matrix units that is surely there: bf16's, else the fastest, else the vectors'. */
static double tensor_unit_rate(const double *hardware)
{
	double rate =
		first_known((const double[]){hardware[GPU_TENSOR_BF16], hardware[GPU_TENSOR_FP8],
					     hardware[GPU_TENSOR_INT8], hardware[GPU_TENSOR_FP4]},
			    4);
	return isnan(rate) ? hardware[GPU_VECTOR_FP32] : rate;
}

/* Unknown: as much per multiprocessor and clock as data/h100/microbench.json shows (7.63 TB/s). */
static double l2_rate(const double *hardware)
{
	const double bytes_per_sm_clock = 29.2;
	double memory = hardware[GPU_HBM_BANDWIDTH], known = hardware[GPU_L2_BANDWIDTH];
	double scaled = hardware[GPU_SM_COUNT] * hardware[GPU_SM_CLOCK] * bytes_per_sm_clock;
	if (!isnan(known))
		return known;
	return scaled > memory ? scaled : memory;
}

void gpu_parts_resources(const double *hardware, struct machine *machine)
{
	const double memory = hardware[GPU_HBM_BANDWIDTH];
	const double link = hardware[GPU_LINK_BANDWIDTH];
	struct machine_resource *resources = machine->resources;
	resources[GPU_RESOURCE_HBM] = (struct machine_resource){"hbm", memory, 0, SIM_PART_HBM};
	resources[GPU_RESOURCE_L2] =
		(struct machine_resource){"l2", l2_rate(hardware), 0, SIM_PART_L2};
	resources[GPU_RESOURCE_TENSOR] = (struct machine_resource){
		"tensor", tensor_unit_rate(hardware), 0, SIM_PART_COMPUTE};
	resources[GPU_RESOURCE_VECTOR] =
		(struct machine_resource){"vector", hardware[GPU_VECTOR_FP32], 0, SIM_PART_COMPUTE};
	resources[GPU_RESOURCE_LINK] =
		(struct machine_resource){"link", isnan(link) ? memory : link, 0, SIM_PART_LINK};
	machine->resource_count = GPU_RESOURCE_PEER;
	if (!isnan(hardware[GPU_PEER_BANDWIDTH])) {
		resources[machine->resource_count++] = (struct machine_resource){
			"peer", hardware[GPU_PEER_BANDWIDTH], 0, SIM_PART_LINK};
		machine->routes = (1U << SIM_ROUTE_COUNT) - 1;
	}
	machine->memory_bytes_per_s = memory;
	machine->memory_bytes = hardware[GPU_HBM_CAPACITY];
}

void gpu_parts_peers(const struct machine *machine, const struct sim_kernel *kernels, size_t count,
		     struct machine_demand *demands)
{
	for (size_t i = 0; i < count && machine->routes != 0; i++) {
		double sent = (double)kernels[i].act_read_bytes;
		double received = (double)kernels[i].act_write_bytes;
		if (kernels[i].flags & SIM_KERNEL_PEER)
			demands[i].work[GPU_RESOURCE_PEER] = sent > received ? sent : received;
	}
}

void gpu_parts_launch(const double *launch, struct machine *machine)
{
	machine->launch = (struct machine_launch){
		.host_ps = ps_from_seconds(launch[GPU_LAUNCH_HOST]),
		.latency_ps = ps_from_seconds(launch[GPU_LAUNCH_LATENCY]),
		.stream_gap_ps = ps_from_seconds(launch[GPU_LAUNCH_STREAM_GAP]),
		.sync_ps = ps_from_seconds(launch[GPU_LAUNCH_SYNC]),
		.graph_host_ps = ps_from_seconds(launch[GPU_LAUNCH_GRAPH_HOST]),
		.graph_host_node_ps = ps_from_seconds(launch[GPU_LAUNCH_GRAPH_HOST_NODE]),
		.graph_latency_ps = ps_from_seconds(launch[GPU_LAUNCH_GRAPH_LATENCY]),
		.graph_latency_node_ps = ps_from_seconds(launch[GPU_LAUNCH_GRAPH_LATENCY_NODE]),
		.graph_gap_ps = ps_from_seconds(launch[GPU_LAUNCH_GRAPH_GAP]),
		.pdl_overlap_ps = ps_from_seconds(launch[GPU_LAUNCH_PDL_OVERLAP]),
		.mega_launch_ps = ps_from_seconds(launch[GPU_LAUNCH_MEGA_LAUNCH]),
		.mega_sync_ps = ps_from_seconds(launch[GPU_LAUNCH_MEGA_SYNC]),
		.queue_depth = (uint32_t)launch[GPU_LAUNCH_QUEUE_DEPTH],
	};
}

void gpu_parts_cost(const double *hardware, struct machine *machine, struct gpu_energy *energy)
{
	const double band = hardware[GPU_ENERGY_BAND], static_w = hardware[GPU_STATIC_POWER];
	machine->cost = (struct machine_cost){
		.static_w = static_w,
		.static_low_w = static_w * (1 - band),
		.static_high_w = static_w * (1 + band),
		.limit_w = hardware[GPU_POWER_LIMIT],
		.area_mm2 = hardware[GPU_AREA] * 1e6,
		.price_usd = hardware[GPU_PRICE],
		.usd_per_hour = hardware[GPU_PRICE_HOUR],
	};
	*energy = (struct gpu_energy){
		.hbm_pj_per_byte = hardware[GPU_HBM_ENERGY] * 1e12,
		.flop_pj = hardware[GPU_FLOP_ENERGY] * 1e12,
		.link_pj_per_byte = hardware[GPU_LINK_ENERGY] * 1e12,
		.peer_pj_per_byte = hardware[GPU_PEER_ENERGY] * 1e12,
		.band = band,
	};
}

void gpu_parts_weights(const double *hardware, struct gpu_flop_weights *weights)
{
	for (unsigned dtype = 0; dtype < SIM_DTYPE_COUNT; dtype++) {
		double tensor = tensor_peak(hardware, dtype);
		double vector = hardware[GPU_VECTOR_FP32] / vector_peak(hardware, dtype);
		weights->tensor[0][dtype] = 0;
		weights->vector[0][dtype] = vector;
		weights->tensor[1][dtype] = isnan(tensor) ? 0 : tensor_unit_rate(hardware) / tensor;
		weights->vector[1][dtype] = isnan(tensor) ? vector : 0;
	}
}

double gpu_parts_peak(const double *hardware, const struct sim_kernel *kernel)
{
	double tensor = tensor_peak(hardware, kernel->dtype);
	return gpu_parts_is_matrix(kernel) && !isnan(tensor) ? tensor
							     : vector_peak(hardware, kernel->dtype);
}
