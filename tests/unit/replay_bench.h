/*
 * A replay in round numbers, for timelines worked out by hand: kernels take fixed = 10 ps and their
 * weight_bytes in ps of hbm, the host takes 100 ps and a launch 20; every other cost is 0 until a
 * test sets it.
 */
#ifndef TESTS_UNIT_REPLAY_BENCH_H
#define TESTS_UNIT_REPLAY_BENCH_H

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
static inline void plain_demand(const struct machine *machine, const struct sim_kernel *kernels,
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
static inline void bench_init(struct bench *bench, uint32_t count, enum sim_launch launch)
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

static inline enum sim_status try_run(struct bench *bench)
{
	return replay_run(&bench->program, &bench->machine, &bench->options, &bench->result,
			  &bench->diag);
}

static inline void run_on(struct bench *bench, enum replay_path path)
{
	bench->options.path = path;
	if (try_run(bench) != SIM_OK)
		fail_msg("%s", bench->diag.text);
}

static inline void expect(const struct bench *bench, uint32_t kernel, int64_t start_ps,
			  int64_t end_ps)
{
	assert_int_equal(bench->start_ps[kernel], start_ps);
	assert_int_equal(bench->end_ps[kernel], end_ps);
}

static inline void expect_parts(const struct bench *bench, const int64_t *part_ps)
{
	for (int part = 0; part < SIM_PART_COUNT; part++)
		if (bench->result.part_ps[part] != part_ps[part])
			fail_msg("%s is %lld, not %lld", sim_part_text((unsigned)part),
				 (long long)bench->result.part_ps[part], (long long)part_ps[part]);
}

#define BOTH_PATHS(path) for (enum replay_path path = REPLAY_EVENT; path <= REPLAY_STRAIGHT; path++)

#endif
