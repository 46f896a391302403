/* hybrid_bonded_3d: time, floors, placement by hand, slices, energy, and what more of anything does. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hwmodels/device.h"
#include "hwmodels/hybrid_bonded_3d.h"
#include "validate/run.h"
#include "workloads/knobs.h"
#include "workloads/residents.h"

static struct hw_device device;

static void load(const char *name, const char *set)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (device_load(name, &set, set != NULL, &device, &diag) != SIM_OK)
		fail_msg("%s: %s", name, diag.text);
}

static void near(double got, double wanted, double relative)
{
	if (!(fabs(got - wanted) <= relative * fabs(wanted)))
		fail_msg("%.17g, not %.17g", got, wanted);
}

static double seconds(const struct sim_kernel *kernel)
{
	struct machine_demand demand;
	machine_demand(&device.machine, kernel, 1, &demand);
	return (double)(demand.fixed_ps + demand_service_ps(&device.machine, &demand)) / 1e12;
}

static const struct hybrid_shares *shares(void)
{
	return &((const struct hybrid_state *)device.machine.state)->shares;
}

/* 1 GB dense, 0.5 GB of KV, 8 layers of 16 experts of 25 MB (3.2 GB), 2 of them a token. */
static const struct sim_residents mixture = {
	.dense_bytes = 1e9,
	.kv_bytes = 5e8,
	.expert_bytes = 25e6,
	.expert_layers = 8,
	.experts = 16,
	.experts_per_token = 2,
	.slice = 1,
	.tokens = 1,
};

static double place(const struct sim_residents *residents)
{
	double resident;
	struct sim_diag diag;
	diag_init(&diag);
	if (device_place(&device, residents, &resident, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return resident;
}

static void placed_by_hand(void **state)
{
	(void)state;
	struct sim_residents residents = mixture;
	/* 4 GB: all dense and KV, 2.5 GB are 100 of 128 experts, 12.5 a layer; uniform: 100/128 hit */
	load("elmoe-3d-4gb", NULL);
	near(place(&residents), 12.5, 1e-12);
	assert_true(shares()->weights[0][0] == 1 && shares()->kv == 1);
	near(shares()->weights[0][1], 100.0 / 128, 1e-9);
	/* everything fits */
	residents.expert_bytes = 10e6;
	near(place(&residents), 16, 1e-12);
	assert_true(shares()->weights[0][1] == 1);
	/* KV takes the rest: 3 of 6 GB */
	residents.kv_bytes = 6e9;
	assert_true(place(&residents) == 0);
	near(shares()->kv, 0.5, 1e-12);
	assert_true(shares()->weights[0][1] == 0);
	/* dense alone is too large */
	residents.dense_bytes = 5e9;
	place(&residents);
	near(shares()->weights[0][0], 0.8, 1e-12);
	near(shares()->weights[1][0], 0.8, 1e-12);
	assert_true(shares()->kv == 0);
	/* less than an expert a layer is none at all */
	residents = mixture;
	residents.kv_bytes = 3e9 - 7.9 * 25e6;
	assert_true(place(&residents) == 0 && shares()->weights[0][1] == 0);
	residents.kv_bytes = 3e9 - 8.1 * 25e6;
	near(place(&residents), 8.1 / 8, 1e-9);
	device_fini(&device);
}

static void slices_and_copies(void **state)
{
	(void)state;
	struct sim_residents residents = mixture;
	load("elmoe-3d-4gb", NULL);
	/* half of each expert: 200 slots, more than there are; half of what is read is in the stack */
	residents.slice = 0.5;
	residents.restricted = residents.verifies = true;
	residents.draft_tokens = 1;
	near(place(&residents), 16, 1e-12);
	near(shares()->weights[0][1], 0.5, 1e-12);
	assert_true(shares()->weights[1][1] == 1);
	/* a copy in fewer bits displaces the cache; one in as many halves it while it drafts */
	residents = mixture;
	residents.expert_copy_bytes = 12.5e6;
	assert_true(place(&residents) == 0 && shares()->weights[1][1] == 0);
	residents.expert_copy_bytes = 25e6;
	near(place(&residents), 12.5, 1e-12);
	residents.verifies = true;
	near(place(&residents), 6.25, 1e-12);
	/* drafted tokens miss each on its own: more is missing than of one token */
	residents = mixture;
	place(&residents);
	double one = shares()->weights[0][1];
	residents.verifies = true;
	residents.tokens = 8;
	place(&residents);
	assert_true(shares()->weights[0][1] < one && shares()->weights[0][1] > 0);
	device_fini(&device);
}

static void both_memories_are_read_at_once(void **state)
{
	(void)state;
	struct sim_kernel kernel = {.op = SIM_OP_GROUPED_GEMM, .weight_bytes = 1000000000};
	load("elmoe-3d", "share.experts=0.75");
	/* 0.75 GB of 1638.4 x 0.97 GB/s, 0.25 GB of 102.4 GB/s: the latter */
	near(seconds(&kernel), 0.25 / 102.4, 1e-9);
	kernel.op = SIM_OP_GEMM;
	near(seconds(&kernel), 1 / (1638.4 * 0.97), 1e-9);
	kernel.flops = UINT64_C(1) << 50;
	kernel.dtype = SIM_DTYPE_I8; /* two passes of 32 x 16384 multiply-adds at 1 GHz */
	near(seconds(&kernel), 0x1p50 * 2 / (2 * 32 * 16384.0 * 1e9), 1e-9);
	kernel.dtype = SIM_DTYPE_INT4;
	near(seconds(&kernel), 0x1p50 / (2 * 32 * 16384.0 * 1e9), 1e-9);
	device_fini(&device);
	load("hb-3d", NULL); /* balanced: both end together, what is 0.95 S + 0.9 X */
	kernel = (struct sim_kernel){.op = SIM_OP_GEMM, .weight_bytes = 1000000000};
	near(seconds(&kernel) - 0.5e-6, 1 / (4096 * 0.95 + 136.5 * 0.9), 1e-6);
	device_fini(&device);
}

static void energy_by_hand(void **state)
{
	(void)state;
	struct sim_kernel kernel = {
		.op = SIM_OP_GEMM, .dtype = SIM_DTYPE_I8, .weight_bytes = 1000, .flops = 2000};
	struct machine_energy energy;
	load("elmoe-3d", NULL);
	machine_energy(&device.machine, &kernel, 1, &energy);
	near(energy.pj[ENERGY_MEMORY], 8000 * 0.43, 1e-9);
	near(energy.pj[ENERGY_COMPUTE], 1000 * 2 * 0.1, 1e-9);
	device_fini(&device);
	load("xpu-elmoe", NULL);
	machine_energy(&device.machine, &kernel, 1, &energy);
	near(energy.pj[ENERGY_MEMORY], 8000 * 3.88, 1e-9);
	near(energy.pj[ENERGY_LINK], 8000 * 0.1, 1e-9);
	assert_true(energy.low_pj < energy.high_pj);
	device_fini(&device);
}

/* Of a layer as a whole: a dense product, experts and attention, after placing RESIDENTS. */
static double step_seconds(const char *name, const char *set, const struct sim_residents *residents)
{
	const struct sim_kernel kernels[] = {
		{.op = SIM_OP_GEMM, .weight_bytes = 125000000, .dtype = SIM_DTYPE_I8},
		{.op = SIM_OP_GROUPED_GEMM, .weight_bytes = 50000000, .dtype = SIM_DTYPE_I8},
		{.op = SIM_OP_ATTENTION, .kv_read_bytes = 60000000},
	};
	double sum = 0;
	load(name, set);
	place(residents);
	for (size_t i = 0; i < 3; i++)
		sum += seconds(&kernels[i]);
	double floor = 235000000 / device.machine.memory_bytes_per_s;
	assert_true(isfinite(sum) && sum >= floor * (1 - 1e-9));
	device_fini(&device);
	return sum;
}

static void more_stack_is_never_slower(void **state)
{
	(void)state;
	struct sim_residents residents = mixture;
	residents.locality = 0.9;
	residents.skew = 0.5;
	for (int verifies = 0; verifies < 2; verifies++) {
		double before = INFINITY;
		residents.verifies = verifies;
		residents.tokens = verifies ? 12 : 1;
		for (int gb = 0; gb <= 64; gb++) {
			char set[48];
			snprintf(set, sizeof(set), "stack.capacity=%d MB", gb * 100);
			double now = step_seconds("hb-3d", set, &residents);
			if (now > before * (1 + 1e-9))
				fail_msg("%s: %g s, %g s with less", set, now, before);
			before = now;
		}
	}
}

static void more_bandwidth_is_never_slower(void **state)
{
	(void)state;
	static const char *const keys[] = {"stack.pin_rate=%d MHz", "external.bandwidth=%d GB/s",
					   "clock=%d MHz", "gather.bandwidth=%d GB/s"};
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		double before = INFINITY;
		for (int value = 10; value < 3000; value *= 2) {
			char set[48];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(set, sizeof(set), keys[k], value);
#pragma GCC diagnostic pop
			double now = step_seconds("elmoe-3d-4gb", set, &mixture);
			assert_true(now <= before * (1 + 1e-9));
			before = now;
		}
	}
}

static void extremes_are_finite_or_refused(void **state)
{
	(void)state;
	struct sim_residents residents = mixture;
	struct sim_diag diag;
	double resident;
	residents.kv_bytes = 1e30;
	residents.dense_bytes = 1e300;
	residents.locality = residents.skew = 10;
	step_seconds("elmoe-3d", NULL, &residents);
	residents.tokens = 1e12;
	residents.verifies = true;
	residents.dense_bytes = residents.kv_bytes = 0;
	assert_true(step_seconds("elmoe-3d", "stack.capacity=1000000 TB", &residents) > 0);
	load("elmoe-3d", NULL);
	residents.experts = 1e9;
	diag_init(&diag);
	assert_int_equal(device_place(&device, &residents, &resident, &diag), SIM_E_RANGE);
	assert_non_null(strstr(diag.text, "experts in all"));
	device_fini(&device);
}

static void refused(const char *set, const char *wanted)
{
	struct sim_diag diag;
	diag_init(&diag);
	assert_int_equal(device_load("elmoe-3d", &set, 1, &device, &diag), SIM_E_RANGE);
	if (strstr(diag.text, wanted) == NULL)
		fail_msg("'%s' is not in: %s", wanted, diag.text);
}

static void contradictions_are_refused(void **state)
{
	(void)state;
	refused("stack.pins=0", "stack.pins");
	const char *both[] = {"stack.capacity=0 B", "external.capacity=0 B"};
	struct sim_diag diag;
	diag_init(&diag);
	assert_int_equal(device_load("elmoe-3d", both, 2, &device, &diag), SIM_E_RANGE);
	assert_non_null(strstr(diag.text, "no memory"));
}

/* The scenario for one model on HW, ready to run. */
static void set_up(struct run_setup *setup, const char *hw, double batch, const char *from_batch)
{
	struct workload_scenario scenario;
	struct sim_diag diag;
	diag_init(&diag);
	assert_int_equal(scenario_init(&scenario, &diag), SIM_OK);
	enum sim_status status = scenario_read(&scenario, "elastic-sd", &diag);
	if (status == SIM_OK)
		status = scenario_set(&scenario, "model", "qwen3-30b-a3b", &diag);
	if (status == SIM_OK)
		status = scenario_set(&scenario, "hw", hw, &diag);
	if (status == SIM_OK)
		status = scenario_set(&scenario, "draft.from_batch", from_batch, &diag);
	if (status == SIM_OK)
		status = scenario_set_number(&scenario, SCENARIO_BATCH, batch, &diag);
	if (status == SIM_OK)
		status = scenario_set_number(&scenario, SCENARIO_CONTEXT, 1024, &diag);
	if (status == SIM_OK)
		status = run_setup(setup, &scenario, NULL, 0, &diag);
	if (status != SIM_OK)
		fail_msg("%s", diag.text);
}

static struct run_result run(const char *hw, double batch, const char *from_batch)
{
	struct run_setup setup;
	struct run_result result;
	struct sim_diag diag;
	diag_init(&diag);
	set_up(&setup, hw, batch, from_batch);
	if (run_evaluate(&setup, 1024, &result, NULL, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	run_setup_fini(&setup);
	return result;
}

/* 48 layers of 128 experts of 3 x 2048 x 768 at 8 bits and a 16-bit scale per 32; upper slices: 4.5 */
static void slices_by_hand(void **state)
{
	(void)state;
	struct run_setup setup;
	struct sim_residents residents;
	struct sim_diag diag;
	diag_init(&diag);
	set_up(&setup, "elmoe-3d", 8, "1");
	assert_int_equal(workload_residents(&setup.workload, 1024, &residents, &diag), SIM_OK);
	near(residents.expert_bytes, 3 * 2048 * 768 * 8.5 / 8, 1e-12);
	near(residents.slice, 4.5 / 8.5, 1e-12);
	assert_true(residents.expert_layers == 48 && residents.expert_copy_bytes == 0);
	assert_true(residents.verifies && residents.restricted);
	near(residents.tokens, 8 * (1 + 28 * 0.15), 1e-12);
	near(residents.draft_tokens, 8 * (1 + 3 * 0.15), 1e-12);
	/* KV of 16 bits, 48 layers of 2 x 4 x 128, slots for all that is drafted */
	near(residents.kv_bytes, 8 * (1024 + 29) * 48 * 2 * 4 * 128 * 2.0, 1e-12);
	struct workload_iteration iteration;
	assert_int_equal(workload_iterate(&setup.workload, 1024, &iteration, &diag), SIM_OK);
	assert_true(iteration.forward_count == 3 && iteration.forwards[0].draft);
	struct workload_step step;
	assert_int_equal(step_init(&step, &diag), SIM_OK);
	assert_int_equal(workload_lower(&setup.workload, &iteration.forwards[0], &step, &diag),
			 SIM_OK);
	for (size_t k = 0; k < step.kernel_count; k++) {
		const struct lowered_kernel *at = &step.kernels[k];
		assert_true(at->kernel.flags & SIM_KERNEL_DRAFT);
		if (at->role == WORKLOAD_ROLE_EXPERT_UP)
			near((double)at->kernel.weight_bytes, at->weight_elements * 4.5 / 8, 1e-6);
	}
	step_fini(&step);
	run_setup_fini(&setup);
}

static void every_key_of_the_scenario_turns(void **state)
{
	(void)state;
	struct run_setup setup;
	struct knob_report report;
	struct sim_diag diag;
	diag_init(&diag);
	set_up(&setup, "elmoe-3d", 4, "4");
	assert_int_equal(knobs_check(&setup.workload, 1024, &report, &diag), SIM_OK);
	for (size_t i = 0; i < report.count; i++)
		print_error("no effect: %s\n", report.without_effect[i]);
	assert_int_equal(report.count, 0);
	run_setup_fini(&setup);
}

static void the_scenario_runs(void **state)
{
	(void)state;
	struct run_result plain = run("elmoe-3d", 8, "1000"), draft = run("elmoe-3d", 8, "1");
	struct run_result small = run("elmoe-3d-4gb", 8, "1"), none = run("xpu-elmoe", 8, "1000");
	assert_true(plain.forwards == 1 && draft.forwards == 8 && draft.tokens == 6);
	assert_true(draft.tokens_per_s > small.tokens_per_s);
	assert_true(plain.tokens_per_s > none.tokens_per_s);
	assert_true(plain.energy.energy_j < none.energy.energy_j);
	/* plain: all of a token's experts at 8.5 bits, dense and head: int8 of 8 sequences */
	assert_true(run("elmoe-3d", 8, "1").digest == draft.digest);
	assert_true(run("elmoe-3d", 4, "4").forwards == 8 && run("elmoe-3d", 3, "4").forwards == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placed_by_hand),
		cmocka_unit_test(slices_and_copies),
		cmocka_unit_test(both_memories_are_read_at_once),
		cmocka_unit_test(energy_by_hand),
		cmocka_unit_test(more_stack_is_never_slower),
		cmocka_unit_test(more_bandwidth_is_never_slower),
		cmocka_unit_test(extremes_are_finite_or_refused),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(the_scenario_runs),
		cmocka_unit_test(slices_by_hand),
		cmocka_unit_test(every_key_of_the_scenario_turns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
