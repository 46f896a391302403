/* Search: the front it finds against the exhaustive one, and that it is the same for any threads. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/explore/hypervolume.h"
#include "sim/explore/optimize.h"
#include "sim/explore/step_model.h"
#include "workloads/expr.h"

#define FORMULA_DIGEST UINT64_C(0x274afede714d9486)

/* ---- a space of formulas ------------------------------------------------------------------------- */

/* Two objectives that pull apart, a third axis with one best level, a category, a constraint. */
static enum sim_status formula(void *context, unsigned worker, const double *x, double *objectives,
			       double *violation, struct sim_diag *diag)
{
	unsigned *calls = context;
	(void)diag;
	if (calls != NULL)
		__atomic_add_fetch(calls, 1, __ATOMIC_RELAXED);
	assert_true(worker < 4);
	double off = (x[2] - 0.25) * (x[2] - 0.25);
	double kind[] = {0.3, 0, 0.2, 0.5};
	double more = kind[optimize_level(x[3], 4)] + off;
	objectives[0] = x[0] + more;
	objectives[1] = 1 - sqrt(x[0]) * 0.9 + x[1] + more;
	*violation = x[0] < 0.1 ? 0.1 - x[0] : 0;
	return SIM_OK;
}

static const struct optimize_axis formula_axes[] = {
	{101, false}, {11, false}, {21, false}, {4, true}};
static const struct optimize_problem formula_problem = {
	.axes = formula_axes,
	.axis_count = 4,
	.objective_count = 2,
	.evaluate = formula,
};

static void must(enum sim_status status, const struct sim_diag *diag)
{
	if (status != SIM_OK)
		fail_msg("%s: %s", sim_status_name(status), diag->text);
}

static void search(const struct optimize_problem *problem, const struct optimize_options *options,
		   struct optimize_result *result)
{
	struct sim_diag diag;
	diag_init(&diag);
	must(optimize_run(problem, options, result, &diag), &diag);
}

static double front_volume(const struct optimize_result *result, size_t objectives,
			   const double *reference)
{
	struct sim_diag diag;
	double volume, *points = calloc(result->front_count + 1, objectives * sizeof(*points));
	diag_init(&diag);
	assert_non_null(points);
	for (size_t i = 0; i < result->front_count; i++)
		memcpy(points + i * objectives, result->points[result->front[i]].objectives,
		       objectives * sizeof(*points));
	must(hypervolume(points, result->front_count, objectives, reference, &volume, &diag),
	     &diag);
	free(points);
	return volume;
}

static void finds_the_front_of_formulas(void **state)
{
	struct optimize_options options;
	struct optimize_result result;
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		optimize_options_init(&options);
		options.evaluations = 1500; /* of 93,324 cells */
		options.seed = seed;
		search(&formula_problem, &options, &result);
		assert_true(result.count <= 1500);
		/* 91 cells: level 10 to 100 of the first axis, the best of all others */
		size_t best = 0;
		for (size_t i = 0; i < result.front_count; i++) {
			const struct optimize_point *point = &result.points[result.front[i]];
			assert_true(point->violation <= 0);
			best += point->levels[1] == 0 && point->levels[2] == 5 &&
				point->levels[3] == 1;
		}
		assert_int_equal(best, 91);
		optimize_result_fini(&result);
	}
}

static void same_for_any_threads(void **state)
{
	struct optimize_options options;
	struct optimize_result one, more;
	(void)state;
	for (enum optimize_method method = OPTIMIZE_QUASI; method <= OPTIMIZE_NSGA2; method++) {
		optimize_options_init(&options);
		options.method = method;
		search(&formula_problem, &options, &one);
		for (unsigned threads = 2; threads <= 4; threads++) {
			options.threads = threads;
			search(&formula_problem, &options, &more);
			assert_int_equal(more.count, one.count);
			assert_int_equal(more.front_count, one.front_count);
			assert_memory_equal(more.points, one.points,
					    one.count * sizeof(*one.points));
			optimize_result_fini(&more);
		}
		optimize_result_fini(&one);
	}
}

/* Bits that every compiler must give; a change of the search changes them, and says so. */
static void same_for_every_compiler(void **state)
{
	struct optimize_options options;
	struct optimize_result result;
	uint64_t digest = UINT64_C(0xcbf29ce484222325);
	(void)state;
	optimize_options_init(&options);
	search(&formula_problem, &options, &result);
	for (size_t i = 0; i < result.count; i++)
		for (size_t a = 0; a < 4; a++)
			digest = (digest ^ result.points[i].levels[a]) * UINT64_C(0x100000001b3);
	if (digest != FORMULA_DIGEST)
		fail_msg("digest is 0x%016llx", (unsigned long long)digest);
	optimize_result_fini(&result);
}

static void each_cell_once(void **state)
{
	struct optimize_options options;
	struct optimize_result result;
	unsigned calls = 0;
	struct optimize_problem problem = formula_problem;
	(void)state;
	problem.context = &calls;
	optimize_options_init(&options);
	search(&problem, &options, &result);
	assert_int_equal(calls, result.count);
	for (size_t i = 0; i < result.count; i++)
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(result.points[i].levels, result.points[k].levels,
						4 * sizeof(uint32_t));
	optimize_result_fini(&result);
}

static void small_space_is_exhausted(void **state)
{
	const struct optimize_axis axes[] = {{5, false}, {1, false}, {3, false}, {4, true}};
	struct optimize_problem problem = formula_problem;
	struct optimize_options options;
	struct optimize_result result;
	(void)state;
	problem.axes = axes;
	optimize_options_init(&options);
	search(&problem, &options, &result);
	assert_int_equal(result.count, 60);
	assert_true(result.exhausted);
	optimize_result_fini(&result);
}

static enum sim_status bowl(void *context, unsigned worker, const double *x, double *objectives,
			    double *violation, struct sim_diag *diag)
{
	(void)context;
	(void)worker;
	(void)diag;
	objectives[0] = 0;
	for (size_t a = 0; a < 3; a++)
		objectives[0] += (x[a] - 0.3) * (x[a] - 0.3);
	*violation = 0;
	return SIM_OK;
}

static void one_objective(void **state)
{
	const struct optimize_axis axes[] = {{1001, false}, {1001, false}, {1001, false}};
	const struct optimize_problem problem = {
		.axes = axes, .axis_count = 3, .objective_count = 1, .evaluate = bowl};
	struct optimize_options options;
	struct optimize_result result;
	(void)state;
	optimize_options_init(&options);
	search(&problem, &options, &result);
	assert_int_equal(result.front_count, 1);
	for (size_t a = 0; a < 3; a++)
		assert_int_equal(result.points[result.front[0]].levels[a], 300);
	optimize_result_fini(&result);
}

static enum sim_status nowhere(void *context, unsigned worker, const double *x, double *objectives,
			       double *violation, struct sim_diag *diag)
{
	(void)context;
	(void)worker;
	(void)diag;
	objectives[0] = x[0] < 0.5 ? NAN : INFINITY;
	objectives[1] = x[1];
	*violation = 1 + x[0];
	return SIM_OK;
}

static void nothing_feasible(void **state)
{
	struct optimize_problem problem = formula_problem;
	struct optimize_options options;
	struct optimize_result result;
	(void)state;
	problem.evaluate = nowhere;
	optimize_options_init(&options);
	search(&problem, &options, &result);
	assert_int_equal(result.front_count, 0);
	assert_int_equal(result.count, 1000);
	optimize_result_fini(&result);
}

static enum sim_status breaks(void *context, unsigned worker, const double *x, double *objectives,
			      double *violation, struct sim_diag *diag)
{
	if (x[0] > 0.6)
		return diag_fail(diag, SIM_E_NUMERIC, "no result at %g, %g", x[0], x[1]);
	return formula(context, worker, x, objectives, violation, diag);
}

static void failures(void **state)
{
	struct optimize_problem problem = formula_problem;
	struct optimize_options options;
	struct optimize_result result;
	struct sim_diag diag, again;
	(void)state;
	optimize_options_init(&options);
	problem.evaluate = breaks;
	diag_init(&diag);
	assert_int_equal(optimize_run(&problem, &options, &result, &diag), SIM_E_NUMERIC);
	optimize_result_fini(&result);
	options.threads = 4;
	diag_init(&again);
	assert_int_equal(optimize_run(&problem, &options, &result, &again), SIM_E_NUMERIC);
	assert_string_equal(diag.text, again.text);
	optimize_result_fini(&result);

	struct optimize_options bad[7];
	for (size_t i = 0; i < 7; i++)
		optimize_options_init(&bad[i]);
	bad[0].evaluations = 0;
	bad[1].evaluations = (size_t)OPTIMIZE_MOST_EVALUATIONS + 1;
	bad[2].threads = 0;
	bad[3].population = 3;
	bad[4].refine = NAN;
	bad[5].refine = 1;
	bad[6].threads = 1000;
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(optimize_run(&problem, &bad[i], &result, NULL), SIM_E_RANGE);
	problem.axis_count = 0;
	assert_int_equal(optimize_run(&problem, &options, &result, NULL), SIM_E_RANGE);
	problem = formula_problem;
	problem.objective_count = 9;
	assert_int_equal(optimize_run(&problem, &options, &result, NULL), SIM_E_RANGE);
}

/* ---- a decode step on imagined GPUs ------------------------------------------------------------ */

/*
 * An h100-sxm with other bandwidth, SMs, L2 and clock. Matrix and vector peaks go with SMs times
 * clock. What it costs is an expression of the axes; its coefficients are assumed, for the test.
 */
enum { BANDWIDTH, SMS, L2, CLOCK, DESIGN_AXES };
static const struct optimize_axis design_axes[DESIGN_AXES] = {
	{13, false}, {11, false}, {7, false}, {8, false}};
static const char *const design_names[DESIGN_AXES] = {"tb_per_s", "sms", "l2_mb", "ghz"};

struct designs {
	struct run_setup setup;
	struct step_model model;
	struct arena arena;
	struct expr cost[2]; /* area in mm2; power in W */
	size_t parameters[8];
	size_t cost_count;
	unsigned calls;
};

static const char *const design_keys[8] = {"hbm.bandwidth", "sm.count",	   "l2.capacity",
					   "sm.clock",	    "tensor.bf16", "vector.fp32",
					   "vector.bf16",   "l2.bandwidth"};

static void designs_open(struct designs *designs)
{
	static const char *const costs[2] = {
		"4.2 * sms + 0.5 * l2_mb + 18 * tb_per_s",
		"60 + 1.2 * sms * ghz * ghz + 0.2 * l2_mb + 35 * tb_per_s"};
	const struct expr_scope scope = {design_names, DESIGN_AXES};
	struct workload_scenario scenario;
	struct sim_diag diag;
	diag_init(&diag);
	memset(designs, 0, sizeof(*designs));
	arena_init(&designs->arena);
	must(scenario_init(&scenario, &diag), &diag);
	must(scenario_set(&scenario, "model", "llama-3.2-1b", &diag), &diag);
	must(scenario_set(&scenario, "hw", "h100-sxm", &diag), &diag);
	must(scenario_set(&scenario, "batch", "64", &diag), &diag);
	must(run_setup(&designs->setup, &scenario, NULL, 0, &diag), &diag);
	must(step_model_init(&designs->model, &designs->setup, &diag), &diag);
	for (size_t i = 0; i < 8; i++)
		must(step_model_find(&designs->model, design_keys[i], &designs->parameters[i],
				     &diag),
		     &diag);
	for (size_t i = 0; i < 2; i++)
		must(expr_compile(costs[i], &scope, &designs->arena, &designs->cost[i], &diag),
		     &diag);
}

static void designs_close(struct designs *designs)
{
	step_model_fini(&designs->model);
	run_setup_fini(&designs->setup);
	arena_fini(&designs->arena);
}

static enum sim_status design(void *context, unsigned worker, const double *x, double *objectives,
			      double *violation, struct sim_diag *diag)
{
	struct designs *designs = context;
	struct step_model *model = &designs->model;
	const size_t *at = designs->parameters;
	const double values[DESIGN_AXES] = {1 + 7 * x[BANDWIDTH], 40 + 160 * x[SMS],
					    16 + 144 * x[L2], 1 + 1.4 * x[CLOCK]};
	int64_t step_ps;
	(void)worker;
	designs->calls++;
	step_model_set(model, at[0], values[BANDWIDTH] * 1e12);
	step_model_set(model, at[1], values[SMS]);
	step_model_set(model, at[2], values[L2] * 1e6);
	step_model_set(model, at[3], values[CLOCK] * 1e9);
	double rate = values[SMS] * values[CLOCK] / (132 * 1.98);
	for (size_t i = 4; i < 8; i++)
		step_model_set(model, at[i], model->parameters[at[i]].value * rate);
	TRY(step_model_closed(model, &step_ps, diag));
	objectives[0] = (double)step_ps * 1e-9;
	for (size_t i = 0; i < designs->cost_count; i++)
		TRY(expr_value(&designs->cost[i], values, &objectives[1 + i], diag));
	*violation = 0;
	return SIM_OK;
}

/* All of them, in the order that lowers for each count of SMs once. */
static void enumerate(const struct optimize_problem *problem, struct optimize_result *all)
{
	struct sim_diag diag;
	size_t cells = 1;
	diag_init(&diag);
	for (size_t a = 0; a < problem->axis_count; a++)
		cells *= problem->axes[a].levels;
	*all = (struct optimize_result){.points = calloc(cells, sizeof(*all->points)),
					.front = calloc(cells, sizeof(*all->front))};
	assert_true(all->points != NULL && all->front != NULL);
	for (size_t i = 0; i < cells; i++) {
		struct optimize_point *point = &all->points[all->count++];
		static const size_t order[DESIGN_AXES] = {BANDWIDTH, L2, CLOCK, SMS};
		double x[DESIGN_AXES];
		size_t rest = i;
		for (size_t k = 0; k < problem->axis_count; k++) {
			size_t a = order[k];
			point->levels[a] = (uint32_t)(rest % problem->axes[a].levels);
			rest /= problem->axes[a].levels;
			x[a] = (double)point->levels[a] / (problem->axes[a].levels - 1);
		}
		must(problem->evaluate(problem->context, 0, x, point->objectives, &point->violation,
				       &diag),
		     &diag);
	}
	for (size_t i = 0; i < cells; i++) {
		bool dominated = false;
		for (size_t k = 0; k < cells && !dominated; k++)
			dominated = optimize_dominates(&all->points[k], &all->points[i],
						       problem->objective_count);
		if (!dominated)
			all->front[all->front_count++] = i;
	}
}

/* A tenth past the worst of the exhaustive front. */
static void reference_of(const struct optimize_result *all, size_t objectives, double *reference)
{
	for (size_t m = 0; m < objectives; m++) {
		double low = DBL_MAX, high = 0;
		for (size_t i = 0; i < all->front_count; i++) {
			double value = all->points[all->front[i]].objectives[m];
			low = fmin(low, value);
			high = fmax(high, value);
		}
		reference[m] = high + 0.1 * (high - low);
	}
}

/* What a tenth of the evaluations finds, of the hypervolume of the exhaustive front. */
static void tenth_of_the_space(size_t objectives, double least)
{
	struct designs designs;
	struct optimize_result all, found;
	struct optimize_options options;
	double reference[3];
	designs_open(&designs);
	designs.cost_count = objectives - 1;
	const struct optimize_problem problem = {.axes = design_axes,
						 .axis_count = DESIGN_AXES,
						 .objective_count = objectives,
						 .evaluate = design,
						 .context = &designs};
	enumerate(&problem, &all);
	reference_of(&all, objectives, reference);
	double whole = front_volume(&all, objectives, reference);
	for (uint64_t seed = 1; seed <= 3; seed++) {
		optimize_options_init(&options);
		options.evaluations = all.count / 10;
		options.seed = seed;
		designs.calls = 0;
		search(&problem, &options, &found);
		double share = front_volume(&found, objectives, reference) / whole;
		print_message("%zu objectives, seed %llu: %u of %zu designs, front %zu of %zu, "
			      "%.3f %% of the hypervolume\n",
			      objectives, (unsigned long long)seed, designs.calls, all.count,
			      found.front_count, all.front_count, 100 * share);
		assert_true(designs.calls * 10 <= all.count);
		assert_true(share >= least && share <= 1 + 1e-12);
		optimize_result_fini(&found);
	}
	optimize_result_fini(&all);
	designs_close(&designs);
}

static void step_and_area(void **state)
{
	(void)state;
	tenth_of_the_space(2, 0.99);
}

static void step_area_and_power(void **state)
{
	(void)state;
	tenth_of_the_space(3, 0.99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_front_of_formulas),
		cmocka_unit_test(same_for_any_threads),
		cmocka_unit_test(same_for_every_compiler),
		cmocka_unit_test(each_cell_once),
		cmocka_unit_test(small_space_is_exhausted),
		cmocka_unit_test(one_objective),
		cmocka_unit_test(nothing_feasible),
		cmocka_unit_test(failures),
		cmocka_unit_test(step_and_area),
		cmocka_unit_test(step_area_and_power),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
