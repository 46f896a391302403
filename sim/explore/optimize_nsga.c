/*
 * NSGA-II on a grid (Deb et al. 2002; crossover: Deb, Agrawal, Complex Systems 9, 1995).
 *
 *   crossover  c = ((1 + b) p1 + (1 - b) p2) / 2,  b = (2u)^(1/16), u < 1/2, else (2 - 2u)^(-1/16)
 *   mutation   x + d,  d = (2u)^(1/16) - 1, u < 1/2, else 1 - (2 - 2u)^(1/16)
 *
 * The exponents are those of distribution index 15. A child that was evaluated before is mutated
 * again: on a grid most of a late generation would be known cells.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/explore/draw.h"
#include "sim/explore/optimize_parts.h"

enum { MOST_TRIES = 12, MOST_IDLE = 25 };

struct member {
	size_t index; /* in the archive */
	size_t rank;
	double crowding;
};

struct evolution {
	struct archive *archive;
	struct member *members; /* population, then its children */
	size_t size, count;	/* of the population; of both */
	size_t *indices, *ranks;
	double *crowding;
	uint64_t generation;
};

static double sixteenth_root(double x)
{
	return sqrt(sqrt(sqrt(sqrt(x))));
}

static uint32_t to_level(double x, uint32_t levels)
{
	x = x < 0 ? 0 : x > 1 ? 1 : x;
	return optimize_level(x, levels);
}

static double to_x(uint32_t level, uint32_t levels)
{
	return levels > 1 ? (double)level / (double)(levels - 1) : 0;
}

static uint32_t cross(const struct optimize_axis *axis, uint32_t a, uint32_t b, struct draws *draws)
{
	double u = draw_unit(draws), side = draw_unit(draws);
	if (draw_unit(draws) < 0.5 || axis->category)
		return side < 0.5 ? a : b;
	double spread = u < 0.5 ? sixteenth_root(2 * u) : 1 / sixteenth_root(2 - 2 * u);
	double first = to_x(side < 0.5 ? a : b, axis->levels);
	double second = to_x(side < 0.5 ? b : a, axis->levels);
	return to_level(((1 + spread) * first + (1 - spread) * second) / 2, axis->levels);
}

static uint32_t mutate(const struct optimize_axis *axis, uint32_t level, struct draws *draws)
{
	double u = draw_unit(draws);
	if (axis->levels < 2)
		return level;
	if (axis->category) {
		uint32_t other = (uint32_t)draw_below(draws, axis->levels - 1);
		return other < level ? other : other + 1;
	}
	double step = u < 0.5 ? sixteenth_root(2 * u) - 1 : 1 - sixteenth_root(2 - 2 * u);
	uint32_t moved = to_level(to_x(level, axis->levels) + step, axis->levels);
	if (moved != level)
		return moved;
	if ((step < 0 && level > 0) || level == axis->levels - 1)
		return level - 1;
	return level + 1;
}

static bool fitter(const struct member *a, const struct member *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return a->crowding > b->crowding;
}

static const struct member *choose(const struct evolution *evolution, struct draws *draws)
{
	const struct member *a = &evolution->members[draw_below(draws, evolution->size)];
	const struct member *b = &evolution->members[draw_below(draws, evolution->size)];
	return fitter(b, a) ? b : a;
}

/* LEVELS of one child; false: only cells that are known were found. */
static bool breed(const struct evolution *evolution, uint64_t child, uint32_t *levels)
{
	const struct optimize_problem *problem = evolution->archive->problem;
	const struct optimize_point *points = evolution->archive->points;
	struct draws draws =
		draws_of(evolution->archive->options->seed, evolution->generation, child);
	const uint32_t *a = points[choose(evolution, &draws)->index].levels;
	const uint32_t *b = points[choose(evolution, &draws)->index].levels;
	bool crossed = draw_unit(&draws) < 0.9;
	double rate = 1 / (double)problem->axis_count;
	for (size_t i = 0; i < problem->axis_count; i++)
		levels[i] = crossed ? cross(&problem->axes[i], a[i], b[i], &draws) : a[i];
	for (unsigned try = 0; try < MOST_TRIES; try++) {
		for (size_t i = 0; i < problem->axis_count; i++)
			if (draw_unit(&draws) < rate)
				levels[i] = mutate(&problem->axes[i], levels[i], &draws);
		if (archive_find(evolution->archive, levels) == SIZE_MAX)
			return true;
	}
	return false;
}

static enum sim_status ask_children(struct evolution *evolution, size_t limit,
				    struct sim_diag *diag)
{
	uint32_t levels[OPTIMIZE_MOST_AXES];
	size_t index;
	evolution->count = evolution->size;
	for (size_t child = 0; child < evolution->archive->options->population; child++) {
		if (!breed(evolution, child, levels))
			continue;
		TRY(archive_ask(evolution->archive, levels, limit, &index, diag));
		if (index == SIZE_MAX)
			break;
		evolution->members[evolution->count++].index = index;
	}
	return archive_evaluate(evolution->archive, diag);
}

static int by_fitness(const void *a, const void *b)
{
	const struct member *first = a, *second = b;
	if (fitter(first, second))
		return -1;
	if (fitter(second, first))
		return 1;
	return first->index < second->index ? -1 : first->index > second->index;
}

/* The fittest stay, sorted. */
static enum sim_status select_members(struct evolution *evolution, struct sim_diag *diag)
{
	size_t population = evolution->archive->options->population;
	for (size_t i = 0; i < evolution->count; i++)
		evolution->indices[i] = evolution->members[i].index;
	TRY(optimize_rank(evolution->archive, evolution->indices, evolution->count,
			  evolution->ranks, evolution->crowding, diag));
	for (size_t i = 0; i < evolution->count; i++) {
		evolution->members[i].rank = evolution->ranks[i];
		evolution->members[i].crowding = evolution->crowding[i];
	}
	qsort(evolution->members, evolution->count, sizeof(*evolution->members), by_fitness);
	evolution->size = evolution->count < population ? evolution->count : population;
	return SIM_OK;
}

/* The front, as much of it as there is room for, and then the first designs. */
static void first_members(struct evolution *evolution)
{
	const struct archive *archive = evolution->archive;
	size_t room = 2 * archive->options->population, count = archive->front_count, next = 0;
	size_t taken = count < room ? count : room;
	for (size_t i = 0; i < taken; i++)
		evolution->members[evolution->count++].index = archive->front[i * count / taken];
	for (size_t i = 0; i < archive->count && evolution->count < room; i++) {
		if (next < count && archive->front[next] == i)
			next++;
		else
			evolution->members[evolution->count++].index = i;
	}
}

static enum sim_status evolve(struct evolution *evolution, size_t limit, struct sim_diag *diag)
{
	struct archive *archive = evolution->archive;
	unsigned idle = 0;
	first_members(evolution);
	evolution->generation = archive->count;
	TRY(select_members(evolution, diag));
	while (archive->count < limit && !archive_is_whole(archive) && idle < MOST_IDLE) {
		size_t before = archive->count;
		evolution->generation++;
		TRY(ask_children(evolution, limit, diag));
		TRY(select_members(evolution, diag));
		idle = archive->count > before ? 0 : idle + 1;
	}
	return SIM_OK;
}

enum sim_status optimize_evolve(struct archive *archive, size_t limit, struct sim_diag *diag)
{
	struct evolution evolution = {.archive = archive};
	size_t room = 2 * archive->options->population + 1;
	enum sim_status status;
	evolution.members = calloc(room, sizeof(*evolution.members));
	evolution.indices = calloc(room, sizeof(*evolution.indices));
	evolution.ranks = calloc(room, sizeof(*evolution.ranks));
	evolution.crowding = calloc(room, sizeof(*evolution.crowding));
	if (evolution.members == NULL || evolution.indices == NULL || evolution.ranks == NULL ||
	    evolution.crowding == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	else
		status = evolve(&evolution, limit, diag);
	free(evolution.members);
	free(evolution.indices);
	free(evolution.ranks);
	free(evolution.crowding);
	return status;
}
