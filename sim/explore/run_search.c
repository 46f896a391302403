/*
 * Sweeps that search: designs are proposed in batches (optimize.h), each batch is a phase of the
 * sweep. Rows stand in the order of the proposals, and a design's point is its number in the grid.
 * A search that goes on proposes the same again and finds it stored.
 */
#include <stdlib.h>

#include "sim/explore/optimize.h"
#include "sim/explore/run_phase.h"

struct searching {
	struct run *run;
	uint64_t *points; /* of a batch */
	size_t room;
	uint64_t done; /* rows */
};

static uint64_t point_of(const struct explore_space *space, const double *x)
{
	uint64_t point = 0;
	for (size_t a = 0; a < space->axis_count; a++) {
		uint32_t levels = (uint32_t)space->axes[a].count;
		point = point * levels + optimize_level(x[a], levels);
	}
	return point;
}

static enum sim_status evaluate_all(void *context, size_t count, const double *x,
				    double *objectives, double *violation, struct sim_diag *diag)
{
	struct searching *searching = context;
	struct run *run = searching->run;
	const struct explore_space *space = run->space;
	size_t width = space->objective_count;
	if (count > searching->room) {
		uint64_t *points = realloc(searching->points, count * sizeof(*points));
		if (points == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		searching->points = points;
		searching->room = count;
	}
	for (size_t i = 0; i < count; i++)
		searching->points[i] = point_of(space, x + i * space->axis_count);
	struct phase batch = {.run = run,
			      .method = space->method,
			      .list = searching->points,
			      .count = count,
			      .base = searching->done,
			      .first = searching->done,
			      .total = space->point_count,
			      .counts = true,
			      .violation = violation};
	TRY(run_phase(&batch, diag));
	/* NaN where it is not feasible, and then there is a violation */
	for (size_t i = 0; i < count * width; i++) {
		double value = run->objectives[searching->done * width + i];
		objectives[i] = violation[i / width] > 0 ? 0 : value;
	}
	searching->done += count;
	return SIM_OK;
}

enum sim_status run_search(struct run *run, uint64_t *count, struct sim_diag *diag)
{
	const struct explore_space *space = run->space;
	struct searching searching = {.run = run};
	struct optimize_axis axes[OPTIMIZE_MOST_AXES];
	struct optimize_options options;
	struct optimize_result result;
	for (size_t a = 0; a < space->axis_count && a < OPTIMIZE_MOST_AXES; a++)
		axes[a] = (struct optimize_axis){(uint32_t)space->axes[a].count,
						 space->axes[a].kind == EXPLORE_WORDS};
	const struct optimize_problem problem = {.axes = axes,
						 .axis_count = space->axis_count,
						 .objective_count = space->objective_count,
						 .evaluate_all = evaluate_all,
						 .context = &searching};
	optimize_options_init(&options);
	options.evaluations = (size_t)space->samples;
	options.population = (size_t)space->population;
	options.refine = space->refine;
	options.seed = space->seed;
	options.method = space->evolves ? OPTIMIZE_NSGA2 : OPTIMIZE_QUASI;
	enum sim_status status = optimize_run(&problem, &options, &result, diag);
	*count = searching.done;
	run->report->points = searching.done;
	optimize_result_fini(&result);
	free(searching.points);
	return status;
}
