/* Creation and migration under the write lock, so that two processes may open a new file at once.
 */
#include "sim/store/migrate.h"

#include <stdio.h>

#include "sim/store/db.h"

static const char *const steps[] = {store_schema_sql, store_schema_2_sql, store_schema_3_sql,
				    store_schema_4_sql, store_schema_5_sql};
const struct store_schema store_schema = {steps, sizeof(steps) / sizeof(steps[0])};

struct identity {
	int application;
	int version;
	int objects;
};

static enum sim_status read_one(sqlite3 *db, const char *path, const char *sql, int *value,
				struct sim_diag *diag)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*value = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return code == SQLITE_ROW ? SIM_OK : db_fail(db, path, code, "cannot read", diag);
}

static enum sim_status identify(sqlite3 *db, const char *path, struct identity *is,
				struct sim_diag *diag)
{
	TRY(read_one(db, path, "SELECT count(*) FROM sqlite_schema", &is->objects, diag));
	TRY(read_one(db, path, "PRAGMA application_id", &is->application, diag));
	return read_one(db, path, "PRAGMA user_version", &is->version, diag);
}

/* Is this a file we may use at all? */
static enum sim_status check(const struct identity *is, const char *path, int known,
			     struct sim_diag *diag)
{
	bool fresh = is->application == 0 && is->version == 0 && is->objects == 0;
	if (!fresh && is->application != STORE_APPLICATION_ID)
		return diag_fail(diag, SIM_E_DB,
				 "%s: a database of another program (left as it is; give another "
				 "file with --db)",
				 path);
	if (is->version > known)
		return diag_fail(diag, SIM_E_DB,
				 "%s: made by a newer decodesim: schema %d, this program knows %d "
				 "(use the newer program)",
				 path, is->version, known);
	if (is->version < 0)
		return diag_fail(diag, SIM_E_DB, "%s: impossible schema version: %d", path,
				 is->version);
	return SIM_OK;
}

/* From VERSION to the last one; the transaction is the caller's. */
static enum sim_status step_up(sqlite3 *db, const char *path, const struct store_schema *schema,
			       int version, struct sim_diag *diag)
{
	char marks[128];
	for (; version < schema->version; version++)
		TRY(db_exec(db, path, schema->steps[version], diag));
	snprintf(marks, sizeof(marks), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 STORE_APPLICATION_ID, version);
	TRY(db_exec(db, path, marks, diag));
	return db_exec(db, path, "COMMIT", diag);
}

enum sim_status store_migrate(sqlite3 *db, const char *path, const struct store_schema *schema,
			      bool write, struct sim_diag *diag)
{
	struct identity is = {0};
	TRY(identify(db, path, &is, diag));
	TRY(check(&is, path, schema->version, diag));
	if (is.version == schema->version)
		return SIM_OK;
	if (!write)
		return diag_fail(diag, SIM_E_DB,
				 is.version == 0 ? "%s: an empty database (import a trace first)"
						 : "%s: made by an older decodesim (the next "
						   "import brings it up to date)",
				 path);
	TRY(db_exec(db, path, "BEGIN IMMEDIATE", diag));
	/* another process may have been faster */
	enum sim_status status = identify(db, path, &is, diag);
	if (status == SIM_OK)
		status = check(&is, path, schema->version, diag);
	if (status == SIM_OK && is.version < schema->version)
		status = step_up(db, path, schema, is.version, diag);
	if (!sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}
