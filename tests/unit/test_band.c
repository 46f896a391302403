/* The error band of a step and the memory it needs, by hand. */
#include "tests/unit/validate_fixture.h"

#include "traces/work.h"
#include "validate/band.h"

static struct hw_device device;
static struct trace trace;

/* 13 + 13 us of gemm, 2.48 us of reduce, 11.52 us unknown: 40 us. */
static int setup(void **state)
{
	struct sim_kernel reduce = fixture_pointwise(65536, 1);
	(void)state;
	reduce.family = SIM_FAMILY_REDUCE;
	fixture_device(&device, GPU_RATES, NULL);
	fixture_trace(&trace, "hand", 8);
	fixture_add(&trace, fixture_gemm(4000000), "gemm", "", 1);
	fixture_step(&trace, SIM_LAUNCH_GRAPH);
	fixture_add(&trace, fixture_gemm(4000000), "gemm", "", 1);
	fixture_add(&trace, reduce, "reduce", "", 1);
	fixture_add(&trace, fixture_opaque(11520), "unknown", "", 1);
	fixture_step(&trace, SIM_LAUNCH_GRAPH);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	trace_fini(&trace);
	device_fini(&device);
	return 0;
}

static void families_are_independent_and_the_unknown_has_no_error(void **state)
{
	struct sim_program program = trace_program(&trace);
	struct machine machine = device.machine;
	struct interval band;
	(void)state;
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++)
		machine.band_low[family] = machine.band_high[family] = NAN; /* without a share */
	machine.band_low[SIM_FAMILY_GEMM] = -0.04;
	machine.band_high[SIM_FAMILY_GEMM] = 0.10;
	machine.band_low[SIM_FAMILY_REDUCE] = -0.5;
	machine.band_high[SIM_FAMILY_REDUCE] = 0;
	assert_int_equal(step_band(&program, &machine, &band, NULL), SIM_OK);
	double gemm = 26.0 / 40, reduce = 2.48 / 40;
	assert_true(fabs(band.low + sqrt(pow(gemm * 0.04, 2) + pow(reduce * 0.5, 2))) < 1e-7);
	assert_true(fabs(band.high - gemm * 0.10) < 1e-7);
	machine.band_low[SIM_FAMILY_REDUCE] = NAN;
	assert_int_equal(step_band(&program, &machine, &band, NULL), SIM_OK);
	assert_true(isnan(band.low) && !isnan(band.high));
	program.kernel_count = 0;
	assert_int_equal(step_band(&program, &machine, &band, NULL), SIM_OK);
	assert_true(band.low == 0 && !signbit(band.low) && band.high == 0);
}

static void memory_is_that_of_the_largest_step(void **state)
{
	struct sim_diag diag;
	(void)state;
	trace.kernels[2].op = SIM_OP_ATTENTION;
	trace.kernels[2].kv_read_bytes = 1000;
	assert_true(trace_resident_bytes(&trace) == 4001000);
	trace.kernels[2].op = SIM_OP_KV_WRITE; /* copies what another kernel counts */
	assert_true(trace_resident_bytes(&trace) == 4000000);
	diag_init(&diag);
	struct machine machine = device.machine;
	machine.memory_bytes = 4000000;
	assert_int_equal(step_fits(4000000, &machine, &diag), SIM_OK);
	machine.memory_bytes = 3999999;
	assert_int_equal(step_fits(4000000, &machine, &diag), SIM_E_INFEASIBLE);
	assert_non_null(strstr(diag.text, "gpu-rates"));
	machine.memory_bytes = 0; /* unknown */
	assert_int_equal(step_fits(4000000, &machine, NULL), SIM_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			families_are_independent_and_the_unknown_has_no_error, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_is_that_of_the_largest_step, setup,
						teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
