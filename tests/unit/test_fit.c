/* The fit finds what samples were made with, outliers or not, and sees only what it may see. */
#include "tests/unit/validate_fixture.h"

#include "validate/fit.h"

enum { KINDS = 60, MODELS = 3 };

static struct hw_device truth, fitted;
static struct sample samples[2 * KINDS * MODELS];
static struct sample_set set;

/* Weights of 0.2 to 200 MB, every model its own; NOISE relative, every 20th 3 times too long. */
static void make_samples(double noise, bool outliers)
{
	uint64_t seed = 2026;
	set = (struct sample_set){.samples = samples, .model_count = MODELS};
	for (size_t i = 0; i < KINDS * MODELS; i++) {
		struct sample *sample = &samples[set.count++];
		double megabytes = 0.2 * pow(1000, (double)(fixture_random(&seed) % 1000) / 1000);
		*sample = (struct sample){.kernel = fixture_gemm((uint64_t)(megabytes * 1e6)),
					  .count = 10,
					  .model = (uint32_t)(i % MODELS)};
		sample->measured_ps = predict_alone_ps(&truth.machine, &sample->kernel) *
				      (1 + noise * fixture_noise(&seed));
		if (outliers && i % 20 == 7)
			sample->measured_ps *= 3;
	}
	for (size_t i = 0; i < KINDS; i++) {
		struct sample *sample = &samples[set.count++];
		uint64_t bytes = 2000 + 60000 * i;
		*sample = (struct sample){
			.kernel = fixture_pointwise(bytes, 1 + (uint32_t)(i * i) / 4),
			.count = 10,
			.model = (uint32_t)(i % MODELS)};
		sample->measured_ps = predict_alone_ps(&truth.machine, &sample->kernel) *
				      (1 + noise * fixture_noise(&seed));
	}
}

static struct fit_report fit(int leave_out)
{
	struct fit_report report;
	struct sim_diag diag;
	diag_init(&diag);
	if (fit_families(&fitted, &set, leave_out, &report, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return report;
}

static double value(const char *key)
{
	return *fixture_value(&fitted, key);
}

static void assert_within(const char *key, double wanted, double tolerance)
{
	if (!(fabs(value(key) / wanted - 1) <= tolerance))
		fail_msg("%s is %g, not %g within %g %%", key, value(key), wanted, 100 * tolerance);
}

static int setup(void **state)
{
	(void)state;
	fixture_device(&truth, GPU_RATES, "gemm.stream=0.85");
	fixture_device(&fitted, GPU_RATES, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	device_fini(&truth);
	device_fini(&fitted);
	return 0;
}

static void known_coefficients_come_back(void **state)
{
	(void)state;
	make_samples(0.01, false);
	struct fit_report report = fit(FIT_NO_MODEL);
	assert_within("gemm.fixed", 3e-6, 0.05);
	assert_within("gemm.ramp", 2e-6, 0.10);
	assert_within("gemm.stream", 0.85, 0.01);
	assert_within("elementwise.fixed", 1e-6, 0.06);
	assert_true(report.fitted[SIM_FAMILY_GEMM]);
	assert_int_equal(report.residuals[SIM_FAMILY_GEMM].kernels, KINDS * MODELS);
	assert_true(report.residuals[SIM_FAMILY_GEMM].p05 > -0.015);
	assert_true(report.residuals[SIM_FAMILY_GEMM].p95 < 0.015);
}

static void outliers_do_not_drag_the_rest(void **state)
{
	(void)state;
	make_samples(0.01, true);
	fit(FIT_NO_MODEL);
	assert_within("gemm.fixed", 3e-6, 0.06);
	assert_within("gemm.stream", 0.85, 0.015);
}

static void a_family_without_samples_takes_its_relatives(void **state)
{
	(void)state;
	make_samples(0.01, false);
	struct fit_report report = fit(FIT_NO_MODEL);
	assert_false(report.fitted[SIM_FAMILY_REDUCE]);
	assert_int_equal(report.residuals[SIM_FAMILY_REDUCE].kernels, 0);
	assert_true(isnan(value("reduce.fixed")) && isnan(value("reduce.spread")));
	assert_true(isnan(value("attn.element")));
	struct sim_kernel reduce = fixture_pointwise(40000, 3), pointwise = reduce;
	reduce.family = SIM_FAMILY_REDUCE;
	assert_true(predict_alone_ps(&fitted.machine, &reduce) ==
		    predict_alone_ps(&fitted.machine, &pointwise));
}

/* Model 1's samples poisoned: a fit that leaves it out gives the same bits, one that does not not.
 */
static void what_is_left_out_has_no_effect(void **state)
{
	double *before;
	size_t params = fitted.param_count;
	(void)state;
	make_samples(0.01, false);
	fit(1);
	before = calloc(params, sizeof(*before));
	for (size_t i = 0; i < params; i++)
		before[i] = fitted.values[i].value;
	for (size_t i = 0; i < set.count; i++)
		if (samples[i].model == 1)
			samples[i].measured_ps *= 5;
	fit(1);
	for (size_t i = 0; i < params; i++)
		assert_memory_equal(&before[i], &fitted.values[i].value, sizeof(*before));
	fit(FIT_NO_MODEL);
	assert_true(before[device_param(&fitted, "gemm.fixed")] != value("gemm.fixed"));
	free(before);
}

/* A model with a thousand times the kernels weighs no more than another. */
static void every_model_counts_alike(void **state)
{
	(void)state;
	make_samples(0.01, false);
	fit(FIT_NO_MODEL);
	double before = value("gemm.fixed");
	for (size_t i = 0; i < set.count; i++)
		if (samples[i].model == 2)
			samples[i].count *= 1000;
	fit(FIT_NO_MODEL);
	assert_within("gemm.fixed", before, 1e-3);
}

static void a_fit_is_repeatable_whatever_the_device_had_before(void **state)
{
	struct hw_device other;
	struct fit_report report;
	(void)state;
	make_samples(0.02, true);
	fit(FIT_NO_MODEL);
	fixture_device(&other, GPU_RATES, "gemm.fixed=50 us");
	assert_int_equal(fit_families(&other, &set, FIT_NO_MODEL, &report, NULL), SIM_OK);
	for (size_t i = 0; i < other.param_count; i++)
		assert_memory_equal(&other.values[i].value, &fitted.values[i].value,
				    sizeof(double));
	assert_true(other.content_hash == fitted.content_hash);
	device_fini(&other);
}

static void kernels_of_no_duration_are_not_fitted(void **state)
{
	(void)state;
	make_samples(0.01, false);
	for (size_t i = 0; i < set.count; i++)
		if (samples[i].kernel.family == SIM_FAMILY_ELEMENTWISE)
			samples[i].measured_ps = 0;
	struct fit_report report = fit(FIT_NO_MODEL);
	assert_false(report.fitted[SIM_FAMILY_ELEMENTWISE]);
	assert_true(report.fitted[SIM_FAMILY_GEMM]);
}

static void a_device_of_another_model_is_refused(void **state)
{
	struct hw_device roofline;
	struct fit_report report;
	struct sim_diag diag;
	(void)state;
	make_samples(0.01, false);
	diag_init(&diag);
	fixture_device(&roofline, "roofline:" GPU_RATES, NULL);
	assert_int_equal(fit_families(&roofline, &set, FIT_NO_MODEL, &report, &diag),
			 SIM_E_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "roofline:gpu-rates"));
	device_fini(&roofline);
}

static double quantile_of(const double *values, const double *weights, size_t count, double q)
{
	double v[8], w[8];
	memcpy(v, values, count * sizeof(*v));
	memcpy(w, weights, count * sizeof(*w));
	return weighted_quantile(v, w, count, q);
}

static void a_weighted_quantile_is_a_value_of_the_list(void **state)
{
	const double values[] = {3, 1, 2}, even[] = {1, 1, 1}, heavy[] = {1, 98, 1};
	const double none[] = {0, 0, 0};
	(void)state;
	assert_true(isnan(quantile_of(values, even, 0, 0.5)));
	assert_true(quantile_of(values, even, 1, 0.05) == 3);
	assert_true(quantile_of(values, even, 3, 0) == 1);
	assert_true(quantile_of(values, even, 3, 0.5) == 2);
	assert_true(quantile_of(values, even, 3, 1) == 3);
	assert_true(quantile_of(values, heavy, 3, 0.5) == 1);
	assert_true(quantile_of(values, heavy, 3, 0.985) == 2);
	assert_true(quantile_of(values, none, 3, 0.5) == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(known_coefficients_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(outliers_do_not_drag_the_rest, setup, teardown),
		cmocka_unit_test_setup_teardown(a_family_without_samples_takes_its_relatives, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_left_out_has_no_effect, setup, teardown),
		cmocka_unit_test_setup_teardown(every_model_counts_alike, setup, teardown),
		cmocka_unit_test_setup_teardown(a_fit_is_repeatable_whatever_the_device_had_before,
						setup, teardown),
		cmocka_unit_test_setup_teardown(kernels_of_no_duration_are_not_fitted, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_device_of_another_model_is_refused, setup,
						teardown),
		cmocka_unit_test(a_weighted_quantile_is_a_value_of_the_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
