/* The scenario of a command line. */
#include "sim/cli/scenario.h"

#include <stdio.h>
#include <string.h>

#include "workloads/parallel.h"

static const char *const options[][2] = {
	{"model", "model"},
	{"hw", "hw"},
	{"runtime", "runtime"},
	{"launch", "launch"},
	{"batch", "batch"},
	{"context", "context"},
	{"host-speed", "host_speed"},
	{"width", "width"},
	{"tokens", "tokens"},
	{"tp", "tp"},
	{"pp", "pp"},
	{"ep", "ep"},
};

/* A key of the scenario is set; anything else is the device's. */
static enum sim_status take_set(struct workload_scenario *scenario, const char *set,
				const char **device_sets, size_t *set_count, struct sim_diag *diag)
{
	char key[96];
	const char *equal = strchr(set, '=');
	size_t length = equal != NULL ? (size_t)(equal - set) : 0;
	if (length > 0 && length < sizeof(key)) {
		memcpy(key, set, length);
		key[length] = '\0';
		if (scenario_find(key) != SIZE_MAX)
			return scenario_set(scenario, key, equal + 1, diag);
	}
	device_sets[(*set_count)++] = set;
	return SIM_OK;
}

enum sim_status cli_scenario(const struct cli_args *args, struct workload_scenario *scenario,
			     const char **device_sets, size_t *set_count, struct sim_diag *diag)
{
	struct sim_diag why = {0};
	*set_count = 0;
	TRY(scenario_init(scenario, diag));
	for (size_t i = 0; i < args->word_count; i++)
		TRY(scenario_read(scenario, args->words[i], diag));
	if (cli_value(args, "scenario") != NULL)
		TRY(scenario_read(scenario, cli_value(args, "scenario"), diag));
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const char *value = cli_value(args, options[i][0]);
		if (value == NULL)
			continue;
		enum sim_status status = scenario_set(scenario, options[i][1], value, &why);
		if (status != SIM_OK)
			return diag_fail(diag, SIM_E_USAGE, "--%s: %s", options[i][0], why.text);
	}
	for (size_t i = 0; i < args->set_count; i++)
		TRY(take_set(scenario, args->sets[i], device_sets, set_count, diag));
	return SIM_OK;
}

enum sim_status cli_setup(const struct cli_args *args, struct run_setup *setup,
			  struct sim_diag *diag)
{
	const char *sets[CLI_MOST_VALUES];
	size_t set_count;
	struct workload_scenario scenario;
	enum sim_status status = cli_scenario(args, &scenario, sets, &set_count, diag);
	if (status == SIM_OK)
		return run_setup(setup, &scenario, sets, set_count, diag);
	memset(setup, 0, sizeof(*setup));
	scenario_fini(&scenario);
	return status;
}

void cli_workload_name(const struct workload *workload, double context, char *name, size_t size)
{
	const struct scenario_value *values = workload->scenario.values;
	double width = values[SCENARIO_WIDTH].number;
	char more[64] = "";
	if (width > 1)
		snprintf(more, sizeof(more), "-q%.0f", width);
	if (parallel_devices(workload) > 1)
		snprintf(more + strlen(more), sizeof(more) - strlen(more), "-on%.0f",
			 parallel_devices(workload));
	if (workload->scenario.name[0] != '\0')
		snprintf(more + strlen(more), sizeof(more) - strlen(more), "-%.40s",
			 workload->scenario.name);
	snprintf(name, size, "%s-%s-b%.0f-c%.0f%s", workload->model.name, workload->runtime.name,
		 values[SCENARIO_BATCH].number, context, more);
}
