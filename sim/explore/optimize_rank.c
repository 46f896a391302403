/* Non-dominated sorting and crowding distance (Deb et al. 2002, sections III A and B). */
#include <math.h>
#include <stdlib.h>

#include "sim/explore/optimize_parts.h"

bool optimize_dominates(const struct optimize_point *a, const struct optimize_point *b,
			size_t objectives)
{
	bool better = false;
	if (a->violation > 0 || b->violation > 0)
		return a->violation < b->violation;
	for (size_t m = 0; m < objectives; m++) {
		if (a->objectives[m] > b->objectives[m])
			return false;
		better = better || a->objectives[m] < b->objectives[m];
	}
	return better;
}

struct ranking {
	const struct archive *archive;
	const size_t *indices;
	size_t objective; /* sorted by */
};

static double value(const struct ranking *ranking, size_t i)
{
	return ranking->archive->points[ranking->indices[i]].objectives[ranking->objective];
}

/* Ties by place, so that the order is one whatever sorts. */
static int by_objective(const void *a, const void *b, void *context)
{
	size_t first = *(const size_t *)a, second = *(const size_t *)b;
	double x = value(context, first), y = value(context, second);
	if (x != y)
		return x < y ? -1 : 1;
	return first < second ? -1 : first > second;
}

/* MEMBERS[COUNT] of one rank; places into indices. */
static void crowd(struct ranking *ranking, size_t *members, size_t count, double *crowding)
{
	for (size_t i = 0; i < count; i++)
		crowding[members[i]] = 0;
	for (size_t m = 0; m < ranking->archive->problem->objective_count; m++) {
		ranking->objective = m;
		qsort_r(members, count, sizeof(*members), by_objective, ranking);
		double range = value(ranking, members[count - 1]) - value(ranking, members[0]);
		crowding[members[0]] = crowding[members[count - 1]] = INFINITY;
		if (!(range > 0) || isinf(range))
			continue;
		for (size_t i = 1; i + 1 < count; i++)
			crowding[members[i]] +=
				(value(ranking, members[i + 1]) - value(ranking, members[i - 1])) /
				range;
	}
}

/* Peels one front after another off; DOMINATORS counts who of those left dominates each. */
static void peel(struct ranking *ranking, size_t count, size_t *dominators, size_t *members,
		 size_t *rank, double *crowding)
{
	const struct optimize_point *points = ranking->archive->points;
	size_t objectives = ranking->archive->problem->objective_count, left = count;
	for (size_t level = 0; left > 0; level++) {
		size_t held = 0;
		for (size_t i = 0; i < count; i++)
			if (rank[i] == SIZE_MAX && dominators[i] == 0)
				members[held++] = i;
		for (size_t k = 0; k < held; k++)
			rank[members[k]] = level;
		for (size_t k = 0; k < held; k++)
			for (size_t i = 0; i < count; i++)
				if (rank[i] == SIZE_MAX &&
				    optimize_dominates(&points[ranking->indices[members[k]]],
						       &points[ranking->indices[i]], objectives))
					dominators[i]--;
		crowd(ranking, members, held, crowding);
		left -= held;
	}
}

enum sim_status optimize_rank(const struct archive *archive, const size_t *indices, size_t count,
			      size_t *rank, double *crowding, struct sim_diag *diag)
{
	struct ranking ranking = {.archive = archive, .indices = indices};
	const struct optimize_point *points = archive->points;
	size_t *dominators = calloc(count + 1, sizeof(*dominators));
	size_t *members = calloc(count + 1, sizeof(*members));
	if (dominators == NULL || members == NULL) {
		free(dominators);
		free(members);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < count; i++) {
		rank[i] = SIZE_MAX;
		for (size_t k = 0; k < count; k++)
			dominators[i] +=
				optimize_dominates(&points[indices[k]], &points[indices[i]],
						   archive->problem->objective_count);
	}
	peel(&ranking, count, dominators, members, rank, crowding);
	free(dominators);
	free(members);
	return SIM_OK;
}
