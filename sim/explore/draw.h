/*
 * Counter-based random numbers: the n-th draw of a seed, without state that is carried along.
 *
 * SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) at
 * any place of its sequence. Whole-number arithmetic only: equal on every machine, and equal for
 * any number of threads, since a draw depends on what it is for and not on who asks first.
 */
#ifndef SIM_EXPLORE_DRAW_H
#define SIM_EXPLORE_DRAW_H

#include <stdint.h>

/* SEED and the number of the next draw, e.g. of (seed, generation, child). */
struct draws {
	uint64_t key, next;
};

static inline uint64_t draw_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* An independent sequence for each pair of A and B. */
static inline struct draws draws_of(uint64_t seed, uint64_t a, uint64_t b)
{
	uint64_t key = draw_mix(seed + UINT64_C(0x9e3779b97f4a7c15));
	key = draw_mix(key ^ (a + UINT64_C(0xd1b54a32d192ed03)));
	key = draw_mix(key ^ (b + UINT64_C(0x8cb92ba72f3d8dd7)));
	return (struct draws){key, 0};
}

static inline uint64_t draw_bits(struct draws *draws)
{
	return draw_mix(draws->key + ++draws->next * UINT64_C(0x9e3779b97f4a7c15));
}

/* In [0, 1), a multiple of 2^-53. */
static inline double draw_unit(struct draws *draws)
{
	return (double)(draw_bits(draws) >> 11) * 0x1p-53;
}

/* In 0 .. count - 1; COUNT is at most 2^32 (the bias is below 2^-21 of a draw). */
static inline uint64_t draw_below(struct draws *draws, uint64_t count)
{
	uint64_t pick = (uint64_t)(draw_unit(draws) * (double)count);
	return pick < count ? pick : count - 1;
}

#endif
