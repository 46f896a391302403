/* Sweeps: the same rows and digest for any number of threads, interrupted or not, killed or not. */
#include <math.h>
#include <signal.h>
#include <sys/wait.h>

#include "sim/explore/front.h"
#include "sim/explore/pareto.h"
#include "tests/unit/explore_fixture.h"

#define BASE "base: {model: qwen2.5-0.5b, hw: h100-sxm, context: 700}\n"

static const char grid[] =
	"sweep: grid\n" BASE "axes:\n"
	"  batch: [1, 8]\n"
	"  hw: [h100-sxm, l4]\n"
	"  hw.hbm.bandwidth: {from: 1 TB/s, to: 8 TB/s, points: 41, scale: log}\n"
	"  hw.fixed.scale: {from: 0.5, to: 1.5, points: 7}\n"
	"constraints: ['fits = 1', 'step_ms < 5']\n"
	"objectives: [step_ms, joules_per_token]\n";
static const char sobol[] = "sweep: sobol\n" BASE "axes:\n"
			    "  launch: [eager, graph]\n"
			    "  context: {from: 100, to: 900, points: 8}\n"
			    "  hw.hbm.bandwidth: {from: 1 TB/s, to: 8 TB/s, points: 2}\n"
			    "sampling: {sobol: 300, seed: 9}\n"
			    "objectives: [step_ms, max tokens_per_s]\n"
			    "method: simulate\n";
static const char screen[] =
	"sweep: screen\n" BASE "axes:\n"
	"  launch: [eager, graph]\n"
	"  batch: [1, 2, 4, 8]\n"
	"  hw.hbm.bandwidth: {from: 1 TB/s, to: 8 TB/s, points: 6, scale: log}\n"
	"  hw.static.power: {from: 50 W, to: 200 W, points: 6}\n"
	"objectives: [step_ms, joules_per_token]\n"
	"method: {screen: 10 %}\n";

static void threads_change_nothing(void **state)
{
	static const char *const texts[] = {grid, sobol, screen};
	struct fixture_place *place = *state;
	char other[160];
	snprintf(other, sizeof(other), "%s/b.db", place->directory);
	for (size_t i = 0; i < 3; i++) {
		struct explore_run_report one = explore_sweep_good(texts[i], place->db, 1, false);
		for (unsigned threads = 2; threads <= 4; threads += 2) {
			struct explore_run_report more =
				explore_sweep_good(texts[i], other, threads, false);
			assert_true(more.digest == one.digest);
			assert_true(more.feasible == one.feasible && more.front == one.front);
			explore_assert_same_rows(place->db, other);
			remove(other);
		}
		assert_true(explore_sweep_good(texts[i], NULL, 3, false).digest == one.digest);
		remove(place->db);
	}
}

/* Each field of a result is a column of its own. */
static void every_field_has_a_column(void **state)
{
	struct fixture_place *place = *state;
	char sql[200];
	store_close(fixture_open(place->db, STORE_WRITE));
	for (size_t f = 0; f < EXPLORE_FIELD_COUNT; f++) {
		snprintf(sql, sizeof(sql),
			 "SELECT count(*) FROM pragma_table_info('sweep_point') WHERE name = '%s'",
			 explore_field_name(f));
		if (fixture_ask(place->db, sql) != 1)
			fail_msg("sweep_point lacks '%s': a schema step must add the column",
				 explore_field_name(f));
	}
}

static void rows_say_what_the_points_are(void **state)
{
	struct fixture_place *place = *state;
	explore_sweep_good(grid, place->db, 2, false);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM sweep_points WHERE sweep = "
						"'grid' AND step_ms > 0 AND method = 'closed'"),
			 2 * 2 * 41 * 7);
	assert_int_equal(fixture_ask(place->db,
				     "SELECT count(*) FROM sweep_values WHERE axis = 'hw' AND word "
				     "= 'l4' AND value = 1"),
			 2 * 41 * 7);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM sweep_values WHERE axis = "
						"'hw.hbm.bandwidth' AND value = 8e12"),
			 2 * 2 * 7);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM sweep_point WHERE feasible "
						"<> (fits = 1 AND step_ms < 5)"),
			 0);
	assert_true(fixture_ask(place->db, "SELECT count(*) FROM sweep_point WHERE broken = 2") >
		    0);
	assert_int_equal(fixture_ask(place->db, "SELECT count(DISTINCT key) FROM sweep_point"),
			 2 * 2 * 41 * 7);
}

struct stop_after {
	int calls;
};

static bool stop_after(void *context)
{
	struct stop_after *left = context;
	return left->calls-- <= 0;
}

static void an_interrupted_sweep_goes_on(void **state)
{
	static const char *const texts[] = {grid, sobol, screen};
	struct fixture_place *place = *state;
	char other[160];
	struct sim_diag diag;
	struct explore_run_report report;
	snprintf(other, sizeof(other), "%s/b.db", place->directory);
	for (size_t i = 0; i < 3; i++) {
		struct stop_after left = {5};
		struct explore_run_options options = {
			.threads = 2, .batch = 50, .stop = stop_after, .context = &left};
		uint64_t digest = explore_sweep_good(texts[i], place->db, 2, false).digest;
		assert_int_equal(explore_sweep(texts[i], other, &options, &report, &diag),
				 SIM_E_USAGE);
		assert_non_null(strstr(diag.text, "--resume goes on"));
		/* once more, not to the end either; the first rows are there */
		options.resume = true;
		left.calls = 9;
		assert_int_equal(explore_sweep(texts[i], other, &options, &report, &diag),
				 SIM_E_USAGE);
		if (report.resumed + report.computed > 0) {
			options.resume = false;
			options.stop = NULL;
			assert_int_equal(explore_sweep(texts[i], other, &options, &report, &diag),
					 SIM_E_DUPLICATE);
			assert_non_null(strstr(diag.text, "--resume goes on"));
		}
		assert_true(explore_sweep_good(texts[i], other, 3, true).digest == digest);
		explore_assert_same_rows(place->db, other);
		/* and a finished one is read, not computed */
		report = explore_sweep_good(texts[i], other, 1, false);
		assert_true(report.was_finished && report.computed == 0);
		assert_true(report.digest == digest && report.resumed >= report.points);
		remove(other);
		remove(place->db);
	}
}

static void points_of_other_sweeps_are_not_computed_again(void **state)
{
	struct fixture_place *place = *state;
	static const char few[] =
		"sweep: few\n" BASE "axes: {hw.hbm.bandwidth: [1 TB/s, 2 TB/s, 4 TB/s]}\n"
		"constraints: ['step_ms < 0.5']\n";
	static const char many[] =
		"sweep: many\n" BASE "axes: {hw.hbm.bandwidth: [1 TB/s, 3 TB/s, 4 TB/s, 5 TB/s]}\n";
	explore_sweep_good(few, place->db, 1, false);
	struct explore_run_report report = explore_sweep_good(many, place->db, 1, false);
	assert_int_equal(report.computed, 2);
	assert_int_equal(report.reused, 2);
	assert_true(report.digest == explore_sweep_good(many, NULL, 1, false).digest);
	assert_int_equal(report.feasible, 4); /* by its own constraints */
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM sweep_points p JOIN "
						"sweep_points q ON p.key = q.key WHERE p.sweep = "
						"'few' AND q.sweep = 'many' AND p.step_ms = "
						"q.step_ms"),
			 2);
}

/* The front that a screening ends with is that of simulating everything. */
static void a_screening_finds_the_front(void **state)
{
	struct fixture_place *place = *state;
	char all[1024], *method;
	struct explore_front front, whole;
	snprintf(all, sizeof(all), "%s", screen);
	method = strstr(all, "method:");
	strcpy(method, "method: simulate\n");
	memcpy(all, "sweep: expens", 13);
	struct explore_run_report screened = explore_sweep_good(screen, place->db, 2, false);
	explore_sweep_good(all, place->db, 2, false);
	assert_true(screened.simulated < screened.points / 2);
	struct store *store = fixture_open(place->db, STORE_READ);
	assert_int_equal(explore_front_read(store, "screen", NULL, NULL, NULL, &front, NULL),
			 SIM_OK);
	assert_int_equal(explore_front_read(store, "expens", NULL, NULL, NULL, &whole, NULL),
			 SIM_OK);
	assert_true(front.row_count > 1 && front.row_count == whole.row_count);
	for (size_t i = 0; i < front.row_count; i++)
		assert_int_equal(front.rows[i].point, whole.rows[i].point);
	explore_front_fini(&front);
	explore_front_fini(&whole);
	store_close(store);
}

static void fronts_of_stored_sweeps(void **state)
{
	struct fixture_place *place = *state;
	struct explore_front front;
	struct sim_diag diag = {0};
	explore_sweep_good(grid, place->db, 2, false);
	struct store *store = fixture_open(place->db, STORE_READ);
	assert_int_equal(explore_front_read(store, "grid", "step_ms",
					    "batch = 8 and hw.hbm.bandwidth < 2e12", NULL, &front,
					    NULL),
			 SIM_OK);
	assert_true(front.row_count >= 1);
	for (size_t i = 0; i < front.row_count; i++)
		assert_true(front.rows[i].values[0] == 8 && front.rows[i].values[2] < 2e12);
	assert_int_equal(front.considered,
			 fixture_ask(place->db, "SELECT count(*) FROM sweep_point WHERE feasible "
						"AND a0 = 8 AND a2 < 2e12"));
	explore_front_fini(&front);
	static const char *const wrong[][3] = {
		{"gird", "step_ms", "no sweep 'gird' (did you mean 'grid'?)"},
		{"grid", "step", "unknown result: 'step'"},
		{"grid", "", "no objectives"}};
	for (size_t i = 0; i < 3; i++) {
		diag_init(&diag);
		assert_int_not_equal(explore_front_read(store, wrong[i][0], wrong[i][1], NULL, NULL,
							&front, &diag),
				     SIM_OK);
		assert_non_null(strstr(diag.text, wrong[i][2]));
		explore_front_fini(&front);
	}
	diag_init(&diag);
	assert_int_equal(
		explore_front_read(store, "grid", NULL, "1; DROP TABLE sweep", NULL, &front, &diag),
		SIM_E_PARSE);
	explore_front_fini(&front);
	store_close(store);
}

static void say_progress(void *context, const struct explore_progress *progress)
{
	int told = *(int *)context;
	(void)progress;
	if (write(told, "", 1) != 1)
		_exit(1);
}

/* A child's sweep, a byte to TOLD after each job. */
static void sweep_and_tell(const char *path, int told)
{
	struct explore_run_options options = {.threads = 2,
					      .batch = 20,
					      .resume = true,
					      .progress = say_progress,
					      .context = &told};
	struct explore_run_report report;
	struct sim_diag diag;
	_exit(explore_sweep(sobol, path, &options, &report, &diag) == SIM_OK ? 0 : 1);
}

/* However slow the machine: killed once COUNT jobs are known to be done. */
static void kill_after(const char *path, int count)
{
	int ends[2], status;
	char byte;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		sweep_and_tell(path, ends[1]);
	close(ends[1]);
	while (count-- > 0 && read(ends[0], &byte, 1) == 1)
		;
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(ends[0]);
}

static void killed_it_resumes_to_the_same_rows(void **state)
{
	struct fixture_place *place = *state;
	char other[160];
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	print_message("skipped: no forks beside threads under a sanitizer\n");
	skip();
#endif
	snprintf(other, sizeof(other), "%s/b.db", place->directory);
	for (int count = 1; count <= 4; count++) {
		kill_after(other, count);
		assert_true(fixture_is_sound(other));
		int64_t rows = fixture_ask(other, "SELECT count(*) FROM sweep_point");
		assert_int_equal(fixture_ask(other, "SELECT count(*) FROM sweep_point WHERE point "
						    ">= (SELECT count(*) FROM sweep_point)"),
				 0);
		assert_true(count < 3 || rows > 0);
	}
	struct explore_run_report report = explore_sweep_good(sobol, other, 2, true);
	assert_true(report.resumed > 0);
	uint64_t digest = explore_sweep_good(sobol, place->db, 1, false).digest;
	assert_true(report.digest == digest);
	explore_assert_same_rows(place->db, other);
	remove(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(killed_it_resumes_to_the_same_rows), /* before there are threads */
		STORE_TEST(threads_change_nothing),
		STORE_TEST(every_field_has_a_column),
		STORE_TEST(rows_say_what_the_points_are),
		STORE_TEST(an_interrupted_sweep_goes_on),
		STORE_TEST(points_of_other_sweeps_are_not_computed_again),
		STORE_TEST(a_screening_finds_the_front),
		STORE_TEST(fronts_of_stored_sweeps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
