/*
 * Closed form against the simulation: equal where every step is one launch and where one side of
 * an eager run never waits for the other, on one stream; never above it anywhere on one stream.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/engine_fixture.h"

struct both {
	struct replay_result closed, simulated;
};

static struct both run(const struct sim_program *program, const struct machine *machine,
		       const struct replay_options *options)
{
	struct both both;
	struct sim_diag diag;
	diag_init(&diag);
	if (closed_form_run(program, machine, options, &both.closed, &diag) != SIM_OK ||
	    replay_run(program, machine, options, &both.simulated, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return both;
}

/* Everything that needs no timeline is equal always. */
static void check_census(const struct both *both)
{
	assert_int_equal(both->closed.kernels, both->simulated.kernels);
	assert_int_equal(both->closed.steps, both->simulated.steps);
	assert_int_equal(both->closed.opaque_kernels, both->simulated.opaque_kernels);
	assert_int_equal(both->closed.opaque_ps, both->simulated.opaque_ps);
	assert_int_equal(both->closed.floor_ps, both->simulated.floor_ps);
	assert_int_equal(both->closed.host_ps, both->simulated.host_ps);
	assert_int_equal(both->closed.device_busy_ps, both->simulated.device_busy_ps);
	assert_true(both->closed.step_ps >= both->closed.floor_ps);
}

static void check_equal(const struct both *both)
{
	check_census(both);
	assert_int_equal(both->closed.total_ps, both->simulated.total_ps);
	assert_int_equal(both->closed.step_ps, both->simulated.step_ps);
	assert_int_equal(both->closed.device_span_ps, both->simulated.device_span_ps);
}

static struct fixture_shape random_shape(struct lcg *lcg)
{
	return (struct fixture_shape){
		.kernels = lcg_below(lcg, 700),
		.steps = 1 + lcg_below(lcg, 8),
		.streams = 1,
		.opaque_percent = lcg_below(lcg, 20),
		.sync_percent = lcg_below(lcg, 2) ? 4 : 0,
	};
}

static struct machine random_machine(struct lcg *lcg)
{
	struct machine machine = fixture_machine(&fixture_gpu_default);
	machine.launch.host_ps = lcg_below(lcg, 9000000);
	machine.launch.latency_ps = lcg_below(lcg, 9000000);
	machine.launch.stream_gap_ps = lcg_below(lcg, 9000000);
	machine.launch.sync_ps = lcg_below(lcg, 9000000);
	machine.launch.graph_gap_ps = lcg_below(lcg, 2) ? lcg_below(lcg, 2000000) : 0;
	machine.launch.pdl_overlap_ps = lcg_below(lcg, 4000000);
	machine.launch.queue_depth = 1024;
	return machine;
}

static void one_launch_a_step_is_exact(void **state)
{
	const enum sim_launch launches[] = {SIM_LAUNCH_GRAPH, SIM_LAUNCH_PDL,
					    SIM_LAUNCH_MEGAKERNEL};
	struct lcg lcg = {11};
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct fixture_shape shape = random_shape(&lcg);
		struct fixture_program made = fixture_program(&lcg, &shape);
		struct machine machine = random_machine(&lcg);
		struct replay_options options;
		replay_options_init(&options);
		options.launch = launches[round % 3];
		options.repeat = 1 + lcg_below(&lcg, 20);
		options.host_speed = lcg_below(&lcg, 2) ? 1 : 0.73;
		struct both both = run(&made.program, &machine, &options);
		check_equal(&both);
		fixture_program_fini(&made);
	}
}

/* Host much faster, or much slower, than the device. */
static void one_sided_eager_is_exact(void **state)
{
	struct lcg lcg = {12};
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct fixture_shape shape = random_shape(&lcg);
		struct fixture_program made = fixture_program(&lcg, &shape);
		struct machine machine = random_machine(&lcg);
		struct replay_options options;
		machine.launch.queue_depth = 100000;
		replay_options_init(&options);
		options.launch = SIM_LAUNCH_EAGER;
		options.repeat = 1 + lcg_below(&lcg, 4);
		for (uint32_t k = 0; k < shape.kernels; k++)
			made.kernels[k].host_ns = 1;
		machine.launch.host_ps = 1000;
		machine.launch.sync_ps += machine.launch.stream_gap_ps;
		if (round % 2) {
			machine.launch.host_ps = INT64_C(1000000000);
			for (uint32_t k = 0; k < shape.kernels; k++)
				made.kernels[k].host_ns = 1000000;
		}
		struct both both = run(&made.program, &machine, &options);
		check_equal(&both);
		fixture_program_fini(&made);
	}
}

/* On one stream never above the simulation, in any mode, whatever waits for what. */
static void never_above_the_simulation(void **state)
{
	struct lcg lcg = {13};
	uint64_t below = 0;
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct fixture_shape shape = random_shape(&lcg);
		struct fixture_program made = fixture_program(&lcg, &shape);
		struct machine machine = random_machine(&lcg);
		machine.launch.queue_depth = 1 + lcg_below(&lcg, 100);
		for (unsigned launch = 0; launch < SIM_LAUNCH_COUNT; launch++) {
			struct replay_options options;
			replay_options_init(&options);
			options.launch = (enum sim_launch)launch;
			options.repeat = 1 + lcg_below(&lcg, 4);
			struct both both = run(&made.program, &machine, &options);
			check_census(&both);
			assert_true(both.closed.total_ps <= both.simulated.total_ps);
			below += both.closed.total_ps < both.simulated.total_ps;
		}
		fixture_program_fini(&made);
	}
	assert_true(below > 0); /* it is a bound, not the simulation again */
}

/* A recording whose kernels start in order adds up too. */
static void recorded_graph_is_exact(void **state)
{
	struct lcg lcg = {14};
	int32_t gaps_ns[700];
	(void)state;
	for (int round = 0; round < 100; round++) {
		struct fixture_shape shape = random_shape(&lcg);
		struct fixture_program made = fixture_program(&lcg, &shape);
		struct machine machine = random_machine(&lcg);
		struct replay_options options;
		replay_options_init(&options);
		machine.plays_recording = true;
		for (uint32_t k = 0; k < shape.kernels; k++) {
			/* a kernel is longer than any gap reaches back: starts stay in order */
			gaps_ns[k] = (int32_t)lcg_below(&lcg, 1500) - 500;
			made.kernels[k].weight_bytes += 1 << 20;
			made.kernels[k].flags = 0;
		}
		made.program.recorded_gap_ns = gaps_ns;
		for (uint32_t s = 0; s < shape.steps; s++)
			made.steps[s].traced_launch = SIM_LAUNCH_GRAPH;
		struct both both = run(&made.program, &machine, &options);
		check_equal(&both);
		fixture_program_fini(&made);
	}
}

/* A million copies of a program cost no more than two and give the same as simulating them. */
static void copies_are_multiplied(void **state)
{
	const struct fixture_shape shape = {.kernels = 5, .steps = 2, .streams = 1};
	struct lcg lcg = {15};
	struct fixture_program made = fixture_program(&lcg, &shape);
	struct machine machine = fixture_machine(&fixture_gpu_default);
	struct replay_options options;
	struct replay_result result;
	struct sim_diag diag;
	(void)state;
	replay_options_init(&options);
	options.launch = SIM_LAUNCH_GRAPH;
	made.steps[1].ends_in_sync = 1;
	options.repeat = 10000;
	struct both both = run(&made.program, &machine, &options);
	check_equal(&both);
	options.repeat = UINT64_C(1) << 58;
	diag_init(&diag);
	assert_int_equal(closed_form_run(&made.program, &machine, &options, &result, &diag),
			 SIM_E_RANGE);
	fixture_program_fini(&made);
}

static void long_kernels_do_not_overflow(void **state)
{
	struct sim_kernel kernels[8];
	const struct sim_step step = {0, 8, SIM_LAUNCH_EAGER, 1};
	const struct sim_program program = {
		.kernels = kernels, .kernel_count = 8, .steps = &step, .step_count = 1};
	struct machine machine = fixture_machine(&fixture_gpu_default);
	struct replay_options options;
	struct replay_result result;
	struct sim_diag diag;
	(void)state;
	memset(kernels, 0, sizeof(kernels));
	replay_options_init(&options);
	for (unsigned launch = 0; launch < SIM_LAUNCH_COUNT; launch++) {
		options.launch = (enum sim_launch)launch;
		for (int k = 0; k < 8; k++) {
			kernels[k].flags = SIM_KERNEL_OPAQUE;
			kernels[k].recorded_ps = (UINT64_C(1) << 60) - 1;
		}
		diag_init(&diag);
		assert_int_equal(closed_form_run(&program, &machine, &options, &result, &diag),
				 SIM_E_RANGE);
		for (int k = 3; k < 8; k++)
			kernels[k].recorded_ps = UINT64_C(1) << 57;
		struct both both = run(&program, &machine, &options);
		assert_true(both.closed.total_ps <= both.simulated.total_ps);
		kernels[2].recorded_ps = UINT64_MAX;
		diag_init(&diag);
		assert_int_equal(closed_form_run(&program, &machine, &options, &result, &diag),
				 SIM_E_RANGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_launch_a_step_is_exact),
		cmocka_unit_test(one_sided_eager_is_exact),
		cmocka_unit_test(never_above_the_simulation),
		cmocka_unit_test(recorded_graph_is_exact),
		cmocka_unit_test(copies_are_multiplied),
		cmocka_unit_test(long_kernels_do_not_overflow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
