/* Store: a database of version 1 becomes one of this version, whole, or stays what it was. */
#include "tests/unit/store_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "sim/store/migrate.h"

static const char dump_path[] = "tests/data/valid/store_v1.sql";

/* All of a file, terminated; free it. */
static char *read_text(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("%s cannot be read: run tests from the root of the repository", path);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	long length = ftell(file);
	assert_true(length > 0);
	rewind(file);
	char *text = calloc(1, (size_t)length + 1);
	assert_int_equal(fread(text, 1, (size_t)length, file), length);
	fclose(file);
	return text;
}

/* What the released version 1 left, in WAL mode as it did. */
static void make_version_1(const char *path)
{
	char *dump = read_text(dump_path);
	remove(path);
	fixture_change(path, dump);
	fixture_change(path, "PRAGMA journal_mode = WAL");
	free(dump);
	assert_int_equal(fixture_ask(path, "PRAGMA user_version"), 1);
}

/* What two databases hold of a query's one text. */
static char *ask_text(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	char *text = strdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return text;
}

static const char all_sql[] = "SELECT group_concat(sql, '|') FROM (SELECT sql FROM sqlite_schema"
			      " WHERE sql IS NOT NULL ORDER BY type, name)";

/* Databases of version 1 exist: its schema is never edited, only followed by a step. */
static void version_1_stays_as_it_was(void **state)
{
	struct fixture_place *place = *state;
	make_version_1(place->db);
	char *released = ask_text(place->db, all_sql);
	remove(place->db);
	fixture_change(place->db, store_schema_sql);
	char *now = ask_text(place->db, all_sql);
	assert_string_equal(released, now);
	free(released);
	free(now);
}

/* A database that was migrated and one that was made new are one schema. */
static void migrated_and_new_are_alike(void **state)
{
	struct fixture_place *place = *state;
	make_version_1(place->db);
	store_close(fixture_open(place->db, STORE_CHANGE));
	char *migrated = ask_text(place->db, all_sql);
	assert_int_equal(fixture_ask(place->db, "PRAGMA user_version"), store_schema.version);
	assert_true(fixture_is_sound(place->db));
	remove(place->db);
	store_close(fixture_open(place->db, STORE_WRITE));
	char *made = ask_text(place->db, all_sql);
	assert_string_equal(migrated, made);
	assert_non_null(strstr(made, "/* highest SM clock */"));
	free(migrated);
	free(made);
}

static const char *const kept[] = {
	"SELECT group_concat(id || name || content_hash || work_hash || lacks || base_ns) FROM "
	"trace",
	"SELECT group_concat(id || ' ' || kind || ' ' || start_ns || ' ' || duration_ns) FROM"
	" trace_kernel",
	"SELECT group_concat(text) FROM trace_name",
	"SELECT group_concat(first || ' ' || count || ' ' || busy_ns) FROM trace_step",
	"SELECT group_concat(id || ' ' || trace_id || ' ' || step_ps || digest) FROM run",
	"SELECT group_concat(id || ' ' || measured_device_ms || ' ' || step_error) FROM validation",
};
enum { KEPT = sizeof(kept) / sizeof(kept[0]) };

static void rows_of_version_1_are_kept(void **state)
{
	struct fixture_place *place = *state;
	char *before[KEPT];
	make_version_1(place->db);
	for (int i = 0; i < KEPT; i++)
		before[i] = ask_text(place->db, kept[i]);
	store_close(fixture_open(place->db, STORE_WRITE));
	for (int i = 0; i < KEPT; i++) {
		char *after = ask_text(place->db, kept[i]);
		assert_string_equal(before[i], after);
		free(before[i]);
		free(after);
	}
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace WHERE bytes_count IS"
						" NULL AND device_l2_bytes IS NULL"),
			 2);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM kernels WHERE graph IS NULL"),
			 18);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM validation_summary WHERE"
						" predicted_step_ms IS NULL"),
			 1);
}

/* The file that a stored trace came from is known again: no second row beside the one in use. */
static void traces_of_version_1_are_known_again(void **state)
{
	struct fixture_place *place = *state;
	static const char *const files[] = {"tests/data/valid/kineto_eager.json",
					    "tests/data/valid/kineto_graph.json"};
	make_version_1(place->db);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	for (size_t i = 0; i < 2; i++) {
		struct trace trace, back;
		struct sim_diag diag;
		diag_init(&diag);
		if (trace_read(files[i], &trace, &diag) != SIM_OK)
			fail_msg("%s", diag.text);
		fixture_read_trace(store, trace.name, &back);
		assert_memory_equal(back.kernels, trace.kernels,
				    trace.kernel_count * sizeof(*trace.kernels));
		assert_memory_equal(back.measured, trace.measured,
				    trace.kernel_count * sizeof(*trace.measured));
		/* read back and written again it is the same, too; bytes are added to its row */
		assert_int_equal(fixture_write_trace(store, &trace, false), i + 1);
		assert_int_equal(fixture_write_trace(store, &back, false), i + 1);
		fixture_facts(&back);
		assert_int_equal(fixture_write_trace(store, &back, true), i + 1);
		trace_fini(&trace);
		trace_fini(&back);
	}
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace"), 2);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM run WHERE trace_id = 1"), 1);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM pragma_foreign_key_check"),
			 0);
}

static void readers_leave_version_1_alone(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = NULL;
	struct sim_diag diag;
	make_version_1(place->db);
	diag_init(&diag);
	assert_int_equal(store_open(place->db, STORE_READ, &store, &diag), SIM_E_DB);
	assert_non_null(strstr(diag.text, "older decodesim"));
	assert_int_equal(fixture_ask(place->db, "PRAGMA user_version"), 1);
}

/* Killed after every change of version 2 and before the commit: version 1, whole and usable. */
static void killed_in_the_middle_version_1_is_whole(void **state)
{
	struct fixture_place *place = *state;
	static const char endless[] = "; CREATE TABLE done(x INTEGER) STRICT; INSERT INTO done WITH"
				      " RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
				      " SELECT count(*) FROM n";
	size_t room = strlen(store_schema_2_sql) + sizeof(endless);
	char *text = malloc(room);
	snprintf(text, room, "%s%s", store_schema_2_sql, endless);
	const char *const steps[] = {store_schema_sql, text};
	const struct store_schema schema = {steps, 2};
	make_version_1(place->db);
	char *before = ask_text(place->db, all_sql);
	int ready[2], status;
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		sqlite3 *db = NULL;
		struct sim_diag diag;
		diag_init(&diag);
		if (sqlite3_open(place->db, &db) != SQLITE_OK || write(ready[1], "x", 1) != 1)
			_exit(1);
		_exit(store_migrate(db, place->db, &schema, true, &diag) == SIM_OK ? 2 : 3);
	}
	char byte;
	assert_int_equal(read(ready[0], &byte, 1), 1);
	const struct timespec while_it_works = {0, 100 * 1000 * 1000};
	nanosleep(&while_it_works, NULL);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	close(ready[0]);
	close(ready[1]);
	free(text);
	assert_int_equal(fixture_ask(place->db, "PRAGMA user_version"), 1);
	char *after = ask_text(place->db, all_sql);
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_true(fixture_is_sound(place->db));
	store_close(fixture_open(place->db, STORE_CHANGE));
	assert_int_equal(fixture_ask(place->db, "PRAGMA user_version"), store_schema.version);
}

/* A new database that was killed while it was made is empty or of this version, never of an older. */
static void a_new_database_is_never_of_an_old_version(void **state)
{
	struct fixture_place *place = *state;
	const char *const broken[] = {store_schema_sql, store_schema_2_sql,
				      "INSERT INTO nowhere VALUES (1)"};
	const struct store_schema schema = {broken, 3};
	struct sim_diag diag;
	sqlite3 *db = NULL;
	diag_init(&diag);
	assert_int_equal(sqlite3_open(place->db, &db), SQLITE_OK);
	assert_int_equal(store_migrate(db, place->db, &schema, true, &diag), SIM_E_DB);
	sqlite3_close(db);
	assert_int_equal(fixture_ask(place->db, "PRAGMA user_version"), 0);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM sqlite_schema"), 0);
	store_close(fixture_open(place->db, STORE_WRITE));
}

/* Killed at any time it is one version or the other. */
static void killed_at_any_time_it_is_one_version(void **state)
{
	struct fixture_place *place = *state;
	enum { ROUNDS = 24 };
	for (uint32_t round = 0; round < ROUNDS; round++) {
		make_version_1(place->db);
		pid_t child = fork();
		if (child == 0) {
			struct store *store = NULL;
			_exit(store_open(place->db, STORE_WRITE, &store, NULL) == SIM_OK ? 0 : 1);
		}
		const struct timespec soon = {0, (long)round * 400 * 1000};
		nanosleep(&soon, NULL);
		kill(child, SIGKILL);
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		int64_t version = fixture_ask(place->db, "PRAGMA user_version");
		assert_in_range(version, 1, store_schema.version);
		assert_int_equal(fixture_ask(place->db,
					     "SELECT count(*) FROM sqlite_schema WHERE name IN"
					     " ('trace_bytes', 'trace_clocks')"),
				 version == 1 ? 0 : 2);
		store_close(fixture_open(place->db, STORE_WRITE));
		assert_true(fixture_is_sound(place->db));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(version_1_stays_as_it_was),
		STORE_TEST(migrated_and_new_are_alike),
		STORE_TEST(rows_of_version_1_are_kept),
		STORE_TEST(traces_of_version_1_are_known_again),
		STORE_TEST(readers_leave_version_1_alone),
		STORE_TEST(killed_in_the_middle_version_1_is_whole),
		STORE_TEST(a_new_database_is_never_of_an_old_version),
		STORE_TEST(killed_at_any_time_it_is_one_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
