/*
 * Unpacking kernels: the equation of hwmodels/gpu_dequant.h at points computed by hand, and the
 * int4 GEMMs measured on an H100.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwmodels/device.h"
#include "hwmodels/gpu_dequant.h"
#include "tests/unit/validate_fixture.h"

static void adds_the_exposed_share(void **state)
{
	(void)state;
	const struct gpu_dequant half = {true, 2, 0.5, 0, 1};
	struct sim_kernel kernel = {.flops = 100};
	assert_float_equal(gpu_dequant_limit(&half, &kernel, 132, 300, 0), 300 + 0.5 * 200, 0);
	assert_float_equal(gpu_dequant_limit(&half, &kernel, 132, 100, 0), 200 + 0.5 * 100, 0);
}

static void few_blocks_starve_and_leave_waves_open(void **state)
{
	(void)state;
	const struct gpu_dequant one = {true, 1, 0, 0.6, 1};
	struct sim_kernel kernel = {.flops = 10, .blocks = 150};
	/* 1.5 blocks a multiprocessor: streaming 1 + 0.6 / 1.5 as long, 2 waves for 1.5 of work */
	assert_float_equal(gpu_dequant_limit(&one, &kernel, 100, 1000, 0), 1400, 1e-9);
	kernel.flops = 3000;
	assert_float_equal(gpu_dequant_limit(&one, &kernel, 100, 1000, 0), 3000 * 2 / 1.5, 1e-9);
}

static void a_product_may_miss_the_peak(void **state)
{
	(void)state;
	const struct gpu_dequant slow = {true, 0, 0, 0, 1 / 0.8};
	const struct sim_kernel kernel = {.flops = 1000};
	assert_float_equal(gpu_dequant_limit(&slow, &kernel, 100, 400, 400), 500, 1e-9);
	assert_float_equal(gpu_dequant_limit(&slow, &kernel, 100, 600, 400), 600, 1e-9);
}

static void only_families_that_unpack_have_coefficients(void **state)
{
	(void)state;
	assert_int_equal(gpu_dequant_param(SIM_FAMILY_GEMM, GPU_DEQUANT), -1);
	assert_true(gpu_dequant_param(SIM_FAMILY_GEMM_MARLIN, GPU_EXPOSED) > 0);
	for (unsigned f = 0; f < SIM_FAMILY_COUNT; f++) {
		struct sim_kernel kernel = {.family = (uint8_t)f};
		int param = gpu_dequant_param(f, GPU_DEQUANT);
		if (param >= 0 && !gpu_parts_is_matrix(&kernel))
			fail_msg("%s unpacks but is no matrix product", sim_family_text(f));
	}
}

/* {"k": 4096, "n": 4096, "m": 1, "int4_us": 7.03, "bf16_us": 16.25} */
static double field(const char *row, const char *name)
{
	char key[32];
	snprintf(key, sizeof(key), "\"%s\":", name);
	const char *at = strstr(row, key);
	assert_non_null(at);
	return strtod(at + strlen(key), NULL);
}

static bool was_fitted(double k, double n)
{
	static const double fitted[][2] = {
		{4096, 4096}, {4096, 14336}, {18944, 3584}, {8192, 2048}};
	for (size_t i = 0; i < sizeof(fitted) / sizeof(fitted[0]); i++)
		if (fitted[i][0] == k && fitted[i][1] == n)
			return true;
	return false;
}

static double int4_us(const struct machine *machine, double k, double n, double m)
{
	struct machine_demand demand;
	const struct sim_kernel kernel = {
		.flops = (uint64_t)(2 * m * n * k),
		.weight_bytes = (uint64_t)(n * k * (4 + 32.0 / 128) / 8), /* scale and zero */
		.act_read_bytes = (uint64_t)(2 * m * k),
		.act_write_bytes = (uint64_t)(2 * m * n),
		.blocks = (uint32_t)(n / 8),
		.op = SIM_OP_GEMM,
		.family = SIM_FAMILY_GEMM_TINYGEMM,
		.dtype = SIM_DTYPE_BF16,
	};
	machine_demand(machine, &kernel, 1, &demand);
	return (double)(demand.fixed_ps + demand_service_ps(machine, &demand)) / 1e6;
}

static void tinygemm_is_within_10_percent_of_the_h100(void **state)
{
	(void)state;
	static char text[16384];
	struct hw_device device;
	struct sim_diag diag = {0};
	double worst_fitted = 0, worst_other = 0;
	FILE *file = fopen("../shared/data/h100/int4-gemv.json", "r");
	if (file == NULL) {
		print_message("skipped: ../shared/data/h100/int4-gemv.json is not here\n");
		skip();
	}
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	assert_int_equal(device_load("h100-sxm", NULL, 0, &device, &diag), SIM_OK);
	size_t rows = 0;
	for (const char *row = strstr(text, "{"); row != NULL; row = strstr(row + 1, "{"), rows++) {
		double k = field(row, "k"), n = field(row, "n"), m = field(row, "m");
		double off = fabs(int4_us(&device.machine, k, n, m) / field(row, "int4_us") - 1);
		double *worst = was_fitted(k, n) ? &worst_fitted : &worst_other;
		*worst = off > *worst ? off : *worst;
	}
	print_message("tinygemm: worst %.1f %% on fitted shapes, %.1f %% on others\n",
		      100 * worst_fitted, 100 * worst_other);
	assert_int_equal(rows, 56);
	assert_true(worst_fitted < 0.10);
	assert_true(worst_other < 0.10);
	device_fini(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_the_exposed_share),
		cmocka_unit_test(few_blocks_starve_and_leave_waves_open),
		cmocka_unit_test(a_product_may_miss_the_peak),
		cmocka_unit_test(only_families_that_unpack_have_coefficients),
		cmocka_unit_test(tinygemm_is_within_10_percent_of_the_h100),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
