/* Clocks, power and temperature through NVML, which is loaded at run time and may be absent. */
#ifndef VALIDATE_BENCH_MICRO_NVML_H
#define VALIDATE_BENCH_MICRO_NVML_H

#include <stdbool.h>

#include "validate/bench/micro/results.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nvml;

/*
 * The device at PCI address PCI ("0000:3b:00.0"), by LIBRARY or, when that is NULL,
 * libnvidia-ml.so.1. NULL when there is no such library or device; *WHY then says which.
 */
struct nvml *nvml_open(const char *library, const char *pci, const char **why);
void nvml_close(struct nvml *nvml); /* NULL is allowed */

/* What is not known stays below 0; of a NULL NVML nothing is. */
void nvml_sample(struct nvml *nvml, struct results_state *state);

#ifdef __cplusplus
}
#endif

#endif
