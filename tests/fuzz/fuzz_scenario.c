/* Scenarios: what is read is dumped, read again, and lowered for a small model. */
#include "tests/fuzz/fuzz.h"

#include "validate/run.h"

const char fuzz_name[] = "scenario";
const char *const fuzz_seeds[] = {"workloads/scenarios/*.yaml", NULL};

static char *dumped(const struct workload_scenario *scenario)
{
	char *text = NULL;
	FUZZ_REQUIRE(scenario_dump(scenario, &text, NULL) == SIM_OK);
	FUZZ_REQUIRE(text != NULL);
	return text;
}

/* What is dumped is read, and dumped alike. */
static void check_dump(const struct workload_scenario *scenario)
{
	struct workload_scenario again;
	struct sim_diag diag;
	char *text = dumped(scenario);
	diag_init(&diag);
	FUZZ_REQUIRE(scenario_init(&again, &diag) == SIM_OK);
	enum sim_status status = scenario_read(&again, fuzz_file(text, strlen(text)), &diag);
	if (status != SIM_OK)
		fprintf(stderr, "%s\n%s", diag.text, text);
	FUZZ_REQUIRE(status == SIM_OK);
	char *twice = dumped(&again);
	if (strcmp(text, twice) != 0)
		fprintf(stderr, "%s\n---\n%s", text, twice);
	FUZZ_REQUIRE(strcmp(text, twice) == 0);
	free(text);
	free(twice);
	scenario_fini(&again);
}

static void set_unless(struct workload_scenario *scenario, size_t key, const char *name,
		       const char *value)
{
	if (!scenario->values[key].given)
		FUZZ_REQUIRE(scenario_set(scenario, name, value, NULL) == SIM_OK);
}

/* SCENARIO is the setup's from here on. */
static void evaluate(struct workload_scenario *scenario)
{
	struct run_setup setup;
	struct run_result result;
	struct sim_diag diag;
	set_unless(scenario, SCENARIO_MODEL, "model", "llama-3.2-1b");
	set_unless(scenario, SCENARIO_HW, "hw", "h100-sxm");
	if (scenario_number(scenario, SCENARIO_TOKENS) > 4)
		FUZZ_REQUIRE(scenario_set_number(scenario, SCENARIO_TOKENS, 4, NULL) == SIM_OK);
	memset(&setup, 0, sizeof(setup));
	diag_init(&diag);
	enum sim_status status = run_setup(&setup, scenario, NULL, 0, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK) {
		status = run_evaluate(&setup,
				      scenario_number(&setup.workload.scenario, SCENARIO_CONTEXT),
				      &result, NULL, &diag);
		fuzz_check_diag(status, &diag);
	}
	run_setup_fini(&setup);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct workload_scenario scenario;
	struct sim_diag diag;
	diag_init(&diag);
	FUZZ_REQUIRE(scenario_init(&scenario, &diag) == SIM_OK);
	enum sim_status status = scenario_read(&scenario, fuzz_file(data, size), &diag);
	fuzz_check_diag(status, &diag);
	if (status != SIM_OK) {
		scenario_fini(&scenario);
		return 0;
	}
	check_dump(&scenario);
	evaluate(&scenario);
	return 0;
}
