/* What `decodesim diff` prints. */
#ifndef SIM_CLI_DIFF_PRINT_H
#define SIM_CLI_DIFF_PRINT_H

#include "sim/cli/cli.h"
#include "sim/explore/run_diff.h"

/* At most MOST device values and groups of kernels. */
void diff_print(const struct run_diff *diff, size_t most);
cJSON *diff_json(const struct run_diff *diff); /* all of them */

#endif
