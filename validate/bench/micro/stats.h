/* Median and spread of repeated measurements. */
#ifndef VALIDATE_BENCH_MICRO_STATS_H
#define VALIDATE_BENCH_MICRO_STATS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct stats {
	size_t count;
	double median, p05, p95; /* quantiles with linear interpolation (type 7); NaN when empty */
};

/* Sorts SAMPLES in place. */
struct stats stats_of(double *samples, size_t count);

/* Relative spread (p95 - p05) / median; 0 of one sample or a median of 0. */
double stats_spread(const struct stats *stats);

#ifdef __cplusplus
}
#endif

#endif
