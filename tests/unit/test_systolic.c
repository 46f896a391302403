/* Systolic arrays: cycles against SCALE-Sim and Eyeriss, and the class against its equation. */
#include "tests/unit/validate_fixture.h"

#include "hwmodels/systolic.h"

static struct hw_device device;
static struct sim_diag diag;

static void load(const char *spec, const char *const *sets, size_t count)
{
	diag_init(&diag);
	if (device_load(spec, sets, count, &device, &diag) != SIM_OK)
		fail_msg("%s: %s", spec, diag.text);
}

static struct machine_demand demand_of(const struct sim_kernel *kernel)
{
	struct machine_demand demand;
	memset(&demand, 0xff, sizeof(demand));
	machine_demand(&device.machine, kernel, 1, &demand);
	return demand;
}

static double alone_us(const struct sim_kernel *kernel)
{
	struct machine_demand demand = demand_of(kernel);
	return (double)(demand.fixed_ps + demand_service_ps(&device.machine, &demand)) / 1e6;
}

static void assert_us(const struct sim_kernel *kernel, double us)
{
	double got = alone_us(kernel);
	if (fabs(got - us) > 3e-6)
		fail_msg("%.7f us, not %.7f", got, us);
}

/* (M x K)(K x N) in bf16. */
static struct sim_kernel product(uint64_t m, uint64_t n, uint64_t k)
{
	return (struct sim_kernel){.flops = 2 * m * n * k,
				   .weight_bytes = 2 * n * k,
				   .act_read_bytes = 2 * m * k,
				   .act_write_bytes = 2 * m * n,
				   .op = SIM_OP_GEMM,
				   .family = SIM_FAMILY_GEMM,
				   .dtype = SIM_DTYPE_BF16};
}

#define WS SYSTOLIC_WEIGHT_STATIONARY
#define IS SYSTOLIC_INPUT_STATIONARY
#define OS SYSTOLIC_OUTPUT_STATIONARY
#define RS SYSTOLIC_ROW_STATIONARY

static struct systolic_array square(double side, enum systolic_dataflow dataflow)
{
	return (struct systolic_array){
		.rows = side, .columns = side, .arrays = 1, .dataflow = dataflow};
}

/* scale-sim-v2 @22f88b1, run for ../shared/facts/accelerators.md 7.4; it prints one cycle less. */
static const struct {
	double side;
	enum systolic_dataflow dataflow;
	uint64_t m, n, k;
	double printed;
} scale_sim[] = {
	{32, OS, 128, 128, 128, 3039},	  {32, WS, 128, 128, 128, 3551},
	{64, WS, 1, 512, 512, 12223},	  {64, OS, 1, 512, 512, 5103},
	{64, IS, 1, 512, 512, 5615},	  {128, WS, 16, 1024, 1024, 25471},
	{128, OS, 16, 1024, 1024, 10223}, {128, WS, 128, 1024, 1024, 32639},
	{16, WS, 100, 70, 50, 2919},	  {16, OS, 100, 70, 50, 2799},
};

enum { RUNS = sizeof(scale_sim) / sizeof(scale_sim[0]) };

static void products_take_the_cycles_of_scale_sim(void **state)
{
	(void)state;
	assert_int_equal(RUNS, 10);
	for (size_t i = 0; i < RUNS; i++) {
		struct systolic_array array = square(scale_sim[i].side, scale_sim[i].dataflow);
		double cycles =
			systolic_gemm_cycles(&array, (double)scale_sim[i].m, (double)scale_sim[i].n,
					     (double)scale_sim[i].k);
		if (cycles - 1 != scale_sim[i].printed)
			fail_msg("run %zu: %.0f cycles, SCALE-Sim prints %.0f", i, cycles,
				 scale_sim[i].printed);
	}
}

/* The same through a record: its shape, the array's clock, and memory that is never in the way. */
static void a_record_takes_the_cycles_of_its_shape(void **state)
{
	char rows[32], columns[32], flow[32];
	const char *sets[] = {rows, columns, flow, "memory.bandwidth=1000 TB/s",
			      "memory.sustained=1"};
	(void)state;
	for (size_t i = 0; i < RUNS; i++) {
		snprintf(rows, sizeof(rows), "array.rows=%.0f", scale_sim[i].side);
		snprintf(columns, sizeof(columns), "array.columns=%.0f", scale_sim[i].side);
		snprintf(flow, sizeof(flow), "array.dataflow=%d", (int)scale_sim[i].dataflow);
		load("npu-128", sets, 5);
		struct sim_kernel kernel = product(scale_sim[i].m, scale_sim[i].n, scale_sim[i].k);
		assert_us(&kernel, (scale_sim[i].printed + 1) / 1000); /* 1 GHz */
		device_fini(&device);
	}
}

static void one_row_leaves_a_weight_stationary_array_idle(void **state)
{
	(void)state;
	struct systolic_array array = square(64, WS);
	double cycles = systolic_gemm_cycles(&array, 1, 512, 512);
	double share = systolic_utilization(&array, 512.0 * 512, cycles);
	assert_true(fabs(share - 1.0 / 191) < 1e-15); /* 0.52 % */
	/* 0.39 %, as SCALE-Sim prints it */
	double printed = systolic_scale_sim_utilization(&array, 1, 512, 512);
	assert_true(printed == 1.0 / 254);
	double large = systolic_gemm_cycles(&array, 1e6, 512, 512);
	assert_true(systolic_utilization(&array, 1e6 * 512 * 512, large) > 0.999);
}

static double rs_share(const struct systolic_conv *conv)
{
	const struct systolic_array eyeriss = {
		.rows = 12, .columns = 14, .arrays = 1, .dataflow = RS};
	return systolic_utilization(&eyeriss, systolic_conv_macs(conv),
				    systolic_conv_cycles(&eyeriss, conv));
}

/* AlexNet on the chip of 12 x 14: sets and strips worked out by hand. */
static void row_stationary_fills_the_array_with_sets(void **state)
{
	(void)state;
	struct systolic_conv conv = {.images = 1, .groups = 1};
	/* 11 x 55 outputs: one set of 11 rows, four strips of 14, 14, 14 and 13 columns */
	conv.out_height = conv.out_width = 55;
	conv.filter_height = conv.filter_width = 11;
	conv.channels = 3;
	conv.filters = 96;
	assert_true(fabs(rs_share(&conv) - 11 * 13.75 / 168) < 1e-12);
	/* 5 x 27: two sets of 5 rows, two strips of 14 and 13 */
	conv.out_height = conv.out_width = 27;
	conv.filter_height = conv.filter_width = 5;
	conv.channels = 48;
	conv.filters = 256;
	assert_true(fabs(rs_share(&conv) - 135.0 / 168) < 1e-12);
	/* 3 x 13: four sets of 3 rows, one strip of 13 */
	conv.out_height = conv.out_width = 13;
	conv.filter_height = conv.filter_width = 3;
	conv.channels = 256;
	conv.filters = 384;
	assert_true(fabs(rs_share(&conv) - 156.0 / 168) < 1e-12);
	/* depthwise: a group has one channel and one filter, so one set alone */
	conv.filters = conv.groups = 256;
	assert_true(fabs(rs_share(&conv) - 39.0 / 168) < 1e-12);
	/* a filter higher than the array folds */
	conv = (struct systolic_conv){.images = 1,
				      .out_height = 14,
				      .out_width = 14,
				      .filter_height = 24,
				      .filter_width = 1,
				      .channels = 1,
				      .filters = 1,
				      .groups = 1};
	assert_true(rs_share(&conv) == 1);
}

static uint64_t lcg(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static double any_size(uint64_t *seed)
{
	uint64_t shift = lcg(seed) % 24;
	return (double)(1 + lcg(seed) % (UINT64_C(1) << shift));
}

/* Never faster than one multiply-add per element; more of anything never takes fewer cycles. */
static void cycles_keep_their_bounds(void **state)
{
	(void)state;
	uint64_t seed = 1;
	for (int i = 0; i < 20000; i++) {
		struct systolic_array array = {.rows = (double)(1 + lcg(&seed) % 300),
					       .columns = (double)(1 + lcg(&seed) % 300),
					       .arrays = (double)(1 + lcg(&seed) % 9),
					       .dataflow = (enum systolic_dataflow)(i % 4)};
		double m = any_size(&seed), n = any_size(&seed), k = any_size(&seed);
		double cycles = systolic_gemm_cycles(&array, m, n, k);
		double share = systolic_utilization(&array, m * n * k, cycles);
		if (!(share > 0 && share <= 1))
			fail_msg("%g x %g x %g: utilization %g", m, n, k, share);
		double more = any_size(&seed);
		assert_true(systolic_gemm_cycles(&array, m + more, n, k) >= cycles);
		assert_true(systolic_gemm_cycles(&array, m, n + more, k) >= cycles);
		assert_true(systolic_gemm_cycles(&array, m, n, k + more) >= cycles);
		array.arrays++;
		assert_true(systolic_gemm_cycles(&array, m, n, k) <= cycles);
	}
	for (int flow = 0; flow < SYSTOLIC_DATAFLOW_COUNT; flow++) {
		struct systolic_array array = square(1, (enum systolic_dataflow)flow);
		assert_true(isfinite(systolic_gemm_cycles(&array, 1e60, 1e60, 1e60)));
		array = square(1e6, (enum systolic_dataflow)flow);
		assert_true(systolic_gemm_cycles(&array, 1, 1, 1) >= 1);
	}
	assert_true(systolic_ceil(0) == 0 && systolic_ceil(2) == 2 && systolic_ceil(2.1) == 3);
	assert_true(systolic_ceil(1e300) == 1e300);
}

static void without_double_buffering_times_add_up(void **state)
{
	const char *both[] = {"memory.bandwidth=1 GB/s", "memory.sustained=0.5"};
	const char *one[] = {"memory.bandwidth=1 GB/s", "memory.sustained=0.5", "sram.double=0"};
	(void)state;
	struct sim_kernel kernel = product(1, 128, 128);
	double compute = 0.383, stream = (2 * 128 * 128 + 4 * 128) / 0.5e3; /* us */
	load("npu-128", both, 2);
	assert_us(&kernel, stream);
	device_fini(&device);
	load("npu-128", one, 3);
	assert_us(&kernel, compute + stream);
	device_fini(&device);
}

static void small_buffers_read_again(void **state)
{
	const char *slow[] = {"memory.bandwidth=1 kB/s", "memory.sustained=1"};
	const char *small[] = {"memory.bandwidth=1 kB/s", "memory.sustained=1", "sram.in=2 kB"};
	(void)state;
	/* 1000 rows of 64 inputs, 256 outputs: two columns of folds, 128 kB of inputs */
	struct sim_kernel kernel = product(1000, 256, 64);
	double bytes = 2 * (1000 * 64 + 64 * 256 + 1000 * 256);
	load("npu-128", slow, 2);
	assert_true(demand_of(&kernel).work[0] == bytes);
	device_fini(&device);
	load("npu-128", small, 3);
	assert_true(demand_of(&kernel).work[0] == bytes + 128000);
	device_fini(&device);
}

/* An 8-bit array takes four passes for 16-bit operands, two where only activations are wide. */
static void wide_operands_take_passes(void **state)
{
	const char *sets[] = {"array.bits=8", "memory.bandwidth=1000 TB/s", "memory.sustained=1"};
	(void)state;
	struct sim_kernel kernel = product(128, 128, 128);
	load("npu-128", sets, 3);
	assert_us(&kernel, 4 * 0.510);
	kernel.dtype = SIM_DTYPE_I8;
	kernel.weight_bytes = 128 * 128;
	assert_us(&kernel, 0.510);
	kernel.dtype = SIM_DTYPE_INT4;
	kernel.weight_bytes = 128 * 64;
	assert_us(&kernel, 2 * 0.510);
	device_fini(&device);
}

static void other_ops_run_on_the_vector_unit(void **state)
{
	(void)state;
	load("npu-128", NULL, 0);
	struct sim_kernel kernel = fixture_pointwise(4000, 1);
	kernel.flops = 128000000;
	struct machine_demand demand = demand_of(&kernel);
	assert_true(demand.work[1] == 0);
	assert_us(&kernel, 1000); /* 128 lanes at 1 GHz */
	device_fini(&device);
}

/* Without weights the shape is found from flops and what is read and written. */
static void products_of_activations_have_a_shape(void **state)
{
	(void)state;
	const char *sets[] = {"memory.bandwidth=1000 TB/s", "memory.sustained=1"};
	load("npu-128", sets, 2);
	struct sim_kernel kernel = product(16, 1024, 256);
	double weighted = alone_us(&kernel);
	kernel.act_read_bytes += kernel.weight_bytes;
	kernel.weight_bytes = 0;
	assert_us(&kernel, weighted);
	device_fini(&device);
}

static void energy_is_the_sum_of_its_parts(void **state)
{
	const char *sets[] = {"memory.energy=1 pJ/bit", "mac.energy=2 pJ", "sram.energy=3 pJ/B",
			      "energy.band=0.25", "static.power=8 W"};
	(void)state;
	struct sim_kernel kernel = product(1, 128, 128);
	struct machine_energy energy;
	load("draco-64", NULL, 0);
	machine_energy(&device.machine, &kernel, 1, &energy);
	assert_true(isnan(energy.pj[ENERGY_MEMORY]) && isnan(energy.low_pj));
	assert_true(isnan(device.machine.cost.static_w));
	device_fini(&device);
	load("npu-128", sets, 5);
	machine_energy(&device.machine, &kernel, 1, &energy);
	double memory = 8 * (2 * 128 * 128 + 4 * 128);
	double sram = 3 * (2 * 128 + 2 * 128 * 128 + 4 * 128), macs = 2 * 128 * 128;
	assert_true(fabs(energy.pj[ENERGY_MEMORY] / memory - 1) < 1e-12);
	assert_true(fabs(energy.pj[ENERGY_COMPUTE] / (macs + sram) - 1) < 1e-12);
	assert_true(fabs(energy.low_pj / (0.75 * (memory + macs + sram)) - 1) < 1e-12);
	assert_true(device.machine.cost.static_high_w == 10);
	device_fini(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products_take_the_cycles_of_scale_sim),
		cmocka_unit_test(a_record_takes_the_cycles_of_its_shape),
		cmocka_unit_test(one_row_leaves_a_weight_stationary_array_idle),
		cmocka_unit_test(row_stationary_fills_the_array_with_sets),
		cmocka_unit_test(cycles_keep_their_bounds),
		cmocka_unit_test(without_double_buffering_times_add_up),
		cmocka_unit_test(small_buffers_read_again),
		cmocka_unit_test(wide_operands_take_passes),
		cmocka_unit_test(other_ops_run_on_the_vector_unit),
		cmocka_unit_test(products_of_activations_have_a_shape),
		cmocka_unit_test(energy_is_the_sum_of_its_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
