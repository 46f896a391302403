/* Exact hypervolumes; see the header for the methods. */
#include "sim/explore/hypervolume.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = HYPERVOLUME_MOST_OBJECTIVES };

struct point {
	double at[MOST];
};

/* By the last objective, then the one before it, and so on; SIZE objectives. */
static int compare(const void *a, const void *b, void *size)
{
	const struct point *first = a, *second = b;
	for (size_t i = *(const size_t *)size; i-- > 0;) {
		if (first->at[i] < second->at[i])
			return -1;
		if (first->at[i] > second->at[i])
			return 1;
	}
	return 0;
}

static void sort(struct point *points, size_t count, size_t objectives)
{
	qsort_r(points, count, sizeof(*points), compare, &objectives);
}

static bool covers(const struct point *a, const struct point *b, size_t objectives)
{
	for (size_t i = 0; i < objectives; i++)
		if (a->at[i] > b->at[i])
			return false;
	return true;
}

/* Points sorted by the second objective: strips from one point to the next. */
static double area(const struct point *points, size_t count, const double *reference)
{
	double sum = 0, reach = reference[0];
	for (size_t i = 0; i < count; i++) {
		if (points[i].at[0] >= reach)
			continue;
		sum += (reach - points[i].at[0]) * (reference[1] - points[i].at[1]);
		reach = points[i].at[0];
	}
	return sum;
}

/* FRONT, sorted by the second objective, stays so and takes POINT; what POINT covers leaves. */
static size_t take(struct point *front, size_t count, const struct point *point)
{
	size_t kept = 0, place;
	for (size_t i = 0; i < count; i++)
		if (covers(&front[i], point, 2))
			return count;
	for (size_t i = 0; i < count; i++)
		if (!covers(point, &front[i], 2))
			front[kept++] = front[i];
	for (place = kept; place > 0 && front[place - 1].at[1] > point->at[1]; place--)
		front[place] = front[place - 1];
	front[place] = *point;
	return kept + 1;
}

/* Slices between one value of the third objective and the next, of the points below. */
static double slices(const struct point *points, size_t count, const double *reference,
		     struct point *front)
{
	double sum = 0;
	size_t held = 0;
	for (size_t i = 0; i < count; i++) {
		held = take(front, held, &points[i]);
		double next = i + 1 < count ? points[i + 1].at[2] : reference[2];
		if (next > points[i].at[2])
			sum += (next - points[i].at[2]) * area(front, held, reference);
	}
	return sum;
}

/* What is not covered by another point, in place; of equal points the first stays. */
static size_t front_of(struct point *points, size_t count, size_t objectives)
{
	size_t kept = 0;
	sort(points, count, objectives);
	for (size_t i = 0; i < count; i++) {
		bool covered = false;
		for (size_t k = 0; k < kept && !covered; k++)
			covered = covers(&points[k], &points[i], objectives);
		if (!covered)
			points[kept++] = points[i];
	}
	return kept;
}

/* SCRATCH has room for COUNT points for each objective. */
static double volume_of(struct point *points, size_t count, size_t objectives,
			const double *reference, struct point *scratch)
{
	double sum = 0;
	count = front_of(points, count, objectives);
	if (count == 0)
		return 0;
	if (objectives == 1)
		return reference[0] - points[0].at[0];
	if (objectives == 2)
		return area(points, count, reference);
	if (objectives == 3)
		return slices(points, count, reference, scratch);
	/* a point's own part: its box less what those below it in the last objective cover of it */
	for (size_t i = 0; i < count; i++) {
		double box = 1, height = reference[objectives - 1] - points[i].at[objectives - 1];
		for (size_t m = 0; m + 1 < objectives; m++) {
			box *= reference[m] - points[i].at[m];
			for (size_t k = 0; k < i; k++)
				scratch[k].at[m] = points[k].at[m] > points[i].at[m]
							   ? points[k].at[m]
							   : points[i].at[m];
		}
		double covered = volume_of(scratch, i, objectives - 1, reference, scratch + i);
		sum += height * (box - covered);
	}
	return sum;
}

static enum sim_status copy(const double *points, size_t count, size_t objectives,
			    const double *reference, struct point *kept, size_t *kept_count,
			    struct sim_diag *diag)
{
	*kept_count = 0;
	for (size_t i = 0; i < count; i++) {
		const double *from = points + i * objectives;
		bool inside = true;
		for (size_t m = 0; m < objectives; m++) {
			if (isinf(from[m]) && from[m] < 0)
				return diag_fail(diag, SIM_E_RANGE,
						 "hypervolume: a point at minus infinity");
			inside = inside && from[m] < reference[m];
		}
		if (!inside)
			continue;
		struct point *to = &kept[(*kept_count)++];
		memset(to, 0, sizeof(*to));
		memcpy(to->at, from, objectives * sizeof(*from));
	}
	return SIM_OK;
}

enum sim_status hypervolume(const double *points, size_t count, size_t objectives,
			    const double *reference, double *volume, struct sim_diag *diag)
{
	*volume = 0;
	if (objectives < 1 || objectives > MOST)
		return diag_fail(diag, SIM_E_RANGE, "hypervolume: 1 to %d objectives, not %zu",
				 MOST, objectives);
	for (size_t m = 0; m < objectives; m++)
		if (!isfinite(reference[m]))
			return diag_fail(diag, SIM_E_RANGE,
					 "hypervolume: the reference is not finite");
	struct point *kept = calloc(count + 1, sizeof(*kept)), *scratch = NULL;
	size_t kept_count = 0;
	enum sim_status status = SIM_OK;
	if (kept == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	status = copy(points, count, objectives, reference, kept, &kept_count, diag);
	if (status == SIM_OK)
		kept_count = front_of(kept, kept_count, objectives);
	/* fewer points at each depth than at the one above */
	if (status == SIM_OK && (scratch = calloc(kept_count + 1, MOST * sizeof(*scratch))) == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (status == SIM_OK)
		*volume = volume_of(kept, kept_count, objectives, reference, scratch);
	free(kept);
	free(scratch);
	return status;
}
