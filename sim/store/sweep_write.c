/* Writing sweeps: the definition, then rows in batches. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/store/db.h"
#include "sim/store/sweep.h"

static enum sim_status find(struct store *store, struct store_sweep *sweep, bool *found,
			    struct sim_diag *diag)
{
	char hash[STORE_HASH_TEXT];
	sqlite3_stmt *stmt;
	TRY(db_prepare(store,
		       "SELECT s.id, s.first_point, s.digest, count(p.id), s.points FROM sweep s "
		       "LEFT JOIN sweep_point p ON p.id >= s.first_point "
		       "AND p.id < s.first_point + 2 * s.points "
		       "WHERE s.definition_hash = ?1 GROUP BY s.id",
		       &stmt, diag));
	sqlite3_bind_text(stmt, 1, hash_format(sweep->definition_hash, hash), 16, SQLITE_STATIC);
	enum sim_status status = db_step(store, stmt, found, diag);
	if (status == SIM_OK && *found) {
		const char *digest = (const char *)sqlite3_column_text(stmt, 2);
		sweep->id = sqlite3_column_int64(stmt, 0);
		sweep->first_point = sqlite3_column_int64(stmt, 1);
		sweep->rows = (uint64_t)sqlite3_column_int64(stmt, 3);
		sweep->finished = digest != NULL;
		sweep->digest = digest != NULL ? strtoull(digest, NULL, 16) : 0;
		status = sweep->points == (uint64_t)sqlite3_column_int64(stmt, 4)
				 ? sweep_check(store, sweep, diag)
				 : db_damaged(store, diag, "sweep %lld has other points",
					      (long long)sweep->id);
	}
	sqlite3_finalize(stmt);
	return status;
}

static enum sim_status write_head(struct db_insert *in, const struct store_sweep *sweep,
				  struct sim_diag *diag)
{
	insert_integer(in, sweep->id);
	insert_text(in, sweep->name);
	insert_hash(in, sweep->definition_hash);
	insert_text(in, sweep->definition);
	insert_text(in, sweep->method);
	TRY(insert_unsigned(in, sweep->points, "count of points", diag));
	insert_integer(in, sweep->first_point);
	insert_text(in, sweep->version);
	return insert_row(in, diag);
}

static enum sim_status write_axes(struct db_insert *in, const struct store_sweep *sweep,
				  struct sim_diag *diag)
{
	for (size_t a = 0; a < sweep->axis_count; a++) {
		const struct store_sweep_axis *axis = &sweep->axes[a];
		insert_integer(in, sweep->id);
		insert_integer(in, (int64_t)a);
		insert_text(in, axis->name);
		insert_text(in, axis->words != NULL ? "word" : axis->unit);
		TRY(insert_unsigned(in, axis->count, "count of values", diag));
		insert_real(in, axis->low);
		insert_real(in, axis->high);
		TRY(insert_row(in, diag));
	}
	return SIM_OK;
}

static uint64_t word_count(const struct store_sweep *sweep)
{
	uint64_t count = 0;
	for (size_t a = 0; a < sweep->axis_count; a++)
		count += sweep->axes[a].words != NULL ? sweep->axes[a].count : 0;
	return count;
}

static enum sim_status write_words(struct db_insert *in, const struct store_sweep *sweep,
				   struct sim_diag *diag)
{
	for (size_t a = 0; a < sweep->axis_count; a++)
		for (uint64_t w = 0; sweep->axes[a].words != NULL && w < sweep->axes[a].count;
		     w++) {
			insert_integer(in, sweep->id);
			insert_integer(in, (int64_t)a);
			insert_integer(in, (int64_t)w);
			insert_text(in, sweep->axes[a].words[w]);
			TRY(insert_row(in, diag));
		}
	return SIM_OK;
}

static enum sim_status write_table(
	struct store *store, const struct store_sweep *sweep, const char *into, uint64_t rows,
	enum sim_status (*write)(struct db_insert *, const struct store_sweep *, struct sim_diag *),
	struct sim_diag *diag)
{
	struct db_insert in;
	enum sim_status status = insert_open(&in, store, into, rows, diag);
	if (status == SIM_OK)
		status = write(&in, sweep, diag);
	insert_close(&in);
	return status;
}

static enum sim_status create(struct store *store, struct store_sweep *sweep, struct sim_diag *diag)
{
	bool found;
	TRY(db_integer(store, "SELECT ifnull(max(id), 0) + 1 FROM sweep", 0, &sweep->id, &found,
		       diag));
	/* room for every point twice: two sweeps may be written at once */
	TRY(db_integer(store, "SELECT ifnull(max(first_point + 2 * points), 1) FROM sweep", 0,
		       &sweep->first_point, &found, diag));
	sweep->rows = 0;
	sweep->finished = false;
	TRY(write_table(store, sweep,
			"sweep(id, name, definition_hash, definition, method, points, first_point, "
			"version)",
			1, write_head, diag));
	TRY(write_table(store, sweep, "sweep_axis(sweep_id, axis, name, unit, count, low, high)",
			sweep->axis_count, write_axes, diag));
	return write_table(store, sweep, "sweep_word(sweep_id, axis, word, text)",
			   word_count(sweep), write_words, diag);
}

static enum sim_status find_or_create(struct store *store, struct store_sweep *sweep,
				      struct sim_diag *diag)
{
	bool found;
	TRY(find(store, sweep, &found, diag));
	return found ? SIM_OK : create(store, sweep, diag);
}

enum sim_status store_sweep_open(struct store *store, struct store_sweep *sweep,
				 struct sim_diag *diag)
{
	TRY(db_begin(store, diag));
	return db_end(store, find_or_create(store, sweep, diag), diag);
}

/* "sweep_point(id, ..., a0, ..., step_ms, ...)"; free it. */
static char *point_columns(const struct store_sweep *sweep)
{
	sqlite3_str *text = sqlite3_str_new(NULL);
	sqlite3_str_appendall(text, "sweep_point(id, sweep_id, point, method, key, digest, "
				    "feasible, broken, failed");
	for (size_t a = 0; a < sweep->axis_count; a++)
		sqlite3_str_appendf(text, ", a%d", (int)a);
	for (size_t f = 0; f < sweep->field_count; f++)
		sqlite3_str_appendf(text, ", \"%w\"", sweep->fields[f]);
	sqlite3_str_appendall(text, ")");
	return sqlite3_str_finish(text);
}

static enum sim_status write_row(struct db_insert *in, const struct store_sweep *sweep,
				 const struct store_sweep_row *row, struct sim_diag *diag)
{
	insert_integer(in, sweep->first_point + (int64_t)row->row);
	insert_integer(in, sweep->id);
	insert_integer(in, (int64_t)row->point);
	insert_text(in, row->method);
	insert_integer(in, (int64_t)row->key);
	insert_integer(in, (int64_t)row->digest);
	insert_integer(in, row->feasible);
	insert_integer(in, row->broken);
	insert_text(in, row->failed);
	for (size_t a = 0; a < sweep->axis_count; a++)
		insert_real(in, row->values[a]);
	for (size_t f = 0; f < sweep->field_count; f++)
		insert_real(in, row->fields[f]);
	return insert_row(in, diag);
}

static enum sim_status write_rows(struct store *store, const struct store_sweep *sweep,
				  const struct store_sweep_row *rows, size_t count,
				  struct sim_diag *diag)
{
	struct db_insert in = {0};
	char *columns = point_columns(sweep);
	if (columns == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	enum sim_status status = insert_open(&in, store, columns, count, diag);
	for (size_t i = 0; i < count && status == SIM_OK; i++)
		status = write_row(&in, sweep, &rows[i], diag);
	insert_close(&in);
	sqlite3_free(columns);
	return status;
}

enum sim_status store_sweep_write(struct store *store, const struct store_sweep *sweep,
				  const struct store_sweep_row *rows, size_t count,
				  struct sim_diag *diag)
{
	TRY(db_begin(store, diag));
	return db_end(store, write_rows(store, sweep, rows, count, diag), diag);
}

enum sim_status store_sweep_finish(struct store *store, struct store_sweep *sweep, uint64_t digest,
				   struct sim_diag *diag)
{
	struct db_insert in;
	TRY(db_begin(store, diag));
	enum sim_status status = update_open(&in, store, "sweep", "digest, version", diag);
	if (status == SIM_OK) {
		insert_hash(&in, digest);
		insert_text(&in, sweep->version);
		insert_integer(&in, sweep->id);
		status = insert_row(&in, diag);
	}
	insert_close(&in);
	TRY(db_end(store, status, diag));
	sweep->finished = true;
	sweep->digest = digest;
	return SIM_OK;
}
