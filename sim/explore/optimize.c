/* A search: its checks, the order of its methods, its result. */
#include "sim/explore/optimize.h"

#include <stdlib.h>
#include <string.h>

#include "sim/explore/optimize_parts.h"

void optimize_options_init(struct optimize_options *options)
{
	memset(options, 0, sizeof(*options));
	options->method = OPTIMIZE_NSGA2;
	options->evaluations = 1000;
	options->population = 64;
	options->seed = 1;
	options->threads = 1;
	options->refine = 0.4;
}

static enum sim_status check(const struct optimize_problem *problem,
			     const struct optimize_options *options, struct sim_diag *diag)
{
	if (problem->axis_count < 1 || problem->axis_count > OPTIMIZE_MOST_AXES)
		return diag_fail(diag, SIM_E_RANGE, "search: 1 to %d axes, not %zu",
				 OPTIMIZE_MOST_AXES, problem->axis_count);
	if (problem->objective_count < 1 || problem->objective_count > OPTIMIZE_MOST_OBJECTIVES)
		return diag_fail(diag, SIM_E_RANGE, "search: 1 to %d objectives, not %zu",
				 OPTIMIZE_MOST_OBJECTIVES, problem->objective_count);
	for (size_t a = 0; a < problem->axis_count; a++)
		if (problem->axes[a].levels < 1 || problem->axes[a].levels > OPTIMIZE_MOST_LEVELS)
			return diag_fail(diag, SIM_E_RANGE,
					 "search: axis %zu has %u levels (1 to %d)", a,
					 problem->axes[a].levels, OPTIMIZE_MOST_LEVELS);
	if (options->evaluations < 1 || options->evaluations > OPTIMIZE_MOST_EVALUATIONS)
		return diag_fail(diag, SIM_E_RANGE, "search: 1 to %d evaluations, not %zu",
				 OPTIMIZE_MOST_EVALUATIONS, options->evaluations);
	if (options->threads < 1 || options->threads > OPTIMIZE_MOST_THREADS)
		return diag_fail(diag, SIM_E_RANGE, "search: 1 to %d threads, not %u",
				 OPTIMIZE_MOST_THREADS, options->threads);
	if (options->population < 4 || options->population > OPTIMIZE_MOST_EVALUATIONS)
		return diag_fail(diag, SIM_E_RANGE, "search: a population of %zu (at least 4)",
				 options->population);
	if (!(options->refine >= 0 && options->refine <= 0.9))
		return diag_fail(diag, SIM_E_RANGE,
				 "search: a share of %g for local search (0 to 0.9)",
				 options->refine);
	return SIM_OK;
}

/* A fifth of what local search gets is the simplex's; the walk takes the rest. */
static enum sim_status search(struct archive *archive, struct sim_diag *diag)
{
	const struct optimize_options *options = archive->options;
	size_t all = options->evaluations;
	size_t wide = all - (size_t)((double)all * options->refine);
	size_t simplex = wide + (all - wide) / 5;
	if (options->method == OPTIMIZE_QUASI) {
		TRY(optimize_quasi(archive, wide, diag));
	} else {
		TRY(optimize_quasi(archive, options->population < wide ? options->population : wide,
				   diag));
		TRY(optimize_evolve(archive, wide, diag));
	}
	if (options->refine <= 0)
		return SIM_OK;
	TRY(optimize_simplex(archive, simplex, diag));
	TRY(optimize_walk(archive, all, diag));
	/* the front has no new neighbours: what is left goes to the wide search again */
	if (options->method == OPTIMIZE_QUASI)
		return optimize_quasi(archive, all, diag);
	TRY(optimize_evolve(archive, all, diag));
	return SIM_OK;
}

enum sim_status optimize_run(const struct optimize_problem *problem,
			     const struct optimize_options *options, struct optimize_result *result,
			     struct sim_diag *diag)
{
	struct archive archive;
	memset(result, 0, sizeof(*result));
	TRY(check(problem, options, diag));
	enum sim_status status = archive_init(&archive, problem, options, diag);
	if (status == SIM_OK)
		status = search(&archive, diag);
	if (status == SIM_OK) {
		result->points = archive.points;
		result->front = archive.front;
		result->front_count = archive.front_count;
		result->count = archive.evaluated;
		result->exhausted = archive_is_whole(&archive);
		archive.points = NULL;
		archive.front = NULL;
	}
	archive_fini(&archive);
	return status;
}

void optimize_result_fini(struct optimize_result *result)
{
	free(result->points);
	free(result->front);
	memset(result, 0, sizeof(*result));
}
