/*
 * Hardware contract: what a hardware model promises the engine.
 *
 * A model is a pure function from a kernel record to a demand; it owns no time. Alone on the
 * machine a kernel takes fixed + max(limit, max over resources r of work[r] / rate[r]) (times are
 * rounded to picoseconds once, in demand_service_ps). With others it gets a max-min fair share of
 * each resource it needs: its progress rate f in (0, 1] satisfies, for every resource r, sum over
 * running kernels of f_i * u_ir <= 1,   u_ir = (work_ir / rate_r) / service_i. Every model must
 * keep, for every kernel that is not opaque (the conformance suite checks it):
 *   - service >= floor bytes / peak memory bandwidth (never below the byte floor);
 *   - service >= flops / peak flop rate of the dtype;
 *   - all numbers finite and not negative; equal input gives bit-equal output.
 * Only + - * / sqrt min max may be used, so that every compiler gives the same bits.
 */
#ifndef SIM_CORE_MACHINE_H
#define SIM_CORE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/kernel.h"
#include "sim/core/status.h"

#define MACHINE_MAX_RESOURCES 16

/* clang-format off */
/* Where time goes; the parts of a step sum to the step. */
#define SIM_PART_LIST(X) \
	X(HOST,    "host",    "device waits for the host: launch calls, framework, synchronization") \
	X(GAP,     "gap",     "device-side gap between kernels") \
	X(FIXED,   "fixed",   "fixed latency of a kernel: ramp-up, dependent memory latency, drain") \
	X(HBM,     "hbm",     "streaming from main memory at the rate the kernel can draw") \
	X(L2,      "l2",      "cache bandwidth") \
	X(COMPUTE, "compute", "SM and arithmetic limits, including too few blocks to fill the machine") \
	X(TAIL,    "tail",    "last, partly filled wave of thread blocks") \
	X(LINK,    "link",    "host link or device link") \
	X(OPAQUE,  "opaque",  "kernels without known work, played as recorded")
/* clang-format on */

enum sim_part {
#define X(name, text, what) SIM_PART_##name,
	SIM_PART_LIST(X)
#undef X
		SIM_PART_COUNT
};

const char *sim_part_text(unsigned part);

struct machine_demand {
	int64_t fixed_ps; /* latency that nothing can share */
	int64_t limit_ps; /* least streaming time for reasons other than a shared resource (too few
			     blocks) */
	int64_t tail_ps; /* the part of limit_ps that is wave quantization; 0 <= tail_ps <= limit_ps
			  */
	double work[MACHINE_MAX_RESOURCES]; /* in each resource's unit */
};

struct machine_resource {
	const char *name;   /* "hbm" */
	double rate_per_s;  /* work units a second, > 0 */
	double ps_per_unit; /* 1e12 / rate_per_s, set by machine_finish() */
	enum sim_part part; /* where time bound by it is accounted */
};

/* Launch costs, all at host speed 1. See sim/core/replay.h for how each mode uses them. */
struct machine_launch {
	int64_t host_ps;       /* one eager launch: framework and launch call, when not recorded */
	int64_t latency_ps;    /* from the return of a launch call to the earliest kernel start */
	int64_t stream_gap_ps; /* eager: least gap between two kernels of one stream */
	int64_t sync_ps; /* from the end of the last kernel to the return of the host's wait */
	int64_t graph_host_ps;	       /* graph launch call, fixed part */
	int64_t graph_host_node_ps;    /* graph launch call, per node */
	int64_t graph_latency_ps;      /* from the return of the graph launch to the first node */
	int64_t graph_latency_node_ps; /* the same, per node of the graph */
	int64_t graph_gap_ps;	       /* gap between two nodes */
	int64_t pdl_overlap_ps;	       /* most of a kernel's fixed latency that hides behind its
					  predecessor */
	int64_t mega_launch_ps;	       /* megakernel: launch to first op */
	int64_t mega_sync_ps;	       /* megakernel: synchronization between two dependent ops */
	uint32_t queue_depth;	       /* launches the device accepts ahead; >= 1 */
};

/* clang-format off */
/* Where the energy of a kernel goes. */
#define MACHINE_ENERGY_LIST(X) \
	X(MEMORY,  "memory",  "main memory: cells, sense, transport, interface") \
	X(COMPUTE, "compute", "arithmetic, with the registers and caches that feed it") \
	X(LINK,    "link",    "links between units, devices and the host")
/* clang-format on */

enum machine_energy_part {
#define X(name, text, what) ENERGY_##name,
	MACHINE_ENERGY_LIST(X)
#undef X
		ENERGY_PART_COUNT
};

const char *machine_energy_text(unsigned part);

/* Of one kernel beyond what is drawn while nothing runs; pJ. NaN: unknown. */
struct machine_energy {
	double pj[ENERGY_PART_COUNT]; /* likely */
	double low_pj, high_pj;	      /* of the sum: low_pj <= sum of pj <= high_pj */
};

/* What a machine draws and costs whatever it does; NaN: unknown. */
struct machine_cost {
	double static_w;		    /* drawn while nothing runs */
	double static_low_w, static_high_w; /* its range */
	double limit_w;	 /* power limit: what a step would draw above it is not modelled
					      as slower, but said */
	double area_mm2; /* of silicon */
	double price_usd, usd_per_hour;
};

struct machine {
	const char *name;	/* device name, for messages */
	const char *model_name; /* "gpu" */
	const void *state;	/* the model's own constants; owned by the device */
	void (*demand)(const struct machine *machine, const struct sim_kernel *kernels,
		       size_t count, struct machine_demand *demands);
	/* Energy of kernels that are not opaque; NULL: unknown. As pure as demand. */
	void (*energy)(const struct machine *machine, const struct sim_kernel *kernels,
		       size_t count, struct machine_energy *energies);
	/* The unit that KERNEL runs on, below unit_count; NULL: there is one. */
	unsigned (*unit_of)(const struct machine *machine, const struct sim_kernel *kernel);
	const char *const *unit_names; /* unit_count */
	uint32_t unit_count;	       /* 0: one, without a name */
	uint64_t ops_unsupported;      /* a bit per enum sim_op: cannot run here at all */
	uint32_t routes; /* a bit per enum sim_route to other devices; 0: it knows none */
	struct machine_cost cost;
	uint32_t resource_count;
	struct machine_resource resources[MACHINE_MAX_RESOURCES];
	struct machine_launch launch;
	double memory_bytes_per_s; /* peak bandwidth, the byte floor's denominator; 0: no floor */
	double memory_bytes;	   /* capacity; 0 unknown */
	const char *residence;	/* what a run keeps in which memory, one line; NULL: not decided */
	double kv_memory_bytes; /* capacity of a memory that holds the KV cache and nothing else;
				      0: it lies with the rest */
	bool plays_recording;	/* the `recorded` model: durations and gaps come from the trace */
	bool calibrated;	/* coefficients were fitted on this device */
	double band_low[SIM_FAMILY_COUNT]; /* relative error band of a kernel's duration, e.g. -0.05
					    */
	double band_high[SIM_FAMILY_COUNT]; /* e.g. +0.07: 90 % of validated kernels lie between */
};

/* Checks what the contract asks of a filled machine and sets the derived fields; asserts on breach.
 */
void machine_finish(struct machine *machine);

/* Where the engine's doubles become time: whole ps, rounded up, 0 .. 2^62; NaN is 2^62. */
static inline int64_t time_from_ps(double ps)
{
	if (!(ps < 4611686018427387904.0))
		return INT64_C(1) << 62;
	if (ps <= 0)
		return 0;
	int64_t whole = (int64_t)ps;
	return whole + ((double)whole < ps);
}

/* Streaming time alone, without fixed_ps: max(limit, max work / rate), rounded up to whole ps. */
static inline int64_t demand_service_ps(const struct machine *machine,
					const struct machine_demand *demand)
{
	double longest = 0;
	for (uint32_t r = 0; r < machine->resource_count; r++) {
		double ps = demand->work[r] * machine->resources[r].ps_per_unit;
		longest = ps > longest ? ps : longest;
	}
	int64_t whole = time_from_ps(longest);
	return whole > demand->limit_ps ? whole : demand->limit_ps;
}

/* Nothing known of what it draws and costs. */
void machine_cost_unknown(struct machine_cost *cost);

/* Energy of KERNELS; NaN where the machine or the kernel's work does not tell. */
void machine_energy(const struct machine *machine, const struct sim_kernel *kernels, size_t count,
		    struct machine_energy *energies);

/* SIM_E_UNSUPPORTED, with the op and the kernel, where one is among ops_unsupported, or takes a route
 * to other devices that the machine does not have. */
SIM_MUST_CHECK enum sim_status machine_can_run(const struct machine *machine,
					       const struct sim_kernel *kernels, size_t count,
					       struct sim_diag *diag);

/* Demand of KERNELS on MACHINE with opaque kernels played as recorded. The one entry for callers.
 */
void machine_demand(const struct machine *machine, const struct sim_kernel *kernels, size_t count,
		    struct machine_demand *demands);

#endif
