/* What a replay refuses, with which status and which words. */
#include <math.h>

#include "tests/unit/replay_bench.h"

static void expect_error(struct bench *bench, enum sim_status status, const char *text)
{
	diag_init(&bench->diag);
	assert_int_equal(try_run(bench), status);
	if (strstr(bench->diag.text, text) == NULL)
		fail_msg("'%s' does not say '%s'", bench->diag.text, text);
}

static void bad_input_is_refused(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, 4, SIM_LAUNCH_EAGER);
	const double speeds[] = {0, -1, NAN, INFINITY};
	for (size_t i = 0; i < 4; i++) {
		bench.options.host_speed = speeds[i];
		expect_error(&bench, SIM_E_RANGE, "host speed");
	}
	bench.options.host_speed = 1;
	bench.steps[0].count = 5;
	expect_error(&bench, SIM_E_RANGE, "step outside");
	bench.steps[0] = (struct sim_step){UINT32_MAX, UINT32_MAX, SIM_LAUNCH_EAGER, 0};
	expect_error(&bench, SIM_E_RANGE, "step outside");
	bench.steps[0] = (struct sim_step){0, 4, SIM_LAUNCH_PDL, 0};
	expect_error(&bench, SIM_E_RANGE, "traced");
	bench.steps[0].traced_launch = SIM_LAUNCH_EAGER;
	bench.options.launch = SIM_LAUNCH_COUNT;
	expect_error(&bench, SIM_E_RANGE, "launch mode");
	bench.options.launch = SIM_LAUNCH_EAGER;
	bench.options.repeat = UINT64_MAX;
	expect_error(&bench, SIM_E_RANGE, "repeated");
	bench.options.repeat = 1;
	bench.machine.launch.sync_ps = -1;
	expect_error(&bench, SIM_E_RANGE, "launch cost");
	bench.machine.launch.sync_ps = 0;
	bench.kernels[2].stream = 200;
	bench.options.path = REPLAY_STRAIGHT;
	expect_error(&bench, SIM_E_UNSUPPORTED, "one stream");
	bench.options.path = REPLAY_AUTO;
	run_on(&bench, REPLAY_AUTO);
}

static void cycles_are_refused(void **state)
{
	static const struct sim_edge crossed[] = {{3, 0}, {2, 1}};
	static const struct sim_edge itself[] = {{1, 1}};
	static const struct sim_edge outside[] = {{1, 9}};
	struct bench bench;
	(void)state;
	bench_init(&bench, 4, SIM_LAUNCH_EAGER);
	bench.kernels[1].stream = bench.kernels[3].stream = 1;
	bench.program.edges = crossed;
	bench.program.edge_count = 2;
	expect_error(&bench, SIM_E_PARSE, "cycle");
	bench.options.launch = SIM_LAUNCH_GRAPH;
	expect_error(&bench, SIM_E_PARSE, "cycle");
	bench.program.edges = itself;
	bench.program.edge_count = 1;
	expect_error(&bench, SIM_E_PARSE, "'kernel 1' waits for 'kernel 1'");
	bench.program.edges = outside;
	expect_error(&bench, SIM_E_RANGE, "edge to a kernel");
	/* pointing back is no cycle while the host need not wait */
	bench.program.edges = (const struct sim_edge[]){{3, 0}};
	run_on(&bench, REPLAY_AUTO);
	assert_true(bench.start_ps[0] >= bench.end_ps[3]);
	bench.options.launch = SIM_LAUNCH_EAGER;
	bench.kernels[2].flags = SIM_KERNEL_SYNC_BEFORE;
	expect_error(&bench, SIM_E_PARSE, "cycle");
}

static void time_that_runs_out_is_refused(void **state)
{
	(void)state;
	BOTH_PATHS(path)
	{
		struct bench bench;
		bench_init(&bench, 8, SIM_LAUNCH_GRAPH);
		bench.options.path = path;
		for (int k = 0; k < 8; k++) {
			bench.kernels[k].flags = SIM_KERNEL_OPAQUE;
			bench.kernels[k].recorded_ps = (UINT64_C(1) << 60) - 1;
		}
		expect_error(&bench, SIM_E_RANGE, "2^62");
		bench.options.launch = SIM_LAUNCH_EAGER;
		expect_error(&bench, SIM_E_RANGE, "2^62");
		bench.steps[0].count = 4; /* 2^62 - 4 and launch: just past the end, then before */
		expect_error(&bench, SIM_E_RANGE, "2^62");
		bench.kernels[3].recorded_ps -= 116;
		assert_int_equal(try_run(&bench), SIM_E_RANGE);
		bench.kernels[3].recorded_ps -= 1;
		run_on(&bench, path);
		assert_int_equal(bench.result.total_ps, (INT64_C(1) << 62) - 1);
		bench.kernels[1].recorded_ps = UINT64_MAX;
		expect_error(&bench, SIM_E_RANGE, "'kernel 1'");
		bench.kernels[1].recorded_ps = 0;
		bench.kernels[3].flags = 0;
		bench.kernels[3].weight_bytes = UINT64_MAX;
		expect_error(&bench, SIM_E_RANGE, "'kernel 3'");
		bench.kernels[3].flags = SIM_KERNEL_HOST_RECORDED;
		bench.kernels[3].host_ns = UINT32_MAX;
		bench.kernels[3].weight_bytes = 0;
		bench.options.host_speed = 1e-9;
		expect_error(&bench, SIM_E_RANGE, "'kernel 3'");
		bench.options.host_speed = 1e-300;
		expect_error(&bench, SIM_E_RANGE, "launch cost");
	}
}

static bool stop_at_once(void *context, uint64_t kernels_done)
{
	*(uint64_t *)context = kernels_done;
	return false;
}

static void progress_may_stop(void **state)
{
	(void)state;
	BOTH_PATHS(path)
	{
		struct bench bench;
		uint64_t seen = 0;
		bench_init(&bench, 8, SIM_LAUNCH_GRAPH);
		bench.options.path = path;
		bench.options.repeat = 1000000;
		bench.options.progress = stop_at_once;
		bench.options.progress_context = &seen;
		expect_error(&bench, SIM_E_USAGE, "interrupted");
		assert_true(seen > 0 && seen < 1000000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_input_is_refused),
		cmocka_unit_test(cycles_are_refused),
		cmocka_unit_test(time_that_runs_out_is_refused),
		cmocka_unit_test(progress_may_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
