/*
 * Reading rows that nobody vouches for: each column in order, checked for type and range.
 *
 * The first wrong column is remembered; later ones read as 0, and row_end() tells. So a reader
 * takes a row's columns without a check at each, and uses none before row_end().
 */
#ifndef SIM_STORE_ROW_H
#define SIM_STORE_ROW_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"
#include "sim/store/store.h"

struct db_row {
	struct store *store;
	const char *table; /* for messages */
	struct sim_diag *diag;
	sqlite3_stmt *stmt;
	int column; /* the next one */
	int wrong;  /* first wrong column + 1; 0 none */
};

/* ID is bound as ?1. Close it also after a failure. */
SIM_MUST_CHECK enum sim_status row_open(struct db_row *row, struct store *store, const char *table,
					const char *sql, int64_t id, struct sim_diag *diag);
void row_close(struct db_row *row);

SIM_MUST_CHECK enum sim_status row_next(struct db_row *row, bool *more);
/* SIM_E_DB when a column was wrong. */
SIM_MUST_CHECK enum sim_status row_end(struct db_row *row);
/* SIM_E_DB when there is another row. */
SIM_MUST_CHECK enum sim_status row_last(struct db_row *row, const char *what);
/* SIM_E_DB: the row holds WHAT. */
enum sim_status row_wrong(struct db_row *row, const char *what);

int64_t row_integer(struct db_row *row, int64_t low, int64_t high);
int64_t row_integer_or_null(struct db_row *row, int64_t null, int64_t low, int64_t high);
uint32_t row_u32(struct db_row *row);
int64_t row_time(struct db_row *row);			  /* NULL: INT64_MIN */
double row_real_or_null(struct db_row *row, double null); /* finite and not negative */
void row_text(struct db_row *row, char *out, size_t room);
void row_text_or_null(struct db_row *row, char *out, size_t room); /* NULL: "" */
const char *row_bytes(struct db_row *row, size_t *length); /* text or blob; until row_next */
void row_hash(struct db_row *row, uint64_t *hash);
/* Bits 1 << TRACE_LACK_* of a list of lacks. */
uint32_t row_lacks(struct db_row *row);
/* Number of a text by FROM_TEXT, which gives -1 for one it does not know. */
int row_choice(struct db_row *row, int (*from_text)(const char *text));

#endif
