/* Random variates from a counter, and the two functions that they need. */
#include "sim/serve/variate.h"

#include <math.h>
#include <string.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)
#define LN2_HIGH 0.693147180369123816490 /* the upper 33 bits: k x this is exact */
#define LN2_LOW 1.90821492927058770002e-10
#define HALF_ROOT 0.70710678118654752440

/* The finalizer of splitmix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t mix(uint64_t value)
{
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

struct variate variate_at(uint64_t seed, enum variate_stream stream, uint64_t index)
{
	uint64_t key = mix(mix(seed + GOLDEN) + GOLDEN * (uint64_t)(stream + 1));
	return (struct variate){.key = key, .counter = index << 24};
}

uint64_t variate_bits(struct variate *variate)
{
	return mix(variate->key + GOLDEN * ++variate->counter);
}

double variate_uniform(struct variate *variate)
{
	return ((double)(variate_bits(variate) >> 11) + 0.5) * 0x1p-53;
}

uint64_t variate_below(struct variate *variate, uint64_t count)
{
	uint64_t at = (uint64_t)(variate_uniform(variate) * (double)count);
	return at < count ? at : count - 1;
}

double variate_log(double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof(bits));
	double power = (double)((int64_t)(bits >> 52 & 0x7ff) - 1022);
	bits = (bits & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x3fe0000000000000);
	double part; /* value = part 2^power, part in [1/2, 1) */
	memcpy(&part, &bits, sizeof(part));
	if (part < HALF_ROOT) {
		part += part;
		power -= 1;
	}
	/* 2 atanh(s), |s| < 0.172 */
	double s = (part - 1) / (part + 1), square = s * s, sum = 0;
	for (int odd = 23; odd >= 3; odd -= 2)
		sum = (sum + 1.0 / odd) * square;
	return power * LN2_HIGH + (2 * s + (2 * s * sum + power * LN2_LOW));
}

double variate_exp(double value)
{
	value = value > 700 ? 700 : value < -700 ? -700 : value;
	double turns = value * 1.44269504088896340736;
	int64_t power = (int64_t)(turns < 0 ? turns - 0.5 : turns + 0.5);
	double rest = (value - (double)power * LN2_HIGH) - (double)power * LN2_LOW;
	double sum = 1;
	for (int n = 17; n >= 1; n--)
		sum = 1 + sum * rest / n;
	uint64_t bits = (uint64_t)(power + 1023) << 52;
	double scale;
	memcpy(&scale, &bits, sizeof(scale));
	return sum * scale;
}

double variate_exponential(struct variate *variate)
{
	return -variate_log(variate_uniform(variate));
}

double variate_normal(struct variate *variate)
{
	for (;;) {
		double x = 2 * variate_uniform(variate) - 1, y = 2 * variate_uniform(variate) - 1;
		double square = x * x + y * y;
		if (square < 1 && square > 0)
			return x * sqrt(-2 * variate_log(square) / square);
	}
}

double variate_gamma(struct variate *variate, double shape)
{
	double power = 1;
	if (shape < 1) {
		power = variate_exp(variate_log(variate_uniform(variate)) / shape);
		shape += 1;
	}
	double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
	for (;;) {
		double x = variate_normal(variate), root = 1 + c * x;
		if (root <= 0)
			continue;
		double v = root * root * root;
		if (variate_log(variate_uniform(variate)) <
		    0.5 * x * x + d - d * v + d * variate_log(v))
			return d * v * power;
	}
}
