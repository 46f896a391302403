/* bfloat16 as its 16 bits: the upper half of a float. Plain C, and CUDA on both sides. */
#ifndef VALIDATE_BENCH_DECODE_BF16_H
#define VALIDATE_BENCH_DECODE_BF16_H

#include <stdint.h>
#include <string.h>

#ifdef __CUDACC__
#define BF16_FUNCTION static inline __host__ __device__
#else
#define BF16_FUNCTION static inline
#endif

typedef uint16_t bf16;

BF16_FUNCTION float bf16_value(bf16 bits)
{
	uint32_t wide = (uint32_t)bits << 16;
	float value;
	memcpy(&value, &wide, sizeof(value));
	return value;
}

/* Rounded to nearest, ties to even; a NaN stays one. */
BF16_FUNCTION bf16 bf16_round(float value)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof(bits));
	if ((bits & 0x7fffffffu) > 0x7f800000u)
		return (bf16)(bits >> 16 | 0x40u);
	return (bf16)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

#endif
