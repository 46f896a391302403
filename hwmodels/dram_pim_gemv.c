/* Matrix-vector products and element-wise ops in DRAM; equations in dram_pim.h. */
#include "hwmodels/dram_pim.h"

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

static double units_of_channel(const struct dram_pim *pim)
{
	switch (pim->level) {
	case DRAM_PIM_BANK:
		return pim->pseudo * pim->ranks * pim->groups * pim->banks / pim->unit_banks;
	case DRAM_PIM_GROUP:
		return pim->pseudo * pim->ranks * pim->groups;
	case DRAM_PIM_BUFFER:
		break;
	}
	return pim->pseudo;
}

double dram_pim_units(const struct dram_pim *pim)
{
	return pim->parallel * pim->channels * units_of_channel(pim);
}

double dram_pim_peak(const struct dram_pim *pim)
{
	return dram_pim_units(pim) * pim->burst_bytes / (pim->mac_interval * pim->timing.tck_s);
}

double dram_pim_row_switch(const struct dram_pim *pim, double macs_of_row)
{
	const struct dram_timing *t = &pim->timing;
	double open = pim->mac_rcd + (macs_of_row - 1) * pim->mac_interval;
	return larger(t->rtp, t->ras - open) + t->rp + pim->mac_rcd + pim->spread;
}

double dram_pim_mac_time(const struct dram_pim *pim, double macs, double rows)
{
	double of_row = dram_ceil(macs / rows), change = dram_pim_row_switch(pim, of_row);
	/* units that serve several banks open the next row in another bank meanwhile */
	if (pim->level != DRAM_PIM_BANK) {
		double hidden = (pim->banks - 1) * of_row * pim->mac_interval;
		change = pim->mac_interval + larger(0, change - pim->mac_interval - hidden);
	}
	return (macs - rows) * pim->mac_interval + (rows - 1) * change;
}

struct piece {
	double bursts; /* of input */
	double each;   /* MACs of one output */
	double rows;   /* that the weights of one output fill, not whole */
};

static struct piece piece_of(const struct dram_pim *pim, double elements, double weight_bits)
{
	double lanes = smaller(pim->lanes, pim->burst_bytes * 8 / weight_bits);
	struct piece piece = {.bursts = dram_ceil(elements * 2 / pim->burst_bytes),
			      .each = dram_ceil(elements / lanes)};
	double read = smaller(pim->burst_bytes, lanes * weight_bits / 8);
	piece.rows = piece.each * read / pim->row_bytes;
	return piece;
}

/* From the last MAC to the first input burst, and from the last input burst to the first MAC. */
static double gaps(const struct dram_pim *pim)
{
	const struct dram_timing *t = &pim->timing;
	double open = pim->mac_rcd + pim->spread;
	if (pim->mode_switch > 0)
		return 2 * (pim->mode_switch + 1) + t->rp + open;
	return t->read_write + larger(t->write_read, 1 + open);
}

/* The same where the input lies in the bank of the weights. */
static double gaps_in_conflict(const struct dram_pim *pim)
{
	const struct dram_timing *t = &pim->timing;
	double conflict = t->rtp + t->rp + t->rcd_write + t->write_precharge + t->rp + pim->mac_rcd;
	return larger(gaps(pim), conflict);
}

/* A group of OUTPUTS a unit over all pieces of the input: outputs stay in their registers. */
static double tile_time(const struct dram_pim *pim, const struct piece *full, double fulls,
			const struct piece *rest)
{
	double outputs = pim->outputs;
	double pieces = fulls + (rest->each > 0), time = 0;
	const struct piece *kinds[] = {full, rest};
	double counts[] = {fulls, pieces - fulls};
	for (int i = 0; i < 2; i++) {
		if (!(counts[i] > 0))
			continue;
		double macs = outputs * kinds[i]->each;
		double rows = larger(1, dram_ceil(outputs * kinds[i]->rows));
		double change = dram_pim_row_switch(pim, dram_ceil(macs / rows));
		double between = gaps(pim) + (kinds[i]->bursts - 1) * pim->input_interval;
		time += counts[i] * (larger(between, change) + dram_pim_mac_time(pim, macs, rows));
	}
	double conflicts = pieces - dram_ceil(pieces * (1 - pim->conflict));
	time += conflicts * (gaps_in_conflict(pim) - gaps(pim));
	return time + outputs * pim->output_interval + pim->output_turn;
}

/* One piece of the input for COLUMNS outputs a unit, in groups of as many as there are registers. */
static double piece_time(const struct dram_pim *pim, const struct piece *piece, double columns)
{
	double groups = dram_ceil(columns / pim->outputs), outputs = columns / groups;
	double rows = outputs * larger(1, dram_ceil(piece->rows));
	double macs = outputs * piece->each, change = dram_pim_row_switch(pim, macs / rows);
	double between = gaps(pim) + outputs * pim->output_interval + pim->output_turn;
	double group = larger(between, change) + dram_pim_mac_time(pim, macs, rows);
	return piece->bursts * pim->input_interval + groups * group;
}

/*
 * Inputs and outputs have a path of their own. An input that the buffer does not hold comes again for
 * every group of outputs.
 */
static double overlapped_time(const struct dram_pim *pim, double n, double k, double weight_bits)
{
	struct piece piece = piece_of(pim, k, weight_bits);
	double columns = dram_ceil(n / dram_pim_units(pim)), macs = columns * piece.each;
	double macs_time = dram_pim_mac_time(pim, macs, larger(1, dram_ceil(columns * piece.rows)));
	double times = k * 2 <= pim->input_bytes ? 1 : dram_ceil(columns / pim->outputs);
	double out = dram_ceil(columns * 2 / pim->burst_bytes) * units_of_channel(pim) *
		     pim->timing.ccd_short;
	double moved = (piece.bursts * times - 1) * pim->input_interval + out;
	return larger(pim->input_interval, pim->mac_rcd + pim->spread) + larger(macs_time, moved) +
	       pim->timing.ccd_short;
}

double dram_pim_gemv_cycles(const struct dram_pim *pim, double m, double n, double k,
			    double weight_bits)
{
	if (pim->overlap)
		return m * overlapped_time(pim, n, k, weight_bits);
	double held = larger(1, pim->input_bytes / 2), pieces = dram_ceil(k / held);
	struct piece full = piece_of(pim, held, weight_bits), rest = {0};
	double fulls = pieces - 1, left = k - fulls * held;
	if (left < held)
		rest = piece_of(pim, larger(1, left), weight_bits);
	else
		fulls = pieces;
	if (!pim->stationary) {
		double tiles = dram_ceil(n / (dram_pim_units(pim) * pim->outputs));
		return m * tiles * tile_time(pim, &full, fulls, &rest);
	}
	double columns = dram_ceil(n / dram_pim_units(pim));
	double time = fulls * piece_time(pim, &full, columns);
	if (rest.each > 0)
		time += piece_time(pim, &rest, columns);
	return m * time;
}

/*
 * Registers full of every input, one after another, then written back; bank after bank of a unit. A
 * write more a turn empties the pipeline.
 */
double dram_pim_elementwise_cycles(const struct dram_pim *pim, double elements, double inputs)
{
	const struct dram_timing *t = &pim->timing;
	double run = (pim->outputs - 1) * pim->mac_interval;
	double next = larger(t->write_read, 1 + t->rcd);
	double bank = inputs * run + (inputs - 1) * (t->rtp + t->rp + t->rcd) + t->rtp + t->rp +
		      t->rcd_write + run + next;
	double turn = pim->unit_banks * bank + pim->mac_interval;
	double of_turn = dram_pim_units(pim) * pim->unit_banks * pim->outputs * pim->lanes;
	return dram_ceil(elements / of_turn) * turn;
}

double dram_pim_mean(const struct dram_pim *pim, double busy)
{
	const struct dram_timing *t = &pim->timing;
	return dram_refreshed_mean(pim->start + busy, t->rfc + t->rp, t->refi);
}

double dram_pim_from(const struct dram_pim *pim, double busy, double first)
{
	const struct dram_timing *t = &pim->timing;
	return dram_refreshed_from(pim->start + busy, t->rfc + t->rp, t->refi, first);
}
