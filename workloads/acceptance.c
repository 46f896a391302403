/*
 * Acceptance: tokens per iteration from what is known of a draft.
 *
 * Chain: Leviathan et al., arXiv 2211.17192, equation 1. Tree: the same with w candidates a level.
 */
#include "workloads/acceptance.h"

#include <stdint.h>

double acceptance_chain(double rate, double k)
{
	double tokens = 1, kept = 1;
	for (uint64_t i = 0; (double)i < k; i++) {
		kept *= rate;
		tokens += kept;
	}
	return tokens;
}

double acceptance_tree(double rate, double nodes, double depth)
{
	double tokens = 1, kept = 1, left = nodes;
	for (uint64_t level = 0; (double)level < depth; level++) {
		double levels = depth - (double)level, width = (double)(int64_t)(left / levels);
		double none = 1;
		width += width * levels < left ? 1 : 0;
		for (uint64_t i = 0; (double)i < width; i++)
			none *= 1 - rate;
		kept *= 1 - none;
		tokens += kept;
		left -= width;
	}
	return tokens;
}

double acceptance_lengths(const double *shares, size_t count)
{
	double tokens = 1;
	for (size_t i = 0; i < count; i++)
		tokens += (double)i * shares[i];
	return tokens;
}

double acceptance_at(const double *rates, size_t count, double period, double made)
{
	size_t i = 0;
	while (i + 1 < count && made >= period * (double)(i + 1))
		i++;
	return rates[i];
}
