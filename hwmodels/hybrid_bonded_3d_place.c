/*
 * What lies in the stack of a hybrid_bonded_3d.
 *
 *   dense = min(1, C / D)          kv = min(1, (C - D) / V)        in this order
 *   slots = (C - D - V) / (slice E_b)                               experts that are kept, of L E
 *   m = 1 - LRU(slots; L E items, Zipf locality)                    misses of a request
 *   U = touched(n, 1)              different experts of a layer that n tokens choose
 *   X = m U                        of them missing, one token a sequence
 *   X = touched(n, m)              of them missing, drafted tokens that are verified: each misses on
 *                                  its own, and what one has fetched serves the others
 *   experts = slice (1 - X / U)    of the bytes read, from the stack
 *
 *   C  stack.capacity  D  dense bytes of model and drafts  V  KV bytes  E_b  bytes of an expert
 *   L  layers with experts  E  experts of one  n  tokens that choose on their own
 *   slice  share of an expert that its upper bits are where they draft, else 1
 *
 * One cache is shared by all layers: requests are Zipf over all L E items, hits by Che's
 * approximation (sim/core/popularity.h), as ELMoE-3D says of its LRU. Below cache.least experts a
 * layer nothing is kept. A draft that holds experts a second time in fewer bits leaves no room for a
 * cache, and one in as many bits halves it while it drafts (that is how the paper's rows of Quant come
 * out; assumed). Drafts that are restricted to resident experts read them from the stack alone.
 */
#include <math.h>
#include <stdlib.h>

#include "hwmodels/hybrid_bonded_3d.h"
#include "sim/core/popularity.h"

enum { MOST_ITEMS = 1 << 20 };

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* Share of NEED that *ROOM holds, and what is left of it. */
static double take(double need, double *room)
{
	double share = need > *room ? *room / need : 1;
	*room = larger(0, *room - need);
	return share;
}

/*
 * Of the different experts that TOKENS read, the share that is missing where a request hits with chance
 * HIT; TOGETHER: sequences share what they have in common. CHANCES of the experts of a layer.
 */
static double missing_share(const double *chances, size_t experts, double tokens, double hit,
			    bool together)
{
	if (together || hit >= 1)
		return 1 - hit;
	return popularity_touched(chances, experts, tokens, 1 - hit) /
	       popularity_touched(chances, experts, tokens, 1);
}

/*
 * Slots that the experts get. A copy for a draft in fewer bits leaves none. One in as many bits is no
 * other data until it drafts; then both are kept.
 */
static double share_slots(const struct sim_residents *residents, double slots)
{
	if (residents->expert_copy_bytes <= 0)
		return slots;
	if (residents->expert_copy_bytes < residents->expert_bytes)
		return 0;
	return residents->verifies ? slots / 2 : slots;
}

static enum sim_status check(const struct sim_residents *residents, struct sim_diag *diag)
{
	double items = residents->experts * residents->expert_layers;
	if (items >= 1 && items <= MOST_ITEMS)
		return SIM_OK;
	return diag_fail(diag, SIM_E_RANGE, "%.9g experts in all: 1 to %d can be placed", items,
			 MOST_ITEMS);
}

static enum sim_status place_experts(const double *values, const struct sim_residents *residents,
				     double room, struct hybrid_shares *shares, double *resident,
				     struct sim_diag *diag)
{
	TRY(check(residents, diag));
	size_t count = (size_t)(residents->experts * residents->expert_layers);
	size_t experts = (size_t)residents->experts;
	double slots = share_slots(residents, room / (residents->expert_bytes * residents->slice));
	double per_layer = slots / residents->expert_layers, hit = 0;
	double *items = malloc((2 * count + 2) * sizeof(*items));
	if (items == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (per_layer < values[HYBRID_CACHE_LEAST])
		per_layer = 0;
	if (per_layer > 0) {
		popularity_zipf(residents->locality, count, items);
		hit = popularity_lru_hit(items, count, slots);
	}
	popularity_zipf(residents->skew, experts, items);
	popularity_chances(items, experts, residents->experts_per_token, items + experts);
	double missing = missing_share(items + experts, experts, residents->tokens, hit,
				       !residents->verifies);
	double drafted = missing_share(items + experts, experts, residents->draft_tokens, hit,
				       !(residents->draft_tokens > 0));
	shares->weights[0][1] = larger(0, 1 - missing) * residents->slice;
	shares->weights[1][1] = residents->restricted && per_layer > 0 ? 1 : larger(0, 1 - drafted);
	*resident = smaller(per_layer, residents->experts);
	free(items);
	return SIM_OK;
}

void hybrid_default_shares(const double *values, struct hybrid_shares *shares)
{
	bool has_stack = values[HYBRID_STACK_CAPACITY] > 0;
	bool is_alone = !(values[HYBRID_EXTERNAL_CAPACITY] > 0);
	double dense = values[HYBRID_SHARE_DENSE], kv = values[HYBRID_SHARE_KV];
	double experts = values[HYBRID_SHARE_EXPERTS];
	dense = isnan(dense) ? 1 : dense;
	experts = isnan(experts) ? 0 : experts;
	kv = isnan(kv) ? 1 : kv;
	if (is_alone)
		dense = experts = kv = 1;
	if (!has_stack)
		dense = experts = kv = 0;
	shares->weights[0][0] = shares->weights[1][0] = dense;
	shares->weights[0][1] = shares->weights[1][1] = experts;
	shares->kv = kv;
}

enum sim_status hybrid_place(const double *values, const struct sim_residents *residents,
			     struct hybrid_shares *shares, double *resident, struct sim_diag *diag)
{
	double room = values[HYBRID_STACK_CAPACITY];
	hybrid_default_shares(values, shares);
	*resident = 0;
	if (!(room > 0))
		return SIM_OK;
	if (!(values[HYBRID_EXTERNAL_CAPACITY] > 0)) {
		*resident = residents->experts;
		return SIM_OK;
	}
	double dense = take(residents->dense_bytes, &room), kv = take(residents->kv_bytes, &room);
	if (residents->expert_bytes > 0)
		TRY(place_experts(values, residents, room, shares, resident, diag));
	if (isnan(values[HYBRID_SHARE_DENSE]))
		shares->weights[0][0] = shares->weights[1][0] = dense;
	if (isnan(values[HYBRID_SHARE_KV]))
		shares->kv = kv;
	if (!isnan(values[HYBRID_SHARE_EXPERTS]))
		shares->weights[0][1] = shares->weights[1][1] = values[HYBRID_SHARE_EXPERTS];
	return SIM_OK;
}
