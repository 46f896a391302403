/* Store: what is opened, created, migrated, and what is refused and left alone. */
#include "tests/unit/store_fixture.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "sim/store/migrate.h"

static void assert_refused(const char *path, enum store_open_mode mode, enum sim_status expected,
			   const char *message)
{
	struct store *store = NULL;
	struct sim_diag diag;
	diag_init(&diag);
	assert_int_equal(store_open(path, mode, &store, &diag), expected);
	assert_null(store);
	if (strstr(diag.text, message) == NULL)
		fail_msg("'%s' does not say '%s'", diag.text, message);
}

static void write_file(const char *path, const void *bytes, size_t length)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static size_t read_file(const char *path, unsigned char *bytes, size_t room)
{
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t length = fread(bytes, 1, room, file);
	fclose(file);
	return length;
}

static void a_new_database_is_made_and_marked(void **state)
{
	struct fixture_place *place = *state;
	assert_refused(place->db, STORE_READ, SIM_E_NOT_FOUND, "no such database");
	assert_refused(place->db, STORE_CHANGE, SIM_E_NOT_FOUND, "no such database");
	store_close(fixture_open(place->db, STORE_WRITE));
	store_close(fixture_open(place->db, STORE_CHANGE));
	assert_int_equal(fixture_ask(place->db, "PRAGMA application_id"), 0x4443534d);
	assert_int_equal(fixture_ask(place->db, "PRAGMA user_version"), store_schema.version);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM pragma_journal_mode WHERE"
						" journal_mode = 'wal'"),
			 1);
	store_close(fixture_open(place->db, STORE_WRITE));
	store_close(fixture_open(place->db, STORE_READ));
	assert_true(fixture_is_sound(place->db));
}

static void the_schema_is_strict_and_keeps_references(void **state)
{
	struct fixture_place *place = *state;
	store_close(fixture_open(place->db, STORE_WRITE));
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM pragma_table_list WHERE"
						" schema = 'main' AND type = 'table' AND NOT strict"
						" AND name NOT LIKE 'sqlite_%'"),
			 0);
	assert_true(fixture_ask(place->db, "SELECT count(*) FROM pragma_table_list WHERE strict") >=
		    18);
	/* the schema is its own documentation, also in the file */
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM sqlite_schema WHERE type ="
						" 'table' AND sql NOT LIKE '%--%'"),
			 0);
}

static void an_empty_file_is_nothing_to_read_but_may_be_filled(void **state)
{
	struct fixture_place *place = *state;
	write_file(place->db, "", 0);
	assert_refused(place->db, STORE_READ, SIM_E_DB, "empty");
	store_close(fixture_open(place->db, STORE_WRITE));
	store_close(fixture_open(place->db, STORE_READ));
}

static void other_files_are_left_alone(void **state)
{
	struct fixture_place *place = *state;
	static const char text[] = "traceEvents: this is not a database but a text of more than "
				   "one hundred bytes, which is how long a header is ............";
	unsigned char before[32768], after[32768];
	for (int mode = STORE_READ; mode <= STORE_WRITE; mode++) {
		write_file(place->db, text, sizeof(text));
		assert_refused(place->db, (enum store_open_mode)mode, SIM_E_DB, "not a database");
		write_file(place->db, "x", 1);
		assert_refused(place->db, (enum store_open_mode)mode, SIM_E_DB, "not a database");
		assert_int_equal(read_file(place->db, after, sizeof(after)), 1);
		assert_int_equal(remove(place->db), 0);
		/* a database of somebody else, in WAL mode as a browser would keep it */
		fixture_change(place->db, "PRAGMA journal_mode = WAL; CREATE TABLE moz(x);"
					  "INSERT INTO moz VALUES(1)");
		size_t length = read_file(place->db, before, sizeof(before));
		assert_refused(place->db, (enum store_open_mode)mode, SIM_E_DB, "another program");
		assert_int_equal(read_file(place->db, after, sizeof(after)), length);
		assert_memory_equal(before, after, length);
		fixture_change(place->db, "PRAGMA application_id = 12345");
		assert_refused(place->db, (enum store_open_mode)mode, SIM_E_DB, "another program");
		assert_int_equal(remove(place->db), 0);
	}
}

static void what_is_no_file_is_refused(void **state)
{
	struct fixture_place *place = *state;
	char path[160];
	assert_refused(place->directory, STORE_WRITE, SIM_E_DB, "directory");
	assert_refused("/dev/null", STORE_WRITE, SIM_E_DB, "not a regular file");
	snprintf(path, sizeof(path), "%s/none/a.db", place->directory);
	assert_refused(path, STORE_WRITE, SIM_E_DB, "cannot open");
	assert_refused("/proc/a.db", STORE_WRITE, SIM_E_DB, "cannot open");
	assert_refused("", STORE_READ, SIM_E_NOT_FOUND, "no such database");
}

/* Names that SQLite would take for something else are files like any other. */
static void special_names_are_files(void **state)
{
	struct fixture_place *place = *state;
	char before[256];
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(place->directory), 0);
	struct store *store = fixture_open(":memory:", STORE_WRITE);
	assert_string_equal(store_path(store), "./:memory:");
	store_close(store);
	assert_int_equal(remove(":memory:"), 0);
	store_close(fixture_open("file:a.db?mode=ro", STORE_WRITE));
	assert_int_equal(remove("file:a.db?mode=ro"), 0);
	setenv("DECODESIM_DB", "from-environment.db", 1);
	store_close(fixture_open(NULL, STORE_WRITE));
	assert_int_equal(remove("from-environment.db"), 0);
	setenv("DECODESIM_DB", "", 1);
	store_close(fixture_open(NULL, STORE_WRITE));
	assert_int_equal(remove("decodesim.db"), 0);
	unsetenv("DECODESIM_DB");
	assert_int_equal(chdir(before), 0);
}

static void a_newer_schema_is_refused(void **state)
{
	struct fixture_place *place = *state;
	store_close(fixture_open(place->db, STORE_WRITE));
	fixture_change(place->db, "PRAGMA user_version = 99");
	assert_refused(place->db, STORE_WRITE, SIM_E_DB, "schema 99");
	assert_refused(place->db, STORE_READ, SIM_E_DB, "newer decodesim");
	assert_int_equal(fixture_ask(place->db, "PRAGMA user_version"), 99);
}

static sqlite3 *open_raw(const char *path)
{
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static void older_schemas_are_migrated_step_by_step(void **state)
{
	struct fixture_place *place = *state;
	static const char *const bad[] = {
		"CREATE TABLE second(x INTEGER) STRICT",
		"CREATE TABLE third(x INTEGER) STRICT; INSERT INTO nowhere VALUES(1)"};
	static const char *const good[] = {
		"ALTER TABLE run ADD COLUMN note TEXT",
		"CREATE TABLE third(x INTEGER) STRICT; INSERT INTO third VALUES(3)"};
	enum { MOST = 16 };
	const char *broken_steps[MOST], *mended_steps[MOST];
	const int now = store_schema.version;
	assert_true(now + 2 <= MOST);
	for (int i = 0; i < now + 2; i++) {
		broken_steps[i] = i < now ? store_schema.steps[i] : bad[i - now];
		mended_steps[i] = i < now ? store_schema.steps[i] : good[i - now];
	}
	const struct store_schema broken = {broken_steps, now + 2};
	const struct store_schema mended = {mended_steps, now + 2};
	struct sim_diag diag;
	struct trace trace, back;
	fixture_trace(&trace, "llama", 7, 2, 20, 10);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	store_close(store);
	sqlite3 *db = open_raw(place->db);
	diag_init(&diag);
	assert_int_equal(store_migrate(db, "a.db", &mended, false, &diag), SIM_E_DB);
	assert_non_null(strstr(diag.text, "older decodesim"));
	diag_init(&diag);
	assert_int_equal(store_migrate(db, "a.db", &broken, true, &diag), SIM_E_DB);
	/* a step that fails half way leaves nothing of itself */
	assert_int_equal(fixture_ask(place->db, "PRAGMA user_version"), now);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM sqlite_schema WHERE name IN"
						" ('second', 'third')"),
			 0);
	diag_init(&diag);
	assert_int_equal(store_migrate(db, "a.db", &mended, true, &diag), SIM_OK);
	assert_int_equal(store_migrate(db, "a.db", &mended, true, &diag), SIM_OK);
	sqlite3_close(db);
	assert_int_equal(fixture_ask(place->db, "PRAGMA user_version"), now + 2);
	assert_int_equal(fixture_ask(place->db, "SELECT x FROM third"), 3);
	assert_int_equal(fixture_ask(place->db, "SELECT count(note) FROM run"), 0);
	/* what was there before is there still */
	char back_to[40];
	snprintf(back_to, sizeof(back_to), "PRAGMA user_version = %d", now);
	fixture_change(place->db, back_to);
	store = fixture_open(place->db, STORE_READ);
	fixture_read_trace(store, "llama", &back);
	assert_memory_equal(back.kernels, trace.kernels, 40 * sizeof(*back.kernels));
	store_close(store);
	trace_fini(&back);
	trace_fini(&trace);
}

static void a_database_without_write_permission_is_read(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace, back;
	int failed = 0;
	fixture_trace(&trace, "llama", 7, 2, 20, 10);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	store_close(store);
	assert_int_equal(chmod(place->db, 0444), 0);
	assert_int_equal(chmod(place->directory, 0555), 0);
	pid_t child = fork();
	if (child == 0) {
		/* root may write everywhere: be somebody else */
		struct store *denied = NULL;
		struct sim_diag diag;
		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(0);
		diag_init(&diag);
		if (store_open(place->db, STORE_WRITE, &denied, &diag) != SIM_E_DB ||
		    strstr(diag.text, "writable") == NULL)
			_exit(1);
		diag_init(&diag);
		if (store_open(place->db, STORE_READ, &denied, &diag) != SIM_OK ||
		    store_read_trace(denied, "llama", &back, &diag) != SIM_OK)
			_exit(2);
		_exit(back.kernel_count == 40 ? 0 : 3);
	}
	assert_int_equal(waitpid(child, &failed, 0), child);
	assert_int_equal(chmod(place->directory, 0755), 0);
	assert_true(WIFEXITED(failed));
	assert_int_equal(WEXITSTATUS(failed), 0);
	trace_fini(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_new_database_is_made_and_marked),
		STORE_TEST(the_schema_is_strict_and_keeps_references),
		STORE_TEST(an_empty_file_is_nothing_to_read_but_may_be_filled),
		STORE_TEST(other_files_are_left_alone),
		STORE_TEST(what_is_no_file_is_refused),
		STORE_TEST(special_names_are_files),
		STORE_TEST(a_newer_schema_is_refused),
		STORE_TEST(older_schemas_are_migrated_step_by_step),
		STORE_TEST(a_database_without_write_permission_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
