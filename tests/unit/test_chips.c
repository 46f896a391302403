/* cpu, npu_soc and tile_roofline against their equations, worked out by hand; and what all chips keep. */
#include "tests/unit/validate_fixture.h"

#include "hwmodels/lint.h"

static struct hw_device device;
static struct sim_diag diag;

static void load(const char *spec, const char *const *sets, size_t count)
{
	diag_init(&diag);
	if (device_load(spec, sets, count, &device, &diag) != SIM_OK)
		fail_msg("%s: %s", spec, diag.text);
}

static double alone_us(const struct sim_kernel *kernel)
{
	struct machine_demand demand;
	memset(&demand, 0xff, sizeof(demand));
	machine_demand(&device.machine, kernel, 1, &demand);
	return (double)(demand.fixed_ps + demand_service_ps(&device.machine, &demand)) / 1e6;
}

static void assert_us(const struct sim_kernel *kernel, double us)
{
	double got = alone_us(kernel);
	if (fabs(got - us) > 3e-6 + 1e-9 * us)
		fail_msg("%.9g us, not %.9g", got, us);
}

static struct sim_kernel product(uint64_t m, uint64_t n, uint64_t k, unsigned dtype)
{
	return (struct sim_kernel){.flops = 2 * m * n * k,
				   .weight_bytes = n * k * sim_dtype_bits(dtype) / 8,
				   .act_read_bytes = 2 * m * k,
				   .act_write_bytes = 2 * m * n,
				   .op = SIM_OP_GEMM,
				   .family = SIM_FAMILY_GEMM,
				   .dtype = (uint8_t)dtype};
}

/* 10 cores at 1 GHz, 16 fp32, 32 f16 and 64 int8 operations a cycle; 100 GB/s, half of it drawn. */
static const char *const round_cpu[] = {
	"core.count=10",
	"core.clock=1 GHz",
	"core.fp32=16",
	"core.bf16=32",
	"core.int8=64",
	"unpack.ops=2",
	"memory.channels=4",
	"memory.channel_bandwidth=25 GB/s",
	"memory.sustained=0.5",
	"cache.capacity=2 MB",
	"cache.bandwidth=0.01 TB/s",
	"op.fixed=1 us",
};

static void a_cpu_streams_its_weights(void **state)
{
	(void)state;
	load("neoverse-n1", round_cpu, 12);
	assert_true(device.machine.memory_bytes_per_s == 100e9);
	struct sim_kernel kernel = product(1, 1000, 1000, SIM_DTYPE_BF16);
	assert_us(&kernel, 1 + 2e6 / 50e3); /* activations stay in the cache: 0.4 us */
	kernel.flops = 64000000;	    /* 320 Gflop/s in f16 */
	assert_us(&kernel, 1 + 200);
	kernel.dtype = SIM_DTYPE_F32;
	assert_us(&kernel, 1 + 400);
	kernel.dtype = SIM_DTYPE_I8;
	assert_us(&kernel, 1 + 100);
	device_fini(&device);
}

static void a_cpu_unpacks_narrow_weights(void **state)
{
	(void)state;
	load("neoverse-n1", round_cpu, 12);
	/* a million weights: two operations each at 160 Gop/s, their products at 640 */
	struct sim_kernel kernel = product(1, 1000, 1000, SIM_DTYPE_INT4);
	assert_us(&kernel, 1 + 2e6 / 160e3 + 2e6 / 640e3);
	device_fini(&device);
}

static void activations_past_half_the_cache_come_from_memory(void **state)
{
	(void)state;
	load("neoverse-n1", round_cpu, 12);
	struct sim_kernel kernel = fixture_pointwise(1000000, 1);
	assert_us(&kernel, 1 + 1e6 / 10e3); /* 10 GB/s of cache */
	kernel = fixture_pointwise(1000002, 1);
	assert_us(&kernel, 1 + 1000002 / 50e3);
	device_fini(&device);
}

static void a_mobile_unit_draws_its_share(void **state)
{
	const char *sets[] = {"memory.bandwidth=80 GB/s", "memory.sustained=0.5",
			      "op.fixed=100 us",	  "npu.int8=10 TOPS",
			      "vector.rate=0.1 Tflop/s",  "thermal.share=0.5"};
	(void)state;
	struct sim_kernel kernel = product(1, 2000, 2000, SIM_DTYPE_INT4);
	double bytes = 2000.0 * 2000 / 2 + 8000;
	load("sa8255p", sets, 5);
	assert_us(&kernel, 100 + bytes / 40e3);
	kernel.flops = 1000000000; /* 5 Tflop/s with 16-bit activations, 10 in int8 */
	assert_us(&kernel, 100 + 200);
	kernel.dtype = SIM_DTYPE_I8;
	assert_us(&kernel, 100 + 100);
	kernel.op = SIM_OP_ELEMENTWISE;
	assert_us(&kernel, 100 + 10000);
	device_fini(&device);
	load("sa8255p", sets, 6); /* hot: half of everything but the fixed time */
	assert_us(&kernel, 100 + 20000);
	device_fini(&device);
}

/* 100 multiprocessors, 1 TB/s, 100 Tflop/s. */
static const char *const round_gpu[] = {
	"sm.count=100",		 "hbm.bandwidth=1 TB/s",   "tensor.bf16=100 Tflop/s",
	"compute.sustained=0.5", "memory.sustained=0.8",   "norm.fixed=5 us",
	"norm.share=0.5",	 "elementwise.fixed=1 us", "elementwise.share=2",
};

static void tiles_leave_multiprocessors_idle(void **state)
{
	(void)state;
	load("attacc-gpu-h100", round_gpu, 9);
	/* one row of 400 outputs: 50 blocks of 8 are the best of all tiles, half of the machine */
	struct sim_kernel kernel = product(1, 400, 10000, SIM_DTYPE_BF16);
	double bytes = 2 * (400.0 * 10000 + 10000 + 400);
	assert_us(&kernel, bytes / 0.8e6 / 0.5);
	/* 800 outputs: 100 blocks, all of it */
	kernel = product(1, 800, 10000, SIM_DTYPE_BF16);
	bytes = 2 * (800.0 * 10000 + 10000 + 800);
	assert_us(&kernel, bytes / 0.8e6);
	/* without weights the record's own blocks count: 25 of 100 */
	struct sim_kernel attention = {.kv_read_bytes = 8000000,
				       .op = SIM_OP_ATTENTION,
				       .family = SIM_FAMILY_ATTN,
				       .dtype = SIM_DTYPE_BF16,
				       .blocks = 25};
	assert_us(&attention, 8e6 / 0.8e6 / 0.25);
	attention.blocks = 101; /* two waves, the second almost empty */
	assert_us(&attention, 8e6 / 0.8e6 / (101 / 200.0));
	attention.flops = 50000000000; /* 1000 us at 50 Tflop/s */
	assert_us(&attention, 1000 / (101 / 200.0));
	device_fini(&device);
}

static void norms_and_elementwise_follow_lines(void **state)
{
	(void)state;
	load("attacc-gpu-h100", round_gpu, 9);
	struct sim_kernel kernel = fixture_pointwise(4000000, 10);
	assert_us(&kernel, 1 + 4e6 / 2e6);
	kernel.op = SIM_OP_NORM;
	assert_us(&kernel, 5 + 4e6 / 0.5e6);
	device_fini(&device);
}

static const char *const chips[] = {
	"npu-128",
	"draco-64",
	"eyeriss",
	"neupims-npu",
	"tpu-v1-like",
	"rpi5",
	"m2-max-cpu",
	"xeon-8480c",
	"neoverse-n1",
	"sa8255p",
	"m1-pro",
	"snapdragon-8-elite",
	"snapdragon-8-elite-gen5",
	"snapdragon-x-elite",
	"snapdragon-8-gen3",
	"iphone-16-pro",
};

enum { CHIPS = sizeof(chips) / sizeof(chips[0]), KERNELS = 500 };

static uint64_t lcg(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static uint64_t amount(uint64_t *seed)
{
	uint64_t shift = lcg(seed) % 40;
	return lcg(seed) >> shift % 31 << (shift > 31 ? 9 : 0);
}

static struct sim_kernel any_kernel(uint64_t *seed)
{
	static const uint8_t ops[] = {SIM_OP_GEMM, SIM_OP_ATTENTION, SIM_OP_NORM,
				      SIM_OP_GROUPED_GEMM, SIM_OP_ELEMENTWISE};
	return (struct sim_kernel){.flops = amount(seed),
				   .weight_bytes = amount(seed),
				   .kv_read_bytes = amount(seed),
				   .act_read_bytes = amount(seed),
				   .act_write_bytes = amount(seed),
				   .op = ops[lcg(seed) % 5],
				   .dtype = (uint8_t)(lcg(seed) % SIM_DTYPE_COUNT)};
}

/* More bandwidth is never slower; energy is all known, with low <= likely <= high, or all unknown. */
static void chips_keep_their_promises(void **state)
{
	(void)state;
	for (size_t c = 0; c < CHIPS; c++) {
		static double before[KERNELS];
		struct sim_kernel kernel;
		struct machine_energy energy;
		uint64_t seed = c + 1;
		char set[64];
		const char *sets[] = {set};
		load(chips[c], NULL, 0);
		int bandwidth = device_param(&device, "memory.bandwidth");
		const char *key = bandwidth < 0 ? "memory.channel_bandwidth" : "memory.bandwidth";
		snprintf(set, sizeof(set), "%s=%.17g B/s", key, 2 * *fixture_value(&device, key));
		for (size_t i = 0; i < KERNELS; i++) {
			kernel = any_kernel(&seed);
			before[i] = alone_us(&kernel);
			machine_energy(&device.machine, &kernel, 1, &energy);
			double sum = energy.pj[ENERGY_MEMORY] + energy.pj[ENERGY_COMPUTE] +
				     energy.pj[ENERGY_LINK];

			assert_true(isnan(sum) || isnan(energy.low_pj) ||
				    (energy.low_pj <= sum && sum <= energy.high_pj));
		}
		device_fini(&device);
		load(chips[c], sets, 1);
		seed = c + 1;
		for (size_t i = 0; i < KERNELS; i++) {
			kernel = any_kernel(&seed);
			if (alone_us(&kernel) > before[i] + 3e-6)
				fail_msg("%s, kernel %zu: slower with twice the bandwidth",
					 chips[c], i);
		}
		device_fini(&device);
	}
}

/* More flops, weights or context never make a kernel faster. */
static void more_work_is_never_faster(void **state)
{
	(void)state;
	for (size_t c = 0; c < CHIPS; c++) {
		uint64_t seed = c + 100;
		load(chips[c], NULL, 0);
		for (size_t i = 0; i < KERNELS; i++) {
			uint64_t m = 1 + lcg(&seed) % 64, n = 64 + lcg(&seed) % 4096;
			uint64_t k = 64 + lcg(&seed) % 4096;
			struct sim_kernel kernel = product(m, n, k, SIM_DTYPE_BF16);
			double us = alone_us(&kernel) - 3e-6;
			kernel = product(m + 1, n, k, SIM_DTYPE_BF16);
			assert_true(alone_us(&kernel) >= us);
			kernel = product(m, n + 1 + lcg(&seed) % 99, k, SIM_DTYPE_BF16);
			assert_true(alone_us(&kernel) >= us);
			kernel = product(m, n, k + 1 + lcg(&seed) % 99, SIM_DTYPE_BF16);
			assert_true(alone_us(&kernel) >= us);
		}
		device_fini(&device);
	}
}

static int errors, notes;

static void count(void *context, const struct hw_finding *finding)
{
	(void)context;
	errors += finding->impossible;
	notes += !finding->impossible;
}

static void expect_findings(const char *spec, const char *set, int some_errors, int some_notes)
{
	load(spec, &set, set != NULL);
	errors = notes = 0;
	device_lint(&device, count, NULL);
	if (errors != some_errors || notes != some_notes)
		fail_msg("%s, %s: %d errors, %d notes", spec, set == NULL ? "as it is" : set,
			 errors, notes);
	device_fini(&device);
}

static void lint_finds_what_cannot_be(void **state)
{
	(void)state;
	for (size_t c = 0; c < CHIPS; c++)
		expect_findings(chips[c], NULL, 0, 0);
	expect_findings("npu-128", "memory.energy=0.5 pJ/bit", 1, 0);
	expect_findings("npu-128", "memory.energy=0.56 pJ/bit", 0, 0);
	expect_findings("npu-128", "memory.capacity=8 MB", 1, 0);
	expect_findings("npu-128", "memory.bandwidth=513 GB/s", 0, 1);
	expect_findings("npu-128", "memory.bandwidth=512 GB/s", 0, 0);
	expect_findings("neoverse-n1", "core.bf16=15", 0, 1);
	expect_findings("neoverse-n1", "cache.bandwidth=200 GB/s", 0, 1);
	expect_findings("neoverse-n1", "core.clock=7 GHz", 0, 1);
	expect_findings("sa8255p", "npu.fp16=30 TOPS", 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cpu_streams_its_weights),
		cmocka_unit_test(a_cpu_unpacks_narrow_weights),
		cmocka_unit_test(activations_past_half_the_cache_come_from_memory),
		cmocka_unit_test(a_mobile_unit_draws_its_share),
		cmocka_unit_test(tiles_leave_multiprocessors_idle),
		cmocka_unit_test(norms_and_elementwise_follow_lines),
		cmocka_unit_test(chips_keep_their_promises),
		cmocka_unit_test(more_work_is_never_faster),
		cmocka_unit_test(lint_finds_what_cannot_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
