/* Decode ops in double precision: see reference.h. */
#include "validate/bench/decode/reference.h"

#include <math.h>

static double wide(bf16 x)
{
	return (double)bf16_value(x);
}

void reference_norm(const bf16 *x, const bf16 *weight, uint64_t n, double epsilon, double *out)
{
	double squares = 0;
	for (uint64_t i = 0; i < n; i++)
		squares += wide(x[i]) * wide(x[i]);
	double scale = 1 / sqrt(squares / (double)n + epsilon);
	for (uint64_t i = 0; i < n; i++)
		out[i] = wide(x[i]) * scale * wide(weight[i]);
}

void reference_product(const bf16 *x, const bf16 *weights, uint64_t n, uint64_t k, double *out)
{
	for (uint64_t i = 0; i < n; i++) {
		double sum = 0;
		for (uint64_t j = 0; j < k; j++)
			sum += wide(weights[i * k + j]) * wide(x[j]);
		out[i] = sum;
	}
}

void reference_head(const bf16 *x, const bf16 *bias, const bf16 *norm, const float *frequencies,
		    uint64_t position, uint64_t d, double epsilon, double *out)
{
	double squares = 0;
	for (uint64_t i = 0; i < d; i++) {
		out[i] = wide(x[i]) + (bias != NULL ? wide(bias[i]) : 0);
		squares += out[i] * out[i];
	}
	for (uint64_t i = 0; i < d && norm != NULL; i++)
		out[i] *= wide(norm[i]) / sqrt(squares / (double)d + epsilon);
	for (uint64_t i = 0; i < d / 2 && frequencies != NULL; i++) {
		/* the angle is a float in all implementations */
		double angle = (double)((float)position * frequencies[i]);
		double first = out[i], second = out[i + d / 2];
		out[i] = first * cos(angle) - second * sin(angle);
		out[i + d / 2] = second * cos(angle) + first * sin(angle);
	}
}

static double score(const bf16 *query, const bf16 *key, uint64_t d)
{
	double sum = 0;
	for (uint64_t i = 0; i < d; i++)
		sum += wide(query[i]) * wide(key[i]);
	return sum / sqrt((double)d);
}

void reference_attention(const bf16 *query, const bf16 *keys, const bf16 *values, uint64_t tokens,
			 uint64_t d, double *out)
{
	double most = -INFINITY, sum = 0;
	for (uint64_t t = 0; t < tokens; t++)
		most = fmax(most, score(query, keys + t * d, d));
	for (uint64_t i = 0; i < d; i++)
		out[i] = 0;
	for (uint64_t t = 0; t < tokens; t++) {
		double p = exp(score(query, keys + t * d, d) - most);
		sum += p;
		for (uint64_t i = 0; i < d; i++)
			out[i] += p * wide(values[t * d + i]);
	}
	for (uint64_t i = 0; i < d; i++)
		out[i] /= sum;
}

void reference_silu_mul(const bf16 *x, uint64_t width, double *out)
{
	for (uint64_t i = 0; i < width; i++)
		out[i] = wide(x[i]) / (1 + exp(-wide(x[i]))) * wide(x[width + i]);
}

uint64_t reference_argmax(const bf16 *x, uint64_t n)
{
	uint64_t best = 0;
	for (uint64_t i = 1; i < n; i++)
		if (bf16_value(x[i]) > bf16_value(x[best]))
			best = i;
	return best;
}

double reference_error(const bf16 *got, const double *want, uint64_t n)
{
	const double half_unit = 1.0 / 256, cancelled = 1e-3;
	double squares = 0, worst = 0;
	for (uint64_t i = 0; i < n; i++)
		squares += want[i] * want[i];
	double floor_error = cancelled * sqrt(squares / (double)n) + 1e-30;
	for (uint64_t i = 0; i < n; i++) {
		double error = fabs(wide(got[i]) - want[i]);
		double allowed = half_unit * fabs(want[i]) + floor_error;
		if (!(error <= worst * allowed)) /* a NaN too */
			worst = isnan(error) ? INFINITY : error / allowed;
	}
	return worst;
}
