/* The version that a stored run names. */
#ifndef SIM_CLI_VERSION_H
#define SIM_CLI_VERSION_H

#define DECODESIM_VERSION "0.1.0"

#endif
