/* The scenario of a command line: files, options, --set; shared by the commands that lower. */
#ifndef SIM_CLI_SCENARIO_H
#define SIM_CLI_SCENARIO_H

#include "sim/cli/cli.h"
#include "validate/run.h"

/* clang-format off */
/* Options of every command that has a scenario; each but scenario and set is a key of it. */
#define CLI_SCENARIO_OPTIONS \
	{"model", "NAME|FILE", "decodesim list models, a YAML file, or a Hugging Face config.json"}, \
	{"hw", "NAME|FILE.yaml", "decodesim list hw; MODEL:NAME runs another model class on it"}, \
	{"runtime", "NAME|FILE.yaml", "software stack: decodesim list runtimes; default hf-static"}, \
	{"launch", "MODE", "graph (default), eager, pdl or megakernel"}, \
	{"host-speed", "X", "2 halves every host cost; default 1"}, \
	{"batch", "N", "sequences; default 1"}, \
	{"context", "N", "tokens of a sequence cached before the step; default 2048"}, \
	{"width", "N", "tokens a sequence brings into a forward (to verify); default 1"}, \
	{"tokens", "N", "tokens to generate, each step with its grown context; default 1"}, \
	{"tp", "N", "devices that share each layer (tensor parallel); default 1"}, \
	{"pp", "N", "stages of layers (pipeline parallel); default 1"}, \
	{"ep", "N", "devices that share the experts (expert parallel); default 1"}, \
	{"scenario", "NAME|FILE.yaml", "formats, speculation, experts, tiers, in workloads/scenarios"}, \
	{"set", "KEY=VALUE", "of the scenario (weights.bits=4) or device (hbm.bandwidth=8 TB/s)"}
/* clang-format on */

/* Scenario of ARGS: its words and --scenario are files read in order, then options, then --set. */
SIM_MUST_CHECK enum sim_status cli_scenario(const struct cli_args *args,
					    struct workload_scenario *scenario,
					    const char **device_sets, size_t *set_count,
					    struct sim_diag *diag);

/* The same, loaded. SETUP is initialized in any case: call run_setup_fini always. */
SIM_MUST_CHECK enum sim_status cli_setup(const struct cli_args *args, struct run_setup *setup,
					 struct sim_diag *diag);

/* "MODEL-RUNTIME-bB-cC": what a lowered step is called in the store and in trace files. */
void cli_workload_name(const struct workload *workload, double context, char *name, size_t size);

#endif
