/*
 * Databases in memory. SQLite resolves links to a name that it can open, and a memfd has none: it
 * is told to take the path as it is.
 */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

enum {
	STEPS = 20000, /* of SQLite's machine, so that no statement goes on for long */
	LONGEST = 2 << 20
};

/* open(2) as SQLite calls it, but links are followed. */
static int open_file(const char *path, int flags, int mode)
{
	return open(path, flags & ~O_NOFOLLOW, mode);
}

static void set_up(void)
{
	static bool done;
	if (done)
		return;
	done = true;
	FUZZ_REQUIRE(sqlite3_initialize() == SQLITE_OK);
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	FUZZ_REQUIRE(vfs != NULL);
	FUZZ_REQUIRE(vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)open_file) == SQLITE_OK);
	/* so that it takes the path for a file, not for a link to resolve */
	FUZZ_REQUIRE(vfs->xSetSystemCall(vfs, "lstat", (sqlite3_syscall_ptr)stat) == SQLITE_OK);
}

static int too_long(void *context)
{
	(void)context;
	return 1;
}

/* SQL of an input stays in its database. */
static int authorize(void *context, int action, const char *a, const char *b, const char *c,
		     const char *d)
{
	(void)context, (void)a, (void)b, (void)c, (void)d;
	return action == SQLITE_ATTACH || action == SQLITE_DETACH ? SQLITE_DENY : SQLITE_OK;
}

static sqlite3 *open_memory(const void *start, size_t start_size)
{
	sqlite3 *db = NULL;
	FUZZ_REQUIRE(sqlite3_open(":memory:", &db) == SQLITE_OK);
	if (start_size > 0) {
		unsigned char *copy = sqlite3_malloc64(start_size);
		FUZZ_REQUIRE(copy != NULL);
		memcpy(copy, start, start_size);
		FUZZ_REQUIRE(sqlite3_deserialize(db, "main", copy, (sqlite3_int64)start_size,
						 (sqlite3_int64)start_size,
						 SQLITE_DESERIALIZE_FREEONCLOSE |
							 SQLITE_DESERIALIZE_RESIZEABLE) ==
			     SQLITE_OK);
	}
	/* small pages: a table takes one at least */
	FUZZ_REQUIRE(sqlite3_exec(db, "PRAGMA page_size = 512", NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LONGEST);
	sqlite3_set_authorizer(db, authorize, NULL);
	sqlite3_progress_handler(db, STEPS, too_long, NULL);
	return db;
}

static void run(sqlite3 *db, const char *sql)
{
	while (*sql != '\0') {
		sqlite3_stmt *statement = NULL;
		const char *tail = NULL;
		if (sqlite3_prepare_v2(db, sql, -1, &statement, &tail) == SQLITE_OK &&
		    statement != NULL)
			while (sqlite3_step(statement) == SQLITE_ROW)
				;
		sqlite3_finalize(statement);
		/* what SQLite could not make sense of ends at the next semicolon */
		if (tail == NULL || tail == sql) {
			tail = strchr(sql, ';');
			if (tail == NULL)
				return;
			tail++;
		}
		sql = tail;
	}
}

const char *fuzz_database(const void *start, size_t start_size, const uint8_t *data, size_t size)
{
	set_up();
	if (size >= 16 && memcmp(data, "SQLite format 3", 16) == 0)
		return fuzz_file(data, size);
	char *sql = malloc(size + 1);
	FUZZ_REQUIRE(sql != NULL);
	memcpy(sql, data, size);
	sql[size] = '\0';
	sqlite3 *db = open_memory(start, start_size);
	run(db, sql);
	free(sql);
	if (sqlite3_get_autocommit(db) == 0)
		(void)sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_int64 length = 0;
	unsigned char *bytes = sqlite3_serialize(db, "main", &length, 0);
	const char *path = fuzz_file(bytes, bytes != NULL ? (size_t)length : 0);
	sqlite3_free(bytes);
	sqlite3_close(db);
	return path;
}
