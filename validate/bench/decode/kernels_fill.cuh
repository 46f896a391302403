/* Random numbers to fill tensors with: of a seed and an index, so the same on every device. */
#ifndef VALIDATE_BENCH_DECODE_KERNELS_FILL_CUH
#define VALIDATE_BENCH_DECODE_KERNELS_FILL_CUH

#include "validate/bench/decode/device.cuh"

/* Finalizer of SplitMix64 (Steele, Lea, Flood, 2014). */
static __device__ inline uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* CENTER plus a uniform number of [-SPREAD, SPREAD), of SEED and the index alone. */
__global__ void decode_fill(bf16 *out, uint64_t count, uint64_t seed, float center, float spread)
{
	uint64_t step = (uint64_t)gridDim.x * blockDim.x;
	for (uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step) {
		float unit = (float)(mix(seed ^ mix(i)) >> 40) * (1.0f / (1 << 24));
		out[i] = bf16_round(center + spread * (2 * unit - 1));
	}
}

__global__ void decode_fill_tokens(int32_t *out, int count, uint64_t seed, uint64_t vocabulary)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		out[i] = (int32_t)(mix(seed ^ mix(i)) % vocabulary);
}

#endif
