/* Machines of compute-in-memory arrays, on built-in devices, at points worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hwmodels/lint.h"

static void assert_near(double got, double expected, double within)
{
	if (!(fabs(got - expected) <= within))
		fail_msg("%.17g, not %.17g", got, expected);
}

/* y = x W, x 16 bits wide; W packed to BITS while the record says bf16. */
static struct sim_kernel record(double m, double n, double k, double bits)
{
	return (struct sim_kernel){
		.op = SIM_OP_GEMM,
		.family = SIM_FAMILY_GEMM,
		.dtype = SIM_DTYPE_BF16,
		.flops = (uint64_t)(2 * m * n * k),
		.weight_bytes = (uint64_t)(n * k * bits / 8),
		.act_read_bytes = (uint64_t)(2 * m * k),
		.act_write_bytes = (uint64_t)(2 * m * n),
	};
}

static void load(struct hw_device *device, const char *name, const char *const *sets, size_t count)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (device_load(name, sets, count, device, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static double seconds_of(const struct machine *machine, const struct sim_kernel *kernel)
{
	struct machine_demand demand;
	machine_demand(machine, kernel, 1, &demand);
	return (double)(demand.fixed_ps + demand_service_ps(machine, &demand)) / 1e12;
}

static double device_seconds(const char *name, const char *const *sets, size_t count,
			     const struct sim_kernel *kernel)
{
	struct hw_device device;
	load(&device, name, sets, count);
	double seconds = seconds_of(&device.machine, kernel);
	device_fini(&device);
	return seconds;
}

/* 512 x 2048 of 4 bits on EdgeCIM: 524288 B, 768 macros of 16 x 4 weights, 22 fills of 8 cycles. */
static void edgecim_by_hand(void **state)
{
	const struct sim_kernel kernel = record(1, 512, 2048, 4);
	static const char *const one[] = {"array.double_buffer=0"};
	const double stream = 524288 / (273.056e9 * 0.836), fill = 8 / 500e6, drain = 6 / 500e6;
	(void)state;
	assert_near(device_seconds("edgecim", NULL, 0, &kernel), stream + fill + drain, 3e-12);
	assert_near(device_seconds("edgecim", one, 1, &kernel), stream + 22 * fill + drain, 3e-12);
}

static void weights_that_do_not_fit_come_no_faster_than_the_memory(void **state)
{
	static const char *const fast[] = {"macro.clock=100 GHz", "dram.efficiency=1",
					   "nonlinear.rate=1 Pflop/s"};
	struct hw_device device;
	(void)state;
	load(&device, "edgecim", fast, 3);
	for (int n = 1; n < 200000; n *= 3) {
		struct sim_kernel kernel = record(1, n, 4096, 4);
		double floor = (double)kernel.weight_bytes / 273.056e9;
		double seconds = seconds_of(&device.machine, &kernel);
		assert_true(seconds >= floor && seconds < floor + 1e-9);
	}
	device_fini(&device);
}

static void resident_weights_are_held_by_the_macros(void **state)
{
	static const char *const sets[] = {"array.resident=1"};
	const struct sim_kernel kernel = record(1, 128, 128, 4);
	struct hw_device device;
	(void)state;
	load(&device, "colonnade-65nm", sets, 1);
	assert_near(device.machine.memory_bytes, 128.0 * 128 / 8, 0);
	assert_near(device.machine.kv_memory_bytes, 16e9, 0);
	assert_near(device.machine.memory_bytes_per_s, 0, 0);
	/* 4 groups of columns, one macro: 4 fills of 8 cycles, 7 to drain, at 100 MHz */
	assert_near(seconds_of(&device.machine, &kernel), (32 + 7) / 100e6, 3e-12);
	device_fini(&device);
}

static void the_narrowest_bus_counts(void **state)
{
	static const char *const chip[] = {"bus.chip=512"}, *const tile[] = {"bus.tile=64"};
	const struct sim_kernel kernel = record(1, 4096, 4096, 4);
	const double moved = 8388608 + 4 * 4096;
	(void)state;
	assert_true(fabs(device_seconds("edgecim", chip, 1, &kernel) / (moved / 32e9) - 1) < 1e-2);
	/* 48 tiles of 64 bits: 192 GB/s */
	assert_true(fabs(device_seconds("edgecim", tile, 1, &kernel) / (moved / 192e9) - 1) < 1e-2);
}

static void activations_beyond_the_buffer_go_to_memory(void **state)
{
	struct sim_kernel kernel = {.op = SIM_OP_ELEMENTWISE, .act_read_bytes = 300000};
	static const char *const sets[] = {"nonlinear.rate=1 Pflop/s"};
	(void)state;
	kernel.act_write_bytes = 200000; /* 512 KiB hold both */
	assert_true(device_seconds("edgecim", sets, 1, &kernel) < 2e-6);
	kernel.act_write_bytes = 300000;
	assert_near(device_seconds("edgecim", sets, 1, &kernel), 600000 / 228.274816e9, 3e-12);
}

static void energy_by_hand(void **state)
{
	const struct sim_kernel kernel = record(1, 512, 2048, 4);
	struct machine_energy energy;
	struct hw_device device;
	(void)state;
	load(&device, "edgecim", NULL, 0);
	machine_energy(&device.machine, &kernel, 1, &energy);
	const double bits = 524288 * 8, act = 2 * (2048 + 512);
	double sums = 512.0 * 2048 / 16, elements = act / 2;
	assert_near(energy.pj[ENERGY_MEMORY], bits * 3.88, 1e-3);
	assert_near(energy.pj[ENERGY_COMPUTE], bits * 8 * 8e-3 + (sums + elements) * 2 + bits * 0.2,
		    1e-2);
	assert_near(energy.pj[ENERGY_LINK], (bits + act * 8) * 0.5, 1e-3);
	double sum = energy.pj[ENERGY_MEMORY] + energy.pj[ENERGY_COMPUTE] + energy.pj[ENERGY_LINK];
	assert_near(energy.low_pj, sum / 2, 1e-3);
	assert_near(device.machine.cost.area_mm2, 47.3, 1e-9);
	assert_near(device.machine.cost.static_w, 0.3, 1e-12);
	assert_true(isnan(device.machine.cost.price_usd));
	device_fini(&device);
	load(&device, "sail", NULL, 0); /* nobody says: unknown, not zero */
	machine_energy(&device.machine, &kernel, 1, &energy);
	assert_true(isnan(energy.pj[ENERGY_MEMORY]) && isnan(energy.low_pj));
	device_fini(&device);
}

/* The most that a record can say, nothing at all, and types that no list has: numbers, twice. */
static void extremes_stay_numbers(void **state)
{
	static const char *const names[] = {"edgecim", "sail", "colonnade-65nm"};
	struct sim_kernel most = {.op = SIM_OP_GEMM, .dtype = SIM_DTYPE_BF16};
	(void)state;
	most.flops = most.weight_bytes = most.kv_read_bytes = most.kv_write_bytes = UINT64_MAX;
	most.act_read_bytes = most.act_write_bytes = UINT64_MAX;
	for (size_t d = 0; d < 3; d++) {
		struct hw_device device;
		load(&device, names[d], NULL, 0);
		for (unsigned op = 0; op < 256; op++) {
			const struct sim_kernel none = {.op = (uint8_t)op, .dtype = (uint8_t)op};
			struct machine_demand one, two;
			most.op = (uint8_t)op;
			most.dtype = (uint8_t)op;
			machine_demand(&device.machine, &most, 1, &one);
			machine_demand(&device.machine, &most, 1, &two);
			assert_memory_equal(&one, &two, sizeof(one));
			for (int r = 0; r < MACHINE_MAX_RESOURCES; r++)
				assert_true(isfinite(one.work[r]) && one.work[r] >= 0);
			machine_demand(&device.machine, &none, 1, &one);
			assert_true(one.fixed_ps >= 0 && one.limit_ps >= 0);
		}
		device_fini(&device);
	}
}

static void what_cannot_be_is_refused(void **state)
{
	static const char *const sets[] = {"array.tiles.total=4"};
	struct hw_device device;
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	assert_int_equal(device_load("edgecim", sets, 1, &device, &diag), SIM_E_RANGE);
	assert_non_null(strstr(diag.text, "array.tiles.total is below array.tiles"));
}

static void count_impossible(void *context, const struct hw_finding *finding)
{
	*(unsigned *)context += finding->impossible;
}

static void lint_knows_cells_and_buses(void **state)
{
	static const char *const sets[] = {"macro.write=257"};
	unsigned impossible = 0;
	struct hw_device device;
	(void)state;
	load(&device, "edgecim", NULL, 0);
	device_lint(&device, count_impossible, &impossible);
	assert_int_equal(impossible, 0);
	device_fini(&device);
	load(&device, "edgecim", sets, 1);
	device_lint(&device, count_impossible, &impossible);
	assert_int_equal(impossible, 1);
	device_fini(&device);
}

/* Tiles double as the second buffer where nothing says whether there is one. */
static void spare_tiles_are_a_second_buffer(void **state)
{
	const struct sim_kernel kernel = record(1, 512, 2048, 4);
	static const char *const files[] = {"array.tiles.total=8", "array.tiles=4",
					    "array.double_buffer=1", "array.double_buffer=0"};
	const char *const two[] = {files[0], files[1], files[2]};
	const char *const one[] = {files[0], files[1], files[3]};
	(void)state;
	double hidden = device_seconds("edgecim", two, 3, &kernel);
	double shown = device_seconds("edgecim", one, 3, &kernel);
	assert_true(hidden < shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edgecim_by_hand),
		cmocka_unit_test(weights_that_do_not_fit_come_no_faster_than_the_memory),
		cmocka_unit_test(resident_weights_are_held_by_the_macros),
		cmocka_unit_test(the_narrowest_bus_counts),
		cmocka_unit_test(activations_beyond_the_buffer_go_to_memory),
		cmocka_unit_test(energy_by_hand),
		cmocka_unit_test(extremes_stay_numbers),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(lint_knows_cells_and_buses),
		cmocka_unit_test(spare_tiles_are_a_second_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
