/* Clocks, power and temperature of a device from NVML, when the machine has it. */
#ifndef TRACES_TRACER_NVML_H
#define TRACES_TRACER_NVML_H

#include <stdbool.h>

#include "traces/log.h"

enum { NVML_DEVICES = 16, NVML_DRIVER_TEXT = 96 };

/* False where there is no NVML. One thread uses all of this. */
bool nvml_open(void);

/* Finds device INDEX of CUDA by its UUID ("GPU-..."); COUNT: devices that CUDA sees. */
bool nvml_find(unsigned index, unsigned count, const char *uuid);

/* Maximum clocks, power limit; what is not known stays as it is. */
void nvml_describe(unsigned index, struct log_device *device);

/* "" when not known. */
void nvml_driver(char text[NVML_DRIVER_TEXT]);

/* False when INDEX was not found; device and time are the caller's to fill. */
bool nvml_sample(unsigned index, struct log_sample *sample);

#endif
