/* Ops of the plan to launches. Grids are the plan's, so that the two cannot differ. */
#include "validate/bench/decode/kernels_attention.cuh"
#include "validate/bench/decode/kernels_layer.cuh"
#include "validate/bench/decode/kernels_sample.cuh"
#include "validate/bench/decode/run.cuh"

static dim3 grid_of(const struct decode_op *op, unsigned k)
{
	return dim3(op->kernels[k].grid[0], op->kernels[k].grid[1], op->kernels[k].grid[2]);
}

static dim3 threads_of(const struct decode_op *op, unsigned k)
{
	return dim3(op->kernels[k].threads);
}

/* K-th kernel of OP. */
#define LAUNCH(kernel, k, ...)                                                                     \
	TRY_CUDA(CUDA_LAUNCH(kernel, grid_of(op, k), threads_of(op, k), run->stream, __VA_ARGS__), \
		 diag)

/*
 * Rows out[b, n] = x[b, k] weights[n, k]^T. The library counts columns first: out^T = weights x^T,
 * weights transposed from their k x n.
 */
static enum sim_status launch_product(struct decode_run *run, uint64_t out, uint64_t weights,
				      uint64_t x, uint64_t n, uint64_t k, struct sim_diag *diag)
{
	const float one = 1, zero = 0;
	TRY_CUBLAS(cublasGemmEx(run->blas, CUBLAS_OP_T, CUBLAS_OP_N, (int)n, (int)run->shape.batch,
				(int)k, &one, decode_at<void>(run, weights), CUDA_R_16BF, (int)k,
				decode_at<void>(run, x), CUDA_R_16BF, (int)k, &zero,
				decode_at<void>(run, out), CUDA_R_16BF, (int)n, CUBLAS_COMPUTE_32F,
				CUBLAS_GEMM_DEFAULT),
		   diag);
	return SIM_OK;
}

static enum sim_status launch_norm(struct decode_run *run, const struct decode_op *op,
				   struct sim_diag *diag)
{
	const struct decode_layout *layout = &run->layout;
	const struct workload_model *model = &run->shape.model;
	const bf16 *weight = decode_at<bf16>(run, layout->norms) + op->layer * model->hidden;
	bf16 *out = decode_at<bf16>(run, layout->normed);
	bf16 *residual = decode_at<bf16>(run, layout->residual);
	int hidden = (int)model->hidden;
	float epsilon = (float)model->norm_epsilon;
	if (op->kind == DECODE_NORM)
		LAUNCH(decode_rms_norm, 0, out, residual, weight, hidden, epsilon);
	else
		LAUNCH(decode_add_rms_norm, 0, out, residual, decode_at<bf16>(run, layout->branch),
		       weight, hidden, epsilon);
	return SIM_OK;
}

static enum sim_status launch_rope(struct decode_run *run, const struct decode_op *op,
				   struct sim_diag *diag)
{
	const struct decode_layout *layout = &run->layout;
	const struct decode_layer_layout *layer = &layout->layers[op->layer];
	const struct workload_model *model = &run->shape.model;
	rope_arguments a = rope_arguments();
	a.joined = decode_at<bf16>(run, layout->joined);
	a.bias = model->qkv_bias ? decode_at<bf16>(run, layer->qkv_bias) : nullptr;
	a.query_norm = model->qk_norm ? decode_at<bf16>(run, layer->query_norm) : nullptr;
	a.key_norm = model->qk_norm ? decode_at<bf16>(run, layer->key_norm) : nullptr;
	a.frequencies = decode_at<float>(run, layout->rope);
	a.position = decode_at<int32_t>(run, layout->position);
	a.queries = decode_at<bf16>(run, layout->queries);
	a.keys = decode_at<bf16>(run, layer->keys);
	a.values = decode_at<bf16>(run, layer->values);
	a.heads = (int)model->heads;
	a.kv_heads = (int)model->kv_heads;
	a.head_dim = (int)model->head_dim;
	a.capacity = (int)run->shape.capacity;
	a.epsilon = (float)model->norm_epsilon;
	LAUNCH(decode_rope_append, 0, a);
	return SIM_OK;
}

template <int LANES, int GROUP>
static enum sim_status launch_group(struct decode_run *run, const struct decode_op *op,
				    const attention_arguments &a, struct sim_diag *diag)
{
	const auto decode_attention_ = decode_attention<LANES, GROUP>;
	LAUNCH(decode_attention_, 0, a);
	return SIM_OK;
}

template <int LANES>
static enum sim_status launch_lanes(struct decode_run *run, const struct decode_op *op,
				    const attention_arguments &a, struct sim_diag *diag)
{
	switch (run->shape.group) {
	case 1:
		return launch_group<LANES, 1>(run, op, a, diag);
	case 2:
		return launch_group<LANES, 2>(run, op, a, diag);
	case 3:
		return launch_group<LANES, 3>(run, op, a, diag);
	case 4:
		return launch_group<LANES, 4>(run, op, a, diag);
	case 5:
		return launch_group<LANES, 5>(run, op, a, diag);
	case 6:
		return launch_group<LANES, 6>(run, op, a, diag);
	case 7:
		return launch_group<LANES, 7>(run, op, a, diag);
	default:
		return launch_group<LANES, DECODE_GROUP>(run, op, a, diag);
	}
}

static enum sim_status launch_attention(struct decode_run *run, const struct decode_op *op,
					struct sim_diag *diag)
{
	const float log2_e = 1.4426950408889634f;
	const struct decode_layout *layout = &run->layout;
	const struct decode_layer_layout *layer = &layout->layers[op->layer];
	const struct workload_model *model = &run->shape.model;
	attention_arguments a = attention_arguments();
	a.queries = decode_at<bf16>(run, layout->queries);
	a.keys = decode_at<bf16>(run, layer->keys);
	a.values = decode_at<bf16>(run, layer->values);
	a.out = decode_at<bf16>(run, layout->attended);
	a.partial = decode_at<float>(run, layout->partial);
	a.statistics = decode_at<float>(run, layout->statistics);
	a.position = decode_at<int32_t>(run, layout->position);
	a.heads = (int)model->heads;
	a.kv_heads = (int)model->kv_heads;
	a.head_dim = (int)model->head_dim;
	a.capacity = (int)run->shape.capacity;
	a.window = (int)model->window;
	a.scale = log2_e / sqrtf((float)model->head_dim);
	if (run->shape.lanes == 8)
		TRY(launch_lanes<8>(run, op, a, diag));
	else if (run->shape.lanes == 16)
		TRY(launch_lanes<16>(run, op, a, diag));
	else
		TRY(launch_lanes<32>(run, op, a, diag));
	if (op->kernel_count > 1)
		LAUNCH(decode_attention_combine, 1, a.out, a.partial, a.statistics, a.head_dim,
		       (int)run->shape.splits);
	return SIM_OK;
}

static enum sim_status launch_sampling(struct decode_run *run, const struct decode_op *op,
				       struct sim_diag *diag)
{
	const struct decode_layout *layout = &run->layout;
	float *best = decode_at<float>(run, layout->best);
	int32_t *index = decode_at<int32_t>(run, layout->best_index);
	if (op->kind == DECODE_ARGMAX)
		LAUNCH(decode_argmax, 0, best, index, decode_at<bf16>(run, layout->logits),
		       (int)run->shape.model.vocabulary);
	else
		LAUNCH(decode_argmax_combine, 0, decode_at<int32_t>(run, layout->tokens),
		       decode_at<int32_t>(run, layout->position), best, index,
		       (int)run->shape.argmax_blocks);
	return SIM_OK;
}

static enum sim_status launch_matrix(struct decode_run *run, const struct decode_op *op,
				     struct sim_diag *diag)
{
	const struct decode_shape *shape = &run->shape;
	const struct decode_layout *at = &run->layout;
	const struct decode_layer_layout *layer = &at->layers[op->layer];
	uint64_t hidden = shape->model.hidden, width = shape->model.intermediate;
	switch (op->kind) {
	case DECODE_QKV:
		return launch_product(run, at->joined, layer->qkv, at->normed, shape->joined,
				      hidden, diag);
	case DECODE_OUTPUT:
		return launch_product(run, at->branch, layer->output, at->attended, hidden,
				      shape->queries, diag);
	case DECODE_GATE_UP:
		return launch_product(run, at->gate_up, layer->gate_up, at->normed, 2 * width,
				      hidden, diag);
	case DECODE_DOWN:
		return launch_product(run, at->branch, layer->down, at->active, hidden, width,
				      diag);
	default:
		return launch_product(run, at->logits, at->head, at->normed,
				      shape->model.vocabulary, hidden, diag);
	}
}

enum sim_status decode_launch(struct decode_run *run, const struct decode_op *op,
			      struct sim_diag *diag)
{
	const struct decode_layout *layout = &run->layout;
	switch (op->kind) {
	case DECODE_EMBEDDING:
		LAUNCH(decode_embedding, 0, decode_at<bf16>(run, layout->residual),
		       decode_at<bf16>(run, layout->embedding),
		       decode_at<int32_t>(run, layout->tokens), (int)run->shape.model.hidden);
		return SIM_OK;
	case DECODE_NORM:
	case DECODE_ADD_NORM:
		return launch_norm(run, op, diag);
	case DECODE_ROPE_APPEND:
		return launch_rope(run, op, diag);
	case DECODE_ATTENTION:
		return launch_attention(run, op, diag);
	case DECODE_SILU_MUL:
		LAUNCH(decode_silu_mul, 0, decode_at<bf16>(run, layout->active),
		       decode_at<bf16>(run, layout->gate_up), (int)run->shape.model.intermediate);
		return SIM_OK;
	case DECODE_ARGMAX:
	case DECODE_ARGMAX_COMBINE:
		return launch_sampling(run, op, diag);
	default:
		return launch_matrix(run, op, diag);
	}
}
