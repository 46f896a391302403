/* Speculation: acceptance in closed form, the forwards of an iteration, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "workloads/acceptance.h"
#include "workloads/workload.h"

/* SETS: "key=value" each; the status of planning, with the plan and the bytes of its kernels. */
static enum sim_status planned(const char *const *sets, struct workload_iteration *iteration,
			       uint64_t *bytes, struct sim_diag *diag)
{
	struct workload_scenario scenario;
	struct workload workload;
	struct workload_program program = {0};
	enum sim_status status = scenario_init(&scenario, diag);
	char key[64];
	for (; *sets != NULL && status == SIM_OK; sets++) {
		size_t length = strcspn(*sets, "=");
		memcpy(key, *sets, length);
		key[length] = '\0';
		status = scenario_set(&scenario, key, *sets + length + 1, diag);
	}
	assert_int_equal(status, SIM_OK);
	status = workload_load(&workload, &scenario, 0, diag);
	if (status == SIM_OK)
		status = workload_iterate(&workload, 2048, iteration, diag);
	if (status == SIM_OK)
		status = workload_program(&workload, iteration, &program, diag);
	*bytes = 0;
	for (size_t i = 0; i < program.program.kernel_count; i++)
		*bytes += program.kernels[i].weight_bytes * (i + 1) +
			  program.kernels[i].act_read_bytes;
	if (status == SIM_OK)
		workload_program_fini(&program);
	workload_fini(&workload);
	return status;
}

static void test_chain(void **state)
{
	(void)state;
	double a = 0.7;
	assert_true(acceptance_chain(0, 5) == 1);
	assert_true(acceptance_chain(1, 5) == 6);
	double closed = (1 - a * a * a * a) / (1 - a), chain = acceptance_chain(a, 3);
	assert_true(chain > closed - 1e-12 && chain < closed + 1e-12);
	assert_true(acceptance_tree(a, 3, 3) > chain - 1e-12);
	assert_true(acceptance_tree(a, 3, 3) < chain + 1e-12);
	assert_true(acceptance_tree(a, 12, 3) > acceptance_chain(a, 3));
	assert_true(acceptance_tree(1, 12, 3) == 4);
	const double shares[] = {0.25, 0.25, 0.5}, rates[] = {0.3, 0.6};
	assert_true(acceptance_lengths(shares, 3) == 2.25);
	assert_true(acceptance_at(rates, 2, 100, 99) == 0.3);
	assert_true(acceptance_at(rates, 2, 100, 100) == 0.6);
	assert_true(acceptance_at(rates, 2, 100, 1e6) == 0.6);
}

static void test_no_draft(void **state)
{
	(void)state;
	struct workload_iteration with, without;
	uint64_t bytes_with, bytes_without;
	struct sim_diag diag = {0};
	const char *const none[] = {"model=llama-3.2-1b", NULL};
	const char *const zero[] = {"model=llama-3.2-1b", "draft.kind=self", "draft.k=0",
				    "draft.acceptance=0.9", NULL};
	assert_int_equal(planned(none, &without, &bytes_without, &diag), SIM_OK);
	assert_int_equal(planned(zero, &with, &bytes_with, &diag), SIM_OK);
	assert_memory_equal(&with, &without, sizeof(with));
	assert_int_equal(bytes_with, bytes_without);
}

static void test_forwards(void **state)
{
	(void)state;
	struct workload_iteration plan;
	uint64_t bytes;
	struct sim_diag diag = {0};
	const char *const chain[] = {"model=llama-3.1-8b",
				     "draft.kind=model",
				     "draft.model=llama-3.2-1b",
				     "draft.k=4",
				     "draft.acceptance=1",
				     "draft.context=512",
				     NULL};
	const char *const tree[] = {
		"model=llama-3.1-8b", "draft.kind=self", "draft.layers=1",	    "draft.k=6",
		"draft.nodes=60",     "draft.tau=4.1",	 "draft.schedule=parallel", NULL};
	assert_int_equal(planned(chain, &plan, &bytes, &diag), SIM_OK);
	assert_int_equal(plan.forward_count, 2);
	assert_int_equal(plan.forwards[0].count, 4);
	assert_int_equal(plan.forwards[0].model, 1);
	assert_true(plan.forwards[0].context == 512 && plan.forwards[1].context == 2048);
	assert_true(plan.forwards[1].width == 5 && plan.kv_tokens == 5 && plan.tokens == 5);
	assert_int_equal(planned(tree, &plan, &bytes, &diag), SIM_OK);
	assert_int_equal(plan.forward_count, 3);
	assert_int_equal(plan.forwards[0].count + plan.forwards[1].count, 6);
	assert_true(plan.forwards[1].width == 10 && plan.forwards[2].width == 61);
	assert_true(plan.forwards[0].stream == 1 && plan.forwards[2].stream == 0);
	assert_true(plan.tokens == 4.1);
}

static void refuse(const char *const *sets, const char *message)
{
	struct workload_iteration plan;
	uint64_t bytes;
	struct sim_diag diag = {0};
	assert_int_not_equal(planned(sets, &plan, &bytes, &diag), SIM_OK);
	assert_non_null(strstr(diag.text, message));
}

static void test_refusals(void **state)
{
	(void)state;
	refuse((const char *const[]){"model=llama-3.2-1b", "draft.k=4", NULL}, "no effect");
	refuse((const char *const[]){"model=llama-3.2-1b", "draft.kind=ngram", "draft.k=2",
				     "draft.tau=3.5", NULL},
	       "draft.tau");
	refuse((const char *const[]){"model=llama-3.2-1b", "draft.kind=ngram", "draft.k=2",
				     "draft.lengths=[0.5, 0.2]", NULL},
	       "sum to 0.7");
	refuse((const char *const[]){"model=llama-3.2-1b", "draft.kind=ngram", "draft.k=2", NULL},
	       "give one of");
	refuse((const char *const[]){"model=llama-3.2-1b", "draft.kind=model", "draft.k=2",
				     "draft.tau=2", NULL},
	       "draft.model");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_no_draft),
		cmocka_unit_test(test_forwards),
		cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
