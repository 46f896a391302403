/* Tiles and waves of products (hwmodels/gpu_tiles.h): both sides of each step. */
#include "tests/unit/validate_fixture.h"

#include "hwmodels/gpu_tiles.h"

static struct sim_kernel product(double m, double n, double k)
{
	return (struct sim_kernel){.flops = (uint64_t)(2 * m * n * k),
				   .weight_bytes = (uint64_t)(2 * n * k),
				   .act_read_bytes = (uint64_t)(2 * m * k),
				   .act_write_bytes = (uint64_t)(2 * m * n),
				   .op = SIM_OP_GEMM,
				   .family = SIM_FAMILY_GEMM,
				   .dtype = SIM_DTYPE_BF16};
}

static double waste_of(double sms, double m, double n, double k)
{
	struct sim_kernel kernel = product(m, n, k);
	double tail = -1, waste = gpu_tiles_waste(sms, &kernel, &tail);
	assert_true(waste >= 1 && tail >= 0 && tail < 1);
	return waste;
}

static void a_wave_of_the_largest_tiles_wastes_nothing(void **state)
{
	(void)state;
	struct sim_kernel full = product(192 * 12, 192 * 11, 4096);
	double tail;
	assert_true(fabs(gpu_tiles_waste(132, &full, &tail) - 1) < 1e-12);
	assert_true(tail == 0);
	/* one multiprocessor fewer, and a tile is left for a second wave: smaller tiles then */
	double waste = waste_of(131, 192 * 12, 192 * 11, 4096);
	assert_true(waste > 1.05 && waste < 2);
}

static void one_tile_more_than_a_wave_costs(void **state)
{
	(void)state;
	/* on one multiprocessor each tile is a wave, and all of them are full */
	assert_true(fabs(waste_of(1, 192, 192, 64) - 1) < 1e-12);
	assert_true(waste_of(1, 192 + 16, 192, 64) > 1.05);
	/* a bias among the weights is forgiven */
	struct sim_kernel biased = product(192, 192, 4096);
	double tail;
	biased.weight_bytes += 2 * 192;
	assert_true(gpu_tiles_waste(1, &biased, &tail) < 1.01);
}

static void few_columns_leave_multiprocessors_idle(void **state)
{
	(void)state;
	double idle = waste_of(132, 128, 128, 4096), tail;
	assert_true(idle > 4);
	/* splits of the depth fill them: 32 partial sums are written */
	struct sim_kernel split = product(128, 128, 4096);
	split.act_write_bytes = 4 * 128 * 128 * 32;
	double filled = gpu_tiles_waste(132, &split, &tail);
	assert_true(filled < idle / 4);
}

static void more_multiprocessors_never_take_longer(void **state)
{
	(void)state;
	for (int sms = 1; sms < 300; sms++) { /* time is waste / sms */
		double fewer = waste_of(sms, 1000, 3000, 512) / sms;
		double more = waste_of(sms + 1, 1000, 3000, 512) / (sms + 1);
		assert_true(more <= fewer * (1 + 1e-12));
	}
}

static int64_t service_ps(const struct hw_device *device, const struct sim_kernel *kernel,
			  struct machine_demand *demand)
{
	machine_demand(&device->machine, kernel, 1, demand);
	return demand_service_ps(&device->machine, demand);
}

static void a_device_takes_longer_by_the_waste_and_says_so(void **state)
{
	(void)state;
	struct hw_device device;
	struct sim_diag diag = {0};
	assert_int_equal(device_load("h100-sxm", NULL, 0, &device, &diag), SIM_OK);
	struct machine_demand demand;
	struct sim_kernel large = product(2048, 7168, 8192);
	double tail, waste = gpu_tiles_waste(132, &large, &tail);
	double ideal_ps = (double)large.flops / (989.4 * 0.77);
	double ps = (double)service_ps(&device, &large, &demand);
	assert_true(fabs(ps - ideal_ps * waste) < 3 + 1e-6 * ps);
	assert_true(demand.tail_ps > 0 && demand.tail_ps < demand.limit_ps);
	/* few rows wait for their weights, whatever the tiles */
	struct sim_kernel few = product(8, 7168, 8192);
	assert_true(service_ps(&device, &few, &demand) > 2 * 7168 * 8192 / 3.35);
	assert_int_equal(demand.tail_ps, 0);
	device_fini(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wave_of_the_largest_tiles_wastes_nothing),
		cmocka_unit_test(one_tile_more_than_a_wave_costs),
		cmocka_unit_test(few_columns_leave_multiprocessors_idle),
		cmocka_unit_test(more_multiprocessors_never_take_longer),
		cmocka_unit_test(a_device_takes_longer_by_the_waste_and_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
