/*
 * When as many steps as were asked for have passed: counts ranges that name a step, or where there
 * are none, launches of graphs.
 */
#ifndef TRACES_TRACER_STEP_LIMIT_H
#define TRACES_TRACER_STEP_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ranges open at once, and graph launches whose kernels come mixed, that are told apart. */
enum { STEP_LIMIT_OPEN = 64, STEP_LIMIT_LAUNCHES = 64 };

struct step_limit {
	uint64_t wanted; /* 0: no limit */
	uint64_t ranges, launches;
	uint32_t open[STEP_LIMIT_OPEN]; /* ids of ranges */
	size_t open_count;
	bool has_ranges;
	uint32_t correlations[STEP_LIMIT_LAUNCHES]; /* of the last launches, a ring */
};

void step_limit_range_start(struct step_limit *limit, uint32_t id, const char *text, size_t length);
void step_limit_range_end(struct step_limit *limit, uint32_t id);

/* A kernel of a graph, or its launch, with the launch's correlation. */
void step_limit_graph(struct step_limit *limit, uint32_t correlation);

/*
 * True when the last range has ended, or the first kernel of the last launch was seen. What belongs
 * to that step may still be on its way.
 */
bool step_limit_is_reached(const struct step_limit *limit);

#endif
