/*
 * The next token, greedily, in two stages: each block the best of DECODE_ARGMAX_SPAN logits, then the
 * best of those; of equal ones the first.
 */
#ifndef VALIDATE_BENCH_DECODE_KERNELS_SAMPLE_CUH
#define VALIDATE_BENCH_DECODE_KERNELS_SAMPLE_CUH

#include "validate/bench/decode/device.cuh"

struct best_logit {
	float value;
	int32_t index;
};

static __device__ inline void best_take(best_logit &best, float value, int32_t index)
{
	if (value > best.value || (value == best.value && index < best.index)) {
		best.value = value;
		best.index = index;
	}
}

static __device__ inline void best_of_warp(best_logit &best)
{
	for (int offset = 16; offset > 0; offset /= 2) {
		float value = __shfl_xor_sync(whole_warp, best.value, offset);
		int32_t index = __shfl_xor_sync(whole_warp, best.index, offset);
		best_take(best, value, index);
	}
}

/* The best of the block's threads, in all of them. */
static __device__ inline best_logit best_of_block(best_logit best)
{
	__shared__ float values[32];
	__shared__ int32_t indices[32];
	best_of_warp(best);
	if (threadIdx.x % 32 == 0) {
		values[threadIdx.x / 32] = best.value;
		indices[threadIdx.x / 32] = best.index;
	}
	__syncthreads();
	for (unsigned warp = 0; warp < blockDim.x / 32; warp++)
		best_take(best, values[warp], indices[warp]);
	return best;
}

/* Grid (blocks of a row, batch). */
__global__ void __launch_bounds__(DECODE_ARGMAX_THREADS)
	decode_argmax(float *best_value, int32_t *best_index, const bf16 *logits, int vocabulary)
{
	const bf16 *row = logits + (size_t)blockIdx.y * vocabulary;
	int first = blockIdx.x * DECODE_ARGMAX_SPAN, end = first + DECODE_ARGMAX_SPAN;
	best_logit best = {-INFINITY, INT32_MAX};
	end = end < vocabulary ? end : vocabulary;
	for (int i = first + threadIdx.x; i < end; i += blockDim.x)
		best_take(best, bf16_value(row[i]), i);
	best = best_of_block(best);
	if (threadIdx.x == 0) {
		best_value[blockIdx.y * gridDim.x + blockIdx.x] = best.value;
		best_index[blockIdx.y * gridDim.x + blockIdx.x] = best.index;
	}
}

/* Grid (batch). The last kernel of a step: the next one's token has the next position. */
__global__ void __launch_bounds__(DECODE_ARGMAX_THREADS)
	decode_argmax_combine(int32_t *tokens, int32_t *position, const float *best_value,
			      const int32_t *best_index, int blocks)
{
	best_logit best = {-INFINITY, INT32_MAX};
	for (int i = threadIdx.x; i < blocks; i += blockDim.x)
		best_take(best, best_value[blockIdx.x * blocks + i],
			  best_index[blockIdx.x * blocks + i]);
	best = best_of_block(best);
	if (threadIdx.x == 0) /* logits that are no numbers have no best one */
		tokens[blockIdx.x] = best.index == INT32_MAX ? 0 : best.index;
	if (blockIdx.x == 0 && threadIdx.x == 0)
		*position += 1;
}

#endif
