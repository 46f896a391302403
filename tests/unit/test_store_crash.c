/*
 * Store: killed in the middle it holds whole traces and whole runs only, and two processes may
 * write at once.
 */
#include "tests/unit/store_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 36, LONGEST_US = 150000 };

/*
 * A child's life: traces and runs without end. Leaves only by SIGKILL, or with 1 when it fails. TOLD
 * gets a byte after each trace; -1: nobody wants to know.
 */
static void write_for_ever(const char *path, uint64_t seed, int told)
{
	struct store *store = NULL;
	struct sim_diag diag;
	int64_t id;
	bool added;
	diag_init(&diag);
	for (uint32_t i = 0;; i++) {
		struct trace trace;
		char name[32];
		/* every third name comes again with other content: rows are deleted as well */
		snprintf(name, sizeof(name), "t%u", fixture_random(&seed) % 3);
		fixture_trace(&trace, name, seed, 1 + i % 4, 400 + fixture_random(&seed) % 2000,
			      30);
		if (store_open(path, STORE_WRITE, &store, &diag) != SIM_OK ||
		    store_write_trace(store, &trace, &id, &added, &diag) != SIM_OK) {
			fprintf(stderr, "%s\n", diag.text);
			_exit(1);
		}
		if (told >= 0 && write(told, "", 1) != 1)
			_exit(1);
		if (i % 4 == 3)
			fixture_write_run(store, &trace, true);
		store_close(store);
		trace_fini(&trace);
	}
}

static void sleep_us(uint32_t us)
{
	struct timespec time = {us / 1000000, (long)(us % 1000000) * 1000};
	nanosleep(&time, NULL);
}

/* How many rows of PARENT do not have the rows in CHILD that COUNT says. */
static int64_t count_partial_in(const char *path, const char *parent, const char *count,
				const char *child)
{
	char sql[400];
	snprintf(sql, sizeof(sql),
		 "SELECT count(*) FROM %s p LEFT JOIN (SELECT %s_id AS id, count(*) AS rows FROM %s"
		 " GROUP BY 1) c ON c.id = p.id WHERE %s <> ifnull(c.rows, 0)",
		 parent, parent, child, count);
	return fixture_ask(path, sql);
}

static void assert_no_partial_rows(const char *path)
{
	char part_count[16];
	snprintf(part_count, sizeof(part_count), "%d", SIM_PART_COUNT);
	assert_int_equal(count_partial_in(path, "trace", "kernel_count", "trace_kernel"), 0);
	assert_int_equal(count_partial_in(path, "trace", "kind_count", "trace_kind"), 0);
	assert_int_equal(count_partial_in(path, "trace", "name_count", "trace_name"), 0);
	assert_int_equal(count_partial_in(path, "trace", "step_count", "trace_step"), 0);
	assert_int_equal(count_partial_in(path, "run", "kernel_count", "run_kernel"), 0);
	assert_int_equal(count_partial_in(path, "run", "group_count", "run_group"), 0);
	assert_int_equal(count_partial_in(path, "run", part_count, "run_part"), 0);
	assert_int_equal(fixture_ask(path, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

static void assert_whole(const char *path)
{
	struct store *store = NULL;
	struct sim_diag diag;
	diag_init(&diag);
	/* killed before anything was there: the next writer makes it */
	if (store_open(path, STORE_READ, &store, &diag) != SIM_OK)
		store = fixture_open(path, STORE_WRITE);
	for (int i = 0; i < 3; i++) {
		struct trace back;
		char name[32];
		snprintf(name, sizeof(name), "t%d", i);
		diag_init(&diag);
		enum sim_status status = store_read_trace(store, name, &back, &diag);
		if (status != SIM_OK && status != SIM_E_NOT_FOUND)
			fail_msg("%s", diag.text);
		trace_fini(&back);
	}
	store_close(store);
	assert_true(fixture_is_sound(path));
	assert_no_partial_rows(path);
}

static void killed_at_any_time_it_holds_whole_rows_only(void **state)
{
	struct fixture_place *place = *state;
	uint64_t seed = 2024;
	int killed = 0, status;
	for (int round = 0; round < ROUNDS; round++) {
		/* the first ones early, where the database is made */
		uint32_t longest = round < 12 ? LONGEST_US / 16 : LONGEST_US;
		if (round < 6 || round % 8 == 0) /* fresh, and never big */
			remove(place->db);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			write_for_ever(place->db, (uint64_t)round + 1, -1);
		sleep_us(fixture_random(&seed) % longest);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		assert_whole(place->db);
	}
	assert_int_equal(killed, ROUNDS);
}

/* However slow the machine: killed once traces are known to be there, they are. */
static void killed_after_a_write_it_holds_it(void **state)
{
	struct fixture_place *place = *state;
	int ends[2], status;
	char byte;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		write_for_ever(place->db, 7, ends[1]);
	for (int i = 0; i < 3; i++)
		assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(ends[0]);
	close(ends[1]);
	assert_whole(place->db);
	assert_true(fixture_ask(place->db, "SELECT max(id) FROM trace") > 0);
}

/* Killed inside a big transaction, its pages half in the WAL: the trace is not there at all. */
static void a_cut_transaction_leaves_no_trace(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	struct trace big;
	int status;
	store_close(store);
	fixture_trace(&big, "big", 1, 1, 200000, 100);
	for (int round = 0; round < 4; round++) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			struct sim_diag diag;
			int64_t id;
			bool added;
			store = fixture_open(place->db, STORE_WRITE);
			big.content_hash = (uint64_t)round;
			_exit(store_write_trace(store, &big, &id, &added, &diag) == SIM_OK);
		}
		sleep_us(20000 + 15000 * (uint32_t)round);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(fixture_is_sound(place->db));
		int64_t traces = fixture_ask(place->db, "SELECT count(*) FROM trace");
		assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace_kernel"),
				 traces * 200000);
		assert_no_partial_rows(place->db);
	}
	trace_fini(&big);
}

static void copy_file(const char *from, const char *to, const char *end)
{
	char path[256], buffer[4096];
	size_t length;
	snprintf(path, sizeof(path), "%s%s", from, end);
	FILE *in = fopen(path, "rb");
	snprintf(path, sizeof(path), "%s%s", to, end);
	FILE *out = fopen(path, "wb");
	assert_true(in != NULL && out != NULL);
	while ((length = fread(buffer, 1, sizeof(buffer), in)) > 0)
		assert_int_equal(fwrite(buffer, 1, length, out), length);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/*
 * Without WAL a killed writer leaves new pages in the file and the old ones in a journal. A reader
 * must not take the new ones for what is there.
 */
static void a_reader_rolls_a_journal_back(void **state)
{
	struct fixture_place *place = *state;
	char other[160];
	struct trace trace, back;
	sqlite3 *db = NULL;
	snprintf(other, sizeof(other), "%s/b.db", place->directory);
	fixture_trace(&trace, "llama", 7, 2, 2000, 10);
	struct store *store = fixture_open(other, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	store_close(store);
	assert_int_equal(sqlite3_open(other, &db), SQLITE_OK);
	/* with no cache the changed pages go to the file at once */
	assert_int_equal(sqlite3_exec(db,
				      "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN;"
				      "UPDATE trace_kernel SET duration_ns = 1",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	copy_file(other, place->db, "");
	copy_file(other, place->db, "-journal");
	sqlite3_close(db);
	assert_int_equal(remove(other), 0);
	store = fixture_open(place->db, STORE_READ);
	fixture_read_trace(store, "llama", &back);
	assert_memory_equal(back.measured, trace.measured, 4000 * sizeof(*back.measured));
	store_close(store);
	trace_fini(&trace);
	trace_fini(&back);
}

enum { WRITERS = 2, TRACES_EACH = 8 };

static void write_some(const char *path, int writer)
{
	struct sim_diag diag;
	diag_init(&diag);
	for (uint32_t i = 0; i < TRACES_EACH; i++) {
		struct store *store = NULL;
		struct trace trace;
		char name[32];
		int64_t id;
		bool added;
		snprintf(name, sizeof(name), "w%d-%u", writer, i);
		fixture_trace(&trace, name, i, 3, 2000, 40);
		if (store_open(path, STORE_WRITE, &store, &diag) != SIM_OK ||
		    store_write_trace(store, &trace, &id, &added, &diag) != SIM_OK) {
			fprintf(stderr, "%s\n", diag.text);
			_exit(1);
		}
		fixture_write_run(store, &trace, false);
		store_close(store);
		trace_fini(&trace);
	}
	_exit(0);
}

/* From the very first moment: both find no database and both make it. */
static void two_writers_both_succeed(void **state)
{
	struct fixture_place *place = *state;
	for (int round = 0; round < 3; round++) {
		pid_t children[WRITERS];
		int status;
		remove(place->db);
		for (int i = 0; i < WRITERS; i++) {
			children[i] = fork();
			assert_true(children[i] >= 0);
			if (children[i] == 0)
				write_some(place->db, i);
		}
		for (int i = 0; i < WRITERS; i++) {
			assert_int_equal(waitpid(children[i], &status, 0), children[i]);
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
		}
		assert_true(fixture_is_sound(place->db));
		assert_no_partial_rows(place->db);
		assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace"),
				 WRITERS * TRACES_EACH);
		assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM run"),
				 WRITERS * TRACES_EACH);
		assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM device"), 1);
	}
}

/* A reader sees the database as it was when it began, whatever is written meanwhile. */
static void readers_do_not_wait_for_writers(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace, back;
	fixture_trace(&trace, "llama", 7, 2, 20, 10);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	sqlite3 *writer = NULL;
	assert_int_equal(sqlite3_open(place->db, &writer), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(writer, "BEGIN IMMEDIATE; DELETE FROM trace_kernel", NULL, NULL, NULL),
		SQLITE_OK);
	struct store *reader = fixture_open(place->db, STORE_READ);
	fixture_read_trace(reader, "llama", &back);
	assert_memory_equal(back.kernels, trace.kernels, 40 * sizeof(*back.kernels));
	store_close(reader);
	sqlite3_close(writer);
	store_close(store);
	trace_fini(&trace);
	trace_fini(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(killed_at_any_time_it_holds_whole_rows_only),
		STORE_TEST(killed_after_a_write_it_holds_it),
		STORE_TEST(a_cut_transaction_leaves_no_trace),
		STORE_TEST(a_reader_rolls_a_journal_back),
		STORE_TEST(two_writers_both_succeed),
		STORE_TEST(readers_do_not_wait_for_writers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
