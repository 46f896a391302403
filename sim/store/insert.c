/*
 * Prepared inserts, many rows a statement.
 *
 * Starting a statement costs SQLite about as much as storing a narrow row. With ROWS_PER_STATEMENT
 * rows in one VALUES list 12 columns go in at 1.1 M rows/s where one row a statement reaches
 * 0.8 M (tests/bench/bench_store.c); more rows a statement gain nothing. Wide rows (a sweep's points,
 * 71 columns) go in a sixth faster one by one: a list of rows is built before it is stored.
 */
#include "sim/store/db.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_PER_STATEMENT = 16, WIDE_COLUMNS = 40 };

static int count_columns(const char *into)
{
	int columns = 1;
	for (; *into != '\0'; into++)
		columns += *into == ',';
	return columns;
}

static enum sim_status prepare_values(struct db_insert *insert, const char *into, int rows,
				      sqlite3_stmt **stmt, struct sim_diag *diag)
{
	sqlite3_str *sql = sqlite3_str_new(insert->store->db);
	sqlite3_str_appendf(sql, "INSERT INTO %s VALUES", into);
	for (int row = 0; row < rows; row++) {
		sqlite3_str_appendall(sql, row == 0 ? "(?" : ",(?");
		for (int column = 1; column < insert->columns; column++)
			sqlite3_str_appendall(sql, ",?");
		sqlite3_str_appendall(sql, ")");
	}
	char *text = sqlite3_str_finish(sql);
	if (text == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "%s: out of memory", insert->store->path);
	enum sim_status status = db_prepare(insert->store, text, stmt, diag);
	sqlite3_free(text);
	return status;
}

enum sim_status insert_open(struct db_insert *insert, struct store *store, const char *into,
			    uint64_t rows, struct sim_diag *diag)
{
	*insert = (struct db_insert){.store = store, .left = rows, .columns = count_columns(into)};
	TRY(prepare_values(insert, into, 1, &insert->one, diag));
	if (rows >= ROWS_PER_STATEMENT && insert->columns < WIDE_COLUMNS)
		TRY(prepare_values(insert, into, ROWS_PER_STATEMENT, &insert->many, diag));
	insert->current = insert->many != NULL ? insert->many : insert->one;
	return SIM_OK;
}

enum sim_status update_open(struct db_insert *insert, struct store *store, const char *table,
			    const char *columns, struct sim_diag *diag)
{
	*insert = (struct db_insert){.store = store, .left = 1};
	insert->columns = count_columns(columns) + 1;
	sqlite3_str *sql = sqlite3_str_new(store->db);
	sqlite3_str_appendf(sql, "UPDATE %s SET (%s) = (?", table, columns);
	for (int column = 2; column < insert->columns; column++)
		sqlite3_str_appendall(sql, ",?");
	sqlite3_str_appendall(sql, ") WHERE id = ?");
	char *text = sqlite3_str_finish(sql);
	if (text == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "%s: out of memory", store->path);
	enum sim_status status = db_prepare(store, text, &insert->one, diag);
	sqlite3_free(text);
	insert->current = insert->one;
	return status;
}

static int next(struct db_insert *insert)
{
	return (int)insert->filled * insert->columns + ++insert->column;
}

static void keep_error(struct db_insert *insert, int code)
{
	if (insert->error == SQLITE_OK)
		insert->error = code;
}

void insert_integer(struct db_insert *insert, int64_t value)
{
	keep_error(insert, sqlite3_bind_int64(insert->current, next(insert), value));
}

enum sim_status insert_unsigned(struct db_insert *insert, uint64_t value, const char *what,
				struct sim_diag *diag)
{
	if (value > INT64_MAX)
		return diag_fail(diag, SIM_E_RANGE, "%s too large to store: %llu", what,
				 (unsigned long long)value);
	insert_integer(insert, (int64_t)value);
	return SIM_OK;
}

void insert_real(struct db_insert *insert, double value)
{
	if (isfinite(value))
		keep_error(insert, sqlite3_bind_double(insert->current, next(insert), value));
	else
		insert_null(insert);
}

void insert_null(struct db_insert *insert)
{
	keep_error(insert, sqlite3_bind_null(insert->current, next(insert)));
}

void insert_integer_or_null(struct db_insert *insert, int64_t value, int64_t null)
{
	if (value == null)
		insert_null(insert);
	else
		insert_integer(insert, value);
}

void insert_known(struct db_insert *insert, double value)
{
	insert_real(insert, value == 0 ? (double)NAN : value);
}

void insert_lacks(struct db_insert *insert, uint32_t lacks)
{
	char list[STORE_LACKS_TEXT] = "";
	size_t used = 0;
	for (unsigned i = 0; i < TRACE_LACK_COUNT; i++)
		if (lacks & 1u << i)
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
						 used == 0 ? "" : ", ", trace_lack_text(i));
	insert_text(insert, list);
}

bool text_is_plain(const char *text, size_t length)
{
	bool plain = true;
	for (size_t i = 0; i < length; i++)
		plain &= text[i] >= 0x20 && text[i] < 0x7f;
	return plain;
}

void insert_text_bytes(struct db_insert *insert, const char *text, size_t length)
{
	int at = next(insert);
	if (text_is_plain(text, length)) {
		keep_error(insert, sqlite3_bind_text64(insert->current, at, text, length,
						       SQLITE_TRANSIENT, SQLITE_UTF8));
		return;
	}
	size_t room = length < SIZE_MAX / 8 ? 4 * length + 5 : 0;
	char *printable = room == 0 ? NULL : malloc(room);
	if (printable == NULL) {
		keep_error(insert, SQLITE_NOMEM);
		return;
	}
	text_printable(printable, room, text, length);
	keep_error(insert, sqlite3_bind_text64(insert->current, at, printable, strlen(printable),
					       free, SQLITE_UTF8));
}

void insert_text(struct db_insert *insert, const char *text)
{
	if (text == NULL)
		insert_null(insert);
	else
		insert_text_bytes(insert, text, strlen(text));
}

void insert_field(struct db_insert *insert, const char *text, size_t room)
{
	char printable[STORE_FIELD];
	text_printable(printable, room < sizeof(printable) ? room : sizeof(printable), text,
		       strlen(text));
	keep_error(insert, sqlite3_bind_text(insert->current, next(insert), printable, -1,
					     SQLITE_TRANSIENT));
}

void insert_blob(struct db_insert *insert, const void *bytes, size_t length)
{
	keep_error(insert, sqlite3_bind_blob64(insert->current, next(insert), bytes, length,
					       SQLITE_TRANSIENT));
}

char *hash_format(uint64_t hash, char out[STORE_HASH_TEXT])
{
	for (int i = 15; i >= 0; i--, hash >>= 4)
		out[i] = "0123456789abcdef"[hash & 15];
	out[16] = '\0';
	return out;
}

void insert_hash(struct db_insert *insert, uint64_t hash)
{
	char text[STORE_HASH_TEXT];
	insert_text_bytes(insert, hash_format(hash, text), 16);
}

enum sim_status insert_row(struct db_insert *insert, struct sim_diag *diag)
{
	struct store *store = insert->store;
	if (insert->column != insert->columns || insert->left == 0)
		return diag_fail(diag, SIM_E_INTERNAL,
				 "%s: a row of %d values for %d columns, %llu rows left",
				 store->path, insert->column, insert->columns,
				 (unsigned long long)insert->left);
	insert->column = 0;
	insert->left--;
	insert->filled++;
	if (insert->error != SQLITE_OK)
		return db_fail(NULL, store->path, insert->error, "cannot store a value", diag);
	if (insert->current == insert->many && insert->filled < ROWS_PER_STATEMENT)
		return SIM_OK;
	int code = sqlite3_step(insert->current);
	if (code != SQLITE_DONE)
		return db_fail(store->db, store->path, code, "cannot write", diag);
	sqlite3_reset(insert->current);
	insert->filled = 0;
	if (insert->left < ROWS_PER_STATEMENT)
		insert->current = insert->one;
	return SIM_OK;
}

void insert_close(struct db_insert *insert)
{
	sqlite3_finalize(insert->one);
	sqlite3_finalize(insert->many);
	*insert = (struct db_insert){0};
}
