/* The version that a stored run and a log name. */
#ifndef SIM_CORE_VERSION_H
#define SIM_CORE_VERSION_H

#define DECODESIM_VERSION "0.1.0"

#endif
