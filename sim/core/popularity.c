/* Zipf popularity, choices without repetition, LRU by Che's approximation. */
#include "sim/core/popularity.h"

#include <stdint.h>

double popularity_exp(double x)
{
	const double most = 700;
	if (x < -most)
		return 0;
	double small = (x > most ? most : x) / 1024, term = 1, sum = 1;
	for (int i = 1; i <= 16; i++) {
		term *= small / i;
		sum += term;
	}
	for (int i = 0; i < 10; i++)
		sum *= sum;
	return sum;
}

double popularity_log(double x)
{
	const double ln2 = 0.69314718055994530942, root = 1.41421356237309504880;
	int doubled = 0;
	for (; x > root; doubled++)
		x /= 2;
	for (; x < root / 2; doubled--)
		x *= 2;
	double y = (x - 1) / (x + 1), square = y * y, power = y, sum = 0;
	for (int i = 1; i <= 33; i += 2) {
		sum += power / i;
		power *= square;
	}
	return 2 * sum + doubled * ln2;
}

void popularity_zipf(double exponent, size_t count, double *weights)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++) {
		weights[i] = popularity_exp(-exponent * popularity_log((double)(i + 1)));
		sum += weights[i];
	}
	for (size_t i = 0; i < count; i++)
		weights[i] /= sum;
}

/*
 * T with sum 1 - exp(-w T) = WANTED < COUNT. The sum is concave in T and below T itself, so that
 * Newton's steps from WANTED climb to it and never pass it.
 */
static double characteristic(const double *weights, size_t count, double wanted)
{
	enum { MOST_STEPS = 400 };
	double time = wanted;
	for (int step = 0; step < MOST_STEPS; step++) {
		double sum = 0, slope = 0;
		for (size_t i = 0; i < count; i++) {
			double left = popularity_exp(-weights[i] * time);
			sum += 1 - left;
			slope += weights[i] * left;
		}
		double rise = slope > 0 ? (wanted - sum) / slope : 0;
		if (!(rise > time * 1e-12))
			break;
		time += rise;
	}
	return time;
}

void popularity_chances(const double *weights, size_t count, double taken, double *chances)
{
	double time = taken < (double)count ? characteristic(weights, count, taken) : -1;
	for (size_t i = 0; i < count; i++)
		chances[i] = time < 0 ? 1 : 1 - popularity_exp(-weights[i] * time);
}

double popularity_touched(const double *chances, size_t count, double draws, double kept)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++) {
		double missed = 1 - kept * chances[i];
		sum += missed > 1e-300 ? 1 - popularity_exp(draws * popularity_log(missed)) : 1;
	}
	return sum;
}

double popularity_lru_hit(const double *weights, size_t count, double slots)
{
	if (!(slots > 0))
		return 0;
	if (slots >= (double)count)
		return 1;
	double time = characteristic(weights, count, slots), hit = 0;
	for (size_t i = 0; i < count; i++)
		hit += weights[i] * (1 - popularity_exp(-weights[i] * time));
	return hit < 1 ? hit : 1;
}
