/* Store: rows that somebody changed, files that lost bytes. Always SIM_E_DB, never a crash. */
#include "tests/unit/store_fixture.h"

/* A fresh database of one trace of 40 kernels, 10 kinds and 2 steps. */
static void make_database(const char *path)
{
	struct trace trace;
	remove(path);
	fixture_trace(&trace, "llama", 7, 2, 20, 10);
	struct store *store = fixture_open(path, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	store_close(store);
	trace_fini(&trace);
}

static void assert_damaged(const char *path, const char *change)
{
	struct trace back;
	struct sim_diag diag;
	make_database(path);
	fixture_change(path, change);
	struct store *store = fixture_open(path, STORE_READ);
	diag_init(&diag);
	enum sim_status status = store_read_trace(store, "llama", &back, &diag);
	if (status != SIM_E_DB || strlen(diag.text) < 20)
		fail_msg("%s: status %d '%s'", change, status, diag.text);
	assert_null(back.kernels);
	trace_fini(&back);
	store_close(store);
}

static void changed_rows_are_told(void **state)
{
	struct fixture_place *place = *state;
	static const char *const changes[] = {
		"DELETE FROM trace_kernel WHERE id = 1",
		"DELETE FROM trace_kernel WHERE id = 17",
		"DELETE FROM trace_kernel WHERE id = 40",
		"DELETE FROM trace_kernel",
		"UPDATE trace_kernel SET id = 1000 WHERE id = 17",
		"UPDATE trace_kernel SET trace_id = 5 WHERE id = 17",
		"UPDATE trace_kernel SET kind = 10 WHERE id = 17",
		"UPDATE trace_kernel SET kind = -1 WHERE id = 17",
		"UPDATE trace_kernel SET stream = 256 WHERE id = 17",
		"UPDATE trace_kernel SET host_ns = 4294967296 WHERE id = 17",
		"UPDATE trace_kernel SET recorded_ps = 1 WHERE id = 1",
		"UPDATE trace_kernel SET recorded_ps = NULL WHERE recorded_ps",
		"UPDATE trace_kernel SET recorded_ps = -1 WHERE recorded_ps",
		"UPDATE trace_kernel SET correlation = -1 WHERE id = 3",
		"UPDATE trace_kernel SET duration_ns = -1 WHERE id = 17",
		"UPDATE trace_kernel SET duration_ns = 9223372036854776 WHERE id = 17",
		"UPDATE trace_kernel SET start_ns = 9223372036854775807 WHERE id = 40",
		"UPDATE trace_kernel SET start_ns = start_ns - 1000000 WHERE id = 17",
		"UPDATE trace_kernel SET launch_end_ns = NULL WHERE id = 17",
		"UPDATE trace_kernel SET launch_end_ns = launch_start_ns - 1 WHERE id = 17",
		"UPDATE trace SET kernel_count = 41",
		"UPDATE trace SET kernel_count = 39",
		"UPDATE trace SET kernel_count = 9223372036854775807",
		"UPDATE trace SET kernel_count = 4000000000",
		"UPDATE trace SET kernel_count = -1",
		"UPDATE trace SET kind_count = 9",
		"UPDATE trace SET kind_count = 4000000000",
		"UPDATE trace SET step_count = 4000000000",
		"UPDATE trace SET name_count = 4000000000",
		"UPDATE trace SET name_count = 0",
		"UPDATE trace SET first_kernel = 2",
		"UPDATE trace SET first_kernel = 9223372036854775807",
		"UPDATE trace SET content_hash = '123'",
		"UPDATE trace SET content_hash = 'F0e1d2c3b4a59687'",
		"UPDATE trace SET lacks = 'brains'",
		"UPDATE trace SET lacks = 'clocks,'",
		"UPDATE trace SET format = printf('%.*c', 5000, 'x')",
		"UPDATE trace SET source = char(0)",
		"UPDATE trace SET device_memory_bytes = -1",
		"UPDATE trace SET driver_version = 3000000000",
		"DELETE FROM trace_kind WHERE kind = 3",
		"UPDATE trace_kind SET kind = 99 WHERE kind = 3",
		"UPDATE trace_kind SET op = 'fly' WHERE kind = 3",
		"UPDATE trace_kind SET family = '' WHERE kind = 3",
		"UPDATE trace_kind SET dtype = 'bf17' WHERE kind = 3",
		"UPDATE trace_kind SET name_id = 1000 WHERE kind = 3",
		"UPDATE trace_kind SET shape_id = -1 WHERE kind = 3",
		"UPDATE trace_kind SET flops = NULL WHERE kind = 3",
		"UPDATE trace_kind SET flops = -1 WHERE kind = 3",
		"UPDATE trace_kind SET flags = 2 WHERE kind = 3",
		"UPDATE trace_kind SET flags = 256 WHERE kind = 3",
		"UPDATE trace_kind SET weight_bytes = -1 WHERE kind = 3",
		"UPDATE trace_kind SET threads = 65536 WHERE kind = 3",
		"UPDATE trace_kind SET grid_z = 4294967296 WHERE kind = 3",
		"UPDATE trace_kind SET heads = 65536 WHERE kind = 3",
		"DELETE FROM trace_step WHERE step = 0",
		"UPDATE trace_step SET first = 21 WHERE step = 1",
		"UPDATE trace_step SET first = 19 WHERE step = 1",
		"UPDATE trace_step SET count = 4294967295 WHERE step = 1",
		"UPDATE trace_step SET launch = 'pdl?' WHERE step = 1",
		"UPDATE trace_step SET launch = 'pdl' WHERE step = 1",
		"UPDATE trace_step SET first_start_ns = 1 WHERE step = 1",
		"UPDATE trace_step SET last_end_ns = last_end_ns - 1 WHERE step = 1",
		"UPDATE trace_step SET step = 2 WHERE step = 1",
		"DELETE FROM trace_name WHERE id = 2",
		"UPDATE trace_name SET id = 77 WHERE id = 2",
		"UPDATE trace_name SET text = 'aten::mm'",
		"UPDATE trace_name SET text = 'not empty' WHERE id = 0",
		"DROP TABLE trace_step",
		"PRAGMA legacy_alter_table = ON; ALTER TABLE trace_kernel RENAME thread TO threads",
	};
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		assert_damaged(place->db, changes[i]);
}

/* STRICT keeps wrong types and NULL out; a table made anew does not. */
static void wrong_types_are_told(void **state)
{
	struct fixture_place *place = *state;
	static const char *const tables[][2] = {
		{"trace_kernel", "duration_ns"}, {"trace_kernel", "kind"}, {"trace_kind", "op"},
		{"trace_kind", "weight_bytes"},	 {"trace_step", "count"},  {"trace_step", "launch"},
		{"trace_name", "text"},		 {"trace", "name_count"},  {"trace", "format"},
		{"trace", "first_kernel"},
	};
	static const char *const values[] = {"NULL", "1.5", "zeroblob(4)", "'17x'", "9e99"};
	char change[512];
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			bool valid = strcmp(tables[t][1], "text") == 0 ||
				     strcmp(tables[t][1], "format") == 0;
			/* a text column makes a text of a number, and other text is as good */
			if (valid && v > 0)
				continue;
			snprintf(change, sizeof(change),
				 "PRAGMA legacy_alter_table = ON; CREATE TABLE loose AS SELECT * "
				 "FROM %s; DROP TABLE %s;"
				 "ALTER TABLE loose RENAME TO %s;"
				 "UPDATE %s SET %s = %s WHERE rowid = 1",
				 tables[t][0], tables[t][0], tables[t][0], tables[t][0],
				 tables[t][1], values[v]);
			assert_damaged(place->db, change);
		}
}

/* Every page overwritten in turn, and the file cut short: an answer or a message, no crash. */
static void lost_bytes_are_survived(void **state)
{
	struct fixture_place *place = *state;
	unsigned char *whole = malloc(1 << 20), *broken = malloc(1 << 20);
	size_t failures = 0, rounds = 0;
	assert_true(whole != NULL && broken != NULL);
	make_database(place->db);
	FILE *file = fopen(place->db, "rb");
	size_t length = fread(whole, 1, 1 << 20, file);
	fclose(file);
	assert_true(length > 20 * 4096 && length < 1 << 20);
	uint64_t seed = 5;
	for (size_t page = 0; page < 2 * length / 4096; page++) {
		bool cut = page >= length / 4096;
		size_t at = page % (length / 4096) * 4096;
		memcpy(broken, whole, length);
		for (size_t i = 0; i < 64 && !cut; i++)
			broken[at + (i < 32 ? i : fixture_random(&seed) % 4096)] =
				(unsigned char)fixture_random(&seed);
		file = fopen(place->db, "wb");
		fwrite(broken, 1, cut ? at + 1000 : length, file);
		fclose(file);
		struct store *store = NULL;
		struct trace back;
		struct sim_diag diag;
		diag_init(&diag);
		enum sim_status status = store_open(place->db, STORE_READ, &store, &diag);
		if (status == SIM_OK) {
			status = store_read_trace(store, "llama", &back, &diag);
			trace_fini(&back);
		}
		store_close(store);
		assert_true(status == SIM_OK || status == SIM_E_DB || status == SIM_E_NOT_FOUND);
		assert_true(status == SIM_OK || diag.text[0] != '\0');
		failures += status != SIM_OK;
		rounds++;
	}
	assert_true(failures >= rounds / 4);
	free(whole);
	free(broken);
}

/* Triggers that came with a file do not run when we write to it. */
static void planted_triggers_do_not_run(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace;
	make_database(place->db);
	fixture_change(place->db, "CREATE TRIGGER t AFTER INSERT ON trace BEGIN"
				  " DELETE FROM trace_kernel; END");
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_trace(&trace, "other", 8, 2, 20, 10);
	fixture_write_trace(store, &trace, true);
	/* while what the schema itself asks for still happens: replaced rows go */
	trace.content_hash++;
	fixture_write_trace(store, &trace, true);
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace_kernel"), 80);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace_kind"), 20);
	trace_fini(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(changed_rows_are_told),
		STORE_TEST(wrong_types_are_told),
		STORE_TEST(lost_bytes_are_survived),
		STORE_TEST(planted_triggers_do_not_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
