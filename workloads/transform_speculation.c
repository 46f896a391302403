/*
 * speculation: a draft proposes tokens, one wider forward of the model verifies them.
 *
 *   T = d T_d + T_v(n),   tokens = tau,   gain = tau / (d T_d / T_t + T_v(n) / T_t)
 *
 *   d    draft.k: forwards of the draft (chain: a token each; tree: a level each)
 *   n    k + 1 tokens of a chain, draft.nodes + 1 of a tree: all of them are computed, and all of
 *        them take a KV slot, however few are kept
 *   tau  draft.tau, or the mean of draft.lengths, or from draft.acceptance (workloads/acceptance.h)
 *
 * draft.kind: `model` another one; `self` the model's first draft.layers layers, or all of them, in
 * draft.bits; `ngram` a look-up, free; `masks` tokens that the model itself fills in: k of them in a
 * forward of their own (sequential) or in the one that verifies (parallel); `eagle` a head that is
 * derived of the model (workloads/eagle.c).
 * parallel, of model and self: the next draft is made beside the verification. That is the bound of
 * such schedules: a draft that a rejection made useless is not drafted again.
 * draft.level2: a draft of the draft, whose d2 forwards and one verification by the draft make
 * tau2 of the k tokens; ceil(k / tau2) such rounds.
 *
 * Sources: Leviathan et al., arXiv 2211.17192; trees as in EAGLE-2, arXiv 2406.16858; hierarchy as in
 * SpecMQuant, arXiv 2505.22179 (its equation is the one above); trimmed vocabulary as in VocabTrim,
 * arXiv 2506.22694; context of the draft as in RAPID, arXiv 2502.20330; masks as in FlexDraft,
 * arXiv 2605.20022.
 */
#include "workloads/transform_speculation.h"

#include <math.h>

#include "workloads/acceptance.h"
#include "workloads/transform_moe.h"
#include "workloads/transform_parts.h"
#include "workloads/transform_weights.h"

static const char kind_words[] = "none\0model\0ngram\0self\0masks\0eagle\0";
static const char expert_words[] = "all\0resident\0";
static const char schedule_words[] = "sequential\0parallel\0";

/* clang-format off */
static const struct scenario_key keys[SPECULATION_KEY_COUNT + 1] = {
	[DRAFT_KIND] = {"draft.kind", SCENARIO_WORD, UNIT_RATIO, 0, 0, "none", kind_words, "who drafts: none, model, ngram, self (part of the model), masks (mask tokens of the model), eagle (a head of one layer, derived of the model)"},
	[DRAFT_MODEL] = {"draft.model", SCENARIO_DRAFT, UNIT_RATIO, 0, 0, NULL, NULL, "of draft.kind model: a name or a file"},
	[DRAFT_K] = {"draft.k", SCENARIO_NUMBER, UNIT_COUNT, 0, 256, NULL, NULL, "tokens that are drafted in a row; of a tree: its depth"},
	[DRAFT_NODES] = {"draft.nodes", SCENARIO_NUMBER, UNIT_COUNT, 1, 4096, NULL, NULL, "tokens of the tree that is verified; not given: a chain"},
	[DRAFT_WIDTH] = {"draft.width", SCENARIO_NUMBER, UNIT_COUNT, 1, 4096, NULL, NULL, "tokens of a draft's forward after the first, of a tree; not given: nodes / k, rounded up"},
	[DRAFT_ACCEPTANCE] = {"draft.acceptance", SCENARIO_LIST, UNIT_RATIO, 0, 1, NULL, NULL, "rate at which a drafted token is accepted, or a series of rates"},
	[DRAFT_PERIOD] = {"draft.period", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e9, NULL, NULL, "generated tokens for which each rate of the series holds"},
	[DRAFT_LENGTHS] = {"draft.lengths", SCENARIO_LIST, UNIT_RATIO, 0, 1, NULL, NULL, "shares of iterations in which 0, 1, 2, ... drafted tokens are accepted"},
	[DRAFT_TAU] = {"draft.tau", SCENARIO_NUMBER, UNIT_RATIO, 1, 4096, NULL, NULL, "tokens of an iteration, the model's own one too, as measured"},
	[DRAFT_SCHEDULE] = {"draft.schedule", SCENARIO_WORD, UNIT_RATIO, 0, 0, "sequential", schedule_words, "sequential, or parallel: the next draft beside the verification"},
	[DRAFT_LAYERS] = {"draft.layers", SCENARIO_NUMBER, UNIT_COUNT, 1, 1024, NULL, NULL, "of draft.kind self: layers of the model that draft; not given: all"},
	[DRAFT_BITS] = {"draft.bits", SCENARIO_NUMBER, UNIT_RATIO, 0.01, 64, NULL, NULL, "bits of an element of the draft's weights; not given: the model's own"},
	[DRAFT_VOCABULARY] = {"draft.vocabulary", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e9, NULL, NULL, "rows of the draft's vocabulary projection that are kept"},
	[DRAFT_CONTEXT] = {"draft.context", SCENARIO_NUMBER, UNIT_COUNT, 0, 1e9, NULL, NULL, "most cached tokens that the draft sees"},
	[DRAFT_LEVEL2_MODEL] = {"draft.level2.model", SCENARIO_DRAFT, UNIT_RATIO, 0, 0, NULL, NULL, "draft of the draft: a name or a file"},
	[DRAFT_LEVEL2_LAYERS] = {"draft.level2.layers", SCENARIO_NUMBER, UNIT_COUNT, 1, 1024, NULL, NULL, "draft of the draft: layers of the draft itself"},
	[DRAFT_LEVEL2_K] = {"draft.level2.k", SCENARIO_NUMBER, UNIT_COUNT, 1, 256, NULL, NULL, "as draft.k"},
	[DRAFT_LEVEL2_NODES] = {"draft.level2.nodes", SCENARIO_NUMBER, UNIT_COUNT, 1, 4096, NULL, NULL, "as draft.nodes"},
	[DRAFT_LEVEL2_ACCEPTANCE] = {"draft.level2.acceptance", SCENARIO_NUMBER, UNIT_RATIO, 0, 1, NULL, NULL, "as draft.acceptance"},
	[DRAFT_LEVEL2_TAU] = {"draft.level2.tau", SCENARIO_NUMBER, UNIT_RATIO, 1, 4096, NULL, NULL, "as draft.tau"},
	[DRAFT_SLICE] = {"draft.slice", SCENARIO_NUMBER, UNIT_RATIO, 0.01, 64, NULL, NULL, "of draft.kind self: upper bits of the model's own stored weights that draft, with their scales; nothing is held twice"},
	[DRAFT_EXPERTS] = {"draft.experts", SCENARIO_WORD, UNIT_RATIO, 0, 0, "all", expert_words, "experts that a self-draft chooses among: all, or those resident in the machine's near memory (all, resident)"},
	[DRAFT_FROM_BATCH] = {"draft.from_batch", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e9, "1", NULL, "fewest sequences with which drafts are made; below, the draft is held and not used"},
	{0},
};
/* clang-format on */

struct planning {
	const struct workload *workload;
	size_t first;
	struct workload_iteration *iteration;
	struct sim_diag *diag;
};

static double number(const struct planning *plan, size_t key)
{
	return transform_number(plan->workload, plan->first, key);
}

static double given(const struct planning *plan, size_t key, double otherwise)
{
	return transform_given(plan->workload, plan->first, key, otherwise);
}

static double round_up(double value)
{
	double whole = (double)(int64_t)value;
	return whole < value ? whole + 1 : whole;
}

static enum sim_status add(struct planning *plan, struct workload_forward forward)
{
	struct workload_iteration *iteration = plan->iteration;
	if (iteration->forward_count == WORKLOAD_MOST_FORWARDS)
		return diag_fail(plan->diag, SIM_E_RANGE,
				 "an iteration of more than %d kinds of forwards",
				 WORKLOAD_MOST_FORWARDS);
	TRY(workload_slots(plan->workload, &forward, plan->diag));
	iteration->forwards[iteration->forward_count++] = forward;
	return SIM_OK;
}

/* K forwards of a draft like FORWARD: a token each, or WIDTH of a tree after the first. */
static enum sim_status add_draft(struct planning *plan, struct workload_forward forward, double k,
				 double width)
{
	if (width <= 1) {
		forward.count = (uint32_t)k;
		return add(plan, forward);
	}
	TRY(add(plan, forward));
	forward.context += 1;
	forward.width = forward.advance = width;
	forward.count = (uint32_t)k - 1;
	return forward.count > 0 ? add(plan, forward) : SIM_OK;
}

/* The draft of the draft: rounds of its own forwards and a verification by the draft. */
static enum sim_status add_level2(struct planning *plan, struct workload_forward draft, double k)
{
	double k2 = number(plan, DRAFT_LEVEL2_K), nodes = given(plan, DRAFT_LEVEL2_NODES, k2);
	double rate = given(plan, DRAFT_LEVEL2_ACCEPTANCE, 0);
	double tokens = nodes > k2 ? acceptance_tree(rate, nodes, k2) : acceptance_chain(rate, k2);
	tokens = given(plan, DRAFT_LEVEL2_TAU, tokens);
	if (nodes < k2 || tokens > k2 + 1)
		return diag_fail(plan->diag, SIM_E_RANGE,
				 "'draft.level2.%s' does not go with 'draft.level2.k'",
				 nodes < k2 ? "nodes" : "tau");
	uint32_t model = workload_draft(plan->workload, plan->first + DRAFT_LEVEL2_MODEL);
	struct workload_forward second = draft;
	second.model = model > 0 ? model : draft.model;
	second.layers = given(plan, DRAFT_LEVEL2_LAYERS, 0);
	draft.verify = true;
	double made = 0;
	while (made < k) {
		made += tokens;
		second.context = draft.context;
		second.width = 1;
		TRY(add_draft(plan, second, k2, nodes > k2 ? round_up(nodes / k2) : 1));
		draft.width = nodes + 1;
		TRY(add(plan, draft));
		draft.context += tokens;
	}
	return SIM_OK;
}

static enum sim_status add_drafts(struct planning *plan, struct workload_forward target, double k)
{
	unsigned kind = (unsigned)number(plan, DRAFT_KIND);
	double nodes = given(plan, DRAFT_NODES, k);
	double width = nodes > k ? round_up(nodes / k) : 1;
	bool parallel = number(plan, DRAFT_SCHEDULE) == DRAFT_PARALLEL;
	struct workload_forward draft = target;
	draft.verify = false;
	draft.draft = true;
	if (kind == DRAFT_KIND_NGRAM || (kind == DRAFT_KIND_MASKS && parallel))
		return SIM_OK;
	if (kind == DRAFT_KIND_MASKS) {
		draft.width = k;
		return add(plan, draft);
	}
	draft.width = draft.advance = 1;
	draft.model = workload_draft(plan->workload, plan->first + DRAFT_MODEL);
	draft.layers = given(plan, DRAFT_LAYERS, 0);
	draft.vocabulary = given(plan, DRAFT_VOCABULARY, 0);
	draft.stream = parallel;
	double most = given(plan, DRAFT_CONTEXT, draft.context);
	draft.context = draft.context < most ? draft.context : most;
	if (given(plan, DRAFT_LEVEL2_K, 0) > 0) {
		draft.advance = 0;
		return add_level2(plan, draft, k);
	}
	return add_draft(plan, draft, k, given(plan, DRAFT_WIDTH, width));
}

static enum sim_status check_sizes(const struct planning *plan)
{
	const struct workload *workload = plan->workload;
	uint32_t draft = workload_draft(workload, plan->first + DRAFT_MODEL);
	const struct workload_model *model =
		draft > 0 ? workload->drafts[draft - 1] : &workload->model;
	if (given(plan, DRAFT_LAYERS, 0) > (double)model->layers)
		return diag_fail(plan->diag, SIM_E_RANGE, "'draft.layers' is above the model's: %g",
				 number(plan, DRAFT_LAYERS));
	if (given(plan, DRAFT_LEVEL2_LAYERS, 0) > (double)model->layers)
		return diag_fail(plan->diag, SIM_E_RANGE,
				 "'draft.level2.layers' is above the draft's: %g",
				 number(plan, DRAFT_LEVEL2_LAYERS));
	if (given(plan, DRAFT_VOCABULARY, 0) > (double)model->vocabulary)
		return diag_fail(plan->diag, SIM_E_RANGE,
				 "'draft.vocabulary' is above the draft's: %g",
				 number(plan, DRAFT_VOCABULARY));
	return SIM_OK;
}

static enum sim_status plan(const struct workload *workload, size_t first_key,
			    struct workload_iteration *iteration, struct sim_diag *diag)
{
	struct planning plan = {workload, first_key, iteration, diag};
	struct workload_forward target = iteration->forwards[0];
	TRY(speculation_check(workload, first_key, diag));
	if (number(&plan, DRAFT_KIND) == DRAFT_KIND_NONE)
		return SIM_OK;
	double k = number(&plan, DRAFT_K), nodes = given(&plan, DRAFT_NODES, k);
	TRY(check_sizes(&plan));
	TRY(speculation_tokens(workload, first_key, target.context, &iteration->tokens, diag));
	if (k == 0)
		return SIM_OK;
	if (target.batch < number(&plan, DRAFT_FROM_BATCH)) {
		iteration->tokens = 1;
		return SIM_OK;
	}
	iteration->forward_count = 0;
	TRY(add_drafts(&plan, target, k));
	target.width = nodes + 1;
	target.verify = true;
	if (number(&plan, DRAFT_KIND) == DRAFT_KIND_MASKS &&
	    number(&plan, DRAFT_SCHEDULE) == DRAFT_PARALLEL)
		target.width += k;
	iteration->kv_tokens = target.width;
	return add(&plan, target);
}

bool speculation_is_restricted(const struct workload *workload)
{
	for (size_t i = 0; transform_at(i) != NULL; i++)
		if (transform_at(i) == &workload_transform_speculation)
			return transform_number(workload, workload->first_keys[i], DRAFT_EXPERTS) >
			       0;
	return false;
}

/* The upper bits of the model's weights, as its format stores them, and a draft's narrow products. */
static void apply_slice(const struct workload *workload, double slice, struct workload_step *step)
{
	for (size_t i = 0; i < step->kernel_count; i++) {
		struct lowered_kernel *at = &step->kernels[i];
		double bits = weights_slice_bits(workload, at->role, slice);
		if (at->weight_elements <= 0 || isnan(bits))
			continue;
		at->kernel.weight_bytes = transform_bytes(at->weight_elements, bits);
		if (slice <= 4)
			at->kernel.dtype = SIM_DTYPE_INT4;
	}
}

/* Weights of the draft in its own bits. */
static enum sim_status apply(const struct workload *workload, size_t first_key,
			     const struct workload_forward *forward, struct workload_step *step,
			     struct sim_diag *diag)
{
	(void)diag;
	if (forward->draft && transform_value(workload, first_key, DRAFT_SLICE)->given)
		apply_slice(workload, transform_number(workload, first_key, DRAFT_SLICE), step);
	if (!forward->draft || !transform_value(workload, first_key, DRAFT_BITS)->given)
		return SIM_OK;
	double bits = transform_number(workload, first_key, DRAFT_BITS);
	for (size_t i = 0; i < step->kernel_count; i++)
		step->kernels[i].kernel.weight_bytes =
			transform_bytes(step->kernels[i].weight_elements, bits);
	return SIM_OK;
}

/* A draft in other bits: a draft model is smaller, a part of the model is there a second time. */
static enum sim_status hold(const struct workload *workload, size_t first_key,
			    struct workload_capacity *capacity, struct sim_diag *diag)
{
	(void)diag;
	if (!transform_value(workload, first_key, DRAFT_BITS)->given)
		return SIM_OK;
	double bits = transform_number(workload, first_key, DRAFT_BITS);
	uint32_t draft = workload_draft(workload, first_key + DRAFT_MODEL);
	const struct workload_model *model =
		draft > 0 ? workload->drafts[draft - 1] : &workload->model;
	double share = transform_given(workload, first_key, DRAFT_LAYERS, (double)model->layers) /
		       (double)model->layers;
	if (draft > 0)
		capacity->weight_bytes -= (double)model_parameter_bytes(model);
	capacity->weight_bytes += share * (double)model_parameters(model).total * bits / 8;
	return SIM_OK;
}

const struct workload_transform workload_transform_speculation = {
	.name = "speculation",
	.what = "a draft proposes tokens, one wider forward verifies them",
	.keys = keys,
	.plan = plan,
	.apply = apply,
	.hold = hold,
};
