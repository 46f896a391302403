/*
 * Replay properties on random programs: both paths agree bit for bit, sharing keeps its bounds,
 * more bandwidth and faster hosts never hurt, parts sum, nothing is below the floor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/engine_fixture.h"

static struct replay_result run(const struct sim_program *program, const struct machine *machine,
				const struct replay_options *options)
{
	struct replay_result result;
	struct sim_diag diag;
	diag_init(&diag);
	if (replay_run(program, machine, options, &result, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return result;
}

static void check_parts(const struct replay_result *result)
{
	int64_t sum_ps = 0;
	for (int part = 0; part < SIM_PART_COUNT; part++) {
		assert_true(result->part_ps[part] >= 0);
		sum_ps += result->part_ps[part];
	}
	assert_int_equal(sum_ps, result->step_ps);
	assert_true(result->step_ps >= result->floor_ps);
}

static void check_equal(const struct replay_result *a, const struct replay_result *b)
{
	assert_int_equal(a->digest, b->digest);
	assert_int_equal(a->total_ps, b->total_ps);
	assert_int_equal(a->step_ps, b->step_ps);
	assert_int_equal(a->kernels, b->kernels);
	assert_int_equal(a->steps, b->steps);
	assert_int_equal(a->opaque_kernels, b->opaque_kernels);
	assert_int_equal(a->opaque_ps, b->opaque_ps);
	assert_int_equal(a->device_span_ps, b->device_span_ps);
	assert_int_equal(a->device_busy_ps, b->device_busy_ps);
	assert_int_equal(a->host_ps, b->host_ps);
	assert_int_equal(a->floor_ps, b->floor_ps);
	for (int part = 0; part < SIM_PART_COUNT; part++)
		assert_int_equal(a->part_ps[part], b->part_ps[part]);
}

static struct fixture_shape random_shape(struct lcg *lcg, uint32_t streams)
{
	return (struct fixture_shape){
		.kernels = lcg_below(lcg, 400),
		.steps = 1 + lcg_below(lcg, 8),
		.streams = streams,
		.opaque_percent = lcg_below(lcg, 20),
		.sync_percent = lcg_below(lcg, 3) == 0 ? 5 : 0,
		.edge_percent = streams > 1 ? lcg_below(lcg, 60) : 0,
	};
}

static struct machine random_machine(struct lcg *lcg)
{
	struct machine machine = fixture_machine(&fixture_gpu_default);
	machine.launch.host_ps = lcg_below(lcg, 9000000);
	machine.launch.latency_ps = lcg_below(lcg, 9000000);
	machine.launch.stream_gap_ps = lcg_below(lcg, 3000000);
	machine.launch.sync_ps = lcg_below(lcg, 9000000);
	machine.launch.graph_gap_ps = lcg_below(lcg, 2) ? lcg_below(lcg, 2000000) : 0;
	machine.launch.pdl_overlap_ps = lcg_below(lcg, 4000000);
	machine.launch.queue_depth = 1 + (lcg_below(lcg, 2) ? lcg_below(lcg, 8) : 1023);
	return machine;
}

enum { MOST = 400 };

static void paths_agree(void **state)
{
	struct lcg lcg = {1};
	(void)state;
	for (int round = 0; round < 150; round++) {
		struct fixture_shape shape = random_shape(&lcg, 1);
		struct fixture_program made = fixture_program(&lcg, &shape);
		struct machine machine = random_machine(&lcg);
		for (unsigned launch = 0; launch < SIM_LAUNCH_COUNT; launch++) {
			static int64_t times[4][MOST];
			struct replay_options options;
			replay_options_init(&options);
			options.launch = (enum sim_launch)launch;
			options.repeat = 1 + lcg_below(&lcg, 4);
			options.host_speed = lcg_below(&lcg, 2) ? 1 : 1.37;
			options.attribute = true;
			options.path = REPLAY_STRAIGHT;
			options.start_ps = times[0];
			options.end_ps = times[1];
			struct replay_result straight = run(&made.program, &machine, &options);
			options.path = REPLAY_EVENT;
			options.start_ps = times[2];
			options.end_ps = times[3];
			struct replay_result events = run(&made.program, &machine, &options);
			check_equal(&straight, &events);
			check_parts(&events);
			size_t bytes = shape.kernels * sizeof(times[0][0]);
			assert_memory_equal(times[0], times[2], bytes);
			assert_memory_equal(times[1], times[3], bytes);
			options.attribute = false;
			options.start_ps = options.end_ps = NULL;
			options.path = REPLAY_AUTO;
			assert_int_equal(run(&made.program, &machine, &options).digest,
					 straight.digest);
		}
		fixture_program_fini(&made);
	}
}

/* A recording, graphs and eager steps mixed; kernels of its graphs may be on any stream. */
static void recordings_agree(void **state)
{
	struct lcg lcg = {8};
	(void)state;
	for (int round = 0; round < 200; round++) {
		int32_t gaps_ns[MOST];
		struct fixture_shape shape = random_shape(&lcg, 1);
		struct fixture_program made = fixture_program(&lcg, &shape);
		struct machine machine = random_machine(&lcg);
		struct replay_options options;
		machine.plays_recording = true;
		for (uint32_t k = 0; k < shape.kernels; k++)
			gaps_ns[k] = (int32_t)lcg_below(&lcg, 6000) - 3000;
		for (uint32_t s = 0; s < shape.steps; s++)
			for (uint32_t i = 0; i < made.steps[s].count; i++)
				if (made.steps[s].traced_launch == SIM_LAUNCH_GRAPH)
					made.kernels[made.steps[s].first + i].stream =
						(uint8_t)lcg_below(&lcg, 3);
		made.program.recorded_gap_ns = gaps_ns;
		replay_options_init(&options);
		options.repeat = 1 + lcg_below(&lcg, 3);
		options.attribute = true;
		options.path = REPLAY_STRAIGHT;
		struct replay_result straight = run(&made.program, &machine, &options);
		options.path = REPLAY_EVENT;
		struct replay_result events = run(&made.program, &machine, &options);
		check_equal(&straight, &events);
		fixture_program_fini(&made);
	}
}

/* Streams, edges, hosts, any mode: order holds, parts sum, nothing is below the floor. */
static void many_streams_keep_their_order(void **state)
{
	static const uint8_t threads[8] = {0, 0, 3, 1, 3, 0, 1, 9};
	struct lcg lcg = {2};
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct fixture_shape shape = random_shape(&lcg, 2 + lcg_below(&lcg, 7));
		struct fixture_program made = fixture_program(&lcg, &shape);
		struct machine machine = random_machine(&lcg);
		if (lcg_below(&lcg, 2))
			made.program.stream_thread = threads;
		for (unsigned launch = 0; launch < SIM_LAUNCH_COUNT; launch++) {
			static int64_t start_ps[MOST], end_ps[MOST];
			int64_t stream_end_ps[8] = {0}, stream_start_ps[8] = {0};
			struct replay_options options;
			replay_options_init(&options);
			options.launch = (enum sim_launch)launch;
			options.repeat = 1 + lcg_below(&lcg, 4);
			options.attribute = true;
			options.start_ps = start_ps;
			options.end_ps = end_ps;
			struct replay_result result = run(&made.program, &machine, &options);
			check_parts(&result);
			assert_int_equal(result.kernels, shape.kernels * options.repeat);
			for (uint32_t k = 0; k < shape.kernels; k++) {
				unsigned stream = made.kernels[k].stream;
				assert_true(end_ps[k] >= start_ps[k]);
				if (launch == SIM_LAUNCH_PDL)
					assert_true(start_ps[k] >= stream_start_ps[stream]);
				else
					assert_true(start_ps[k] >= stream_end_ps[stream]);
				assert_true(end_ps[k] >= stream_end_ps[stream]);
				stream_start_ps[stream] = start_ps[k];
				stream_end_ps[stream] = end_ps[k];
			}
			for (size_t e = 0; e < made.program.edge_count; e++)
				assert_true(start_ps[made.edges[e].after] >=
					    end_ps[made.edges[e].before]);
			struct replay_result again = run(&made.program, &machine, &options);
			check_equal(&result, &again);
		}
		fixture_program_fini(&made);
	}
}

/* The kernels of one stream of a program in one step. */
static struct fixture_program only_stream(const struct fixture_program *from, unsigned stream)
{
	struct fixture_program made = {0};
	uint32_t count = 0;
	made.kernels = calloc(from->program.kernel_count + 1, sizeof(*made.kernels));
	made.steps = calloc(1, sizeof(*made.steps));
	for (size_t k = 0; k < from->program.kernel_count; k++)
		if (from->kernels[k].stream == stream)
			made.kernels[count++] = from->kernels[k];
	made.steps[0] = from->steps[0];
	made.steps[0].count = count;
	made.program.kernels = made.kernels;
	made.program.kernel_count = count;
	made.program.steps = made.steps;
	made.program.step_count = 1;
	return made;
}

/*
 * Two streams share: not earlier than the slower alone, not later than one after the other. Each
 * end that was slowed down is rounded up, so the upper bound has a ps per kernel of slack.
 */
static void two_streams_are_between_max_and_sum(void **state)
{
	const enum sim_launch launches[] = {SIM_LAUNCH_EAGER, SIM_LAUNCH_GRAPH, SIM_LAUNCH_PDL,
					    SIM_LAUNCH_MEGAKERNEL};
	struct lcg lcg = {3};
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct fixture_shape shape = {.kernels = 2 + lcg_below(&lcg, 100),
					      .steps = 1,
					      .streams = 2,
					      .opaque_percent = 5,
					      .always_synced = true};
		struct fixture_program both = fixture_program(&lcg, &shape);
		struct fixture_program one = only_stream(&both, 0), two = only_stream(&both, 1);
		struct machine machine = fixture_machine(&fixture_gpu_default);
		struct replay_options options;
		replay_options_init(&options);
		options.launch = launches[round % 4];
		int64_t both_ps = run(&both.program, &machine, &options).total_ps;
		int64_t one_ps = run(&one.program, &machine, &options).total_ps;
		int64_t two_ps = run(&two.program, &machine, &options).total_ps;
		assert_true(both_ps >= one_ps && both_ps >= two_ps);
		assert_true(both_ps <= one_ps + two_ps + (int64_t)shape.kernels);
		fixture_program_fini(&both);
		fixture_program_fini(&one);
		fixture_program_fini(&two);
	}
}

/* What streams at one moment never takes more of a resource than there is: by the bytes moved. */
static void bytes_never_pass_the_bandwidth(void **state)
{
	struct lcg lcg = {4};
	(void)state;
	for (int round = 0; round < 100; round++) {
		struct fixture_shape shape = {.kernels = 200, .steps = 3, .streams = 6};
		struct fixture_program made = fixture_program(&lcg, &shape);
		struct machine machine = fixture_machine(&fixture_gpu_default);
		struct replay_options options;
		struct machine_demand demand;
		double hbm_ps = 0;
		replay_options_init(&options);
		options.launch = SIM_LAUNCH_GRAPH;
		for (uint32_t k = 0; k < shape.kernels; k++) {
			machine_demand(&machine, &made.kernels[k], 1, &demand);
			hbm_ps += demand.work[FIXTURE_HBM] *
				  machine.resources[FIXTURE_HBM].ps_per_unit;
		}
		struct replay_result result = run(&made.program, &machine, &options);
		double busy_ps = (double)result.device_busy_ps * (double)result.steps;
		assert_true(busy_ps + (double)result.steps >= hbm_ps * (1 - 1e-9));
		fixture_program_fini(&made);
	}
}

/* One stream: more bandwidth, or a faster host, never makes a step longer. */
static void better_parts_never_hurt(void **state)
{
	struct lcg lcg = {5};
	(void)state;
	for (int round = 0; round < 60; round++) {
		struct fixture_shape shape = random_shape(&lcg, 1);
		struct fixture_program made = fixture_program(&lcg, &shape);
		struct machine machine = random_machine(&lcg);
		for (unsigned launch = 0; launch < SIM_LAUNCH_COUNT; launch++) {
			int64_t last_ps = INT64_MAX;
			struct replay_options options;
			replay_options_init(&options);
			options.launch = (enum sim_launch)launch;
			options.path = launch % 2 ? REPLAY_EVENT : REPLAY_AUTO;
			for (double factor = 0.5; factor < 40; factor *= 1.7) {
				struct machine faster = machine;
				faster.resources[FIXTURE_HBM].rate_per_s *= factor;
				machine_finish(&faster);
				int64_t ps = run(&made.program, &faster, &options).total_ps;
				assert_true(ps <= last_ps);
				last_ps = ps;
			}
			last_ps = INT64_MAX;
			for (double speed = 0.3; speed < 30; speed *= 1.7) {
				options.host_speed = speed;
				int64_t ps = run(&made.program, &machine, &options).total_ps;
				assert_true(ps <= last_ps);
				last_ps = ps;
			}
		}
		fixture_program_fini(&made);
	}
}

/* Repeating in the replay is repeating in the program. */
static void repeat_is_tiling(void **state)
{
	struct lcg lcg = {6};
	(void)state;
	for (int round = 0; round < 60; round++) {
		struct fixture_shape shape = random_shape(&lcg, 1 + lcg_below(&lcg, 3));
		shape.edge_percent = 0;
		struct fixture_program once = fixture_program(&lcg, &shape);
		struct sim_kernel kernels[3 * MOST];
		struct sim_step steps[3 * 8];
		struct sim_program tiled = once.program;
		for (uint32_t t = 0; t < 3; t++) {
			memcpy(kernels + t * shape.kernels, once.kernels,
			       shape.kernels * sizeof(kernels[0]));
			for (uint32_t s = 0; s < shape.steps; s++) {
				steps[t * shape.steps + s] = once.steps[s];
				steps[t * shape.steps + s].first += t * shape.kernels;
			}
		}
		tiled.kernels = kernels;
		tiled.steps = steps;
		tiled.kernel_count *= 3;
		tiled.step_count *= 3;
		struct machine machine = random_machine(&lcg);
		struct replay_options options;
		replay_options_init(&options);
		options.attribute = true;
		struct replay_result whole = run(&tiled, &machine, &options);
		options.repeat = 3;
		struct replay_result repeated = run(&once.program, &machine, &options);
		check_equal(&whole, &repeated);
		fixture_program_fini(&once);
	}
}

/* Sharing, edges and hosts in doubles and integers: every compiler and machine gives these bits. */
static void digest_is_pinned(void **state)
{
	static const uint8_t threads[5] = {0, 1, 0, 1, 0};
	const struct fixture_shape shape = {.kernels = 300,
					    .steps = 4,
					    .streams = 5,
					    .opaque_percent = 5,
					    .sync_percent = 2,
					    .edge_percent = 20};
	struct lcg lcg = {77};
	uint64_t digests = 0;
	(void)state;
	struct fixture_program made = fixture_program(&lcg, &shape);
	struct machine machine = fixture_machine(&fixture_gpu_default);
	made.program.stream_thread = threads;
	for (unsigned launch = 0; launch < SIM_LAUNCH_COUNT; launch++) {
		struct replay_options options;
		replay_options_init(&options);
		options.launch = (enum sim_launch)launch;
		options.repeat = 3;
		options.host_speed = 1.13;
		digests = digests * 31 + run(&made.program, &machine, &options).digest;
	}
	assert_int_equal(digests, UINT64_C(0xd910aeb5c103629));
	fixture_program_fini(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_agree),
		cmocka_unit_test(recordings_agree),
		cmocka_unit_test(many_streams_keep_their_order),
		cmocka_unit_test(two_streams_are_between_max_and_sum),
		cmocka_unit_test(bytes_never_pass_the_bandwidth),
		cmocka_unit_test(better_parts_never_hurt),
		cmocka_unit_test(repeat_is_tiling),
		cmocka_unit_test(digest_is_pinned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
