/*
 * Clocks, power and temperature: see nvml.h. Names and numbers are those of NVML's interface
 * (nvml.h of the driver's SDK), which does not change them within libnvidia-ml.so.1.
 */
#include "traces/tracer/nvml.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

enum { NVML_CLOCK_SM = 1, NVML_CLOCK_MEM = 2, NVML_TEMPERATURE_GPU = 0 };

typedef void *nvml_handle;

/* X(member, symbol, parameters); all return 0 on success */
/* clang-format off */
#define NVML_ENTRY_LIST(X) \
	X(init,        "nvmlInit_v2", (void)) \
	X(by_uuid,     "nvmlDeviceGetHandleByUUID", (const char *uuid, nvml_handle *handle)) \
	X(by_index,    "nvmlDeviceGetHandleByIndex_v2", (unsigned index, nvml_handle *handle)) \
	X(clock,       "nvmlDeviceGetClockInfo", (nvml_handle handle, int clock, unsigned *mhz)) \
	X(max_clock,   "nvmlDeviceGetMaxClockInfo", (nvml_handle handle, int clock, unsigned *mhz)) \
	X(power,       "nvmlDeviceGetPowerUsage", (nvml_handle handle, unsigned *milliwatts)) \
	X(power_limit, "nvmlDeviceGetEnforcedPowerLimit", (nvml_handle handle, unsigned *milliwatts)) \
	X(temperature, "nvmlDeviceGetTemperature", (nvml_handle handle, int sensor, unsigned *celsius)) \
	X(throttle,    "nvmlDeviceGetCurrentClocksThrottleReasons", \
	               (nvml_handle handle, unsigned long long *reasons)) \
	X(driver,      "nvmlSystemGetDriverVersion", (char *text, unsigned size))
/* clang-format on */

static struct {
#define X(member, symbol, parameters) int(*member) parameters;
	NVML_ENTRY_LIST(X)
#undef X
	nvml_handle devices[NVML_DEVICES];
} nvml;

bool nvml_open(void)
{
	void *entry, *library = dlopen("libnvidia-ml.so.1", RTLD_NOW);
	if (library == NULL)
		return false;
#define X(member, symbol, parameters)                                                              \
	entry = dlsym(library, symbol);                                                            \
	memcpy(&nvml.member, &entry, sizeof(entry));
	NVML_ENTRY_LIST(X)
#undef X
	return nvml.init != NULL && nvml.init() == 0;
}

bool nvml_find(unsigned index, unsigned count, const char *uuid)
{
	nvml_handle handle = NULL;
	if (index >= NVML_DEVICES)
		return false;
	bool found = uuid[0] != '\0' && nvml.by_uuid != NULL && nvml.by_uuid(uuid, &handle) == 0;
	if (!found && count == 1 && nvml.by_index != NULL)
		found = nvml.by_index(0, &handle) == 0;
	nvml.devices[index] = found ? handle : NULL;
	return found;
}

void nvml_describe(unsigned index, struct log_device *device)
{
	nvml_handle handle = nvml.devices[index];
	unsigned value = 0;
	if (handle == NULL)
		return;
	if (nvml.max_clock != NULL && nvml.max_clock(handle, NVML_CLOCK_SM, &value) == 0)
		device->max_sm_mhz = value;
	if (nvml.max_clock != NULL && nvml.max_clock(handle, NVML_CLOCK_MEM, &value) == 0)
		device->max_memory_mhz = value;
	if (nvml.power_limit != NULL && nvml.power_limit(handle, &value) == 0)
		device->power_limit_mw = value;
}

void nvml_driver(char text[NVML_DRIVER_TEXT])
{
	text[0] = '\0';
	if (nvml.driver == NULL || nvml.driver(text, NVML_DRIVER_TEXT) != 0)
		text[0] = '\0';
	text[NVML_DRIVER_TEXT - 1] = '\0';
}

bool nvml_sample(unsigned index, struct log_sample *sample)
{
	nvml_handle handle = index < NVML_DEVICES ? nvml.devices[index] : NULL;
	unsigned value = 0;
	unsigned long long reasons = 0;
	if (handle == NULL)
		return false;
	if (nvml.clock != NULL && nvml.clock(handle, NVML_CLOCK_SM, &value) == 0)
		sample->sm_mhz = value;
	if (nvml.clock != NULL && nvml.clock(handle, NVML_CLOCK_MEM, &value) == 0)
		sample->memory_mhz = value;
	if (nvml.power != NULL && nvml.power(handle, &value) == 0)
		sample->power_mw = value;
	if (nvml.temperature != NULL && nvml.temperature(handle, NVML_TEMPERATURE_GPU, &value) == 0)
		sample->temperature_c = value;
	if (nvml.throttle != NULL && nvml.throttle(handle, &reasons) == 0)
		sample->throttle_reasons = (uint32_t)reasons;
	return true;
}
