/* Speculation: which keys go together, and the tokens that come of them. */
#include "workloads/acceptance.h"
#include "workloads/transform_parts.h"
#include "workloads/transform_speculation.h"

static bool given(const struct workload *workload, size_t first, size_t key)
{
	return transform_value(workload, first, key)->given;
}

static const char *name_of(size_t first, size_t key)
{
	return scenario_key(first + key)->name;
}

static enum sim_status no_effect(size_t first, size_t key, const char *why, struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_RANGE, "'%s' has no effect: %s", name_of(first, key), why);
}

static enum sim_status check_off(const struct workload *workload, size_t first,
				 struct sim_diag *diag)
{
	for (size_t key = DRAFT_KIND + 1; key < SPECULATION_KEY_COUNT; key++)
		if (given(workload, first, key))
			return no_effect(first, key, "'draft.kind' is none", diag);
	return SIM_OK;
}

static enum sim_status check_kind(const struct workload *workload, size_t first, unsigned kind,
				  struct sim_diag *diag)
{
	bool forwards =
		kind == DRAFT_KIND_MODEL || kind == DRAFT_KIND_SELF || kind == DRAFT_KIND_EAGLE;
	static const enum speculation_key of_forwards[] = {
		DRAFT_WIDTH,	  DRAFT_BITS,	      DRAFT_VOCABULARY,
		DRAFT_CONTEXT,	  DRAFT_LEVEL2_MODEL, DRAFT_LEVEL2_LAYERS,
		DRAFT_LEVEL2_K,	  DRAFT_LEVEL2_NODES, DRAFT_LEVEL2_ACCEPTANCE,
		DRAFT_LEVEL2_TAU,
	};
	for (size_t i = 0; i < sizeof(of_forwards) / sizeof(of_forwards[0]) && !forwards; i++)
		if (given(workload, first, of_forwards[i]))
			return no_effect(first, of_forwards[i],
					 "'draft.kind' is neither model nor self", diag);
	static const enum speculation_key of_self[] = {DRAFT_LAYERS, DRAFT_SLICE, DRAFT_EXPERTS};
	for (size_t i = 0; i < sizeof(of_self) / sizeof(of_self[0]); i++)
		if (given(workload, first, of_self[i]) && kind != DRAFT_KIND_SELF)
			return no_effect(first, of_self[i], "'draft.kind' is not self", diag);
	if (given(workload, first, DRAFT_SLICE) && given(workload, first, DRAFT_BITS))
		return diag_fail(diag, SIM_E_RANGE,
				 "'draft.slice' and 'draft.bits' exclude each other");
	if ((kind == DRAFT_KIND_MODEL) != given(workload, first, DRAFT_MODEL))
		return diag_fail(diag, SIM_E_RANGE,
				 "'draft.model' goes with 'draft.kind: model', and only with it");
	if (kind == DRAFT_KIND_NGRAM && given(workload, first, DRAFT_SCHEDULE))
		return no_effect(first, DRAFT_SCHEDULE, "an n-gram draft takes no time", diag);
	return SIM_OK;
}

static enum sim_status check_level2(const struct workload *workload, size_t first,
				    struct sim_diag *diag)
{
	bool model = given(workload, first, DRAFT_LEVEL2_MODEL);
	bool layers = given(workload, first, DRAFT_LEVEL2_LAYERS);
	bool rate = given(workload, first, DRAFT_LEVEL2_ACCEPTANCE);
	bool tau = given(workload, first, DRAFT_LEVEL2_TAU);
	if (!model && !layers) {
		for (size_t key = DRAFT_LEVEL2_K; key <= DRAFT_LEVEL2_TAU; key++)
			if (given(workload, first, key))
				return no_effect(first, key, "no draft of the draft is named",
						 diag);
		return SIM_OK;
	}
	if (model && layers)
		return diag_fail(
			diag, SIM_E_RANGE,
			"'draft.level2.model' and 'draft.level2.layers' exclude each other");
	if (rate == tau)
		return diag_fail(diag, SIM_E_RANGE,
				 "give one of 'draft.level2.acceptance', 'draft.level2.tau'");
	if (!given(workload, first, DRAFT_LEVEL2_K))
		return diag_fail(diag, SIM_E_NOT_FOUND, "missing key 'draft.level2.k'");
	if (transform_number(workload, first, DRAFT_SCHEDULE) == DRAFT_PARALLEL)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "a draft of the draft runs in sequence: 'draft.schedule'");
	return SIM_OK;
}

enum sim_status speculation_check(const struct workload *workload, size_t first,
				  struct sim_diag *diag)
{
	unsigned kind = (unsigned)transform_number(workload, first, DRAFT_KIND);
	if (kind == DRAFT_KIND_NONE)
		return check_off(workload, first, diag);
	if (!given(workload, first, DRAFT_K))
		return diag_fail(diag, SIM_E_NOT_FOUND, "missing key 'draft.k'");
	if (scenario_number(&workload->scenario, SCENARIO_WIDTH) > 1)
		return diag_fail(diag, SIM_E_RANGE,
				 "'width' and 'draft.kind' exclude each other: the draft sets it");
	double k = transform_number(workload, first, DRAFT_K);
	if (given(workload, first, DRAFT_NODES) &&
	    transform_number(workload, first, DRAFT_NODES) < k)
		return diag_fail(diag, SIM_E_RANGE, "'draft.nodes' is below 'draft.k', its depth");
	if (given(workload, first, DRAFT_WIDTH) && !given(workload, first, DRAFT_NODES))
		return no_effect(first, DRAFT_WIDTH, "the draft is no tree: 'draft.nodes'", diag);
	TRY(check_kind(workload, first, kind, diag));
	return check_level2(workload, first, diag);
}

static enum sim_status tokens_of_lengths(const struct scenario_value *lengths, double k,
					 double *tokens, struct sim_diag *diag)
{
	double sum = 0;
	for (size_t i = 0; i < lengths->list_count; i++)
		sum += lengths->list[i];
	if (!(sum > 1 - 1e-6 && sum < 1 + 1e-6))
		return diag_fail(diag, SIM_E_RANGE, "'draft.lengths' sum to %.9g, not to 1", sum);
	if ((double)lengths->list_count > k + 1)
		return diag_fail(diag, SIM_E_RANGE, "'draft.lengths' goes beyond 'draft.k'");
	*tokens = acceptance_lengths(lengths->list, lengths->list_count);
	return SIM_OK;
}

enum sim_status speculation_tokens(const struct workload *workload, size_t first, double context,
				   double *tokens, struct sim_diag *diag)
{
	const struct scenario_value *rates = transform_value(workload, first, DRAFT_ACCEPTANCE);
	const struct scenario_value *lengths = transform_value(workload, first, DRAFT_LENGTHS);
	bool tau = given(workload, first, DRAFT_TAU);
	double k = transform_number(workload, first, DRAFT_K);
	double made = context - scenario_number(&workload->scenario, SCENARIO_CONTEXT);
	if (rates->given + lengths->given + tau != 1)
		return diag_fail(diag, SIM_E_RANGE,
				 "give one of 'draft.acceptance', 'draft.lengths', 'draft.tau'");
	if (rates->given != (rates->list_count > 1 && given(workload, first, DRAFT_PERIOD)) &&
	    (given(workload, first, DRAFT_PERIOD) || rates->list_count > 1))
		return diag_fail(diag, SIM_E_RANGE,
				 "a list of 'draft.acceptance' goes with 'draft.period'");
	if (lengths->given)
		return tokens_of_lengths(lengths, k, tokens, diag);
	if (tau) {
		*tokens = transform_number(workload, first, DRAFT_TAU);
		if (*tokens <= k + 1)
			return SIM_OK;
		return diag_fail(diag, SIM_E_RANGE,
				 "'draft.tau' is above what 'draft.k' can give, %.12g", k + 1);
	}
	double rate = acceptance_at(rates->list, rates->list_count,
				    transform_given(workload, first, DRAFT_PERIOD, 1), made);
	*tokens = given(workload, first, DRAFT_NODES)
			  ? acceptance_tree(rate, transform_number(workload, first, DRAFT_NODES), k)
			  : acceptance_chain(rate, k);
	return SIM_OK;
}
