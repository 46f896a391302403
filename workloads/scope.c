/*
 * What expressions of a profile may name: the model's fields, the forward, the layer.
 *
 * Slots are in the order of the lists here; a profile's own names follow.
 */
#include "workloads/scope.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
#define MODEL_COUNTS(X) \
	X(hidden) X(heads) X(kv_heads) X(head_dim) X(window) X(window_every) X(intermediate) \
	X(positions) X(experts) X(experts_per_token) X(expert_intermediate) \
	X(shared_intermediate) X(first_dense) X(expert_every) X(q_rank) X(kv_rank) X(nope_dim) \
	X(rope_dim) X(value_dim) X(state_inner) X(state_size) X(state_heads) X(state_groups) \
	X(state_conv) X(encoder) X(qkv_bias) X(output_bias) X(mlp_bias) X(head_bias) X(qk_norm) \
	X(qk_norm_wide) X(sinks) X(gated) X(tied) X(post_norms) X(norm) X(mixer) X(position) \
	X(activation) X(rope_scaling) X(rotary_fraction) X(logit_softcap) X(shared_gate) \
	X(router_bias) X(expert_bias) X(fused_inputs)
#define FORWARD_NAMES(X) \
	X(LAYERS, "layers") X(VOCABULARY, "vocabulary") X(BATCH, "batch") X(WIDTH, "width") \
	X(CONTEXT, "context") X(SLOTS, "slots") X(ROWS, "rows") X(LENGTH, "length") \
	X(PREFILL, "prefill") X(VERIFY, "verify") X(DRAFT, "draft") X(SM_COUNT, "sm_count") \
	X(UNIQUE, "unique_experts")
#define LAYER_NAMES(X) \
	X(SLIDES, "slides") X(MOE, "moe") X(KV, "kv") X(KV_SLOTS, "kv_slots") X(FIRST, "first_layer")
/* clang-format on */

enum {
#define X(field) MODEL_##field,
	MODEL_COUNTS(X)
#undef X
#define X(name, text) SCOPE_##name,
		FORWARD_NAMES(X) LAYER_NAMES(X)
#undef X
			SCOPE_COUNT
};

static const char *const names[SCOPE_COUNT] = {
#define X(field) #field,
	MODEL_COUNTS(X)
#undef X
#define X(name, text) text,
		FORWARD_NAMES(X) LAYER_NAMES(X)
#undef X
};

struct expr_scope workload_scope(void)
{
	return (struct expr_scope){names, SCOPE_COUNT};
}

double scope_unique_experts(const struct workload_model *model, double tokens)
{
	double all = (double)model->experts, chosen = (double)model->experts_per_token;
	double unused = 1, factor = all > 0 ? 1 - chosen / all : 0;
	for (uint64_t n = (uint64_t)tokens; n > 0; n >>= 1) {
		if (n & 1)
			unused *= factor;
		factor *= factor;
	}
	double unique = tokens > 1 ? all * (1 - unused) : chosen;
	return unique < all ? unique : all;
}

void scope_fill_forward(const struct workload *workload, const struct workload_forward *forward,
			double *values)
{
	const struct workload_model *model = workload_model_of(workload, forward);
#define X(field) values[MODEL_##field] = (double)model->field;
	MODEL_COUNTS(X)
#undef X
	double rows = forward->batch * forward->width;
	values[SCOPE_LAYERS] = forward->layers > 0 ? forward->layers : (double)model->layers;
	values[SCOPE_VOCABULARY] =
		forward->vocabulary > 0 ? forward->vocabulary : (double)model->vocabulary;
	values[SCOPE_BATCH] = forward->batch;
	values[SCOPE_WIDTH] = forward->width;
	values[SCOPE_CONTEXT] = forward->context;
	values[SCOPE_ROWS] = rows;
	values[SCOPE_LENGTH] = forward->context + forward->width;
	values[SCOPE_PREFILL] = forward->prefill;
	values[SCOPE_VERIFY] = forward->verify;
	values[SCOPE_DRAFT] = forward->draft;
	values[SCOPE_SM_COUNT] = workload->sm_count;
	values[SCOPE_UNIQUE] = forward->unique_experts > 0 ? forward->unique_experts
							   : scope_unique_experts(model, rows);
	values[SCOPE_SLOTS] = forward->slots > 0 ? forward->slots : values[SCOPE_LENGTH];
	scope_fill_layer(model, (struct model_layer){false, false}, false, values);
}

void scope_fill_layer(const struct workload_model *model, struct model_layer layer, bool first,
		      double *values)
{
	double window = (double)model->window, length = values[SCOPE_LENGTH];
	double slots = values[SCOPE_SLOTS];
	values[SCOPE_SLIDES] = layer.slides;
	values[SCOPE_MOE] = layer.experts;
	values[SCOPE_FIRST] = first;
	values[SCOPE_KV] = layer.slides && window < length ? window : length;
	values[SCOPE_KV_SLOTS] = layer.slides && window < slots ? window : slots;
}
