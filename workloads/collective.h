/*
 * Collectives: what an exchange among N devices is to one of them, as a kernel record.
 *
 *   S bytes: of the whole tensor; of an all-to-all and of a send, what this device gives away
 *   sent / received: bytes over this device's own link, each way;  H: messages one after another
 *
 *                    algorithm   sent            received        H
 *   all_reduce       ring        2 (N-1)/N S     2 (N-1)/N S     2 (N-1)
 *                    direct      2 (N-1)/N S     2 (N-1)/N S     2          scatter, then gather
 *                    one_shot    (N-1) S         (N-1) S         1          everybody reads all
 *                    multimem    (1 + 1/N) S     (1 + 1/N) S     2          the switch adds
 *   reduce_scatter,  ring        (N-1)/N S       (N-1)/N S       N-1
 *   all_gather       direct      (N-1)/N S       (N-1)/N S       1
 *                    multimem    S of the one way, S/N of the other, 1
 *   all_to_all       direct      S               S received      1
 *                    ring        (N/2) S         (N/2) S         N-1        pieces pass others by
 *   send             direct      S               S               1
 *
 *   topology  switch: any algorithm. mesh: N-1 links that share the device's bandwidth evenly: direct
 *             and one_shot; a send has one of them, so it counts N-1 times. ring: two neighbours: ring
 *             only; a send goes to a neighbour
 *   auto      ring on a ring, direct on a mesh; on a switch as vLLM's custom_all_reduce.cuh chooses:
 *             all_reduce of two devices one_shot; of up to 4 below 512 KiB and of up to 8 below 256 KiB
 *             one_shot; up to 8 MiB and 8 devices direct; all else ring, as NCCL. all_gather and
 *             reduce_scatter: ring; all_to_all and send: direct
 *
 * Sources: Patarasuk and Yuan, JPDC 69(2), 2009 (ring); NVIDIA Hopper whitepaper, NVLink Switch (in
 * network reduction: each of N reads 1/N of the sum and writes it to all); vllm-project/vllm,
 * csrc/custom_all_reduce.cuh (choice by size).
 */
#ifndef WORKLOADS_COLLECTIVE_H
#define WORKLOADS_COLLECTIVE_H

#include "sim/core/kernel.h"
#include "sim/core/status.h"

enum collective_kind {
	COLLECTIVE_ALL_REDUCE,
	COLLECTIVE_REDUCE_SCATTER,
	COLLECTIVE_ALL_GATHER,
	COLLECTIVE_ALL_TO_ALL,
	COLLECTIVE_SEND,
};
enum collective_topology { COLLECTIVE_SWITCH, COLLECTIVE_MESH, COLLECTIVE_RING_OF };
enum collective_algorithm {
	COLLECTIVE_AUTO,
	COLLECTIVE_RING,
	COLLECTIVE_DIRECT,
	COLLECTIVE_ONE_SHOT,
	COLLECTIVE_MULTIMEM,
};

/* Words of the three, in order, as field and key tables take them. */
extern const char collective_kind_words[], collective_topology_words[],
	collective_algorithm_words[];

struct collective {
	unsigned kind, topology, algorithm;
	double bytes;	 /* S */
	double received; /* of an all-to-all, where it is not S; 0: S */
	double devices;	 /* N, >= 2 */
	double sms;	 /* multiprocessors it holds; 0: as the device says */
};

/*
 * Fill KERNEL's op, family, flags, bytes, hops, route and blocks; what is there of these is overwritten.
 * SIM_E_RANGE: an algorithm that the topology or the kind does not have.
 */
SIM_MUST_CHECK enum sim_status collective_fill(const struct collective *collective,
					       struct sim_kernel *kernel, struct sim_diag *diag);

#endif
