/* `decodesim run --graph`: an op graph on a machine. */
#ifndef SIM_CLI_RUN_GRAPH_H
#define SIM_CLI_RUN_GRAPH_H

#include "sim/cli/cli.h"

SIM_MUST_CHECK enum sim_status cli_run_graph(const struct cli_args *args, struct sim_diag *diag);

#endif
