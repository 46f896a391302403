/* Replay of one stream in each launch mode against timelines worked out by hand. */
#include "tests/unit/replay_bench.h"

/* Host 100 each: kernels wait for it. */
static void eager_host_bound(void **state)
{
	(void)state;
	BOTH_PATHS(path)
	{
		struct bench bench;
		bench_init(&bench, 3, SIM_LAUNCH_EAGER);
		bench.machine.launch.stream_gap_ps = 5;
		bench.machine.launch.sync_ps = 7;
		bench.steps[0].ends_in_sync = 1;
		run_on(&bench, path);
		expect(&bench, 0, 120, 180);
		expect(&bench, 1, 220, 280);
		expect(&bench, 2, 320, 380);
		assert_int_equal(bench.result.total_ps, 387);
		assert_int_equal(bench.result.device_span_ps, 260);
		assert_int_equal(bench.result.device_busy_ps, 180);
		assert_int_equal(bench.result.host_ps, 300);
		assert_int_equal(bench.result.floor_ps, 150);
		const int64_t parts[SIM_PART_COUNT] = {[SIM_PART_HOST] = 120 + 35 + 35 + 7,
						       [SIM_PART_GAP] = 10,
						       [SIM_PART_FIXED] = 30,
						       [SIM_PART_HBM] = 150};
		expect_parts(&bench, parts);
	}
}

/* The gate between arrival and stream readiness, one ps to either side of it. */
static void eager_gate_is_exact(void **state)
{
	(void)state;
	BOTH_PATHS(path)
	{
		for (int64_t host_ps = 59; host_ps <= 66; host_ps++) {
			struct bench bench;
			bench_init(&bench, 2, SIM_LAUNCH_EAGER);
			bench.machine.launch.host_ps = host_ps;
			bench.machine.launch.stream_gap_ps = 3;
			run_on(&bench, path);
			/* ready at host + 20 + 60 + 3; arrives at 2 host + 20 */
			int64_t start_ps = host_ps <= 63 ? host_ps + 83 : 2 * host_ps + 20;
			expect(&bench, 1, start_ps, start_ps + 60);
		}
	}
}

/* Two launches may wait: the fourth is issued when the second starts, not before. */
static void launch_queue_blocks_the_host(void **state)
{
	(void)state;
	BOTH_PATHS(path)
	{
		struct bench bench;
		bench_init(&bench, 5, SIM_LAUNCH_EAGER);
		bench.machine.launch.host_ps = 1;
		bench.machine.launch.queue_depth = 2;
		bench.kernels[4].flags = SIM_KERNEL_HOST_RECORDED;
		bench.kernels[4].host_ns = 1;
		run_on(&bench, path);
		expect(&bench, 0, 21, 81);
		expect(&bench, 1, 81, 141);
		/* third issued at 21 when the first starts, fourth at 81, fifth charged from then
		 */
		expect(&bench, 3, 201, 261);
		expect(&bench, 4, 1101, 1161);
	}
}

static void sync_before_drains_first(void **state)
{
	(void)state;
	BOTH_PATHS(path)
	{
		struct bench bench;
		bench_init(&bench, 3, SIM_LAUNCH_EAGER);
		bench.machine.launch.host_ps = 1;
		bench.machine.launch.sync_ps = 9;
		bench.kernels[2].flags = SIM_KERNEL_SYNC_BEFORE;
		run_on(&bench, path);
		expect(&bench, 1, 81, 141);
		expect(&bench, 2, 141 + 9 + 1 + 20, 231);
	}
}

static void host_speed_scales_host_costs_only(void **state)
{
	(void)state;
	BOTH_PATHS(path)
	{
		struct bench bench;
		bench_init(&bench, 2, SIM_LAUNCH_EAGER);
		bench.kernels[1].flags = SIM_KERNEL_HOST_RECORDED;
		bench.kernels[1].host_ns = 1;
		bench.options.host_speed = 2;
		run_on(&bench, path);
		expect(&bench, 0, 50 + 20, 130);
		expect(&bench, 1, 50 + 500 + 20, 630);
		assert_int_equal(bench.result.host_ps, 550);
	}
}

static void graph_is_one_launch(void **state)
{
	(void)state;
	BOTH_PATHS(path)
	{
		struct bench bench;
		bench_init(&bench, 3, SIM_LAUNCH_GRAPH);
		bench.machine.launch.graph_host_ps = 30;
		bench.machine.launch.graph_host_node_ps = 2;
		bench.machine.launch.graph_latency_ps = 40;
		bench.machine.launch.graph_latency_node_ps = 3;
		bench.machine.launch.graph_gap_ps = 4;
		run_on(&bench, path);
		expect(&bench, 0, 85, 145);
		expect(&bench, 1, 149, 209);
		expect(&bench, 2, 213, 273);
		const int64_t parts[SIM_PART_COUNT] = {[SIM_PART_HOST] = 85,
						       [SIM_PART_GAP] = 8,
						       [SIM_PART_FIXED] = 30,
						       [SIM_PART_HBM] = 150};
		expect_parts(&bench, parts);
	}
}

/* A fixed latency hides behind the kernel before, at most all of it; opaque kernels do not. */
static void pdl_hides_fixed_latency(void **state)
{
	(void)state;
	BOTH_PATHS(path)
	{
		for (int64_t overlap_ps = 0; overlap_ps <= 12; overlap_ps++) {
			struct bench bench;
			int64_t hidden_ps = overlap_ps < 10 ? overlap_ps : 10;
			bench_init(&bench, 3, SIM_LAUNCH_PDL);
			bench.machine.launch.graph_gap_ps = 4;
			bench.machine.launch.pdl_overlap_ps = overlap_ps;
			bench.kernels[2].flags = SIM_KERNEL_OPAQUE;
			bench.kernels[2].recorded_ps = 33;
			run_on(&bench, path);
			expect(&bench, 0, 0, 60);
			expect(&bench, 1, 64 - hidden_ps, 124 - hidden_ps);
			expect(&bench, 2, 128 - hidden_ps, 161 - hidden_ps);
			assert_int_equal(bench.result.device_busy_ps,
					 153 - (hidden_ps > 4 ? hidden_ps - 4 : 0));
			assert_int_equal(bench.result.part_ps[SIM_PART_HBM], 100);
			assert_int_equal(bench.result.part_ps[SIM_PART_OPAQUE], 33);
		}
	}
}

/* Never more than the kernel before took. */
static void pdl_starts_after_its_predecessor(void **state)
{
	(void)state;
	BOTH_PATHS(path)
	{
		struct bench bench;
		bench_init(&bench, 2, SIM_LAUNCH_PDL);
		bench.machine.launch.pdl_overlap_ps = 100;
		bench.kernels[0].flags = SIM_KERNEL_OPAQUE;
		bench.kernels[0].recorded_ps = 6;
		run_on(&bench, path);
		expect(&bench, 0, 0, 6);
		expect(&bench, 1, 0, 60);
	}
}

static void megakernel_drops_fixed_latency(void **state)
{
	(void)state;
	BOTH_PATHS(path)
	{
		struct bench bench;
		bench_init(&bench, 3, SIM_LAUNCH_MEGAKERNEL);
		bench.machine.launch.graph_host_ps = 30;
		bench.machine.launch.mega_launch_ps = 25;
		bench.machine.launch.mega_sync_ps = 6;
		bench.kernels[2].flags = SIM_KERNEL_OPAQUE;
		bench.kernels[2].recorded_ps = 33;
		run_on(&bench, path);
		expect(&bench, 0, 55, 105);
		expect(&bench, 1, 111, 161);
		expect(&bench, 2, 167, 200);
	}
}

/* Overlap on a recorded stream, gaps counted from the latest end so far. */
static void recorded_gaps_are_played(void **state)
{
	static const int32_t gaps_ns[5] = {777, 1, -2, 3, -50};
	(void)state;
	for (enum replay_path path = REPLAY_AUTO; path <= REPLAY_STRAIGHT; path++) {
		struct bench bench;
		bench_init(&bench, 5, SIM_LAUNCH_AS_TRACED);
		bench.steps[0].traced_launch = SIM_LAUNCH_GRAPH;
		bench.machine.plays_recording = true;
		bench.program.recorded_gap_ns = gaps_ns;
		bench.kernels[2].stream = 1; /* overlap comes from other streams */
		for (int k = 0; k < 5; k++) {
			bench.kernels[k].flags = SIM_KERNEL_OPAQUE;
			bench.kernels[k].recorded_ps = k == 2 ? 1000 : 10000;
		}
		bench.machine.launch.graph_latency_ps = 500;
		run_on(&bench, path);
		expect(&bench, 0, 500, 10500);
		expect(&bench, 1, 11500, 21500);
		expect(&bench, 2, 19500, 20500); /* inside the one before */
		expect(&bench, 3, 24500, 34500);
		expect(&bench, 4, 24500, 34500); /* not before its predecessor */
		assert_int_equal(bench.result.device_busy_ps, 30000);
		assert_int_equal(bench.result.part_ps[SIM_PART_GAP], 4000);
		assert_int_equal(bench.result.part_ps[SIM_PART_OPAQUE], 30000);
	}
}

static void nothing_takes_no_time(void **state)
{
	(void)state;
	BOTH_PATHS(path)
	{
		struct bench bench;
		bench_init(&bench, 0, SIM_LAUNCH_GRAPH);
		bench.machine.launch.graph_host_ps = 30;
		bench.steps[0].ends_in_sync = 1;
		run_on(&bench, path);
		assert_int_equal(bench.result.total_ps, 0);
		assert_int_equal(bench.result.steps, 1);
		bench.program.step_count = 0;
		run_on(&bench, path);
		assert_int_equal(bench.result.steps, 0);
		assert_int_equal(bench.result.step_ps, 0);
	}
}

static void digest_sees_every_time(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, 4, SIM_LAUNCH_GRAPH);
	run_on(&bench, REPLAY_AUTO);
	uint64_t digest = bench.result.digest;
	bench.kernels[3].weight_bytes++;
	run_on(&bench, REPLAY_AUTO);
	assert_int_not_equal(bench.result.digest, digest);
	bench.kernels[3].weight_bytes--;
	bench.steps[0].ends_in_sync = 1; /* the step's end alone */
	run_on(&bench, REPLAY_AUTO);
	assert_int_not_equal(bench.result.digest, digest);
	bench.steps[0].ends_in_sync = 0;
	run_on(&bench, REPLAY_EVENT);
	assert_int_equal(bench.result.digest, digest);
	/* pinned: compilers, optimization levels and machines give this one */
	assert_int_equal(digest, UINT64_C(0x38cd3afbe352f701));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eager_host_bound),
		cmocka_unit_test(eager_gate_is_exact),
		cmocka_unit_test(launch_queue_blocks_the_host),
		cmocka_unit_test(sync_before_drains_first),
		cmocka_unit_test(host_speed_scales_host_costs_only),
		cmocka_unit_test(graph_is_one_launch),
		cmocka_unit_test(pdl_hides_fixed_latency),
		cmocka_unit_test(pdl_starts_after_its_predecessor),
		cmocka_unit_test(megakernel_drops_fixed_latency),
		cmocka_unit_test(recorded_gaps_are_played),
		cmocka_unit_test(nothing_takes_no_time),
		cmocka_unit_test(digest_sees_every_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
