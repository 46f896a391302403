/* What the tests of sweeps share: spaces from text, runs into a database, rows compared. */
#ifndef TESTS_UNIT_EXPLORE_FIXTURE_H
#define TESTS_UNIT_EXPLORE_FIXTURE_H

#include "sim/explore/run.h"
#include "tests/unit/store_fixture.h"

static inline void explore_parse(const char *text, struct explore_space *space)
{
	struct sim_diag diag = {0};
	if (explore_space_parse(space, "t.yaml", text, strlen(text), &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

/* Sweep TEXT into the database at PATH (NULL: none). */
static inline enum sim_status explore_sweep(const char *text, const char *path,
					    struct explore_run_options *options,
					    struct explore_run_report *report,
					    struct sim_diag *diag)
{
	struct explore_space space;
	struct store *store = NULL;
	diag_init(diag);
	explore_parse(text, &space);
	if (path != NULL && store_open(path, STORE_WRITE, &store, diag) != SIM_OK)
		fail_msg("%s", diag->text);
	enum sim_status status = explore_run(&space, store, options, report, diag);
	store_close(store);
	explore_space_fini(&space);
	return status;
}

static inline struct explore_run_report explore_sweep_good(const char *text, const char *path,
							   unsigned threads, bool resume)
{
	struct explore_run_options options = {.threads = threads, .resume = resume};
	struct explore_run_report report;
	struct sim_diag diag;
	if (explore_sweep(text, path, &options, &report, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return report;
}

/* Rows of both databases are the same, column by column, but for the ids. */
static inline void explore_assert_same_rows(const char *a, const char *b)
{
	static const char sql[] = "SELECT * FROM sweep_point ORDER BY id";
	const char *paths[] = {a, b};
	sqlite3 *dbs[2];
	sqlite3_stmt *stmts[2];
	int64_t rows = 0;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sqlite3_open(paths[i], &dbs[i]), SQLITE_OK);
		assert_int_equal(sqlite3_prepare_v2(dbs[i], sql, -1, &stmts[i], NULL), SQLITE_OK);
	}
	for (;; rows++) {
		int more = sqlite3_step(stmts[0]);
		assert_int_equal(sqlite3_step(stmts[1]), more);
		if (more != SQLITE_ROW)
			break;
		for (int c = 0; c < sqlite3_column_count(stmts[0]); c++) {
			int bytes = sqlite3_column_bytes(stmts[0], c);
			assert_int_equal(sqlite3_column_type(stmts[0], c),
					 sqlite3_column_type(stmts[1], c));
			assert_true(sqlite3_column_double(stmts[0], c) ==
				    sqlite3_column_double(stmts[1], c));
			assert_int_equal(sqlite3_column_bytes(stmts[1], c), bytes);
			if (bytes > 0)
				assert_memory_equal(sqlite3_column_blob(stmts[0], c),
						    sqlite3_column_blob(stmts[1], c), bytes);
		}
	}
	assert_true(rows > 0);
	for (int i = 0; i < 2; i++) {
		sqlite3_finalize(stmts[i]);
		sqlite3_close(dbs[i]);
	}
}

#endif
