/* Two runs side by side. */
#include "sim/explore/run_diff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double change_of(const struct time_diff *diff)
{
	return fabs(diff->b_ps - diff->a_ps);
}

/* Ties by name and then as they stood, so that the order is one. */
static int by_change(const void *a, const void *b)
{
	const struct time_diff *first = a, *second = b;
	double x = change_of(first), y = change_of(second);
	if (x != y)
		return x > y ? -1 : 1;
	int names = strcmp(first->name, second->name);
	if (names != 0)
		return names;
	const struct stored_group *of = first->group_a, *other = second->group_a;
	if (of != NULL && other != NULL && of != other)
		return of < other ? -1 : 1;
	of = first->group_b;
	other = second->group_b;
	return of < other ? -1 : of > other;
}

static double a_step(int64_t sum, const struct stored_run *run)
{
	return run->steps > 0 ? (double)sum / (double)run->steps : 0;
}

static bool same_number(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* OF and what it holds in A and in B; nothing where both are the same. */
static void add_value(struct run_diff *diff, const struct stored_value *of, bool in_a, double a,
		      bool in_b, double b)
{
	if (!same_number(a, b))
		diff->values[diff->value_count++] = (struct value_diff){.key = of->key,
									.unit = of->unit,
									.has_a = in_a,
									.has_b = in_b,
									.a = a,
									.b = b};
}

/*
 * Both are sorted by key. A class that has a parameter and gives it no value is like one without
 * it.
 */
static void find_values(struct run_diff *diff)
{
	const struct stored_run *a = diff->a, *b = diff->b;
	size_t i = 0, k = 0;
	while (i < a->value_count || k < b->value_count) {
		const struct stored_value *in_a = &a->values[i], *in_b = &b->values[k];
		int order = i == a->value_count	  ? 1
			    : k == b->value_count ? -1
						  : strcmp(in_a->key, in_b->key);
		if (order < 0)
			add_value(diff, in_a, true, in_a->value, false, NAN);
		else if (order > 0)
			add_value(diff, in_b, false, NAN, true, in_b->value);
		else
			add_value(diff, in_a, true, in_a->value, true, in_b->value);
		i += order <= 0;
		k += order >= 0;
	}
}

static struct time_diff *named(struct time_diff *list, size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (list[i].name != NULL && strcmp(list[i].name, name) == 0)
			return &list[i];
	list[*count] = (struct time_diff){.name = name};
	return &list[(*count)++];
}

static void find_parts(struct run_diff *diff)
{
	const struct stored_run *a = diff->a, *b = diff->b;
	for (size_t i = 0; i < a->part_count; i++)
		named(diff->parts, &diff->part_count, a->parts[i].name)->a_ps +=
			(double)a->parts[i].ps;
	for (size_t i = 0; i < b->part_count; i++)
		named(diff->parts, &diff->part_count, b->parts[i].name)->b_ps +=
			(double)b->parts[i].ps;
}

static void find_families(struct run_diff *diff)
{
	const struct stored_run *a = diff->a, *b = diff->b;
	for (size_t i = 0; i < a->group_count; i++) {
		const struct stored_group *group = &a->groups[i];
		struct time_diff *family =
			named(diff->families, &diff->family_count, group->family);
		family->a_ps += a_step(group->predicted_ps, a);
		family->a_count += a_step(group->count, a);
	}
	for (size_t i = 0; i < b->group_count; i++) {
		const struct stored_group *group = &b->groups[i];
		struct time_diff *family =
			named(diff->families, &diff->family_count, group->family);
		family->b_ps += a_step(group->predicted_ps, b);
		family->b_count += a_step(group->count, b);
	}
	qsort(diff->families, diff->family_count, sizeof(*diff->families), by_change);
}

/* GEOMETRY: grid and block count, too. */
static int compare(const struct stored_group *a, const struct stored_group *b, bool geometry)
{
	const char *const of[] = {a->name, a->op_name, a->shape, a->family, a->grid, a->block};
	const char *const other[] = {b->name, b->op_name, b->shape, b->family, b->grid, b->block};
	int order = 0;
	for (size_t i = 0; i < (geometry ? 6 : 4) && order == 0; i++)
		order = strcmp(of[i], other[i]);
	return order;
}

static int by_key(const void *a, const void *b)
{
	const struct stored_group *first = *(const struct stored_group *const *)a;
	const struct stored_group *second = *(const struct stored_group *const *)b;
	int order = compare(first, second, true);
	return order != 0 ? order : first < second ? -1 : first > second;
}

struct sides {
	const struct stored_group **a, **b; /* sorted; NULL where it was paired */
};

/* A or B may be NULL; NAME is that of the other then. */
static void add_pair(struct run_diff *diff, const char *name, const struct stored_group *a,
		     const struct stored_group *b)
{
	struct time_diff *pair = &diff->groups[diff->group_count++];
	*pair = (struct time_diff){.name = name, .group_a = a, .group_b = b};
	if (a != NULL) {
		pair->a_ps = a_step(a->predicted_ps, diff->a);
		pair->a_count = a_step(a->count, diff->a);
	}
	if (b != NULL) {
		pair->b_ps = a_step(b->predicted_ps, diff->b);
		pair->b_count = a_step(b->count, diff->b);
	}
}

static size_t drop_paired(const struct stored_group **list, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (list[i] != NULL)
			list[kept++] = list[i];
	return kept;
}

/* How many from AT on are the same without their geometry. */
static size_t run_of(const struct stored_group **list, size_t count, size_t at)
{
	size_t end = at;
	while (end < count && compare(list[at], list[end], false) == 0)
		end++;
	return end - at;
}

static void pair_up(struct run_diff *diff, struct sides *sides, bool geometry)
{
	size_t count_a = drop_paired(sides->a, diff->only_a);
	size_t count_b = drop_paired(sides->b, diff->only_b);
	size_t i = 0, k = 0;
	while (i < count_a && k < count_b) {
		int order = compare(sides->a[i], sides->b[k], geometry);
		size_t run_a = geometry ? 1 : run_of(sides->a, count_a, i);
		size_t run_b = geometry ? 1 : run_of(sides->b, count_b, k);
		/* which belongs to which cannot be told where there are several */
		if (order == 0 && run_a == 1 && run_b == 1) {
			add_pair(diff, sides->a[i]->name, sides->a[i], sides->b[k]);
			sides->a[i] = sides->b[k] = NULL;
		}
		i += order <= 0 ? run_a : 0;
		k += order >= 0 ? run_b : 0;
	}
	diff->only_a = drop_paired(sides->a, count_a);
	diff->only_b = drop_paired(sides->b, count_b);
}

static enum sim_status find_groups(struct run_diff *diff, struct sim_diag *diag)
{
	const struct stored_run *a = diff->a, *b = diff->b;
	struct sides sides = {calloc(a->group_count + 1, sizeof(*sides.a)),
			      calloc(b->group_count + 1, sizeof(*sides.b))};
	if (sides.a == NULL || sides.b == NULL) {
		free(sides.a);
		free(sides.b);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < a->group_count; i++)
		sides.a[i] = &a->groups[i];
	for (size_t i = 0; i < b->group_count; i++)
		sides.b[i] = &b->groups[i];
	qsort(sides.a, a->group_count, sizeof(*sides.a), by_key);
	qsort(sides.b, b->group_count, sizeof(*sides.b), by_key);
	diff->only_a = a->group_count;
	diff->only_b = b->group_count;
	pair_up(diff, &sides, true);
	pair_up(diff, &sides, false);
	for (size_t i = 0; i < diff->only_a; i++)
		add_pair(diff, sides.a[i]->name, sides.a[i], NULL);
	for (size_t i = 0; i < diff->only_b; i++)
		add_pair(diff, sides.b[i]->name, NULL, sides.b[i]);
	qsort(diff->groups, diff->group_count, sizeof(*diff->groups), by_change);
	free(sides.a);
	free(sides.b);
	return SIM_OK;
}

enum sim_status run_diff_find(const struct stored_run *a, const struct stored_run *b,
			      struct run_diff *diff, struct sim_diag *diag)
{
	size_t groups = a->group_count + b->group_count + 1;
	memset(diff, 0, sizeof(*diff));
	diff->a = a;
	diff->b = b;
	diff->values = calloc(a->value_count + b->value_count + 1, sizeof(*diff->values));
	diff->parts = calloc(a->part_count + b->part_count + 1, sizeof(*diff->parts));
	diff->families = calloc(groups, sizeof(*diff->families));
	diff->groups = calloc(groups, sizeof(*diff->groups));
	if (diff->values == NULL || diff->parts == NULL || diff->families == NULL ||
	    diff->groups == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	find_values(diff);
	find_parts(diff);
	find_families(diff);
	return find_groups(diff, diag);
}

void run_diff_fini(struct run_diff *diff)
{
	free(diff->values);
	free(diff->parts);
	free(diff->families);
	free(diff->groups);
	memset(diff, 0, sizeof(*diff));
}
