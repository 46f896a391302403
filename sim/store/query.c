/*
 * Read-only SQL from a user's hand.
 *
 * Three fences, each enough for most of it: SQLite asks the authorizer before it compiles any part
 * of a statement, the compiled statement must call itself read-only, and the connection of a
 * STORE_READ store cannot write. A progress handler ends what does not end by itself.
 */
#include "sim/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/store/db.h"

enum { STEPS_PER_CALL = 10000, LONGEST_VALUE = 64 << 20 };

struct guard {
	uint64_t steps_left;
	char refused[96]; /* first thing that was not allowed, "" none */
};

static bool in_list(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sqlite3_stricmp(name, list[i]) == 0)
			return true;
	return false;
}

/* PRAGMAs that only tell: some with an argument (a table's name), some without. */
static bool pragma_tells(const char *name, const char *argument)
{
	static const char *const with[] = {"table_info",       "table_xinfo", "table_list",
					   "index_list",       "index_info",  "index_xinfo",
					   "integrity_check",  "quick_check", "foreign_key_list",
					   "foreign_key_check"};
	static const char *const without[] = {
		"application_id", "user_version", "database_list",   "journal_mode",  "page_count",
		"page_size",	  "encoding",	  "compile_options", "freelist_count"};
	if (in_list(name, with, sizeof(with) / sizeof(with[0])))
		return true;
	return argument == NULL && in_list(name, without, sizeof(without) / sizeof(without[0]));
}

static const char *action_text(int action)
{
	switch (action) {
	case SQLITE_INSERT:
		return "INSERT or schema change";
	case SQLITE_UPDATE:
		return "UPDATE";
	case SQLITE_DELETE:
		return "DELETE or schema change";
	case SQLITE_ATTACH:
		return "ATTACH";
	case SQLITE_DETACH:
		return "DETACH";
	case SQLITE_PRAGMA:
		return "PRAGMA";
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		return "transaction";
	case SQLITE_FUNCTION:
		return "function";
	default:
		return "change of the schema";
	}
}

static int authorize(void *context, int action, const char *first, const char *second,
		     const char *database, const char *trigger)
{
	struct guard *guard = context;
	(void)database;
	(void)trigger;
	bool allowed =
		action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE;
	if (action == SQLITE_PRAGMA)
		allowed = first != NULL && pragma_tells(first, second);
	/* what SQLite asks when it sets up a table-valued function; a real UPDATE writes, which the
	 * compiled statement tells */
	if (action == SQLITE_UPDATE)
		allowed = first != NULL && strcmp(first, "sqlite_master") == 0;
	if (action == SQLITE_FUNCTION)
		allowed = second != NULL && sqlite3_stricmp(second, "load_extension") != 0;
	if (allowed)
		return SQLITE_OK;
	const char *subject = action == SQLITE_FUNCTION ? second : first;
	if (guard->refused[0] == '\0')
		snprintf(guard->refused, sizeof(guard->refused), "%s %.60s", action_text(action),
			 subject == NULL ? "" : subject);
	return SQLITE_DENY;
}

static int progress(void *context)
{
	struct guard *guard = context;
	if (guard->steps_left < STEPS_PER_CALL)
		return 1;
	guard->steps_left -= STEPS_PER_CALL;
	return 0;
}

static enum sim_status fail_refused(const struct guard *guard, struct sim_diag *diag)
{
	size_t length = strlen(guard->refused);
	while (length > 0 && guard->refused[length - 1] == ' ')
		length--;
	return diag_fail(diag, SIM_E_UNSUPPORTED,
			 "refused: '%.*s' (sql only reads: one SELECT, WITH, VALUES or EXPLAIN)",
			 (int)length, guard->refused);
}

/* What SQLite's CODE means for the user's statement. */
static enum sim_status fail_query(struct store *store, const struct guard *guard, int code,
				  struct sim_diag *diag)
{
	if (guard->refused[0] != '\0')
		return fail_refused(guard, diag);
	switch (code & 0xff) {
	case SQLITE_INTERRUPT:
		return diag_fail(diag, SIM_E_RANGE,
				 "stopped: the query was still running after %llu steps (add a "
				 "LIMIT, or end the recursion)",
				 (unsigned long long)store->query_steps);
	case SQLITE_ERROR:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
		return diag_fail(diag, SIM_E_PARSE, "sql: %s", sqlite3_errmsg(store->db));
	default:
		return db_fail(store->db, store->path, code, "cannot run the query", diag);
	}
}

/* Nothing but white space, comments and semicolons may follow a statement. */
static bool is_last(struct store *store, const char *rest)
{
	while (*rest != '\0') {
		sqlite3_stmt *next = NULL;
		const char *tail = rest;
		int code = sqlite3_prepare_v2(store->db, rest, -1, &next, &tail);
		bool more = code != SQLITE_OK || next != NULL;
		sqlite3_finalize(next);
		if (more)
			return false;
		if (tail == rest)
			break;
		rest = tail;
	}
	return true;
}

static enum sim_status compile(struct store *store, const struct guard *guard, const char *sql,
			       sqlite3_stmt **stmt, struct sim_diag *diag)
{
	const char *rest = sql;
	int code = SQLITE_OK;
	/* leading comments and semicolons compile to nothing */
	do {
		sql = rest;
		code = sqlite3_prepare_v2(store->db, sql, -1, stmt, &rest);
	} while (code == SQLITE_OK && *stmt == NULL && rest != sql && *rest != '\0');
	if (code != SQLITE_OK)
		return fail_query(store, guard, code, diag);
	if (*stmt == NULL)
		return diag_fail(diag, SIM_E_PARSE, "sql: no statement (try: SELECT * FROM runs)");
	if (!sqlite3_stmt_readonly(*stmt))
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "refused: a statement that writes (sql only reads: one SELECT, "
				 "WITH, VALUES or EXPLAIN)");
	if (!is_last(store, rest))
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "refused: more than one statement: '%.40s'", rest);
	return SIM_OK;
}

static struct store_value value_of(sqlite3_stmt *stmt, int column)
{
	struct store_value value = {.type = STORE_NULL};
	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_INTEGER:
		value.type = STORE_INTEGER;
		value.integer = sqlite3_column_int64(stmt, column);
		return value;
	case SQLITE_FLOAT:
		value.type = STORE_REAL;
		value.real = sqlite3_column_double(stmt, column);
		return value;
	case SQLITE_TEXT:
		value.type = STORE_TEXT;
		value.bytes = (const char *)sqlite3_column_text(stmt, column);
		break;
	case SQLITE_BLOB:
		value.type = STORE_BLOB;
		value.bytes = sqlite3_column_blob(stmt, column);
		break;
	default:
		return value;
	}
	if (value.bytes != NULL)
		value.length = (size_t)sqlite3_column_bytes(stmt, column);
	else
		value.bytes = "";
	return value;
}

struct cells {
	const char **names;
	struct store_value *values;
	int count;
};

static enum sim_status hand_over(struct store *store, const struct guard *guard, sqlite3_stmt *stmt,
				 struct cells *cells, const struct store_sink *sink,
				 struct sim_diag *diag)
{
	size_t count = (size_t)cells->count;
	/* the first step before the names: a statement that fails at once prints nothing */
	int code = sqlite3_step(stmt);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return fail_query(store, guard, code, diag);
	for (int i = 0; i < cells->count; i++) {
		cells->names[i] = sqlite3_column_name(stmt, i);
		if (cells->names[i] == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	TRY(sink->columns(sink->context, cells->names, count, diag));
	for (; code == SQLITE_ROW; code = sqlite3_step(stmt)) {
		for (int i = 0; i < cells->count; i++)
			cells->values[i] = value_of(stmt, i);
		TRY(sink->row(sink->context, cells->values, count, diag));
	}
	return code == SQLITE_DONE ? SIM_OK : fail_query(store, guard, code, diag);
}

static enum sim_status run(struct store *store, const struct guard *guard, sqlite3_stmt *stmt,
			   const struct store_sink *sink, struct sim_diag *diag)
{
	struct cells cells = {.count = sqlite3_column_count(stmt)};
	enum sim_status status;
	cells.names = calloc((size_t)cells.count + 1, sizeof(*cells.names));
	cells.values = calloc((size_t)cells.count + 1, sizeof(*cells.values));
	if (cells.names == NULL || cells.values == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	else
		status = hand_over(store, guard, stmt, &cells, sink, diag);
	free(cells.names);
	free(cells.values);
	return status;
}

enum sim_status store_query(struct store *store, const char *sql, const struct store_sink *sink,
			    struct sim_diag *diag)
{
	struct guard guard = {.steps_left = store->query_steps};
	sqlite3_stmt *stmt = NULL;
	int longest = sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE);
	sqlite3_set_authorizer(store->db, authorize, &guard);
	sqlite3_progress_handler(store->db, STEPS_PER_CALL, progress, &guard);
	enum sim_status status = compile(store, &guard, sql, &stmt, diag);
	if (status == SIM_OK)
		status = run(store, &guard, stmt, sink, diag);
	sqlite3_finalize(stmt);
	sqlite3_progress_handler(store->db, 0, NULL, NULL);
	sqlite3_set_authorizer(store->db, NULL, NULL);
	sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, longest);
	return status;
}

void store_limit_query(struct store *store, uint64_t steps)
{
	store->query_steps = steps;
}
