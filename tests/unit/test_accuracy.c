/*
 * What the model is worth: each model of the bundled H100 traces predicted by a fit that has not
 * seen it. The bounds are those that a change must not break; the figures are in README.md. The
 * mixture-of-experts trace counts in the MAPE, with a bound of its own: nothing else in the data has
 * its families, so left out they are guesses.
 */
#include "tests/unit/validate_fixture.h"

#include "traces/work.h"
#include "validate/compare.h"
#include "validate/fit.h"

enum { TRACES = 9, MIXTURE = TRACES - 1 };

/* The mixture-of-experts trace comes last: it alone has most of its families. */
static const char *const names[TRACES] = {
	"llama-3.1-8b-b1-c2048-shapes",	 "llama-3.2-1b-b1-c2048-shapes",
	"llama-3.2-1b-b1-c512-shapes",	 "llama-3.2-3b-b1-c1024-shapes",
	"llama-3.2-3b-b16-c4096-shapes", "mistral-7b-v0.3-b1-c2048-shapes",
	"qwen2.5-7b-b1-c2048-shapes",	 "qwen2.5-7b-b1-c8192-shapes",
	"qwen3-30b-a3b-b1-c2048-shapes",
};

static struct trace traces[TRACES];
static const struct trace *pointers[TRACES];
static struct comparison comparison;

static void check_floor(const struct trace *trace, const struct machine *machine)
{
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct sim_kernel *kernel = &trace->kernels[i];
		double floor_ps =
			(double)sim_kernel_floor_bytes(kernel) * 1e12 / machine->memory_bytes_per_s;
		if (predict_alone_ps(machine, kernel) < floor_ps * (1 - 1e-12))
			fail_msg("%s, kernel %zu is below its byte floor", trace->name, i);
	}
}

static int leave_each_out(void **state)
{
	struct hw_device device;
	struct sample_set set;
	struct fit_report report;
	int left_out = FIT_NO_MODEL;
	(void)state;
	for (size_t i = 0; i < TRACES; i++) {
		fixture_read(names[i], &traces[i]);
		pointers[i] = &traces[i];
	}
	fixture_device(&device, "h100-sxm", NULL);
	assert_int_equal(samples_collect(pointers, TRACES, &set, NULL), SIM_OK);
	assert_int_equal(set.model_count, 6);
	assert_int_equal(compare_init(&comparison, NULL), SIM_OK);
	for (size_t i = 0; i < TRACES; i++) {
		int model = samples_model(&set, pointers, i);
		assert_true(model >= 0);
		if (model != left_out)
			assert_int_equal(fit_families(&device, &set, model, &report, NULL), SIM_OK);
		left_out = model;
		check_floor(&traces[i], &device.machine);
		assert_int_equal(compare_add(&comparison, &traces[i], &device.machine, false, NULL),
				 SIM_OK);
	}
	samples_fini(&set);
	device_fini(&device);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	compare_fini(&comparison);
	for (size_t i = 0; i < TRACES; i++)
		trace_fini(&traces[i]);
	return 0;
}

static void every_step_is_predicted(void **state)
{
	double sum = 0;
	(void)state;
	for (size_t i = 0; i < TRACES; i++) {
		const struct compare_trace *row = &comparison.traces[i];
		double error = 100 * fabs(row->step_error);
		double allowed = i == MIXTURE ? 9 : 4;
		if (!(error <= allowed))
			fail_msg("%s: step error %.2f %%, allowed %g", row->name, error, allowed);
		sum += error;
	}
	if (!(sum / TRACES <= 2.0))
		fail_msg("step MAPE %.2f %%", sum / TRACES);
}

static void every_kernel_is_predicted(void **state)
{
	(void)state;
	for (size_t i = 0; i < MIXTURE; i++) {
		const struct compare_trace *row = &comparison.traces[i];
		double error = 100 * row->kernel_weighted_error;
		if (strstr(row->name, "-b1-") != NULL && !(error <= 6))
			fail_msg("%s: kernel-weighted error %.2f %%", row->name, error);
		assert_true(row->kernel_weighted_interval.low <= row->kernel_weighted_error);
		assert_true(row->kernel_weighted_interval.high >= row->kernel_weighted_error);
	}
}

static void all_work_is_known_and_no_step_is_below_its_floor(void **state)
{
	(void)state;
	for (size_t i = 0; i < TRACES; i++) {
		const struct compare_trace *row = &comparison.traces[i];
		assert_true(row->modelled_time_share > 0.99);
		assert_true(row->predicted_device_ms > row->floor_ms);
		assert_true(row->measured_device_ms > row->floor_ms);
		assert_true(row->floor_ms > 0);
	}
}

/* 48 layers of attention, router and 128 experts of 3 x 2048 x 768, and the vocabulary, in bf16. */
static void all_experts_must_fit(void **state)
{
	const uint64_t layer =
		2 * 2048 * 4096 + 2 * 2048 * 512 + 2048 * 128 + 128 * UINT64_C(3) * 2048 * 768;
	const uint64_t weights = 2 * (48 * layer + UINT64_C(2048) * 151936);
	uint64_t resident = trace_resident_bytes(&traces[MIXTURE]);
	(void)state;
	assert_true(resident > weights); /* and the KV cache: 48 layers, 4 heads of 128 */
	assert_true(resident < weights + 48 * UINT64_C(2) * 4 * 128 * 2 * 2200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_is_predicted),
		cmocka_unit_test(every_kernel_is_predicted),
		cmocka_unit_test(all_work_is_known_and_no_step_is_below_its_floor),
		cmocka_unit_test(all_experts_must_fit),
	};
	return cmocka_run_group_tests(tests, leave_each_out, clean);
}
