/* hybrid_bonded_3d: its parameters and its state. The equations stand in hybrid_bonded_3d.c. */
#ifndef HWMODELS_HYBRID_BONDED_3D_H
#define HWMODELS_HYBRID_BONDED_3D_H

#include "hwmodels/model.h"
#include "sim/core/residents.h"

/* clang-format off */
#define HYBRID_PARAMS(X) \
	X(STACK_CAPACITY,   "stack.capacity",   BYTES,       REQUIRED, 0,   1e18, NAN, "memory bonded onto the logic die; 0: there is none") \
	X(STACK_BANDWIDTH,  "stack.bandwidth",  BYTES_PER_S, OPTIONAL, 1e6, 1e18, NAN, "of that memory; not given: banks x pins x rate of a pin") \
	X(STACK_BANKS,      "stack.banks",      COUNT,       OPTIONAL, 1,   1e7,  NAN, "banks (or channels) with pins of their own") \
	X(STACK_PINS,       "stack.pins",       COUNT,       OPTIONAL, 1,   1e7,  NAN, "data pins of a bank") \
	X(STACK_PIN_RATE,   "stack.pin_rate",   HERTZ,       OPTIONAL, 1e3, 1e12, NAN, "bits per second of a pin") \
	X(STACK_EFFICIENCY, "stack.efficiency", RATIO,       OPTIONAL, 1e-3, 1,   1,   "share of the bandwidth that streaming reaches") \
	X(STACK_ENERGY,     "stack.energy",     JOULES_PER_BYTE, OPTIONAL, 0, 1e-6, NAN, "energy of a byte read from the stack") \
	X(BOND_AREA,        "bond.area",        SQUARE_METERS, OPTIONAL, 1e-15, 1e-6, NAN, "die area of one bonded connection (pitch squared)") \
	X(EXTERNAL_CAPACITY, "external.capacity", BYTES,     OPTIONAL, 0,   1e18, 0,   "memory outside of the stack; 0: there is none") \
	X(EXTERNAL_BANDWIDTH, "external.bandwidth", BYTES_PER_S, OPTIONAL, 1e3, 1e18, NAN, "of the memory outside") \
	X(EXTERNAL_EFFICIENCY, "external.efficiency", RATIO, OPTIONAL, 1e-3, 1,   1,   "share of it that streaming reaches") \
	X(EXTERNAL_ENERGY,  "external.energy",  JOULES_PER_BYTE, OPTIONAL, 0, 1e-6, NAN, "energy of a byte read from outside") \
	X(STREAM_BANDWIDTH, "stream.bandwidth", BYTES_PER_S, OPTIONAL, 1e3, 1e18, NAN, "link that brings outside weights to the logic die; not given: no limit") \
	X(GATHER_BANDWIDTH, "gather.bandwidth", BYTES_PER_S, OPTIONAL, 1e3, 1e18, NAN, "link that joins results of what both memories feed; not given: no limit") \
	X(LINK_ENERGY,      "link.energy",      JOULES_PER_BYTE, OPTIONAL, 0, 1e-6, 0, "energy of a byte over either link") \
	X(PE_COUNT,         "pe.count",         COUNT,       REQUIRED, 1,   1e7,  NAN, "processing elements of the logic die") \
	X(PE_MACS,          "pe.macs",          COUNT,       REQUIRED, 1,   1e9,  NAN, "multiply-adds of one a cycle, at the narrowest weights") \
	X(CLOCK,            "clock",            HERTZ,       REQUIRED, 1e6, 1e11, NAN, "clock of the logic die") \
	X(MAC_PASSES4,      "mac.passes4",      RATIO,       OPTIONAL, 1,   64,   1,   "passes of a multiply-add with 4-bit weights") \
	X(MAC_PASSES8,      "mac.passes8",      RATIO,       OPTIONAL, 1,   64,   1,   "with 8-bit weights") \
	X(MAC_PASSES16,     "mac.passes16",     RATIO,       OPTIONAL, 1,   64,   1,   "with 16-bit operands, and what is wider") \
	X(MAC_EFFICIENCY,   "mac.efficiency",   RATIO,       OPTIONAL, 1e-3, 1,   1,   "share of the multiply-adds that products reach") \
	X(MAC_ENERGY,       "mac.energy",       JOULES,      OPTIONAL, 0,   1e-6, NAN, "energy of a pass, with the memories that feed it") \
	X(VECTOR_RATE,      "vector.rate",      FLOPS_PER_S, OPTIONAL, 1e6, 1e21, NAN, "of all that is no product; not given: a sixteenth of the products'") \
	X(SRAM_CAPACITY,    "sram.capacity",    BYTES,       OPTIONAL, 0,   1e15, NAN, "activations of a kernel up to here stay on the die; not given: all") \
	X(KERNEL_FIXED,     "kernel.fixed",     SECONDS,     OPTIONAL, 0,   1e-3, 0,   "fixed time of a kernel") \
	X(KERNEL_GAP,       "graph.gap",        SECONDS,     OPTIONAL, 0,   1,    0,   "gap between two kernels") \
	X(SHARE_DENSE,      "share.dense",      RATIO,       OPTIONAL, 0,   1,    NAN, "of dense weights in the stack; not given: by capacity") \
	X(SHARE_EXPERTS,    "share.experts",    RATIO,       OPTIONAL, 0,   1,    NAN, "of what is read of experts, from the stack; not given: by capacity and popularity") \
	X(SHARE_KV,         "share.kv",         RATIO,       OPTIONAL, 0,   1,    NAN, "of the KV cache in the stack; not given: by capacity") \
	X(CACHE_LEAST,      "cache.least",      RATIO,       OPTIONAL, 0,   1e6,  1,   "experts per layer that must fit before any is kept in the stack") \
	X(BALANCE,          "balance",          COUNT,       OPTIONAL, 0,   1,    1,   "1: reads are spread so that both memories end together; 0: what the stack holds is read there") \
	X(STATIC_POWER,     "static.power",     WATTS,       OPTIONAL, 0,   1e7,  NAN, "drawn while nothing runs") \
	X(POWER_LIMIT,      "power.limit",      WATTS,       OPTIONAL, 1e-3, 1e7, NAN, "power limit") \
	X(AREA,             "area",             SQUARE_METERS, OPTIONAL, 1e-9, 1, NAN, "area of the logic die") \
	X(PRICE,            "price",            USD,         OPTIONAL, 0,   1e9,  NAN, "price of one device") \
	X(PRICE_HOUR,       "price.hour",       USD_PER_HOUR, OPTIONAL, 0,  1e6,  NAN, "rent of one device") \
	X(ENERGY_BAND,      "energy.band",      RATIO,       OPTIONAL, 0,   1,    0.3, "relative range of the energies")
/* clang-format on */

enum hybrid_param {
#define X(name, ...) HYBRID_##name,
	HYBRID_PARAMS(X)
#undef X
		HYBRID_PARAM_COUNT
};

enum hybrid_resource {
	HYBRID_STACK,
	HYBRID_EXTERNAL,
	HYBRID_MAC,
	HYBRID_VECTOR,
	HYBRID_STREAM,
	HYBRID_GATHER,
	HYBRID_RESOURCE_COUNT
};

/* Shares that lie in the stack, of what a kernel reads. */
struct hybrid_shares {
	double weights[2][2]; /* [of a draft][of routed experts] */
	double kv;
};

struct hybrid_state {
	struct hybrid_shares shares;
	double passes[SIM_DTYPE_COUNT];
	double balanced; /* share of the stack at which both memories end together */
	double sram_bytes;
	double stack_pj, external_pj, link_pj, pass_pj; /* a byte, a pass */
	double energy_band;
	int64_t fixed_ps;
	bool has_external, is_balanced;
};

/* Peak of the stack: as given, or of its pins; NaN where neither is known. */
double hybrid_stack_rate(const double *values);

/* Shares before anything is placed: parameters, or dense weights and KV in the stack, experts outside.
 */
void hybrid_default_shares(const double *values, struct hybrid_shares *shares);

/*
 * Shares by capacity and popularity: hw_model.place of this class. *RESIDENT: experts of a layer that
 * the stack keeps.
 */
SIM_MUST_CHECK enum sim_status hybrid_place(const double *values,
					    const struct sim_residents *residents,
					    struct hybrid_shares *shares, double *resident,
					    struct sim_diag *diag);

#endif
