/* Each model class against its own formula, worked out by hand on a small invented machine. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hwmodels/device.h"
#include "hwmodels/gpu_parts.h"

/* 1 TB/s, 100 and 200 Tflop/s in bf16 and fp8, 10 Tflop/s in fp32 */
#define DEVICE "tests/data/valid/rates.yaml"

static struct hw_device device;

static void load(const char *spec, const char *set)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (device_load(spec, &set, set != NULL, &device, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static struct machine_demand demand_of(const struct sim_kernel *kernel)
{
	struct machine_demand demand;
	memset(&demand, 0xff, sizeof(demand)); /* the model must fill all of it */
	machine_demand(&device.machine, kernel, 1, &demand);
	return demand;
}

/* Streaming time in seconds, from the contract. */
static double seconds_of(const struct sim_kernel *kernel)
{
	struct machine_demand demand = demand_of(kernel);
	double longest = (double)demand.limit_ps * 1e-12;
	for (uint32_t r = 0; r < device.machine.resource_count; r++) {
		double time = demand.work[r] / device.machine.resources[r].rate_per_s;
		longest = time > longest ? time : longest;
	}
	return longest;
}

static void assert_seconds(const struct sim_kernel *kernel, double expected)
{
	double seconds = seconds_of(kernel);
	if (!(fabs(seconds - expected) <= 1e-12 * expected))
		fail_msg("%.17g s, not %.17g s", seconds, expected);
}

static struct sim_kernel gemm(uint8_t dtype, uint64_t flops, uint64_t weight_bytes)
{
	return (struct sim_kernel){.flops = flops,
				   .weight_bytes = weight_bytes,
				   .act_read_bytes = 1000000,
				   .act_write_bytes = 3000000,
				   .op = SIM_OP_GEMM,
				   .family = SIM_FAMILY_GEMM,
				   .dtype = dtype};
}

static void roofline_is_the_larger_of_bytes_and_flops(void **state)
{
	(void)state;
	load("roofline:" DEVICE, NULL);
	struct sim_kernel bound_by_bytes = gemm(SIM_DTYPE_BF16, 1000, 6000000);
	assert_seconds(&bound_by_bytes, 10e6 / 1e12);
	struct sim_kernel bound_by_flops = gemm(SIM_DTYPE_BF16, 5000000000, 6000000);
	assert_seconds(&bound_by_flops, 5e9 / 100e12);
	assert_int_equal(demand_of(&bound_by_flops).fixed_ps, 0);
	device_fini(&device);
}

static void ideal_counts_floor_bytes_only(void **state)
{
	(void)state;
	load("ideal:" DEVICE, NULL);
	struct sim_kernel kernel = gemm(SIM_DTYPE_BF16, 1000, 6000000);
	assert_seconds(&kernel, 6e6 / 1e12);
	struct sim_kernel attention = {.kv_read_bytes = 2000000,
				       .act_read_bytes = 90000000,
				       .op = SIM_OP_ATTENTION,
				       .family = SIM_FAMILY_ATTN,
				       .dtype = SIM_DTYPE_BF16};
	assert_seconds(&attention, 2e6 / 1e12);
	struct sim_kernel copy = {.kv_read_bytes = 2000000,
				  .op = SIM_OP_COPY,
				  .family = SIM_FAMILY_CAT,
				  .dtype = SIM_DTYPE_BF16};
	assert_seconds(&copy, 0);
	device_fini(&device);
}

static void ideal_launches_for_nothing(void **state)
{
	(void)state;
	load("ideal:" DEVICE, NULL);
	struct machine_launch nothing = {.queue_depth = 1024};
	assert_memory_equal(&device.machine.launch, &nothing, sizeof(nothing));
	device_fini(&device);
	load("roofline:" DEVICE, NULL); /* as the device gives them */
	assert_int_equal(device.machine.launch.host_ps, 4000000);
	assert_int_equal(device.machine.launch.graph_gap_ps, 500000);
	assert_int_equal(device.machine.launch.graph_host_node_ps, 2500);
	assert_int_equal(device.machine.launch.sync_ps, 0);
	assert_int_equal(device.machine.launch.queue_depth, 16);
	device_fini(&device);
}

struct rate {
	uint8_t op, family, dtype;
	double flops_per_s;
};

/* Which units do it, and what stands in for a type they do not have. */
static const struct rate rates[] = {
	{SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_BF16, 100e12},
	{SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_F16, 100e12},
	{SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_INT4, 100e12},
	{SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_FP8, 200e12},
	{SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_FP4, 200e12}, /* as fp8 */
	{SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_I8, 100e12},  /* as bf16 */
	{SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_F32, 10e12},
	{SIM_OP_GEMM, SIM_FAMILY_GEMM_SIMT, SIM_DTYPE_F32, 10e12},
	{SIM_OP_GEMM, SIM_FAMILY_GEMM_SIMT, SIM_DTYPE_BF16, 20e12},
	{SIM_OP_GEMM, SIM_FAMILY_UNKNOWN, SIM_DTYPE_BF16, 100e12},
	{SIM_OP_GEMM, SIM_FAMILY_FUSED, SIM_DTYPE_BF16, 100e12},
	{SIM_OP_GEMM, SIM_FAMILY_SPLITK_REDUCE, SIM_DTYPE_BF16, 20e12},
	{SIM_OP_ATTENTION, SIM_FAMILY_ATTN, SIM_DTYPE_BF16, 100e12},
	{SIM_OP_ATTENTION, SIM_FAMILY_ATTN_COMBINE, SIM_DTYPE_F32, 10e12},
	{SIM_OP_GROUPED_GEMM, SIM_FAMILY_GEMM_GROUPED, SIM_DTYPE_BF16, 100e12},
	{SIM_OP_ELEMENTWISE, SIM_FAMILY_ELEMENTWISE, SIM_DTYPE_BF16, 20e12},
	{SIM_OP_ELEMENTWISE, SIM_FAMILY_ELEMENTWISE, SIM_DTYPE_I64, 10e12},
	{SIM_OP_REDUCE, SIM_FAMILY_REDUCE, SIM_DTYPE_F64, 10e12},
	{SIM_OP_UNKNOWN, SIM_FAMILY_UNKNOWN, 255, 10e12},
};

static void flops_go_to_the_units_that_do_them(void **state)
{
	(void)state;
	load("roofline:" DEVICE, NULL);
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct sim_kernel kernel = {.flops = 1000000000,
					    .op = rates[i].op,
					    .family = rates[i].family,
					    .dtype = rates[i].dtype};
		double rate = gpu_parts_peak(device.numbers, &kernel);
		double seconds = seconds_of(&kernel), expected = 1e9 / rates[i].flops_per_s;
		if (rate != rates[i].flops_per_s || fabs(seconds - expected) > 1e-12 * expected)
			fail_msg("case %zu: %g flop/s, %g s instead of %g s", i, rate, seconds,
				 expected);
	}
	device_fini(&device);
}

static void without_matrix_units_the_vectors_do_it(void **state)
{
	(void)state;
	load("roofline:tests/data/valid/plain.yaml", NULL);
	struct sim_kernel kernel = {.flops = 44000000000,
				    .op = SIM_OP_GEMM,
				    .family = SIM_FAMILY_GEMM,
				    .dtype = SIM_DTYPE_BF16};
	assert_seconds(&kernel, 1e-3);
	device_fini(&device);
}

static void host_copies_cross_the_link(void **state)
{
	struct sim_kernel copy = {.act_read_bytes = 1000000,
				  .act_write_bytes = 1000000,
				  .op = SIM_OP_MEMCPY,
				  .family = SIM_FAMILY_MEMCPY_HOST,
				  .flags = SIM_KERNEL_COPY_ENGINE};
	(void)state;
	load("roofline:" DEVICE, NULL);
	assert_seconds(&copy, 1e6 / 50e9);
	copy.family = SIM_FAMILY_MEMCPY_DEVICE; /* stays in the device: reads and writes memory */
	assert_seconds(&copy, 2e6 / 1e12);
	device_fini(&device);
	load("roofline:" DEVICE, "link.bandwidth=unknown"); /* shared memory */
	copy.family = SIM_FAMILY_MEMCPY_HOST;
	assert_seconds(&copy, 1e6 / 1e12);
	device_fini(&device);
}

static void unknown_l2_is_scaled_but_never_below_memory(void **state)
{
	(void)state;
	load("roofline:" DEVICE, NULL);
	assert_true(device.machine.resources[GPU_RESOURCE_L2].rate_per_s == 100 * 1e9 * 29.2);
	device_fini(&device);
	load("roofline:" DEVICE, "hbm.bandwidth=4 TB/s");
	assert_true(device.machine.resources[GPU_RESOURCE_L2].rate_per_s == 4e12);
	device_fini(&device);
	load("roofline:" DEVICE, "l2.bandwidth=6 TB/s");
	assert_true(device.machine.resources[GPU_RESOURCE_L2].rate_per_s == 6e12);
	device_fini(&device);
}

static void recorded_plays_what_was_measured(void **state)
{
	struct sim_kernel kernel = gemm(SIM_DTYPE_BF16, 1000, 6000000);
	(void)state;
	load("recorded", NULL);
	assert_true(device.machine.plays_recording);
	assert_true(device.machine.memory_bytes_per_s == 0);
	struct machine_demand nothing = {0};
	struct machine_demand demand = demand_of(&kernel);
	assert_memory_equal(&demand, &nothing, sizeof(demand));
	kernel.flags = SIM_KERNEL_OPAQUE;
	kernel.recorded_ps = 123456789;
	assert_int_equal(demand_of(&kernel).fixed_ps, 123456789);
	kernel.recorded_ps = UINT64_MAX;
	assert_true(demand_of(&kernel).fixed_ps == INT64_C(1) << 62);
	device_fini(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roofline_is_the_larger_of_bytes_and_flops),
		cmocka_unit_test(ideal_counts_floor_bytes_only),
		cmocka_unit_test(ideal_launches_for_nothing),
		cmocka_unit_test(flops_go_to_the_units_that_do_them),
		cmocka_unit_test(without_matrix_units_the_vectors_do_it),
		cmocka_unit_test(host_copies_cross_the_link),
		cmocka_unit_test(unknown_l2_is_scaled_but_never_below_memory),
		cmocka_unit_test(recorded_plays_what_was_measured),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
