/* Language models on the command line: `list models`, `show model`. */
#ifndef SIM_CLI_MODELS_H
#define SIM_CLI_MODELS_H

#include "sim/cli/cli.h"

SIM_MUST_CHECK enum sim_status models_list(bool json, struct sim_diag *diag);

/* show model NAME|FILE */
SIM_MUST_CHECK enum sim_status models_show(const char *word, bool json, struct sim_diag *diag);

#endif
