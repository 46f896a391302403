/* SERVE.yaml and PLAN.yaml: what is read says itself again, and a small one is served. */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include "sim/serve/definition.h"

const char fuzz_name[] = "serve";
const char *const fuzz_seeds[] = {"workloads/serving/*.yaml", "workloads/plans/*.yaml", NULL};

/* What is served of an input: the rest is read only, since nobody waits for it here. */
enum { MOST_REQUESTS = 40, MOST_TOKENS = 64, MOST_LANES = 8 };

static bool is_small(const struct serve_spec *spec)
{
	const char *hw = spec_set_value(spec, "hw"), *model = spec_set_value(spec, "model");
	bool known = hw != NULL && strcmp(hw, "h100-sxm") == 0 && model != NULL &&
		     strcmp(model, "llama-3.2-1b") == 0 && spec->set_count <= 4;
	return known && spec->texts[SPEC_TRACE] == NULL && spec->texts[SPEC_PREFILL_HW] == NULL &&
	       spec->given[SPEC_REQUESTS] && spec->numbers[SPEC_REQUESTS] <= MOST_REQUESTS &&
	       spec->numbers[SPEC_SAMPLES] * spec->numbers[SPEC_ROUNDS] <= MOST_LANES &&
	       spec->given[SPEC_PROMPT] && lengths_most(&spec->prompt) <= MOST_TOKENS &&
	       spec->given[SPEC_OUTPUT] && lengths_most(&spec->output) <= MOST_TOKENS &&
	       spec->numbers[SPEC_PREFIX_TOKENS] <= MOST_TOKENS &&
	       spec->numbers[SPEC_REPLICAS] <= MOST_LANES &&
	       spec->numbers[SPEC_PREFILL_REPLICAS] <= MOST_LANES;
}

static void check_report(const struct serve_report *report)
{
	const struct serve_result *result = &report->result;
	FUZZ_REQUIRE(result->completed + result->refused == result->requests);
	FUZZ_REQUIRE(result->utilization >= 0 && result->utilization <= 1 + 1e-9);
	FUZZ_REQUIRE(!(result->ttft.p50 > result->ttft.p99));
	FUZZ_REQUIRE(report->check_count <= DEPLOY_MOST_CHECKS);
}

static void serve(struct serve_spec *spec)
{
	static struct deployment deployment;
	static struct serve_report report;
	struct load load;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = spec_load(spec, &load, &diag);
	fuzz_check_diag(status, &diag);
	if (status != SIM_OK)
		return;
	status = deployment_open(spec, &deployment, &diag);
	if (status == SIM_OK)
		status = deployment_run(&deployment, spec, &load, &report, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK)
		check_report(&report);
	deployment_close(&deployment);
}

static void check_spec(const char *text, size_t size)
{
	struct serve_spec spec;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = spec_parse("serve.yaml", text, size, &spec, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK) {
		char *definition = spec_definition(&spec);
		FUZZ_REQUIRE(definition != NULL && strncmp(definition, "serve: ", 7) == 0);
		free(definition);
		if (is_small(&spec))
			serve(&spec);
	}
	spec_fini(&spec);
}

static void check_plan(const char *text, size_t size)
{
	struct serve_plan plan;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = plan_parse("plan.yaml", text, size, &plan, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK) {
		FUZZ_REQUIRE(plan.candidate_count >= 1);
		FUZZ_REQUIRE(plan.candidate_count <= PLAN_MOST_CANDIDATES);
		FUZZ_REQUIRE(plan.replica_count >= 1 && plan.replicas[0] >= 1);
		char *definition = plan_definition(&plan);
		FUZZ_REQUIRE(definition != NULL);
		free(definition);
	}
	plan_fini(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_spec((const char *)data, size);
	check_plan((const char *)data, size);
	return 0;
}
