/*
 * block: several tokens come of one forward without a draft (block diffusion, next-k).
 *
 *   T = steps T_f(size),   tokens = steps x tokens_f / (1 - frozen)
 *
 *   size      tokens of a sequence in each forward: all are computed, and all take a KV slot, however
 *             few are kept
 *   tokens_f  of them that a forward leaves decided, on average; not given: all of the block, over its
 *             steps (next-k: nothing is rejected)
 *   steps     forwards over the same block, one after another, at the same context
 *   frozen    share of the text that is known beforehand (scaffold): it comes without being decided
 *
 * tokens <= size: an iteration cannot leave more tokens than the block has. A forward that both
 * proposes and verifies, or pairs of them, are forwards like any other here: tokens_f is then what
 * papers print as tokens per forward (NFE).
 *
 * Sources: block diffusion with a KV cache, Fast-dVLM (arXiv 2604.06832) and Fast-dDrive (arXiv
 * 2605.23163, scaffold tokens); next-k, K-Forcing (arXiv 2606.10820).
 */
#include "workloads/transform_parts.h"

enum { BLOCK_SIZE, BLOCK_TOKENS, BLOCK_STEPS, BLOCK_FROZEN, BLOCK_KEY_COUNT };

/* clang-format off */
static const struct scenario_key keys[BLOCK_KEY_COUNT + 1] = {
	[BLOCK_SIZE] = {"block.size", SCENARIO_NUMBER, UNIT_COUNT, 1, 4096, NULL, NULL, "tokens of a sequence in each forward of a block (block diffusion, next-k)"},
	[BLOCK_TOKENS] = {"block.tokens", SCENARIO_NUMBER, UNIT_RATIO, 0.01, 4096, NULL, NULL, "tokens that a forward leaves decided, on average; not given: size / steps (next-k)"},
	[BLOCK_STEPS] = {"block.steps", SCENARIO_NUMBER, UNIT_COUNT, 1, 1024, "1", NULL, "forwards over the same block, one after another"},
	[BLOCK_FROZEN] = {"block.frozen", SCENARIO_NUMBER, UNIT_RATIO, 0, 0.99, "0", NULL, "share of the text that is known beforehand and comes without being decided"},
	{0},
};
/* clang-format on */

static enum sim_status check_others(const struct workload *workload, struct sim_diag *diag)
{
	size_t draft = scenario_find("draft.kind");
	if (scenario_number(&workload->scenario, SCENARIO_WIDTH) > 1)
		return diag_fail(diag, SIM_E_RANGE,
				 "'width' and 'block.size' exclude each other: the block sets it");
	if (scenario_number(&workload->scenario, draft) > 0)
		return diag_fail(diag, SIM_E_RANGE,
				 "'draft.kind' and 'block.size' exclude each other");
	return SIM_OK;
}

static enum sim_status plan(const struct workload *workload, size_t first_key,
			    struct workload_iteration *iteration, struct sim_diag *diag)
{
	struct workload_forward *forward = &iteration->forwards[0];
	if (!transform_value(workload, first_key, BLOCK_SIZE)->given) {
		for (size_t key = BLOCK_SIZE; key < BLOCK_KEY_COUNT; key++)
			if (transform_value(workload, first_key, key)->given)
				return diag_fail(diag, SIM_E_RANGE,
						 "'%s' has no effect without 'block.size'",
						 keys[key].name);
		return SIM_OK;
	}
	TRY(check_others(workload, diag));
	double size = transform_number(workload, first_key, BLOCK_SIZE);
	double steps = transform_number(workload, first_key, BLOCK_STEPS);
	double frozen = transform_number(workload, first_key, BLOCK_FROZEN);
	double tokens = size;
	if (transform_value(workload, first_key, BLOCK_TOKENS)->given)
		tokens = steps * transform_number(workload, first_key, BLOCK_TOKENS) / (1 - frozen);
	else if (frozen > 0)
		return diag_fail(diag, SIM_E_RANGE,
				 "'block.frozen' has no effect without 'block.tokens'");
	if (tokens > size * (1 + 1e-9))
		return diag_fail(diag, SIM_E_RANGE, "a block of %.9g tokens cannot leave %.9g",
				 size, tokens);
	forward->width = size;
	forward->count = (uint32_t)steps;
	forward->verify = size > 1;
	iteration->tokens = tokens;
	iteration->kv_tokens = size;
	return workload_slots(workload, forward, diag);
}

const struct workload_transform workload_transform_block = {
	.name = "block",
	.what = "several tokens of one forward without a draft: block diffusion, next-k",
	.keys = keys,
	.plan = plan,
};
