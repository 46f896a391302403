/*
 * Systems: devices as units of one machine, a placement that says which kernel runs on which, and
 * the links between them.
 *
 *   device: attacc-8
 *   model: system
 *   units:                          # the first is home: activations live there, it is launched from
 *     gpu: {device: a100-80gb-sxm, count: 8}
 *     pim: {device: attacc-bank, count: 40}
 *   placement:                      # the first rule that matches, and whose unit can do the op
 *     - {op: [attention, kv_write], unit: pim}
 *     - {op: gemm, unit: pim, rows: {below: 4}, bytes: {from: 1 MB}}
 *     - {op: any, draft: true, unit: pim}
 *   memory: {weights: [gpu], kv: [pim]}     # who holds what; default: home
 *   parameters:                     # of units and links: UNIT.KEY, link.UNIT.KEY
 *     pim.bank.count: 16
 *     link.pim.bandwidth: {value: 600 GB/s, source: ...}
 *
 * A rule may ask for: op (one, several, or any), family (likewise), draft (true, false), rows (of a
 * matrix product: activations that meet each weight), bytes (that the kernel moves); ranges are
 * {from: X, below: Y}. What no rule places runs on the home unit, or where that cannot do the op, on
 * the first unit that can. An op that no unit can do is refused when a program has one.
 *
 * Equations. COUNT copies of a unit split a kernel evenly: each moves 1/COUNT of its bytes, flops and
 * blocks at the same time, so the demand is that of one copy (quantities rounded up to whole ones).
 * A kernel that is not at home has its activations carried to it and back:
 *   fixed = the unit's + 2 * link latency        work on the link = activations read + written
 * The link is a resource like any other: it is used while the unit works and is shared by kernels
 * that overlap. Peak bandwidth (of the byte floor) is the sum over all units and copies.
 * Energy, static power, area and prices are sums over copies; links add bytes * energy. Error bands
 * are the widest among the units; a unit that has none leaves the band unknown.
 */
#ifndef HWMODELS_SYSTEM_H
#define HWMODELS_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "hwmodels/device.h"
#include "sim/core/yaml.h"

enum {
	SYSTEM_MOST_UNITS = 6,
	SYSTEM_MOST_RULES = 32,
	SYSTEM_NAME_SIZE = 24,
};

/* clang-format off */
/* Parameters of the link from the home unit to another one. */
#define SYSTEM_LINK_PARAMS(X) \
	X(BANDWIDTH, "bandwidth", BYTES_PER_S,     1e3, 1e18, NAN, "link from the home unit, one direction; unknown: they share a memory") \
	X(LATENCY,   "latency",   SECONDS,         0,   1,    0,   "latency of the link, one way") \
	X(ENERGY,    "energy",    JOULES_PER_BYTE, 0,   1,    NAN, "energy of a byte over the link")
/* clang-format on */

enum system_link_param {
#define X(name, ...) SYSTEM_LINK_##name,
	SYSTEM_LINK_PARAMS(X)
#undef X
		SYSTEM_LINK_PARAM_COUNT
};

struct system_unit {
	char name[SYSTEM_NAME_SIZE];
	char spec[DEVICE_SPEC_SIZE]; /* as the file has it */
	struct hw_device device;
	bool loaded;
	uint32_t count;
	const double *own;  /* its parameters as its own file has them */
	size_t first_value; /* of its parameters in the system's */
	size_t first_link;  /* of its link's parameters; nothing for the home unit */
	bool holds_weights, holds_kv;
};

struct system_range {
	double from, below;
};

struct system_rule {
	uint64_t ops, families; /* a bit each */
	unsigned unit;
	int draft; /* -1: either */
	struct system_range rows, bytes;
};

struct hw_system {
	struct system_unit units[SYSTEM_MOST_UNITS];
	unsigned unit_count;
	struct system_rule rules[SYSTEM_MOST_RULES];
	unsigned rule_count;
};

/*
 * Read `units`, `placement` and `memory` of FILE into DEVICE: its system, its table of parameters
 * and their values as the units' own files have them.
 */
SIM_MUST_CHECK enum sim_status system_read(const struct yaml_file *file, struct hw_device *device,
					   struct sim_diag *diag);

/* Take BASE's system over into DEVICE, with its table and values; BASE has none then. */
SIM_MUST_CHECK enum sim_status system_take(struct hw_device *base, struct hw_device *device,
					   struct sim_diag *diag);
void system_free(struct hw_system *system);

/* Rebuild the units from DEVICE's values and fill MACHINE, bands included. */
SIM_MUST_CHECK enum sim_status system_build(struct hw_device *device, struct machine *machine,
					    struct sim_diag *diag);

/* HASH over all of it but the values of parameters. */
uint64_t system_hash(const struct hw_system *system, uint64_t hash);

/* Value I of DEVICE, a system's, is what its unit's own file says. */
bool system_is_units_own(const struct hw_device *device, size_t i);

/* Its units, placement and memory as YAML. */
void system_write(const struct hw_system *system, FILE *out);

#endif
