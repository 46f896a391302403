/* Designs: a point of a space is what `run` gives for it, whoever asks and in whatever order. */
#include <math.h>

#include "sim/explore/evaluate.h"
#include "tests/unit/explore_fixture.h"
#include "validate/case_run.h"

#define BASE "sweep: t\nbase: {model: qwen2.5-0.5b, hw: h100-sxm, context: 700, launch: eager}\n"

/* Axis NAME of SPACE at what VALUE stands for, into the scenario or SETS. */
static void apply(const struct explore_axis *axis, double value, struct workload_scenario *scenario,
		  const char **sets, size_t *set_count)
{
	static char texts[16][128];
	struct sim_diag diag = {0};
	char number[64];
	const char *text = axis->kind == EXPLORE_WORDS ? axis->words[(size_t)value] : number;
	unit_format_exact(value, axis->unit, number, sizeof(number));
	if (axis->target == EXPLORE_DEVICE) {
		snprintf(texts[*set_count], sizeof(texts[0]), "%s=%s", axis->param, text);
		sets[*set_count] = texts[*set_count];
		(*set_count)++;
	} else if (scenario_set(scenario, axis->name, text, &diag) != SIM_OK) {
		fail_msg("%s", diag.text);
	}
}

/* The same point as `decodesim run` has it. */
static void run_point(const struct explore_space *space, const double *values,
		      struct case_outcome *outcome)
{
	struct workload_scenario scenario;
	struct run_setup setup;
	const char *sets[16];
	size_t set_count = 0;
	struct sim_diag diag = {0};
	memset(outcome, 0, sizeof(*outcome));
	assert_int_equal(scenario_init(&scenario, &diag), SIM_OK);
	for (size_t i = 0; i < space->base_count; i++)
		assert_int_equal(
			scenario_set(&scenario, space->base[i].key, space->base[i].value, &diag),
			SIM_OK);
	for (size_t a = 0; a < space->axis_count; a++)
		apply(&space->axes[a], values[a], &scenario, sets, &set_count);
	double context = scenario_number(&scenario, SCENARIO_CONTEXT);
	if (run_setup(&setup, &scenario, sets, set_count, &diag) != SIM_OK ||
	    run_evaluate(&setup, context, &outcome->result, NULL, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	run_setup_fini(&setup);
}

static bool is_left_out(size_t field)
{
	return field == CASE_FIELD_largest_batch || field == CASE_FIELD_largest_context;
}

static const char mixed[] =
	BASE "axes:\n"
	     "  model: [qwen2.5-0.5b, llama-3.2-1b]\n"
	     "  batch: [1, 3]\n"
	     "  context: [100, 4000]\n"
	     "  weights.bits: [4, 8]\n"
	     "  launch: [eager, graph]\n"
	     "  host_speed: [1, 2]\n"
	     "  hw: [h100-sxm, l4]\n"
	     "  hw.sm.count: [58, 132]\n"
	     "  hw.hbm.bandwidth: {from: 250 GB/s, to: 8 TB/s, points: 3, scale: log}\n"
	     "  hw.fixed.scale: [0.5, 1]\n";

static void a_simulated_point_is_what_run_gives(void **state)
{
	struct explore_space space;
	struct explore_worker *worker;
	struct explore_result result;
	struct case_outcome *outcome = malloc(sizeof(*outcome));
	double values[16];
	(void)state;
	explore_parse(mixed, &space);
	assert_int_equal(explore_worker_create(&space, &worker, NULL), SIM_OK);
	for (uint64_t i = 0; i < space.point_count; i += 97) {
		explore_grid_point(&space, i, values);
		assert_int_equal(explore_evaluate(worker, values, EXPLORE_SIMULATE, &result, NULL),
				 SIM_OK);
		assert_false(result.failed);
		run_point(&space, values, outcome);
		for (unsigned f = 0; f < CASE_RUN_FIELD_COUNT; f++) {
			double expected = case_outcome_field(outcome, f);
			if (is_left_out(f) || (isnan(expected) && isnan(result.fields[f])))
				continue;
			if (f == CASE_FIELD_area_mm2 && result.fields[CASE_FIELD_fits] == 0)
				continue;
			if (result.fields[f] != expected)
				fail_msg("point %llu, %s: %.17g, not %.17g", (unsigned long long)i,
					 explore_field_name(f), result.fields[f], expected);
		}
		assert_true(isnan(result.fields[EXPLORE_FIELD_power_w]) ||
			    result.fields[EXPLORE_FIELD_power_w] ==
				    result.fields[CASE_FIELD_average_w]);
	}
	explore_worker_destroy(worker);
	explore_space_fini(&space);
	free(outcome);
}

/* One launch that ends in a sync: the closed form is the simulation. Eager: never above it. */
static void the_closed_form_is_the_simulation_where_it_promises_so(void **state)
{
	struct explore_space space;
	struct explore_worker *worker;
	struct explore_result closed, simulated;
	double values[16];
	(void)state;
	explore_parse(mixed, &space);
	size_t launch = explore_axis_find(&space, "launch");
	assert_int_equal(explore_worker_create(&space, &worker, NULL), SIM_OK);
	for (uint64_t i = 0; i < space.point_count; i += 61) {
		explore_grid_point(&space, i, values);
		assert_int_equal(explore_evaluate(worker, values, EXPLORE_CLOSED, &closed, NULL),
				 SIM_OK);
		assert_int_equal(
			explore_evaluate(worker, values, EXPLORE_SIMULATE, &simulated, NULL),
			SIM_OK);
		double a = closed.fields[CASE_FIELD_step_ms];
		double b = simulated.fields[CASE_FIELD_step_ms];
		assert_true(closed.fields[CASE_FIELD_fits] == simulated.fields[CASE_FIELD_fits]);
		if (closed.fields[CASE_FIELD_fits] == 0)
			continue;
		assert_true(values[launch] == 1 ? a == b : a <= b && a > 0.5 * b);
		assert_true(isnan(closed.fields[CASE_FIELD_attribution_hbm_ms]));
		a = closed.fields[CASE_FIELD_energy_j];
		b = simulated.fields[CASE_FIELD_energy_j];
		assert_int_equal(isnan(a), isnan(b));
		if (values[launch] == 1 && !isnan(a))
			assert_true(fabs(a / b - 1) < 1e-12);
		assert_true(closed.fields[CASE_FIELD_flops] == simulated.fields[CASE_FIELD_flops]);
	}
	explore_worker_destroy(worker);
	explore_space_fini(&space);
}

static void what_a_worker_saw_before_changes_nothing(void **state)
{
	struct explore_space space;
	struct explore_worker *worker, *fresh;
	struct explore_result result, again;
	double values[16];
	uint64_t seed = 5;
	(void)state;
	explore_parse(mixed, &space);
	assert_int_equal(explore_worker_create(&space, &worker, NULL), SIM_OK);
	for (int i = 0; i < 60; i++) {
		enum explore_method method = i % 3 == 0 ? EXPLORE_SIMULATE : EXPLORE_CLOSED;
		explore_grid_point(&space, fixture_random(&seed) % space.point_count, values);
		assert_int_equal(explore_evaluate(worker, values, method, &result, NULL), SIM_OK);
		if (i % 6 != 0)
			continue;
		assert_int_equal(explore_worker_create(&space, &fresh, NULL), SIM_OK);
		assert_int_equal(explore_evaluate(fresh, values, method, &again, NULL), SIM_OK);
		assert_true(explore_result_digest(&result) == explore_result_digest(&again));
		explore_worker_destroy(fresh);
	}
	explore_worker_destroy(worker);
	explore_space_fini(&space);
}

static void architecture_and_profile_can_vary(void **state)
{
	struct explore_space space;
	struct explore_worker *worker;
	struct explore_result first, second;
	double values[4] = {12, 1e-6};
	(void)state;
	explore_parse(BASE "axes: {model.layers: [12, 24], runtime.host.kernel: [1 us, 20 us]}\n",
		      &space);
	assert_int_equal(explore_worker_create(&space, &worker, NULL), SIM_OK);
	assert_int_equal(explore_evaluate(worker, values, EXPLORE_SIMULATE, &first, NULL), SIM_OK);
	values[0] = 24;
	assert_int_equal(explore_evaluate(worker, values, EXPLORE_SIMULATE, &second, NULL), SIM_OK);
	double a = first.fields[CASE_FIELD_kernels], b = second.fields[CASE_FIELD_kernels];
	assert_true(b > 1.8 * a && b < 2 * a);
	values[1] = 20e-6;
	assert_int_equal(explore_evaluate(worker, values, EXPLORE_SIMULATE, &first, NULL), SIM_OK);
	assert_true(first.fields[CASE_FIELD_host_ms] > second.fields[CASE_FIELD_host_ms]);
	explore_worker_destroy(worker);
	explore_space_fini(&space);
}

/* A prompt and the largest batch only where somebody asks. */
static void dear_results_are_there_when_they_are_asked_for(void **state)
{
	struct explore_space space;
	struct explore_worker *worker;
	struct explore_result result;
	const double values[] = {2};
	(void)state;
	for (int asked = 0; asked < 2; asked++) {
		explore_parse(asked ? BASE "axes: {batch: [1, 2]}\nobjectives: [prefill_ms]\n"
					   "constraints: ['largest_batch >= 4']\n"
				    : BASE "axes: {batch: [1, 2]}\n",
			      &space);
		assert_int_equal(explore_worker_create(&space, &worker, NULL), SIM_OK);
		for (unsigned m = EXPLORE_CLOSED; m <= EXPLORE_SIMULATE; m++) {
			assert_int_equal(explore_evaluate(worker, values, m, &result, NULL),
					 SIM_OK);
			assert_int_equal(result.fields[CASE_FIELD_prefill_ms] > 0.5, asked);
			assert_int_equal(result.fields[CASE_FIELD_largest_batch] > 100, asked);
			assert_true(result.feasible);
		}
		explore_worker_destroy(worker);
		explore_space_fini(&space);
	}
}

static void what_is_no_design_or_does_not_fit_is_a_result(void **state)
{
	struct explore_space space;
	struct explore_worker *worker;
	struct explore_result result;
	double values[2] = {1, 1e12};
	(void)state;
	explore_parse("sweep: t\n"
		      "base: {model: llama-3.1-8b, hw: l4, hw.hbm.stream: 250 GB/s}\n"
		      "axes: {batch: [1, 64], hw.hbm.bandwidth: [100 GB/s, 1 TB/s]}\n"
		      "constraints: ['step_ms < 100', 'fits = 1']\n",
		      &space);
	assert_int_equal(explore_worker_create(&space, &worker, NULL), SIM_OK);
	assert_int_equal(explore_evaluate(worker, values, EXPLORE_CLOSED, &result, NULL), SIM_OK);
	assert_true(result.feasible && !result.failed && result.broken == 0);
	values[1] = 100e9; /* below what was measured */
	assert_int_equal(explore_evaluate(worker, values, EXPLORE_CLOSED, &result, NULL), SIM_OK);
	assert_true(result.failed && !result.feasible && isnan(result.fields[CASE_FIELD_fits]));
	assert_non_null(strstr(result.why, "hbm.stream is above hbm.bandwidth"));
	values[0] = 64;
	values[1] = 1e12;
	assert_int_equal(explore_evaluate(worker, values, EXPLORE_CLOSED, &result, NULL), SIM_OK);
	assert_true(!result.failed && !result.feasible && result.fields[CASE_FIELD_fits] == 0);
	assert_true(isnan(result.fields[CASE_FIELD_step_ms]));
	assert_int_equal(result.broken, 3); /* what is unknown does not hold */
	assert_true(result.fields[CASE_FIELD_memory_bytes] > 24e9);
	explore_worker_destroy(worker);
	explore_space_fini(&space);
}

/* A key is of what a point rests on: other values, another method, another content of the base. */
static void keys_tell_points_apart(void **state)
{
	static const char *const texts[] = {
		BASE "axes: {batch: [1, 2]}\n",
		BASE "axes: {batch: [1, 2, 3]}\nobjectives: [step_ms]\n",
		"sweep: t\nbase: {model: qwen2.5-0.5b, hw: h100-sxm, context: 701, launch: eager}\n"
		"axes: {batch: [1, 2]}\n",
		"sweep: t\nbase: {model: qwen2.5-0.5b, hw: l4, context: 700, launch: eager}\n"
		"axes: {batch: [1, 2]}\n",
		BASE "axes: {width: [1, 2]}\n"};
	uint64_t keys[5], simulated, other;
	const double one = 1, two = 2;
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct explore_space space;
		struct explore_worker *worker;
		explore_parse(texts[i], &space);
		assert_int_equal(explore_worker_create(&space, &worker, NULL), SIM_OK);
		assert_int_equal(explore_point_hash(worker, &one, EXPLORE_CLOSED, &keys[i], NULL),
				 SIM_OK);
		assert_int_equal(
			explore_point_hash(worker, &one, EXPLORE_SIMULATE, &simulated, NULL),
			SIM_OK);
		assert_int_equal(explore_point_hash(worker, &two, EXPLORE_CLOSED, &other, NULL),
				 SIM_OK);
		assert_true(keys[i] != simulated && keys[i] != other && simulated != other);
		explore_worker_destroy(worker);
		explore_space_fini(&space);
	}
	assert_true(keys[0] == keys[1]);
	for (size_t i = 2; i < 5; i++)
		assert_true(keys[0] != keys[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_simulated_point_is_what_run_gives),
		cmocka_unit_test(the_closed_form_is_the_simulation_where_it_promises_so),
		cmocka_unit_test(what_a_worker_saw_before_changes_nothing),
		cmocka_unit_test(architecture_and_profile_can_vary),
		cmocka_unit_test(dear_results_are_there_when_they_are_asked_for),
		cmocka_unit_test(what_is_no_design_or_does_not_fit_is_a_result),
		cmocka_unit_test(keys_tell_points_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
