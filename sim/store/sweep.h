/*
 * Sweeps in the store: a definition, and rows in the order of the points.
 *
 * Rows are written in batches, one transaction each: after kill -9 the first rows of a sweep are
 * there, all of them but perhaps the last batch. Who goes on writes the rest; whose definition is
 * another is another sweep.
 */
#ifndef SIM_STORE_SWEEP_H
#define SIM_STORE_SWEEP_H

#include "sim/store/store.h"

enum { STORE_SWEEP_AXES = 16 };

struct store_sweep_axis {
	const char *name, *unit;
	double low, high;
	uint64_t count;
	const char *const *words; /* NULL: numbers */
};

struct store_sweep {
	const char *name, *definition, *method, *version;
	uint64_t definition_hash;
	uint64_t points;
	const struct store_sweep_axis *axes;
	size_t axis_count; /* at most STORE_SWEEP_AXES */
	/* columns of sweep_point, as the schema has them */
	const char *const *fields;
	size_t field_count;
	/* by the store */
	int64_t id, first_point;
	uint64_t rows; /* that are there: first the points, then what a screening simulates */
	bool finished;
	uint64_t digest; /* of a finished one */
};

struct store_sweep_row {
	uint64_t row;	/* place in the sweep */
	uint64_t point; /* what it is of */
	const char *method;
	uint64_t key, digest;
	bool feasible;
	uint32_t broken;
	const char *failed;   /* NULL: there is such a design */
	const double *values; /* axis_count */
	const double *fields; /* field_count; NaN: NULL */
};

/* Find SWEEP by its definition or write it. */
SIM_MUST_CHECK enum sim_status store_sweep_open(struct store *store, struct store_sweep *sweep,
						struct sim_diag *diag);

/* COUNT rows more, in order; one transaction. */
SIM_MUST_CHECK enum sim_status store_sweep_write(struct store *store,
						 const struct store_sweep *sweep,
						 const struct store_sweep_row *rows, size_t count,
						 struct sim_diag *diag);

SIM_MUST_CHECK enum sim_status store_sweep_finish(struct store *store, struct store_sweep *sweep,
						  uint64_t digest, struct sim_diag *diag);

/* Does any row hold a result of another sweep that may be asked for? */
SIM_MUST_CHECK enum sim_status store_sweep_any(struct store *store, const struct store_sweep *sweep,
					       bool *any, struct sim_diag *diag);

/* Rows of SWEEP from FIRST on, in order, to TAKE, whose texts and arrays live until it returns. */
SIM_MUST_CHECK enum sim_status
store_sweep_read(struct store *store, const struct store_sweep *sweep, uint64_t first,
		 enum sim_status (*take)(void *context, const struct store_sweep_row *row,
					 struct sim_diag *diag),
		 void *context, struct sim_diag *diag);

/* A reader of single rows by key, whatever sweep they are of. */
struct store_sweep_lookup;
SIM_MUST_CHECK enum sim_status store_sweep_lookup_open(struct store *store,
						       const struct store_sweep *sweep,
						       struct store_sweep_lookup **lookup,
						       struct sim_diag *diag);
/* FIELDS, DIGEST and FAILED (of SIZE, "" none) of a row with KEY; *FOUND. */
SIM_MUST_CHECK enum sim_status store_sweep_lookup(struct store_sweep_lookup *lookup, uint64_t key,
						  double *fields, char *failed, size_t size,
						  bool *found, struct sim_diag *diag);
void store_sweep_lookup_close(struct store_sweep_lookup *lookup);

/*
 * A stored sweep by NAME (the last of that name) or number, for whoever reads it: texts and axes in
 * ARENA; fields as given. SIM_E_NOT_FOUND names the nearest.
 */
SIM_MUST_CHECK enum sim_status store_sweep_find(struct store *store, const char *name,
						struct arena *arena, struct store_sweep *sweep,
						struct sim_diag *diag);

#endif
