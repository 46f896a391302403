/* Stored runs read back, and what differs between two. */
#include "tests/unit/store_fixture.h"

#include <math.h>

#include "sim/explore/run_diff.h"

static void must(enum sim_status status, const struct sim_diag *diag)
{
	if (status != SIM_OK)
		fail_msg("%s: %s", sim_status_name(status), diag->text);
}

static struct stored_run read_run(struct store *store, int64_t id)
{
	struct stored_run run;
	struct sim_diag diag;
	diag_init(&diag);
	must(store_read_run(store, id, &run, &diag), &diag);
	return run;
}

/* Two runs of a trace of 10 kinds of kernels in 3 steps of 20; CHANGE is what the second is. */
static void store_two(const char *db, const char *change)
{
	struct trace trace;
	fixture_trace(&trace, "llama", 7, 3, 20, 10);
	struct store *store = fixture_open(db, STORE_WRITE);
	fixture_write_run(store, &trace, true);
	fixture_write_run(store, &trace, false);
	store_close(store);
	trace_fini(&trace);
	if (change != NULL)
		fixture_change(db, change);
}

static void runs_by_name(void **state)
{
	static const struct {
		const char *word;
		int64_t id;
	} good[] = {{"1", 1}, {"2", 2}, {"last", 2}, {"last~0", 2}, {"last~1", 1}};
	static const char *const none[] = {"3", "0", "last~2", "last~9223372036854775807"};
	static const char *const bad[] = {"",
					  "-1",
					  "1x",
					  " 1",
					  "last~",
					  "last~x",
					  "lst",
					  "last~1x",
					  "last~-1",
					  "99999999999999999999",
					  "last~99999999999999999999"};
	struct fixture_place *place = *state;
	struct sim_diag diag;
	int64_t id;
	store_two(place->db, NULL);
	struct store *store = fixture_open(place->db, STORE_READ);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		diag_init(&diag);
		must(store_find_run(store, good[i].word, &id, &diag), &diag);
		assert_int_equal(id, good[i].id);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(store_find_run(store, none[i], &id, NULL), SIM_E_NOT_FOUND);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(store_find_run(store, bad[i], &id, NULL), SIM_E_USAGE);
	store_close(store);
}

static void a_run_comes_back(void **state)
{
	struct fixture_place *place = *state;
	int64_t parts = 0, count = 0;
	store_two(place->db, NULL);
	struct store *store = fixture_open(place->db, STORE_READ);
	struct stored_run run = read_run(store, 1);
	assert_string_equal(run.trace, "llama");
	assert_string_equal(run.launch, "graph");
	assert_string_equal(run.version, "1.2.3");
	assert_string_equal(run.digest, "8000000000000001");
	assert_true(run.host_speed == 1.5);
	assert_int_equal(run.step_ps, 2000000000);
	assert_int_equal(run.steps, 3);
	assert_int_equal(run.part_count, SIM_PART_COUNT);
	for (size_t i = 0; i < run.part_count; i++)
		parts += run.parts[i].ps;
	assert_int_equal(parts, run.step_ps);
	assert_int_equal(run.group_count, 10);
	for (size_t i = 0; i < run.group_count; i++)
		count += run.groups[i].count;
	assert_int_equal(count, 60);
	assert_string_equal(run.groups[3].grid, "4,5,6");
	assert_int_equal(run.value_count, 2);
	stored_run_fini(&run);
	store_close(store);
}

static struct run_diff diff_of(struct store *store, struct stored_run *a, struct stored_run *b)
{
	struct run_diff diff;
	struct sim_diag diag;
	diag_init(&diag);
	*a = read_run(store, 1);
	*b = read_run(store, 2);
	must(run_diff_find(a, b, &diff, &diag), &diag);
	return diff;
}

static void close_all(struct store *store, struct stored_run *a, struct stored_run *b,
		      struct run_diff *diff)
{
	run_diff_fini(diff);
	stored_run_fini(a);
	stored_run_fini(b);
	store_close(store);
}

static void equal_runs_differ_in_nothing(void **state)
{
	struct fixture_place *place = *state;
	struct stored_run a, b;
	store_two(place->db, NULL);
	struct store *store = fixture_open(place->db, STORE_READ);
	struct run_diff diff = diff_of(store, &a, &b);
	assert_int_equal(diff.value_count, 0);
	assert_int_equal(diff.only_a + diff.only_b, 0);
	assert_int_equal(diff.group_count, 10);
	for (size_t i = 0; i < diff.group_count; i++) {
		assert_true(diff.groups[i].a_ps == diff.groups[i].b_ps);
		assert_true(diff.groups[i].group_a != NULL && diff.groups[i].group_b != NULL);
		assert_true(diff.groups[i].a_count == 2); /* 6 in 3 steps */
	}
	for (size_t i = 0; i < diff.part_count; i++)
		assert_true(diff.parts[i].a_ps == diff.parts[i].b_ps);
	close_all(store, &a, &b, &diff);
}

static void what_moved_comes_first(void **state)
{
	struct fixture_place *place = *state;
	struct stored_run a, b;
	store_two(place->db,
		  "UPDATE run_group SET predicted_ps = predicted_ps + 9000000 WHERE run_id = 2 AND"
		  " grp = 4;"
		  "UPDATE run_group SET predicted_ps = predicted_ps - 3000000 WHERE run_id = 2 AND"
		  " grp = 6;"
		  "UPDATE run_part SET ps = ps + 7 WHERE run_id = 2 AND part = 'hbm';");
	struct store *store = fixture_open(place->db, STORE_READ);
	struct run_diff diff = diff_of(store, &a, &b);
	assert_ptr_equal(diff.groups[0].group_a, &a.groups[4]);
	assert_ptr_equal(diff.groups[0].group_b, &b.groups[4]);
	assert_true(diff.groups[0].b_ps - diff.groups[0].a_ps == 3000000);
	assert_ptr_equal(diff.groups[1].group_a, &a.groups[6]);
	assert_true(diff.groups[1].b_ps - diff.groups[1].a_ps == -1000000);
	assert_true(diff.groups[2].b_ps == diff.groups[2].a_ps);
	assert_string_equal(diff.families[0].name, a.groups[4].family);
	for (size_t i = 0; i < diff.part_count; i++)
		assert_true(diff.parts[i].b_ps - diff.parts[i].a_ps ==
			    (strcmp(diff.parts[i].name, "hbm") == 0 ? 7 : 0));
	close_all(store, &a, &b, &diff);
}

/* Another geometry is the same group where it is the only one; another shape is not. */
static void groups_find_each_other(void **state)
{
	struct fixture_place *place = *state;
	struct stored_run a, b;
	store_two(place->db, "UPDATE run_group SET grid = '99,1,1' WHERE run_id = 2 AND grp = 1;"
			     "UPDATE run_group SET shape = 'other' WHERE run_id = 2 AND grp = 2;"
			     "UPDATE run_group SET name = 'x', shape = 'y' WHERE grp IN (7, 8);"
			     "UPDATE run_group SET grid = '8,8,8' WHERE run_id = 2 AND grp = 7;"
			     "UPDATE run_group SET grid = '9,9,9' WHERE run_id = 2 AND grp = 8;"
			     "UPDATE run_group SET family = 'gemm' WHERE grp IN (7, 8);");
	struct store *store = fixture_open(place->db, STORE_READ);
	struct run_diff diff = diff_of(store, &a, &b);
	size_t moved = 0, alone = 0;
	for (size_t i = 0; i < diff.group_count; i++) {
		const struct time_diff *pair = &diff.groups[i];
		if (pair->group_a == &a.groups[1]) {
			assert_ptr_equal(pair->group_b, &b.groups[1]);
			moved++;
		}
		alone += pair->group_a == NULL || pair->group_b == NULL;
	}
	assert_int_equal(moved, 1);
	assert_int_equal(diff.only_a, 3); /* of 2, and of 7 and 8, which could be either */
	assert_int_equal(diff.only_b, 3);
	assert_int_equal(alone, 6);
	close_all(store, &a, &b, &diff);
}

static void device_values_that_differ(void **state)
{
	struct fixture_place *place = *state;
	struct stored_run a, b;
	store_two(place->db,
		  "INSERT INTO device SELECT 2, name || '-2', content_hash, model, summary, path,"
		  " inherits, calibrated FROM device;"
		  "INSERT INTO device_value SELECT 2, key, value * 2, unit, low, high, origin,"
		  " source FROM device_value WHERE key = 'hbm.bandwidth';"
		  "INSERT INTO device_value VALUES(2, 'aaa', 1.0, 'B', NULL, NULL, 'file', '');"
		  "INSERT INTO device_value VALUES(2, 'zzz', NULL, 'B', NULL, NULL, 'file', '');"
		  "UPDATE run SET device_id = 2 WHERE id = 2;");
	struct store *store = fixture_open(place->db, STORE_READ);
	struct run_diff diff = diff_of(store, &a, &b);
	size_t doubled = 0;
	/* what one does not have and the other does not know is no difference */
	for (size_t i = 0; i < diff.value_count; i++) {
		assert_string_not_equal(diff.values[i].key, "zzz");
		doubled += strcmp(diff.values[i].key, "hbm.bandwidth") == 0 &&
			   diff.values[i].b == 2 * diff.values[i].a;
	}
	assert_int_equal(doubled, 1);
	assert_string_equal(diff.values[0].key, "aaa");
	assert_true(!diff.values[0].has_a && diff.values[0].has_b && isnan(diff.values[0].a));
	close_all(store, &a, &b, &diff);
}

static void damaged_rows(void **state)
{
	static const char *const damages[] = {
		"UPDATE run SET step_ps = -1 WHERE id = 1",
		"UPDATE run SET host_speed = -1 WHERE id = 1",
		"UPDATE run_group SET count = -5 WHERE run_id = 1 AND grp = 2",
		"UPDATE run_group SET predicted_ps = 9223372036854775807 WHERE grp = 2",
		"UPDATE device_value SET value = -1",
		"PRAGMA foreign_keys = OFF; DELETE FROM device",
		"DELETE FROM run WHERE id = 1",
	};
	struct fixture_place *place = *state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct stored_run run;
		remove(place->db);
		store_two(place->db, damages[i]);
		struct store *store = fixture_open(place->db, STORE_READ);
		assert_int_equal(store_read_run(store, 1, &run, NULL), SIM_E_DB);
		stored_run_fini(&run);
		store_close(store);
	}
}

#define STORED(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORED(runs_by_name),
		STORED(a_run_comes_back),
		STORED(equal_runs_differ_in_nothing),
		STORED(what_moved_comes_first),
		STORED(groups_find_each_other),
		STORED(device_values_that_differ),
		STORED(damaged_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
