/* One sequence of a decode step on the CPU: see row.h. */
#include "validate/bench/decode/row.h"

#include <stdlib.h>
#include <string.h>

#include "validate/bench/decode/reference.h"

/* Elements of the largest thing that is read at once. */
static uint64_t scratch_elements(const struct decode_shape *shape)
{
	const struct workload_model *model = &shape->model;
	uint64_t width = model->hidden > shape->queries ? model->hidden : shape->queries;
	uint64_t rows = model->vocabulary > shape->joined ? model->vocabulary : shape->joined;
	if (rows < 2 * model->intermediate)
		rows = 2 * model->intermediate;
	uint64_t matrix = rows * width, cache = 2 * shape->capacity * model->head_dim;
	return matrix > cache ? matrix : cache;
}

enum sim_status decode_row_init(struct decode_row *row, const struct decode_shape *shape,
				const struct decode_layout *layout, uint64_t index,
				uint64_t position, struct sim_diag *diag)
{
	uint64_t widest = 0;
	bool whole = true;
	*row = (struct decode_row){
		.shape = shape, .layout = layout, .row = index, .position = position};
#define X(field, elements)                                                                         \
	row->field = calloc(elements, sizeof(bf16));                                               \
	whole = whole && row->field != NULL;                                                       \
	widest = (elements) > widest ? (elements) : widest;
	DECODE_ROW_LIST(X)
#undef X
	row->wanted = calloc(widest, sizeof(*row->wanted));
	row->weights = calloc(scratch_elements(shape), sizeof(*row->weights));
	row->frequencies = calloc(shape->model.head_dim, sizeof(*row->frequencies));
	whole = whole && row->wanted != NULL && row->weights != NULL && row->frequencies != NULL;
	return whole ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

void decode_row_fini(struct decode_row *row)
{
#define X(field, elements) free(row->field);
	DECODE_ROW_LIST(X)
#undef X
	free(row->wanted);
	free(row->weights);
	free(row->frequencies);
}

struct source {
	decode_reader *read;
	void *from;
	struct sim_diag *diag;
};

static enum sim_status read_elements(const struct source *source, void *to, uint64_t offset,
				     uint64_t first, uint64_t count)
{
	return source->read(source->from, to, offset + 2 * first, 2 * count, source->diag);
}

static enum sim_status product(struct decode_row *row, const bf16 *x, uint64_t weights, uint64_t n,
			       uint64_t k, const struct source *source)
{
	TRY(read_elements(source, row->weights, weights, 0, n * k));
	reference_product(x, row->weights, n, k, row->wanted);
	return SIM_OK;
}

static enum sim_status norm(struct decode_row *row, const struct decode_op *op,
			    const struct source *source)
{
	const struct workload_model *model = &row->shape->model;
	uint64_t hidden = model->hidden;
	TRY(read_elements(source, row->weights, row->layout->norms, op->layer * hidden, hidden));
	for (uint64_t i = 0; i < hidden && op->kind == DECODE_ADD_NORM; i++)
		row->residual[i] =
			bf16_round(bf16_value(row->residual[i]) + bf16_value(row->branch[i]));
	reference_norm(row->residual, row->weights, hidden, model->norm_epsilon, row->wanted);
	return SIM_OK;
}

/* Queries to queries, keys and values to joined_kv: WANTED holds all of them in the order of JOINED. */
static enum sim_status rope(struct decode_row *row, const struct decode_op *op,
			    const struct source *source)
{
	const struct decode_shape *shape = row->shape;
	const struct workload_model *model = &shape->model;
	const struct decode_layer_layout *layer = &row->layout->layers[op->layer];
	uint64_t d = model->head_dim;
	bf16 *bias = row->weights, *query_norm = bias + shape->joined, *key_norm = query_norm + d;
	TRY(source->read(source->from, row->frequencies, row->layout->rope, d / 2 * sizeof(float),
			 source->diag));
	if (model->qkv_bias)
		TRY(read_elements(source, bias, layer->qkv_bias, 0, shape->joined));
	if (model->qk_norm) {
		TRY(read_elements(source, query_norm, layer->query_norm, 0, d));
		TRY(read_elements(source, key_norm, layer->key_norm, 0, d));
	}
	for (uint64_t head = 0; head < model->heads + 2 * model->kv_heads; head++) {
		bool is_query = head < model->heads,
		     is_value = head >= model->heads + model->kv_heads;
		const bf16 *weight = is_query ? query_norm : key_norm;
		reference_head(row->joined + head * d, model->qkv_bias ? bias + head * d : NULL,
			       model->qk_norm && !is_value ? weight : NULL,
			       is_value ? NULL : row->frequencies, row->position, d,
			       model->norm_epsilon, row->wanted + head * d);
	}
	return SIM_OK;
}

/* The cache of a KV head with this step's own keys and values at the end. */
static enum sim_status read_cache(const struct decode_row *row, uint64_t offset, uint64_t kv,
				  const bf16 *newest, uint64_t tokens, bf16 *to,
				  const struct source *source)
{
	const struct workload_model *model = &row->shape->model;
	uint64_t d = model->head_dim, first = row->position + 1 - tokens;
	uint64_t slot = (row->row * model->kv_heads + kv) * row->shape->capacity + first;
	TRY(read_elements(source, to, offset, slot * d, tokens * d));
	memcpy(to + (tokens - 1) * d, newest, d * sizeof(*to));
	return SIM_OK;
}

static enum sim_status attention(struct decode_row *row, const struct decode_op *op,
				 const struct source *source)
{
	const struct workload_model *model = &row->shape->model;
	const struct decode_layer_layout *layer = &row->layout->layers[op->layer];
	uint64_t d = model->head_dim, ratio = row->shape->ratio;
	uint64_t tokens = model_attended(model, row->position + 1);
	for (uint64_t kv = 0; kv < model->kv_heads; kv++) {
		bf16 *keys = row->weights, *values = keys + tokens * d;
		const bf16 *key = row->joined_kv + kv * d, *value = key + model->kv_heads * d;
		TRY(read_cache(row, layer->keys, kv, key, tokens, keys, source));
		TRY(read_cache(row, layer->values, kv, value, tokens, values, source));
		for (uint64_t head = kv * ratio; head < (kv + 1) * ratio; head++)
			reference_attention(row->queries + head * d, keys, values, tokens, d,
					    row->wanted + head * d);
	}
	return SIM_OK;
}

static enum sim_status embedding(struct decode_row *row, const struct source *source)
{
	uint64_t hidden = row->shape->model.hidden;
	TRY(read_elements(source, row->weights, row->layout->embedding,
			  (uint64_t)row->token * hidden, hidden));
	for (uint64_t i = 0; i < hidden; i++)
		row->wanted[i] = (double)bf16_value(row->weights[i]);
	return SIM_OK;
}

enum sim_status decode_row_apply(struct decode_row *row, const struct decode_op *op,
				 decode_reader *read, void *from, struct sim_diag *diag)
{
	const struct source source = {read, from, diag};
	const struct decode_shape *shape = row->shape;
	const struct decode_layer_layout *layer = &row->layout->layers[op->layer];
	uint64_t hidden = shape->model.hidden, width = shape->model.intermediate;
	switch (op->kind) {
	case DECODE_EMBEDDING:
		return embedding(row, &source);
	case DECODE_NORM:
	case DECODE_ADD_NORM:
		return norm(row, op, &source);
	case DECODE_QKV:
		return product(row, row->normed, layer->qkv, shape->joined, hidden, &source);
	case DECODE_ROPE_APPEND:
		return rope(row, op, &source);
	case DECODE_ATTENTION:
		return attention(row, op, &source);
	case DECODE_OUTPUT:
		return product(row, row->attended, layer->output, hidden, shape->queries, &source);
	case DECODE_GATE_UP:
		return product(row, row->normed, layer->gate_up, 2 * width, hidden, &source);
	case DECODE_SILU_MUL:
		reference_silu_mul(row->gate_up, width, row->wanted);
		return SIM_OK;
	case DECODE_DOWN:
		return product(row, row->active, layer->down, hidden, width, &source);
	case DECODE_HEAD:
		return product(row, row->normed, row->layout->head, shape->model.vocabulary, hidden,
			       &source);
	case DECODE_ARGMAX:
		row->token = (int32_t)reference_argmax(row->logits, shape->model.vocabulary);
		return SIM_OK;
	case DECODE_ARGMAX_COMBINE:
		return SIM_OK;
	}
	return SIM_OK;
}

bf16 *decode_row_output(struct decode_row *row, const struct decode_op *op, uint64_t *count)
{
	const struct decode_shape *shape = row->shape;
	*count = shape->model.hidden;
	switch (op->kind) {
	case DECODE_EMBEDDING:
		return row->residual;
	case DECODE_NORM:
	case DECODE_ADD_NORM:
		return row->normed;
	case DECODE_QKV:
		*count = shape->joined;
		return row->joined;
	case DECODE_ROPE_APPEND: /* and joined_kv */
	case DECODE_ATTENTION:
		*count = shape->queries;
		return op->kind == DECODE_ATTENTION ? row->attended : row->queries;
	case DECODE_GATE_UP:
		*count = 2 * shape->model.intermediate;
		return row->gate_up;
	case DECODE_SILU_MUL:
		*count = shape->model.intermediate;
		return row->active;
	case DECODE_HEAD:
		*count = shape->model.vocabulary;
		return row->logits;
	case DECODE_OUTPUT:
	case DECODE_DOWN:
		return row->branch;
	default:
		*count = 0;
		return NULL;
	}
}

void decode_row_store(struct decode_row *row, const struct decode_op *op)
{
	uint64_t count, fresh = row->shape->joined - row->shape->queries;
	bf16 *out = decode_row_output(row, op, &count);
	for (uint64_t i = 0; i < count; i++)
		out[i] = bf16_round((float)row->wanted[i]);
	for (uint64_t i = 0; i < fresh && op->kind == DECODE_ROPE_APPEND; i++)
		row->joined_kv[i] = bf16_round((float)row->wanted[count + i]);
}

/* Offset of the row in the batch's tensor that OP writes. */
static uint64_t output_offset(const struct decode_row *row, const struct decode_op *op)
{
	const struct decode_layout *at = row->layout;
	switch (op->kind) {
	case DECODE_EMBEDDING:
		return at->residual;
	case DECODE_NORM:
	case DECODE_ADD_NORM:
		return at->normed;
	case DECODE_QKV:
		return at->joined;
	case DECODE_ROPE_APPEND:
		return at->queries;
	case DECODE_ATTENTION:
		return at->attended;
	case DECODE_GATE_UP:
		return at->gate_up;
	case DECODE_SILU_MUL:
		return at->active;
	case DECODE_HEAD:
		return at->logits;
	default:
		return at->branch;
	}
}

static enum sim_status take_appended(struct decode_row *row, const struct decode_op *op,
				     const struct source *source)
{
	const struct workload_model *model = &row->shape->model;
	const struct decode_layer_layout *layer = &row->layout->layers[op->layer];
	uint64_t d = model->head_dim;
	uint64_t slots = row->shape->capacity;
	for (uint64_t kv = 0; kv < model->kv_heads; kv++) {
		uint64_t slot = (row->row * model->kv_heads + kv) * slots + row->position;
		bf16 *key = row->joined_kv + kv * d, *value = key + model->kv_heads * d;
		TRY(read_elements(source, key, layer->keys, slot * d, d));
		TRY(read_elements(source, value, layer->values, slot * d, d));
	}
	return SIM_OK;
}

enum sim_status decode_row_take(struct decode_row *row, const struct decode_op *op,
				decode_reader *read, void *from, struct sim_diag *diag)
{
	const struct source source = {read, from, diag};
	uint64_t count, hidden = row->shape->model.hidden;
	bf16 *out = decode_row_output(row, op, &count);
	if (count > 0)
		TRY(read_elements(&source, out, output_offset(row, op), row->row * count, count));
	if (op->kind == DECODE_ADD_NORM)
		TRY(read_elements(&source, row->residual, row->layout->residual, row->row * hidden,
				  hidden));
	if (op->kind == DECODE_ARGMAX_COMBINE)
		TRY(read(from, &row->token, row->layout->tokens + sizeof(int32_t) * row->row,
			 sizeof(int32_t), diag));
	return op->kind == DECODE_ROPE_APPEND ? take_appended(row, op, &source) : SIM_OK;
}
