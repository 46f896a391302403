/*
 * Reproduction: cases evaluated, a line for every row of every expectation.
 *
 * deviation = got / expected - 1; a line is ok where |deviation| <= tolerance (for at_most and
 * at_least: in the direction that counts), or |got - expected| <= within. The range of a line is the
 * least and the most of got when each named assumption in turn is at its low and its high, the others
 * at their values.
 */
#ifndef VALIDATE_REPRODUCE_H
#define VALIDATE_REPRODUCE_H

#include <stdbool.h>
#include <stddef.h>

#include "validate/case_run.h"

enum reproduce_status { REPRODUCE_OK, REPRODUCE_OFF, REPRODUCE_MISSING };

const char *reproduce_status_text(unsigned status); /* "ok", "off", "missing" */

struct reproduce_line {
	size_t of;	  /* index of its case */
	const char *what; /* of the expectation; "" of a missing one */
	const char *row;  /* "hw h100-sxm, ctx 2048"; "" where there is no table */
	bool is_mean;	  /* got is the mean of |deviation| over the rows, expected 0 */
	double expected, got, deviation, tolerance; /* NaN: none */
	double low, high;			    /* range; NaN: nothing varies */
	enum reproduce_status status;
	const char *note; /* why there is no number; what is missing; "" */
};

struct reproduction {
	struct arena arena;
	struct validation_case *cases; /* sorted by system, then name */
	size_t case_count;
	struct reproduce_line *lines;
	size_t line_count, line_capacity;
	size_t counts[3]; /* lines of each status */
	size_t runs_asked, runs_evaluated;
};

/*
 * Read the cases that WORDS name: a case, a system, or a path; none: all that are built in.
 * REPRODUCTION is initialized in any case: call reproduction_fini always.
 */
SIM_MUST_CHECK enum sim_status reproduction_read(struct reproduction *all, const char *const *words,
						 size_t word_count, struct sim_diag *diag);

/* Evaluate all of them. PROGRESS (may be NULL) is told how many cases are done. */
SIM_MUST_CHECK enum sim_status reproduction_run(struct reproduction *all,
						void (*progress)(size_t done, size_t total),
						struct sim_diag *diag);
void reproduction_fini(struct reproduction *all);

#endif
