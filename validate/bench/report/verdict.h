/* What must hold of a cell, and whether it does. */
#ifndef VALIDATE_BENCH_REPORT_VERDICT_H
#define VALIDATE_BENCH_REPORT_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "validate/bench/report/cell.h"

/* Fractions. The first three are what the tracer promises. */
struct limits {
	double eager_wall;	  /* an eager step's wall time, traced over untraced: + 15 % */
	double graph_device;	  /* device span of a graph replay of a 7B model: + 3 % */
	double graph_level;	  /* a graph's wall time with one record a replay: + 2 % */
	double step_error;	  /* of the prediction, either way; NaN: only told */
	const char *bound_models; /* comma-separated: whose graphs graph_device holds for */
};

extern const struct limits limits_default;

struct check {
	char what[64];
	double value, limit; /* in percent, or a count (unit "") */
	const char *unit;
	bool pass; /* a value that is not known does not pass */
};

enum { CHECKS_MOST = 8 };

/* Fill CHECKS (room for CHECKS_MOST); returns how many. */
size_t verdict_of(const struct cell *cell, const struct limits *limits, struct check *checks);

/* predicted / untraced - 1, and how much longer a step took while it was watched. */
double cell_error(const struct cell *cell);
double cell_stretch(const struct cell *cell);
double cell_graph_level_stretch(const struct cell *cell);

/* WORD is in the comma-separated LIST. */
bool list_has(const char *list, const char *word);

#endif
