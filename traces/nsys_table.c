/* Scans over the tables of an export, columns by name: see nsys.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "traces/nsys.h"

/* No row is stored in fewer bytes: cell pointer, sizes, row id. More rows are a loop of pages. */
enum { SMALLEST_ROW = 4, NEWEST_VERSION = 9, TABLE_NAME = 64, STATEMENT = 2048 };

enum sim_status nsys_fail(const struct nsys *nsys, int code, const char *doing,
			  struct sim_diag *diag)
{
	const char *why = nsys->db != NULL ? sqlite3_errmsg(nsys->db) : sqlite3_errstr(code);
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return diag_fail_at(diag, SIM_E_IO, nsys->path, 0, "cannot %s: %s", doing, why);
	default:
		return diag_fail_at(diag, SIM_E_PARSE, nsys->path, 0,
				    "the database is damaged: cannot %s: %s; export it again with "
				    "nsys export --type sqlite",
				    doing, why);
	}
}

/* A real table of this NAME; a view or virtual table would be code of the file's. */
static enum sim_status table_exists(const struct nsys *nsys, const char *name, bool *exists,
				    struct sim_diag *diag)
{
	static const char sql[] = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND "
				  "rootpage > 0 AND name = ?1";
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(nsys->db, sql, -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	*exists = code == SQLITE_ROW;
	sqlite3_finalize(statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return nsys_fail(nsys, code, "read its list of tables", diag);
	return SIM_OK;
}

static enum sim_status find_table(const struct nsys *nsys, const char *name, char found[TABLE_NAME],
				  bool *exists, struct sim_diag *diag)
{
	snprintf(found, TABLE_NAME, "%s", name);
	TRY(table_exists(nsys, found, exists, diag));
	for (int version = NEWEST_VERSION; !*exists && version > 1; version--) {
		snprintf(found, TABLE_NAME, "%s_V%d", name, version);
		TRY(table_exists(nsys, found, exists, diag));
	}
	return SIM_OK;
}

/* Which of a table's columns are there. */
struct presence {
	uint32_t columns; /* bit i: columns[i] */
	uint32_t ids;
	bool text;
};

static void note_column(struct presence *presence, const struct nsys_table *table, const char *name)
{
	for (unsigned i = 0; i < NSYS_MOST_COLUMNS && table->columns[i] != NULL; i++)
		if (strcmp(table->columns[i], name) == 0)
			presence->columns |= 1U << i;
	for (unsigned i = 0; i < NSYS_MOST_IDS && table->ids[i] != NULL; i++)
		if (strcmp(table->ids[i], name) == 0)
			presence->ids |= 1U << i;
	presence->text |= table->text != NULL && strcmp(table->text, name) == 0;
}

static enum sim_status read_columns(const struct nsys *nsys, const char *name,
				    const struct nsys_table *table, struct presence *presence,
				    struct sim_diag *diag)
{
	enum { NAME_COLUMN = 1 };
	char sql[STATEMENT];
	sqlite3_stmt *statement = NULL;
	snprintf(sql, sizeof(sql), "PRAGMA table_info(\"%s\")", name);
	int code = sqlite3_prepare_v2(nsys->db, sql, -1, &statement, NULL);
	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(statement);
		if (code != SQLITE_ROW)
			break;
		const char *column = (const char *)sqlite3_column_text(statement, NAME_COLUMN);
		if (column != NULL)
			note_column(presence, table, column);
	}
	sqlite3_finalize(statement);
	return code == SQLITE_DONE ? SIM_OK : nsys_fail(nsys, code, "read its columns", diag);
}

/* SELECT of every column in order, NULL for those not there, and the text last. */
static void write_select(char sql[STATEMENT], const char *name, const struct nsys_table *table,
			 const struct presence *presence)
{
	size_t at = (size_t)snprintf(sql, STATEMENT, "SELECT ");
	const char *id = NULL;
	for (unsigned i = 0; i < NSYS_MOST_COLUMNS && table->columns[i] != NULL; i++)
		at += (size_t)(presence->columns >> i & 1
				       ? snprintf(sql + at, STATEMENT - at, "t.\"%s\", ",
						  table->columns[i])
				       : snprintf(sql + at, STATEMENT - at, "NULL, "));
	for (unsigned i = NSYS_MOST_IDS; i-- > 0;)
		if (presence->ids >> i & 1)
			id = table->ids[i];
	const char *text = presence->text ? table->text : NULL;
	if (text != NULL && id != NULL)
		at += (size_t)snprintf(sql + at, STATEMENT - at, "coalesce(t.\"%s\", s.value)",
				       text);
	else if (text != NULL)
		at += (size_t)snprintf(sql + at, STATEMENT - at, "t.\"%s\"", text);
	else
		at += (size_t)snprintf(sql + at, STATEMENT - at, id != NULL ? "s.value" : "NULL");
	at += (size_t)snprintf(sql + at, STATEMENT - at, " FROM \"%s\" AS t NOT INDEXED", name);
	if (id != NULL)
		snprintf(sql + at, STATEMENT - at, " LEFT JOIN StringIds AS s ON s.id = t.\"%s\"",
			 id);
}

static enum sim_status require_columns(const struct nsys *nsys, const char *name,
				       const struct nsys_table *table,
				       const struct presence *presence, struct sim_diag *diag)
{
	for (unsigned i = 0; i < table->required; i++)
		if (!(presence->columns >> i & 1))
			return diag_fail_at(diag, SIM_E_UNSUPPORTED, nsys->path, 0,
					    "table %s has no column '%s'", name, table->columns[i]);
	return SIM_OK;
}

enum sim_status nsys_check_strings(struct nsys *nsys, struct sim_diag *diag)
{
	static const char sql[] = "SELECT count(*) FROM pragma_table_info('StringIds') "
				  "WHERE (name = 'id' AND pk = 1) OR name = 'value'";
	sqlite3_stmt *statement = NULL;
	bool exists;
	TRY(table_exists(nsys, "StringIds", &exists, diag));
	if (!exists)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, nsys->path, 0,
				    "an SQLite database, but no Nsight Systems export: it has no "
				    "table 'StringIds'");
	int code = sqlite3_prepare_v2(nsys->db, sql, -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	bool usable = code == SQLITE_ROW && sqlite3_column_int(statement, 0) == 2;
	sqlite3_finalize(statement);
	if (code != SQLITE_ROW)
		return nsys_fail(nsys, code, "read the columns of StringIds", diag);
	if (!usable)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, nsys->path, 0,
				    "table StringIds has no primary key 'id' or no 'value'");
	return SIM_OK;
}

enum sim_status nsys_scan_open(struct nsys_scan *scan, struct nsys *nsys,
			       const struct nsys_table *table, struct sim_diag *diag)
{
	char name[TABLE_NAME], sql[STATEMENT];
	struct presence presence = {0};
	bool exists;
	*scan = (struct nsys_scan){.nsys = nsys, .table = table};
	while (scan->columns < NSYS_MOST_COLUMNS && table->columns[scan->columns] != NULL)
		scan->columns++;
	TRY(find_table(nsys, table->name, name, &exists, diag));
	if (!exists)
		return SIM_OK;
	TRY(read_columns(nsys, name, table, &presence, diag));
	TRY(require_columns(nsys, name, table, &presence, diag));
	write_select(sql, name, table, &presence);
	int code = sqlite3_prepare_v2(nsys->db, sql, -1, &scan->statement, NULL);
	return code == SQLITE_OK ? SIM_OK : nsys_fail(nsys, code, "read a table", diag);
}

enum sim_status nsys_scan_next(struct nsys_scan *scan, bool *more, struct sim_diag *diag)
{
	const struct nsys *nsys = scan->nsys;
	*more = false;
	if (scan->statement == NULL)
		return SIM_OK;
	int code = sqlite3_step(scan->statement);
	if (code == SQLITE_DONE)
		return SIM_OK;
	if (code != SQLITE_ROW)
		return nsys_fail(nsys, code, "read a row", diag);
	if (scan->row >= nsys->file_bytes / SMALLEST_ROW || scan->row == UINT32_MAX)
		return diag_fail_at(diag, SIM_E_PARSE, nsys->path, 0,
				    "the database is damaged: %s has more rows than fit the file",
				    scan->table->name);
	scan->row++;
	*more = true;
	return SIM_OK;
}

void nsys_scan_close(struct nsys_scan *scan)
{
	sqlite3_finalize(scan->statement);
	scan->statement = NULL;
}

enum sim_status nsys_scan_all(struct nsys *nsys, const struct nsys_table *table,
			      enum sim_status (*take)(const struct nsys_scan *, void *,
						      struct sim_diag *),
			      void *context, struct sim_diag *diag)
{
	struct nsys_scan scan;
	bool more = false;
	enum sim_status status = nsys_scan_open(&scan, nsys, table, diag);
	if (status == SIM_OK)
		status = nsys_scan_next(&scan, &more, diag);
	while (status == SIM_OK && more) {
		status = take(&scan, context, diag);
		if (status == SIM_OK)
			status = nsys_scan_next(&scan, &more, diag);
	}
	nsys_scan_close(&scan);
	return status;
}

bool nsys_given(const struct nsys_scan *scan, unsigned column)
{
	return sqlite3_column_type(scan->statement, (int)column) != SQLITE_NULL;
}

enum sim_status nsys_integer(const struct nsys_scan *scan, unsigned column, int64_t low,
			     int64_t high, int64_t absent, int64_t *value, struct sim_diag *diag)
{
	const char *path = scan->nsys->path, *table = scan->table->name;
	const char *name = scan->table->columns[column];
	int type = sqlite3_column_type(scan->statement, (int)column);
	*value = absent;
	if (type == SQLITE_NULL && column >= scan->table->required)
		return SIM_OK;
	if (type == SQLITE_NULL)
		return diag_fail_at(diag, SIM_E_PARSE, path, scan->row, "%s has no %s", table,
				    name);
	if (type != SQLITE_INTEGER)
		return diag_fail_at(diag, SIM_E_PARSE, path, scan->row,
				    "%s.%s is not a whole number", table, name);
	*value = sqlite3_column_int64(scan->statement, (int)column);
	if (*value < low || *value > high)
		return diag_fail_at(diag, SIM_E_RANGE, path, scan->row,
				    "%s.%s is out of range: '%" PRId64 "'", table, name, *value);
	return SIM_OK;
}

const char *nsys_text(const struct nsys_scan *scan, size_t *length)
{
	int column = (int)scan->columns;
	*length = 0;
	if (sqlite3_column_type(scan->statement, column) != SQLITE_TEXT)
		return NULL;
	const char *text = (const char *)sqlite3_column_text(scan->statement, column);
	*length = text != NULL ? (size_t)sqlite3_column_bytes(scan->statement, column) : 0;
	return text;
}
