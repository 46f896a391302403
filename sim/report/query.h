/* A query's rows as a table, CSV or JSON. */
#ifndef SIM_REPORT_QUERY_H
#define SIM_REPORT_QUERY_H

#include <stdio.h>

#include "sim/core/status.h"
#include "sim/store/store.h"

/*
 * TABLE: for people: safe for a terminal, cells cut at 80 characters. Widths are those of the first
 *        1000 rows, so a result of any length needs little memory.
 * CSV:   RFC 4180 quoting, lines end in LF; text as stored, NULL empty, empty text "", blobs hex.
 * JSON:  array of objects; text always valid UTF-8, blobs hex, NaN and infinities null. Columns of
 *        one name get ":2", ":3" appended.
 */
enum query_format { QUERY_TABLE, QUERY_CSV, QUERY_JSON };

/* store_query() printed to OUT. After a failure in the middle OUT holds the rows before it. */
SIM_MUST_CHECK enum sim_status query_print(struct store *store, const char *sql,
					   enum query_format format, FILE *out,
					   struct sim_diag *diag);

#endif
