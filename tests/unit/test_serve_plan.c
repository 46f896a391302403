/* Plans and traces of arrivals: answers, and what is said of wrong input. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/serve/plan.h"

#define PLAN                                                                                       \
	"plan: p\ndeployment: {model: llama-3.1-8b, runtime: vllm, launch: graph}\n"               \
	"load: {rate: 25, prompt: 300, output: 100, requests: 250}\n"                              \
	"objectives: {ttft.p90: 300 ms, tpot.mean: 25 ms}\n"

static void plan_of(const char *text, struct serve_plan *plan)
{
	struct sim_diag diag = {0};
	if (plan_parse("p.yaml", text, strlen(text), plan, &diag) != SIM_OK ||
	    plan_run(plan, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static void test_answers(void **state)
{
	static struct serve_plan plan, again;
	static const char text[] =
		PLAN "search: {hw: [h100-sxm, l4, jetson-orin-nano], replicas: {from: 1, to: 12},\n"
		     "  batch.limit: [2, 64]}\nprices: {h100-sxm: 2.5 USD/h, l4: 0.7 USD/h}\n";
	(void)state;
	plan_of(text, &plan);
	assert_int_equal(plan.candidate_count, 6);
	const struct plan_answer *cheapest = &plan.answers[PLAN_CHEAPEST];
	assert_int_equal(cheapest->candidate, 1); /* h100-sxm, 64 */
	const struct plan_candidate *best = &plan.candidates[1];
	assert_int_equal(best->replicas, 1);
	assert_true(best->report.met && best->report.usd_per_hour == 2.5);
	assert_true(cheapest->margin > 0 && cheapest->binding < best->report.check_count);
	assert_true(cheapest->has_band && cheapest->growth > 1 && cheapest->next[0] != '\0');
	/* two at a time: more replicas, the one below was simulated and fails */
	assert_int_equal(plan.candidates[0].outcome, PLAN_MEETS);
	assert_true(plan.candidates[0].replicas > 1 && plan.candidates[0].fewer[0] != '\0');
	assert_int_equal(plan.candidates[3].outcome, PLAN_FAILS);
	assert_non_null(strstr(plan.candidates[3].why, "tpot.mean"));
	assert_int_equal(plan.candidates[4].outcome, PLAN_MEMORY);
	assert_non_null(strstr(plan.candidates[4].why, "out of memory"));
	plan_of(text, &again);
	assert_int_equal(plan.digest, again.digest);
	plan_fini(&plan);
	plan_fini(&again);
}

static void refused(const char *text, const char *says)
{
	static struct serve_plan plan;
	struct sim_diag diag = {0};
	assert_int_not_equal(plan_parse("p.yaml", text, strlen(text), &plan, &diag), SIM_OK);
	if (strstr(diag.text, says) == NULL)
		fail_msg("'%s' is not in '%s'", says, diag.text);
	plan_fini(&plan);
}

/* A count is what it says, however it is written. */
static void test_counts(void **state)
{
	static struct serve_plan plan;
	static const char text[] = PLAN "search: {replicas: [1e1, 2, 3.0]}\n";
	(void)state;
	assert_int_equal(plan_parse("p.yaml", text, strlen(text), &plan, NULL), SIM_OK);
	assert_int_equal(plan.replica_count, 3);
	assert_int_equal(plan.replicas[0], 2);
	assert_int_equal(plan.replicas[1], 3);
	assert_int_equal(plan.replicas[2], 10);
	plan_fini(&plan);
}

static void test_refuses(void **state)
{
	(void)state;
	refused(PLAN "search: {replicas: {from: 4, to: 1}}\n", "p.yaml:5: 'replicas': empty range");
	refused(PLAN "search: {hwx: [a]}\n", "p.yaml:5: no such key of a deployment: 'hwx'");
	refused(PLAN "search: {rate: [1, 2]}\n", "'rate' is no key of a deployment");
	refused(PLAN "search: {replicas: [1]}\nprices: {l4: -5 USD/h}\n",
		"p.yaml:6: price out of range");
	refused(PLAN "search: {replicas: [0]}\n", "p.yaml:5: 'replicas' must be 1 to");
	refused(PLAN "search: {batch.limit: {from: 1, to: 1000000000}}\n", "at most 256");
	refused(PLAN "search: {batch.limit: {from: 1, to: 100}, kv.block: {from: 1, to: 100}}\n",
		"10000 candidates");
	refused(PLAN, "missing section 'search'");
	refused("plan: p\ndeployment: {model: llama-3.1-8b}\nload: {rate: 1, prompt: 1, output: "
		"1}\n"
		"search: {replicas: [1]}\n",
		"no objective");
}

/* TEXT as a file; its trace, or what is said of it. */
static enum sim_status trace_of(const char *text, struct load_trace *trace, struct sim_diag *diag)
{
	char path[] = "/tmp/serve-trace-XXXXXX";
	int file = mkstemp(path);
	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
	enum sim_status status = load_trace_read(path, 0, trace, diag);
	unlink(path);
	return status;
}

static void test_traces(void **state)
{
	struct load_trace trace;
	struct sim_diag diag = {0};
	(void)state;
	assert_int_equal(trace_of("TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
				  "2024-02-28 23:59:59.9799600,374,44\r\n"
				  "2024-02-29 00:00:00.0319600,396,109\r\n"
				  "2024-03-01 00:00:00+00:00,5,6\n",
				  &trace, &diag),
			 SIM_OK);
	assert_int_equal(trace.count, 3);
	assert_int_equal(trace.rows[1].arrival_ps, INT64_C(52000000000));
	/* 2024 is a leap year: a day and 20.04 ms */
	assert_int_equal(trace.rows[2].arrival_ps,
			 INT64_C(86400) * INT64_C(1000000000000) + INT64_C(20040000000));
	assert_int_equal(trace.rows[1].prompt, 396);
	assert_int_equal(trace.rows[1].output, 109);
	load_trace_fini(&trace);
	assert_int_equal(
		trace_of("Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
			 "5,ChatGPT,472,18,490,Conversation log\n"
			 "45.5,ChatGPT,1087,0,1087,Conversation log\n"
			 "118,GPT-4,417,276,693,API log\n",
			 &trace, &diag),
		SIM_OK);
	assert_int_equal(trace.count, 2);
	assert_int_equal(trace.skipped, 1);
	assert_int_equal(trace.rows[1].arrival_ps, INT64_C(113) * INT64_C(1000000000000));
	load_trace_fini(&trace);
}

static void test_bad_traces(void **state)
{
	static const char *const bad[][2] = {
		{"", "a header line is due"},
		{"a,b,c\n1,2,3\n", ":1: no known header"},
		{"TIMESTAMP,ContextTokens\n1,2\n", ":1: no column 'GeneratedTokens'"},
		{"TIMESTAMP,ContextTokens,GeneratedTokens\n", "no requests"},
		{"TIMESTAMP,ContextTokens,GeneratedTokens\n1,2\n", ":2: row has only 2 columns"},
		{"TIMESTAMP,ContextTokens,GeneratedTokens\n1,2,x\n", ":2: no count of tokens"},
		{"TIMESTAMP,ContextTokens,GeneratedTokens\n1,-2,3\n", ":2: no count of tokens"},
		{"TIMESTAMP,ContextTokens,GeneratedTokens\n1,99999999999,3\n", ":2: no count"},
		{"TIMESTAMP,ContextTokens,GeneratedTokens\nsoon,2,3\n", ":2: no time"},
		{"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-13-01 00:00:00,2,3\n",
		 ":2: no time"},
		{"TIMESTAMP,ContextTokens,GeneratedTokens\n5,2,3\n4,2,3\n", ":3: time goes back"},
		{"TIMESTAMP,ContextTokens,GeneratedTokens\n5,2,3\n99999999999,2,3\n",
		 ":3: more than"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct load_trace trace;
		struct sim_diag diag = {0};
		assert_int_not_equal(trace_of(bad[i][0], &trace, &diag), SIM_OK);
		if (strstr(diag.text, bad[i][1]) == NULL)
			fail_msg("'%s' is not in '%s'", bad[i][1], diag.text);
		load_trace_fini(&trace);
	}
}

/* Gaps of the processes: mean and coefficient of variation. */
static void test_gaps(void **state)
{
	struct load load;
	(void)state;
	load_init(&load);
	load.rate = 4;
	for (int kind = LOAD_POISSON; kind <= LOAD_FIXED; kind++) {
		double sum = 0, square = 0,
		       wanted = kind == LOAD_POISSON ? 1
				: kind == LOAD_GAMMA ? 3
						     : 0;
		enum { COUNT = 100000 };
		load.arrivals = (enum load_arrivals)kind;
		load.cv = 3;
		for (uint64_t i = 1; i <= COUNT; i++) {
			double gap = load_gap(&load, i);
			sum += gap;
			square += gap * gap;
		}
		double mean = sum / COUNT, cv = sqrt(fabs(square / COUNT - mean * mean)) / mean;
		assert_true(fabs(mean * 4 - 1) < 0.03);
		assert_true(fabs(cv - wanted) < 0.1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers), cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_traces),	cmocka_unit_test(test_bad_traces),
		cmocka_unit_test(test_gaps),	cmocka_unit_test(test_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
