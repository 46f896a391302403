/* Store: round trip of a trace, names and replacement. */
#include "tests/unit/store_fixture.h"

static void assert_same_names(const struct trace *a, const struct trace *b)
{
	assert_int_equal(a->names.count, b->names.count);
	for (uint32_t i = 0; i < a->names.count; i++) {
		assert_int_equal(a->names.entries[i].length, b->names.entries[i].length);
		assert_memory_equal(a->names.entries[i].text, b->names.entries[i].text,
				    a->names.entries[i].length);
	}
}

static void assert_same(const struct trace *a, const struct trace *b)
{
	assert_int_equal(a->kernel_count, b->kernel_count);
	assert_int_equal(a->step_count, b->step_count);
	assert_memory_equal(a->kernels, b->kernels, a->kernel_count * sizeof(*a->kernels));
	assert_memory_equal(a->details, b->details, a->kernel_count * sizeof(*a->details));
	assert_memory_equal(a->measured, b->measured, a->kernel_count * sizeof(*a->measured));
	assert_memory_equal(a->step_measured, b->step_measured,
			    a->step_count * sizeof(*a->step_measured));
	for (size_t i = 0; i < a->step_count; i++) {
		assert_int_equal(a->steps[i].first, b->steps[i].first);
		assert_int_equal(a->steps[i].count, b->steps[i].count);
		assert_int_equal(a->steps[i].traced_launch, b->steps[i].traced_launch);
		assert_int_equal(a->steps[i].ends_in_sync, b->steps[i].ends_in_sync);
	}
	assert_same_names(a, b);
	assert_string_equal(a->device.name, b->device.name);
	assert_memory_equal(&a->device.memory_bytes, &b->device.memory_bytes,
			    sizeof(a->device) - offsetof(struct trace_device, memory_bytes));
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->source, b->source);
	assert_string_equal(a->format, b->format);
	assert_string_equal(a->steps_by, b->steps_by);
	assert_string_equal(a->warning, b->warning);
	assert_true(a->content_hash == b->content_hash);
	assert_true(a->base_ns == b->base_ns);
	assert_true(a->lacks == b->lacks);
	assert_true(a->warnings == b->warnings);
}

/* Every field comes back, also at the ends of its range, and the file opens again. */
static void trace_round_trip_is_bit_equal(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace, back;
	fixture_trace(&trace, "llama", 7, 5, 37, 50);
	trace.kernels[3].weight_bytes = INT64_MAX;
	trace.kernels[3].host_ns = UINT32_MAX;
	trace.kernels[3].threads = UINT16_MAX;
	trace.kernels[4].recorded_ps = INT64_MAX;
	trace.kernels[5].flags = 0xf9;
	trace.kernels[5].stream = UINT8_MAX;
	trace.details[6].shared_bytes = UINT32_MAX;
	trace.details[6].heads = UINT16_MAX;
	trace.measured[184].duration_ns = INT64_MAX / 1000; /* more do not fit in ps */
	trace.step_measured[4].last_end_ns = trace.measured[184].start_ns + INT64_MAX / 1000;
	trace.lacks = (1u << TRACE_LACK_COUNT) - 1;
	trace.base_ns = INT64_MIN;
	fixture_name(&trace, "nul \0 and \xff", 11);
	fixture_name(&trace, "nul \\x00 and \\xff", 17);
	fixture_name(&trace, "na\xc3\xafve\n\x1b[31m", 12);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	fixture_read_trace(store, "llama", &back);
	assert_same(&trace, &back);
	trace_fini(&back);
	store_close(store);
	store = fixture_open(place->db, STORE_READ);
	fixture_read_trace(store, "llama", &back);
	assert_same(&trace, &back);
	trace_fini(&back);
	store_close(store);
	trace_fini(&trace);
	assert_true(fixture_is_sound(place->db));
}

static void small_and_empty_traces_round_trip(void **state)
{
	struct fixture_place *place = *state;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	/* around the number of rows that one statement takes */
	static const uint32_t sizes[] = {0, 1, 15, 16, 17, 31, 32, 33};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct trace trace, back;
		char name[32];
		snprintf(name, sizeof(name), "t%u", sizes[i]);
		fixture_trace(&trace, name, i, sizes[i] > 0, sizes[i], 20);
		fixture_write_trace(store, &trace, true);
		fixture_read_trace(store, name, &back);
		assert_same(&trace, &back);
		trace_fini(&trace);
		trace_fini(&back);
	}
	store_close(store);
}

static void same_content_is_written_once(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace, back;
	fixture_trace(&trace, "llama", 7, 2, 20, 10);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	int64_t id = fixture_write_trace(store, &trace, true);
	assert_int_equal(fixture_write_trace(store, &trace, false), id);
	/* the same file with other work, as after --shapes, replaces it */
	trace.kernels[0].flops++;
	fixture_write_trace(store, &trace, true);
	fixture_read_trace(store, "llama", &back);
	assert_same(&trace, &back);
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace"), 1);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace_kernel"), 40);
	assert_int_equal(fixture_ask(place->db, "SELECT count(DISTINCT trace_id) FROM trace_kind"),
			 1);
	trace_fini(&trace);
	trace_fini(&back);
}

static void a_trace_that_runs_use_is_kept(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace, back;
	fixture_trace(&trace, "llama", 7, 2, 20, 10);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	fixture_write_run(store, &trace, false);
	uint64_t first_hash = trace.content_hash;
	trace.content_hash = UINT64_C(0x00000000deadbeef);
	trace.kernels[1].kv_read_bytes = 99;
	fixture_write_trace(store, &trace, true);
	fixture_write_trace(store, &trace, false);
	fixture_read_trace(store, "llama", &back);
	assert_true(back.content_hash == first_hash);
	trace_fini(&back);
	fixture_read_trace(store, "llama@00000000deadbeef", &back);
	assert_true(back.kernels[1].kv_read_bytes == 99);
	trace_fini(&back);
	/* that one in use as well: the hash of what is stored tells them apart */
	fixture_write_run(store, &trace, false);
	trace.kernels[1].kv_read_bytes = 100;
	int64_t third = fixture_write_trace(store, &trace, true);
	assert_int_equal(fixture_write_trace(store, &trace, false), third);
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace"), 3);
	assert_int_equal(
		fixture_ask(place->db, "SELECT count(DISTINCT trace_id) FROM run WHERE trace_id"),
		2);
	trace_fini(&trace);
}

static void hostile_names_are_only_text(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace, back;
	static const char name[] = "x'); DROP TABLE trace; --\n\"\x1b]0;\xff";
	fixture_trace(&trace, name, 7, 2, 20, 10);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	fixture_write_run(store, &trace, false);
	fixture_read_trace(store, name, &back);
	assert_string_equal(back.name, "x'); DROP TABLE trace; --\\x0a\"\\x1b]0;\\xff");
	assert_memory_equal(back.kernels, trace.kernels, 40 * sizeof(*back.kernels));
	/* long names keep their suffix */
	trace_fini(&back);
	memset(trace.name, 'n', sizeof(trace.name) - 1);
	fixture_write_trace(store, &trace, true);
	fixture_write_run(store, &trace, false);
	trace.content_hash = 1;
	fixture_write_trace(store, &trace, true);
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace"), 3);
	assert_int_equal(fixture_ask(place->db, "SELECT max(length(name)) FROM trace WHERE name"
						" LIKE 'nnn%@0000000000000001'"),
			 159);
	trace_fini(&trace);
}

static void unknown_names_are_answered_with_the_nearest(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace, back;
	struct sim_diag diag;
	fixture_trace(&trace, "llama-3.1-8b", 7, 1, 20, 10);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	diag_init(&diag);
	assert_int_equal(store_read_trace(store, "lama-3.1-8b", &back, &diag), SIM_E_NOT_FOUND);
	assert_non_null(strstr(diag.text, "did you mean 'llama-3.1-8b'?"));
	store_close(store);
	trace_fini(&trace);
}

static void values_that_do_not_fit_leave_nothing(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace;
	struct sim_diag diag;
	int64_t id;
	bool added;
	fixture_trace(&trace, "llama", 7, 2, 20, 10);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	trace.kernels[30].act_read_bytes = UINT64_C(1) << 63;
	diag_init(&diag);
	assert_int_equal(store_write_trace(store, &trace, &id, &added, &diag), SIM_E_RANGE);
	assert_non_null(strstr(diag.text, "9223372036854775808"));
	trace.kernels[30].act_read_bytes = 0;
	trace.steps[1].count = 21;
	diag_init(&diag);
	assert_int_equal(store_write_trace(store, &trace, &id, &added, &diag), SIM_E_RANGE);
	trace.steps[1].count = 20;
	trace.measured[39].start_ns = INT64_MAX - 1;
	diag_init(&diag);
	assert_int_equal(store_write_trace(store, &trace, &id, &added, &diag), SIM_E_RANGE);
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace"), 0);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace_kernel"), 0);
	trace_fini(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(trace_round_trip_is_bit_equal),
		STORE_TEST(small_and_empty_traces_round_trip),
		STORE_TEST(same_content_is_written_once),
		STORE_TEST(a_trace_that_runs_use_is_kept),
		STORE_TEST(hostile_names_are_only_text),
		STORE_TEST(unknown_names_are_answered_with_the_nearest),
		STORE_TEST(values_that_do_not_fit_leave_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
