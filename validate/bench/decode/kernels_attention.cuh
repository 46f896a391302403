/*
 * Attention of one query token a sequence over its KV cache, split over the cache.
 *
 *   out = sum_t p_t v_t / sum_t p_t,   p_t = exp(q k_t / sqrt(d) - m),   m = max_t q k_t / sqrt(d)
 *
 * A block has one split of one KV head's tokens and GROUP of its query heads: grid (splits,
 * heads / GROUP, batch). LANES neighbours of a warp share a token, 8 elements of the head each, so a
 * warp has 32 / LANES tokens at a time, and TOKENS in flight of each. Every such part keeps its own
 * running maximum, sum and output (online softmax, Milakov and Gimelshein, 2018); parts are merged
 * over the warp by shuffles, over the block through shared memory, and over splits by a second
 * kernel (flash decoding). Exponentials are powers of two: q is scaled by log2(e) / sqrt(d).
 *
 * NOTHING stands for the maximum of no tokens: finite, so that differences of it are no NaN.
 */
#ifndef VALIDATE_BENCH_DECODE_KERNELS_ATTENTION_CUH
#define VALIDATE_BENCH_DECODE_KERNELS_ATTENTION_CUH

#include "validate/bench/decode/device.cuh"

#define NOTHING (-1e30f)

struct attention_arguments {
	const bf16 *queries;	   /* [batch, heads, d] */
	const bf16 *keys, *values; /* [batch, kv_heads, capacity, d] */
	bf16 *out;		   /* [batch, heads, d], where there is one split */
	float *partial;		   /* [batch, heads, splits, d] */
	float *statistics;	   /* [batch, heads, splits, 2]: maximum and sum */
	const int32_t *position;   /* of the newest token */
	int heads, kv_heads, head_dim, capacity;
	int window; /* 0: all tokens */
	float scale;
};

/* What some tokens give so far for one query head; a lane has DECODE_VECTOR elements of it. */
struct attention_part {
	float most, sum, out[DECODE_VECTOR];
};

static __device__ inline void part_rescale(attention_part &part, float most)
{
	float factor = exp2f(part.most - most);
	part.most = most;
	part.sum *= factor;
	for (int j = 0; j < DECODE_VECTOR; j++)
		part.out[j] *= factor;
}

/* Joins the parts of the warp's lanes that differ in the bit OFFSET. */
static __device__ inline void part_merge(attention_part &part, int offset)
{
	part_rescale(part, fmaxf(part.most, __shfl_xor_sync(whole_warp, part.most, offset)));
	part.sum += __shfl_xor_sync(whole_warp, part.sum, offset);
	for (int j = 0; j < DECODE_VECTOR; j++)
		part.out[j] += __shfl_xor_sync(whole_warp, part.out[j], offset);
}

/* Tokens [first, end) of the split that this block has. */
static __device__ inline void split_range(const attention_arguments &a, int *first, int *end)
{
	int length = *a.position + 1;
	int begin = a.window > 0 && length > a.window ? length - a.window : 0;
	int share = (length - begin + (int)gridDim.x - 1) / (int)gridDim.x;
	*first = begin + (int)blockIdx.x * share;
	*first = *first < length ? *first : length;
	*end = *first + share < length ? *first + share : length;
}

/* TOKENS tokens of one lane: FIRST and every STEP-th after it. Absent ones are zero. */
template <int TOKENS>
static __device__ inline void load_tokens(bf16_vector *vectors, const bf16 *row, int head_dim,
					  int first, int step, int end, bool inside)
{
	for (int u = 0; u < TOKENS; u++) {
		int token = first + u * step;
		vectors[u] = bf16_vector();
		if (inside && token < end)
			vectors[u] = load_vector(row + (size_t)token * head_dim);
	}
}

template <int LANES> static __device__ inline float dot(const float *query, const bf16_vector &key)
{
	float sum = 0;
	for (int j = 0; j < DECODE_VECTOR; j++)
		sum += query[j] * bf16_value(key.at[j]);
	for (int offset = LANES / 2; offset > 0; offset /= 2)
		sum += __shfl_xor_sync(whole_warp, sum, offset);
	return sum;
}

template <int TOKENS>
static __device__ inline void part_add(attention_part &part, const float *scores,
				       const bf16_vector *values, const bool *valid)
{
	float most = part.most;
	for (int u = 0; u < TOKENS; u++)
		most = valid[u] ? fmaxf(most, scores[u]) : most;
	part_rescale(part, most);
	for (int u = 0; u < TOKENS; u++) {
		float p = valid[u] ? exp2f(scores[u] - most) : 0;
		part.sum += p;
		for (int j = 0; j < DECODE_VECTOR; j++)
			part.out[j] += p * bf16_value(values[u].at[j]);
	}
}

/* The block's result for its GROUP heads from those of its warps, to where it belongs. */
template <int LANES, int GROUP>
static __device__ inline void store_parts(const attention_arguments &a, int head, int lane,
					  int warp, attention_part *parts)
{
	const int warps = DECODE_ATTN_THREADS / 32;
	__shared__ float outs[warps][GROUP][LANES * DECODE_VECTOR];
	__shared__ float mosts[warps][GROUP], sums[warps][GROUP];
	for (int g = 0; g < GROUP; g++) {
		if (lane < LANES)
			for (int j = 0; j < DECODE_VECTOR; j++)
				outs[warp][g][lane * DECODE_VECTOR + j] = parts[g].out[j];
		if (lane == 0) {
			mosts[warp][g] = parts[g].most;
			sums[warp][g] = parts[g].sum;
		}
	}
	__syncthreads();
	for (int i = threadIdx.x; i < GROUP * a.head_dim; i += DECODE_ATTN_THREADS) {
		int g = i / a.head_dim, at = i % a.head_dim;
		float most = NOTHING, sum = 0, out = 0;
		for (int w = 0; w < warps; w++)
			most = fmaxf(most, mosts[w][g]);
		for (int w = 0; w < warps; w++) {
			float factor = exp2f(mosts[w][g] - most);
			sum += factor * sums[w][g];
			out += factor * outs[w][g][at];
		}
		size_t row = (size_t)blockIdx.z * a.heads + head + g;
		if (gridDim.x == 1) {
			a.out[row * a.head_dim + at] = bf16_round(out / sum);
			continue;
		}
		row = row * gridDim.x + blockIdx.x;
		a.partial[row * a.head_dim + at] = out;
		if (at == 0) {
			a.statistics[row * 2] = most;
			a.statistics[row * 2 + 1] = sum;
		}
	}
}

template <int LANES, int GROUP>
__global__ void __launch_bounds__(DECODE_ATTN_THREADS) decode_attention(attention_arguments a)
{
	/* of a lane in flight: as many as leave registers for GROUP queries and outputs */
	const int TOKENS = GROUP <= 4 ? 4 : 2, SIDES = 32 / LANES;
	const int warps = DECODE_ATTN_THREADS / 32;
	int lane = threadIdx.x % 32, warp = threadIdx.x / 32, side = lane / LANES;
	int element = lane % LANES * DECODE_VECTOR, head = blockIdx.y * GROUP, first, end;
	bool inside = element < a.head_dim;
	size_t kv = (size_t)blockIdx.z * a.kv_heads + head / (a.heads / a.kv_heads);
	const bf16 *keys = a.keys + kv * a.capacity * a.head_dim + element;
	const bf16 *values = a.values + kv * a.capacity * a.head_dim + element;
	float queries[GROUP][DECODE_VECTOR];
	attention_part parts[GROUP];
	for (int g = 0; g < GROUP; g++) {
		size_t row = (size_t)blockIdx.z * a.heads + head + g;
		bf16_vector query = bf16_vector();
		if (inside)
			query = load_vector(a.queries + row * a.head_dim + element);
		for (int j = 0; j < DECODE_VECTOR; j++)
			queries[g][j] = bf16_value(query.at[j]) * a.scale;
		parts[g] = attention_part();
		parts[g].most = NOTHING;
	}
	split_range(a, &first, &end);
	for (int base = first + warp * SIDES * TOKENS; base < end; base += warps * SIDES * TOKENS) {
		bf16_vector key[TOKENS], value[TOKENS];
		bool valid[TOKENS];
		load_tokens<TOKENS>(key, keys, a.head_dim, base + side, SIDES, end, inside);
		load_tokens<TOKENS>(value, values, a.head_dim, base + side, SIDES, end, inside);
		for (int u = 0; u < TOKENS; u++)
			valid[u] = base + side + u * SIDES < end;
		for (int g = 0; g < GROUP; g++) {
			float scores[TOKENS];
			for (int u = 0; u < TOKENS; u++)
				scores[u] = dot<LANES>(queries[g], key[u]);
			part_add<TOKENS>(parts[g], scores, value, valid);
		}
	}
	for (int g = 0; g < GROUP; g++)
		for (int offset = LANES; offset < 32; offset *= 2)
			part_merge(parts[g], offset);
	store_parts<LANES, GROUP>(a, head, lane, warp, parts);
}

/* Grid (heads, batch). */
__global__ void __launch_bounds__(DECODE_ATTN_THREADS)
	decode_attention_combine(bf16 *out, const float *partial, const float *statistics,
				 int head_dim, int splits)
{
	__shared__ float mosts[DECODE_MOST_SPLITS], sums[DECODE_MOST_SPLITS];
	size_t row = (size_t)blockIdx.y * gridDim.x + blockIdx.x;
	for (int s = threadIdx.x; s < splits; s += blockDim.x) {
		mosts[s] = statistics[(row * splits + s) * 2];
		sums[s] = statistics[(row * splits + s) * 2 + 1];
	}
	__syncthreads();
	float most = NOTHING, sum = 0;
	for (int s = 0; s < splits; s++)
		most = fmaxf(most, mosts[s]);
	for (int s = 0; s < splits; s++)
		sum += exp2f(mosts[s] - most) * sums[s];
	for (int i = threadIdx.x; i < head_dim; i += blockDim.x) {
		float value = 0;
		for (int s = 0; s < splits; s++)
			value +=
				exp2f(mosts[s] - most) * partial[(row * splits + s) * head_dim + i];
		out[row * head_dim + i] = bf16_round(value / sum);
	}
}

#endif
