/*
 * Store: runs, predictions and measurements side by side in one SQLite file.
 *
 * The schema with its comments is sim/store/schema.sql (built into the program). Every write is one
 * transaction: after kill -9 a trace or a run is there whole or not at all. Prepared statements
 * only. Two processes may write at once (WAL, busy timeout); a store is used by one thread at a
 * time.
 */
#ifndef SIM_STORE_STORE_H
#define SIM_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "hwmodels/device.h"
#include "sim/core/replay.h"
#include "sim/core/status.h"
#include "traces/trace.h"

struct store;

enum store_open_mode { STORE_READ, STORE_CHANGE, STORE_WRITE };

/*
 * PATH NULL: $DECODESIM_DB, else ./decodesim.db. STORE_WRITE creates (also in a file of 0 bytes)
 * and migrates, STORE_CHANGE writes and migrates where there is a file; STORE_READ and STORE_CHANGE
 * of a file that is not there are SIM_E_NOT_FOUND. A file that is no database of ours, or of a newer
 * schema, is SIM_E_DB and left alone.
 */
SIM_MUST_CHECK enum sim_status store_open(const char *path, enum store_open_mode mode,
					  struct store **store, struct sim_diag *diag);
void store_close(struct store *store);
const char *store_path(const struct store *store);

/*
 * Write a trace whole; *ADDED tells whether anything was written. A stored trace of the same name is
 * the same trace when the file's hash and one over work and measured times agree; work adopted later
 * counts. Then *id is its id, and what may be learnt later (device peaks, capture, clocks, timing,
 * bytes: sim/store/trace_facts.h) is brought up to date; what TRACE does not know stays as it was.
 * Another trace of the same name replaces the old one unless runs or validations refer to it (then
 * the name gets '@' and the content hash appended, and if that one is in use too the hash of what
 * is stored, and DIAG is untouched). Names are stored printable (text_printable) and looked up so.
 * SIM_E_RANGE: a count of bytes or flops over 2^63 - 1, a step outside the kernels, a time that
 * overflows.
 */
SIM_MUST_CHECK enum sim_status store_write_trace(struct store *store, const struct trace *trace,
						 int64_t *id, bool *added, struct sim_diag *diag);

/*
 * Read a stored trace back (TRACE is overwritten, and empty on failure); every field a replay or a
 * validation uses is bit-equal to what was written. Rows that make no whole trace are SIM_E_DB.
 */
SIM_MUST_CHECK enum sim_status store_read_trace(struct store *store, const char *name,
						struct trace *trace, struct sim_diag *diag);

/* Of a step, mean over steps; NaN unknown. */
struct store_energy {
	double energy_j, energy_low_j, energy_high_j;
	double memory_j, compute_j, link_j, static_j;
	double average_w, peak_w, joules_per_token, usd_per_mtoken, area_mm2;
};

/* Kernels of one op on one unit. */
struct store_placed {
	const char *unit, *op;
	uint64_t kernels;
	int64_t ps;
};

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
	const struct store_energy *energy; /* NULL: nothing known */
	const struct store_placed *placed;
	size_t placed_count;
	bool every_kernel;   /* besides the rows aggregated by (kernel name, shape, geometry) */
	const char *version; /* of the program; NULL unknown */
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
		modelled_time_share; /* errors are fractions; NaN is stored as NULL */
	/* from step to step, host included; NaN unknown */
	double unprofiled_step_ms, traced_step_ms, predicted_step_ms;
	const char *version; /* of the program; NULL unknown */
};

SIM_MUST_CHECK enum sim_status store_write_validations(struct store *store,
						       const struct store_validation *rows,
						       size_t count, struct sim_diag *diag);

enum store_value_type { STORE_NULL, STORE_INTEGER, STORE_REAL, STORE_TEXT, STORE_BLOB };

/* One cell of a query's result; bytes are valid until the row function returns. */
struct store_value {
	enum store_value_type type;
	int64_t integer;
	double real;
	const char *bytes; /* text (any bytes) or blob; not terminated */
	size_t length;
};

/* Where a query's rows go; sim/report/query.h prints them. Both are called in this order. */
struct store_sink {
	void *context;
	enum sim_status (*columns)(void *context, const char *const *names, size_t count,
				   struct sim_diag *diag);
	enum sim_status (*row)(void *context, const struct store_value *values, size_t count,
			       struct sim_diag *diag);
};

/*
 * Run one read-only SQL statement and hand its rows to SINK. Writing, ATTACH, PRAGMAs that change
 * something and more than one statement are refused (SIM_E_UNSUPPORTED); a bad statement is
 * SIM_E_PARSE with SQLite's message. A statement that does not end is stopped (SIM_E_RANGE) after
 * STORE_QUERY_STEPS steps of SQLite's machine, minutes on any computer, or after what
 * store_limit_query() set; no value may be longer than 64 MiB.
 */
SIM_MUST_CHECK enum sim_status store_query(struct store *store, const char *sql,
					   const struct store_sink *sink, struct sim_diag *diag);

#define STORE_QUERY_STEPS UINT64_C(20000000000)
void store_limit_query(struct store *store, uint64_t steps);

#endif
