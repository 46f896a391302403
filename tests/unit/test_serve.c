/* Serving over real steps: equal to `run` where there is one request, conserving, never starving. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/units.h"
#include "sim/serve/deploy.h"
#include "workloads/generate.h"

#define HEAD                                                                                       \
	"serve: t\ndeployment:\n  model: llama-3.2-1b\n  hw: h100-sxm\n  runtime: vllm\n"          \
	"  launch: graph\n"

struct served {
	struct serve_spec spec;
	struct load load;
	struct deployment deployment;
	struct serve_report report;
};

static enum sim_status serve(const char *text, struct served *served, struct sim_diag *diag)
{
	memset(served, 0, sizeof(*served));
	TRY(spec_parse("t.yaml", text, strlen(text), &served->spec, diag));
	TRY(spec_load(&served->spec, &served->load, diag));
	TRY(deployment_open(&served->spec, &served->deployment, diag));
	return deployment_run(&served->deployment, &served->spec, &served->load, &served->report,
			      diag);
}

static void done(struct served *served)
{
	deployment_close(&served->deployment);
	spec_fini(&served->spec);
}

/* DEPLOYMENT and LOAD: further lines of the sections. */
static void must(const char *deployment, const char *load, struct served *served)
{
	char text[2048];
	struct sim_diag diag = {0};
	snprintf(text, sizeof(text), "%s%sload:\n%s", HEAD, deployment, load);
	if (serve(text, served, &diag) != SIM_OK)
		fail_msg("%s\n%s", diag.text, text);
}

static struct serve_result result_of(const char *deployment, const char *load)
{
	struct served served;
	must(deployment, load, &served);
	struct serve_result result = served.report.result;
	done(&served);
	return result;
}

static void refused(const char *deployment, const char *load, enum sim_status status,
		    const char *says)
{
	char text[2048];
	struct served served;
	struct sim_diag diag = {0};
	snprintf(text, sizeof(text), "%s%sload:\n%s", HEAD, deployment, load);
	assert_int_equal(serve(text, &served, &diag), status);
	if (strstr(diag.text, says) == NULL)
		fail_msg("'%s' is not in '%s'", says, diag.text);
	done(&served);
}

/* A prompt's time is that of `run --prefill`, its answer's that of `run --tokens`, to the ps. */
static void check_alone(const char *scenario, double prompt, uint64_t tokens)
{
	char load[256];
	struct served served;
	struct generate_options options;
	struct generate_result made;
	struct workload_forward forward;
	struct run_result prefill;
	struct sim_diag diag = {0};
	snprintf(load, sizeof(load),
		 "  arrivals: at_once\n  prompt: %.0f\n  output: %llu\n  requests: 1\n", prompt,
		 (unsigned long long)tokens + 1);
	must(scenario, load, &served);
	struct run_setup *setup = &served.deployment.setups[0];
	assert_int_equal(scenario_set_number(&setup->workload.scenario, SCENARIO_BATCH, 1, &diag),
			 SIM_OK);
	assert_int_equal(
		scenario_set_number(&setup->workload.scenario, SCENARIO_CONTEXT, prompt, &diag),
		SIM_OK);
	assert_int_equal(workload_prefill(&setup->workload, &forward, &diag), SIM_OK);
	assert_int_equal(run_forward(setup, &forward, &prefill, &diag), SIM_OK);
	generate_options_init(&options);
	options.launch = run_launch(setup);
	options.host_speed = setup->host_speed;
	options.context = prompt;
	options.tokens = tokens;
	assert_int_equal(
		generate_run(&setup->workload, &setup->device.machine, &options, &made, &diag),
		SIM_OK);
	const struct serve_result *result = &served.report.result;
	assert_int_equal(ps_from_seconds(result->ttft.mean), prefill.step_ps);
	assert_int_equal(result->end_ps, prefill.step_ps + made.total_ps);
	assert_int_equal(result->steps, tokens + 1);
	done(&served);
}

static void test_equals_run(void **state)
{
	(void)state;
	check_alone("  batch.limit: 1\n", 777, 64);
	check_alone("  batching: static\n", 1000, 33);
	check_alone("  batching: chunked\n  chunk.tokens: 2048\n", 500, 20);
	check_alone("  weights.bits: 4\n  weights.group: 128\n  weights.kernel: marlin\n", 100, 40);
}

/* Equal lanes at bucket 1 are exact: B requests at once are a generation of batch B. */
static void test_equals_batch(void **state)
{
	struct served served;
	struct generate_options options;
	struct generate_result made;
	struct sim_diag diag = {0};
	(void)state;
	must("  batching: static\n  step.bucket: 1\n",
	     "  arrivals: at_once\n  prompt: 300\n  output: 41\n  requests: 8\n", &served);
	struct run_setup *setup = &served.deployment.setups[0];
	assert_int_equal(scenario_set_number(&setup->workload.scenario, SCENARIO_BATCH, 8, &diag),
			 SIM_OK);
	generate_options_init(&options);
	options.context = 300;
	options.tokens = 40;
	assert_int_equal(
		generate_run(&setup->workload, &setup->device.machine, &options, &made, &diag),
		SIM_OK);
	int64_t decode_ps =
		served.report.result.end_ps - ps_from_seconds(served.report.result.ttft.most);
	assert_int_equal(decode_ps, made.total_ps);
	done(&served);
}

#define BUSY                                                                                       \
	"  rate: 20\n  prompt: {lognormal: 600, sigma: 0.8, most: 4000}\n"                         \
	"  output: {uniform: [20, 300]}\n  requests: 400\n"

/* The bucket is what is not exact: a step of 16-token contexts is that of exact ones within 1 %. */
static void test_bucket_steps(void **state)
{
	struct served served;
	struct cost_pool exact = {0};
	struct cost_book book = {.pool_count = 1};
	struct sim_diag diag = {0};
	double worst = 0;
	(void)state;
	must("", BUSY, &served);
	assert_int_equal(cost_pool_init(&exact, &served.deployment.setups[0], 1, &diag), SIM_OK);
	for (uint32_t batch = 1; batch <= 64; batch *= 4)
		for (uint64_t context = 103; context < 4000; context = context * 2 + 9) {
			struct serve_work work = {.sequences = batch,
						  .context = batch * context + batch / 3};
			struct serve_cost cost, fine;
			book.pools[0] = served.deployment.book.pools[0];
			assert_int_equal(cost_step(&book, &work, &cost, &diag), SIM_OK);
			served.deployment.book.pools[0] = book.pools[0];
			book.pools[0] = exact;
			assert_int_equal(cost_step(&book, &work, &fine, &diag), SIM_OK);
			exact = book.pools[0];
			double off = fabs((double)cost.step_ps / (double)fine.step_ps - 1);
			assert_true(batch > 1 || off == 0);
			worst = off > worst ? off : worst;
		}
	assert_true(worst > 0 && worst < 0.01);
	cost_pool_fini(&exact);
	done(&served);
}

/* Over a run it moves the moments at which steps begin, within what chance does. */
static void test_bucket(void **state)
{
	(void)state;
	struct serve_result fine = result_of("  step.bucket: 1\n", BUSY);
	struct serve_result usual = result_of("", BUSY);
	assert_true(fabs(usual.tpot.mean / fine.tpot.mean - 1) < 0.002);
	assert_true(fabs(usual.e2e.mean / fine.e2e.mean - 1) < 0.002);
	assert_true(fabs(usual.ttft.mean - fine.ttft.mean) < fine.ttft.mean_half);
	assert_true(usual.digest != fine.digest);
}

static const char *const policies[] = {
	"",
	"  batching: static\n",
	"  batching: chunked\n  batch.limit: 64\n  chunk.tokens: 256\n",
	"  batching: split\n  link.bandwidth: 50 GB/s\n  link.latency: 5 us\n",
	"  kv.blocks: 600\n",
	"  kv.blocks: 600\n  kv.preempt: swap\n  swap.bandwidth: 25 GB/s\n",
	"  batching: chunked\n  batch.limit: 64\n  chunk.tokens: 256\n  kv.blocks: 600\n",
	"  batching: split\n  link.bandwidth: 50 GB/s\n  kv.blocks: 600\n  replicas: 2\n",
	"  replicas: 3\n  route: shared\n  kv.blocks: 600\n",
	"  replicas: 3\n  route: turns\n  batch.limit: 7\n",
	"  prefix.cache: on\n  kv.blocks: 700\n",
	"  accepted: [0.3, 0.3, 0.4]\n  kv.blocks: 600\n",
};

static const char *const loads[] = {
	BUSY,
	"  rate: 4\n  prompt: 500\n  output: {uniform: [5, 90]}\n  samples: 6\n  requests: 40\n",
	"  rate: 4\n  prompt: 500\n  output: {uniform: [5, 40]}\n  samples: 5\n  rounds: 4\n"
	"  barrier: on\n  requests: 24\n",
	"  rate: 15\n  prompt: {uniform: [600, 900]}\n  output: 50\n  prefix.tokens: 500\n"
	"  prefix.groups: 3\n  prefix.share: 0.8\n  requests: 200\n",
};

/* serve_run itself refuses to answer where Little's law, requests or blocks do not add up. */
static void test_conserves(void **state)
{
	(void)state;
	for (size_t p = 0; p < sizeof(policies) / sizeof(policies[0]); p++)
		for (size_t l = 0; l < sizeof(loads) / sizeof(loads[0]); l++) {
			struct serve_result a = result_of(policies[p], loads[l]);
			assert_int_equal(a.completed, a.requests);
			assert_int_equal(a.refused, 0);
			assert_int_equal(a.kv_free_end + a.kv_prefix_end, a.kv_total);
			assert_true(a.kv_most <= 1);
			/* nobody starves: the longest wait is not far off what the many wait */
			assert_true(a.e2e.most < 10 * a.e2e.p90);
			if (l == 0)
				assert_int_equal(a.digest, result_of(policies[p], loads[l]).digest);
		}
}

static void test_preempts(void **state)
{
	(void)state;
	struct serve_result wide = result_of("", BUSY);
	struct serve_result again = result_of(policies[4], BUSY);
	struct serve_result swap = result_of(policies[5], BUSY);
	assert_int_equal(wide.preemptions, 0);
	assert_true(again.preemptions > 0 && again.swaps == 0);
	assert_true(swap.swaps > 0);
	assert_true(again.computed_prompt_tokens > wide.computed_prompt_tokens);
	assert_int_equal(wide.computed_prompt_tokens, wide.prompt_tokens);
	assert_int_equal(wide.output_tokens, again.output_tokens);
	assert_true(again.e2e.mean > wide.e2e.mean);
	assert_true(again.kv_most > 0.9);
}

static void test_prefix(void **state)
{
	(void)state;
	struct serve_result cold = result_of("", loads[3]);
	struct serve_result warm = result_of("  prefix.cache: on\n", loads[3]);
	assert_int_equal(warm.prefix_misses, 3); /* a group each, and they stay */
	assert_true(warm.prefix_hits > 100);
	/* 500 tokens are 31 full blocks of 16 */
	assert_int_equal(cold.computed_prompt_tokens - warm.computed_prompt_tokens,
			 warm.prefix_hits * 31 * 16);
	assert_true(warm.ttft.mean < cold.ttft.mean);
	assert_true(warm.kv_mean < cold.kv_mean);
}

static void test_barrier(void **state)
{
	(void)state;
	static const char free_running[] =
		"  rate: 1\n  prompt: 200\n  output: {uniform: [5, 80]}\n  samples: 8\n"
		"  rounds: 6\n  requests: 40\n";
	char with[512];
	snprintf(with, sizeof(with), "%s  barrier: on\n", free_running);
	struct serve_result loose = result_of("", free_running), tight = result_of("", with);
	assert_int_equal(loose.output_tokens, tight.output_tokens);
	assert_true(tight.e2e.mean > 1.2 * loose.e2e.mean);
	assert_true(tight.mean_batch < loose.mean_batch);
}

/* 1 + 0.3 + 0.8 tokens a step */
static void test_accepted(void **state)
{
	(void)state;
	static const char load[] =
		"  arrivals: at_once\n  prompt: 64\n  output: 1000\n  requests: 40\n";
	struct serve_result plain = result_of("  batch.limit: 1\n", load);
	struct serve_result drafted =
		result_of("  batch.limit: 1\n  accepted: [0.3, 0.3, 0.4]\n", load);
	double ratio = (double)plain.decode_steps / (double)drafted.decode_steps;
	assert_true(fabs(ratio / 2.1 - 1) < 0.01);
	assert_int_equal(plain.output_tokens, drafted.output_tokens);
}

static void test_monotone(void **state)
{
	(void)state;
	double before = 0;
	for (int rate = 5; rate <= 80; rate *= 2) {
		char load[256];
		snprintf(load, sizeof(load),
			 "  rate: %d\n  prompt: 800\n  output: 100\n  requests: 300\n", rate);
		struct serve_result result = result_of("  batch.limit: 16\n", load);
		assert_true(result.e2e.mean >= before);
		before = result.e2e.mean;
	}
	/* chunks bound how long a prompt holds up those that decode */
	static const char long_prompts[] =
		"  rate: 10\n  prompt: 4000\n  output: 100\n  requests: 100\n";
	struct serve_result whole = result_of("", long_prompts);
	struct serve_result chunks =
		result_of("  batching: chunked\n  batch.limit: 64\n", long_prompts);
	assert_true(chunks.tpot.p99 < whole.tpot.p99);
}

static void test_memory(void **state)
{
	(void)state;
	refused("  hw.hbm.capacity: 2 GB\n", BUSY, SIM_E_INFEASIBLE, "out of memory");
	refused("  kv.blocks: 4\n", BUSY, SIM_E_INFEASIBLE, "out of memory: a request of");
	struct serve_result some = result_of("  kv.blocks: 60\n", BUSY);
	assert_true(some.refused > 0 && some.completed > 0);
	assert_int_equal(some.refused + some.completed, 400);
}

static void test_refuses(void **state)
{
	(void)state;
	refused("  replica: 2\n", BUSY, SIM_E_NOT_FOUND, "did you mean 'replicas'");
	refused("  batching: dynamic\n", BUSY, SIM_E_NOT_FOUND, "t.yaml:7: 'batching' is one of");
	refused("  batch: 2\n", BUSY, SIM_E_USAGE, "t.yaml:7: 'batch' follows from the load");
	refused("  host.gap: 2\n", BUSY, SIM_E_UNIT, "t.yaml:7:");
	refused("  batching: split\n", BUSY, SIM_E_RANGE, "link.bandwidth");
	refused("  accepted: [0.5, 0.2]\n", BUSY, SIM_E_RANGE, "shares sum to 0.7");
	refused("", "  rate: 3\n  prompt: 5\n", SIM_E_NOT_FOUND, "missing key 'output'");
	refused("", "  prompt: 5\n  output: 5\n", SIM_E_NOT_FOUND, "missing key 'rate'");
	refused("", "  rate: 3\n  prompt: {uniform: [9, 2]}\n  output: 5\n", SIM_E_RANGE,
		"empty range");
	refused("", "  rate: 3\n  prompt: 0\n  output: 5\n", SIM_E_RANGE, "no count of tokens");
	refused("  batch.limit: 4\n", "  rate: 3\n  prompt: 9\n  output: 5\n  samples: 8\n",
		SIM_E_RANGE, "8 samples");
	refused("", "  rate: 3\n  prompt: 9\n  output: 5\n  requests: 10\n  warmup: 10\n",
		SIM_E_RANGE, "warm-up");
	/* hours of computing are told before, not after */
	refused("", "  rate: 3\n  prompt: 9\n  output: 6000\n  requests: 2000000\n", SIM_E_RANGE,
		"1.2e+10 tokens of answers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equals_run), cmocka_unit_test(test_equals_batch),
		cmocka_unit_test(test_bucket),	   cmocka_unit_test(test_bucket_steps),
		cmocka_unit_test(test_conserves),  cmocka_unit_test(test_preempts),
		cmocka_unit_test(test_prefix),	   cmocka_unit_test(test_barrier),
		cmocka_unit_test(test_accepted),   cmocka_unit_test(test_monotone),
		cmocka_unit_test(test_memory),	   cmocka_unit_test(test_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
