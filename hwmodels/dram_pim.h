/*
 * Processing in DRAM: what its commands take, as functions of shapes. The class is in dram_pim.c.
 *
 * A matrix-vector product in clocks (dram_pim_gemv_cycles). U units in all channels that share it, r
 * output registers each, l lanes; a piece of the input is what the buffer holds, p elements
 *
 *   macs   = outputs * ceil(piece / l) commands, one every mac.interval; a command reads one burst
 *            of each unit's bank
 *   M      = (macs - rows) * mac.interval + (rows - 1) * switch
 *   switch = max(rtp, ras - time in the row) + rp + mac.rcd + activate.spread
 *   in     = max(mode.switch + 1, read.write)      from the last MAC to the first input burst
 *   out    = mode.switch + 1 + rp + mac.rcd        from the last input burst to the first MAC, or
 *            max(write.read, 1 + mac.rcd)          where there is no mode to switch
 *   outputs stay (input.stationary 0):    ceil(N / (U r)) * (sum over pieces (in + (bursts - 1) *
 *            input.interval + out + M) + r * output.interval + output.turn)
 *   a piece stays (1):    sum over pieces (bursts * input.interval + sum over groups of r outputs
 *            (in + out + M + r * output.interval + output.turn))
 *   where in, the input and out take less than a row change, that is what they take
 *   beside (input.overlap):    first burst + max(M, inputs + outputs) + last output; an input that the
 *            buffer does not hold comes again for every r outputs of a unit
 *
 * Of the pieces, input.conflict close the row: their in and out hold a precharge and an activate.
 * Every row of a batch goes through all of it again: nothing is reused but the input buffer.
 * Weights narrower than 16 bit read less of a burst for as many commands; wider ones need more.
 *
 * Attention (dram_pim_attention_cycles), attention = 1: one query head at a time on a channel, as
 * AttAcc's command lists have it. Keys and values lie over pseudo channels P, ranks R, bank groups
 * G and banks B; level 0 splits the head dimension over banks too. S = score, C = context:
 *   MACs   level 0: ceil(L / PRG) * ceil(d / (B l)), level 1: ceil(L / PRG) * ceil(d / l), level 2:
 *          ceil(L / P) * ceil(d / l), each for S and for C; one every mac.interval
 *   rows   level 0: each costs switch - mac.interval; else the next one opens in another bank while
 *          this one is read
 *   T      = max(WRGB, rcd) + S + max(switch, MVSB + SFM + MVGB) + C + last MVSB
 *   two heads on one channel: the moves of one go under S and C of the other
 * attention = 2: CENT's list. Keys of all heads lie over all banks, values of a head on a channel;
 * the softmax is beside the memory (dram_pim_softmax_s): six moves of the scores over the device's
 * access, two element-wise products, and a softmax unit.
 *
 * Sources: command lists and constraints as in SAITPublic/PIMSimulator (src/tests/PIMKernel.cpp),
 * arkhadem/aim_simulator (src/dram/impl/GDDR6.cpp), scale-snu/attacc_simulator (pim_ramulator_src),
 * Yufeng98/CENT (cent_simulation); Lee et al. ISCA 2021, He et al. MICRO 2020 (Newton), Park et al.
 * ASPLOS 2024 doi 10.1145/3620665.3640422 (AttAcc), Gu et al. ASPLOS 2025 (CENT).
 * Limits: all channels in step; no traffic of a host in between (it shares the unit's time in the
 * engine); a device's access is one stream; the softmax unit of attention = 1 is never the limit, as in
 * AttAcc's simulator.
 */
#ifndef HWMODELS_DRAM_PIM_H
#define HWMODELS_DRAM_PIM_H

#include "hwmodels/dram_timing.h"
#include "sim/core/machine.h"

enum dram_pim_level { DRAM_PIM_BANK, DRAM_PIM_GROUP, DRAM_PIM_BUFFER };
enum dram_pim_attention_kind { DRAM_PIM_NO_ATTENTION, DRAM_PIM_BY_CHANNEL, DRAM_PIM_OVER_BANKS };

/* The parameters of dram_pim_params.h; times in clocks, sizes in bytes, rates of one device. */
struct dram_pim {
	struct dram_timing timing;
	double devices, parallel; /* all; those that share an op */
	double channels;	  /* of a device */
	double pseudo, ranks, groups, banks;
	double row_bytes, burst_bytes;
	enum dram_pim_level level;
	double unit_banks, lanes, outputs, input_bytes;
	double mac_interval, mac_rcd, spread;
	double input_interval, mode_switch, conflict;
	double output_interval, output_turn;
	double start;
	int stationary, overlap, elementwise;
	enum dram_pim_attention_kind attention;
	double head_dim;
	double vector_passes, vector_fixed;
	double softmax_per_s, scalar_per_s, sampling_s;
	double access_bytes_per_s, link_bytes_per_s, link_latency_s;
	double bank_j_per_byte, access_j_per_byte, link_j_per_byte, mac_j;
	double energy_low, energy_high;
};

/* Of all sequences: KV_HEADS heads of LENGTH entries, each read for GROUP rows of queries. */
struct dram_attention {
	double kv_heads, group, length, head_dim;
};

/* Clocks without start and refresh. All arguments >= 1; results are finite for finite arguments. */
double dram_pim_gemv_cycles(const struct dram_pim *pim, double m, double n, double k,
			    double weight_bits);
double dram_pim_elementwise_cycles(const struct dram_pim *pim, double elements, double inputs);
double dram_pim_attention_cycles(const struct dram_pim *pim, const struct dram_attention *shape);
/* Seconds beside the memory; 0 where the softmax is part of the commands. */
double dram_pim_softmax_s(const struct dram_pim *pim, const struct dram_attention *shape);

/* BUSY clocks with start and refresh: over all phases, or from a first refresh due at FIRST. */
double dram_pim_mean(const struct dram_pim *pim, double busy);
double dram_pim_from(const struct dram_pim *pim, double busy, double first);

/* Units that share an op, and the bytes a second that they read of their banks. */
double dram_pim_units(const struct dram_pim *pim);
double dram_pim_peak(const struct dram_pim *pim);

/* MACS commands over ROWS rows, first to last; clocks that changing the row adds to an interval. */
double dram_pim_mac_time(const struct dram_pim *pim, double macs, double rows);
double dram_pim_row_switch(const struct dram_pim *pim, double macs_of_row);

/* The parameters of a machine that this class built. */
const struct dram_pim *dram_pim_of(const struct machine *machine);

#endif
