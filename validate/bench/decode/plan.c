/* The ops of a decode step: see plan.h. */
#include "validate/bench/decode/plan.h"

#include <stdlib.h>
#include <string.h>

static struct decode_operand tensor2(uint64_t rows, uint64_t columns, const char *dtype)
{
	return (struct decode_operand){.dtype = dtype, .rank = 2, .dims = {rows, columns}};
}

/* N 0: absent. */
static struct decode_operand tensor1(uint64_t n, const char *dtype)
{
	if (n == 0)
		return (struct decode_operand){.dtype = ""};
	return (struct decode_operand){.dtype = dtype, .rank = 1, .dims = {n}};
}

static void operand(struct decode_op *op, struct decode_operand operand)
{
	op->operands[op->operand_count++] = operand;
}

static void kernel(struct decode_op *op, const char *name, uint64_t x, uint64_t y, uint64_t z,
		   uint32_t threads)
{
	op->kernels[op->kernel_count++] = (struct decode_kernel){
		.name = name, .grid = {(uint32_t)x, (uint32_t)y, (uint32_t)z}, .threads = threads};
}

static struct decode_op *add(struct decode_plan *plan, enum decode_op_kind kind, unsigned layer,
			     const char *name)
{
	struct decode_op *op = &plan->ops[plan->count++];
	*op = (struct decode_op){.kind = kind, .layer = layer, .name = name};
	return op;
}

/* y [B, N] = x [B, K] times the transposed weights [N, K] */
static void add_gemm(struct decode_plan *plan, enum decode_op_kind kind, unsigned layer, uint64_t k,
		     uint64_t n)
{
	struct decode_op *op = add(plan, kind, layer, "aten::mm");
	struct decode_operand weights = tensor2(k, n, "bf16");
	weights.strides[0] = 1;
	weights.strides[1] = k;
	operand(op, tensor2(plan->shape.batch, k, "bf16"));
	operand(op, weights);
	kernel(op, NULL, 0, 0, 0, 0);
}

static void add_embedding(struct decode_plan *plan)
{
	const struct decode_shape *shape = &plan->shape;
	struct decode_op *op = add(plan, DECODE_EMBEDDING, 0, "aten::embedding");
	operand(op, tensor2(shape->model.vocabulary, shape->model.hidden, "bf16"));
	operand(op, tensor1(shape->batch, "i32"));
	kernel(op, "decode_embedding", shape->batch, 1, 1, DECODE_NORM_THREADS);
}

static void add_norm(struct decode_plan *plan, unsigned which)
{
	const struct decode_shape *shape = &plan->shape;
	uint64_t hidden = shape->model.hidden;
	struct decode_op *op;
	if (which == 0) {
		op = add(plan, DECODE_NORM, which, "aten::rms_norm");
		operand(op, tensor2(shape->batch, hidden, "bf16"));
		operand(op, tensor1(0, ""));
	} else {
		op = add(plan, DECODE_ADD_NORM, which, "decode::add_rms_norm");
		operand(op, tensor2(shape->batch, hidden, "bf16"));
		operand(op, tensor2(shape->batch, hidden, "bf16"));
	}
	operand(op, tensor1(hidden, "bf16"));
	kernel(op, which == 0 ? "decode_rms_norm" : "decode_add_rms_norm", shape->batch, 1, 1,
	       DECODE_NORM_THREADS);
}

static struct decode_operand cache(const struct decode_shape *shape, uint64_t tokens)
{
	const struct workload_model *model = &shape->model;
	uint64_t width = model->head_dim, slots = shape->capacity * width;
	return (struct decode_operand){.dtype = "bf16",
				       .rank = 4,
				       .dims = {shape->batch, model->kv_heads, tokens, width},
				       .strides = {model->kv_heads * slots, slots, width, 1}};
}

static void add_rope_append(struct decode_plan *plan, unsigned layer)
{
	const struct decode_shape *shape = &plan->shape;
	const struct workload_model *model = &shape->model;
	uint64_t head_norm = model->qk_norm ? model->head_dim : 0;
	struct decode_op *op = add(plan, DECODE_ROPE_APPEND, layer, "decode::rope_append");
	operand(op, tensor2(shape->batch, shape->joined, "bf16"));
	operand(op, tensor1(model->qkv_bias ? shape->joined : 0, "bf16"));
	operand(op, tensor1(head_norm, "bf16"));
	operand(op, tensor1(head_norm, "bf16"));
	operand(op, tensor1(model->head_dim / 2, "f32"));
	operand(op, cache(shape, shape->capacity));
	operand(op, cache(shape, shape->capacity));
	uint64_t pairs = model->head_dim / 2;
	kernel(op, "decode_rope_append", model->heads + 2 * model->kv_heads, shape->batch, 1,
	       (uint32_t)((pairs + 31) / 32 * 32));
}

void decode_op_at_length(struct decode_op *op, const struct decode_shape *shape, uint64_t length)
{
	if (op->kind != DECODE_ATTENTION)
		return;
	op->operands[1] = op->operands[2] = cache(shape, model_attended(&shape->model, length));
}

static void add_attention(struct decode_plan *plan, unsigned layer, uint64_t length)
{
	const struct decode_shape *shape = &plan->shape;
	const struct workload_model *model = &shape->model;
	struct decode_op *op =
		add(plan, DECODE_ATTENTION, layer, "aten::scaled_dot_product_attention");
	operand(op,
		(struct decode_operand){.dtype = "bf16",
					.rank = 4,
					.dims = {shape->batch, model->heads, 1, model->head_dim}});
	op->operand_count = 3;
	decode_op_at_length(op, shape, length);
	kernel(op, "decode_attention", shape->splits, model->heads / shape->group, shape->batch,
	       DECODE_ATTN_THREADS);
	if (shape->splits > 1)
		kernel(op, "decode_attention_combine", model->heads, shape->batch, 1,
		       DECODE_ATTN_THREADS);
}

static void add_silu_mul(struct decode_plan *plan, unsigned layer)
{
	const struct decode_shape *shape = &plan->shape;
	uint64_t width = shape->model.intermediate;
	uint64_t span = (uint64_t)DECODE_POINT_THREADS * DECODE_VECTOR;
	struct decode_op *op = add(plan, DECODE_SILU_MUL, layer, "decode::silu_mul");
	operand(op, tensor2(shape->batch, width, "bf16"));
	operand(op, tensor2(shape->batch, 2 * width, "bf16"));
	kernel(op, "decode_silu_mul", (width + span - 1) / span, shape->batch, 1,
	       DECODE_POINT_THREADS);
}

static void add_argmax(struct decode_plan *plan)
{
	const struct decode_shape *shape = &plan->shape;
	struct decode_op *op = add(plan, DECODE_ARGMAX, 0, "aten::argmax");
	operand(op, tensor2(shape->batch, shape->model.vocabulary, "bf16"));
	operand(op, tensor1(0, ""));
	op->inputs = ", -1";
	kernel(op, "decode_argmax", shape->argmax_blocks, shape->batch, 1, DECODE_ARGMAX_THREADS);
	op = add(plan, DECODE_ARGMAX_COMBINE, 0, "aten::argmax");
	operand(op, tensor2(shape->batch, shape->argmax_blocks, "f32"));
	operand(op, tensor1(0, ""));
	op->inputs = ", -1";
	kernel(op, "decode_argmax_combine", shape->batch, 1, 1, DECODE_ARGMAX_THREADS);
}

static void add_layer(struct decode_plan *plan, unsigned layer, uint64_t length)
{
	const struct decode_shape *shape = &plan->shape;
	uint64_t hidden = shape->model.hidden, width = shape->model.intermediate;
	add_norm(plan, 2 * layer);
	add_gemm(plan, DECODE_QKV, layer, hidden, shape->joined);
	add_rope_append(plan, layer);
	add_attention(plan, layer, length);
	add_gemm(plan, DECODE_OUTPUT, layer, shape->queries, hidden);
	add_norm(plan, 2 * layer + 1);
	add_gemm(plan, DECODE_GATE_UP, layer, hidden, 2 * width);
	add_silu_mul(plan, layer);
	add_gemm(plan, DECODE_DOWN, layer, width, hidden);
}

enum sim_status decode_plan_init(struct decode_plan *plan, const struct decode_shape *shape,
				 uint64_t length, struct sim_diag *diag)
{
	enum { OPS_OF_LAYER = 9, OTHER_OPS = 5 };
	const struct workload_model *model = &shape->model;
	*plan = (struct decode_plan){.shape = *shape};
	plan->ops = calloc(model->layers * OPS_OF_LAYER + OTHER_OPS, sizeof(*plan->ops));
	if (plan->ops == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	add_embedding(plan);
	for (unsigned layer = 0; layer < model->layers; layer++)
		add_layer(plan, layer, length);
	add_norm(plan, 2 * (unsigned)model->layers);
	add_gemm(plan, DECODE_HEAD, 0, model->hidden, model->vocabulary);
	add_argmax(plan);
	return SIM_OK;
}

void decode_plan_fini(struct decode_plan *plan)
{
	free(plan->ops);
	plan->ops = NULL;
	plan->count = 0;
}
