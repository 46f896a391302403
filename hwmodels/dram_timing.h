/*
 * Timings of a DRAM channel that more than one model needs, in clocks.
 *
 * Refresh. Every refi clocks a channel closes its rows, refreshes for rfc and opens them again; what
 * it does otherwise takes busy clocks.
 *   mean, over all phases of the refresh timer    T = busy * refi / (refi - cost)
 *   from a phase that is known (a simulator that starts at 0, first refresh due at FIRST)
 *                                                 T = busy + n * cost, n refreshes due before T
 *
 * Streaming. Reads in a row of addresses that change the bank group from burst to burst keep the
 * data bus busy but for refresh: all banks are closed one after another, one command a clock, and
 * opened again. Opening the next row hides where the other banks have enough to transfer.
 *   cost = rtp + banks + rp + rfc + rcd
 *   exposed = max(0, rtp + rp + rcd - (banks - 1) * row bursts * burst clocks)    for each row
 */
#ifndef HWMODELS_DRAM_TIMING_H
#define HWMODELS_DRAM_TIMING_H

struct dram_timing {
	double tck_s;
	double ccd_short, ccd_long; /* between column commands: other and same bank group */
	double rcd, rp, ras,
		rtp;	  /* activate to read, precharge, activate to precharge, read to it */
	double rcd_write; /* activate to write */
	double read_write, write_read; /* last read to first write, last write to first read */
	double write_precharge;
	double rfc, refi;
};

/* Whole, >= X; values past 2^53 as they are. */
double dram_ceil(double x);

double dram_refreshed_mean(double busy, double cost, double refi);
double dram_refreshed_from(double busy, double cost, double refi, double first);

/* Share of the peak that streaming reads reach; BANKS of BURSTS each of BURST_CLOCKS a row. */
double dram_stream_efficiency(const struct dram_timing *timing, double banks, double bursts,
			      double burst_clocks);

#endif
