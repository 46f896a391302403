/* Steps, syncs, host times and overlap, on traces built event by event. */
#include "tests/unit/trace_files.h"

#include "traces/build.h"
#include "traces/steps.h"

struct bench {
	struct trace trace;
	struct build build;
	struct sim_diag diag;
	int64_t now_us;
	uint32_t correlation;
};

static void bench_open(struct bench *bench)
{
	trace_init(&bench->trace);
	diag_init(&bench->diag);
	assert_int_equal(names_init(&bench->trace.names), SIM_OK);
	build_init(&bench->build, &bench->trace, "bench");
	bench->now_us = 0;
	bench->correlation = 1;
}

static void bench_close(struct bench *bench)
{
	build_fini(&bench->build);
	trace_fini(&bench->trace);
}

static void kernel_at(struct bench *bench, char name, int64_t start_us, int64_t duration_us,
		      uint32_t correlation)
{
	struct build_kernel kernel = {
		.start_ns = start_us * 1000,
		.duration_ns = duration_us * 1000,
		.external_id = BUILD_NO_ID,
		.correlation = correlation,
		.detail.grid = {1, 1, 1},
		.detail.block = {1, 1, 1},
	};
	assert_int_equal(names_add(&bench->trace.names, &name, 1, &kernel.detail.name), SIM_OK);
	assert_int_equal(build_add_kernel(&bench->build, &kernel, &bench->diag), SIM_OK);
}

static void launch_at(struct bench *bench, int64_t start_us, int64_t duration_us,
		      uint32_t correlation, uint8_t flags)
{
	struct build_launch launch = {
		.start_ns = start_us * 1000,
		.end_ns = (start_us + duration_us) * 1000,
		.correlation = correlation,
		.thread = 1,
		.flags = flags,
	};
	assert_int_equal(build_add_launch(&bench->build, &launch, &bench->diag), SIM_OK);
}

static void sync_at(struct bench *bench, int64_t start_us, int64_t end_us)
{
	struct build_sync sync = {start_us * 1000, end_us * 1000, 1};
	assert_int_equal(build_add_sync(&bench->build, &sync, &bench->diag), SIM_OK);
}

/*
 * One letter a kernel, launched every 10 us by a call of 4 us and run 50 us later for 5 us; '|' is
 * a full sync of the host.
 */
static void play(struct bench *bench, const char *names)
{
	for (; *names != '\0'; names++) {
		if (*names == '|') {
			sync_at(bench, bench->now_us, bench->now_us + 60);
			bench->now_us += 60;
			continue;
		}
		launch_at(bench, bench->now_us, 4, bench->correlation, 0);
		kernel_at(bench, *names, bench->now_us + 50, 5, bench->correlation++);
		bench->now_us += 10;
	}
}

/* "3+4 4+4": first+count of each step. */
static void assert_steps(struct bench *bench, const char *by, const char *expected)
{
	char text[256] = "";
	size_t used = 0;
	if (build_finish(&bench->build, &bench->diag) != SIM_OK)
		fail_msg("%s", bench->diag.text);
	for (size_t i = 0; i < bench->trace.step_count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u+%u",
					 i > 0 ? " " : "", bench->trace.steps[i].first,
					 bench->trace.steps[i].count);
	assert_string_equal(text, expected);
	assert_string_equal(bench->trace.steps_by, by);
}

static void periods_are_found(void **state)
{
	static const struct {
		const char *names, *by, *steps;
	} cases[] = {
		{"abcd|abcd|abcd|", "period", "0+4 4+4 8+4"},
		{"abcd|abcd", "period", "0+4 4+4"},
		/* prefill is no step, warm-up is none, a cut-off last step is none */
		{"pqrst|abcd|abcd|abcd|", "period", "5+4 9+4 13+4"},
		{"w|abcd|abcd|ab", "period", "1+4 5+4"},
		/* two waits in a step */
		{"ab|cde|ab|cde|ab|cde|", "period", "0+5 5+5 10+5"},
		/* near equal: one kernel in twenty differs */
		{"abcdefghijklmnopqrst|abcdefghijklmnopqrsu|", "period", "0+20 20+20"},
		/* no waits: names repeat; a layer's period is not a step's */
		{"exyzxyzxyzhexyzxyzxyzhexyzxyzxyzh", "period", "0+11 11+11 22+11"},
		{"wexyzxyzxyzhexyzxyzxyzhexyzxyzxyzh", "period", "1+11 12+11 23+11"},
		{"exyzxyzxyzhexyzxyzxyzhexyzxyzxyzhe", "period", "0+11 11+11 22+11"},
		/* one step only */
		{"exyzxyzxyzxyzxyzxyzh|", "none", "0+20"},
		{"aaaaaaaa", "none", "0+8"},
		{"abcd|efghij|", "none", "0+10"},
		{"a", "none", "0+1"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench bench;
		bench_open(&bench);
		play(&bench, cases[i].names);
		assert_steps(&bench, cases[i].by, cases[i].steps);
		assert_int_equal(bench.trace.lacks >> TRACE_LACK_STEPS & 1,
				 strcmp(cases[i].by, "none") == 0);
		bench_close(&bench);
	}
}

static void annotations_come_first(void **state)
{
	struct bench bench;
	struct build_range ranges[] = {{100000, 130000}, {0, 40000}, {5000, 30000}};
	(void)state;
	bench_open(&bench);
	play(&bench, "abcdefghijklmnop"); /* launches at 0, 10, ... 150 us */
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(build_add_range(&bench.build, &ranges[i], &bench.diag), SIM_OK);
	assert_steps(&bench, "annotation", "0+4 10+3");
	bench_close(&bench);
}

static void names_of_steps_are_known(void **state)
{
	static const char *const steps[] = {
		"ProfilerStep#12",
		"execute_context_1(888_788544)_generation_0(0)",
		"execute_32_context_0(sq0)_generation_32(sq32)",
		"step[DECODE bs=32]",
	};
	static const char *const others[] = {
		"",	    "## Call CompiledFxGraph x ##", "nccl:_all_gather_base",
		"execute_", "execute_x_context_",	    "execute_32_other",
		"Profiler", "[param|clear_cache]",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		assert_true(steps_name_is_step(steps[i], strlen(steps[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(steps_name_is_step(others[i], strlen(others[i])));
}

/* Two replays, the second one's launch lost; an ordinary kernel between them belongs to none. */
static void graph_replays_are_steps(void **state)
{
	struct bench bench;
	(void)state;
	bench_open(&bench);
	launch_at(&bench, 0, 10, 1, BUILD_LAUNCH_GRAPH);
	for (int64_t i = 0; i < 3; i++)
		kernel_at(&bench, 'a', 20 + 10 * i, 9, 1);
	launch_at(&bench, 60, 4, 2, 0);
	kernel_at(&bench, 's', 70, 5, 2);
	for (int64_t i = 0; i < 3; i++)
		kernel_at(&bench, 'a', 120 + 10 * i, 9, 3);
	launch_at(&bench, 300, 10, 4, BUILD_LAUNCH_GRAPH);
	assert_steps(&bench, "graph launch", "0+3 4+3");
	assert_int_equal(bench.trace.steps[0].traced_launch, SIM_LAUNCH_GRAPH);
	assert_int_equal(bench.trace.steps[1].traced_launch, SIM_LAUNCH_GRAPH);
	assert_true(bench.trace.step_measured[1].host_start_ns == INT64_MIN);
	assert_true(bench.trace.lacks & 1U << TRACE_LACK_SOME_LAUNCHES);
	assert_true(bench.trace.lacks & 1U << TRACE_LACK_GRAPH_LEVEL);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(bench.trace.kernels[i].host_ns, i == 3 ? 54000 : 0);
	bench_close(&bench);
}

static void host_time_leaves_syncs_out(void **state)
{
	struct bench bench;
	const struct sim_kernel *kernels;
	(void)state;
	bench_open(&bench);
	play(&bench, "ab|cde|ab|cde|");
	assert_steps(&bench, "period", "0+5 5+5");
	kernels = bench.trace.kernels;
	assert_int_equal(kernels[0].host_ns, 4000);  /* its own launch */
	assert_int_equal(kernels[1].host_ns, 10000); /* from return to return */
	assert_int_equal(kernels[2].host_ns, 4000);  /* from the end of the sync */
	assert_int_equal(kernels[5].host_ns, 4000);  /* from the end of the step before */
	for (size_t i = 0; i < 10; i++) {
		assert_true(kernels[i].flags & SIM_KERNEL_HOST_RECORDED);
		assert_int_equal(kernels[i].flags & SIM_KERNEL_SYNC_BEFORE,
				 i % 5 == 2 ? SIM_KERNEL_SYNC_BEFORE : 0);
	}
	assert_int_equal(bench.trace.steps[0].ends_in_sync, 1);
	assert_int_equal(bench.trace.steps[1].ends_in_sync, 1);
	assert_int_equal(bench.trace.step_measured[0].host_start_ns, 0);
	assert_int_equal(bench.trace.step_measured[1].host_start_ns, 170000);
	assert_int_equal(bench.trace.step_measured[1].first_start_ns, 220000);
	bench_close(&bench);
}

/* A wait that ends while earlier work still runs is host time, not a sync. */
static void partial_waits_are_host_time(void **state)
{
	struct bench bench;
	(void)state;
	bench_open(&bench);
	launch_at(&bench, 0, 4, 1, 0);
	kernel_at(&bench, 'a', 10, 100, 1);
	sync_at(&bench, 5, 50); /* a is done at 110 */
	launch_at(&bench, 60, 4, 2, 0);
	kernel_at(&bench, 'b', 120, 5, 2);
	assert_steps(&bench, "none", "0+2");
	assert_int_equal(bench.trace.kernels[1].host_ns, 60000);
	assert_int_equal(bench.trace.kernels[1].flags & SIM_KERNEL_SYNC_BEFORE, 0);
	bench_close(&bench);
}

/* cudaMemcpy waits inside the call: the wait is a sync after the copy, not host time of it. */
static void blocking_copies_are_syncs(void **state)
{
	struct bench bench;
	(void)state;
	bench_open(&bench);
	launch_at(&bench, 0, 4, 1, 0);
	kernel_at(&bench, 'a', 10, 100, 1);
	launch_at(&bench, 20, 130, 2, BUILD_LAUNCH_BLOCKING);
	kernel_at(&bench, 'c', 120, 20, 2);
	launch_at(&bench, 160, 4, 3, 0);
	kernel_at(&bench, 'b', 170, 5, 3);
	assert_steps(&bench, "none", "0+3");
	assert_int_equal(bench.trace.kernels[1].host_ns, 16000); /* 4 to 20 us */
	assert_int_equal(bench.trace.kernels[2].host_ns, 14000); /* 150 to 164 us */
	assert_true(bench.trace.kernels[2].flags & SIM_KERNEL_SYNC_BEFORE);
	bench_close(&bench);
}

static enum sim_status overlap_status(int64_t second_start_us, int64_t second_us, uint8_t flags)
{
	struct bench bench;
	enum sim_status status;
	bench_open(&bench);
	launch_at(&bench, 0, 1, 1, 0);
	kernel_at(&bench, 'a', 100, 20, 1);
	launch_at(&bench, 2, 1, 2, flags);
	kernel_at(&bench, 'b', second_start_us, second_us, 2);
	status = build_finish(&bench.build, &bench.diag);
	bench_close(&bench);
	return status;
}

static void only_dependent_launches_may_overlap(void **state)
{
	const uint8_t pdl = BUILD_LAUNCH_ATTRIBUTES;
	(void)state;
	assert_int_equal(overlap_status(120, 9, 0), SIM_OK);
	assert_int_equal(overlap_status(119, 9, 0), SIM_OK); /* a microsecond of jitter */
	assert_int_equal(overlap_status(118, 9, 0), SIM_E_RANGE);
	assert_int_equal(overlap_status(118, 9, pdl), SIM_OK);
	assert_int_equal(overlap_status(110, 10, pdl), SIM_OK);	     /* half of the first */
	assert_int_equal(overlap_status(109, 20, pdl), SIM_E_RANGE); /* more */
	assert_int_equal(overlap_status(110, 9, pdl), SIM_E_RANGE);  /* ends before the first */
	assert_int_equal(overlap_status(100, 30, pdl), SIM_E_RANGE); /* starts with the first */
}

static void programs_view_the_trace(void **state)
{
	struct bench bench;
	struct sim_kernel kernels[10];
	int32_t gaps[10];
	(void)state;
	bench_open(&bench);
	play(&bench, "ab|cde|ab|cde|");
	assert_steps(&bench, "period", "0+5 5+5");
	struct sim_program work = trace_program(&bench.trace);
	assert_ptr_equal(work.kernels, bench.trace.kernels);
	assert_int_equal(work.step_count, 2);
	assert_null(work.recorded_gap_ns);
	struct sim_program recorded = trace_recorded_program(&bench.trace, kernels, gaps);
	assert_ptr_equal(recorded.kernels, kernels);
	assert_ptr_equal(recorded.recorded_gap_ns, gaps);
	for (size_t i = 0; i < 10; i++) {
		int64_t from = bench.trace.measured[i].start_ns;
		int64_t gap = i % 5 == 0 ? 0 : from - bench.trace.measured[i - 1].start_ns - 5000;
		assert_int_equal(gaps[i], gap);
		assert_int_equal(kernels[i].recorded_ps, 5000000);
		assert_true(kernels[i].flags & SIM_KERNEL_OPAQUE);
		assert_int_equal(kernels[i].host_ns, bench.trace.kernels[i].host_ns);
	}
	assert_int_equal(trace_step_busy_ns(&bench.trace, 1), 25000);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(periods_are_found),
		cmocka_unit_test(annotations_come_first),
		cmocka_unit_test(names_of_steps_are_known),
		cmocka_unit_test(graph_replays_are_steps),
		cmocka_unit_test(host_time_leaves_syncs_out),
		cmocka_unit_test(partial_waits_are_host_time),
		cmocka_unit_test(blocking_copies_are_syncs),
		cmocka_unit_test(only_dependent_launches_may_overlap),
		cmocka_unit_test(programs_view_the_trace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
