/*
 * The front of a stored sweep: its feasible points for which an expression holds and that no other of
 * them beats.
 */
#ifndef SIM_EXPLORE_FRONT_H
#define SIM_EXPLORE_FRONT_H

#include "sim/core/arena.h"
#include "sim/explore/field.h"
#include "sim/explore/space.h"
#include "sim/store/sweep.h"

struct explore_front_row {
	uint64_t point;
	const double *values, *fields; /* of the axes; EXPLORE_FIELD_COUNT */
	double order;		       /* the first objective, so that less is better */
};

struct explore_front {
	struct arena arena;
	struct store_sweep sweep;
	struct explore_objective objectives[EXPLORE_MOST_OBJECTIVES];
	size_t objective_count;
	const char *method;		/* of the rows: "closed" or "simulate" */
	struct explore_front_row *rows; /* by the first objective, then by point */
	size_t row_count;
	uint64_t considered; /* feasible points for which the expression holds */
	uint64_t unknown;    /* of them, those without one of the objectives */
};

/*
 * Front of the sweep NAME. OBJECTIVES: "step_ms,max tokens_per_s", NULL: those of the sweep. WHERE:
 * an expression over results and numeric axes (as constraints are), NULL: all. METHOD: NULL: what was
 * simulated where a screening did, else all. FRONT is initialized in any case: call
 * explore_front_fini always.
 */
SIM_MUST_CHECK enum sim_status explore_front_read(struct store *store, const char *name,
						  const char *objectives, const char *where,
						  const char *method, struct explore_front *front,
						  struct sim_diag *diag);
void explore_front_fini(struct explore_front *front);

/* Value of AXIS as a person writes it. Returns OUT. */
char *explore_stored_format(const struct store_sweep_axis *axis, double value, char *out,
			    size_t size);

#endif
