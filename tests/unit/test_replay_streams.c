/* Replay of several streams and hosts by hand, and where their time is said to go. */
#include "tests/unit/replay_bench.h"

/* Two streams: both stream hbm at half speed while both run; the edge waits for the later end. */
static void streams_share_and_edges_hold(void **state)
{
	static const struct sim_edge edges[] = {{1, 2}};
	struct bench bench;
	(void)state;
	bench_init(&bench, 3, SIM_LAUNCH_GRAPH);
	bench.kernels[1].stream = 1;
	bench.kernels[1].weight_bytes = 70;
	bench.program.edges = edges;
	bench.program.edge_count = 1;
	run_on(&bench, REPLAY_AUTO);
	expect(&bench, 0, 0, 110); /* 10 + 2 * 50 */
	expect(&bench, 1, 0, 130); /* 20 of 70 left at 110 */
	expect(&bench, 2, 130, 190);
	const int64_t parts[SIM_PART_COUNT] = {[SIM_PART_FIXED] = 20, [SIM_PART_HBM] = 170};
	expect_parts(&bench, parts);
	assert_int_equal(bench.result.device_busy_ps, 190);
}

/* A step of one launch waits for all before it, and all after it wait for it, on any stream. */
static void launches_do_not_overlap(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, 6, SIM_LAUNCH_AS_TRACED);
	for (uint32_t s = 0; s < 3; s++)
		bench.steps[s] = (struct sim_step){2 * s, 2,
						   s == 1 ? SIM_LAUNCH_GRAPH : SIM_LAUNCH_EAGER, 0};
	bench.program.step_count = 3;
	bench.machine.launch.host_ps = 1;
	for (int k = 0; k < 6; k++)
		bench.kernels[k].stream = (uint8_t)(k % 2);
	bench.kernels[1].weight_bytes = 500;
	bench.kernels[2].weight_bytes = 300;
	run_on(&bench, REPLAY_AUTO);
	assert_true(bench.end_ps[0] < bench.end_ps[1]);
	assert_int_equal(bench.start_ps[2], bench.end_ps[1]);
	assert_int_equal(bench.start_ps[3], bench.end_ps[1]);
	assert_true(bench.end_ps[3] < bench.end_ps[2]);
	assert_int_equal(bench.start_ps[4], bench.end_ps[2]);
	assert_int_equal(bench.start_ps[5], bench.end_ps[2]);
	assert_int_equal(bench.result.device_span_ps,
			 (bench.end_ps[1] - bench.start_ps[0] + bench.end_ps[2] -
			  bench.start_ps[2] + bench.end_ps[5] - bench.start_ps[4]) /
				 3);
}

/* Each stream has its host: they issue side by side. */
static void hosts_issue_side_by_side(void **state)
{
	static const uint8_t threads[] = {4, 2};
	struct bench bench;
	(void)state;
	bench_init(&bench, 4, SIM_LAUNCH_EAGER);
	bench.kernels[1].stream = bench.kernels[3].stream = 1;
	for (int k = 0; k < 4; k++)
		bench.kernels[k].weight_bytes = 0;
	run_on(&bench, REPLAY_AUTO);
	expect(&bench, 3, 420, 430);
	bench.program.stream_thread = threads;
	run_on(&bench, REPLAY_AUTO);
	expect(&bench, 0, 120, 130);
	expect(&bench, 1, 120, 130);
	expect(&bench, 2, 220, 230);
	expect(&bench, 3, 220, 230);
	assert_int_equal(bench.result.host_ps, 400);
}

/* Where time goes when a limit binds: the resource first, then tail, then compute. */
static void a_limit_is_split(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, 2, SIM_LAUNCH_GRAPH);
	bench.kernels[0].blocks = 90;
	bench.kernels[0].threads = 25;
	bench.kernels[1].blocks = 90;
	bench.kernels[1].threads = 80;
	bench.kernels[1].kv_read_bytes = 60;
	run_on(&bench, REPLAY_AUTO);
	const int64_t parts[SIM_PART_COUNT] = {[SIM_PART_FIXED] = 20,
					       [SIM_PART_HBM] = 50,
					       [SIM_PART_TAIL] = 25 + 30,
					       [SIM_PART_COMPUTE] = 15,
					       [SIM_PART_L2] = 60};
	expect_parts(&bench, parts);
}

/* Steps without a sync run into each other; the mean is rounded down and still sums. */
static void parts_sum_over_uneven_steps(void **state)
{
	struct bench bench;
	int64_t sum_ps = 0;
	(void)state;
	bench_init(&bench, 5, SIM_LAUNCH_EAGER);
	bench.steps[0].count = 2;
	bench.steps[1] = (struct sim_step){2, 0, SIM_LAUNCH_EAGER, 1};
	bench.steps[2] = (struct sim_step){2, 3, SIM_LAUNCH_GRAPH, 0};
	bench.program.step_count = 3;
	bench.options.repeat = 7;
	bench.machine.launch.host_ps = 13;
	bench.machine.launch.sync_ps = 1;
	run_on(&bench, REPLAY_AUTO);
	for (int part = 0; part < SIM_PART_COUNT; part++)
		sum_ps += bench.result.part_ps[part];
	assert_int_equal(sum_ps, bench.result.step_ps);
	assert_int_equal(bench.result.step_ps, bench.result.total_ps / 21);
	assert_int_equal(bench.result.steps, 21);
	assert_int_equal(bench.result.kernels, 35);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_share_and_edges_hold),
		cmocka_unit_test(launches_do_not_overlap),
		cmocka_unit_test(hosts_issue_side_by_side),
		cmocka_unit_test(a_limit_is_split),
		cmocka_unit_test(parts_sum_over_uneven_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
