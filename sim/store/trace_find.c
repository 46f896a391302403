/* Stored traces by name and hash. */
#include <stdlib.h>
#include <string.h>

#include "sim/core/names.h"
#include "sim/store/db.h"

enum { MOST_NAMES = 10000 };

/* SIM_E_NOT_FOUND with the stored name that is nearest to NAME. */
static enum sim_status fail_not_found(struct store *store, const char *name, struct sim_diag *diag)
{
	struct name_table known;
	const char **list = calloc(MOST_NAMES, sizeof(*list));
	sqlite3_stmt *stmt = NULL;
	bool row = true;
	uint32_t count = 0, index;
	enum sim_status status = names_init(&known);
	if (status == SIM_OK && list != NULL)
		status = db_prepare(store, "SELECT name FROM trace ORDER BY name", &stmt, diag);
	while (status == SIM_OK && stmt != NULL && count < MOST_NAMES) {
		status = db_step(store, stmt, &row, diag);
		const char *text = (const char *)sqlite3_column_text(stmt, 0);
		if (status != SIM_OK || !row || text == NULL)
			break;
		status = names_add(&known, text, strlen(text), &index);
		if (status == SIM_OK)
			list[count++] = names_text(&known, index);
	}
	sqlite3_finalize(stmt);
	const char *near = count == 0 ? NULL : names_nearest(name, list, count);
	if (status == SIM_OK && near != NULL)
		status = diag_fail(diag, SIM_E_NOT_FOUND,
				   "%s: no such trace: '%s' (did you mean '%s'?)", store->path,
				   name, near);
	else if (status == SIM_OK)
		status = diag_fail(diag, SIM_E_NOT_FOUND,
				   "%s: no such trace: '%s' ('decodesim list traces' shows what "
				   "is there)",
				   store->path, name);
	names_fini(&known);
	free(list);
	return status;
}

enum sim_status store_trace_id(struct store *store, const char *name, int64_t *id,
			       struct sim_diag *diag)
{
	char printable[sizeof(((struct trace *)0)->name)];
	sqlite3_stmt *stmt;
	bool row;
	TRY(db_prepare(store, "SELECT id FROM trace WHERE name = ?1", &stmt, diag));
	text_printable(printable, sizeof(printable), name, strlen(name));
	sqlite3_bind_text(stmt, 1, printable, -1, SQLITE_STATIC);
	enum sim_status status = db_step(store, stmt, &row, diag);
	*id = status == SIM_OK && row ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	if (status == SIM_OK && !row)
		status = fail_not_found(store, printable, diag);
	return status;
}

enum sim_status store_find_trace(struct store *store, const char *name, uint64_t hash, int64_t *id,
				 struct sim_diag *diag)
{
	char printable[sizeof(((struct trace *)0)->name)], text[STORE_HASH_TEXT];
	sqlite3_stmt *stmt;
	bool row;
	TRY(db_prepare(store,
		       "SELECT id FROM trace WHERE content_hash = ?2"
		       " ORDER BY name = ?1 DESC, id DESC LIMIT 1",
		       &stmt, diag));
	text_printable(printable, sizeof(printable), name, strlen(name));
	sqlite3_bind_text(stmt, 1, printable, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, hash_format(hash, text), 16, SQLITE_STATIC);
	enum sim_status status = db_step(store, stmt, &row, diag);
	*id = status == SIM_OK && row ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return status;
}
