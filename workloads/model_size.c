/*
 * What a model's architecture amounts to.
 *
 *   attention  layers (H (Hq + 2 Hkv) d + Hq d H)      bias  layers (Hq + 2 Hkv) d
 *   mlp        layers (gated ? 3 : 2) H I              norms layers (2 H + (qk_norm ? 2 d : 0)) + H
 *   embedding  V H, and once more for the vocabulary projection unless they are tied
 * The ranges of the keys keep every product below 2^62.
 */
#include <math.h>

#include "workloads/model.h"

struct model_parameters model_parameters(const struct workload_model *model)
{
	struct model_parameters sum = {0};
	uint64_t queries = model->heads * model->head_dim;
	uint64_t joined = queries + 2 * model->kv_heads * model->head_dim;
	uint64_t head_norms = model->qk_norm ? 2 * model->head_dim : 0;
	sum.embedding = model->vocabulary * model->hidden;
	sum.head = sum.embedding;
	sum.attention = model->layers * model->hidden * (joined + queries);
	sum.attention_bias = model->qkv_bias ? model->layers * joined : 0;
	sum.mlp = model->layers * (model->gated ? 3 : 2) * model->hidden * model->intermediate;
	sum.norms = model->layers * (2 * model->hidden + head_norms) + model->hidden;
	sum.read = sum.head + sum.attention + sum.attention_bias + sum.mlp + sum.norms;
	sum.total = sum.read + (model->tied ? 0 : sum.embedding);
	return sum;
}

uint64_t model_kv_elements(const struct workload_model *model)
{
	return 2 * model->layers * model->kv_heads * model->head_dim;
}

uint64_t model_attended(const struct workload_model *model, uint64_t length)
{
	return model->window > 0 && length > model->window ? model->window : length;
}

struct model_layer model_layer(const struct workload_model *model, uint64_t i)
{
	bool global = model->window_every > 0 && (i + 1) % model->window_every == 0;
	uint64_t every = model->expert_every > 0 ? model->expert_every : 1;
	return (struct model_layer){
		.slides = model->window > 0 && !global,
		.experts = model->experts > 0 && i >= model->first_dense &&
			   (i - model->first_dense) % every == 0,
	};
}

double model_rope_frequency(const struct workload_model *model, uint64_t i)
{
	const double full_turn = 6.283185307179586;
	double frequency = pow(model->rope_theta, -2.0 * (double)i / (double)model->head_dim);
	if (model->rope_scaling == MODEL_ROPE_NONE)
		return frequency;
	double wavelength = full_turn / frequency;
	double original = (double)model->rope_original_positions;
	double low = model->rope_low_factor, high = model->rope_high_factor;
	if (wavelength < original / high)
		return frequency;
	if (wavelength > original / low)
		return frequency / model->rope_factor;
	double smooth = (original / wavelength - low) / (high - low);
	return (1 - smooth) * frequency / model->rope_factor + smooth * frequency;
}

uint64_t model_parameter_bytes(const struct workload_model *model)
{
	return 2 * model_parameters(model).total;
}

uint64_t model_state_elements(const struct workload_model *model)
{
	(void)model;
	return 0;
}
