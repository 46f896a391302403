/*
 * Store: runs, predictions and measurements side by side in one SQLite file.
 *
 * The schema with its comments is sim/store/schema.sql (built into the program). Every write is one
 * transaction: after kill -9 a trace or a run is there whole or not at all. Prepared statements
 * only. Two processes may write at once (WAL, busy timeout).
 */
#ifndef SIM_STORE_STORE_H
#define SIM_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hwmodels/device.h"
#include "sim/core/replay.h"
#include "sim/core/status.h"
#include "traces/trace.h"

struct store;

enum store_open_mode { STORE_READ, STORE_WRITE };

/*
 * PATH NULL: $DECODESIM_DB, else ./decodesim.db. STORE_WRITE creates and migrates; STORE_READ of a
 * file that is not there is SIM_E_NOT_FOUND. A file that is no database of ours is SIM_E_DB and
 * left alone.
 */
SIM_MUST_CHECK enum sim_status store_open(const char *path, enum store_open_mode mode,
					  struct store **store, struct sim_diag *diag);
void store_close(struct store *store);
const char *store_path(const struct store *store);

/*
 * Write a trace whole. Same name and same content: nothing is done, *id is the old one, *added
 * false. Same name with other content replaces the old one unless runs refer to it (then the name
 * gets the content hash appended and DIAG is untouched).
 */
SIM_MUST_CHECK enum sim_status store_write_trace(struct store *store, const struct trace *trace,
						 int64_t *id, bool *added, struct sim_diag *diag);

/* Read a stored trace back; every field a replay or a validation uses is bit-equal to what was
 * written. */
SIM_MUST_CHECK enum sim_status store_read_trace(struct store *store, const char *name,
						struct trace *trace, struct sim_diag *diag);

struct store_run {
	const char *trace;   /* name */
	uint64_t trace_hash; /* content hash; the trace need not be stored */
	const struct hw_device *device;
	enum sim_launch launch;
	double host_speed;
	const struct replay_result *result;
	double error_band_low, error_band_high; /* relative, of the step */
	/* optional, to store kernels: program and times of replay_options.start_ps/end_ps */
	const struct trace *kernels_of;
	const int64_t *start_ps, *end_ps;
	bool every_kernel; /* false: aggregated by (kernel name, shape) */
};

SIM_MUST_CHECK enum sim_status store_write_run(struct store *store, const struct store_run *run,
					       int64_t *id, struct sim_diag *diag);

/* One row of a validation: a trace's measured and predicted figures. */
struct store_validation {
	const char *trace;
	uint64_t trace_hash;
	const struct hw_device *device;
	const char *method; /* "as-is", "leave-one-out" */
	bool in_fit;
	double measured_device_ms, predicted_device_ms, step_error, kernel_weighted_error,
		modelled_time_share;
};

SIM_MUST_CHECK enum sim_status store_write_validations(struct store *store,
						       const struct store_validation *rows,
						       size_t count, struct sim_diag *diag);

enum store_format { STORE_TABLE, STORE_CSV, STORE_JSON };

/*
 * Run one read-only SQL statement and print its rows. Writing, ATTACH, PRAGMA writes and more than
 * one statement are refused (SIM_E_UNSUPPORTED); a bad statement is SIM_E_PARSE with SQLite's
 * message.
 */
SIM_MUST_CHECK enum sim_status store_query(struct store *store, const char *sql,
					   enum store_format format, FILE *out,
					   struct sim_diag *diag);

#endif
