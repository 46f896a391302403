/*
 * Parts of a batch beside each other: none is no change, together they do the work of the whole but
 * for the weights, which each reads; units overlap, one unit gains nothing; uneven parts are refused.
 */
#include "tests/unit/transform_fixture.h"

#include <math.h>
#include <stdlib.h>

#include "validate/run.h"

#define SETTING "model=llama-3.1-8b", "runtime=fused-ideal", "context=2048", "launch=megakernel"

static enum sim_status evaluate(const char *const *sets, struct run_result *result,
				struct sim_diag *diag)
{
	struct workload_scenario scenario;
	struct run_setup setup;
	enum sim_status status;
	*diag = (struct sim_diag){0};
	assert_int_equal(scenario_init(&scenario, diag), SIM_OK);
	for (; *sets != NULL; sets++) {
		char key[64];
		const char *equal = strchr(*sets, '=');
		memcpy(key, *sets, (size_t)(equal - *sets));
		key[equal - *sets] = '\0';
		if (scenario_set(&scenario, key, equal + 1, diag) != SIM_OK)
			fail_msg("%s", diag->text);
	}
	status = run_setup(&setup, &scenario, NULL, 0, diag);
	if (status == SIM_OK)
		status = run_evaluate(&setup, 2048, result, NULL, diag);
	run_setup_fini(&setup);
	return status;
}

static struct run_result result_of(const char *const *sets)
{
	struct run_result result;
	struct sim_diag diag;
	if (evaluate(sets, &result, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return result;
}

static void one_part_is_the_whole(void **state)
{
	static const char *const plain[] = {SETTING, "hw=attacc-8", "batch=64", NULL};
	static const char *const one[] = {SETTING, "hw=attacc-8", "batch=64", "sub_batches=1",
					  NULL};
	(void)state;
	assert_true(result_of(plain).digest == result_of(one).digest);
}

static void parts_read_the_weights_each(void **state)
{
	static const char *const one[] = {SETTING, "hw=attacc-8", "batch=64", NULL};
	static const char *const four[] = {SETTING, "hw=attacc-8", "batch=64", "sub_batches=4",
					   NULL};
	struct run_result a = result_of(one), b = result_of(four);
	(void)state;
	assert_true(b.kv_read_bytes == a.kv_read_bytes);
	assert_true(b.flops == a.flops);
	assert_true(b.batch == a.batch && b.tokens == a.tokens);
	/* but for the embedding's rows, of which there are as many as tokens */
	assert_true(fabs(b.weight_read_bytes / (4 * a.weight_read_bytes) - 1) < 1e-3);
}

/* On two units the larger of their times hides the smaller; on one there is nothing to hide in. */
static void units_overlap_and_one_unit_gains_nothing(void **state)
{
	static const char *const whole[] = {SETTING, "hw=attacc-8", "batch=1024", NULL};
	static const char *const parts[] = {SETTING, "hw=attacc-8", "batch=1024", "sub_batches=2",
					    NULL};
	static const char *const gpu[] = {SETTING, "hw=roofline:h100-sxm", "batch=64", NULL};
	static const char *const gpu_parts[] = {SETTING, "hw=roofline:h100-sxm", "batch=64",
						"sub_batches=2", NULL};
	struct run_result a = result_of(whole), b = result_of(parts);
	int64_t alone[2] = {0};
	(void)state;
	for (size_t i = 0; i < b.placement.count; i++)
		alone[b.placement.rows[i].unit] += b.placement.rows[i].ps;
	int64_t longer = alone[0] > alone[1] ? alone[0] : alone[1];
	assert_true(b.step_ps < a.step_ps);
	assert_true(b.step_ps < alone[0] + alone[1] && b.step_ps > longer / 2);
	assert_true(result_of(gpu_parts).step_ps > result_of(gpu).step_ps);
}

/* A draft on the PIM beside its verification on the GPU: the longer of the two, not their sum. */
static void a_draft_runs_on_one_unit_while_another_verifies(void **state)
{
	static const char device[] =
		"device: pair\nmodel: system\nunits:\n  gpu: {device: h100-sxm}\n"
		"  pim: {device: attacc-bank}\n"
		"placement:\n  - {op: [gemm, attention], draft: true, unit: pim}\n"
		"memory: {weights: [gpu, pim], kv: [gpu, pim]}\n";
	char path[] = "/tmp/decodesim-pair-XXXXXX.yaml", hw[64];
	FILE *file = fdopen(mkstemps(path, 5), "w");
	(void)state;
	fputs(device, file);
	fclose(file);
	snprintf(hw, sizeof(hw), "hw=%s", path);
#define DRAFT                                                                                      \
	SETTING, hw, "draft.kind=model", "draft.model=llama-3.2-1b", "draft.k=4",                  \
		"draft.acceptance=0.8"
	const char *const row[] = {DRAFT, NULL};
	const char *const beside[] = {DRAFT, "draft.schedule=parallel", NULL};
	struct run_result a = result_of(row), b = result_of(beside);
	int64_t alone[2] = {0};
	for (size_t i = 0; i < b.placement.count; i++)
		alone[b.placement.rows[i].unit] += b.placement.rows[i].ps;
	assert_true(alone[0] > 0 && alone[1] > 0);
	assert_true(b.step_ps < a.step_ps && b.step_ps < alone[0] + alone[1]);
	assert_true(b.kernels == a.kernels && b.tokens == a.tokens);
	remove(path);
}

static void uneven_parts_are_refused(void **state)
{
	static const char *const sets[] = {SETTING, "hw=attacc-8", "batch=3", "sub_batches=2",
					   NULL};
	struct run_result result;
	struct sim_diag diag;
	(void)state;
	assert_int_equal(evaluate(sets, &result, &diag), SIM_E_RANGE);
	assert_non_null(strstr(diag.text, "do not divide"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_part_is_the_whole),
		cmocka_unit_test(parts_read_the_weights_each),
		cmocka_unit_test(units_overlap_and_one_unit_gains_nothing),
		cmocka_unit_test(a_draft_runs_on_one_unit_while_another_verifies),
		cmocka_unit_test(uneven_parts_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
