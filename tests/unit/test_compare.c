/* Comparison on traces made by hand: every figure worked out from durations known on both sides. */
#include "tests/unit/validate_fixture.h"

#include "validate/compare.h"

static struct hw_device device;
static struct comparison comparison;

static int setup(void **state)
{
	(void)state;
	fixture_device(&device, GPU_RATES, NULL);
	assert_int_equal(compare_init(&comparison, NULL), SIM_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	compare_fini(&comparison);
	device_fini(&device);
	return 0;
}

static void add(const struct trace *trace, bool in_fit)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (compare_add(&comparison, trace, &device.machine, in_fit, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static void assert_near(double value, double wanted)
{
	if (!(fabs(value - wanted) <= 1e-6 * fabs(wanted) + 1e-12))
		fail_msg("%.12g, not %.12g", value, wanted);
}

/*
 * 13 us (4 MB) measured as 10 and 14, 5 us (400 kB) measured as 6, 1.02024 us pointwise as 2, and
 * an unknown one of 3; twice, as two steps.
 */
static void build(struct trace *trace)
{
	fixture_trace(trace, "hand-b1", 10);
	for (int step = 0; step < 2; step++) {
		fixture_add(trace, fixture_gemm(4000000), "void large", "[[1]]|x", 10000);
		fixture_add(trace, fixture_gemm(4000000), "void large", "[[1]]|x", 14000);
		fixture_add(trace, fixture_gemm(400000), "small", "[[1]]|x", 6000);
		fixture_add(trace, fixture_pointwise(51200, 100), "point", "", 2000);
		fixture_add(trace, fixture_opaque(3000), "unknown", "", 3000);
		fixture_step(trace, SIM_LAUNCH_GRAPH);
	}
}

static const double point_us = 1 + 0.0512 / 5 + 0.01;

static void errors_of_a_trace(void **state)
{
	struct trace trace;
	(void)state;
	build(&trace);
	add(&trace, true);
	assert_int_equal(compare_finish(&comparison, NULL), SIM_OK);
	const struct compare_trace *row = &comparison.traces[0];
	double predicted = 13 + 13 + 5 + point_us + 3, measured = 10 + 14 + 6 + 2 + 3;
	double off = 3 + 1 + 1 + (2 - point_us);
	assert_int_equal(comparison.trace_count, 1);
	assert_string_equal(row->name, "hand-b1");
	assert_true(row->in_fit);
	assert_int_equal(row->steps, 2);
	assert_int_equal(row->kernels, 5);
	assert_int_equal(row->opaque, 2);
	assert_near(row->measured_device_ms, measured * 1e-3);
	assert_near(row->predicted_device_ms, predicted * 1e-3);
	assert_near(row->step_error, predicted / measured - 1);
	assert_near(row->kernel_weighted_error, off / 32);
	assert_near(row->modelled_time_share, 32.0 / measured);
	assert_near(row->floor_ms, 8.4e-3);
	assert_true(row->kernel_weighted_interval.low < off / 32);
	assert_true(row->kernel_weighted_interval.high > off / 32);
	assert_near(comparison.step_mape, fabs(row->step_error));
	assert_near(comparison.mean_kernel_weighted, off / 32);
	trace_fini(&trace);
}

static void sums_by_family_and_op(void **state)
{
	struct trace trace;
	(void)state;
	build(&trace);
	add(&trace, false);
	assert_int_equal(compare_finish(&comparison, NULL), SIM_OK);
	const struct compare_group *gemm = &comparison.families[SIM_FAMILY_GEMM];
	assert_int_equal(gemm->kernels, 6);
	assert_near(gemm->measured_ms, 0.060);
	assert_near(gemm->predicted_ms, 0.062);
	assert_near(gemm->absolute_ms, 0.010);
	assert_near(gemm->p05, 5.0 / 6 - 1); /* the small one; the large: 26 / 24 */
	assert_near(gemm->p95, 26.0 / 24 - 1);
	const struct compare_group *op = &comparison.ops[SIM_OP_GEMM];
	assert_memory_equal(op, gemm, sizeof(*op));
	assert_int_equal(comparison.ops[SIM_OP_ELEMENTWISE].kernels, 2);
	assert_int_equal(comparison.families[SIM_FAMILY_UNKNOWN].kernels, 0); /* the opaque ones */
	assert_true(isnan(comparison.families[SIM_FAMILY_REDUCE].p50));
	trace_fini(&trace);
}

static void the_worst_come_first_and_have_their_share(void **state)
{
	struct trace trace;
	double all = 3 + 1 + 1 + (2 - point_us);
	(void)state;
	build(&trace);
	add(&trace, false);
	assert_int_equal(compare_finish(&comparison, NULL), SIM_OK);
	assert_int_equal(comparison.worst_count, 3);
	const struct compare_worst *worst = comparison.worst;
	assert_string_equal(worst[0].kernel, "large");
	assert_string_equal(worst[0].shape, " [[1]]");
	assert_string_equal(worst[0].trace, "hand-b1");
	assert_int_equal(worst[0].count, 4);
	assert_near(worst[0].measured_us, 12);
	assert_near(worst[0].predicted_us, 13);
	assert_near(worst[0].share, 4 / all);
	assert_string_equal(worst[1].kernel, "small");
	assert_near(worst[1].share, 1 / all);
	assert_string_equal(worst[2].kernel, "point");
	trace_fini(&trace);
}

/* What is played as recorded has no error, so it must not make the model look better. */
static void a_trace_of_recordings_does_not_count(void **state)
{
	struct trace hand, recorded;
	(void)state;
	build(&hand);
	fixture_trace(&recorded, "recorded-b1", 2);
	fixture_add(&recorded, fixture_opaque(9000), "unknown", "", 9000);
	fixture_add(&recorded, fixture_gemm(400000), "small", "", 1000);
	fixture_step(&recorded, SIM_LAUNCH_GRAPH);
	add(&recorded, false);
	add(&hand, false);
	assert_int_equal(compare_finish(&comparison, NULL), SIM_OK);
	assert_near(comparison.traces[0].modelled_time_share, 0.1);
	assert_near(comparison.step_mape, fabs(comparison.traces[1].step_error));
	trace_fini(&hand);
	compare_fini(&comparison);
	assert_int_equal(compare_init(&comparison, NULL), SIM_OK);
	add(&recorded, false);
	assert_int_equal(compare_finish(&comparison, NULL), SIM_OK);
	assert_true(isnan(comparison.step_mape));
	trace_fini(&recorded);
}

static void a_recording_cannot_be_validated(void **state)
{
	struct trace trace;
	struct sim_diag diag;
	struct hw_device recorded;
	(void)state;
	diag_init(&diag);
	build(&trace);
	fixture_device(&recorded, "recorded", NULL);
	assert_int_equal(compare_add(&comparison, &trace, &recorded.machine, false, &diag),
			 SIM_E_UNSUPPORTED);
	assert_int_equal(comparison.trace_count, 0);
	device_fini(&recorded);
	trace_fini(&trace);
}

enum { DISTINCT = 3000 };

/* Every distinct kernel is one entry, also when there are thousands, in several traces. */
static void many_kernels_are_kept_apart(void **state)
{
	struct trace traces[2];
	char name[32];
	(void)state;
	for (int t = 0; t < 2; t++) {
		fixture_trace(&traces[t], t == 0 ? "first-b1" : "second-b1", 2 * DISTINCT);
		for (int i = 0; i < 2 * DISTINCT; i++) {
			snprintf(name, sizeof(name), "kernel %d", i % DISTINCT);
			fixture_add(&traces[t], fixture_gemm(0), name, i % 2 ? "odd" : "even",
				    5000);
		}
		fixture_step(&traces[t], SIM_LAUNCH_GRAPH);
	}
	traces[1].measured[8].duration_ns = 4000;	     /* kernel 8 */
	traces[1].measured[DISTINCT + 8].duration_ns = 3000; /* again */
	add(&traces[0], false);
	add(&traces[1], false);
	assert_int_equal(compare_finish(&comparison, NULL), SIM_OK);
	assert_int_equal(comparison.families[SIM_FAMILY_GEMM].kernels, 4 * DISTINCT);
	assert_string_equal(comparison.worst[0].kernel, "kernel 8");
	assert_string_equal(comparison.worst[0].trace, "second-b1");
	assert_int_equal(comparison.worst[0].count, 2);
	assert_near(comparison.worst[0].share, 1);
	/* without an error of their own: in order of trace and first sight */
	assert_string_equal(comparison.worst[1].trace, "first-b1");
	assert_string_equal(comparison.worst[1].kernel, "kernel 0");
	assert_int_equal(comparison.worst[1].count, 2);
	assert_string_equal(comparison.worst[9].kernel, "kernel 8");
	trace_fini(&traces[0]);
	trace_fini(&traces[1]);
}

static void names_are_made_printable(void **state)
{
	struct trace trace;
	(void)state;
	fixture_trace(&trace, "hand-b1", 1);
	fixture_add(&trace, fixture_gemm(0), "a\x1b[31m\xff", "", 6000);
	fixture_step(&trace, SIM_LAUNCH_GRAPH);
	add(&trace, false);
	assert_int_equal(compare_finish(&comparison, NULL), SIM_OK);
	for (const char *at = comparison.worst[0].kernel; *at != '\0'; at++)
		assert_in_range(*at, ' ', '~');
	trace_fini(&trace);
}

#define WITH_DEVICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DEVICE(errors_of_a_trace),
		WITH_DEVICE(sums_by_family_and_op),
		WITH_DEVICE(the_worst_come_first_and_have_their_share),
		WITH_DEVICE(a_trace_of_recordings_does_not_count),
		WITH_DEVICE(a_recording_cannot_be_validated),
		WITH_DEVICE(many_kernels_are_kept_apart),
		WITH_DEVICE(names_are_made_printable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
