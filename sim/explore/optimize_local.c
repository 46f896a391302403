/*
 * Local search from the front.
 *
 * Simplex: Nelder, Mead, The Computer Journal 7(4), 1965 (GSL, nmsimplex2), on the augmented
 * Chebyshev function  max_m w_m g_m + 0.05 sum_m w_m g_m,  g_m = (f_m - ideal_m) / range_m, weights
 * so that the point it starts from lies on the ray; a violation is worse than any objective.
 * Walk: Pareto local search (Paquete, Chiarandini, Stuetzle, 2004): all neighbours of all cells of
 * the front, one level up and down on each axis, all other levels of a short category.
 */
#include <float.h>
#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/explore/optimize_parts.h"

enum { MOST_STARTS = 8, MOST_STEPS = 200, SHORT_CATEGORY = 16 };

struct scalar {
	struct archive *archive;
	size_t limit;
	double ideal[OPTIMIZE_MOST_OBJECTIVES], range[OPTIMIZE_MOST_OBJECTIVES];
	double weight[OPTIMIZE_MOST_OBJECTIVES];
	enum sim_status status;
	struct sim_diag *diag;
	bool spent;
};

static double scalar_of(const struct scalar *scalar, const struct optimize_point *point)
{
	double most = 0, sum = 0;
	if (point->violation > 0)
		return 1e30 + (point->violation < 1e30 ? point->violation : 1e30);
	for (size_t m = 0; m < scalar->archive->problem->objective_count; m++) {
		double off = scalar->weight[m] * (point->objectives[m] - scalar->ideal[m]) /
			     scalar->range[m];
		most = m == 0 || off > most ? off : most;
		sum += off;
	}
	return most + 0.05 * sum;
}

/* Of the cell nearest to U; outside the space: of the cell at its edge, plus the distance. */
static double scalar_at(const gsl_vector *u, void *context)
{
	struct scalar *scalar = context;
	const struct optimize_problem *problem = scalar->archive->problem;
	uint32_t levels[OPTIMIZE_MOST_AXES];
	double outside = 0;
	size_t index = SIZE_MAX;
	for (size_t a = 0; a < problem->axis_count; a++) {
		double x = gsl_vector_get(u, a), inside = x < 0 ? 0 : x > 1 ? 1 : x;
		outside += x < inside ? inside - x : x - inside;
		levels[a] = optimize_level(inside, problem->axes[a].levels);
	}
	if (scalar->status == SIM_OK)
		scalar->status =
			archive_ask(scalar->archive, levels, scalar->limit, &index, scalar->diag);
	if (scalar->status == SIM_OK && index != SIZE_MAX)
		scalar->status = archive_evaluate(scalar->archive, scalar->diag);
	if (scalar->status != SIM_OK || index == SIZE_MAX) {
		scalar->spent = true;
		return 1e31;
	}
	return scalar_of(scalar, &scalar->archive->points[index]) + outside;
}

/* Weights of the ray through POINT: what is small there weighs much. */
static void aim(struct scalar *scalar, const struct optimize_point *point)
{
	for (size_t m = 0; m < scalar->archive->problem->objective_count; m++) {
		double off = (point->objectives[m] - scalar->ideal[m]) / scalar->range[m];
		scalar->weight[m] = 1 / (off + 0.02);
	}
}

static void descend(struct scalar *scalar, gsl_multimin_fminimizer *simplex, gsl_vector *start,
		    gsl_vector *step, const uint32_t *levels)
{
	const struct optimize_problem *problem = scalar->archive->problem;
	gsl_multimin_function function = {scalar_at, problem->axis_count, scalar};
	for (size_t a = 0; a < problem->axis_count; a++) {
		double most = problem->axes[a].levels > 1 ? problem->axes[a].levels - 1 : 1;
		double x = levels[a] / most, length = 2 / most > 0.1 ? 2 / most : 0.1;
		gsl_vector_set(start, a, x);
		gsl_vector_set(step, a, x + length <= 1 ? length : -length);
	}
	if (gsl_multimin_fminimizer_set(simplex, &function, start, step) != 0)
		return;
	for (int i = 0; i < MOST_STEPS && !scalar->spent; i++)
		if (gsl_multimin_fminimizer_iterate(simplex) != 0 ||
		    gsl_multimin_fminimizer_size(simplex) < 1e-4)
			break;
}

static void find_ranges(struct scalar *scalar, const size_t *front, size_t count)
{
	const struct optimize_point *points = scalar->archive->points;
	for (size_t m = 0; m < scalar->archive->problem->objective_count; m++) {
		double low = DBL_MAX, high = -DBL_MAX;
		for (size_t i = 0; i < count; i++) {
			double value = points[front[i]].objectives[m];
			low = value < low ? value : low;
			high = value > high ? value : high;
		}
		scalar->ideal[m] = low;
		scalar->range[m] = high > low && isfinite(high - low) ? high - low : 1;
	}
}

static int by_first_objective(const void *a, const void *b, void *context)
{
	const struct optimize_point *points = context;
	size_t first = *(const size_t *)a, second = *(const size_t *)b;
	double x = points[first].objectives[0], y = points[second].objectives[0];
	if (x != y)
		return x < y ? -1 : 1;
	return first < second ? -1 : first > second;
}

static enum sim_status descend_from(struct scalar *scalar, const size_t *front, size_t count,
				    struct sim_diag *diag)
{
	size_t axes = scalar->archive->problem->axis_count;
	size_t starts = count < MOST_STARTS ? count : MOST_STARTS, limit = scalar->limit;
	size_t budget = limit > scalar->archive->count ? limit - scalar->archive->count : 0;
	gsl_multimin_fminimizer *simplex =
		gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, axes);
	gsl_vector *start = gsl_vector_alloc(axes), *step = gsl_vector_alloc(axes);
	if (simplex == NULL || start == NULL || step == NULL)
		scalar->status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < starts && scalar->status == SIM_OK; i++) {
		size_t pick = starts > 1 ? i * (count - 1) / (starts - 1) : 0;
		const struct optimize_point point = scalar->archive->points[front[pick]];
		scalar->limit = limit - budget + budget * (i + 1) / starts;
		scalar->spent = false;
		aim(scalar, &point);
		descend(scalar, simplex, start, step, point.levels);
	}
	gsl_vector_free(start);
	gsl_vector_free(step);
	gsl_multimin_fminimizer_free(simplex);
	return scalar->status;
}

enum sim_status optimize_simplex(struct archive *archive, size_t limit, struct sim_diag *diag)
{
	struct scalar scalar = {.archive = archive, .limit = limit, .diag = diag};
	size_t count = archive->front_count;
	if (count == 0 || archive->count >= limit)
		return SIM_OK;
	size_t *front = calloc(count, sizeof(*front));
	if (front == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	memcpy(front, archive->front, count * sizeof(*front));
	qsort_r(front, count, sizeof(*front), by_first_objective, archive->points);
	find_ranges(&scalar, front, count);
	enum sim_status status = descend_from(&scalar, front, count, diag);
	free(front);
	return status;
}

static enum sim_status ask_neighbours(struct archive *archive, size_t at, size_t limit,
				      struct sim_diag *diag)
{
	const struct optimize_problem *problem = archive->problem;
	uint32_t levels[OPTIMIZE_MOST_AXES];
	size_t index;
	memcpy(levels, archive->points[at].levels, sizeof(levels));
	for (size_t a = 0; a < problem->axis_count; a++) {
		uint32_t here = levels[a], count = problem->axes[a].levels;
		bool all = problem->axes[a].category && count <= SHORT_CATEGORY;
		uint32_t low = all ? 0 : here - (here > 0);
		uint32_t high = all || here + 1 >= count ? count - 1 : here + 1;
		for (levels[a] = low; levels[a] <= high; levels[a]++)
			if (levels[a] != here)
				TRY(archive_ask(archive, levels, limit, &index, diag));
		levels[a] = here;
	}
	return SIM_OK;
}

/* Where the front is thinnest a neighbour is worth most. */
struct walk {
	struct archive *archive;
	bool *expanded; /* by archive index */
	size_t *todo, *ranks;
	double *crowding;
	size_t count;
};

static int by_crowding(const void *a, const void *b, void *context)
{
	const struct walk *walk = context;
	size_t first = *(const size_t *)a, second = *(const size_t *)b;
	if (walk->crowding[first] != walk->crowding[second])
		return walk->crowding[first] > walk->crowding[second] ? -1 : 1;
	return first < second ? -1 : first > second;
}

/* Neighbours of some of the front; walk->count 0: none was left. */
static enum sim_status walk_on(struct walk *walk, size_t limit, struct sim_diag *diag)
{
	struct archive *archive = walk->archive;
	size_t most = archive->front_count / 16 > 4 ? archive->front_count / 16 : 4;
	walk->count = 0;
	TRY(optimize_rank(archive, archive->front, archive->front_count, walk->ranks,
			  walk->crowding, diag));
	for (size_t i = 0; i < archive->front_count; i++)
		if (!walk->expanded[archive->front[i]])
			walk->todo[walk->count++] = i;
	qsort_r(walk->todo, walk->count, sizeof(*walk->todo), by_crowding, walk);
	walk->count = walk->count < most ? walk->count : most;
	for (size_t i = 0; i < walk->count; i++) {
		size_t at = archive->front[walk->todo[i]];
		walk->expanded[at] = true;
		TRY(ask_neighbours(archive, at, limit, diag));
	}
	return archive_evaluate(archive, diag);
}

enum sim_status optimize_walk(struct archive *archive, size_t limit, struct sim_diag *diag)
{
	struct walk walk = {.archive = archive};
	enum sim_status status = SIM_OK;
	size_t room = (archive->count > limit ? archive->count : limit) + 1;
	walk.expanded = calloc(room, sizeof(*walk.expanded));
	walk.todo = calloc(room, sizeof(*walk.todo));
	walk.ranks = calloc(room, sizeof(*walk.ranks));
	walk.crowding = calloc(room, sizeof(*walk.crowding));
	if (walk.expanded == NULL || walk.todo == NULL || walk.ranks == NULL ||
	    walk.crowding == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	do {
		if (status == SIM_OK)
			status = walk_on(&walk, limit, diag);
	} while (status == SIM_OK && walk.count > 0 && archive->count < limit);
	free(walk.expanded);
	free(walk.todo);
	free(walk.ranks);
	free(walk.crowding);
	return status;
}
