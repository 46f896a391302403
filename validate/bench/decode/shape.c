/* Sizes of a decode run, and where its tensors lie. */
#include "validate/bench/decode/shape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 256 };

#define MOST_BYTES (UINT64_C(1) << 50)
#define MOST_BATCH 65535 /* blocks along y and z of a grid */
#define MOST_CONTEXT (UINT64_C(1) << 30)

static enum sim_status refuse(const struct workload_model *model, const char *what,
			      struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_UNSUPPORTED, "this run has no kernel for '%s' of model '%s'",
			 what, model->name);
}

/* What its kernels do: RMS norms, rotating heads over a cache of their own, one gated MLP, bf16. */
static enum sim_status check_kind(const struct workload_model *model, struct sim_diag *diag)
{
	const struct {
		bool lacks;
		const char *what;
	} kinds[] = {
		{model->experts > 0, "experts.count"},
		{model->mixer == MODEL_LATENT_ATTENTION, "mixer: latent"},
		{model->mixer == MODEL_STATE_SPACE, "mixer: state-space"},
		{model->encoder, "encoder"},
		{model->position == MODEL_POSITION_LEARNED, "position: learned"},
		{model->position == MODEL_POSITION_NONE, "position: none"},
		{model->norm != MODEL_NORM_RMS, "norm.kind other than rms"},
		{model->post_norms, "post_norms"},
		{model->sinks, "attention.sinks"},
		{model->logit_softcap > 0, "attention.logit_softcap"},
		{model->window_every > 0, "attention.window_every"},
		{model->output_bias, "attention.output_bias"},
		{model->qk_norm_wide, "attention.qk_norm_wide"},
		{model->mlp_bias, "mlp.bias"},
		{model->head_bias, "head.bias"},
		{model->head_transform, "head.transform"},
		{model->rotary_fraction < 1, "rope.fraction"},
		{model->rope_scaling == MODEL_ROPE_OTHER, "rope.scaling: other"},
		{model->parameter_bits < 16 || model->parameter_bits > 16, "parameter_bits"},
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].lacks)
			return refuse(model, kinds[i].what, diag);
	return SIM_OK;
}

static enum sim_status check_model(const struct workload_model *model, struct sim_diag *diag)
{
	TRY(check_kind(model, diag));
	if (model->head_dim > DECODE_WIDEST_HEAD || model->head_dim % DECODE_VECTOR != 0)
		return refuse(model, "attention.head_dim, not a multiple of 8 up to 256", diag);
	if (model->hidden % DECODE_VECTOR != 0)
		return refuse(model, "hidden, not a multiple of 8", diag);
	if (model->intermediate % DECODE_VECTOR != 0)
		return refuse(model, "mlp.intermediate, not a multiple of 8", diag);
	if (!model->gated)
		return refuse(model, "mlp.gated: false", diag);
	if (model->activation != MODEL_SILU)
		return refuse(model, "mlp.activation other than silu", diag);
	return SIM_OK;
}

static enum sim_status check_range(const char *what, uint64_t value, uint64_t low, uint64_t high,
				   struct sim_diag *diag)
{
	if (value >= low && value <= high)
		return SIM_OK;
	return diag_fail(diag, SIM_E_RANGE,
			 "%s out of range: '%" PRIu64 "' (%" PRIu64 " to %" PRIu64 ")", what, value,
			 low, high);
}

static uint64_t divide_up(uint64_t a, uint64_t b)
{
	return (a + b - 1) / b;
}

/* As many as fill the multiprocessors, but none with few tokens. */
static uint64_t count_splits(const struct decode_shape *shape)
{
	uint64_t attended = model_attended(&shape->model, shape->capacity);
	uint64_t groups = shape->batch * shape->model.heads / shape->group;
	uint64_t splits = divide_up(DECODE_ATTN_BLOCKS * shape->sms, groups);
	uint64_t most = divide_up(attended, DECODE_SPLIT_TOKENS);
	splits = splits < most ? splits : most;
	return splits < DECODE_MOST_SPLITS ? splits : DECODE_MOST_SPLITS;
}

enum sim_status decode_shape_init(struct decode_shape *shape, const struct workload_model *model,
				  uint64_t batch, uint64_t context, uint64_t steps, uint64_t layers,
				  uint64_t sms, struct sim_diag *diag)
{
	memset(shape, 0, sizeof(*shape));
	shape->model = *model;
	TRY(check_model(model, diag));
	TRY(check_range("layers", layers, 0, model->layers, diag));
	TRY(check_range("batch", batch, 1, MOST_BATCH, diag));
	TRY(check_range("context", context, 0, MOST_CONTEXT, diag));
	TRY(check_range("steps", steps, 1, MOST_CONTEXT, diag));
	TRY(check_range("multiprocessors", sms, 0, MOST_BATCH, diag));
	if (context + steps > model->positions)
		return diag_fail(diag, SIM_E_RANGE,
				 "context and steps are more than the positions of '%s': '%" PRIu64
				 "' + '%" PRIu64 "' > '%" PRIu64 "'",
				 model->name, context, steps, model->positions);
	if (layers > 0)
		shape->model.layers = layers;
	shape->batch = batch;
	shape->context = context;
	shape->capacity = context + steps;
	shape->sms = sms > 0 ? sms : DECODE_DEFAULT_SMS;
	shape->queries = model->heads * model->head_dim;
	shape->joined = shape->queries + 2 * model->kv_heads * model->head_dim;
	shape->ratio = model->heads / model->kv_heads;
	shape->group = shape->ratio < DECODE_GROUP ? shape->ratio : DECODE_GROUP;
	while (shape->ratio % shape->group != 0)
		shape->group--;
	shape->lanes = model->head_dim <= 64 ? 8 : model->head_dim <= 128 ? 16 : 32;
	shape->splits = count_splits(shape);
	shape->argmax_blocks = divide_up(model->vocabulary, DECODE_ARGMAX_SPAN);
	return SIM_OK;
}

/* The next ELEMENTS of SIZE bytes; SUM counts them. */
static uint64_t take(struct decode_layout *layout, uint64_t elements, uint64_t size, uint64_t *sum)
{
	uint64_t at = layout->total_bytes, bytes;
	if (__builtin_mul_overflow(elements, size, &bytes) || bytes > MOST_BYTES)
		bytes = MOST_BYTES; /* refused at the end */
	*sum += bytes;
	layout->total_bytes += divide_up(bytes, ALIGNMENT) * ALIGNMENT;
	return at;
}

static void place_weights(struct decode_layout *layout, const struct decode_shape *shape)
{
	const struct workload_model *model = &shape->model;
	uint64_t *sum = &layout->weight_bytes, hidden = model->hidden;
	uint64_t head_norm = model->qk_norm ? model->head_dim : 0;
	layout->embedding = take(layout, model->vocabulary * hidden, 2, sum);
	layout->head =
		model->tied ? layout->embedding : take(layout, model->vocabulary * hidden, 2, sum);
	layout->norms = take(layout, (2 * model->layers + 1) * hidden, 2, sum);
	for (uint64_t i = 0; i < model->layers; i++) {
		struct decode_layer_layout *layer = &layout->layers[i];
		layer->qkv = take(layout, shape->joined * hidden, 2, sum);
		layer->qkv_bias = take(layout, model->qkv_bias ? shape->joined : 0, 2, sum);
		layer->query_norm = take(layout, head_norm, 2, sum);
		layer->key_norm = take(layout, head_norm, 2, sum);
		layer->output = take(layout, shape->queries * hidden, 2, sum);
		layer->gate_up = take(layout, 2 * model->intermediate * hidden, 2, sum);
		layer->down = take(layout, model->intermediate * hidden, 2, sum);
	}
}

static void place_cache(struct decode_layout *layout, const struct decode_shape *shape)
{
	const struct workload_model *model = &shape->model;
	uint64_t slots = shape->batch * model->kv_heads * shape->capacity;
	for (uint64_t i = 0; i < model->layers; i++) {
		struct decode_layer_layout *layer = &layout->layers[i];
		layer->keys = take(layout, slots * model->head_dim, 2, &layout->kv_bytes);
		layer->values = take(layout, slots * model->head_dim, 2, &layout->kv_bytes);
	}
}

static void place_activations(struct decode_layout *layout, const struct decode_shape *shape)
{
	const struct workload_model *model = &shape->model;
	uint64_t *sum = &layout->other_bytes, batch = shape->batch;
	uint64_t rows = shape->splits > 1 ? batch * model->heads * shape->splits : 0;
	layout->residual = take(layout, batch * model->hidden, 2, sum);
	layout->normed = take(layout, batch * model->hidden, 2, sum);
	layout->joined = take(layout, batch * shape->joined, 2, sum);
	layout->queries = take(layout, batch * shape->queries, 2, sum);
	layout->attended = take(layout, batch * shape->queries, 2, sum);
	layout->branch = take(layout, batch * model->hidden, 2, sum);
	layout->gate_up = take(layout, batch * 2 * model->intermediate, 2, sum);
	layout->active = take(layout, batch * model->intermediate, 2, sum);
	layout->logits = take(layout, batch * model->vocabulary, 2, sum);
	layout->partial = take(layout, rows * model->head_dim, sizeof(float), sum);
	layout->statistics = take(layout, rows * 2, sizeof(float), sum);
	layout->best = take(layout, batch * shape->argmax_blocks, sizeof(float), sum);
	layout->best_index = take(layout, batch * shape->argmax_blocks, sizeof(int32_t), sum);
	layout->tokens = take(layout, batch, sizeof(int32_t), sum);
	layout->position = take(layout, 1, sizeof(int32_t), sum);
	layout->rope = take(layout, model->head_dim / 2, sizeof(float), sum);
}

enum sim_status decode_layout_init(struct decode_layout *layout, const struct decode_shape *shape,
				   struct sim_diag *diag)
{
	memset(layout, 0, sizeof(*layout));
	layout->layers = calloc(shape->model.layers, sizeof(*layout->layers));
	if (layout->layers == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	place_weights(layout, shape);
	place_cache(layout, shape);
	place_activations(layout, shape);
	if (layout->total_bytes >= MOST_BYTES)
		return diag_fail(diag, SIM_E_INFEASIBLE,
				 "more than a pebibyte of weights and cache: '%s' at batch "
				 "'%" PRIu64 "', context '%" PRIu64 "'",
				 shape->model.name, shape->batch, shape->context);
	return SIM_OK;
}

void decode_layout_fini(struct decode_layout *layout)
{
	free(layout->layers);
	layout->layers = NULL;
}
