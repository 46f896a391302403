/* What no key of a model can say alone: one that needs another, or goes with none. */
#include <stdio.h>
#include <string.h>

#include "workloads/model_parts.h"

#define MOST_PARAMETERS 1e17 /* so that no product of sizes nears 2^63 */

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The owner that KEY lacks in MODEL, or NULL. */
static const char *owner_lacking(const struct workload_model *model, const char *key)
{
	bool attends = model->mixer != MODEL_STATE_SPACE;
	bool latent = model->mixer == MODEL_LATENT_ATTENTION;
	if (begins(key, "attention.") && !attends)
		return "heads: the mixer is a state space";
	if (begins(key, "latent.") && !latent)
		return "mixer 'latent'";
	if (begins(key, "state.") && attends)
		return "mixer 'state-space'";
	if (begins(key, "experts.") && model->experts == 0 && strcmp(key, "experts.every") != 0)
		return "'experts.count'";
	if (strcmp(key, "attention.window_every") == 0 && model->window == 0)
		return "'attention.window'";
	if (strcmp(key, "attention.qk_norm_wide") == 0 && !model->qk_norm)
		return "'attention.qk_norm'";
	if (strcmp(key, "experts.shared_gate") == 0 && model->shared_intermediate == 0)
		return "'experts.shared_intermediate'";
	if (strcmp(key, "norm.plain") == 0 && model->norm != MODEL_NORM_LAYER)
		return "norm.kind 'layer'";
	return NULL;
}

static enum sim_status check_owners(const struct workload_model *model, const char **blamed,
				    struct sim_diag *diag)
{
	for (size_t i = 0; i < model_key_count(); i++) {
		const struct model_key *key = &model_keys[i];
		struct model_value value;
		(void)model_key_value(model, i, &value);
		const char *owner = value.number > 0 ? owner_lacking(model, key->name) : NULL;
		if (owner == NULL)
			continue;
		*blamed = key->name;
		return diag_fail(diag, SIM_E_UNSUPPORTED, "'%s' without %s", key->name, owner);
	}
	return SIM_OK;
}

static enum sim_status check_heads(struct workload_model *model, const char **blamed,
				   struct sim_diag *diag)
{
	if (model->mixer == MODEL_STATE_SPACE)
		return SIM_OK;
	if (model->kv_heads == 0 || model->heads % model->kv_heads != 0) {
		*blamed = "attention.kv_heads";
		return diag_fail(diag, SIM_E_RANGE,
				 "'attention.kv_heads' must divide the heads: '%llu' of '%llu'",
				 (unsigned long long)model->kv_heads,
				 (unsigned long long)model->heads);
	}
	if (model->head_dim % 2 != 0) {
		*blamed = "attention.head_dim";
		return diag_fail(diag, SIM_E_RANGE, "'attention.head_dim' must be even: '%llu'",
				 (unsigned long long)model->head_dim);
	}
	return SIM_OK;
}

/* A scaling has all of its factors; without one there are none. */
static enum sim_status check_rope(const struct workload_model *model, const char **blamed,
				  struct sim_diag *diag)
{
	static const char *const factors[] = {"rope.factor", "rope.low_frequency_factor",
					      "rope.high_frequency_factor",
					      "rope.original_positions"};
	bool scaled = model->rope_scaling == MODEL_ROPE_LLAMA3;
	for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
		struct model_value value;
		(void)model_key_value(model, (size_t)(model_key(factors[i]) - model_keys), &value);
		bool given = value.number > 0;
		*blamed = scaled ? "rope.scaling" : factors[i];
		if (scaled && !given)
			return diag_fail(diag, SIM_E_NOT_FOUND,
					 "missing key '%s' of rope.scaling 'llama3'", factors[i]);
		if (model->rope_scaling == MODEL_ROPE_NONE && given)
			return diag_fail(diag, SIM_E_UNSUPPORTED, "'%s' without a rope.scaling",
					 factors[i]);
	}
	*blamed = factors[2];
	if (scaled && model->rope_high_factor <= model->rope_low_factor)
		return diag_fail(diag, SIM_E_RANGE, "'%s' must be above '%s'", factors[2],
				 factors[1]);
	return SIM_OK;
}

static enum sim_status check_experts(const struct workload_model *model, const char **blamed,
				     struct sim_diag *diag)
{
	if (model->experts == 0)
		return SIM_OK;
	*blamed = "experts.per_token";
	if (model->experts_per_token > model->experts)
		return diag_fail(diag, SIM_E_RANGE,
				 "'%s' must be at most the experts: '%llu' of '%llu'", *blamed,
				 (unsigned long long)model->experts_per_token,
				 (unsigned long long)model->experts);
	*blamed = "experts.first_dense";
	if (model->first_dense >= model->layers)
		return diag_fail(diag, SIM_E_RANGE,
				 "'%s' must be below the layers: '%llu' of '%llu'", *blamed,
				 (unsigned long long)model->first_dense,
				 (unsigned long long)model->layers);
	return SIM_OK;
}

static enum sim_status check_state(const struct workload_model *model, const char **blamed,
				   struct sim_diag *diag)
{
	if (model->mixer != MODEL_STATE_SPACE)
		return SIM_OK;
	*blamed = "state.heads";
	if (model->state_inner % model->state_heads != 0)
		return diag_fail(diag, SIM_E_RANGE,
				 "'%s' must divide 'state.inner': '%llu' of '%llu'", *blamed,
				 (unsigned long long)model->state_heads,
				 (unsigned long long)model->state_inner);
	*blamed = "state.groups";
	if (model->state_heads % model->state_groups != 0)
		return diag_fail(diag, SIM_E_RANGE,
				 "'%s' must divide 'state.heads': '%llu' of '%llu'", *blamed,
				 (unsigned long long)model->state_groups,
				 (unsigned long long)model->state_heads);
	return SIM_OK;
}

/* No less than the parameters, in doubles, which do not wrap around. */
static enum sim_status check_size(const struct workload_model *model, const char **blamed,
				  struct sim_diag *diag)
{
	double hidden = (double)model->hidden, heads = (double)model->heads;
	double width = (double)model->head_dim + (double)model->value_dim + (double)model->nope_dim;
	double ranks = (double)model->q_rank + (double)model->kv_rank + (double)model->rope_dim;
	double inner = (double)model->state_inner;
	double shared = (double)(model->state_groups * model->state_size + model->state_heads);
	double mlp = (double)model->intermediate + (double)model->shared_intermediate +
		     (double)model->experts * ((double)model->expert_intermediate + 1);
	double layer = 4 * (hidden + ranks) * (heads * width + ranks) +
		       3 * (inner + 2 * shared) * (hidden + 64) + 4 * (hidden + 1) * (mlp + 4) +
		       inner * (double)model->state_size;
	double total = (double)model->layers * layer +
		       2 * hidden * ((double)model->vocabulary + hidden + 2) +
		       (double)model->positions * hidden;
	*blamed = "layers";
	if (total > MOST_PARAMETERS)
		return diag_fail(diag, SIM_E_RANGE, "a model of more than %.0e parameters",
				 MOST_PARAMETERS);
	return SIM_OK;
}

enum sim_status model_finish(struct workload_model *model, const char **blamed,
			     struct sim_diag *diag)
{
	TRY(check_owners(model, blamed, diag));
	if (model->mixer == MODEL_LATENT_ATTENTION) {
		*blamed = "attention.head_dim";
		uint64_t width = model->nope_dim + model->rope_dim;
		if (model->head_dim != 0 && model->head_dim != width)
			return diag_fail(
				diag, SIM_E_RANGE,
				"'%s' must be latent.nope_dim and latent.rope_dim together",
				*blamed);
		model->head_dim = width;
		if (model->kv_heads == 0)
			model->kv_heads = model->heads;
	}
	if (model->expert_bits <= 0)
		model->expert_bits = model->parameter_bits;
	TRY(check_heads(model, blamed, diag));
	TRY(check_rope(model, blamed, diag));
	TRY(check_experts(model, blamed, diag));
	TRY(check_state(model, blamed, diag));
	return check_size(model, blamed, diag);
}
