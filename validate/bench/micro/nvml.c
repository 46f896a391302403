/*
 * NVML without its header: the few calls that are needed, with the ABI that nvml.h has documented
 * since NVML 4 (functions of the C calling convention, int results of 0 for success, an opaque
 * device pointer).
 */
#include "validate/bench/micro/nvml.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

enum { CLOCK_SM = 1, CLOCK_MEMORY = 2, TEMPERATURE_GPU = 0 };

typedef void *device_handle;

struct nvml {
	void *library;
	int (*shut_down)(void);
	device_handle device;
	int (*clock)(device_handle device, int type, unsigned *mhz);
	int (*power)(device_handle device, unsigned *milliwatts);
	int (*temperature)(device_handle device, int sensor, unsigned *celsius);
	int (*throttle)(device_handle device, unsigned long long *reasons);
};

/* dlsym gives a data pointer; this is POSIX's own way to a function pointer. */
static bool find(void *library, const char *name, void *function)
{
	void *symbol = dlsym(library, name);
	*(void **)function = symbol;
	return symbol != NULL;
}

static const char *attach(struct nvml *nvml, const char *pci)
{
	int (*init)(void);
	int (*by_pci)(const char *, device_handle *);
	void *library = nvml->library;
	if (!find(library, "nvmlInit_v2", (void *)&init) ||
	    !find(library, "nvmlShutdown", (void *)&nvml->shut_down) ||
	    !find(library, "nvmlDeviceGetHandleByPciBusId_v2", (void *)&by_pci))
		return "this NVML lacks nvmlInit_v2";
	(void)find(library, "nvmlDeviceGetClockInfo", (void *)&nvml->clock);
	(void)find(library, "nvmlDeviceGetPowerUsage", (void *)&nvml->power);
	(void)find(library, "nvmlDeviceGetTemperature", (void *)&nvml->temperature);
	(void)find(library, "nvmlDeviceGetCurrentClocksThrottleReasons", (void *)&nvml->throttle);
	if (init() != 0)
		return "NVML does not start";
	if (by_pci(pci, &nvml->device) == 0)
		return NULL;
	nvml->shut_down();
	return "NVML does not know the device";
}

struct nvml *nvml_open(const char *library, const char *pci, const char **why)
{
	struct nvml *nvml = calloc(1, sizeof(*nvml));
	*why = "out of memory";
	if (nvml == NULL)
		return NULL;
	nvml->library = dlopen(library == NULL ? "libnvidia-ml.so.1" : library, RTLD_NOW);
	*why = nvml->library == NULL ? "no NVML library" : attach(nvml, pci);
	if (*why == NULL)
		return nvml;
	if (nvml->library != NULL)
		dlclose(nvml->library);
	free(nvml);
	return NULL;
}

void nvml_close(struct nvml *nvml)
{
	if (nvml == NULL)
		return;
	nvml->shut_down();
	dlclose(nvml->library);
	free(nvml);
}

void nvml_sample(struct nvml *nvml, struct results_state *state)
{
	unsigned value;
	unsigned long long reasons;
	*state = (struct results_state){-1, -1, -1, -1, -1};
	if (nvml == NULL)
		return;
	if (nvml->clock != NULL && nvml->clock(nvml->device, CLOCK_SM, &value) == 0)
		state->sm_mhz = value;
	if (nvml->clock != NULL && nvml->clock(nvml->device, CLOCK_MEMORY, &value) == 0)
		state->memory_mhz = value;
	if (nvml->power != NULL && nvml->power(nvml->device, &value) == 0)
		state->power_w = value * 1e-3;
	if (nvml->temperature != NULL &&
	    nvml->temperature(nvml->device, TEMPERATURE_GPU, &value) == 0)
		state->temperature_c = value;
	if (nvml->throttle != NULL && nvml->throttle(nvml->device, &reasons) == 0)
		state->throttle_reasons = (double)reasons;
}
