/* The gpu model against its formula, worked out by hand on a device of round numbers. */
#include "hwmodels/gpu_tiles.h"
#include "tests/unit/validate_fixture.h"

static struct hw_device device;

static struct machine_demand demand_of(const struct sim_kernel *kernel)
{
	struct machine_demand demand;
	memset(&demand, 0xff, sizeof(demand)); /* the model must fill all of it */
	machine_demand(&device.machine, kernel, 1, &demand);
	return demand;
}

static int64_t alone_ps(const struct sim_kernel *kernel)
{
	struct machine_demand demand = demand_of(kernel);
	return demand.fixed_ps + demand_service_ps(&device.machine, &demand);
}

/* US within the 2 ps that rounding up fixed and streaming time may add. */
static void assert_us(const struct sim_kernel *kernel, double us)
{
	int64_t ps = alone_ps(kernel);
	if (fabs((double)ps - us * 1e6) > 2)
		fail_msg("%lld ps, not %.6f us", (long long)ps, us);
}

static struct sim_kernel attention(uint64_t kv_bytes, uint32_t blocks, unsigned flags)
{
	return (struct sim_kernel){.kv_read_bytes = kv_bytes,
				   .op = SIM_OP_ATTENTION,
				   .family = SIM_FAMILY_ATTN,
				   .dtype = SIM_DTYPE_BF16,
				   .blocks = blocks,
				   .threads = 100,
				   .blocks_per_sm = 8,
				   .flags = (uint8_t)flags};
}

static void streaming_is_fixed_and_bytes_over_the_share_of_the_bandwidth(void **state)
{
	(void)state;
	fixture_device(&device, GPU_RATES, NULL);
	struct sim_kernel large = fixture_gemm(4000000);
	assert_us(&large, 3 + 4.0 / (0.5 * 0.8));
	assert_true(demand_of(&large).fixed_ps == 3000000);
	large.flops = 2000000000; /* 20 us at 100 Tflop/s */
	double tail, waves = gpu_tiles_waste(device_sm_count(&device), &large, &tail);
	assert_us(&large, 3 + 20 * waves);
	device_fini(&device);
}

static void a_small_kernel_takes_the_ramp(void **state)
{
	(void)state;
	fixture_device(&device, GPU_RATES, NULL);
	struct sim_kernel nothing = fixture_gemm(0), small = fixture_gemm(400000);
	struct sim_kernel edge = fixture_gemm(800000);
	assert_us(&nothing, 3 + 2);
	assert_us(&small, 3 + 2); /* 1 us of streaming hides under it */
	assert_us(&edge, 3 + 2);
	edge.weight_bytes += 400; /* 1 ns more */
	assert_us(&edge, 3 + 2.001);
	device_fini(&device);
}

static void elements_of_a_thread_add_to_small_kernels(void **state)
{
	(void)state;
	fixture_device(&device, GPU_RATES, NULL);
	/* 1,024,000 elements on 25,600 threads: 40 in a row */
	struct sim_kernel kernel = fixture_pointwise(2048000, 100);
	assert_us(&kernel, 1 + 2.048 / 5 + 40 * 0.010);
	assert_int_equal(demand_of(&kernel).tail_ps, 0);
	kernel.dtype = SIM_DTYPE_F32; /* half as many */
	assert_us(&kernel, 1 + 2.048 / 5 + 20 * 0.010);
	kernel.blocks = 0; /* unknown: one block on every multiprocessor */
	assert_us(&kernel, 1 + 2.048 / 5 + 20 * 0.010);
	device_fini(&device);
}

static void waves_are_whole_and_the_rest_of_the_last_is_tail(void **state)
{
	(void)state;
	fixture_device(&device, GPU_RATES, NULL);
	/* 8 blocks on each of 100: 1200 blocks are 1.5 waves; 10 elements a thread and wave */
	struct sim_kernel kernel = fixture_pointwise(2400000, 1200);
	kernel.threads = 100;
	assert_us(&kernel, 1 + 2.4 / 5 + 2 * 10 * 0.010);
	assert_in_range(demand_of(&kernel).tail_ps, 50000, 50001); /* a quarter of 200 ns */
	kernel.blocks = 1600;
	kernel.act_read_bytes = kernel.act_write_bytes = 1600000;
	assert_us(&kernel, 1 + 3.2 / 5 + 2 * 10 * 0.010);
	assert_int_equal(demand_of(&kernel).tail_ps, 0);
	kernel.blocks_per_sm = 16; /* all at once */
	assert_us(&kernel, 1 + 3.2 / 5 + 10 * 0.010);
	device_fini(&device);
}

static void activations_past_half_of_l2_come_from_memory(void **state)
{
	(void)state;
	fixture_device(&device, GPU_RATES, NULL);
	struct sim_kernel kernel = fixture_pointwise(5000000, 800);
	kernel.threads = 500;
	double elements = 5e6 / 2 / 400000;
	assert_us(&kernel, 1 + 5.0 / 5 + elements * 0.010);
	kernel.act_read_bytes += 1;
	assert_us(&kernel, 1 + 5.000001 / (0.8 * 0.8) + elements * 0.010);
	device_fini(&device);
}

static void spread_grows_with_the_fourth_root(void **state)
{
	(void)state;
	fixture_device(&device, GPU_RATES, NULL);
	struct sim_kernel kernel = fixture_pointwise(65536, 1);
	kernel.family = SIM_FAMILY_REDUCE;
	assert_us(&kernel, 2 + 16 * 0.030);
	kernel.act_read_bytes *= 16;
	kernel.act_write_bytes *= 16;
	assert_us(&kernel, 2 + 32 * 0.030);
	device_fini(&device);
}

static void attention_hides_its_elements_under_streaming(void **state)
{
	(void)state;
	fixture_device(&device, GPU_RATES, NULL);
	struct sim_kernel many = attention(4000000, 100, 0), few = attention(4000000, 1, 0);
	assert_us(&many, 3 + 4.0 / (0.5 * 0.8)); /* 200 elements, 0.4 us */
	assert_us(&few, 3 + 20000 * 0.002);
	device_fini(&device);
}

static void hot_kv_comes_from_l2_but_not_below_the_byte_floor(void **state)
{
	(void)state;
	fixture_device(&device, GPU_RATES, NULL);
	/* 0.8 us from L2 and 0.4 us of elements: 1.2; the floor is 4 us, taken out of fixed */
	struct sim_kernel hot = attention(4000000, 100, SIM_KERNEL_INPUT_HOT);
	assert_us(&hot, 3 + 0.8 + 0.4);
	assert_int_equal(demand_of(&hot).fixed_ps, 200000);
	assert_int_equal(demand_of(&hot).limit_ps, 4000000);
	hot = attention(4800000, 100, SIM_KERNEL_INPUT_HOT); /* 3 + 0.96 + 0.48 is below 4.8 */
	assert_us(&hot, 4.8);
	assert_int_equal(demand_of(&hot).fixed_ps, 0);
	hot = attention(6000000, 100, SIM_KERNEL_INPUT_HOT); /* more than L2 keeps */
	assert_us(&hot, 3 + 6.0 / (0.5 * 0.8));
	struct sim_kernel copy = attention(4000000, 100, SIM_KERNEL_INPUT_HOT);
	copy.op = SIM_OP_KV_WRITE; /* only attention reads what was just written */
	assert_us(&copy, 3 + 4.0 / (0.5 * 0.8));
	device_fini(&device);
}

static void host_copies_take_the_link(void **state)
{
	(void)state;
	fixture_device(&device, GPU_RATES, "memcpy_host.element=0 s");
	struct sim_kernel copy = {.act_read_bytes = 1000000,
				  .act_write_bytes = 400000,
				  .op = SIM_OP_MEMCPY,
				  .family = SIM_FAMILY_MEMCPY_HOST};
	assert_us(&copy, 1 + 1e6 / 50e9 * 1e6);
	copy.act_write_bytes = 2000000; /* the larger of the two */
	assert_us(&copy, 1 + 2e6 / 50e9 * 1e6);
	copy.family = SIM_FAMILY_ELEMENTWISE; /* on the device */
	assert_true(alone_ps(&copy) < 5000000);
	device_fini(&device);
}

/* topk has no coefficients: argmax is its relative, that one's is reduce. */
static void a_family_without_coefficients_takes_its_relatives(void **state)
{
	(void)state;
	struct sim_kernel kernel = fixture_pointwise(65536, 1), reduce = kernel;
	reduce.family = SIM_FAMILY_REDUCE;
	kernel.family = SIM_FAMILY_TOPK;
	fixture_device(&device, GPU_RATES, NULL);
	assert_us(&kernel, 2 + 16 * 0.030);
	*fixture_value(&device, "argmax.fixed") = 5e-6; /* the rest stays reduce's */
	assert_int_equal(device_rebuild(&device, NULL), SIM_OK);
	assert_us(&kernel, 5 + 16 * 0.030);
	assert_us(&reduce, 2 + 16 * 0.030);
	device_fini(&device);
	fixture_device(&device, "gpu:tests/data/valid/rates.yaml", NULL); /* the last resort */
	struct sim_kernel gemm = fixture_gemm(8280000);
	assert_us(&gemm, 2 + 8.28 / (0.9 * 0.92));
	device_fini(&device);
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		unsigned at = family, hops = 0;
		while (gpu_relative(at) != at && hops++ < SIM_FAMILY_COUNT)
			at = gpu_relative(at);
		assert_true(gpu_relative(at) == at);
	}
}

static void the_share_of_streaming_stops_at_the_peak(void **state)
{
	(void)state;
	struct sim_kernel kernel = fixture_gemm(4000000);
	fixture_device(&device, GPU_RATES, "gemm.stream=2"); /* 1.6 TB/s */
	assert_us(&kernel, 3 + 4.0 / 1);
	device_fini(&device);
}

static void a_stream_above_the_peak_is_refused(void **state)
{
	const char *above = "hbm.stream=1.001 TB/s", *peak = "hbm.stream=1 TB/s";
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	assert_int_equal(device_load(GPU_RATES, &above, 1, &device, &diag), SIM_E_RANGE);
	assert_non_null(strstr(diag.text, "hbm.stream"));
	fixture_device(&device, GPU_RATES, peak);
	device_fini(&device);
}

static void fixed_scale_stretches_what_does_not_stream(void **state)
{
	(void)state;
	struct sim_kernel small = fixture_gemm(400000), large = fixture_gemm(40000000);
	fixture_device(&device, GPU_RATES, "fixed.scale=2");
	assert_us(&small, 6 + 4);
	assert_us(&large, 6 + 100);
	device_fini(&device);
}

enum { RANDOM_KERNELS = 2000 };

/* Evenly over orders of magnitude, below 2 GB. One draw per statement: their order is fixed. */
static uint64_t random_size(uint64_t *seed)
{
	uint64_t size = fixture_random(seed);
	return size >> fixture_random(seed) % 32;
}

static struct sim_kernel random_kernel(uint64_t *seed)
{
	struct sim_kernel kernel = {0};
	kernel.flops = random_size(seed);
	kernel.weight_bytes = random_size(seed);
	kernel.kv_read_bytes = random_size(seed);
	kernel.act_read_bytes = random_size(seed);
	kernel.act_write_bytes = random_size(seed);
	kernel.blocks = (uint32_t)(fixture_random(seed) % 5000);
	kernel.threads = (uint16_t)(fixture_random(seed) % 1025);
	kernel.blocks_per_sm = (uint8_t)(fixture_random(seed) % 17);
	kernel.op = (uint8_t)(fixture_random(seed) % SIM_OP_COUNT);
	kernel.family = (uint8_t)(fixture_random(seed) % SIM_FAMILY_COUNT);
	kernel.dtype = (uint8_t)(fixture_random(seed) % SIM_DTYPE_COUNT);
	kernel.flags = fixture_random(seed) % 2 ? SIM_KERNEL_INPUT_HOT : 0;
	return kernel;
}

/* More fixed, ramp, element or spread: no kernel is faster. More stream: none is slower. */
static void each_coefficient_moves_time_one_way(void **state)
{
	static int64_t before[RANDOM_KERNELS];
	static struct sim_kernel kernels[RANDOM_KERNELS];
	uint64_t seed = 7;
	(void)state;
	fixture_device(&device, "h100-sxm", NULL);
	for (size_t i = 0; i < RANDOM_KERNELS; i++) {
		kernels[i] = random_kernel(&seed);
		before[i] = alone_ps(&kernels[i]);
	}
	for (int c = 0; c < GPU_COEFFICIENT_COUNT; c++) {
		size_t moved = 0;
		for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
			int index = gpu_coefficient_param(family, (enum gpu_coefficient)c);
			if (!isnan(device.values[index].value))
				device.values[index].value *= c == GPU_STREAM ? 0.5 : 10;
		}
		assert_int_equal(device_rebuild(&device, NULL), SIM_OK);
		for (size_t i = 0; i < RANDOM_KERNELS; i++) {
			int64_t after = alone_ps(&kernels[i]);
			if (after < before[i] - 2)
				fail_msg("coefficient %d: %lld ps before, %lld after", c,
					 (long long)before[i], (long long)after);
			moved += after > before[i] + 2;
		}
		assert_true(moved > 0);
		device_fini(&device);
		fixture_device(&device, "h100-sxm", NULL);
	}
	device_fini(&device);
}

/* Whatever the coefficients say, free kernels and absurd shares included. */
static void nothing_is_below_the_byte_floor(void **state)
{
	uint64_t seed = 11;
	(void)state;
	fixture_device(&device, GPU_RATES, "hbm.stream=1 TB/s");
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		for (int c = 0; c < GPU_COEFFICIENT_COUNT; c++)
			device.values[gpu_coefficient_param(family, (enum gpu_coefficient)c)]
				.value = c == GPU_STREAM ? 2 : 0;
	}
	assert_int_equal(device_rebuild(&device, NULL), SIM_OK);
	for (size_t i = 0; i < 20000; i++) {
		struct sim_kernel kernel = random_kernel(&seed);
		double floor_ps = (double)sim_kernel_floor_bytes(&kernel); /* 1 TB/s */
		if ((double)alone_ps(&kernel) < floor_ps)
			fail_msg("%lld ps is below %.0f", (long long)alone_ps(&kernel), floor_ps);
	}
	device_fini(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streaming_is_fixed_and_bytes_over_the_share_of_the_bandwidth),
		cmocka_unit_test(a_small_kernel_takes_the_ramp),
		cmocka_unit_test(elements_of_a_thread_add_to_small_kernels),
		cmocka_unit_test(waves_are_whole_and_the_rest_of_the_last_is_tail),
		cmocka_unit_test(activations_past_half_of_l2_come_from_memory),
		cmocka_unit_test(spread_grows_with_the_fourth_root),
		cmocka_unit_test(attention_hides_its_elements_under_streaming),
		cmocka_unit_test(hot_kv_comes_from_l2_but_not_below_the_byte_floor),
		cmocka_unit_test(host_copies_take_the_link),
		cmocka_unit_test(a_family_without_coefficients_takes_its_relatives),
		cmocka_unit_test(the_share_of_streaming_stops_at_the_peak),
		cmocka_unit_test(a_stream_above_the_peak_is_refused),
		cmocka_unit_test(fixed_scale_stretches_what_does_not_stream),
		cmocka_unit_test(each_coefficient_moves_time_one_way),
		cmocka_unit_test(nothing_is_below_the_byte_floor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
