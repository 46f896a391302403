/* What `decodesim show` can show besides a device. */
#ifndef SIM_CLI_SHOW_H
#define SIM_CLI_SHOW_H

#include "sim/cli/cli.h"

/* show trace NAME|FILE */
SIM_MUST_CHECK enum sim_status show_trace(const struct cli_args *args, const char *word,
					  struct sim_diag *diag);

#endif
