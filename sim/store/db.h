/*
 * The store's own layer over SQLite: errors as diagnostics, transactions, inserts.
 *
 * Only files of sim/store include this. An insert binds columns in the order of its column list;
 * bulk inserts put several rows into one statement, which halves the cost of a narrow row.
 */
#ifndef SIM_STORE_DB_H
#define SIM_STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"
#include "sim/store/store.h"

#define STORE_APPLICATION_ID 0x4443534d /* "DCSM" */
#define STORE_HASH_TEXT 17		/* 16 hex digits, terminated */
#define STORE_LACKS_TEXT 512		/* a list of all lacks */
#define STORE_FIELD 512			/* longest text of struct trace */

struct store {
	sqlite3 *db;
	char *path;
	enum store_open_mode mode;
	uint64_t query_steps;
};

/* SIM_E_DB with the path, WHAT failed and SQLite's reason for CODE; SIM_E_NOMEM when it is that. */
enum sim_status db_fail(sqlite3 *db, const char *path, int code, const char *what,
			struct sim_diag *diag);
/* SIM_E_DB: the stored rows contradict each other. */
enum sim_status db_damaged(const struct store *store, struct sim_diag *diag, const char *fmt, ...)
	SIM_PRINTF(3, 4);

SIM_MUST_CHECK enum sim_status db_exec(sqlite3 *db, const char *path, const char *sql,
				       struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status db_prepare(struct store *store, const char *sql, sqlite3_stmt **stmt,
					  struct sim_diag *diag);
/* One step of a SELECT; *ROW tells whether there is one. */
SIM_MUST_CHECK enum sim_status db_step(struct store *store, sqlite3_stmt *stmt, bool *row,
				       struct sim_diag *diag);
/* The integer that SQL gives, with ID as ?1; *FOUND false when it gives no row. */
SIM_MUST_CHECK enum sim_status db_integer(struct store *store, const char *sql, int64_t id,
					  int64_t *value, bool *found, struct sim_diag *diag);

/* A transaction that writes takes the write lock at once, so that two writers queue up. */
SIM_MUST_CHECK enum sim_status db_begin(struct store *store, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status db_begin_read(struct store *store, struct sim_diag *diag);
/* Commit when STATUS is SIM_OK, else roll back and return STATUS. */
SIM_MUST_CHECK enum sim_status db_end(struct store *store, enum sim_status status,
				      struct sim_diag *diag);

struct db_insert {
	struct store *store;
	sqlite3_stmt *one, *many, *current;
	uint64_t left;	 /* rows still to come */
	unsigned filled; /* rows bound in current */
	int columns;
	int column; /* last one bound of the current row */
	int error;
};

/* INTO is "table(column, ...)"; exactly ROWS rows follow. Close it also after a failure. */
SIM_MUST_CHECK enum sim_status insert_open(struct db_insert *insert, struct store *store,
					   const char *into, uint64_t rows, struct sim_diag *diag);
/* UPDATE of COLUMNS in the one row of TABLE whose id is bound after them. */
SIM_MUST_CHECK enum sim_status update_open(struct db_insert *insert, struct store *store,
					   const char *table, const char *columns,
					   struct sim_diag *diag);
void insert_integer(struct db_insert *insert, int64_t value);
/* SIM_E_RANGE over 2^63 - 1, where SQLite's integers end. */
SIM_MUST_CHECK enum sim_status insert_unsigned(struct db_insert *insert, uint64_t value,
					       const char *what, struct sim_diag *diag);
void insert_real(struct db_insert *insert, double value); /* not finite: NULL */
void insert_null(struct db_insert *insert);
void insert_text(struct db_insert *insert, const char *text); /* printable; NULL: NULL */
/* Printable and no longer than a field of ROOM bytes holds, at most STORE_FIELD: it fits in again. */
void insert_field(struct db_insert *insert, const char *text, size_t room);
void insert_integer_or_null(struct db_insert *insert, int64_t value, int64_t null);
void insert_known(struct db_insert *insert, double value); /* 0 or not finite: NULL */
void insert_lacks(struct db_insert *insert, uint32_t lacks);
void insert_text_bytes(struct db_insert *insert, const char *text, size_t length);
void insert_blob(struct db_insert *insert, const void *bytes, size_t length);
void insert_hash(struct db_insert *insert, uint64_t hash);
/* Ends the row. */
SIM_MUST_CHECK enum sim_status insert_row(struct db_insert *insert, struct sim_diag *diag);
void insert_close(struct db_insert *insert);

/* TEXT holds printable ASCII only, so text_printable would not change it. */
bool text_is_plain(const char *text, size_t length);

char *hash_format(uint64_t hash, char out[STORE_HASH_TEXT]);

/* Find DEVICE or write it; inside a transaction. */
SIM_MUST_CHECK enum sim_status store_put_device(struct store *store, const struct hw_device *device,
						int64_t *id, struct sim_diag *diag);

struct store_sweep;
/* SIM_E_DB: its points cannot be. */
SIM_MUST_CHECK enum sim_status sweep_check(struct store *store, const struct store_sweep *sweep,
					   struct sim_diag *diag);

/* Id of the stored trace of this name; SIM_E_NOT_FOUND names the nearest. */
SIM_MUST_CHECK enum sim_status store_trace_id(struct store *store, const char *name, int64_t *id,
					      struct sim_diag *diag);

/* Id of the stored trace of this name and hash, else of this hash; 0 when there is none. */
SIM_MUST_CHECK enum sim_status store_find_trace(struct store *store, const char *name,
						uint64_t hash, int64_t *id, struct sim_diag *diag);

#endif
