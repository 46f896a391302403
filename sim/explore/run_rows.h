/* Rows of a sweep on their way into the store, and results that are there already. Internal to run*.c. */
#ifndef SIM_EXPLORE_RUN_ROWS_H
#define SIM_EXPLORE_RUN_ROWS_H

#include "sim/explore/run.h"
#include "sim/store/sweep.h"

struct run {
	const struct explore_space *space;
	struct store *store; /* may be NULL */
	const struct explore_run_options *options;
	struct explore_run_report *report;
	struct explore_worker *worker; /* for keys */
	struct pool pool;
	bool own_pool;
	uint64_t digest;
	double *objectives; /* of the phase, so that less is better */
	/* of the store */
	struct store_sweep sweep;
	struct store_sweep_axis axes[STORE_SWEEP_AXES];
	const char *fields[EXPLORE_FIELD_COUNT];
	char *definition;
	struct store_sweep_lookup *lookup; /* NULL: no other sweep is there */
	struct row_kept *kept;
	struct store_sweep_row *rows;
	size_t row_count, room;
	int64_t flushed_s; /* on the clock, of the last transaction: when to write, not what */
};

SIM_MUST_CHECK enum sim_status rows_begin(struct run *run, struct sim_diag *diag);
/* RESULT of a stored row; its constraints are not judged. */
void rows_result(const struct store_sweep_row *row, struct explore_result *result);
/* The result under KEY where another sweep has it. */
SIM_MUST_CHECK enum sim_status rows_look_up(struct run *run, uint64_t key, const double *values,
					    struct explore_result *result, bool *known,
					    struct sim_diag *diag);
/* Point I of JOB is row ROW. */
SIM_MUST_CHECK enum sim_status rows_add(struct run *run, uint64_t row, const struct pool_job *job,
					size_t i, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status rows_flush(struct run *run, struct sim_diag *diag);
/* The digest into the sweep. */
SIM_MUST_CHECK enum sim_status rows_finish(struct run *run, struct sim_diag *diag);
void rows_end(struct run *run);

#endif
