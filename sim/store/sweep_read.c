/* Reading sweeps: rows in order, rows by key, definitions by name. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/names.h"
#include "sim/store/db.h"
#include "sim/store/sweep.h"

enum { FIRST_VALUE = 8, MOST_NAMES = 256 };

/* Columns that readers take, in this order. */
static char *select_rows(const struct store_sweep *sweep, const char *where)
{
	sqlite3_str *text = sqlite3_str_new(NULL);
	sqlite3_str_appendall(text,
			      "SELECT id, point, method, key, digest, feasible, broken, failed");
	for (size_t a = 0; a < sweep->axis_count; a++)
		sqlite3_str_appendf(text, ", a%d", (int)a);
	for (size_t f = 0; f < sweep->field_count; f++)
		sqlite3_str_appendf(text, ", \"%w\"", sweep->fields[f]);
	sqlite3_str_appendf(text, " FROM sweep_point %s", where);
	return sqlite3_str_finish(text);
}

static enum sim_status prepare_rows(struct store *store, const struct store_sweep *sweep,
				    const char *where, sqlite3_stmt **stmt, struct sim_diag *diag)
{
	char *sql = select_rows(sweep, where);
	if (sql == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	enum sim_status status = db_prepare(store, sql, stmt, diag);
	sqlite3_free(sql);
	return status;
}

static double real_at(sqlite3_stmt *stmt, size_t column)
{
	return sqlite3_column_type(stmt, (int)column) == SQLITE_NULL
		       ? (double)NAN
		       : sqlite3_column_double(stmt, (int)column);
}

static void take_row(sqlite3_stmt *stmt, const struct store_sweep *sweep, double *numbers,
		     struct store_sweep_row *row)
{
	size_t count = sweep->axis_count + sweep->field_count;
	const char *method = (const char *)sqlite3_column_text(stmt, 2);
	*row = (struct store_sweep_row){
		.row = (uint64_t)(sqlite3_column_int64(stmt, 0) - sweep->first_point),
		.point = (uint64_t)sqlite3_column_int64(stmt, 1),
		.method = method != NULL ? method : "",
		.key = (uint64_t)sqlite3_column_int64(stmt, 3),
		.digest = (uint64_t)sqlite3_column_int64(stmt, 4),
		.feasible = sqlite3_column_int(stmt, 5) != 0,
		.broken = (uint32_t)sqlite3_column_int64(stmt, 6),
		.failed = (const char *)sqlite3_column_text(stmt, 7),
		.values = numbers,
		.fields = numbers + sweep->axis_count,
	};
	for (size_t i = 0; i < count; i++)
		numbers[i] = real_at(stmt, FIRST_VALUE + i);
}

static enum sim_status
read_rows(struct store *store, const struct store_sweep *sweep, sqlite3_stmt *stmt, double *numbers,
	  enum sim_status (*take)(void *context, const struct store_sweep_row *row,
				  struct sim_diag *diag),
	  void *context, struct sim_diag *diag)
{
	for (;;) {
		struct store_sweep_row row;
		bool more;
		TRY(db_step(store, stmt, &more, diag));
		if (!more)
			return SIM_OK;
		take_row(stmt, sweep, numbers, &row);
		TRY(take(context, &row, diag));
	}
}

enum sim_status
store_sweep_read(struct store *store, const struct store_sweep *sweep, uint64_t first,
		 enum sim_status (*take)(void *context, const struct store_sweep_row *row,
					 struct sim_diag *diag),
		 void *context, struct sim_diag *diag)
{
	sqlite3_stmt *stmt = NULL;
	double *numbers = malloc((sweep->axis_count + sweep->field_count + 1) * sizeof(*numbers));
	if (numbers == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	enum sim_status status =
		prepare_rows(store, sweep, "WHERE id >= ?1 AND id < ?2 ORDER BY id", &stmt, diag);
	if (status == SIM_OK) {
		sqlite3_bind_int64(stmt, 1, sweep->first_point + (int64_t)first);
		sqlite3_bind_int64(stmt, 2, sweep->first_point + 2 * (int64_t)sweep->points);
		status = read_rows(store, sweep, stmt, numbers, take, context, diag);
	}
	sqlite3_finalize(stmt);
	free(numbers);
	return status;
}

enum sim_status store_sweep_any(struct store *store, const struct store_sweep *sweep, bool *any,
				struct sim_diag *diag)
{
	int64_t one;
	return db_integer(store, "SELECT 1 FROM sweep WHERE id <> ?1 LIMIT 1", sweep->id, &one, any,
			  diag);
}

struct store_sweep_lookup {
	struct store *store;
	struct store_sweep sweep;
	sqlite3_stmt *stmt;
};

enum sim_status store_sweep_lookup_open(struct store *store, const struct store_sweep *sweep,
					struct store_sweep_lookup **lookup, struct sim_diag *diag)
{
	*lookup = calloc(1, sizeof(**lookup));
	if (*lookup == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	(*lookup)->store = store;
	(*lookup)->sweep = *sweep;
	(*lookup)->sweep.axis_count = 0;
	return prepare_rows(store, &(*lookup)->sweep, "WHERE key = ?1 LIMIT 1", &(*lookup)->stmt,
			    diag);
}

enum sim_status store_sweep_lookup(struct store_sweep_lookup *lookup, uint64_t key, double *fields,
				   char *failed, size_t size, bool *found, struct sim_diag *diag)
{
	struct store_sweep_row row;
	sqlite3_reset(lookup->stmt);
	sqlite3_bind_int64(lookup->stmt, 1, (int64_t)key);
	TRY(db_step(lookup->store, lookup->stmt, found, diag));
	if (*found) {
		take_row(lookup->stmt, &lookup->sweep, fields, &row);
		snprintf(failed, size, "%s", row.failed != NULL ? row.failed : "");
	}
	sqlite3_reset(lookup->stmt);
	return SIM_OK;
}

void store_sweep_lookup_close(struct store_sweep_lookup *lookup)
{
	if (lookup != NULL)
		sqlite3_finalize(lookup->stmt);
	free(lookup);
}

/* A text of the store, printable: nobody vouches for what a database holds. */
static enum sim_status keep(struct arena *arena, sqlite3_stmt *stmt, int column, const char **text,
			    struct sim_diag *diag)
{
	const char *found = (const char *)sqlite3_column_text(stmt, column);
	size_t length = found != NULL ? strlen(found) : 0, room = 4 * length + 5;
	char *safe = arena_alloc(arena, room);
	*text = safe != NULL ? text_printable(safe, room, found != NULL ? found : "", length)
			     : NULL;
	return *text != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

static enum sim_status unknown(struct store *store, const char *name, struct arena *arena,
			       struct sim_diag *diag)
{
	const char *names[MOST_NAMES];
	size_t count = 0;
	sqlite3_stmt *stmt;
	bool more = true;
	TRY(db_prepare(store, "SELECT DISTINCT name FROM sweep ORDER BY name", &stmt, diag));
	enum sim_status status = SIM_OK;
	while (status == SIM_OK && more && count < MOST_NAMES) {
		status = db_step(store, stmt, &more, diag);
		if (status == SIM_OK && more)
			status = keep(arena, stmt, 0, &names[count++], diag);
	}
	sqlite3_finalize(stmt);
	TRY(status);
	const char *near = names_nearest(name, names, count);
	return diag_fail(diag, SIM_E_NOT_FOUND,
			 near != NULL ? "%s: no sweep '%s' (did you mean '%s'?)"
				      : "%s: no sweep '%s'%s",
			 store->path, name, near != NULL ? near : "");
}

enum sim_status sweep_check(struct store *store, const struct store_sweep *sweep,
			    struct sim_diag *diag)
{
	const int64_t most = INT64_C(1) << 40; /* rows of one sweep, and ids of all */
	bool sound = sweep->points <= (uint64_t)most && sweep->first_point >= 0 &&
		     sweep->first_point <= most << 16;
	return sound ? SIM_OK
		     : db_damaged(store, diag, "sweep %lld has impossible points",
				  (long long)sweep->id);
}

static enum sim_status read_head(struct store *store, const char *name, struct arena *arena,
				 struct store_sweep *sweep, bool *found, struct sim_diag *diag)
{
	sqlite3_stmt *stmt;
	TRY(db_prepare(store,
		       "SELECT id, name, definition, method, points, first_point, digest, "
		       "(SELECT count(*) FROM sweep_point p WHERE p.id >= s.first_point "
		       "AND p.id < s.first_point + 2 * s.points) FROM sweep s "
		       "WHERE name = ?1 OR CAST(id AS TEXT) = ?1 ORDER BY name = ?1 DESC, id DESC",
		       &stmt, diag));
	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	enum sim_status status = db_step(store, stmt, found, diag);
	if (status == SIM_OK && *found) {
		sweep->id = sqlite3_column_int64(stmt, 0);
		sweep->points = (uint64_t)sqlite3_column_int64(stmt, 4);
		sweep->first_point = sqlite3_column_int64(stmt, 5);
		sweep->finished = sqlite3_column_type(stmt, 6) != SQLITE_NULL;
		sweep->rows = (uint64_t)sqlite3_column_int64(stmt, 7);
		status = sweep_check(store, sweep, diag);
		if (status == SIM_OK)
			status = keep(arena, stmt, 1, &sweep->name, diag);
		if (status == SIM_OK)
			status = keep(arena, stmt, 2, &sweep->definition, diag);
		if (status == SIM_OK)
			status = keep(arena, stmt, 3, &sweep->method, diag);
	}
	sqlite3_finalize(stmt);
	return status;
}

static enum sim_status read_words(struct store *store, const struct store_sweep *sweep, size_t axis,
				  struct arena *arena, struct store_sweep_axis *out,
				  struct sim_diag *diag)
{
	sqlite3_stmt *stmt;
	bool more = true;
	const char **words = arena_alloc(arena, (out->count + 1) * sizeof(*words));
	if (words == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (uint64_t w = 0; w < out->count; w++)
		words[w] = "";
	TRY(db_prepare(
		store,
		"SELECT text FROM sweep_word WHERE sweep_id = ?1 AND axis = ?2 ORDER BY word",
		&stmt, diag));
	sqlite3_bind_int64(stmt, 1, sweep->id);
	sqlite3_bind_int64(stmt, 2, (int64_t)axis);
	enum sim_status status = SIM_OK;
	for (uint64_t w = 0; status == SIM_OK && more && w < out->count; w++) {
		status = db_step(store, stmt, &more, diag);
		if (status == SIM_OK && more)
			status = keep(arena, stmt, 0, &words[w], diag);
	}
	sqlite3_finalize(stmt);
	out->words = words;
	return status;
}

static enum sim_status read_axes(struct store *store, struct arena *arena,
				 struct store_sweep *sweep, struct sim_diag *diag)
{
	enum { MOST_COUNT = 1 << 20 };
	struct store_sweep_axis *axes = arena_alloc(arena, STORE_SWEEP_AXES * sizeof(*axes));
	sqlite3_stmt *stmt;
	bool more = true;
	if (axes == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	TRY(db_prepare(store,
		       "SELECT name, unit, count, low, high FROM sweep_axis WHERE sweep_id = ?1 "
		       "ORDER BY axis",
		       &stmt, diag));
	sqlite3_bind_int64(stmt, 1, sweep->id);
	enum sim_status status = SIM_OK;
	while (status == SIM_OK && more && sweep->axis_count < STORE_SWEEP_AXES) {
		struct store_sweep_axis *axis = &axes[sweep->axis_count];
		status = db_step(store, stmt, &more, diag);
		if (status != SIM_OK || !more)
			break;
		status = keep(arena, stmt, 0, &axis->name, diag);
		if (status == SIM_OK)
			status = keep(arena, stmt, 1, &axis->unit, diag);
		axis->count = (uint64_t)sqlite3_column_int64(stmt, 2);
		axis->low = real_at(stmt, 3);
		axis->high = real_at(stmt, 4);
		if (status == SIM_OK && strcmp(axis->unit, "word") == 0)
			status = axis->count <= MOST_COUNT
					 ? read_words(store, sweep, sweep->axis_count, arena, axis,
						      diag)
					 : db_damaged(store, diag, "an axis of too many words");
		sweep->axis_count++;
	}
	sqlite3_finalize(stmt);
	sweep->axes = axes;
	return status;
}

enum sim_status store_sweep_find(struct store *store, const char *name, struct arena *arena,
				 struct store_sweep *sweep, struct sim_diag *diag)
{
	bool found = false;
	TRY(read_head(store, name, arena, sweep, &found, diag));
	if (!found)
		return unknown(store, name, arena, diag);
	return read_axes(store, arena, sweep, diag);
}
