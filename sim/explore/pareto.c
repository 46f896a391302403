/* Fronts; see pareto.h. */
#include "sim/explore/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct order {
	const double *point;
	size_t index, width;
};

/* By the first objective, then the next; equal points by index, so that the order is one. */
static int compare(const void *a, const void *b)
{
	const struct order *x = a, *y = b;
	for (size_t i = 0; i < x->width; i++)
		if (x->point[i] != y->point[i])
			return x->point[i] < y->point[i] ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static bool has_nan(const double *point, size_t width)
{
	for (size_t i = 0; i < width; i++)
		if (isnan(point[i]))
			return true;
	return false;
}

static bool dominates(const double *a, const double *b, size_t width)
{
	bool better = false;
	for (size_t i = 0; i < width; i++) {
		if (a[i] > b[i])
			return false;
		better |= a[i] < b[i];
	}
	return better;
}

/* Points without NaN, sorted; free it. */
static struct order *sort(const double *points, size_t count, size_t width, size_t *sorted)
{
	struct order *order = malloc((count + 1) * sizeof(*order));
	*sorted = 0;
	for (size_t i = 0; order != NULL && i < count; i++)
		if (!has_nan(points + i * width, width))
			order[(*sorted)++] = (struct order){points + i * width, i, width};
	if (order != NULL)
		qsort(order, *sorted, sizeof(*order), compare);
	return order;
}

/* In order of the first objective a point is in the front when its second is the least so far. */
static size_t front_of_two(const struct order *order, size_t count, bool *front)
{
	double least = HUGE_VAL;
	size_t found = 0;
	const double *last = NULL;
	for (size_t i = 0; i < count; i++) {
		const double *point = order[i].point;
		bool equal = last != NULL && point[0] == last[0] && point[1] == last[1];
		if (!equal && !(point[1] < least) && !(i == 0))
			continue;
		least = point[1];
		last = point;
		front[order[i].index] = true;
		found++;
	}
	return found;
}

/* Who dominates a point comes before it: only the front so far needs to be asked. */
static size_t front_of_many(struct order *order, size_t count, size_t width, bool *front)
{
	size_t found = 0;
	for (size_t i = 0; i < count; i++) {
		bool beaten = false;
		for (size_t f = 0; f < found && !beaten; f++)
			beaten = dominates(order[f].point, order[i].point, width);
		if (beaten)
			continue;
		front[order[i].index] = true;
		order[found++] = order[i]; /* what was there has been looked at */
	}
	return found;
}

enum sim_status pareto_front(const double *points, size_t count, size_t width, bool *front,
			     size_t *found, struct sim_diag *diag)
{
	size_t sorted;
	struct order *order = sort(points, count, width, &sorted);
	if (order == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	memset(front, 0, count * sizeof(*front));
	*found = width == 2 ? front_of_two(order, sorted, front)
			    : front_of_many(order, sorted, width, front);
	free(order);
	return SIM_OK;
}

/* The front's points side by side; free it. */
static double *gather(const double *points, size_t count, size_t width, const bool *front,
		      size_t found)
{
	double *kept = malloc((found * width + 1) * sizeof(*kept));
	size_t n = 0;
	for (size_t i = 0; kept != NULL && i < count; i++)
		if (front[i])
			memcpy(kept + n++ * width, points + i * width, width * sizeof(*kept));
	return kept;
}

enum sim_status pareto_near(const double *points, size_t count, size_t width, double margin,
			    bool *near, size_t *found, struct sim_diag *diag)
{
	enum { MOST_WIDTH = 16 };
	double better[MOST_WIDTH];
	size_t in_front;
	TRY(pareto_front(points, count, width, near, &in_front, diag));
	*found = in_front;
	double *front = gather(points, count, width, near, in_front);
	if (front == NULL || width > MOST_WIDTH) {
		free(front);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < count; i++) {
		const double *point = points + i * width;
		if (near[i] || has_nan(point, width))
			continue;
		for (size_t o = 0; o < width; o++)
			better[o] = point[o] - margin * fabs(point[o]);
		bool beaten = false;
		for (size_t f = 0; f < in_front && !beaten; f++)
			beaten = dominates(front + f * width, better, width);
		near[i] = !beaten;
		*found += near[i];
	}
	free(front);
	return SIM_OK;
}
