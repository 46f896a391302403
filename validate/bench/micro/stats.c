/* Quantiles by GSL: see stats.h. */
#include "validate/bench/micro/stats.h"

#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

struct stats stats_of(double *samples, size_t count)
{
	if (count == 0)
		return (struct stats){0, NAN, NAN, NAN};
	gsl_sort(samples, 1, count);
	return (struct stats){
		.count = count,
		.median = gsl_stats_quantile_from_sorted_data(samples, 1, count, 0.5),
		.p05 = gsl_stats_quantile_from_sorted_data(samples, 1, count, 0.05),
		.p95 = gsl_stats_quantile_from_sorted_data(samples, 1, count, 0.95),
	};
}

double stats_spread(const struct stats *stats)
{
	return stats->count > 1 && stats->median != 0 ? (stats->p95 - stats->p05) / stats->median
						      : 0;
}
