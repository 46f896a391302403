/* The version, under the name by which the commands know it. */
#ifndef SIM_CLI_VERSION_H
#define SIM_CLI_VERSION_H

#include "sim/core/version.h"

#endif
