/*
 * Store speed: rows/s of writing a trace of 300 k kernels, beside what SQLite itself does on this
 * disk in the same run: plain prepared inserts, one row of 8 integers a statement, the same
 * settings, no constraint and no index.
 *
 *   make build/gcc-O2/tests/bench/bench_store && build/gcc-O2/tests/bench/bench_store [DIRECTORY]
 *
 * Each figure is the best of the rounds; rounds alternate, so that load hits all alike. Time is
 * from before the transaction to after the commit.
 */
#include <time.h>

#include "tests/unit/store_fixture.h"

enum { KERNELS = 300000, PER_STEP = 1000, ROUNDS = 5 };

static double now_s(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void stop(const char *what)
{
	fprintf(stderr, "bench_store: %s\n", what);
	exit(1);
}

static void remove_db(const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	char name[512];
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		remove(name);
	}
}

static double plain_s(const char *path)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	remove_db(path);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db,
			 "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
			 "PRAGMA cache_size = -65536; CREATE TABLE t(a, b, c, d, e, f, g, h)",
			 NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?)", -1, &stmt,
			       NULL) != SQLITE_OK)
		stop("cannot make the plain table");
	double start = now_s();
	sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	for (int64_t i = 0; i < KERNELS; i++) {
		for (int column = 1; column <= 8; column++)
			sqlite3_bind_int64(stmt, column, i * column);
		if (sqlite3_step(stmt) != SQLITE_DONE)
			stop("cannot insert");
		sqlite3_reset(stmt);
	}
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	double seconds = now_s() - start;
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	remove_db(path);
	return seconds;
}

struct timing {
	double write_s, read_s;
	double rows; /* written, all tables */
};

static struct timing store_s(const char *path, const struct trace *trace)
{
	struct timing timing;
	struct store *store = NULL;
	struct sim_diag diag;
	struct trace back;
	int64_t id;
	bool added = false;
	remove_db(path);
	diag_init(&diag);
	if (store_open(path, STORE_WRITE, &store, &diag) != SIM_OK)
		stop(diag.text);
	double start = now_s();
	if (store_write_trace(store, trace, &id, &added, &diag) != SIM_OK || !added)
		stop(diag.text);
	timing.write_s = now_s() - start;
	start = now_s();
	if (store_read_trace(store, trace->name, &back, &diag) != SIM_OK)
		stop(diag.text);
	timing.read_s = now_s() - start;
	if (memcmp(back.measured, trace->measured, KERNELS * sizeof(*back.measured)) != 0)
		stop("what was read is not what was written");
	trace_fini(&back);
	store_close(store);
	timing.rows =
		(double)fixture_ask(path, "SELECT sum(kernel_count + kind_count + step_count +"
					  " name_count + 1) FROM trace");
	remove_db(path);
	return timing;
}

static void keep_best(struct timing *best, struct timing timing, int round)
{
	if (round == 0 || timing.write_s < best->write_s)
		best->write_s = timing.write_s;
	if (round == 0 || timing.read_s < best->read_s)
		best->read_s = timing.read_s;
	best->rows = timing.rows;
}

static void print_line(const char *what, double rows, double seconds, double limit)
{
	double rate = rows / seconds;
	printf("%-44s %8.0f k rows/s  %5.2f x plain\n", what, rate / 1e3, rate / limit);
}

int main(int argc, char **argv)
{
	char path[256];
	double plain = 0;
	struct timing usual = {0}, worst = {0};
	struct trace repeating, distinct;
	snprintf(path, sizeof(path), "%s/decodesim-bench-%ld.db", argc > 1 ? argv[1] : "/tmp",
		 (long)getpid());
	fixture_trace(&repeating, "repeating", 1, KERNELS / PER_STEP, PER_STEP, 100);
	fixture_trace(&distinct, "distinct", 2, KERNELS / PER_STEP, PER_STEP, KERNELS);
	for (int round = 0; round < ROUNDS; round++) {
		double seconds = plain_s(path);
		if (round == 0 || seconds < plain)
			plain = seconds;
		keep_best(&usual, store_s(path, &repeating), round);
		keep_best(&worst, store_s(path, &distinct), round);
	}
	double limit = KERNELS / plain;
	print_line("plain prepared inserts, 8 columns", KERNELS, plain, limit);
	print_line("write trace, 100 kinds of kernel (kernels)", KERNELS, usual.write_s, limit);
	print_line("write trace, 100 kinds of kernel (all rows)", usual.rows, usual.write_s, limit);
	print_line("write trace, no two kernels alike (kernels)", KERNELS, worst.write_s, limit);
	print_line("write trace, no two kernels alike (all rows)", worst.rows, worst.write_s,
		   limit);
	print_line("read trace, 100 kinds of kernel (kernels)", KERNELS, usual.read_s, limit);
	trace_fini(&repeating);
	trace_fini(&distinct);
	return 0;
}
