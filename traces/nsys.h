/*
 * Inside of the Nsight Systems reader: scans over tables whose columns are found by name.
 *
 * The database is input like any other file: it is opened immutable, nothing in it is executed
 * (views, triggers and virtual tables are not looked at), each scan is bounded by the file's size,
 * and each cell's type is checked. Rows are counted from 1 in messages, as lines are elsewhere.
 */
#ifndef TRACES_NSYS_H
#define TRACES_NSYS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/build.h"

enum { NSYS_MOST_COLUMNS = 20, NSYS_MOST_IDS = 3 };

#define NSYS_NO_PROCESS INT64_MIN /* the export does not say which process */

struct nsys {
	const char *path;
	sqlite3 *db;
	struct build *build;
	uint64_t file_bytes;
	int64_t device; /* the one that is read, and the process that drives it */
	int64_t process;
};

/* What to read of a table. A newer export may add _V2.._V9 to its name. */
struct nsys_table {
	const char *name;
	const char *columns[NSYS_MOST_COLUMNS]; /* up to the first NULL */
	unsigned required;			/* so many of the first must be there */
	const char *text;			/* column that holds the row's text, or NULL */
	const char *ids[NSYS_MOST_IDS]; /* else the first that is there, as id of a StringIds row */
};

struct nsys_scan {
	struct nsys *nsys;
	const struct nsys_table *table;
	sqlite3_stmt *statement; /* NULL: the file has no such table */
	unsigned columns;
	uint32_t row;
};

/* An SQLite error as a status and a message. */
SIM_MUST_CHECK enum sim_status nsys_fail(const struct nsys *nsys, int code, const char *doing,
					 struct sim_diag *diag);

/* Whether the file is an export at all, and its names can be looked up. */
SIM_MUST_CHECK enum sim_status nsys_check_strings(struct nsys *nsys, struct sim_diag *diag);

/* nsys_scan_close() is due after success and failure alike. */
SIM_MUST_CHECK enum sim_status nsys_scan_open(struct nsys_scan *scan, struct nsys *nsys,
					      const struct nsys_table *table,
					      struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status nsys_scan_next(struct nsys_scan *scan, bool *more,
					      struct sim_diag *diag);
void nsys_scan_close(struct nsys_scan *scan);

/* Whether the present row has anything in COLUMN. */
bool nsys_given(const struct nsys_scan *scan, unsigned column);

/* A whole number of LOW..HIGH; ABSENT where there is none and the column is not required. */
SIM_MUST_CHECK enum sim_status nsys_integer(const struct nsys_scan *scan, unsigned column,
					    int64_t low, int64_t high, int64_t absent,
					    int64_t *value, struct sim_diag *diag);

/* The row's text until the next row, or NULL. */
const char *nsys_text(const struct nsys_scan *scan, size_t *length);

/* Call TAKE for every row; a table that is not there has none. */
SIM_MUST_CHECK enum sim_status
nsys_scan_all(struct nsys *nsys, const struct nsys_table *table,
	      enum sim_status (*take)(const struct nsys_scan *, void *context, struct sim_diag *),
	      void *context, struct sim_diag *diag);

/* Which device and process to read, with a warning about what is left out. */
SIM_MUST_CHECK enum sim_status nsys_choose(struct nsys *nsys, struct sim_diag *diag);

/* What the export knows of the GPUs and of absolute time. */
SIM_MUST_CHECK enum sim_status nsys_facts_read(struct nsys *nsys, struct sim_diag *diag);

/* Hand the events of the chosen device and process to the builder. */
SIM_MUST_CHECK enum sim_status nsys_device_events_read(struct nsys *nsys, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status nsys_host_events_read(struct nsys *nsys, struct sim_diag *diag);

#endif
