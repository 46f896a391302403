/* Kernels whose threads go element by element for long, and what L2 spares of a larger working set. */
#include "tests/unit/validate_fixture.h"

static struct hw_device device;

/* US within the 2 ps that rounding up fixed and streaming time may add. */
static void assert_us(const struct sim_kernel *kernel, double us)
{
	struct machine_demand demand;
	machine_demand(&device.machine, kernel, 1, &demand);
	int64_t ps = demand.fixed_ps + demand_service_ps(&device.machine, &demand);
	if (fabs((double)ps - us * 1e6) > 2)
		fail_msg("%lld ps, not %.6f us", (long long)ps, us);
}

static void with_coefficients(const char *family, double stream, double element_s)
{
	const char *const names[] = {"fixed", "ramp", "stream", "element", "spread"};
	const double values[] = {1e-6, 0, stream, element_s, 0};
	fixture_device(&device, GPU_RATES, NULL);
	for (int i = 0; i < 5; i++) {
		char key[64];
		snprintf(key, sizeof(key), "%s.%s", family, names[i]);
		*fixture_value(&device, key) = values[i];
	}
	assert_int_equal(device_rebuild(&device, NULL), SIM_OK);
}

/* 10.24 million elements of 16 bits, each read and written by 1024 threads a multiprocessor: 100 each */
static void a_large_concatenation_waits_for_its_loop_or_for_memory(void **state)
{
	(void)state;
	struct sim_kernel kernel = {.kv_read_bytes = 20480000,
				    .kv_write_bytes = 20480000,
				    .op = SIM_OP_KV_WRITE,
				    .family = SIM_FAMILY_CAT_LOOP,
				    .dtype = SIM_DTYPE_BF16,
				    .blocks = 400,
				    .threads = 512,
				    .blocks_per_sm = 4};
	with_coefficients("cat_loop", 0.5, 2e-6);
	assert_us(&kernel, 1 + 100 * 2);
	kernel.blocks_per_sm = 2; /* two waves */
	assert_us(&kernel, 1 + 2 * 100 * 2);
	device_fini(&device);
	with_coefficients("cat_loop", 0.5, 1e-6); /* 100 us of the loop hide under 102.4 */
	kernel.blocks_per_sm = 4;
	assert_us(&kernel, 1 + 40.96 / (0.5 * 0.8));
	device_fini(&device);
}

/* 3.2 million weights over 100 multiprocessors, 32 at a time: 1000 passes of each */
static void a_row_a_warp_counts_its_multiply_adds(void **state)
{
	(void)state;
	struct sim_kernel kernel = {.flops = 6400000,
				    .weight_bytes = 6400000,
				    .op = SIM_OP_GEMM,
				    .family = SIM_FAMILY_GEMV_ROWS,
				    .dtype = SIM_DTYPE_F16,
				    .blocks = 100,
				    .threads = 32};
	with_coefficients("gemv_rows", 0.5, 40e-9);
	assert_us(&kernel, 1 + 40);
	kernel.weight_bytes /= 4; /* packed: as many passes */
	assert_us(&kernel, 1 + 40);
	kernel.weight_bytes *= 4;
	kernel.family = SIM_FAMILY_GEMM; /* which shares its activations: fixed 3 us */
	assert_us(&kernel, 3 + 6.4 / (0.5 * 0.8));
	device_fini(&device);
	with_coefficients("gemv_rows", 0.5, 10e-9);
	kernel.family = SIM_FAMILY_GEMV_ROWS;
	assert_us(&kernel, 1 + 6.4 / (0.5 * 0.8));
	device_fini(&device);
}

static void l2_spares_a_part_of_what_does_not_stay_in_it(void **state)
{
	(void)state;
	struct sim_kernel kernel = fixture_pointwise(6000000, 800);
	const double elements_us = 6e6 / 2 / (800 * 500) * 0.010;
	kernel.threads = 500;
	fixture_device(&device, GPU_RATES, "l2.overflow=0.2"); /* of 10 MB */
	assert_us(&kernel, 1 + 4.0 / (0.8 * 0.8) + elements_us);
	kernel.act_read_bytes -= 1000000; /* fits into half of it */
	assert_us(&kernel, 1 + 5.0 / 5 + elements_us * 5 / 6);
	device_fini(&device);
	fixture_device(&device, GPU_RATES, NULL);
	kernel.act_read_bytes += 1000000;
	assert_us(&kernel, 1 + 6.0 / (0.8 * 0.8) + elements_us);
	device_fini(&device);
}

static void l2_spares_no_more_than_it_keeps(void **state)
{
	const char *above = "l2.overflow=0.6";
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	assert_int_equal(device_load(GPU_RATES, &above, 1, &device, &diag), SIM_E_RANGE);
	assert_non_null(strstr(diag.text, "l2.overflow"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_large_concatenation_waits_for_its_loop_or_for_memory),
		cmocka_unit_test(a_row_a_warp_counts_its_multiply_adds),
		cmocka_unit_test(l2_spares_a_part_of_what_does_not_stay_in_it),
		cmocka_unit_test(l2_spares_no_more_than_it_keeps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
