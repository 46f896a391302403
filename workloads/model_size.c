/*
 * What a model's architecture amounts to. H hidden, Hq and Hkv heads of d, I the MLP's width, V the
 * vocabulary, E experts of width Ie; of a layer:
 *
 *   attention  H (Hq + 2 Hkv) d + Hq d H
 *   latent     q: H rq + rq Hq d, or H Hq d; keys and values: H (rkv + rope) + rkv Hq (nope + v);
 *              output: Hq v H
 *   state      in: H (2 inner + 2 G N + heads); convolution (inner + 2 G N) (kernel + 1); dt, A and D:
 *              3 heads; gated norm: inner; out: inner H
 *   mlp        (gated ? 3 : 2) H I, and as much for each expert with Ie
 *   norms      2 H (4 with post norms, 1 where there is no MLP), twice that with a bias, and those
 *              over heads or ranks
 * Embedding V H, once more for the vocabulary projection unless they are tied, and a last norm.
 * model_finish() keeps every product below 2^62.
 */
#include <math.h>

#include "workloads/model.h"

/* Elements of one layer, by what formats and cost tell apart. */
struct layer_size {
	uint64_t attention, attention_bias, mlp, mlp_bias, expert, expert_bias, router, norms;
};

static uint64_t joined_width(const struct workload_model *model)
{
	return (model->heads + 2 * model->kv_heads) * model->head_dim;
}

static uint64_t convolved_width(const struct workload_model *model)
{
	return model->state_inner + 2 * model->state_groups * model->state_size;
}

static uint64_t norm_width(const struct workload_model *model)
{
	bool bias = model->norm == MODEL_NORM_LAYER && !model->norm_plain;
	return (bias ? 2 : 1) * model->hidden;
}

static uint64_t matrices_of(const struct workload_model *model, uint64_t width)
{
	return (model->gated ? 3 : 2) * model->hidden * width;
}

static uint64_t biases_of(const struct workload_model *model, uint64_t width)
{
	return (model->gated ? 2 : 1) * width + model->hidden;
}

static void size_attention(const struct workload_model *model, struct layer_size *size)
{
	uint64_t queries = model->heads * model->head_dim, joined = joined_width(model);
	size->attention = model->hidden * (joined + queries);
	size->attention_bias = model->qkv_bias ? joined : 0;
	size->attention_bias += model->output_bias ? model->hidden : 0;
	size->attention_bias += model->sinks ? model->heads : 0;
	if (model->qk_norm_wide)
		size->norms += queries + model->kv_heads * model->head_dim;
	else if (model->qk_norm)
		size->norms += 2 * model->head_dim;
}

static void size_latent(const struct workload_model *model, struct layer_size *size)
{
	uint64_t queries = model->heads * model->head_dim;
	uint64_t values = model->heads * model->value_dim;
	uint64_t stored = model->kv_rank + model->rope_dim;
	uint64_t opened = model->heads * (model->nope_dim + model->value_dim);
	size->attention = model->q_rank > 0 ? model->q_rank * (model->hidden + queries)
					    : model->hidden * queries;
	size->attention += model->hidden * stored + model->kv_rank * opened;
	size->attention += values * model->hidden;
	size->attention_bias = model->qkv_bias ? model->q_rank + stored : 0;
	size->attention_bias += model->output_bias ? model->hidden : 0;
	size->norms += model->q_rank + model->kv_rank;
}

static void size_state(const struct workload_model *model, struct layer_size *size)
{
	uint64_t inner = model->state_inner, convolved = convolved_width(model);
	size->attention = model->hidden * (inner + convolved + model->state_heads);
	size->attention += convolved * (model->state_conv + 1) + 3 * model->state_heads;
	size->attention += inner + inner * model->hidden;
}

static struct layer_size size_layer(const struct workload_model *model, struct model_layer layer)
{
	struct layer_size size = {0};
	bool mlp = layer.experts || model->intermediate > 0;
	size.norms = (mlp ? 2 : 1) * (model->post_norms ? 2 : 1) * norm_width(model);
	if (model->mixer == MODEL_STATE_SPACE)
		size_state(model, &size);
	else if (model->mixer == MODEL_LATENT_ATTENTION)
		size_latent(model, &size);
	else
		size_attention(model, &size);
	if (layer.experts) {
		size.expert = matrices_of(model, model->expert_intermediate);
		if (model->expert_bias)
			size.expert_bias = biases_of(model, model->expert_intermediate);
		size.mlp = matrices_of(model, model->shared_intermediate);
		size.router = model->experts * (model->hidden + (model->router_bias ? 1 : 0));
		size.router += model->shared_gate ? model->hidden : 0;
	} else if (model->intermediate > 0) {
		size.mlp = matrices_of(model, model->intermediate);
		size.mlp_bias = model->mlp_bias ? biases_of(model, model->intermediate) : 0;
	}
	return size;
}

static uint64_t head_more(const struct workload_model *model)
{
	uint64_t transform = (model->hidden + 1) * model->hidden + norm_width(model);
	return (model->head_bias ? model->vocabulary : 0) + (model->head_transform ? transform : 0);
}

struct model_parameters model_parameters(const struct workload_model *model)
{
	struct model_parameters sum = {0};
	uint64_t chosen = 0;
	sum.embedding = model->vocabulary * model->hidden;
	sum.head = sum.embedding;
	sum.head_more = head_more(model);
	if (model->position == MODEL_POSITION_LEARNED)
		sum.position = model->positions * model->hidden;
	sum.norms = norm_width(model);
	for (uint64_t i = 0; i < model->layers; i++) {
		struct layer_size size = size_layer(model, model_layer(model, i));
		sum.attention += size.attention;
		sum.attention_bias += size.attention_bias;
		sum.mlp += size.mlp + size.mlp_bias;
		sum.experts += model->experts * (size.expert + size.expert_bias);
		chosen += model->experts_per_token * (size.expert + size.expert_bias);
		sum.router += size.router;
		sum.norms += size.norms;
	}
	sum.attention += model->fused_inputs * model->hidden * model->hidden;
	uint64_t rest = sum.head + sum.head_more + sum.attention + sum.attention_bias + sum.mlp +
			sum.router + sum.norms;
	sum.read = rest + chosen;
	sum.active = sum.read + sum.position + (model->tied ? 0 : sum.embedding);
	sum.total = sum.active - chosen + sum.experts;
	if (model->head_shared)
		sum.total -= sum.head + (model->tied ? 0 : sum.embedding);
	return sum;
}

uint64_t model_output_elements(const struct workload_model *model)
{
	uint64_t width = model->heads * model->head_dim;
	if (model->mixer == MODEL_LATENT_ATTENTION)
		width = model->heads * model->value_dim;
	if (model->mixer == MODEL_STATE_SPACE)
		width = model->state_inner;
	return model->layers * width * model->hidden;
}

double model_wide_bits(const struct workload_model *model)
{
	return model->parameter_bits > 16 ? model->parameter_bits : 16;
}

uint64_t model_parameter_bytes(const struct workload_model *model)
{
	double matrices = 0, experts = 0;
	for (uint64_t i = 0; i < model->layers; i++) {
		struct layer_size size = size_layer(model, model_layer(model, i));
		matrices += (double)size.attention + (double)size.mlp;
		experts += (double)model->experts * (double)size.expert;
	}
	double wide = (double)model_parameters(model).total - matrices - experts;
	double bits = wide * model_wide_bits(model) + matrices * model->parameter_bits +
		      experts * model->expert_bits;
	return (uint64_t)ceil(bits / 8);
}

uint64_t model_kv_elements(const struct workload_model *model)
{
	if (model->encoder || model->mixer == MODEL_STATE_SPACE)
		return 0;
	if (model->mixer == MODEL_LATENT_ATTENTION)
		return model->layers * (model->kv_rank + model->rope_dim);
	return 2 * model->layers * model->kv_heads * model->head_dim;
}

/* The heads' states, and what the convolution looks back on. */
uint64_t model_state_elements(const struct workload_model *model)
{
	if (model->mixer != MODEL_STATE_SPACE)
		return 0;
	return model->layers * (model->state_inner * model->state_size +
				convolved_width(model) * model->state_conv);
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
	if (model->rope_scaling != MODEL_ROPE_LLAMA3)
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
