/* Runs of deployments and plans in the store: whole, once, printable, NULL where nothing is known. */
#include <math.h>

#include "sim/store/serving.h"
#include "tests/unit/store_fixture.h"

static const struct store_latency latencies[] = {
	{"ttft", 0.1, 0.2, 0.3, 0.4, 0.5, 0.01, 0.02, 0.03, 0.04, 7},
	{"tpot", NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0},
};
static const struct store_objective objectives[] = {
	{"ttft.p99", 0.5, 0.4, NAN, 0.2, true},
	{"tpot.mean", 0.01, NAN, NAN, NAN, true},
};

static struct store_serve serve_row(const char *name)
{
	struct store_serve row = {
		.identity = {name, "serve: x, deployment: {}", "0.1", 0xabc, 0xdef},
		.model = "m",
		.runtime = "r",
		.hw = "h",
		.batching = "static",
		.met = true,
		.latencies = latencies,
		.latency_count = 2,
		.objectives = objectives,
		.objective_count = 2,
	};
	uint64_t count = 100;
	double number = 0.5;
#define X(name) row.name = count++;
	STORE_SERVE_COUNTS(X)
#undef X
#define X(name) row.name = number++;
	STORE_SERVE_NUMBERS(X)
#undef X
	row.kv_mean = row.band_low = NAN;
	return row;
}

static void a_serve_is_stored_once(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	struct sim_diag diag = {0};
	struct store_serve row = serve_row("one");
	int64_t id, again;
	bool added;
	assert_int_equal(store_write_serve(store, &row, &id, &added, &diag), SIM_OK);
	assert_true(added && id == 1);
	assert_int_equal(store_write_serve(store, &row, &again, &added, &diag), SIM_OK);
	assert_true(!added && again == id);
	/* the same question with another answer stands beside it: nothing that is stored is lost */
	row.identity.digest++;
	assert_int_equal(store_write_serve(store, &row, &again, &added, &diag), SIM_OK);
	assert_true(added && again == 2);
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM serve_run"), 2);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM serve_latency"), 4);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM serve_objective"), 4);
	/* columns came in the order of their names */
	assert_int_equal(fixture_ask(place->db, "SELECT seed = 100 AND prefix_misses = 114 AND "
						"requests = 103 FROM serve_run"),
			 1);
	assert_int_equal(fixture_ask(place->db,
				     "SELECT devices = 0.5 AND usd_per_mtoken = 16.5 AND "
				     "band_high = 18.5 AND kv_mean IS NULL AND band_low IS NULL "
				     "FROM serve_run"),
			 1);
	assert_int_equal(fixture_ask(place->db, "SELECT round(ttft_p99_ms) = 400 AND "
						"tpot_ms IS NULL FROM serves"),
			 1);
	assert_true(fixture_is_sound(place->db));
}

static void names_are_bound_and_printable(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	struct sim_diag diag = {0};
	struct store_serve row = serve_row("a'); DROP TABLE serve_run; --\x1b[31m\n");
	int64_t id;
	bool added;
	assert_int_equal(store_write_serve(store, &row, &id, &added, &diag), SIM_OK);
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT name LIKE 'a''); DROP%' AND "
						"instr(name, char(27)) = 0 AND "
						"instr(name, char(10)) = 0 FROM serve_run"),
			 1);
}

static void a_count_that_is_too_large_leaves_nothing(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	struct sim_diag diag = {0};
	struct store_latency huge = latencies[0];
	struct store_serve row = serve_row("huge");
	int64_t id;
	bool added;
	huge.requests = UINT64_MAX; /* after the first table was written */
	row.latencies = &huge;
	row.latency_count = 1;
	assert_int_equal(store_write_serve(store, &row, &id, &added, &diag), SIM_E_RANGE);
	assert_non_null(strstr(diag.text, "requests too large"));
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM serve_run"), 0);
}

static void a_plan_keeps_every_candidate_and_answer(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	struct sim_diag diag = {0};
	const struct store_candidate candidates[] = {
		{"{\"tp\":\"1\"}", "out of memory", "14 GB are needed", "", 1, 1, NAN, NAN, NAN,
		 NAN, NAN, NAN, NAN, NULL, NAN},
		{"{\"tp\":\"2\"}", "meets", "", "one is too slow", 3, 6, 15, 2.5, 900, 0.8, 0.4,
		 0.01, 3, "ttft.p99", 0.2},
	};
	const struct store_answer answers[] = {
		{"cheapest", 1, -0.1, 0.2, 1, 1.5, "ttft.p99 is long"},
		{"least power", -1, NAN, NAN, -1, NAN, ""},
	};
	const struct store_plan row = {
		.identity = {"p", "plan: p", "0.1", 1, 2},
		.runs = 9,
		.candidates = candidates,
		.candidate_count = 2,
		.answers = answers,
		.answer_count = 2,
	};
	int64_t id;
	bool added;
	assert_int_equal(store_write_plan(store, &row, &id, &added, &diag), SIM_OK);
	assert_true(added && id == 1);
	assert_int_equal(store_write_plan(store, &row, &id, &added, &diag), SIM_OK);
	assert_true(!added && id == 1);
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM plan_candidate"), 2);
	assert_int_equal(fixture_ask(place->db,
				     "SELECT replicas = 3 AND binding = 'ttft.p99' AND "
				     "meets_at_slow_end = 1 FROM plans WHERE goal = 'cheapest'"),
			 1);
	assert_int_equal(fixture_ask(place->db, "SELECT keys IS NULL AND load_growth IS NULL FROM "
						"plans WHERE goal = 'least power'"),
			 1);
	assert_int_equal(fixture_ask(place->db, "SELECT json_extract(keys, '$.tp') FROM "
						"plan_candidate WHERE candidate = 1"),
			 2);
	assert_true(fixture_is_sound(place->db));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_serve_is_stored_once),
		STORE_TEST(names_are_bound_and_printable),
		STORE_TEST(a_count_that_is_too_large_leaves_nothing),
		STORE_TEST(a_plan_keeps_every_candidate_and_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
