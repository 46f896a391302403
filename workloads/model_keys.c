/* The table of a model's keys: names, ranges, when they are needed, what they mean. */
#include <stdlib.h>
#include <string.h>

#include "workloads/model_parts.h"

#define AT(field) offsetof(struct workload_model, field)
#define MOST_TOKENS 1e9
#define MOST_WIDTH (1 << 24)

#define COUNT MODEL_KEY_COUNT
#define NUMBER MODEL_KEY_NUMBER
#define FLAG MODEL_KEY_FLAG
#define WORD MODEL_KEY_WORD

/* clang-format off */
const struct model_key model_keys[] = {
	{"layers", COUNT, MODEL_KEY_ALWAYS, AT(layers), 1, MODEL_MOST_LAYERS, NULL, "decoder layers"},
	{"hidden", COUNT, MODEL_KEY_ALWAYS, AT(hidden), 8, 1 << 20, NULL, "width of the residual stream"},
	{"vocabulary", COUNT, MODEL_KEY_ALWAYS, AT(vocabulary), 2, MOST_WIDTH, NULL, "rows of the embedding"},
	{"positions", COUNT, MODEL_KEY_ALWAYS, AT(positions), 1, MOST_TOKENS, NULL, "most tokens of a sequence, and rows of learned positions"},
	{"tied_embeddings", FLAG, MODEL_KEY_ALWAYS, AT(tied), 0, 1, NULL, "the embedding is the vocabulary projection too"},
	{"mixer", WORD, MODEL_KEY_OPTIONAL, AT(mixer), 0, 2, "attention\0latent\0state-space\0", "attention, latent or state-space"},
	{"position", WORD, MODEL_KEY_OPTIONAL, AT(position), 0, 2, "rotary\0learned\0none\0", "rotary, learned or none"},
	{"encoder", FLAG, MODEL_KEY_OPTIONAL, AT(encoder), 0, 1, NULL, "every token attends to every token, nothing is cached"},
	{"post_norms", FLAG, MODEL_KEY_OPTIONAL, AT(post_norms), 0, 1, NULL, "two norms more a layer, after attention and MLP"},
	{"head.bias", FLAG, MODEL_KEY_OPTIONAL, AT(head_bias), 0, 1, NULL, "bias of the vocabulary projection"},
	{"head.shared", FLAG, MODEL_KEY_OPTIONAL, AT(head_shared), 0, 1, NULL, "of a draft head: embedding and vocabulary projection are its target's"},
	{"inputs.fused", COUNT, MODEL_KEY_OPTIONAL, AT(fused_inputs), 1, 16, NULL, "of a draft head: vectors that a product makes one of before the first layer"},
	{"head.transform", FLAG, MODEL_KEY_OPTIONAL, AT(head_transform), 0, 1, NULL, "a dense layer and a norm before the vocabulary projection"},
	{"attention.heads", COUNT, MODEL_KEY_HEADS, AT(heads), 1, 1 << 16, NULL, "query heads"},
	{"attention.kv_heads", COUNT, MODEL_KEY_CACHE, AT(kv_heads), 1, 1 << 16, NULL, "key and value heads"},
	{"attention.head_dim", COUNT, MODEL_KEY_CACHE, AT(head_dim), 2, 4096, NULL, "width of a head"},
	{"attention.qkv_bias", FLAG, MODEL_KEY_CACHE, AT(qkv_bias), 0, 1, NULL, "biases of queries, keys and values"},
	{"attention.output_bias", FLAG, MODEL_KEY_OPTIONAL, AT(output_bias), 0, 1, NULL, "bias of the output projection"},
	{"attention.qk_norm", FLAG, MODEL_KEY_CACHE, AT(qk_norm), 0, 1, NULL, "RMS norm over each query and key head"},
	{"attention.qk_norm_wide", FLAG, MODEL_KEY_OPTIONAL, AT(qk_norm_wide), 0, 1, NULL, "that norm is over all heads together"},
	{"attention.sinks", FLAG, MODEL_KEY_OPTIONAL, AT(sinks), 0, 1, NULL, "a learned logit per query head"},
	{"attention.window", COUNT, MODEL_KEY_OPTIONAL, AT(window), 1, MOST_TOKENS, NULL, "tokens attended to; absent: all"},
	{"attention.window_every", COUNT, MODEL_KEY_OPTIONAL, AT(window_every), 2, MODEL_MOST_LAYERS, NULL, "layers i with (i + 1) % this == 0 attend to everything; absent: none"},
	{"attention.logit_softcap", NUMBER, MODEL_KEY_OPTIONAL, AT(logit_softcap), 1e-3, 1e6, NULL, "tanh cap on the logits"},
	{"latent.q_rank", COUNT, MODEL_KEY_OPTIONAL, AT(q_rank), 1, 1 << 20, NULL, "rank of the queries; absent: not compressed"},
	{"latent.kv_rank", COUNT, MODEL_KEY_LATENT, AT(kv_rank), 1, 1 << 20, NULL, "rank of keys and values"},
	{"latent.nope_dim", COUNT, MODEL_KEY_LATENT, AT(nope_dim), 1, 2048, NULL, "width of a key head that does not rotate"},
	{"latent.rope_dim", COUNT, MODEL_KEY_LATENT, AT(rope_dim), 2, 2048, NULL, "width of a key head that rotates"},
	{"latent.value_dim", COUNT, MODEL_KEY_LATENT, AT(value_dim), 1, 4096, NULL, "width of a value head"},
	{"state.inner", COUNT, MODEL_KEY_STATE, AT(state_inner), 1, MOST_WIDTH, NULL, "expanded width"},
	{"state.size", COUNT, MODEL_KEY_STATE, AT(state_size), 1, 1 << 16, NULL, "N of each head's state"},
	{"state.heads", COUNT, MODEL_KEY_STATE, AT(state_heads), 1, 1 << 16, NULL, "heads, which divide the expanded width"},
	{"state.groups", COUNT, MODEL_KEY_STATE, AT(state_groups), 1, 1 << 16, NULL, "groups of heads that share B and C"},
	{"state.conv", COUNT, MODEL_KEY_STATE, AT(state_conv), 1, 64, NULL, "kernel of the causal convolution"},
	{"mlp.intermediate", COUNT, MODEL_KEY_DENSE, AT(intermediate), 1, MOST_WIDTH, NULL, "width of the MLP"},
	{"mlp.gated", FLAG, MODEL_KEY_MLP, AT(gated), 0, 1, NULL, "act(gate(x)) * up(x), else act(up(x))"},
	{"mlp.activation", WORD, MODEL_KEY_MLP, AT(activation), 0, 3, "silu\0gelu\0gelu_tanh\0relu\0", "silu, gelu, gelu_tanh or relu"},
	{"mlp.bias", FLAG, MODEL_KEY_OPTIONAL, AT(mlp_bias), 0, 1, NULL, "biases of the dense MLP"},
	{"experts.count", COUNT, MODEL_KEY_OPTIONAL, AT(experts), 2, 1 << 16, NULL, "routed experts of a layer; absent: dense"},
	{"experts.per_token", COUNT, MODEL_KEY_EXPERTS, AT(experts_per_token), 1, 1 << 16, NULL, "experts that one token chooses"},
	{"experts.intermediate", COUNT, MODEL_KEY_EXPERTS, AT(expert_intermediate), 1, MOST_WIDTH, NULL, "width of an expert"},
	{"experts.shared_intermediate", COUNT, MODEL_KEY_OPTIONAL, AT(shared_intermediate), 1, MOST_WIDTH, NULL, "width of all shared experts together"},
	{"experts.shared_gate", FLAG, MODEL_KEY_OPTIONAL, AT(shared_gate), 0, 1, NULL, "a sigmoid gate on the shared expert"},
	{"experts.router_bias", FLAG, MODEL_KEY_OPTIONAL, AT(router_bias), 0, 1, NULL, "a bias of the router, one an expert"},
	{"experts.bias", FLAG, MODEL_KEY_OPTIONAL, AT(expert_bias), 0, 1, NULL, "biases of the experts"},
	{"experts.first_dense", COUNT, MODEL_KEY_OPTIONAL, AT(first_dense), 1, MODEL_MOST_LAYERS, NULL, "layers before the first with experts"},
	{"experts.every", COUNT, MODEL_KEY_OPTIONAL, AT(expert_every), 1, MODEL_MOST_LAYERS, NULL, "every how many layers there are experts, from the first on"},
	{"norm.epsilon", NUMBER, MODEL_KEY_ALWAYS, AT(norm_epsilon), 1e-12, 1e-2, NULL, "added to the mean square"},
	{"norm.kind", WORD, MODEL_KEY_OPTIONAL, AT(norm), 0, 1, "rms\0layer\0", "rms or layer"},
	{"norm.plain", FLAG, MODEL_KEY_OPTIONAL, AT(norm_plain), 0, 1, NULL, "layer norms have no bias"},
	{"rope.theta", NUMBER, MODEL_KEY_ROTARY, AT(rope_theta), 1, 1e12, NULL, "base of the rotary embedding"},
	{"rope.fraction", NUMBER, MODEL_KEY_OPTIONAL, AT(rotary_fraction), 1e-3, 1, NULL, "part of a head that rotates; absent: all"},
	{"rope.scaling", WORD, MODEL_KEY_OPTIONAL, AT(rope_scaling), 0, 2, "none\0llama3\0other\0", "none, llama3 with the keys below, or other: linear, yarn, longrope"},
	{"rope.factor", NUMBER, MODEL_KEY_OPTIONAL, AT(rope_factor), 1, 1e4, NULL, "long wavelengths grow by this"},
	{"rope.low_frequency_factor", NUMBER, MODEL_KEY_OPTIONAL, AT(rope_low_factor), 1e-3, 1e4, NULL, "original positions over the least wavelength that grows fully"},
	{"rope.high_frequency_factor", NUMBER, MODEL_KEY_OPTIONAL, AT(rope_high_factor), 1e-3, 1e4, NULL, "original positions over the longest wavelength that stays"},
	{"rope.original_positions", COUNT, MODEL_KEY_OPTIONAL, AT(rope_original_positions), 1, MOST_TOKENS, NULL, "positions trained on before"},
	{"parameter_bits", NUMBER, MODEL_KEY_OPTIONAL, AT(parameter_bits), 1, 64, NULL, "bits of a parameter as published; absent: 16"},
	{"expert_bits", NUMBER, MODEL_KEY_OPTIONAL, AT(expert_bits), 0.5, 64, NULL, "bits of the experts' matrices; absent: those of a parameter"},
};
/* clang-format on */

enum { KEYS = sizeof(model_keys) / sizeof(model_keys[0]) };

size_t model_key_count(void)
{
	return KEYS;
}

const char *model_key_name(size_t i)
{
	return model_keys[i].name;
}

const char *model_key_what(size_t i)
{
	return model_keys[i].what;
}

const struct model_key *model_key(const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(model_keys[i].name, name) == 0)
			return &model_keys[i];
	abort(); /* a name that is not in the table is a mistake of the code that asks */
}

bool model_key_value(const struct workload_model *model, size_t i, struct model_value *value)
{
	const struct model_key *key = &model_keys[i];
	const void *field = (const char *)model + key->offset;
	*value = (struct model_value){.flag = key->kind == MODEL_KEY_FLAG};
	switch (key->kind) {
	case MODEL_KEY_COUNT:
		value->number = (double)*(const uint64_t *)field;
		break;
	case MODEL_KEY_NUMBER:
		value->number = *(const double *)field;
		break;
	case MODEL_KEY_FLAG:
		value->number = *(const bool *)field;
		break;
	case MODEL_KEY_WORD:
		value->number = *(const unsigned *)field;
		value->word = key->words;
		for (unsigned n = *(const unsigned *)field; n > 0; n--)
			value->word += strlen(value->word) + 1;
	}
	/* these two have a default above zero that says nothing without their owner */
	if (key->offset == AT(expert_every) && model->experts == 0)
		return false;
	if (key->offset == AT(rotary_fraction) && model->position != MODEL_POSITION_ROTARY)
		return false;
	return value->number > 0 || model_needs(model, key);
}

static bool has_dense_layer(const struct workload_model *model)
{
	if (model->experts == 0)
		return model->mixer != MODEL_STATE_SPACE || model->intermediate > 0;
	return model->first_dense > 0 || model->expert_every > 1;
}

bool model_needs(const struct workload_model *model, const struct model_key *key)
{
	bool attends = model->mixer != MODEL_STATE_SPACE;
	switch (key->need) {
	case MODEL_KEY_ALWAYS:
		return true;
	case MODEL_KEY_OPTIONAL:
		return false;
	case MODEL_KEY_HEADS:
		return attends;
	case MODEL_KEY_CACHE:
		return model->mixer == MODEL_ATTENTION;
	case MODEL_KEY_MLP:
		return model->experts > 0 || has_dense_layer(model);
	case MODEL_KEY_DENSE:
		return has_dense_layer(model);
	case MODEL_KEY_ROTARY:
		return attends && model->position == MODEL_POSITION_ROTARY;
	case MODEL_KEY_EXPERTS:
		return model->experts > 0;
	case MODEL_KEY_LATENT:
		return model->mixer == MODEL_LATENT_ATTENTION;
	case MODEL_KEY_STATE:
		return model->mixer == MODEL_STATE_SPACE;
	}
	return true;
}

void model_set_defaults(struct workload_model *model)
{
	*model = (struct workload_model){.rotary_fraction = 1, .expert_every = 1};
	model->parameter_bits = 16;
}
