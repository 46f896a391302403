/* Sweep files: what they mean, and what is told of wrong ones before anything is computed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/explore/evaluate.h"
#include "sim/explore/sample.h"
#include "sim/explore/space.h"

#define HEAD "sweep: s\nbase: {model: llama-3.1-8b, hw: h100-sxm}\n"

static enum sim_status parse(const char *text, struct explore_space *space, struct sim_diag *diag)
{
	diag_init(diag);
	return explore_space_parse(space, "s.yaml", text, strlen(text), diag);
}

static void parse_good(const char *text, struct explore_space *space)
{
	struct sim_diag diag;
	if (parse(text, space, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static void points_are_numbered_with_the_cheapest_axis_fastest(void **state)
{
	struct explore_space space;
	double values[8];
	(void)state;
	parse_good(HEAD "axes:\n"
			"  hw.hbm.bandwidth: {from: 2 TB/s, to: 8 TB/s, points: 3, scale: log}\n"
			"  hw: [h100-sxm, l4]\n"
			"  hw.sm.count: [66, 132]\n"
			"  batch: [1, 2, 4]\n"
			"  context: {from: 1024, to: 4500, step: 1024}\n"
			"  model: [llama-3.1-8b, qwen2.5-7b]\n"
			"  model.layers: [16, 32]\n",
		   &space);
	static const char *const order[] = {"model", "model.layers", "batch",		"context",
					    "hw",    "hw.sm.count",  "hw.hbm.bandwidth"};
	static const uint64_t counts[] = {2, 2, 3, 4, 2, 2, 3};
	uint64_t points = 1;
	assert_int_equal(space.axis_count, 7);
	for (size_t a = 0; a < 7; a++) {
		assert_string_equal(space.axes[a].name, order[a]);
		assert_int_equal(space.axes[a].count, counts[a]);
		points *= counts[a];
	}
	assert_true(space.point_count == points);
	explore_grid_point(&space, 0, values);
	assert_true(values[6] == 2e12 && values[3] == 1024 && values[1] == 16);
	explore_grid_point(&space, 1, values);
	assert_float_equal(values[6], 4e12, 1); /* the middle of a logarithmic range */
	explore_grid_point(&space, 2, values);
	assert_true(values[6] == 8e12 && values[5] == 66);
	explore_grid_point(&space, points - 1, values);
	assert_true(values[0] == 1 && values[1] == 32 && values[2] == 4 && values[3] == 4096);
	explore_space_fini(&space);
}

/* graph.latency of h100-sxm: 3 us, 1 to 6.4; gemm.fixed comes without a range. */
static void a_range_without_ends_is_the_devices_own(void **state)
{
	struct explore_space space;
	struct sim_diag diag;
	double values[2];
	(void)state;
	parse_good(HEAD "axes:\n  hw.graph.latency: {points: 3}\n", &space);
	explore_grid_point(&space, 0, values);
	assert_true(values[0] == 1e-6);
	explore_grid_point(&space, 2, values);
	assert_true(fabs(values[0] - 6.4e-6) < 1e-18);
	explore_space_fini(&space);
	assert_int_equal(parse(HEAD "axes:\n  hw.gemm.fixed: {points: 3}\n", &space, &diag),
			 SIM_E_NOT_FOUND);
	assert_non_null(strstr(diag.text, "s.yaml:4"));
	explore_space_fini(&space);
	assert_int_equal(parse(HEAD "axes:\n  context: {points: 3}\n", &space, &diag),
			 SIM_E_NOT_FOUND);
	explore_space_fini(&space);
}

/* Who names no runtime gets that of the machine; two machines that differ must say. */
static void the_runtime_follows_the_machine(void **state)
{
	static const char axes[] = "axes: {batch: [1, 2]}\n";
	struct explore_space space;
	struct sim_diag diag;
	char text[256];
	(void)state;
	snprintf(text, sizeof(text), "sweep: s\nbase: {model: llama-3.1-8b, hw: attacc-8}\n%s",
		 axes);
	parse_good(text, &space);
	bool found = false;
	for (size_t i = 0; i < space.base_count; i++)
		found |= strcmp(space.base[i].key, "runtime") == 0 &&
			 strcmp(space.base[i].value, "fused-ideal") == 0;
	assert_true(found);
	explore_space_fini(&space);
	assert_int_equal(parse("sweep: s\nbase: {model: llama-3.1-8b}\n"
			       "axes: {hw: [h100-sxm, attacc-8]}\n",
			       &space, &diag),
			 SIM_E_USAGE);
	assert_non_null(strstr(diag.text, "'runtime' is missing"));
	explore_space_fini(&space);
}

static void logarithmic_values_follow_the_exponential(void **state)
{
	const struct explore_axis axis = {
		.kind = EXPLORE_RANGE, .low = 3e-7, .high = 5e4, .count = 1001, .is_log = true};
	double before = 0;
	(void)state;
	for (uint64_t i = 0; i < axis.count; i++) {
		double value = explore_axis_value(&axis, i);
		double expected = axis.low * pow(axis.high / axis.low, (double)i / 1000);
		assert_true(fabs(value / expected - 1) < 1e-13);
		assert_true(value > before);
		before = value;
	}
	assert_true(explore_axis_value(&axis, 0) == axis.low);
	assert_true(before == axis.high);
	assert_true(explore_axis_at(&axis, 0.5) == explore_axis_value(&axis, 500));
}

static void shares_of_discrete_axes_take_every_value(void **state)
{
	struct explore_space space;
	(void)state;
	parse_good(HEAD "axes: {batch: [1, 2, 8], context: {from: 10, to: 13, points: 4}}", &space);
	for (size_t a = 0; a < 2; a++) {
		unsigned seen = 0;
		for (int i = 0; i < 1000; i++) {
			double value = explore_axis_at(&space.axes[a], i / 999.0);
			assert_true(value == floor(value));
			seen |= 1u << (unsigned)value;
		}
		assert_int_equal(seen, a == 0 ? 0x106 : 0x3c00);
	}
	explore_space_fini(&space);
}

/* A sample begun in the middle goes on as one from the start. */
static void a_sobol_sample_can_begin_anywhere(void **state)
{
	struct explore_space space;
	struct explore_sample *whole, *rest;
	double a[2], b[2], sum = 0;
	(void)state;
	parse_good(HEAD "sampling: {sobol: 512, seed: 3}\n"
			"axes: {hw.hbm.bandwidth: {from: 1 TB/s, to: 3 TB/s, points: 2}, "
			"batch: [1, 2, 4, 8]}",
		   &space);
	assert_true(space.point_count == 512);
	assert_int_equal(explore_sample_create(&space, 0, &whole, NULL), SIM_OK);
	assert_int_equal(explore_sample_create(&space, 100, &rest, NULL), SIM_OK);
	for (int i = 0; i < 512; i++) {
		explore_sample_next(whole, a);
		sum += a[1];
		if (i < 100)
			continue;
		explore_sample_next(rest, b);
		assert_memory_equal(a, b, sizeof(a));
	}
	assert_true(fabs(sum / 512 / 2e12 - 1) < 0.01);
	explore_sample_destroy(whole);
	explore_sample_destroy(rest);
	explore_space_fini(&space);
}

struct wrong {
	const char *text, *message;
};

static const struct wrong wrongs[] = {
	{HEAD "axes:\n  hw.hbm.bandwith: {from: 1 TB/s, to: 2 TB/s, points: 2}",
	 "s.yaml:4: unknown parameter: 'hw.hbm.bandwith' (did you mean 'hw.hbm.bandwidth'?)"},
	{HEAD "axes:\n  bach: [1, 2]",
	 "s.yaml:4: unknown parameter: 'bach' (did you mean 'batch'?)"},
	{HEAD "axes:\n  model.layer: [1, 2]", "did you mean 'model.layers'?"},
	{HEAD "axes: {batch: []}", "s.yaml:3: empty range: 'batch'"},
	{HEAD "axes: {context: {from: 10, to: 9, points: 2}}", "s.yaml:3: empty range: 'context'"},
	{HEAD "axes: {context: {from: 1, to: 9, points: 0}}", "empty range: 'context'"},
	{HEAD "axes: {context: {from: 1, to: 9, step: 0}}", "empty range: 'context'"},
	{HEAD "axes: {context: {from: 1, to: 9}}", "either 'points' or (linear ones) 'step'"},
	{HEAD "axes: {context: {from: 1, to: 3, points: 9}}", "more points than the range has"},
	{HEAD "axes: {context: {from: 1, to: 3, pionts: 9}}", "did you mean 'points'?"},
	{HEAD "axes: {hw.hbm.bandwidth: {from: 1, to: 2 TB/s, points: 2}}", "s.yaml:3: "},
	{HEAD "axes: {hw.hbm.bandwidth: {from: 1 TB/s, to: 2 GHz, points: 2}}", "s.yaml:3: "},
	{HEAD "axes: {batch: [0.5]}", "s.yaml:3: 'batch': not a whole number: '0.5'"},
	{HEAD "axes: {batch: [1, 2, 99999999]}", "'batch' out of range"},
	{HEAD "axes: {launch: [graph, egaer]}", "'launch' is not known: 'egaer'"},
	{HEAD "axes: {hw: [h100-sxm, l44]}", "did you mean 'l4"},
	{HEAD "axes: {hw: [h100-sxm, roofline:h100-sxm], hw.gemm.fixed: [1 us]}",
	 "parameter of 'h100-sxm', but not of 'roofline:h100-sxm'"},
	{HEAD "axes: {batch: [1], batch: [2]}", "s.yaml:3: "},
	{HEAD "sampling: {sobl: 3}\naxes: {batch: [1]}", "s.yaml:3: sampling is"},
	{HEAD "method: magic\naxes: {batch: [1]}", "s.yaml:3: method is"},
	{HEAD, "nothing varies: 'axes' is missing"},
	{"sweep: s\nbase: {model: llama-3.1-8b}\naxes: {batch: [1]}", "no machine"},
	{"sweep: s\nbase: {model: llama-3.1-8b, hw: h100-sxm, hw.hmb.capacity: 80 GB}\n"
	 "axes: {batch: [1]}",
	 "s.yaml:2: unknown parameter 'hmb.capacity'"},
	{HEAD "axes: {batch: [1]}\nconstraints: ['step_m < 3']", "s.yaml:4: unknown name 'step_m'"},
	{HEAD "axes: {batch: [1]}\nobjectives: [stepms]",
	 "s.yaml:4: unknown result: 'stepms' (did you mean 'step_ms'?)"},
	{HEAD "axes: {batch: [1, 8]}\nconstraints: ['batch > 8']",
	 "s.yaml:4: nothing can satisfy the constraint: 'batch > 8'"},
	{HEAD "axes: {batch: [1, 8]}\nconstraints: ['fits = 1 and step_ms < 0']",
	 "nothing can satisfy the constraint: 'step_ms < 0'"},
	{HEAD "axes: {batch: [1, 8]}\nconstraints: ['fits = 2']", "nothing can satisfy"},
	{HEAD "axes: {batch: [1, 8]}\nlet: {x: batch * 2 + 1}\nconstraints: ['x > 17']",
	 "nothing can satisfy"},
	{HEAD "axes: {batch: [1, 8]}\nconstraints: ['1 > 2']", "nothing can satisfy"},
	{HEAD "axes:\n"
	      "  hw.hbm.bandwidth: {from: 1 TB/s, to: 2 TB/s, points: 1000000}\n"
	      "  hw.fixed.scale: {from: 1, to: 2, points: 1000000}",
	 "s.yaml: 1e+12 points: at most 100000000 are computed"},
	{HEAD "sampling: {sobol: 0}\naxes: {batch: [1]}", "no points"},
};

static void wrong_files_are_told_with_the_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct explore_space space;
		struct sim_diag diag;
		enum sim_status status = parse(wrongs[i].text, &space, &diag);
		if (status == SIM_OK || strstr(diag.text, wrongs[i].message) == NULL)
			fail_msg("%s\n  gave '%s'\n  not  '%s'", wrongs[i].text, diag.text,
				 wrongs[i].message);
		explore_space_fini(&space);
	}
}

static void a_constraint_that_some_point_may_satisfy_is_let_through(void **state)
{
	struct explore_space space;
	(void)state;
	parse_good(HEAD
		   "axes: {batch: [1, 8]}\n"
		   "let: {each: step_ms / batch}\n"
		   "constraints: ['batch > 7 or batch = 1', 'fits=1 and not (power_w >= 700)', "
		   "'each < 5', 'batch != 8 && (step_ms > 1 || fits == 1)']",
		   &space);
	assert_int_equal(space.constraint_count, 6);
	assert_string_equal(space.constraints[1].text, "fits=1");
	explore_space_fini(&space);
}

/* What is held and what devices cost is known without any time. */
static void nothing_that_fits_is_told_before_times_are_computed(void **state)
{
	static const struct wrong held[] = {
		{"sweep: s\nbase: {model: llama-3.1-8b, hw: l4}\n"
		 "axes: {batch: [64, 128], context: {from: 8192, to: 16384, points: 5}}\n"
		 "constraints: ['fits = 1']",
		 "s.yaml:4: nothing can satisfy the constraint: 'fits = 1'"},
		{"sweep: s\nbase: {model: llama-3.1-8b, hw: l4}\naxes: {batch: [1, 2]}\n"
		 "constraints: ['memory_bytes < 1000000000']",
		 "nothing can satisfy the constraint: 'memory_bytes < 1000000000'"},
		{"sweep: s\nbase: {model: llama-3.1-8b, hw: l4}\naxes: {batch: [1, 64]}\n"
		 "constraints: ['fits = 1']",
		 ""},
	};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct explore_space space;
		struct explore_worker *worker;
		struct sim_diag diag = {0};
		parse_good(held[i].text, &space);
		assert_int_equal(explore_worker_create(&space, &worker, NULL), SIM_OK);
		enum sim_status status = explore_probe(worker, &diag);
		assert_int_equal(status == SIM_OK, held[i].message[0] == '\0');
		assert_non_null(strstr(diag.text, held[i].message));
		explore_worker_destroy(worker);
		explore_space_fini(&space);
	}
}

static void the_sweeps_that_come_with_it_are_sound(void **state)
{
	struct arena arena;
	const char **names;
	size_t count;
	(void)state;
	arena_init(&arena);
	assert_int_equal(explore_space_names(&arena, &names, &count, NULL), SIM_OK);
	assert_true(count >= 3);
	for (size_t i = 0; i < count; i++) {
		struct explore_space space;
		struct sim_diag diag = {0};
		if (explore_space_read(&space, names[i], &diag) != SIM_OK)
			fail_msg("%s", diag.text);
		assert_string_equal(space.name, names[i]);
		assert_true(space.objective_count > 0);
		explore_space_fini(&space);
	}
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_are_numbered_with_the_cheapest_axis_fastest),
		cmocka_unit_test(a_range_without_ends_is_the_devices_own),
		cmocka_unit_test(the_runtime_follows_the_machine),
		cmocka_unit_test(logarithmic_values_follow_the_exponential),
		cmocka_unit_test(shares_of_discrete_axes_take_every_value),
		cmocka_unit_test(a_sobol_sample_can_begin_anywhere),
		cmocka_unit_test(wrong_files_are_told_with_the_line),
		cmocka_unit_test(a_constraint_that_some_point_may_satisfy_is_let_through),
		cmocka_unit_test(nothing_that_fits_is_told_before_times_are_computed),
		cmocka_unit_test(the_sweeps_that_come_with_it_are_sound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
