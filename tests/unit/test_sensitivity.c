/* Sensitivity: Sobol indices that are known, elasticities of steps that can be told otherwise, reach. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/explore/reach.h"
#include "sim/explore/sensitivity.h"
#include "sim/explore/sobol.h"

static void must(enum sim_status status, const struct sim_diag *diag)
{
	if (status != SIM_OK)
		fail_msg("%s: %s", sim_status_name(status), diag->text);
}

/* ---- functions whose indices are known ----------------------------------------------------------- */

static const double pi = 3.14159265358979323846;

/* Ishigami and Homma 1990: sin x1 + a sin^2 x2 + b x3^4 sin x1, x in -pi .. pi, a = 7, b = 0.1. */
static enum sim_status ishigami(void *context, const double *x, double *y, struct sim_diag *diag)
{
	double z[3];
	(void)context;
	(void)diag;
	for (size_t i = 0; i < 3; i++)
		z[i] = pi * (2 * x[i] - 1);
	*y = sin(z[0]) + 7 * sin(z[1]) * sin(z[1]) + 0.1 * z[2] * z[2] * z[2] * z[2] * sin(z[0]);
	return SIM_OK;
}

static void find(const struct sobol_problem *problem, struct sobol_result *result)
{
	struct sim_diag diag;
	diag_init(&diag);
	must(sobol_indices(problem, result, &diag), &diag);
}

static void near(double got, double want, double most, const char *what)
{
	if (!(fabs(got - want) <= most))
		fail_msg("%s: %.6f, not %.6f +- %g", what, got, want, most);
}

static void ishigami_as_analytic(void **state)
{
	const double a = 7, b = 0.1, pi4 = pi * pi * pi * pi;
	const double first_part = 0.5 * (1 + b * pi4 / 5) * (1 + b * pi4 / 5);
	const double second_part = a * a / 8, together = b * b * pi4 * pi4 * (1.0 / 18 - 1.0 / 50);
	const double variance = first_part + second_part + together;
	const double first[3] = {first_part / variance, second_part / variance, 0};
	const double total[3] = {(first_part + together) / variance, second_part / variance,
				 together / variance};
	struct sobol_result result;
	(void)state;
	find(&(struct sobol_problem){.inputs = 3, .rows = 4096, .seed = 1, .evaluate = ishigami},
	     &result);
	near(result.mean, a / 2, 0.01, "mean");
	near(result.variance, variance, 0.02 * variance, "variance");
	assert_int_equal(result.evaluations, 4096 * 5);
	for (size_t i = 0; i < 3; i++) {
		const struct sobol_index *index = &result.indices[i];
		near(index->first, first[i], 0.02, "first");
		near(index->total, total[i], 0.02, "total");
		assert_true(index->first_low <= first[i] && first[i] <= index->first_high);
		assert_true(index->total_low <= total[i] && total[i] <= index->total_high);
		assert_true(index->first_high - index->first_low < 0.15);
	}
}

static enum sim_status linear(void *context, const double *x, double *y, struct sim_diag *diag)
{
	(void)context;
	(void)diag;
	*y = 100 + 4 * x[0] - 3 * x[1] + 2 * x[2] + x[3];
	return SIM_OK;
}

/* Shares of squares, and nothing is done together. */
static void linear_as_analytic(void **state)
{
	const double squares[5] = {16, 9, 4, 1, 0};
	struct sobol_result result, again;
	double sum = 0;
	(void)state;
	const struct sobol_problem problem = {
		.inputs = 5, .rows = 2048, .seed = 1, .evaluate = linear};
	find(&problem, &result);
	for (size_t i = 0; i < 5; i++) {
		near(result.indices[i].first, squares[i] / 30, 0.01, "first");
		near(result.indices[i].total, squares[i] / 30, 0.01, "total");
		sum += result.indices[i].first;
	}
	near(sum, 1, 0.02, "sum of first indices");
	assert_true(result.indices[4].total == 0);
	find(&problem, &again);
	assert_memory_equal(&result, &again, sizeof(result));
}

static enum sim_status constant(void *context, const double *x, double *y, struct sim_diag *diag)
{
	(void)context;
	(void)diag;
	*y = x[0] < 2 ? 3.7 : 0;
	return SIM_OK;
}

static enum sim_status fails(void *context, const double *x, double *y, struct sim_diag *diag)
{
	(void)context;
	*y = x[0];
	return x[0] > 0.9 ? diag_fail(diag, SIM_E_NUMERIC, "above 0.9") : SIM_OK;
}

static void edges_of_indices(void **state)
{
	struct sobol_problem problem = {.inputs = 1, .rows = 64, .evaluate = constant};
	struct sobol_result result;
	struct sim_diag diag;
	(void)state;
	find(&problem, &result);
	assert_true(isnan(result.indices[0].first) && isnan(result.indices[0].total));
	near(result.mean, 3.7, 1e-12, "mean");
	diag_init(&diag);
	problem.evaluate = fails;
	assert_int_equal(sobol_indices(&problem, &result, &diag), SIM_E_NUMERIC);
	problem.inputs = 0;
	assert_int_equal(sobol_indices(&problem, &result, NULL), SIM_E_RANGE);
	problem.inputs = SOBOL_MOST_INPUTS + 1;
	assert_int_equal(sobol_indices(&problem, &result, NULL), SIM_E_RANGE);
	problem.inputs = 1;
	problem.rows = 1;
	assert_int_equal(sobol_indices(&problem, &result, NULL), SIM_E_RANGE);
}

/* ---- a decode step --------------------------------------------------------------------------------- */

struct step {
	struct run_setup setup;
	struct step_model model;
	struct sim_diag diag;
};

/* KEYS: pairs of scenario key and value, ends with NULL; SET of the device, or NULL. */
static void case_begin(struct step *step, const char *const *keys, const char *set)
{
	struct workload_scenario scenario;
	memset(step, 0, sizeof(*step));
	diag_init(&step->diag);
	must(scenario_init(&scenario, &step->diag), &step->diag);
	must(scenario_set(&scenario, "model", "llama-3.2-1b", &step->diag), &step->diag);
	for (; *keys != NULL; keys += 2)
		must(scenario_set(&scenario, keys[0], keys[1], &step->diag), &step->diag);
	must(run_setup(&step->setup, &scenario, &set, set != NULL, &step->diag), &step->diag);
	must(step_model_init(&step->model, &step->setup, &step->diag), &step->diag);
}

static void case_end(struct step *step)
{
	step_model_fini(&step->model);
	run_setup_fini(&step->setup);
}

static size_t parameter(struct step *step, const char *key)
{
	size_t index;
	must(step_model_find(&step->model, key, &index, &step->diag), &step->diag);
	return index;
}

static struct elasticities elasticities(struct step *step)
{
	struct elasticities found;
	must(elasticities_find(&step->model, &found, &step->diag), &step->diag);
	return found;
}

static const struct elasticity *of(struct step *step, const struct elasticities *all,
				   const char *key)
{
	size_t index = parameter(step, key);
	for (size_t i = 0; i < all->moving_count; i++)
		if (all->moving[i].parameter == index)
			return &all->moving[i];
	fail_msg("%s does not move the step", key);
	return NULL;
}

static const char *const on_roofline[] = {"hw", "roofline:h100-sxm", NULL};
static const char *const on_gpu[] = {"hw", "h100-sxm", NULL};
static const char *const on_gpu_eager[] = {"hw", "h100-sxm", "launch", "eager", NULL};

static void the_step_is_that_of_a_run(void **state)
{
	struct step step;
	struct run_result model, run;
	int64_t closed_ps;
	(void)state;
	case_begin(&step, on_gpu, NULL);
	must(run_evaluate(&step.setup, 2048, &run, NULL, &step.diag), &step.diag);
	/* there and back again */
	step_model_set(&step.model, parameter(&step, "hbm.bandwidth"), 5e12);
	step_model_set(&step.model, parameter(&step, "batch"), 4);
	step_model_set(&step.model, parameter(&step, "sm.count"), 100);
	must(step_model_closed(&step.model, &closed_ps, &step.diag), &step.diag);
	assert_int_not_equal(closed_ps, run.step_ps);
	step_model_reset(&step.model);
	must(step_model_simulate(&step.model, &model, &step.diag), &step.diag);
	assert_int_equal(model.step_ps, run.step_ps);
	assert_true(model.digest == run.digest);
	must(step_model_closed(&step.model, &closed_ps, &step.diag), &step.diag);
	assert_int_equal(closed_ps, run.step_ps);
	case_end(&step);
}

/* A rate's elasticity is minus the share of the step that it bounds. */
static void a_roofline_by_its_parts(void **state)
{
	struct step step;
	struct run_result run;
	(void)state;
	case_begin(&step, on_roofline, NULL);
	must(step_model_simulate(&step.model, &run, &step.diag), &step.diag);
	struct elasticities all = elasticities(&step);
	assert_int_equal(all.closed_ps, run.step_ps);
	assert_int_equal(all.simulated_ps, run.step_ps);
	const struct elasticity *hbm = of(&step, &all, "hbm.bandwidth");
	near(hbm->closed.both, -(double)run.part_ps[SIM_PART_HBM] / (double)run.step_ps, 1e-3,
	     "hbm.bandwidth");
	near(hbm->simulated.both, hbm->closed.both, 1e-9, "simulated");
	assert_true(!hbm->kink && !hbm->differs);
	for (size_t i = 0; i < all.still_count; i++)
		assert_true(all.still[i] != hbm->parameter);
	elasticities_fini(&all);
	case_end(&step);
}

/*
 * Were all times twice as long and all rates half, so would the step be: elasticities to times less
 * those to rates sum to 1. Scales and rates that follow a peak count once.
 */
static void times_and_rates_sum_to_one(void **state)
{
	const char *const *const where[] = {on_roofline, on_gpu, on_gpu_eager};
	(void)state;
	for (size_t w = 0; w < 3; w++) {
		struct step step;
		double sum = 0;
		case_begin(&step, where[w], NULL);
		struct elasticities all = elasticities(&step);
		for (size_t i = 0; i < all.moving_count; i++) {
			const struct step_parameter *one =
				&step.model.parameters[all.moving[i].parameter];
			double e = all.moving[i].simulated.both;
			if (one->unit == UNIT_SECONDS)
				sum += e;
			else if ((one->unit == UNIT_BYTES_PER_S && one->peak == SIZE_MAX) ||
				 one->unit == UNIT_FLOPS_PER_S)
				sum -= e;
			else if (one->kind == STEP_HOST_SPEED && w == 2)
				sum -= e; /* the profile's host times are no parameters */
		}
		near(sum, 1, 0.005, where[w][1]);
		elasticities_fini(&all);
		case_end(&step);
	}
}

/* The peak at which the largest product takes as long to compute as to load. */
static void a_kink_shows_both_sides(void **state)
{
	static const char *const keys[] = {"hw", "roofline:h100-sxm", "batch", "64", NULL};
	struct step step;
	struct sim_kernel largest = {0};
	int64_t step_ps;
	char set[96], peak[64];
	(void)state;
	case_begin(&step, keys, NULL);
	must(step_model_closed(&step.model, &step_ps, &step.diag), &step.diag);
	for (size_t i = 0; i < step.model.lowered.program.kernel_count; i++)
		if (step.model.lowered.kernels[i].weight_bytes > largest.weight_bytes)
			largest = step.model.lowered.kernels[i];
	double bytes =
		(double)(largest.weight_bytes + largest.kv_read_bytes + largest.kv_write_bytes +
			 largest.act_read_bytes + largest.act_write_bytes);
	unit_format_exact((double)largest.flops * 3.35e12 / bytes, UNIT_FLOPS_PER_S, peak,
			  sizeof(peak));
	snprintf(set, sizeof(set), "tensor.bf16=%s", peak);
	case_end(&step);
	case_begin(&step, keys, set);
	struct elasticities all = elasticities(&step);
	const struct elasticity *tensor = of(&step, &all, "tensor.bf16");
	assert_true(tensor->kink);
	assert_true(tensor->closed.down < tensor->closed.up - SENSITIVITY_KINK);
	assert_true(tensor->closed.up <= 0);
	assert_true(of(&step, &all, "hbm.bandwidth")->kink);
	elasticities_fini(&all);
	case_end(&step);
}

/* Batch 1 has nothing below it. */
static void one_side_at_the_edge(void **state)
{
	struct step step;
	(void)state;
	case_begin(&step, on_gpu, NULL);
	struct elasticities all = elasticities(&step);
	const struct elasticity *batch = of(&step, &all, "batch");
	assert_true(isnan(batch->closed.down) && batch->closed.both == batch->closed.up);
	assert_true(!batch->kink);
	elasticities_fini(&all);
	case_end(&step);
}

/* Eager: the closed form does not see the device where the host is longer; simulation does. */
static void simulation_says_otherwise(void **state)
{
	struct step step;
	(void)state;
	case_begin(&step, on_gpu_eager, NULL);
	struct elasticities all = elasticities(&step);
	assert_true(all.closed_ps <= all.simulated_ps);
	near(of(&step, &all, "host_speed")->closed.both, -1, 0.01, "host_speed");
	if (all.closed_ps < all.simulated_ps) {
		const struct elasticity *hbm = of(&step, &all, "hbm.bandwidth");
		assert_true(fabs(hbm->simulated.both) > fabs(hbm->closed.both));
	}
	elasticities_fini(&all);
	case_end(&step);
}

static void ranges(void **state)
{
	struct step step;
	struct range_effect *effects;
	size_t count, latency = 0;
	(void)state;
	case_begin(&step, on_gpu, NULL);
	must(range_effects_find(&step.model, 0.25, &effects, &count, &step.diag), &step.diag);
	assert_true(count > 10);
	for (size_t i = 0; i < count; i++) {
		const struct range_effect *effect = &effects[i];
		const struct step_parameter *one = &step.model.parameters[effect->parameter];
		assert_true(effect->low < effect->high && effect->low_ps != effect->high_ps);
		assert_true(effect->low >= one->low && effect->high <= one->high);
		if (!effect->from_file && !one->whole)
			near(effect->low / one->value, 0.75, 1e-12, one->key);
		if (strcmp(one->key, "hbm.stream") == 0)
			assert_true(effect->high == 3.35e12); /* its peak */
		latency += strcmp(one->key, "graph.latency") == 0 && effect->from_file &&
			   fabs(effect->low - 1e-6) < 1e-12 && fabs(effect->high - 6.4e-6) < 1e-12;
		if (i > 0)
			assert_true(llabs(effect->high_ps - effect->low_ps) <=
				    llabs(effects[i - 1].high_ps - effects[i - 1].low_ps));
	}
	assert_int_equal(latency, 1);
	free(effects);
	case_end(&step);
}

/* ---- what it would take --------------------------------------------------------------------------- */

static struct reach reach(struct step *step, const char *key, int64_t target_ps)
{
	struct reach found;
	must(reach_find(&step->model, parameter(step, key), target_ps, &found, &step->diag),
	     &step->diag);
	return found;
}

static int64_t step_with(struct step *step, const char *key, double value)
{
	struct run_result result;
	step_model_set(&step->model, parameter(step, key), value);
	must(step_model_simulate(&step->model, &result, &step->diag), &step->diag);
	step_model_reset(&step->model);
	return result.step_ps;
}

static void reach_finds_what_made_it(void **state)
{
	static const struct {
		const char *key;
		double value;
	} cases[] = {{"hbm.bandwidth", 5e12}, {"hbm.bandwidth", 1e12}, {"fixed.scale", 0.3},
		     {"graph.gap", 1e-7},     {"context", 5000},       {"host_speed", 0.25}};
	struct step step;
	(void)state;
	case_begin(&step, on_gpu, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t target_ps = step_with(&step, cases[i].key, cases[i].value);
		struct reach found = reach(&step, cases[i].key, target_ps);
		assert_int_equal(found.end, REACH_FOUND);
		/* contexts of one tile take the same time */
		near(found.value / cases[i].value, 1,
		     strcmp(cases[i].key, "context") == 0 ? 0.01 : 1e-4, cases[i].key);
		assert_true(found.result.step_ps <= target_ps);
		near((double)found.result.step_ps / (double)target_ps, 1, 1e-4, cases[i].key);
		if (!found.monotone || !found.fits)
			fail_msg("%s: monotone %d, fits %d", cases[i].key, found.monotone,
				 found.fits);
		int64_t parts = 0;
		for (unsigned part = 0; part < SIM_PART_COUNT; part++)
			parts += found.result.part_ps[part];
		assert_int_equal(parts, found.result.step_ps);
	}
	case_end(&step);
}

static void reach_says_that_none_does(void **state)
{
	struct step step;
	(void)state;
	case_begin(&step, on_gpu, NULL);
	int64_t now_ps = step_with(&step, "hbm.bandwidth", 3.35e12);
	struct reach found = reach(&step, "hbm.bandwidth", now_ps / 4);
	assert_int_equal(found.end, REACH_NEVER_FAST);
	assert_true(found.result.step_ps > now_ps / 4);
	assert_true(found.result.part_ps[SIM_PART_FIXED] > found.result.part_ps[SIM_PART_HBM]);
	/* a hundred times as much more bandwidth brings 0.1 % at most */
	int64_t more_ps = step_with(&step, "hbm.bandwidth", found.value * 100);
	assert_true(found.result.step_ps - more_ps <= more_ps / 900);
	found = reach(&step, "hbm.capacity", now_ps / 2);
	assert_int_equal(found.end, REACH_NEVER_FAST);
	assert_true(found.value == step.model.parameters[parameter(&step, "hbm.capacity")].value);
	found = reach(&step, "host_speed", INT64_C(1) << 60);
	assert_int_equal(found.end, REACH_NEVER_SLOW);
	found = reach(&step, "batch", now_ps / 2);
	assert_int_equal(found.end, REACH_NEVER_FAST);
	assert_true(found.value == 1);
	case_end(&step);
}

/* The largest batch within a time, and one that the memory does not hold. */
static void reach_takes_whole_numbers(void **state)
{
	struct step step;
	(void)state;
	case_begin(&step, on_gpu, NULL);
	int64_t target_ps = 2 * step_with(&step, "batch", 1);
	struct reach found = reach(&step, "batch", target_ps);
	assert_int_equal(found.end, REACH_FOUND);
	assert_true(found.value > 1 && found.value == floor(found.value) && found.fits);
	assert_true(found.result.step_ps <= target_ps);
	assert_true(step_with(&step, "batch", found.value + 1) > target_ps);
	found = reach(&step, "batch", 200 * target_ps);
	assert_int_equal(found.end, REACH_FOUND);
	assert_false(found.fits);
	case_end(&step);
}

static void wrong_questions(void **state)
{
	struct step step;
	struct reach found;
	struct sim_diag diag;
	size_t index;
	(void)state;
	case_begin(&step, on_gpu, NULL);
	diag_init(&diag);
	assert_int_equal(step_model_find(&step.model, "hbm.bandwith", &index, &diag),
			 SIM_E_NOT_FOUND);
	assert_non_null(strstr(diag.text, "did you mean 'hbm.bandwidth'"));
	index = parameter(&step, "tensor.fp4"); /* the device has none */
	assert_int_equal(reach_find(&step.model, index, 1000, &found, NULL), SIM_E_RANGE);
	index = parameter(&step, "hbm.bandwidth");
	assert_int_equal(reach_find(&step.model, index, 0, &found, NULL), SIM_E_RANGE);
	case_end(&step);
}

static void what_does_not_fit(void **state)
{
	static const char *const keys[] = {"hw", "l4", "batch", "4096", NULL};
	struct workload_scenario scenario;
	struct run_setup setup;
	struct step_model model;
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	must(scenario_init(&scenario, &diag), &diag);
	must(scenario_set(&scenario, "model", "llama-3.2-1b", &diag), &diag);
	for (size_t i = 0; keys[i] != NULL; i += 2)
		must(scenario_set(&scenario, keys[i], keys[i + 1], &diag), &diag);
	must(run_setup(&setup, &scenario, NULL, 0, &diag), &diag);
	assert_int_equal(step_model_init(&model, &setup, &diag), SIM_E_INFEASIBLE);
	assert_non_null(strstr(diag.text, "out of memory"));
	step_model_fini(&model);
	run_setup_fini(&setup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ishigami_as_analytic),
		cmocka_unit_test(linear_as_analytic),
		cmocka_unit_test(edges_of_indices),
		cmocka_unit_test(the_step_is_that_of_a_run),
		cmocka_unit_test(a_roofline_by_its_parts),
		cmocka_unit_test(times_and_rates_sum_to_one),
		cmocka_unit_test(a_kink_shows_both_sides),
		cmocka_unit_test(one_side_at_the_edge),
		cmocka_unit_test(simulation_says_otherwise),
		cmocka_unit_test(ranges),
		cmocka_unit_test(reach_finds_what_made_it),
		cmocka_unit_test(reach_says_that_none_does),
		cmocka_unit_test(reach_takes_whole_numbers),
		cmocka_unit_test(wrong_questions),
		cmocka_unit_test(what_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
