/* Replicas that are groups of devices, and plans over them, on any count of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/units.h"
#include "sim/serve/plan.h"
#include "workloads/generate.h"

#define DEPLOYMENT "deployment:\n  hw: h100-sxm\n  runtime: vllm\n  launch: graph\n"
#define DENSE "  model: llama-3.1-8b\n"
#define ALONE "load:\n  arrivals: at_once\n  prompt: 400\n  output: 17\n  requests: 1\n"

struct served {
	struct serve_spec spec;
	struct load load;
	struct deployment deployment;
	struct serve_report report;
};

static enum sim_status serve_of(const char *model, const char *keys, struct served *served,
				struct sim_diag *diag)
{
	char text[1024];
	memset(served, 0, sizeof(*served));
	snprintf(text, sizeof(text), "serve: t\n" DEPLOYMENT "%s%s" ALONE, model, keys);
	TRY(spec_parse("t.yaml", text, strlen(text), &served->spec, diag));
	TRY(spec_load(&served->spec, &served->load, diag));
	TRY(deployment_open(&served->spec, &served->deployment, diag));
	return deployment_run(&served->deployment, &served->spec, &served->load, &served->report,
			      diag);
}

static enum sim_status serve(const char *keys, struct served *served, struct sim_diag *diag)
{
	return serve_of(DENSE, keys, served, diag);
}

static void must(const char *keys, struct served *served)
{
	struct sim_diag diag = {0};
	if (serve(keys, served, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static void done(struct served *served)
{
	deployment_close(&served->deployment);
	spec_fini(&served->spec);
}

/* One request on a group takes what `run --tokens --tp N` takes, to the picosecond. */
static void test_a_group_equals_run(void **state)
{
	static const char *const groups[] = {"  tp: 2\n", "  tp: 4\n  collective.algorithm: ring\n",
					     "  pp: 2\n", "  tp: 2\n  pp: 2\n"};
	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct served served;
		struct generate_options options;
		struct generate_result made;
		struct sim_diag diag = {0};
		must(groups[i], &served);
		struct run_setup *setup = &served.deployment.setups[0];
		assert_int_equal(
			scenario_set_number(&setup->workload.scenario, SCENARIO_BATCH, 1, &diag),
			SIM_OK);
		generate_options_init(&options);
		options.context = 400;
		options.tokens = 16;
		assert_int_equal(generate_run(&setup->workload, &setup->device.machine, &options,
					      &made, &diag),
				 SIM_OK);
		const struct serve_result *result = &served.report.result;
		assert_int_equal(result->end_ps - ps_from_seconds(result->ttft.most),
				 made.total_ps);
		done(&served);
	}
}

static void test_a_group_is_counted_paid_and_fed_whole(void **state)
{
	struct served one, two, stages, told;
	(void)state;
	must("", &one);
	must("  tp: 2\n", &two);
	must("  pp: 2\n", &stages);
	must("  tp: 2\n  devices: 3\n  replicas: 5\n", &told);
	assert_true(one.deployment.devices == 1 && two.deployment.devices == 2);
	assert_true(stages.deployment.devices == 2 && told.deployment.devices == 15);
	assert_true(two.deployment.usd_per_hour == 2 * one.deployment.usd_per_hour);
	assert_true(two.deployment.static_w == 2 * one.deployment.static_w);
	assert_true(told.deployment.static_w == 10 * one.deployment.static_w);
	/* halves of the weights leave more blocks for halves of the keys */
	assert_true(two.deployment.config.kv_blocks > 2 * one.deployment.config.kv_blocks);
	/* both devices read what one did: about the same dynamic energy, more static */
	double ratio = two.report.energy_j / one.report.energy_j;
	assert_true(ratio > 1 && ratio < 1.7);
	ratio = stages.report.energy_j / one.report.energy_j;
	assert_true(ratio > 1.2 && ratio < 2.2);
	done(&one);
	done(&two);
	done(&stages);
	done(&told);
}

static void test_a_split_of_groups(void **state)
{
	struct served served;
	(void)state;
	must("  tp: 2\n  batching: split\n  replicas: 3\n  prefill.replicas: 2\n"
	     "  link.bandwidth: 50 GB/s\n",
	     &served);
	assert_true(served.deployment.devices == 10);
	done(&served);
}

/* A prompt chooses its experts as `run --prefill` says, skew and all. */
static void test_a_prompt_of_a_mixture_equals_run(void **state)
{
	struct served served, even;
	struct workload_forward forward;
	struct run_result prefill;
	struct sim_diag diag = {0};
	(void)state;
	if (serve_of("  model: qwen3-30b-a3b\n", "  moe.skew: 1.2\n", &served, &diag) != SIM_OK ||
	    serve_of("  model: qwen3-30b-a3b\n", "", &even, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	struct run_setup *setup = &served.deployment.setups[0];
	struct workload_scenario *scenario = &setup->workload.scenario;
	assert_int_equal(scenario_set_number(scenario, SCENARIO_BATCH, 1, &diag), SIM_OK);
	assert_int_equal(scenario_set_number(scenario, SCENARIO_CONTEXT, 400, &diag), SIM_OK);
	assert_int_equal(workload_prefill(&setup->workload, &forward, &diag), SIM_OK);
	assert_int_equal(run_forward(setup, &forward, &prefill, &diag), SIM_OK);
	assert_int_equal(ps_from_seconds(served.report.result.ttft.most), prefill.step_ps);
	assert_true(served.report.result.ttft.most < even.report.result.ttft.most);
	done(&served);
	done(&even);
}

static void refused(const char *keys, const char *says)
{
	struct served served;
	struct sim_diag diag = {0};
	assert_int_not_equal(serve(keys, &served, &diag), SIM_OK);
	if (strstr(diag.text, says) == NULL)
		fail_msg("'%s' is not in '%s'", says, diag.text);
	done(&served);
}

static void test_impossible_groups_are_refused(void **state)
{
	(void)state;
	refused("  tp: 3\n", "does not divide");
	refused("  pp: 64\n", "pp");
	refused("  ep: 4\n", "ep");
}

#define PLAN                                                                                       \
	"plan: p\ndeployment: {model: llama-3.1-8b, runtime: vllm, launch: graph}\n"               \
	"load: {rate: 20, prompt: 300, output: 60, requests: 150}\n"                               \
	"objectives: {ttft.p90: 300 ms, tpot.mean: 8 ms}\n"                                        \
	"search: {hw: [h100-sxm, l4], tp: [1, 2, 4, 3], replicas: {from: 1, to: 6},\n"             \
	"  batch.limit: [2, 64]}\nprices: {h100-sxm: 2.5 USD/h, l4: 0.7 USD/h}\n"

static void plan_of(unsigned threads, struct serve_plan *plan)
{
	struct sim_diag diag = {0};
	if (plan_parse("p.yaml", PLAN, strlen(PLAN), plan, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	plan->threads = threads;
	if (plan_run(plan, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static void test_a_plan_over_groups(void **state)
{
	static struct serve_plan plan, again;
	(void)state;
	plan_of(1, &plan);
	assert_int_equal(plan.candidate_count, 16);
	bool met = false;
	for (size_t i = 0; i < plan.candidate_count; i++) {
		const struct plan_candidate *candidate = &plan.candidates[i];
		const char *tp = plan.axes[1].values[candidate->choice[1]];
		bool l4 = candidate->choice[0] == 1;
		if (strcmp(tp, "3") == 0) {
			assert_int_equal(candidate->outcome, PLAN_REFUSED);
			assert_non_null(strstr(candidate->why, "does not divide"));
		} else if (l4 && strcmp(tp, "1") != 0) {
			assert_int_equal(candidate->outcome, PLAN_REFUSED);
			assert_non_null(strstr(candidate->why, "no link to other devices"));
		} else if (candidate->outcome == PLAN_MEETS) {
			met = true;
			assert_true(candidate->devices == candidate->replicas * strtod(tp, NULL));
			assert_true(candidate->report.usd_per_hour == 2.5 * candidate->devices);
		}
	}
	assert_true(met);
	for (unsigned threads = 2; threads <= 4; threads += 2) {
		plan_of(threads, &again);
		assert_int_equal(again.digest, plan.digest);
		assert_int_equal(again.runs, plan.runs);
		for (unsigned goal = 0; goal < PLAN_GOAL_COUNT; goal++)
			assert_int_equal(again.answers[goal].candidate,
					 plan.answers[goal].candidate);
		plan_fini(&again);
	}
	plan_fini(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_group_equals_run),
		cmocka_unit_test(test_a_group_is_counted_paid_and_fed_whole),
		cmocka_unit_test(test_a_split_of_groups),
		cmocka_unit_test(test_a_prompt_of_a_mixture_equals_run),
		cmocka_unit_test(test_impossible_groups_are_refused),
		cmocka_unit_test(test_a_plan_over_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
