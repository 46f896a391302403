/*
 * Steps told as runs that repeat: the closed form of runs gives what the closed form of the step
 * written out gives, and a program that tells which kernels are equal replays to the same bits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/engine_fixture.h"

enum { COMPACT = 300, MOST_RUNS = 8, MOST = 20000 };

struct made {
	struct sim_kernel compact[COMPACT];
	struct sim_run runs[MOST_RUNS];
	size_t run_count;
	struct sim_kernel kernels[MOST];
	uint32_t of[MOST];
	uint32_t count;
};

static struct made made;

static void make(struct lcg *lcg)
{
	uint32_t first = 0;
	memset(&made, 0, sizeof(made));
	for (uint32_t k = 0; k < COMPACT; k++) {
		struct sim_kernel *kernel = &made.compact[k];
		kernel->flops = lcg_below(lcg, 1000000);
		kernel->weight_bytes = lcg_below(lcg, 3) == 0 ? lcg_below(lcg, 50000000) : 0;
		kernel->act_read_bytes = lcg_below(lcg, 100000);
		kernel->blocks = lcg_below(lcg, 400);
		kernel->host_ns = lcg_below(lcg, 20000);
		kernel->op = lcg_below(lcg, 2) ? SIM_OP_GEMM : SIM_OP_ATTENTION;
		kernel->kv_read_bytes = lcg_below(lcg, 100000);
		kernel->flags = lcg_below(lcg, 2) ? SIM_KERNEL_HOST_RECORDED : 0;
	}
	made.run_count = 1 + lcg_below(lcg, MOST_RUNS);
	for (size_t r = 0; r < made.run_count; r++) {
		uint32_t count = lcg_below(lcg, COMPACT / MOST_RUNS), repeat = lcg_below(lcg, 40);
		made.runs[r] = (struct sim_run){first, count, repeat};
		for (uint32_t n = 0; n < repeat; n++)
			for (uint32_t k = first; k < first + count; k++) {
				made.of[made.count] = k;
				made.kernels[made.count++] = made.compact[k];
			}
		first += count;
	}
}

/* Kernels on STREAMS streams: they share the machine. */
static void spread(struct lcg *lcg, uint32_t streams)
{
	for (uint32_t k = 0; k < COMPACT; k++)
		made.compact[k].stream = (uint8_t)lcg_below(lcg, streams);
	for (uint32_t k = 0; k < made.count; k++)
		made.kernels[k] = made.compact[made.of[k]];
}

static void equal(const struct replay_result *a, const struct replay_result *b)
{
	assert_int_equal(a->kernels, b->kernels);
	assert_int_equal(a->total_ps, b->total_ps);
	assert_int_equal(a->step_ps, b->step_ps);
	assert_int_equal(a->device_span_ps, b->device_span_ps);
	assert_int_equal(a->device_busy_ps, b->device_busy_ps);
	assert_int_equal(a->host_ps, b->host_ps);
	assert_int_equal(a->floor_ps, b->floor_ps);
	assert_int_equal(a->digest, b->digest);
	assert_memory_equal(a->part_ps, b->part_ps, sizeof(a->part_ps));
}

static void test_runs(void **state)
{
	struct machine machine = fixture_machine(&fixture_gpu_default);
	struct lcg lcg = {7};
	(void)state;
	for (int round = 0; round < 40; round++) {
		make(&lcg);
		const struct sim_step step = {0, made.count, SIM_LAUNCH_GRAPH, 1};
		const struct sim_program program = {.kernels = made.kernels,
						    .kernel_count = made.count,
						    .steps = &step,
						    .step_count = 1};
		for (unsigned launch = SIM_LAUNCH_EAGER; launch < SIM_LAUNCH_COUNT; launch++) {
			struct replay_options options;
			struct replay_result runs, written;
			struct sim_diag diag = {0};
			replay_options_init(&options);
			options.launch = (enum sim_launch)launch;
			options.host_speed = 1 + round % 3;
			assert_int_equal(
				closed_form_run(&program, &machine, &options, &written, &diag),
				SIM_OK);
			assert_int_equal(closed_form_runs(made.compact, COMPACT, made.runs,
							  made.run_count, &machine, &options, &runs,
							  &diag),
					 SIM_OK);
			if (made.count > 0)
				equal(&runs, &written);
		}
	}
}

static void test_distinct(void **state)
{
	struct machine machine = fixture_machine(&fixture_gpu_default);
	struct lcg lcg = {11};
	(void)state;
	for (int round = 0; round < 10; round++) {
		make(&lcg);
		spread(&lcg, 1 + (uint32_t)round % 3);
		const struct sim_step step = {0, made.count, SIM_LAUNCH_GRAPH, 1};
		struct sim_program program = {.kernels = made.kernels,
					      .kernel_count = made.count,
					      .steps = &step,
					      .step_count = 1};
		for (unsigned launch = SIM_LAUNCH_EAGER; launch < SIM_LAUNCH_COUNT; launch++)
			for (int path = REPLAY_EVENT; path <= REPLAY_STRAIGHT; path++) {
				if (path == REPLAY_STRAIGHT && round % 3 > 0)
					continue;
				struct replay_options options;
				struct replay_result told, plain;
				struct sim_diag diag = {0};
				replay_options_init(&options);
				options.launch = (enum sim_launch)launch;
				options.path = (enum replay_path)path;
				options.repeat = 1 + (uint64_t)round % 2;
				options.attribute = true;
				program.distinct_of = NULL;
				assert_int_equal(
					replay_run(&program, &machine, &options, &plain, &diag),
					SIM_OK);
				program.distinct = made.compact;
				program.distinct_count = COMPACT;
				program.distinct_of = made.of;
				assert_int_equal(
					replay_run(&program, &machine, &options, &told, &diag),
					SIM_OK);
				equal(&told, &plain);
			}
	}
}

static void test_refused(void **state)
{
	struct machine machine = fixture_machine(&fixture_gpu_default);
	struct replay_options options;
	struct replay_result result;
	struct sim_diag diag = {0};
	struct sim_kernel kernel = {.flops = 1, .flags = SIM_KERNEL_SYNC_BEFORE};
	struct sim_run run = {0, 1, 1};
	(void)state;
	replay_options_init(&options);
	options.launch = SIM_LAUNCH_GRAPH;
	assert_int_equal(closed_form_runs(&kernel, 1, &run, 1, &machine, &options, &result, &diag),
			 SIM_E_UNSUPPORTED);
	kernel.flags = SIM_KERNEL_OPAQUE;
	assert_int_equal(closed_form_runs(&kernel, 1, &run, 1, &machine, &options, &result, &diag),
			 SIM_E_UNSUPPORTED);
	kernel.flags = 0;
	run.count = 2;
	assert_int_equal(closed_form_runs(&kernel, 1, &run, 1, &machine, &options, &result, NULL),
			 SIM_E_RANGE);
	run = (struct sim_run){0, 1, UINT32_MAX};
	struct sim_run many[2] = {run, run};
	assert_int_equal(closed_form_runs(&kernel, 1, many, 2, &machine, &options, &result, NULL),
			 SIM_E_RANGE);
	options.launch = SIM_LAUNCH_AS_TRACED;
	assert_int_equal(closed_form_runs(&kernel, 1, &run, 1, &machine, &options, &result, NULL),
			 SIM_E_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_distinct),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
