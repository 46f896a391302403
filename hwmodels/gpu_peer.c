/* Cost of collectives: coefficients, and the equation of gpu_peer.h. */
#include "hwmodels/gpu_peer.h"

#include <math.h>

#include "hwmodels/gpu.h"

/*
 * What stands in for the unknown: NCCL's table for rings; a barrier over NVLink and what a copy
 * reaches of it for direct stores, assumed as on the H100 (hwmodels/devices/h100-sxm.yaml).
 */
static const double stand_in[GPU_PEER_CURVE_COUNT][GPU_PEER_COEFFICIENTS] = {
	[GPU_PEER_DIRECT] = {4e-6, 1e-6, 0.8},
	[GPU_PEER_RING] = {8.4e-6, 3.4e-6, 0.85},
	[GPU_PEER_MULTIMEM] = {10e-6, 1e-6, 0.7},
	[GPU_PEER_LL] = {6.6e-6, 0.6e-6, 0.5},
};
static const double usual_sms = 16; /* assumed: channels of NCCL on NVLink */

int gpu_peer_first_param(void)
{
	const int dequant_families = 0
#define X(name, text) +1
		GPU_DEQUANT_LIST(X);
#undef X
	return GPU_FIRST_FAMILY_PARAM + SIM_FAMILY_COUNT * GPU_COEFFICIENT_COUNT +
	       dequant_families * GPU_DEQUANT_COEFFICIENT_COUNT;
}

static double known(double value, double otherwise)
{
	return isnan(value) ? otherwise : value;
}

void gpu_peer_build(const double *values, double l2_keeps, struct gpu_peer *peer,
		    struct machine *machine)
{
	const double *own = values + gpu_peer_first_param();
	for (int c = 0; c < GPU_PEER_CURVE_COUNT; c++, own += GPU_PEER_COEFFICIENTS)
		peer->costs[c] = (struct gpu_peer_cost){
			.fixed_ps = 1e12 * known(own[GPU_PEER_FIXED], stand_in[c][GPU_PEER_FIXED]),
			.hop_ps = 1e12 * known(own[GPU_PEER_HOP], stand_in[c][GPU_PEER_HOP]),
			.stream_inverse =
				1 / known(own[GPU_PEER_STREAM], stand_in[c][GPU_PEER_STREAM]),
		};
	peer->sms = known(own[0], usual_sms);
	peer->sms_of_all = 1 / values[GPU_SM_COUNT];
	peer->l2_keeps = l2_keeps;
	peer->floor_ps_per_byte = 1e12 / values[GPU_HBM_BANDWIDTH];
	machine->routes = 0;
	if (isnan(values[GPU_PEER_BANDWIDTH]))
		return;
	int multimem = gpu_peer_first_param() + GPU_PEER_MULTIMEM * GPU_PEER_COEFFICIENTS;
	machine->routes = 1U << SIM_ROUTE_DIRECT | 1U << SIM_ROUTE_RING;
	if (!isnan(values[multimem + GPU_PEER_STREAM]))
		machine->routes |= 1U << SIM_ROUTE_MULTIMEM;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* The cheaper protocol of a ring; other routes have one. */
static const struct gpu_peer_cost *cost_of(const struct gpu_peer *peer,
					   const struct sim_kernel *kernel, double wire_ps)
{
	unsigned route = kernel->route < SIM_ROUTE_COUNT ? kernel->route : SIM_ROUTE_RING;
	const struct gpu_peer_cost *cost = &peer->costs[route], *small = &peer->costs[GPU_PEER_LL];
	double hops = kernel->hops;
	double large_ps = cost->fixed_ps + cost->hop_ps * hops + cost->stream_inverse * wire_ps;
	double small_ps = small->fixed_ps + small->hop_ps * hops + small->stream_inverse * wire_ps;
	return route == SIM_ROUTE_RING && small_ps < large_ps ? small : cost;
}

void gpu_peer_demand(const struct gpu_peer *peer, const struct gpu_flop_weights *weights,
		     const struct sim_kernel *kernel, const double *ps_per_unit,
		     struct machine_demand *demand)
{
	double sent = (double)kernel->act_read_bytes, received = (double)kernel->act_write_bytes;
	double bytes = larger(sent, received);
	double wire_ps = bytes * ps_per_unit[GPU_RESOURCE_PEER];
	const struct gpu_peer_cost *cost = cost_of(peer, kernel, wire_ps);
	double stream_ps = wire_ps * cost->stream_inverse;
	double sms = kernel->blocks > 0 ? kernel->blocks : peer->sms;
	double held_ps = stream_ps * smaller(1, sms * peer->sms_of_all);
	double *work = demand->work;
	*demand = (struct machine_demand){0};
	gpu_parts_flops(weights, kernel, demand);
	work[GPU_RESOURCE_PEER] = bytes * cost->stream_inverse;
	work[GPU_RESOURCE_TENSOR] =
		larger(work[GPU_RESOURCE_TENSOR], held_ps / ps_per_unit[GPU_RESOURCE_TENSOR]);
	work[GPU_RESOURCE_VECTOR] =
		larger(work[GPU_RESOURCE_VECTOR], held_ps / ps_per_unit[GPU_RESOURCE_VECTOR]);
	work[sent + received <= peer->l2_keeps ? GPU_RESOURCE_L2 : GPU_RESOURCE_HBM] =
		sent + received;
	double limit_ps = (double)sim_kernel_floor_bytes(kernel) * peer->floor_ps_per_byte;
	for (int r = 0; r < GPU_RESOURCE_COUNT; r++)
		limit_ps = larger(limit_ps, work[r] * ps_per_unit[r]);
	demand->fixed_ps = time_from_ps(cost->fixed_ps + cost->hop_ps * kernel->hops);
	demand->limit_ps = time_from_ps(limit_ps);
}
