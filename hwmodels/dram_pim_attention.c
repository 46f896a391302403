/* Attention in DRAM by command lists; equations in dram_pim.h. */
#include "hwmodels/dram_pim.h"

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* Clocks of the commands of one head on one channel. */
struct head_list {
	double phase;	     /* score, and context as well: first MAC to the end of the last */
	double change;	     /* row change between two phases */
	double wrgb, mvgb;   /* query in, probabilities in */
	double scores, rest; /* last scores out, last results out */
};

static struct head_list list_of(const struct dram_pim *pim, const struct dram_attention *shape)
{
	const struct dram_timing *t = &pim->timing;
	double lines = pim->pseudo, split = 1, spread = 1, out = t->ccd_long;
	struct head_list list = {0};
	if (pim->level != DRAM_PIM_BUFFER) {
		spread = pim->ranks * pim->groups;
		lines *= spread;
		out = pim->level == DRAM_PIM_BANK ? pim->banks * pim->ranks : pim->ranks;
		out *= t->ccd_short;
	}
	if (pim->level == DRAM_PIM_BANK)
		split = pim->banks;
	double columns = dram_ceil(shape->head_dim / (split * pim->lanes));
	double macs = dram_ceil(shape->length / lines) * columns;
	double rows = dram_ceil(macs * pim->burst_bytes / pim->row_bytes);
	double probabilities = dram_ceil(shape->length / (lines * pim->lanes));
	/* moves to several bank groups take turns; to one, they wait for it */
	double move = spread > 1 ? t->ccd_short : t->ccd_long;
	list.change = dram_pim_row_switch(pim, dram_ceil(macs / rows));
	list.phase = dram_pim_mac_time(pim, macs, rows);
	list.wrgb = split * columns * t->ccd_long;
	list.mvgb = spread * probabilities * move;
	list.scores = spread * move;
	list.rest = pim->mac_interval + out;
	return list;
}

static double by_channel(const struct dram_pim *pim, const struct dram_attention *shape)
{
	struct head_list list = list_of(pim, shape);
	double heads = dram_ceil(shape->kv_heads * shape->group / pim->parallel);
	heads = dram_ceil(heads / pim->channels);
	double pairs = dram_ceil(heads / 2), odd = 0;
	if (pairs * 2 > heads) {
		pairs -= 1;
		odd = 1;
	}
	double begin = larger(list.wrgb, pim->mac_rcd), sfm = pim->timing.ccd_short;
	double moves = list.scores + sfm + list.mvgb;
	/* score, score, context, context: the moves of a head go under a phase of the other */
	double gap = larger(list.change, moves - list.phase);
	double pair = begin + 4 * list.phase + list.change + 2 * gap + list.rest;
	double alone = begin + 2 * list.phase + larger(list.change, moves) + list.rest;
	return pairs * pair + odd * alone;
}

/* ROUNDS of: registers set, mode changed, MACS commands, read out; OPENED rows for them. */
static double rounds_time(const struct dram_pim *pim, double rounds, double macs, double opened)
{
	double modes = 2 * (pim->mode_switch + 1);
	double open = pim->timing.rp + pim->mac_rcd + pim->spread;
	return rounds * (pim->output_interval + pim->output_turn + modes +
			 (macs - 1) * pim->mac_interval) +
	       opened * open;
}

static double over_banks(const struct dram_pim *pim, const struct dram_attention *shape)
{
	double row = pim->row_bytes / 2, lanes = pim->lanes;
	/* keys: a bank holds all heads of a position, one round a head */
	double keys = shape->kv_heads * shape->head_dim;
	double score = dram_ceil(keys / lanes) * pim->input_interval +
		       rounds_time(pim, shape->kv_heads, dram_ceil(shape->head_dim / lanes),
				   dram_ceil(keys / row));
	double turns = dram_ceil(shape->length / dram_pim_units(pim));
	/* values: a head on a channel of one device, its dimension over the banks */
	double of_channel = pim->groups * pim->banks * pim->ranks * pim->pseudo / pim->unit_banks;
	double heads = dram_ceil(shape->kv_heads / pim->channels);
	double rows = dram_ceil(shape->length / row), held = shape->length / rows;
	double dims = dram_ceil(shape->head_dim / of_channel), macs = dram_ceil(held / lanes);
	double context = macs * pim->input_interval + rounds_time(pim, dims, macs, dims);
	/* scale and normalize: two products of scores, spread as one head on four banks */
	const struct dram_timing *t = &pim->timing;
	double product = t->rcd + t->write_precharge + t->rp + macs * t->ccd_long;
	double spots = larger(1, pim->channels * pim->groups);
	double products = 2 * dram_ceil(shape->kv_heads * shape->group / spots) * rows * product;
	return shape->group * (turns * score + heads * rows * context) + products;
}

double dram_pim_attention_cycles(const struct dram_pim *pim, const struct dram_attention *shape)
{
	return pim->attention == DRAM_PIM_OVER_BANKS ? over_banks(pim, shape)
						     : by_channel(pim, shape);
}

double dram_pim_softmax_s(const struct dram_pim *pim, const struct dram_attention *shape)
{
	const double moves = 6; /* in and out: scaled, exponents, and their sums */
	double scores = shape->kv_heads * shape->group * shape->length;
	if (pim->attention != DRAM_PIM_OVER_BANKS)
		return 0;
	return moves * scores * 2 / pim->access_bytes_per_s + scores / pim->softmax_per_s;
}
