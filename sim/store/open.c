/*
 * Opening a store: nothing that is not ours is ever written to.
 *
 * The file's first 100 bytes are looked at before SQLite sees it, because even a reader may change
 * a database that another program left in WAL mode. The identity is then read through SQLite.
 */
#include "sim/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/store/db.h"
#include "sim/store/migrate.h"

enum { HEADER_BYTES = 100, APPLICATION_ID_AT = 68, BUSY_MS = 60000, WAL_TRIES = 200 };

static char *resolve(const char *path)
{
	const char *given = path;
	if (given == NULL)
		given = getenv("DECODESIM_DB");
	if (given == NULL || *given == '\0')
		given = path == NULL ? "./decodesim.db" : path;
	/* ":memory:" and "file:" are files of that name like any other */
	bool plain = given[0] == '/' || given[0] == '.' || given[0] == '\0';
	size_t room = strlen(given) + 3;
	char *copy = malloc(room);
	if (copy != NULL)
		snprintf(copy, room, "%s%s", plain ? "" : "./", given);
	return copy;
}

/* Is there a file of this name with END appended? When that cannot be told: yes. */
static bool companion_exists(const char *path, const char *end)
{
	struct stat info;
	char *name = sqlite3_mprintf("%s%s", path, end);
	bool there = name == NULL || stat(name, &info) == 0 || errno != ENOENT;
	sqlite3_free(name);
	return there;
}

static enum sim_status check_header(const char *path, struct sim_diag *diag)
{
	unsigned char head[HEADER_BYTES];
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return diag_fail(diag, SIM_E_DB, "%s: cannot open: %s", path, strerror(errno));
	size_t got = fread(head, 1, sizeof(head), file);
	fclose(file);
	if (got < sizeof(head) || memcmp(head, "SQLite format 3", 16) != 0) {
		/* a creation that was cut off: SQLite will roll it back */
		return companion_exists(path, "-journal")
			       ? SIM_OK
			       : db_fail(NULL, path, SQLITE_NOTADB, "", diag);
	}
	const unsigned char *id = head + APPLICATION_ID_AT;
	uint32_t application = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 |
			       (uint32_t)id[2] << 8 | (uint32_t)id[3];
	if (application != STORE_APPLICATION_ID)
		return diag_fail(diag, SIM_E_DB,
				 "%s: a database of another program (left as it is; give another "
				 "file with --db)",
				 path);
	return SIM_OK;
}

static enum sim_status check_file(const char *path, enum store_open_mode mode,
				  struct sim_diag *diag)
{
	struct stat info;
	if (stat(path, &info) != 0) {
		if (errno == ENOENT && mode == STORE_WRITE)
			return SIM_OK;
		if (errno == ENOENT)
			return diag_fail(diag, SIM_E_NOT_FOUND,
					 "%s: no such database (import a trace first, or name "
					 "another with --db)",
					 path);
		return diag_fail(diag, SIM_E_DB, "%s: cannot open: %s", path, strerror(errno));
	}
	if (S_ISDIR(info.st_mode))
		return diag_fail(diag, SIM_E_DB, "%s: a directory, not a database", path);
	if (!S_ISREG(info.st_mode))
		return diag_fail(diag, SIM_E_DB, "%s: not a regular file", path);
	return info.st_size == 0 ? SIM_OK : check_header(path, diag);
}

static int first_read(sqlite3 *db)
{
	return sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
}

/* A reader cannot roll back what a killed writer left; whoever may write does it first. */
static void roll_back_leftover(const char *path)
{
	sqlite3 *db = NULL;
	if (companion_exists(path, "-journal") &&
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(db, BUSY_MS);
		(void)first_read(db); /* the reader that follows tells what is wrong */
	}
	sqlite3_close(db);
}

/*
 * Read-only media: SQLite cannot keep its WAL index there. Where no other file belongs to the
 * database the main file is all there is, and it can be read without one.
 */
static int open_immutable(const char *path, sqlite3 **db)
{
	if (companion_exists(path, "-wal") || companion_exists(path, "-journal"))
		return SQLITE_CANTOPEN;
	sqlite3_str *uri = sqlite3_str_new(NULL);
	sqlite3_str_appendall(uri, "file:");
	for (const char *at = path; *at != '\0'; at++)
		sqlite3_str_appendf(uri, "%%%02x", (unsigned)(unsigned char)*at);
	sqlite3_str_appendall(uri, "?immutable=1");
	char *text = sqlite3_str_finish(uri);
	if (text == NULL)
		return SQLITE_NOMEM;
	int code = sqlite3_open_v2(
		text, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	sqlite3_free(text);
	return code;
}

static enum sim_status open_file(struct store *store, struct sim_diag *diag)
{
	int flags = store->mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	if (store->mode == STORE_WRITE)
		flags |= SQLITE_OPEN_CREATE;
	flags |= SQLITE_OPEN_NOMUTEX; /* a store is one thread's at a time */
	if (store->mode == STORE_READ)
		roll_back_leftover(store->path);
	int code = sqlite3_open_v2(store->path, &store->db, flags, NULL);
	if (code == SQLITE_OK) {
		sqlite3_busy_timeout(store->db, BUSY_MS);
		code = first_read(store->db);
	}
	if (store->mode == STORE_READ &&
	    ((code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_READONLY)) {
		sqlite3 *frozen = NULL;
		if (open_immutable(store->path, &frozen) == SQLITE_OK &&
		    first_read(frozen) == SQLITE_OK) {
			sqlite3_close(store->db);
			store->db = frozen;
			return SIM_OK;
		}
		sqlite3_close(frozen);
	}
	if (code != SQLITE_OK)
		return db_fail(store->db, store->path, code, "cannot open", diag);
	if (store->mode != STORE_READ && sqlite3_db_readonly(store->db, "main") == 1)
		return db_fail(NULL, store->path, SQLITE_READONLY, "cannot write", diag);
	return SIM_OK;
}

/* What came in the file runs nothing of its own: no triggers, no functions with side effects. */
static enum sim_status harden(struct store *store, struct sim_diag *diag)
{
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return db_exec(store->db, store->path,
		       "PRAGMA cell_size_check = ON; PRAGMA cache_size = -65536", diag);
}

/*
 * WAL needs the file for itself for a moment, and SQLite does not wait for that: try for a while.
 * Where the file system cannot do WAL the database stays as it is, which is as safe but slower.
 */
static enum sim_status set_up_writing(struct store *store, struct sim_diag *diag)
{
	int code = SQLITE_BUSY;
	for (int i = 0; i < WAL_TRIES && (code & 0xff) == SQLITE_BUSY; i++) {
		code = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
		if ((code & 0xff) == SQLITE_BUSY)
			sqlite3_sleep(10);
	}
	if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
		return db_fail(store->db, store->path, code, "cannot write", diag);
	/* WAL with NORMAL: a killed process loses nothing, a power cut at most the last runs */
	return db_exec(store->db, store->path,
		       "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON", diag);
}

enum sim_status store_open(const char *path, enum store_open_mode mode, struct store **store,
			   struct sim_diag *diag)
{
	struct store *opened = calloc(1, sizeof(*opened));
	*store = NULL;
	if (opened != NULL)
		opened->path = resolve(path);
	if (opened == NULL || opened->path == NULL) {
		free(opened);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	opened->mode = mode;
	opened->query_steps = STORE_QUERY_STEPS;
	enum sim_status status = check_file(opened->path, mode, diag);
	if (status == SIM_OK)
		status = open_file(opened, diag);
	if (status == SIM_OK)
		status = harden(opened, diag);
	if (status == SIM_OK)
		status = store_migrate(opened->db, opened->path, &store_schema, mode != STORE_READ,
				       diag);
	if (status == SIM_OK && mode != STORE_READ)
		status = set_up_writing(opened, diag);
	if (status != SIM_OK) {
		store_close(opened);
		return status;
	}
	*store = opened;
	return SIM_OK;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	sqlite3_close(store->db);
	free(store->path);
	free(store);
}

const char *store_path(const struct store *store)
{
	return store->path;
}
