/* Samples: equal work is one sample, unknown work and what is outside of steps is none. */
#include "tests/unit/validate_fixture.h"

#include "validate/sample.h"

static void names_say_the_model(void **state)
{
	static const char *const pairs[][2] = {
		{"llama-3.2-1b-b16-c4096-shapes", "llama-3.2-1b"},
		{"llama-3.1-8b-b1-c2048-graph", "llama-3.1-8b"},
		{"mixtral-8x7b-base", "mixtral-8x7b-base"}, /* "-b" without digits */
		{"run7", "run7"},
		{"x-b1", "x"},
		{"-b2", ""},
		{"-b", "-b"},
		{"", ""},
	};
	struct trace trace;
	char name[160];
	(void)state;
	trace_init(&trace);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		snprintf(trace.name, sizeof(trace.name), "%s", pairs[i][0]);
		trace_model_name(&trace, name, sizeof(name));
		assert_string_equal(name, pairs[i][1]);
	}
	snprintf(trace.name, sizeof(trace.name), "%s", pairs[0][0]);
	trace_model_name(&trace, name, 6);
	assert_string_equal(name, "llama");
}

static void equal_work_is_one_sample(void **state)
{
	struct trace trace;
	struct sample_set set;
	const struct trace *traces[] = {&trace};
	struct sim_kernel gemm = fixture_gemm(1000), later = gemm, hot = gemm;
	(void)state;
	later.host_ns = 5000; /* how it was launched is not its work */
	later.stream = 1;
	later.flags = SIM_KERNEL_SYNC_BEFORE | SIM_KERNEL_HOST_RECORDED;
	hot.flags = SIM_KERNEL_INPUT_HOT;
	fixture_trace(&trace, "a-b1", 16);
	fixture_add(&trace, gemm, "gemm", "", 1000);
	fixture_add(&trace, later, "gemm", "", 3000);
	fixture_add(&trace, fixture_gemm(1001), "gemm", "", 100);
	fixture_add(&trace, gemm, "other", "", 50);
	fixture_add(&trace, hot, "gemm", "", 70);
	fixture_add(&trace, gemm, "gemm", "", 2000);
	fixture_step(&trace, SIM_LAUNCH_EAGER);
	assert_int_equal(samples_collect(traces, 1, &set, NULL), SIM_OK);
	assert_int_equal(set.count, 4);
	assert_true(set.samples[0].count == 3);
	assert_true(set.samples[0].measured_ps == 2e6);
	assert_true(set.samples[1].kernel.weight_bytes == 1001);
	assert_true(set.samples[1].measured_ps == 1e5);
	assert_true(set.samples[2].measured_ps == 5e4);
	assert_true(set.samples[3].kernel.flags == SIM_KERNEL_INPUT_HOT);
	samples_fini(&set);
	trace_fini(&trace);
}

static void unknown_work_and_what_no_step_has_are_left_out(void **state)
{
	struct trace trace;
	struct sample_set set;
	struct sim_diag diag;
	const struct trace *traces[] = {&trace};
	(void)state;
	fixture_trace(&trace, "a-b1", 8);
	fixture_add(&trace, fixture_opaque(900), "opaque", "", 900);
	fixture_step(&trace, SIM_LAUNCH_EAGER);
	diag_init(&diag);
	assert_int_equal(samples_collect(traces, 1, &set, &diag), SIM_E_NOT_FOUND);
	assert_non_null(strstr(diag.text, "shapes"));
	assert_null(set.samples);
	fixture_add(&trace, fixture_gemm(10), "in", "", 200);
	fixture_step(&trace, SIM_LAUNCH_EAGER);
	fixture_add(&trace, fixture_gemm(20), "out", "", 300);
	assert_int_equal(samples_collect(traces, 1, &set, NULL), SIM_OK);
	assert_int_equal(set.count, 1);
	assert_int_equal(set.samples[0].kernel.weight_bytes, 10);
	samples_fini(&set);
	assert_int_equal(samples_collect(traces, 0, &set, NULL), SIM_E_NOT_FOUND);
	trace_fini(&trace);
}

/* Traces of one model share its index, also those without known work; traces do not merge. */
static void models_are_told_apart(void **state)
{
	static const char *const names[] = {"a-b1-graph", "b-b1", "a-b16", "c", "d-b1"};
	struct trace traces[5];
	const struct trace *list[5];
	struct sample_set set;
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		bool known = i != 0 && i != 4;
		fixture_trace(&traces[i], names[i], 2);
		fixture_add(&traces[i], known ? fixture_gemm(8) : fixture_opaque(1), "k", "", 10);
		fixture_step(&traces[i], SIM_LAUNCH_EAGER);
		list[i] = &traces[i];
	}
	assert_int_equal(samples_collect(list, 5, &set, NULL), SIM_OK);
	assert_int_equal(set.count, 3);
	assert_int_equal(set.model_count, 4);
	assert_int_equal(set.samples[0].trace, 1);
	assert_int_equal(set.samples[1].trace, 2);
	assert_int_equal(samples_model(&set, list, 0), (int)set.samples[1].model);
	assert_int_equal(samples_model(&set, list, 2), (int)set.samples[1].model);
	assert_int_equal(samples_model(&set, list, 1), (int)set.samples[0].model);
	assert_int_equal(samples_model(&set, list, 4), -1);
	assert_true(set.samples[0].model != set.samples[1].model);
	samples_fini(&set);
	for (size_t i = 0; i < 5; i++)
		trace_fini(&traces[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_say_the_model),
		cmocka_unit_test(equal_work_is_one_sample),
		cmocka_unit_test(unknown_work_and_what_no_step_has_are_left_out),
		cmocka_unit_test(models_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
