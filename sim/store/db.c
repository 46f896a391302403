/* SQLite calls with diagnostics, and transactions: see db.h. */
#include "sim/store/db.h"

#include <stdarg.h>
#include <stdio.h>

enum sim_status db_fail(sqlite3 *db, const char *path, int code, const char *what,
			struct sim_diag *diag)
{
	const char *advice = "";
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return diag_fail(diag, SIM_E_NOMEM, "%s: out of memory: %s", path, what);
	case SQLITE_NOTADB:
		return diag_fail(diag, SIM_E_DB,
				 "%s: not a database (left as it is; give another file with --db)",
				 path);
	case SQLITE_CORRUPT:
		advice = " (the file is damaged; restore a copy, or import again into a new file)";
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		advice = " (another process holds it; try again when that one is done)";
		break;
	case SQLITE_FULL:
		advice = " (make room on the disk and try again)";
		break;
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		advice = " (the file and its directory must be writable)";
		break;
	default:
		break;
	}
	const char *reason = db != NULL && (sqlite3_errcode(db) & 0xff) == (code & 0xff)
				     ? sqlite3_errmsg(db)
				     : sqlite3_errstr(code);
	return diag_fail(diag, SIM_E_DB, "%s: %s: %s%s", path, what, reason, advice);
}

enum sim_status db_damaged(const struct store *store, struct sim_diag *diag, const char *fmt, ...)
{
	char what[SIM_DIAG_TEXT / 2];
	va_list args;
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return diag_fail(diag, SIM_E_DB,
			 "%s: stored rows contradict each other: %s (import the trace again)",
			 store->path, what);
}

enum sim_status db_exec(sqlite3 *db, const char *path, const char *sql, struct sim_diag *diag)
{
	int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? SIM_OK
				 : db_fail(db, path, code, "database command failed", diag);
}

enum sim_status db_prepare(struct store *store, const char *sql, sqlite3_stmt **stmt,
			   struct sim_diag *diag)
{
	int code = sqlite3_prepare_v2(store->db, sql, -1, stmt, NULL);
	if (code == SQLITE_OK)
		return SIM_OK;
	return db_fail(store->db, store->path, code, "cannot use the database", diag);
}

enum sim_status db_step(struct store *store, sqlite3_stmt *stmt, bool *row, struct sim_diag *diag)
{
	int code = sqlite3_step(stmt);
	*row = code == SQLITE_ROW;
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return SIM_OK;
	return db_fail(store->db, store->path, code, "cannot read the database", diag);
}

enum sim_status db_integer(struct store *store, const char *sql, int64_t id, int64_t *value,
			   bool *found, struct sim_diag *diag)
{
	sqlite3_stmt *stmt;
	TRY(db_prepare(store, sql, &stmt, diag));
	if (sqlite3_bind_parameter_count(stmt) > 0)
		sqlite3_bind_int64(stmt, 1, id);
	enum sim_status status = db_step(store, stmt, found, diag);
	*value = status == SIM_OK && *found ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return status;
}

enum sim_status db_begin(struct store *store, struct sim_diag *diag)
{
	if (store->mode == STORE_READ)
		return diag_fail(diag, SIM_E_INTERNAL, "%s: opened for reading only", store->path);
	return db_exec(store->db, store->path, "BEGIN IMMEDIATE", diag);
}

enum sim_status db_begin_read(struct store *store, struct sim_diag *diag)
{
	return db_exec(store->db, store->path, "BEGIN", diag);
}

enum sim_status db_end(struct store *store, enum sim_status status, struct sim_diag *diag)
{
	if (status == SIM_OK)
		status = db_exec(store->db, store->path, "COMMIT", diag);
	/* a failed COMMIT may leave the transaction open, a full disk may have closed it */
	if (status != SIM_OK && !sqlite3_get_autocommit(store->db))
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}
