/* Sweeps that search: rows, fronts, threads, going on, and what is refused. */
#include <math.h>

#include "sim/explore/hypervolume.h"
#include "tests/unit/explore_fixture.h"

#define SPACE                                                                                      \
	"base: {model: qwen2.5-0.5b, hw: h100-sxm, context: 700}\n"                                \
	"axes:\n"                                                                                  \
	"  batch: [1, 2, 4, 8]\n"                                                                  \
	"  hw: [h100-sxm, l4]\n"                                                                   \
	"  hw.hbm.bandwidth: {from: 0.3 TB/s, to: 8 TB/s, points: 40, scale: log}\n"               \
	"  hw.static.power: {from: 20 W, to: 200 W, points: 13}\n"                                 \
	"constraints: ['fits = 1', 'hw.static.power > 30 + hw.hbm.bandwidth / 5e10']\n"            \
	"objectives: [step_ms, average_w]\n"
/* a tenth of 4160 */
#define SEARCH SPACE "sampling: {search: 416, population: 32, seed: 5}\n"

static const char search[] = "sweep: searched\n" SEARCH;
static const char simulated[] = "sweep: simulated\n" SEARCH "method: simulate\n";
static const char quasi[] = "sweep: quasi\n" SPACE "sampling: {search: 300, by: sobol}\n";
static const char all[] = "sweep: all\n" SPACE;

static void threads_change_nothing(void **state)
{
	static const char *const texts[] = {search, simulated, quasi};
	struct fixture_place *place = *state;
	char other[160];
	snprintf(other, sizeof(other), "%s/b.db", place->directory);
	for (size_t i = 0; i < 3; i++) {
		struct explore_run_report one = explore_sweep_good(texts[i], place->db, 1, false);
		struct explore_run_report more = explore_sweep_good(texts[i], other, 4, false);
		assert_true(one.points == more.points && one.digest == more.digest);
		assert_true(one.front == more.front && one.front > 1);
		explore_assert_same_rows(place->db, other);
		assert_true(explore_sweep_good(texts[i], NULL, 2, false).digest == one.digest);
		remove(other);
		remove(place->db);
	}
}

/* Each point once, and what the whole sweep has of it. */
static void rows_are_points_of_the_grid(void **state)
{
	struct fixture_place *place = *state;
	struct explore_run_report report = explore_sweep_good(search, place->db, 2, false);
	assert_int_equal(report.points, 416);
	assert_int_equal(report.computed, 416);
	assert_int_equal(fixture_ask(place->db, "SELECT count(DISTINCT point) FROM sweep_points"),
			 416);
	report = explore_sweep_good(all, place->db, 2, false);
	assert_int_equal(report.points, 4160);
	assert_int_equal(report.reused, 416);
	assert_int_equal(
		fixture_ask(place->db,
			    "SELECT count(*) FROM sweep_points a JOIN sweep_points b USING (point) "
			    "WHERE a.sweep = 'searched' AND b.sweep = 'all' AND a.key = b.key AND "
			    "a.digest = b.digest AND a.feasible = b.feasible"),
		416);
}

static double *fronts_points(const char *path, const char *sweep, size_t *count)
{
	char sql[300];
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	double *points = calloc(5000, 2 * sizeof(*points));
	assert_non_null(points);
	snprintf(sql, sizeof(sql),
		 "SELECT step_ms, average_w FROM sweep_points WHERE sweep = '%s' AND feasible",
		 sweep);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	for (*count = 0; sqlite3_step(stmt) == SQLITE_ROW && *count < 5000; (*count)++) {
		points[2 * *count] = sqlite3_column_double(stmt, 0);
		points[2 * *count + 1] = sqlite3_column_double(stmt, 1);
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return points;
}

/* A tenth of the designs, and nearly all of the front of all of them; constraints hold in it. */
static void a_tenth_finds_the_front(void **state)
{
	struct fixture_place *place = *state;
	double reference[2] = {0, 0}, whole, found;
	struct sim_diag diag;
	size_t count, found_count;
	explore_sweep_good(search, place->db, 2, false);
	explore_sweep_good(all, place->db, 2, false);
	double *points = fronts_points(place->db, "all", &count);
	double *found_points = fronts_points(place->db, "searched", &found_count);
	for (size_t i = 0; i < 2 * count; i++)
		reference[i % 2] = fmax(reference[i % 2], points[i]);
	diag_init(&diag);
	assert_int_equal(hypervolume(points, count, 2, reference, &whole, &diag), SIM_OK);
	assert_int_equal(hypervolume(found_points, found_count, 2, reference, &found, &diag),
			 SIM_OK);
	print_message("%zu of %zu designs, %.3f %% of the hypervolume\n", found_count, count,
		      100 * found / whole);
	assert_true(found >= 0.99 * whole && found <= whole * (1 + 1e-12));
	free(points);
	free(found_points);
}

static bool stop_later(void *context)
{
	int *left = context;
	return (*left)-- <= 0;
}

/* Interrupted again and again, it ends with the rows of an undisturbed run. */
static void goes_on(void **state)
{
	struct fixture_place *place = *state;
	char other[160];
	struct explore_run_report report = explore_sweep_good(search, place->db, 1, false), again;
	struct sim_diag diag;
	uint64_t digest = report.digest;
	int interruptions = 0;
	snprintf(other, sizeof(other), "%s/b.db", place->directory);
	for (enum sim_status status = SIM_E_USAGE; status != SIM_OK; interruptions++) {
		int left = 8;
		struct explore_run_options options = {.threads = 2,
						      .resume = true,
						      .batch = 50,
						      .stop = stop_later,
						      .context = &left};
		assert_true(interruptions < 40);
		status = explore_sweep(search, other, &options, &again, &diag);
		assert_true(status == SIM_OK || strstr(diag.text, "interrupted") != NULL);
	}
	assert_true(interruptions > 2);
	assert_true(again.digest == digest && again.points == report.points);
	explore_assert_same_rows(place->db, other);
	/* finished: nothing is computed */
	report = explore_sweep_good(search, other, 1, false);
	assert_true(report.was_finished && report.computed == 0 && report.resumed == 416);
	assert_true(report.digest == digest);
	remove(other);
}

/* More designs asked for than there are. */
static void a_small_space_ends(void **state)
{
	static const char text[] = "sweep: small\n"
				   "base: {model: qwen2.5-0.5b, hw: h100-sxm}\n"
				   "axes: {batch: [1, 2, 4], launch: [graph, eager]}\n"
				   "objectives: [step_ms, max tokens_per_s]\n"
				   "sampling: {search: 100, population: 4}\n";
	struct fixture_place *place = *state;
	struct explore_run_report report = explore_sweep_good(text, place->db, 2, false);
	assert_int_equal(report.points, 6);
	report = explore_sweep_good(text, place->db, 2, false);
	assert_true(report.was_finished && report.resumed == 6 && report.computed == 0);
}

static void huge_spaces_are_searched(void **state)
{
	static const char text[] =
		"sweep: huge\n"
		"base: {model: qwen2.5-0.5b, hw: h100-sxm}\n"
		"axes:\n"
		"  hw.hbm.bandwidth: {from: 1 TB/s, to: 8 TB/s, points: 1000000}\n"
		"  hw.fixed.scale: {from: 0.5, to: 1.5, points: 1000000}\n"
		"objectives: [step_ms]\n"
		"sampling: {search: 200, population: 16}\n";
	struct explore_run_report report = explore_sweep_good(text, NULL, 2, false);
	(void)state;
	assert_int_equal(report.points, 200);
	assert_int_equal(report.front, 1);
}

static void refused(void **state)
{
	static const char *const tails[] = {
		"sampling: {search: 0}\n",
		"sampling: {search: 1e9}\n",
		"sampling: {search: x}\n",
		"sampling: {search: 100, by: magic}\n",
		"sampling: {search: 100, by: [nsga2]}\n",
		"sampling: {search: 100, population: 3}\n",
		"sampling: {search: 100, population: 1000000}\n",
		"sampling: {search: 100, refine: 95 %}\n",
		"sampling: {search: 100, generations: 5}\n",
	};
	char text[2000];
	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		struct explore_space space;
		struct sim_diag diag;
		diag_init(&diag);
		int length = snprintf(text, sizeof(text), "sweep: bad\n%s%s", SPACE, tails[i]);
		if (explore_space_parse(&space, "t.yaml", text, (size_t)length, &diag) == SIM_OK)
			fail_msg("accepted: %s", tails[i]);
		if (strstr(diag.text, "t.yaml") == NULL)
			fail_msg("no file in '%s'", diag.text);
		explore_space_fini(&space);
	}
	static const char *const runs[] = {
		"sweep: bad\n" SPACE "sampling: {search: 100}\nmethod: screen\n",
		"sweep: bad\nbase: {model: qwen2.5-0.5b, hw: l4}\naxes: {batch: [1, 2]}\n"
		"sampling: {search: 10}\n",
	};
	for (size_t i = 0; i < 2; i++) {
		struct explore_run_options options = {.threads = 1};
		struct explore_run_report report;
		struct sim_diag diag;
		assert_int_not_equal(explore_sweep(runs[i], NULL, &options, &report, &diag),
				     SIM_OK);
		assert_non_null(strstr(diag.text, "search"));
	}
}

#define STORED(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORED(threads_change_nothing),	 STORED(rows_are_points_of_the_grid),
		STORED(a_tenth_finds_the_front), STORED(goes_on),
		STORED(a_small_space_ends),	 cmocka_unit_test(huge_spaces_are_searched),
		cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
