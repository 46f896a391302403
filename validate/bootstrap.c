/* Bootstrap with GSL's mt19937: fixed seed, so equal input gives equal intervals. */
#include "validate/bootstrap.h"

#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

enum { RESAMPLES = 1000, SEED = 20260522, MOST_DRAWS = 20000000 };

enum sim_status bootstrap_ratio(const double *top, const double *bottom, size_t count,
				struct interval *interval, struct sim_diag *diag)
{
	double ratios[RESAMPLES];
	size_t resamples = RESAMPLES;
	*interval = (struct interval){NAN, NAN};
	if (count == 0)
		return SIM_OK;
	double all_top = 0, all_bottom = 0;
	for (size_t i = 0; i < count; i++) {
		all_top += top[i];
		all_bottom += bottom != NULL ? bottom[i] : 1;
	}
	if (isnan(all_top) || !(all_bottom > 0))
		return SIM_OK;
	while (resamples > 100 && resamples * count > MOST_DRAWS)
		resamples /= 2;
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	if (rng == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	gsl_rng_set(rng, SEED);
	for (size_t r = 0; r < resamples; r++) {
		double above = 0, below = 0;
		for (size_t i = 0; i < count; i++) {
			size_t pick = gsl_rng_uniform_int(rng, count);
			above += top[pick];
			below += bottom != NULL ? bottom[pick] : 1;
		}
		ratios[r] = below > 0 ? above / below : 0;
	}
	gsl_rng_free(rng);
	gsl_sort(ratios, 1, resamples);
	interval->low = gsl_stats_quantile_from_sorted_data(ratios, 1, resamples, 0.025);
	interval->high = gsl_stats_quantile_from_sorted_data(ratios, 1, resamples, 0.975);
	return SIM_OK;
}
