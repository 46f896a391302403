/* What all kernels of the run share: 16-byte vectors and sums over a block. */
#ifndef VALIDATE_BENCH_DECODE_DEVICE_CUH
#define VALIDATE_BENCH_DECODE_DEVICE_CUH

#include "validate/bench/decode/bf16.h"
#include "validate/bench/decode/cuda.cuh"

extern "C" {
#include "validate/bench/decode/shape.h"
}

static const unsigned whole_warp = 0xffffffffu;

struct alignas(16) bf16_vector {
	bf16 at[DECODE_VECTOR];
};

static __device__ inline bf16_vector load_vector(const bf16 *from)
{
	return *reinterpret_cast<const bf16_vector *>(from);
}

static __device__ inline void store_vector(bf16 *to, const bf16_vector &vector)
{
	*reinterpret_cast<bf16_vector *>(to) = vector;
}

/* The sum of VALUE over the block's threads, a multiple of 32 and at most 1024, in all of them. */
static __device__ inline float block_sum(float value)
{
	__shared__ float sums[32];
	for (int offset = 16; offset > 0; offset /= 2)
		value += __shfl_xor_sync(whole_warp, value, offset);
	__syncthreads(); /* the sums of an earlier call have been read */
	if (threadIdx.x % 32 == 0)
		sums[threadIdx.x / 32] = value;
	__syncthreads();
	float sum = 0;
	for (unsigned warp = 0; warp < blockDim.x / 32; warp++)
		sum += sums[warp];
	return sum;
}

#endif
