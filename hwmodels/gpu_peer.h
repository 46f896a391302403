/*
 * Collectives of a GPU: what a kernel that moves bytes between devices costs. Internal to the gpu
 * model.
 *
 *   t = fixed_r + hop_r H + B / (stream_r W)
 *
 *   H        messages one after another (hops), as the algorithm has them (workloads/collective.h)
 *   B        bytes in the busier direction of the device's own link, B
 *   W        peer.bandwidth, one direction, B/s;  stream_r  share of it that the route reaches
 *   fixed_r  launch, first and last barrier, s;   hop_r  one message and what waits for it, s
 *   r        the route: direct (stores into the memory of others), ring, multimem (the switch adds).
 *            A ring runs one of two protocols, whichever is quicker: peer.ring moves large pieces,
 *            peer.ll small ones with a flag in each, at a part of the bandwidth (LL of NCCL)
 *
 * Beside the link (resource "peer") a collective takes, all the time that it streams,
 *   memory  the bytes sent are read and those received written: L2 where they stay there
 *   SMs     its blocks, or peer.sms where the kernel tells none, of all multiprocessors: that share
 *           of the matrix and vector units is lost to kernels beside it
 *
 * Sources: form and the constants that stand in for unknown ones, NVIDIA/nccl src/graph/tuning.cc
 * (baseLat, hwLat: ring Simple 8.4 + 3.4 us a hop, LL 6.6 + 0.6 us a hop on NVLink; LL at 1/2 of the
 * bandwidth of the wire, since half of what it sends is flags); values of a device in its file.
 */
#ifndef HWMODELS_GPU_PEER_H
#define HWMODELS_GPU_PEER_H

#include "hwmodels/gpu_parts.h"

/* clang-format off */
#define GPU_PEER_ROUTES(X) \
	X(DIRECT,   "peer.direct",   "stores into the memory of another device") \
	X(RING,     "peer.ring",     "a ring, large pieces") \
	X(MULTIMEM, "peer.multimem", "reduction in the switch") \
	X(LL,       "peer.ll",       "a ring, small pieces with flags")

/* Rows of the parameter table, in the order of enum gpu_peer_param. */
#define GPU_PEER_ROWS(name, text, what) \
	{text ".fixed",  UNIT_SECONDS, HW_OPTIONAL, 0,    1e-2, NAN, "collective, fixed part: " what}, \
	{text ".hop",    UNIT_SECONDS, HW_OPTIONAL, 0,    1e-2, NAN, "one message after another: " what}, \
	{text ".stream", UNIT_RATIO,   HW_OPTIONAL, 1e-3, 1,    NAN, "share of peer.bandwidth: " what},
#define GPU_PEER_SMS_ROW \
	{"peer.sms", UNIT_COUNT, HW_OPTIONAL, 0, 1e6, NAN, "multiprocessors that a collective holds"},
/* clang-format on */

enum gpu_peer_curve {
#define X(name, text, what) GPU_PEER_##name,
	GPU_PEER_ROUTES(X)
#undef X
		GPU_PEER_CURVE_COUNT
};

enum gpu_peer_coefficient { GPU_PEER_FIXED, GPU_PEER_HOP, GPU_PEER_STREAM, GPU_PEER_COEFFICIENTS };

struct gpu_peer_cost {
	double fixed_ps, hop_ps, stream_inverse;
};

struct gpu_peer {
	struct gpu_peer_cost costs[GPU_PEER_CURVE_COUNT];
	double sms;	   /* multiprocessors that a collective holds */
	double sms_of_all; /* 1 / all of them */
	double l2_keeps;   /* bytes that stay in L2 */
	double floor_ps_per_byte;
};

/* Index of the first of these rows in the gpu model's table. */
int gpu_peer_first_param(void);

/* Constants from VALUES; MACHINE's routes are set, and none where peer.bandwidth is unknown. */
void gpu_peer_build(const double *values, double l2_keeps, struct gpu_peer *peer,
		    struct machine *machine);

/*
 * DEMAND of collective KERNEL; PS_PER_UNIT of the machine's resources. Work that no collective has
 * (weights, KV, flops) is charged at the peaks.
 */
void gpu_peer_demand(const struct gpu_peer *peer, const struct gpu_flop_weights *weights,
		     const struct sim_kernel *kernel, const double *ps_per_unit,
		     struct machine_demand *demand);

#endif
