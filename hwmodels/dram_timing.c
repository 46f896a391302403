/* Timings of a DRAM channel; equations in dram_timing.h. */
#include "hwmodels/dram_timing.h"

#include <stdint.h>

double dram_ceil(double x)
{
	if (!(x < 9007199254740992.0))
		return x;
	double whole = (double)(int64_t)x;
	return whole + (whole < x);
}

double dram_refreshed_mean(double busy, double cost, double refi)
{
	return busy * refi / (refi - cost);
}

/*
 * Between two refreshes refi - cost clocks of work are done, before the first FIRST: so many are
 * due before the work ends.
 */
double dram_refreshed_from(double busy, double cost, double refi, double first)
{
	if (busy < first)
		return busy;
	double whole = (busy - first) / (refi - cost);
	if (whole < 9007199254740992.0)
		whole = (double)(int64_t)whole;
	return busy + (whole + 1) * cost;
}

double dram_stream_efficiency(const struct dram_timing *timing, double banks, double bursts,
			      double burst_clocks)
{
	double open = timing->rtp + timing->rp + timing->rcd;
	double row = bursts * burst_clocks, hidden = (banks - 1) * row;
	double exposed = open > hidden ? open - hidden : 0;
	double cost = open + banks + timing->rfc;
	return row / (row + exposed) * (timing->refi - cost) / timing->refi;
}
