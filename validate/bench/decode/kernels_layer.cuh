/*
 * The layer's small kernels. Activations are bf16, all arithmetic is fp32.
 *
 *   embedding    out[b] = table[token[b]]
 *   norm         out = x / sqrt(mean(x^2) + eps) * w, with x += branch before where they are fused
 *   rope_append  per head: + bias; norm over the head; rotation of pairs (i, i + d/2) by
 *                position x frequency[i]; queries go out, keys and values into the cache
 *   silu_mul     out = g / (1 + exp(-g)) * u over rows [g, u]
 */
#ifndef VALIDATE_BENCH_DECODE_KERNELS_LAYER_CUH
#define VALIDATE_BENCH_DECODE_KERNELS_LAYER_CUH

#include "validate/bench/decode/device.cuh"

/* A block a row. */
__global__ void decode_embedding(bf16 *out, const bf16 *table, const int32_t *tokens, int hidden)
{
	const bf16 *row = table + (size_t)tokens[blockIdx.x] * hidden;
	bf16 *to = out + (size_t)blockIdx.x * hidden;
	for (int i = threadIdx.x * DECODE_VECTOR; i < hidden; i += blockDim.x * DECODE_VECTOR)
		store_vector(to + i, load_vector(row + i));
}

static __device__ inline void norm_row(bf16 *out, const bf16 *x, const bf16 *weight, int hidden,
				       float sum, float epsilon)
{
	float scale = rsqrtf(sum / hidden + epsilon);
	for (int i = threadIdx.x * DECODE_VECTOR; i < hidden; i += blockDim.x * DECODE_VECTOR) {
		bf16_vector values = load_vector(x + i), weights = load_vector(weight + i);
		for (int j = 0; j < DECODE_VECTOR; j++)
			values.at[j] = bf16_round(bf16_value(values.at[j]) * scale *
						  bf16_value(weights.at[j]));
		store_vector(out + i, values);
	}
}

/* A block a row. */
__global__ void __launch_bounds__(DECODE_NORM_THREADS)
	decode_rms_norm(bf16 *out, const bf16 *x, const bf16 *weight, int hidden, float epsilon)
{
	const bf16 *row = x + (size_t)blockIdx.x * hidden;
	float sum = 0;
	for (int i = threadIdx.x * DECODE_VECTOR; i < hidden; i += blockDim.x * DECODE_VECTOR) {
		bf16_vector values = load_vector(row + i);
		for (int j = 0; j < DECODE_VECTOR; j++)
			sum += bf16_value(values.at[j]) * bf16_value(values.at[j]);
	}
	norm_row(out + (size_t)blockIdx.x * hidden, row, weight, hidden, block_sum(sum), epsilon);
}

/* A block a row; a thread reads back what it wrote itself. */
__global__ void __launch_bounds__(DECODE_NORM_THREADS)
	decode_add_rms_norm(bf16 *out, bf16 *residual, const bf16 *branch, const bf16 *weight,
			    int hidden, float epsilon)
{
	bf16 *row = residual + (size_t)blockIdx.x * hidden;
	const bf16 *added = branch + (size_t)blockIdx.x * hidden;
	float sum = 0;
	for (int i = threadIdx.x * DECODE_VECTOR; i < hidden; i += blockDim.x * DECODE_VECTOR) {
		bf16_vector values = load_vector(row + i), more = load_vector(added + i);
		for (int j = 0; j < DECODE_VECTOR; j++) {
			values.at[j] =
				bf16_round(bf16_value(values.at[j]) + bf16_value(more.at[j]));
			sum += bf16_value(values.at[j]) * bf16_value(values.at[j]);
		}
		store_vector(row + i, values);
	}
	norm_row(out + (size_t)blockIdx.x * hidden, row, weight, hidden, block_sum(sum), epsilon);
}

struct rope_arguments {
	const bf16 *joined;			  /* [batch, (heads + 2 kv_heads) d] */
	const bf16 *bias, *query_norm, *key_norm; /* NULL: none */
	const float *frequencies;		  /* d / 2 */
	const int32_t *position;
	bf16 *queries;	     /* [batch, heads, d] */
	bf16 *keys, *values; /* [batch, kv_heads, capacity, d] */
	int heads, kv_heads, head_dim, capacity;
	float epsilon;
};

/* A block a head of a sequence, a thread a pair: grid (heads + 2 kv_heads, batch). */
__global__ void decode_rope_append(rope_arguments a)
{
	int head = blockIdx.x, batch = blockIdx.y, i = threadIdx.x, half = a.head_dim / 2;
	int row = (a.heads + 2 * a.kv_heads) * a.head_dim;
	bool is_query = head < a.heads, is_value = head >= a.heads + a.kv_heads;
	bool inside = i < half;
	const bf16 *from = a.joined + (size_t)batch * row + (size_t)head * a.head_dim;
	float first = inside ? bf16_value(from[i]) : 0;
	float second = inside ? bf16_value(from[i + half]) : 0;
	if (a.bias != nullptr && inside) {
		first += bf16_value(a.bias[head * a.head_dim + i]);
		second += bf16_value(a.bias[head * a.head_dim + i + half]);
	}
	const bf16 *weight = is_query ? a.query_norm : a.key_norm;
	if (weight != nullptr && !is_value) { /* the same in the whole block */
		float sum = block_sum(first * first + second * second);
		float scale = rsqrtf(sum / a.head_dim + a.epsilon);
		first *= inside ? scale * bf16_value(weight[i]) : 0;
		second *= inside ? scale * bf16_value(weight[i + half]) : 0;
	}
	int position = *a.position;
	if (!is_value && inside) {
		float sine, cosine, before = first;
		sincosf(position * a.frequencies[i], &sine, &cosine);
		first = before * cosine - second * sine;
		second = second * cosine + before * sine;
	}
	bf16 *to = a.queries + ((size_t)batch * a.heads + head) * a.head_dim;
	if (!is_query) {
		int kv = (head - a.heads) % a.kv_heads;
		size_t slot = ((size_t)batch * a.kv_heads + kv) * a.capacity + position;
		to = (is_value ? a.values : a.keys) + slot * a.head_dim;
	}
	if (inside) {
		to[i] = bf16_round(first);
		to[i + half] = bf16_round(second);
	}
}

/* Rows [2 WIDTH] to [WIDTH]: grid (vectors of a row, batch). */
__global__ void __launch_bounds__(DECODE_POINT_THREADS)
	decode_silu_mul(bf16 *out, const bf16 *gate_up, int width)
{
	int i = (blockIdx.x * blockDim.x + threadIdx.x) * DECODE_VECTOR;
	if (i >= width)
		return;
	const bf16 *row = gate_up + (size_t)blockIdx.y * 2 * width;
	bf16_vector gate = load_vector(row + i), up = load_vector(row + width + i);
	for (int j = 0; j < DECODE_VECTOR; j++) {
		float x = bf16_value(gate.at[j]);
		gate.at[j] = bf16_round(x / (1 + expf(-x)) * bf16_value(up.at[j]));
	}
	store_vector(out + (size_t)blockIdx.y * width + i, gate);
}

#endif
