/*
 * Replay against timelines worked out by hand, in round numbers: a machine whose kernels take
 * fixed = 10 and service = hbm bytes, host 100, latency 20, gaps and syncs as each test sets them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/engine_fixture.h"

enum { MOST = 16 };

/* Work: weight_bytes is hbm ps; kv_read_bytes is l2 ps; blocks is a limit in ps, threads of it tail
 */
static void plain_demand(const struct machine *machine, const struct sim_kernel *kernels,
			 size_t count, struct machine_demand *demands)
{
	for (size_t i = 0; i < count; i++) {
		demands[i].fixed_ps =
			machine->plays_recording ? (int64_t)kernels[i].recorded_ps : 10;
		demands[i].limit_ps = kernels[i].blocks;
		demands[i].tail_ps = kernels[i].threads;
		demands[i].work[0] = machine->plays_recording ? 0 : (double)kernels[i].weight_bytes;
		demands[i].work[1] =
			machine->plays_recording ? 0 : (double)kernels[i].kv_read_bytes;
	}
}

struct bench {
	struct sim_kernel kernels[MOST];
	struct sim_step steps[4];
	int64_t start_ps[MOST], end_ps[MOST];
	struct machine machine;
	struct sim_program program;
	struct replay_options options;
	struct replay_result result;
	struct sim_diag diag;
};

/* COUNT kernels of 50 ps service in one step. */
static void bench_init(struct bench *bench, uint32_t count, enum sim_launch launch)
{
	memset(bench, 0, sizeof(*bench));
	diag_init(&bench->diag);
	for (uint32_t k = 0; k < MOST; k++)
		bench->kernels[k].weight_bytes = 50;
	bench->steps[0] = (struct sim_step){0, count, SIM_LAUNCH_EAGER, 0};
	bench->machine = (struct machine){
		.name = "plain",
		.model_name = "plain",
		.demand = plain_demand,
		.resource_count = 2,
		.resources = {{"hbm", 1e12, 0, SIM_PART_HBM}, {"l2", 1e12, 0, SIM_PART_L2}},
		.launch = {.host_ps = 100, .latency_ps = 20, .queue_depth = 1000},
		.memory_bytes_per_s = 1e12,
	};
	machine_finish(&bench->machine);
	bench->program = (struct sim_program){.kernels = bench->kernels,
					      .kernel_count = count,
					      .steps = bench->steps,
					      .step_count = 1};
	replay_options_init(&bench->options);
	bench->options.launch = launch;
	bench->options.attribute = true;
	bench->options.start_ps = bench->start_ps;
	bench->options.end_ps = bench->end_ps;
}

static enum sim_status try_run(struct bench *bench)
{
	return replay_run(&bench->program, &bench->machine, &bench->options, &bench->result,
			  &bench->diag);
}

static void run_on(struct bench *bench, enum replay_path path)
{
	bench->options.path = path;
	if (try_run(bench) != SIM_OK)
		fail_msg("%s", bench->diag.text);
}

static void expect(const struct bench *bench, uint32_t kernel, int64_t start_ps, int64_t end_ps)
{
	assert_int_equal(bench->start_ps[kernel], start_ps);
	assert_int_equal(bench->end_ps[kernel], end_ps);
}

static void expect_parts(const struct bench *bench, const int64_t *part_ps)
{
	for (int part = 0; part < SIM_PART_COUNT; part++)
		if (bench->result.part_ps[part] != part_ps[part])
			fail_msg("%s is %lld, not %lld", sim_part_text((unsigned)part),
				 (long long)bench->result.part_ps[part], (long long)part_ps[part]);
}

#define BOTH_PATHS(path) for (enum replay_path path = REPLAY_EVENT; path <= REPLAY_STRAIGHT; path++)

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
		cmocka_unit_test(streams_share_and_edges_hold),
		cmocka_unit_test(launches_do_not_overlap),
		cmocka_unit_test(hosts_issue_side_by_side),
		cmocka_unit_test(a_limit_is_split),
		cmocka_unit_test(parts_sum_over_uneven_steps),
		cmocka_unit_test(nothing_takes_no_time),
		cmocka_unit_test(digest_sees_every_time),
		cmocka_unit_test(bad_input_is_refused),
		cmocka_unit_test(cycles_are_refused),
		cmocka_unit_test(time_that_runs_out_is_refused),
		cmocka_unit_test(progress_may_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
