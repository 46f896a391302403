/* Sobol indices; see the header for estimators and sources. */
#include "sim/explore/sobol.h"

#include <gsl/gsl_qrng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/explore/draw.h"

enum { MOST_DRAWS = 50000000 };

struct sobol {
	const struct sobol_problem *problem;
	double *a, *b;	       /* f(A), f(B): one a row */
	double *mixed;	       /* f(A_i): inputs a row */
	double *first, *total; /* of resamples, by input */
};

static enum sim_status evaluate_row(struct sobol *sobol, size_t row, double *point,
				    struct sim_diag *diag)
{
	const struct sobol_problem *problem = sobol->problem;
	size_t inputs = problem->inputs;
	double *at = point, *other = point + inputs;
	TRY(problem->evaluate(problem->context, at, &sobol->a[row], diag));
	TRY(problem->evaluate(problem->context, other, &sobol->b[row], diag));
	for (size_t i = 0; i < inputs; i++) {
		double own = at[i];
		at[i] = other[i];
		TRY(problem->evaluate(problem->context, at, &sobol->mixed[row * inputs + i], diag));
		at[i] = own;
	}
	return SIM_OK;
}

static enum sim_status evaluate_all(struct sobol *sobol, struct sim_diag *diag)
{
	const struct sobol_problem *problem = sobol->problem;
	double point[2 * SOBOL_MOST_INPUTS];
	enum sim_status status = SIM_OK;
	gsl_qrng *sequence = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)(2 * problem->inputs));
	if (sequence == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t row = 0; row < problem->rows && status == SIM_OK; row++) {
		gsl_qrng_get(sequence, point);
		status = evaluate_row(sobol, row, point, diag);
		if (status == SIM_OK && problem->progress != NULL &&
		    !problem->progress(problem->context, row + 1, problem->rows))
			status = diag_fail(diag, SIM_E_USAGE, "interrupted");
	}
	gsl_qrng_free(sequence);
	return status;
}

/* Over ROWS (NULL: each once); a and b are shifted by CENTRE so that squares keep their digits. */
static double variance_of(const struct sobol *sobol, const uint32_t *rows, double centre)
{
	double sum = 0, squares = 0, count = 2 * (double)sobol->problem->rows;
	for (size_t k = 0; k < sobol->problem->rows; k++) {
		size_t row = rows != NULL ? rows[k] : k;
		double a = sobol->a[row] - centre, b = sobol->b[row] - centre;
		sum += a + b;
		squares += a * a + b * b;
	}
	double variance = (squares - sum * sum / count) / (count - 1);
	return variance > 0 ? variance : 0;
}

static void estimate(const struct sobol *sobol, const uint32_t *rows, double variance,
		     double *first, double *total)
{
	size_t inputs = sobol->problem->inputs, count = sobol->problem->rows;
	memset(first, 0, inputs * sizeof(*first));
	memset(total, 0, inputs * sizeof(*total));
	for (size_t k = 0; k < count; k++) {
		size_t row = rows != NULL ? rows[k] : k;
		for (size_t i = 0; i < inputs; i++) {
			double mixed = sobol->mixed[row * inputs + i];
			double b = sobol->b[row] - mixed, a = sobol->a[row] - mixed;
			first[i] += b * b;
			total[i] += a * a;
		}
	}
	for (size_t i = 0; i < inputs; i++) {
		first[i] = 1 - first[i] / (2 * (double)count * variance);
		total[i] = total[i] / (2 * (double)count * variance);
	}
}

static void interval(double *values, size_t count, double *low, double *high)
{
	gsl_sort(values, 1, count);
	*low = gsl_stats_quantile_from_sorted_data(values, 1, count, 0.025);
	*high = gsl_stats_quantile_from_sorted_data(values, 1, count, 0.975);
}

static enum sim_status bootstrap(struct sobol *sobol, double centre, struct sobol_result *result,
				 struct sim_diag *diag)
{
	size_t inputs = sobol->problem->inputs, rows = sobol->problem->rows;
	size_t resamples = SOBOL_RESAMPLES, held = 0;
	while (resamples > 100 && resamples * rows * inputs > MOST_DRAWS)
		resamples /= 2;
	uint32_t *picks = calloc(rows, sizeof(*picks));
	if (picks == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t r = 0; r < resamples; r++) {
		struct draws draws = draws_of(sobol->problem->seed, r, 0);
		double first[SOBOL_MOST_INPUTS], total[SOBOL_MOST_INPUTS];
		for (size_t k = 0; k < rows; k++)
			picks[k] = (uint32_t)draw_below(&draws, rows);
		double variance = variance_of(sobol, picks, centre);
		if (!(variance > 0))
			continue;
		estimate(sobol, picks, variance, first, total);
		for (size_t i = 0; i < inputs; i++) {
			sobol->first[i * SOBOL_RESAMPLES + held] = first[i];
			sobol->total[i * SOBOL_RESAMPLES + held] = total[i];
		}
		held++;
	}
	free(picks);
	for (size_t i = 0; i < inputs && held > 0; i++) {
		struct sobol_index *index = &result->indices[i];
		interval(sobol->first + i * SOBOL_RESAMPLES, held, &index->first_low,
			 &index->first_high);
		interval(sobol->total + i * SOBOL_RESAMPLES, held, &index->total_low,
			 &index->total_high);
	}
	return SIM_OK;
}

static enum sim_status find(struct sobol *sobol, struct sobol_result *result, struct sim_diag *diag)
{
	const struct sobol_problem *problem = sobol->problem;
	double sum = 0, first[SOBOL_MOST_INPUTS], total[SOBOL_MOST_INPUTS];
	TRY(evaluate_all(sobol, diag));
	for (size_t row = 0; row < problem->rows; row++)
		sum += sobol->a[row] + sobol->b[row];
	result->evaluations = problem->rows * (problem->inputs + 2);
	result->mean = sum / (2 * (double)problem->rows);
	result->variance = variance_of(sobol, NULL, result->mean);
	for (size_t i = 0; i < SOBOL_MOST_INPUTS; i++)
		result->indices[i] = (struct sobol_index){NAN, NAN, NAN, NAN, NAN, NAN};
	/* below the rounding of the sums nothing varies */
	double noise = 1e-13 * result->mean;
	if (!isfinite(result->variance) || !(result->variance > noise * noise))
		return SIM_OK;
	estimate(sobol, NULL, result->variance, first, total);
	for (size_t i = 0; i < problem->inputs; i++) {
		result->indices[i].first = first[i];
		result->indices[i].total = total[i];
	}
	return bootstrap(sobol, result->mean, result, diag);
}

enum sim_status sobol_indices(const struct sobol_problem *problem, struct sobol_result *result,
			      struct sim_diag *diag)
{
	struct sobol sobol = {.problem = problem};
	enum sim_status status;
	memset(result, 0, sizeof(*result));
	if (problem->inputs < 1 || problem->inputs > SOBOL_MOST_INPUTS)
		return diag_fail(diag, SIM_E_RANGE, "1 to %d inputs, not %zu", SOBOL_MOST_INPUTS,
				 problem->inputs);
	if (problem->rows < 2 || problem->rows > SOBOL_MOST_ROWS)
		return diag_fail(diag, SIM_E_RANGE, "2 to %d samples, not %zu", SOBOL_MOST_ROWS,
				 problem->rows);
	sobol.a = calloc(problem->rows, sizeof(double));
	sobol.b = calloc(problem->rows, sizeof(double));
	sobol.mixed = calloc(problem->rows * problem->inputs, sizeof(double));
	sobol.first = calloc(problem->inputs * SOBOL_RESAMPLES, sizeof(double));
	sobol.total = calloc(problem->inputs * SOBOL_RESAMPLES, sizeof(double));
	if (sobol.a == NULL || sobol.b == NULL || sobol.mixed == NULL || sobol.first == NULL ||
	    sobol.total == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	else
		status = find(&sobol, result, diag);
	free(sobol.a);
	free(sobol.b);
	free(sobol.mixed);
	free(sobol.first);
	free(sobol.total);
	return status;
}
