/* Parameters of the class dram_pim. Clocks are counts of tck. */
#ifndef HWMODELS_DRAM_PIM_PARAMS_H
#define HWMODELS_DRAM_PIM_PARAMS_H

#include "hwmodels/gpu_parts.h"

/* clang-format off */
/*  name             key                    unit         need      low    high  fallback  what */
#define DRAM_PIM_PARAMS(X) \
	X(DEVICES,         "devices",             COUNT,       REQUIRED, 1,     4096,  NAN, "stacks, modules or cards that hold the model") \
	X(PARALLEL,        "op.devices",     COUNT,       OPTIONAL, 1,     4096,  NAN, "devices that share one op; unknown: all") \
	X(CAPACITY,        "device.capacity",     BYTES,       REQUIRED, 1e6,   1e15,  NAN, "memory of one device") \
	X(CHANNELS,        "channels",            COUNT,       REQUIRED, 1,     4096,  NAN, "channels of a device with a command stream of their own") \
	X(PSEUDO,          "pseudo.channels",     COUNT,       OPTIONAL, 1,     16,    1,   "pseudo channels of a channel that a command reaches at once") \
	X(RANKS,           "ranks",               COUNT,       OPTIONAL, 1,     16,    1,   "ranks of a pseudo channel") \
	X(GROUPS,          "bank.groups",         COUNT,       REQUIRED, 1,     64,    NAN, "bank groups of a rank") \
	X(BANKS,           "group.banks",         COUNT,       REQUIRED, 1,     64,    NAN, "banks of a bank group") \
	X(ROW,             "row",                 BYTES,       REQUIRED, 64,    1e6,   NAN, "row of one bank") \
	X(BURST,           "burst",               BYTES,       REQUIRED, 8,     4096,  NAN, "what a column command reads of one bank") \
	X(TCK,             "tck",                 SECONDS,     REQUIRED, 1e-11, 1e-7,  NAN, "clock period of the commands") \
	X(CCD_SHORT,       "ccd.short",           COUNT,       REQUIRED, 1,     1000,  NAN, "clocks between column commands to two bank groups") \
	X(CCD_LONG,        "ccd.long",            COUNT,       REQUIRED, 1,     1000,  NAN, "clocks between column commands to one bank group") \
	X(RCD,             "rcd",                 COUNT,       REQUIRED, 1,     1000,  NAN, "clocks from activate to read") \
	X(RCD_WRITE,       "rcd.write",           COUNT,       OPTIONAL, 1,     1000,  NAN, "clocks from activate to write; unknown: rcd") \
	X(RP,              "rp",                  COUNT,       REQUIRED, 1,     1000,  NAN, "clocks of a precharge") \
	X(RAS,             "ras",                 COUNT,       REQUIRED, 1,     1000,  NAN, "least clocks from activate to precharge") \
	X(RTP,             "rtp",                 COUNT,       REQUIRED, 1,     1000,  NAN, "clocks from read to precharge") \
	X(READ_WRITE,      "read.write",          COUNT,       OPTIONAL, 0,     1000,  0,   "clocks from the last read to the first write") \
	X(WRITE_READ,      "write.read",          COUNT,       OPTIONAL, 0,     1000,  0,   "clocks from the last write to the first read") \
	X(WRITE_PRECHARGE, "write.precharge",     COUNT,       OPTIONAL, 0,     1000,  0,   "clocks from the last write to the precharge") \
	X(RFC,             "rfc",                 COUNT,       REQUIRED, 1,     10000, NAN, "clocks of a refresh") \
	X(REFI,            "refi",                COUNT,       REQUIRED, 100,   1e6,   NAN, "clocks between refreshes") \
	X(LEVEL,           "unit.level",          COUNT,       REQUIRED, 0,     2,     NAN, "where the units are: 0 at banks, 1 at bank groups, 2 on the buffer die") \
	X(UNIT_BANKS,      "unit.banks",          COUNT,       OPTIONAL, 1,     64,    1,   "banks that share a unit at bank level") \
	X(LANES,           "unit.lanes",          COUNT,       OPTIONAL, 1,     4096,  16,  "16-bit multiply-adds of a unit a command") \
	X(OUTPUTS,         "unit.outputs",        COUNT,       OPTIONAL, 1,     4096,  1,   "output registers of a unit") \
	X(INPUT,           "unit.input",          BYTES,       REQUIRED, 8,     1e6,   NAN, "input buffer of a unit, or of a channel that broadcasts it") \
	X(MAC,             "mac.interval",        COUNT,       REQUIRED, 1,     1000,  NAN, "clocks between two multiply-add commands") \
	X(MAC_CAPPED,      "mac.interval.capped", COUNT,       OPTIONAL, 1,     1000,  NAN, "the same under the power cap; unknown: no longer") \
	X(POWER_CAP,       "power.cap",           COUNT,       OPTIONAL, 0,     1,     0,   "1: the power cap holds") \
	X(MAC_RCD,         "mac.rcd",             COUNT,       OPTIONAL, 1,     1000,  NAN, "clocks from activate to multiply-add; unknown: rcd") \
	X(SPREAD,          "activate.spread",     COUNT,       OPTIONAL, 0,     10000, 0,   "clocks from the first to the last activate of all banks") \
	X(INPUT_INTERVAL,  "input.interval",      COUNT,       OPTIONAL, 1,     1000,  NAN, "clocks to write a burst of the input; unknown: ccd.long") \
	X(MODE_SWITCH,     "mode.switch",         COUNT,       OPTIONAL, 0,     10000, 0,   "clocks to change between register access and multiply-add; rows wait") \
	X(CONFLICT,        "input.conflict",      RATIO,       OPTIONAL, 0,     1,     0,   "share of the input writes that close the row of the weights") \
	X(OUTPUT_INTERVAL, "output.interval",     COUNT,       OPTIONAL, 0,     1000,  0,   "clocks to read and reset an output register") \
	X(OUTPUT_TURN,     "output.turn",         COUNT,       OPTIONAL, 0,     1000,  0,   "clocks around it") \
	X(STATIONARY,      "input.stationary",    COUNT,       OPTIONAL, 0,     1,     0,   "1: a piece of the input serves all outputs, whose sums go in and out; 0: outputs stay, the input comes again") \
	X(OVERLAP,         "input.overlap",       COUNT,       OPTIONAL, 0,     1,     0,   "1: inputs and outputs have a path of their own, beside multiply-adds") \
	X(START,           "start",               COUNT,       OPTIONAL, 0,     1e6,   0,   "clocks to enter and leave the mode, once an op") \
	X(ELEMENTWISE,     "elementwise",         COUNT,       OPTIONAL, 0,     1,     0,   "1: units add and multiply whole rows") \
	X(ATTENTION,       "attention",           COUNT,       OPTIONAL, 0,     2,     0,   "0: none; 1: a head on a channel, softmax on the buffer die; 2: keys over all banks, softmax beside the memory") \
	X(HEAD_DIM,        "head.dim",            COUNT,       OPTIONAL, 1,     4096,  128, "head dimension of an attention whose record does not tell it") \
	X(VECTOR_PASSES,   "move.passes",       RATIO,       OPTIONAL, 0,     100,   NAN, "times that a norm, activation or rotation moves its output over the device's access; unknown: it cannot") \
	X(VECTOR_FIXED,    "move.clocks",        COUNT,       OPTIONAL, 0,     1e6,   0,   "clocks of its commands otherwise") \
	X(SOFTMAX_RATE,    "softmax.rate",        HERTZ,       OPTIONAL, 1e3,   1e18,  NAN, "elements a second of the softmax beside the memory") \
	X(SCALAR_RATE,     "scalar.rate",         HERTZ,       OPTIONAL, 1e3,   1e18,  NAN, "elements a second of rotations") \
	X(SAMPLING,        "sampling.time",       SECONDS,     OPTIONAL, 0,     1,     NAN, "choice of the token by the host; unknown: it cannot") \
	X(ACCESS,          "access.bandwidth",    BYTES_PER_S, REQUIRED, 1e6,   1e15,  NAN, "reads and writes of one device from outside its banks") \
	X(LINK,            "link.bandwidth",      BYTES_PER_S, OPTIONAL, 1e3,   1e15,  NAN, "link of one device, one direction; unknown: no link between devices") \
	X(LINK_LATENCY,    "link.latency",        SECONDS,     OPTIONAL, 0,     1,     0,   "round trip of one message") \
	X(BANK_ENERGY,     "bank.energy",         JOULES_PER_BYTE, OPTIONAL, 0, 1e-6,  NAN, "from the cells to the unit, activation included") \
	X(COMPUTE_ENERGY,  "compute.energy",      JOULES,      OPTIONAL, 0,     1e-9,  NAN, "one multiply-add") \
	X(ACCESS_ENERGY,   "access.energy",       JOULES_PER_BYTE, OPTIONAL, 0, 1e-6,  NAN, "from outside to a bank or a buffer and back") \
	X(LINK_ENERGY,     "link.energy",         JOULES_PER_BYTE, OPTIONAL, 0, 1e-6,  NAN, "over the link between devices; unknown: as access.energy") \
	X(ENERGY_LOW,      "energy.low",          RATIO,       OPTIONAL, 0,     1,     0.7, "least share of the energies that is still plausible") \
	X(ENERGY_HIGH,     "energy.high",         RATIO,       OPTIONAL, 1,     100,   1.5, "most") \
	X(STATIC,          "static.power",        WATTS,       OPTIONAL, 0,     1e6,   NAN, "drawn while nothing runs, all devices") \
	X(STATIC_LOW,      "standby.low",    WATTS,       OPTIONAL, 0,     1e6,   NAN, "least of it; unknown: static.power") \
	X(STATIC_HIGH,     "standby.high",   WATTS,       OPTIONAL, 0,     1e6,   NAN, "most of it; unknown: static.power") \
	X(POWER_LIMIT,     "power.limit",         WATTS,       OPTIONAL, 1e-3,  1e7,   NAN, "power limit, all devices") \
	X(AREA,            "area",                SQUARE_METERS, OPTIONAL, 1e-12, 10,  NAN, "silicon of all devices") \
	X(PRICE,           "price",               USD,         OPTIONAL, 0,     1e9,   NAN, "price of all devices") \
	X(PRICE_HOUR,      "price.hour",          USD_PER_HOUR, OPTIONAL, 0,    1e6,   NAN, "price of an hour of all devices")
/* clang-format on */

/* Indices in the table; the launch costs of gpu_parts.h follow. */
enum dram_pim_param {
#define X(name, ...) DRAM_PIM_##name,
	DRAM_PIM_PARAMS(X)
#undef X
		DRAM_PIM_PARAM_COUNT
};

#endif
