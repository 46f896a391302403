/* Store: what may be learnt of a trace later comes back, is brought up to date, and is shown. */
#include "tests/unit/store_fixture.h"

#include <math.h>

static const double unknown = (double)NAN;

static void assert_same_real(double a, double b)
{
	if (!(a == b || (isnan(a) && isnan(b))))
		fail_msg("%.17g is not %.17g", a, b);
}

static void assert_same_bytes(const struct trace *a, const struct trace *b)
{
	assert_true((a->bytes == NULL) == (b->bytes == NULL));
	for (size_t i = 0; a->bytes != NULL && i < a->kernel_count; i++) {
		assert_same_real(a->bytes[i].dram_read_bytes, b->bytes[i].dram_read_bytes);
		assert_same_real(a->bytes[i].dram_write_bytes, b->bytes[i].dram_write_bytes);
		assert_same_real(a->bytes[i].l2_bytes, b->bytes[i].l2_bytes);
	}
	assert_string_equal(a->bytes_source, b->bytes_source);
}

static void assert_same_facts(const struct trace *a, const struct trace *b)
{
	const struct trace_device *left = &a->device, *right = &b->device;
	assert_true(left->l2_bytes == right->l2_bytes);
	assert_same_real(left->max_sm_hz, right->max_sm_hz);
	assert_same_real(left->max_memory_hz, right->max_memory_hz);
	assert_same_real(left->memory_bytes_per_s, right->memory_bytes_per_s);
	assert_string_equal(a->capture.tool, b->capture.tool);
	assert_memory_equal(&a->capture.dropped, &b->capture.dropped,
			    sizeof(a->capture) - offsetof(struct trace_capture, dropped));
	assert_memory_equal(&a->clocks, &b->clocks, sizeof(a->clocks));
	assert_string_equal(a->timing.source, b->timing.source);
	assert_string_equal(a->timing.kind, b->timing.kind);
	assert_int_equal(a->timing.step_count, b->timing.step_count);
	assert_memory_equal(&a->timing.step_ns, &b->timing.step_ns,
			    sizeof(a->timing) - offsetof(struct trace_timing, step_ns));
	assert_same_bytes(a, b);
	assert_int_equal(a->lacks, b->lacks);
	assert_memory_equal(a->measured, b->measured, a->kernel_count * sizeof(*a->measured));
}

static void assert_stored_as(struct store *store, const struct trace *trace)
{
	struct trace back;
	fixture_read_trace(store, trace->name, &back);
	assert_same_facts(trace, &back);
	trace_fini(&back);
}

static void every_fact_comes_back(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace;
	fixture_trace(&trace, "llama", 7, 2, 20, 10);
	fixture_facts(&trace);
	trace.measured[3].graph = UINT32_MAX;
	trace.measured[3].node = UINT64_MAX;
	trace.measured[4].graph = 2;
	trace.measured[5].node = UINT64_C(0x200000017);
	trace.device.l2_bytes = INT64_MAX;
	trace.capture.overhead_ns = INT64_MIN;
	trace.clocks.samples = UINT32_MAX;
	trace.timing.step_ns = INT64_MAX;
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	assert_stored_as(store, &trace);
	fixture_write_trace(store, &trace, false);
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT node FROM trace_kernel WHERE id = 4"), -1);
	assert_int_equal(
		fixture_ask(place->db, "SELECT count(*) FROM trace_kernel WHERE graph IS NULL"),
		38);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace_bytes"), 26);
	trace_fini(&trace);
}

/* NULL in every column that may be; and no row where nothing is known. */
static void what_is_unknown_comes_back_unknown(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace;
	fixture_trace(&trace, "llama", 7, 2, 20, 10);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	assert_stored_as(store, &trace);
	static const char *const tables[] = {"trace_capture", "trace_clocks", "trace_timing",
					     "trace_bytes"};
	for (size_t i = 0; i < 4; i++) {
		char sql[64];
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", tables[i]);
		assert_int_equal(fixture_ask(place->db, sql), 0);
	}
	snprintf(trace.name, sizeof(trace.name), "little");
	trace.capture.zero_times = 1;
	trace.clocks.samples = 1;
	snprintf(trace.timing.source, sizeof(trace.timing.source), "given");
	trace.timing.step_ns = 5;
	trace.bytes = calloc(trace.kernel_count, sizeof(*trace.bytes));
	for (size_t i = 0; i < trace.kernel_count; i++)
		trace.bytes[i] = (struct trace_bytes){unknown, unknown, unknown};
	fixture_write_trace(store, &trace, true);
	assert_stored_as(store, &trace);
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace_clocks WHERE"
						" sm_hz_low IS NULL AND sm_hz_median IS NULL AND"
						" power_w_mean IS NULL"),
			 1);
	assert_int_equal(
		fixture_ask(place->db, "SELECT bytes_count FROM trace WHERE name = 'little'"), 0);
	trace_fini(&trace);
}

/* Stored first without, then with: the same row, with its runs; and again without. */
static void what_is_learnt_later_is_added(void **state)
{
	struct fixture_place *place = *state;
	struct trace bare, full;
	fixture_trace(&bare, "llama", 7, 2, 20, 10);
	bare.lacks |= 1u << TRACE_LACK_TIMING;
	fixture_trace(&full, "llama", 7, 2, 20, 10);
	fixture_facts(&full);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	int64_t id = fixture_write_trace(store, &bare, true);
	fixture_write_run(store, &bare, false);
	assert_int_equal(fixture_write_trace(store, &full, true), id);
	assert_stored_as(store, &full);
	assert_int_equal(fixture_write_trace(store, &bare, false), id);
	assert_stored_as(store, &full);
	/* another timing alone: bytes stay */
	struct trace_bytes *bytes = full.bytes;
	full.bytes = NULL;
	full.timing.step_ns = 1700000;
	assert_int_equal(fixture_write_trace(store, &full, true), id);
	assert_int_equal(fixture_write_trace(store, &full, false), id);
	full.bytes = bytes;
	assert_stored_as(store, &full);
	/* other bytes alone: timing stays */
	full.bytes[7].l2_bytes = 77;
	bare.bytes = full.bytes;
	memcpy(bare.bytes_source, full.bytes_source, sizeof(bare.bytes_source));
	assert_int_equal(fixture_write_trace(store, &bare, true), id);
	assert_stored_as(store, &full);
	bare.bytes = NULL;
	store_close(store);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace"), 1);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM run WHERE trace_id"), 1);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace_timing"), 1);
	assert_int_equal(fixture_ask(place->db, "SELECT count(*) FROM trace_bytes"), 26);
	trace_fini(&bare);
	trace_fini(&full);
}

/* Each fact by itself is reason enough to write, and graph nodes make another trace. */
static void each_change_is_seen(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace;
	fixture_trace(&trace, "llama", 7, 2, 20, 10);
	fixture_facts(&trace);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	int64_t id = fixture_write_trace(store, &trace, true);
	uint64_t *const counts[] = {&trace.device.l2_bytes, &trace.capture.dropped,
				    &trace.capture.zero_times, &trace.capture.foreign_buffers,
				    &trace.capture.overheads};
	int64_t *const times[] = {&trace.capture.overhead_ns,	 &trace.timing.step_ns,
				  &trace.timing.step_low_ns,	 &trace.timing.step_high_ns,
				  &trace.timing.traced_step_ns,	 &trace.timing.device_ns,
				  &trace.timing.traced_device_ns};
	uint32_t *const numbers[] = {&trace.clocks.samples, &trace.clocks.throttle_reasons,
				     &trace.timing.step_count};
	double *const reals[] = {&trace.device.max_sm_hz,	   &trace.device.max_memory_hz,
				 &trace.device.memory_bytes_per_s, &trace.clocks.sm_hz_low,
				 &trace.clocks.sm_hz_median,	   &trace.clocks.sm_hz_high,
				 &trace.clocks.memory_hz_median,   &trace.clocks.power_w_mean,
				 &trace.clocks.temperature_c_high, &trace.bytes[1].dram_read_bytes,
				 &trace.bytes[1].dram_write_bytes, &trace.bytes[3].l2_bytes};
	char *const texts[] = {trace.capture.tool, trace.timing.source, trace.timing.kind,
			       trace.bytes_source};
	size_t total = 0;
#define EACH(list, change)                                                                         \
	for (size_t i = 0; i < sizeof(list) / sizeof((list)[0]); i++, total++) {                   \
		change;                                                                            \
		assert_int_equal(fixture_write_trace(store, &trace, true), id);                    \
		assert_stored_as(store, &trace);                                                   \
		assert_int_equal(fixture_write_trace(store, &trace, false), id);                   \
	}
	EACH(counts, *counts[i] += 1)
	EACH(times, *times[i] += 1)
	EACH(numbers, *numbers[i] += 1)
	EACH(reals, *reals[i] = isnan(*reals[i]) ? 5 : *reals[i] + 1)
	EACH(texts, texts[i][0] = 'X')
#undef EACH
	assert_int_equal(total, 31);
	trace.measured[0].graph = 1;
	fixture_write_trace(store, &trace, true);
	assert_stored_as(store, &trace);
	store_close(store);
	trace_fini(&trace);
}

/* Texts that grow when they are made printable still fit when they are read. */
static void hostile_texts_are_cut_to_fit(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace, back;
	fixture_trace(&trace, "llama", 7, 1, 20, 10);
	fixture_facts(&trace);
	memset(trace.source, 1, sizeof(trace.source) - 1);
	memset(trace.warning, 0xff, sizeof(trace.warning) - 1);
	memset(trace.device.name, 0x1b, sizeof(trace.device.name) - 1);
	memset(trace.capture.tool, 0x9b, sizeof(trace.capture.tool) - 1);
	memset(trace.timing.source, 7, sizeof(trace.timing.source) - 1);
	memset(trace.timing.kind, 7, sizeof(trace.timing.kind) - 1);
	memset(trace.bytes_source, 7, sizeof(trace.bytes_source) - 1);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	fixture_write_trace(store, &trace, false);
	fixture_read_trace(store, "llama", &back);
	assert_memory_equal(back.source, "\\x01\\x01\\x01", 12);
	assert_memory_equal(back.capture.tool, "\\x9b\\x9b", 8);
	assert_memory_equal(back.timing.kind, "\\x07\\x07\\x07", 12);
	store_close(store);
	trace_fini(&back);
	trace_fini(&trace);
}

/* What of the views can be reckoned by hand. */
static void views_show_them(void **state)
{
	struct fixture_place *place = *state;
	struct trace trace, other;
	fixture_trace(&trace, "llama", 7, 2, 20, 10);
	fixture_facts(&trace);
	fixture_trace(&other, "bare", 9, 2, 20, 10);
	struct store *store = fixture_open(place->db, STORE_WRITE);
	fixture_write_trace(store, &trace, true);
	fixture_write_trace(store, &other, true);
	store_close(store);
	static const char *const one[] = {
		"SELECT count(*) FROM traces WHERE name = 'llama' AND unprofiled_step_ms = 1.73 AND"
		" traced_step_ms = 2.17 AND abs(tracing_overhead - 0.44 / 1.73) < 1e-12 AND"
		" abs(device_overhead - 0.04 / 1.65) < 1e-12 AND sm_mhz = 1755 AND dropped = 11",
		"SELECT count(*) FROM traces WHERE name = 'bare' AND unprofiled_step_ms IS NULL AND"
		" tracing_overhead IS NULL AND sm_mhz IS NULL AND kernels_with_bytes IS NULL",
		"SELECT count(*) FROM kernels WHERE trace = 'llama' AND seq = 1 AND"
		" measured_read_bytes = 4096 AND measured_write_bytes = 33.5 AND"
		" derived_read_bytes = weight_bytes + kv_read_bytes + act_read_bytes AND"
		" derived_write_bytes = kv_write_bytes + act_write_bytes",
		"SELECT count(*) = 20 FROM kernels WHERE trace = 'llama' AND step = 1",
		"SELECT count(*) = 14 FROM kernels WHERE trace = 'llama' AND measured_l2_bytes IS "
		"NULL",
		"SELECT count(*) = 40 FROM kernels WHERE trace = 'bare' AND measured_read_bytes IS "
		"NULL",
		/* the opaque kinds are 4 and 9; NULL for both halves */
		"SELECT count(*) = 8 FROM kernels WHERE trace = 'llama' AND derived_read_bytes IS "
		"NULL",
		"SELECT count(*) = 0 FROM bytes_measured_vs_derived WHERE trace = 'bare'",
	};
	for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++)
		if (fixture_ask(place->db, one[i]) != 1)
			fail_msg("%s", one[i]);
	/* the view against the same sums in C */
	uint64_t kernels = 0, compared = 0;
	double derived = 0, measured = 0;
	for (size_t i = 0; i < trace.kernel_count; i++) {
		const struct sim_kernel *kernel = &trace.kernels[i];
		if (kernel->op == SIM_OP_MEMCPY || kernel->op == SIM_OP_MEMSET)
			continue;
		kernels++;
		if ((kernel->flags & SIM_KERNEL_OPAQUE) || isnan(trace.bytes[i].dram_read_bytes))
			continue;
		compared++;
		derived += (double)(kernel->weight_bytes + kernel->kv_read_bytes +
				    kernel->act_read_bytes);
		measured += trace.bytes[i].dram_read_bytes;
	}
	assert_true(compared > 0 && compared < kernels);
	assert_int_equal(fixture_ask(place->db, "SELECT sum(kernels) FROM"
						" bytes_measured_vs_derived"),
			 kernels);
	assert_int_equal(fixture_ask(place->db, "SELECT sum(compared) FROM"
						" bytes_measured_vs_derived"),
			 compared);
	assert_int_equal(fixture_ask(place->db, "SELECT sum(derived_read_bytes) FROM"
						" bytes_measured_vs_derived"),
			 (int64_t)derived);
	assert_int_equal(fixture_ask(place->db, "SELECT sum(measured_read_bytes) FROM"
						" bytes_measured_vs_derived"),
			 (int64_t)measured);
	trace_fini(&trace);
	trace_fini(&other);
}

static void damaged_facts_are_told(void **state)
{
	struct fixture_place *place = *state;
	static const char *const changes[] = {
		"UPDATE trace SET bytes_count = 25",
		"UPDATE trace SET bytes_count = 41",
		"UPDATE trace SET bytes_count = -1",
		"UPDATE trace SET device_max_sm_hz = -1",
		"UPDATE trace SET device_max_sm_hz = 9e999",
		"UPDATE trace SET device_l2_bytes = -1",
		"UPDATE trace SET graph_kernels = 0",
		"UPDATE trace SET graph_kernels = 41",
		"UPDATE trace SET bytes_source = printf('%.*c', 5000, 'x')",
		"UPDATE trace_bytes SET kernel = 40 WHERE kernel = 2",
		"UPDATE trace_bytes SET kernel = -1 WHERE kernel = 2",
		"UPDATE trace_bytes SET l2_bytes = -1 WHERE kernel = 2",
		"UPDATE trace_bytes SET dram_read_bytes = 9e999 WHERE kernel = 2",
		"UPDATE trace_capture SET dropped = -1",
		"UPDATE trace_capture SET tool = char(0)",
		"UPDATE trace_clocks SET samples = 0",
		"UPDATE trace_clocks SET throttle_reasons = -1",
		"UPDATE trace_clocks SET power_w_mean = -1",
		"UPDATE trace_timing SET kind = printf('%.*c', 16, 'x')",
		"UPDATE trace_timing SET step_count = -1",
		"UPDATE trace_kernel SET graph = 4294967296 WHERE id = 3",
		"UPDATE trace_kernel SET graph = -1 WHERE id = 3",
		"DROP TABLE trace_bytes",
		"DELETE FROM trace_bytes WHERE kernel = 2",
	};
	struct trace trace, back;
	fixture_trace(&trace, "llama", 7, 2, 20, 10);
	fixture_facts(&trace);
	trace.measured[2].graph = 1;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct sim_diag diag;
		remove(place->db);
		struct store *store = fixture_open(place->db, STORE_WRITE);
		fixture_write_trace(store, &trace, true);
		store_close(store);
		fixture_change(place->db, changes[i]);
		store = fixture_open(place->db, STORE_READ);
		diag_init(&diag);
		enum sim_status status = store_read_trace(store, "llama", &back, &diag);
		if (status != SIM_E_DB || strlen(diag.text) < 20)
			fail_msg("%s: status %d '%s'", changes[i], status, diag.text);
		assert_null(back.bytes);
		store_close(store);
	}
	trace_fini(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(every_fact_comes_back),
		STORE_TEST(what_is_unknown_comes_back_unknown),
		STORE_TEST(what_is_learnt_later_is_added),
		STORE_TEST(each_change_is_seen),
		STORE_TEST(hostile_texts_are_cut_to_fit),
		STORE_TEST(views_show_them),
		STORE_TEST(damaged_facts_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
