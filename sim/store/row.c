/* Checked columns: see row.h. */
#include "sim/store/row.h"

#include <math.h>
#include <string.h>

#include "sim/store/db.h"

enum sim_status row_open(struct db_row *row, struct store *store, const char *table,
			 const char *sql, int64_t id, struct sim_diag *diag)
{
	*row = (struct db_row){.store = store, .table = table, .diag = diag};
	TRY(db_prepare(store, sql, &row->stmt, diag));
	sqlite3_bind_int64(row->stmt, 1, id);
	return SIM_OK;
}

void row_close(struct db_row *row)
{
	sqlite3_finalize(row->stmt);
	row->stmt = NULL;
}

enum sim_status row_next(struct db_row *row, bool *more)
{
	row->column = 0;
	return db_step(row->store, row->stmt, more, row->diag);
}

enum sim_status row_end(struct db_row *row)
{
	if (row->wrong == 0)
		return SIM_OK;
	return db_damaged(row->store, row->diag, "%s.%s is NULL, of another type or out of range",
			  row->table, sqlite3_column_name(row->stmt, row->wrong - 1));
}

enum sim_status row_wrong(struct db_row *row, const char *what)
{
	TRY(row_end(row)); /* a wrong column explains more */
	return db_damaged(row->store, row->diag, "%s has %s", row->table, what);
}

enum sim_status row_last(struct db_row *row, const char *what)
{
	bool more;
	TRY(row_next(row, &more));
	return more ? db_damaged(row->store, row->diag, "%s has too many %s", row->table, what)
		    : SIM_OK;
}

static void mark(struct db_row *row, int column)
{
	if (row->wrong == 0)
		row->wrong = column + 1;
}

int64_t row_integer(struct db_row *row, int64_t low, int64_t high)
{
	int column = row->column++;
	int64_t value = sqlite3_column_int64(row->stmt, column);
	if (sqlite3_column_type(row->stmt, column) == SQLITE_INTEGER && value >= low &&
	    value <= high)
		return value;
	mark(row, column);
	return 0;
}

int64_t row_integer_or_null(struct db_row *row, int64_t null, int64_t low, int64_t high)
{
	if (sqlite3_column_type(row->stmt, row->column) != SQLITE_NULL)
		return row_integer(row, low, high);
	row->column++;
	return null;
}

uint32_t row_u32(struct db_row *row)
{
	return (uint32_t)row_integer(row, 0, UINT32_MAX);
}

int64_t row_time(struct db_row *row)
{
	return row_integer_or_null(row, INT64_MIN, INT64_MIN + 1, INT64_MAX);
}

double row_real_or_null(struct db_row *row, double null)
{
	int column = row->column++, type = sqlite3_column_type(row->stmt, column);
	double value = sqlite3_column_double(row->stmt, column);
	if (type == SQLITE_NULL)
		return null;
	if (type == SQLITE_FLOAT && isfinite(value) && value >= 0)
		return value;
	mark(row, column);
	return null;
}

const char *row_bytes(struct db_row *row, size_t *length)
{
	int column = row->column++;
	int type = sqlite3_column_type(row->stmt, column);
	const char *bytes = NULL;
	*length = 0;
	if (type == SQLITE_TEXT)
		bytes = (const char *)sqlite3_column_text(row->stmt, column);
	else if (type == SQLITE_BLOB)
		bytes = sqlite3_column_blob(row->stmt, column);
	else
		mark(row, column);
	if (bytes == NULL)
		return "";
	*length = (size_t)sqlite3_column_bytes(row->stmt, column);
	return bytes;
}

void row_text(struct db_row *row, char *out, size_t room)
{
	int column = row->column;
	size_t length;
	const char *text = row_bytes(row, &length);
	if (length >= room || memchr(text, '\0', length) != NULL) {
		mark(row, column);
		length = 0;
	}
	memcpy(out, text, length);
	out[length] = '\0';
}

void row_text_or_null(struct db_row *row, char *out, size_t room)
{
	if (sqlite3_column_type(row->stmt, row->column) != SQLITE_NULL) {
		row_text(row, out, room);
		return;
	}
	row->column++;
	out[0] = '\0';
}

void row_hash(struct db_row *row, uint64_t *hash)
{
	static const char digits[] = "0123456789abcdef";
	char text[STORE_HASH_TEXT];
	int column = row->column;
	*hash = 0;
	row_text(row, text, sizeof(text));
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		const char *digit = text[i] == '\0' ? NULL : strchr(digits, text[i]);
		if (digit == NULL) {
			mark(row, column);
			return;
		}
		*hash = *hash << 4 | (uint64_t)(digit - digits);
	}
}

static unsigned find_lack(const char *text, size_t length)
{
	unsigned lack = 0;
	while (lack < TRACE_LACK_COUNT && (strlen(trace_lack_text(lack)) != length ||
					   memcmp(trace_lack_text(lack), text, length) != 0))
		lack++;
	return lack;
}

uint32_t row_lacks(struct db_row *row)
{
	char list[STORE_LACKS_TEXT];
	int column = row->column;
	uint32_t lacks = 0;
	row_text(row, list, sizeof(list));
	for (const char *at = list; *at != '\0';) {
		const char *end = strstr(at, ", ");
		size_t length = end == NULL ? strlen(at) : (size_t)(end - at);
		unsigned lack = find_lack(at, length);
		if (lack == TRACE_LACK_COUNT) {
			mark(row, column);
			return 0;
		}
		lacks |= 1u << lack;
		at += length + (end == NULL ? 0 : 2);
	}
	return lacks;
}

int row_choice(struct db_row *row, int (*from_text)(const char *text))
{
	char text[64];
	int column = row->column;
	row_text(row, text, sizeof(text));
	int index = from_text(text);
	if (index >= 0)
		return index;
	mark(row, column);
	return 0;
}
