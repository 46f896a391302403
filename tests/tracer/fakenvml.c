/*
 * A fake libnvidia-ml.so.1: clocks, power and temperature of the fake device, made up and constant.
 */
#include <stdio.h>
#include <string.h>

/* nvmlReturn_t, nvmlClockType_t */
enum { NVML_OK = 0, NVML_INVALID_ARGUMENT = 2, NVML_CLOCK_SM = 1, NVML_CLOCK_MEM = 2 };

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlSystemGetDriverVersion(char *text, unsigned length);
int nvmlDeviceGetCount_v2(unsigned *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device);
int nvmlDeviceGetClockInfo(void *device, int type, unsigned *mhz);
int nvmlDeviceGetMaxClockInfo(void *device, int type, unsigned *mhz);
int nvmlDeviceGetPowerUsage(void *device, unsigned *mw);
int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *mw);
int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius);
int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *reasons);
int nvmlDeviceGetCurrentClocksEventReasons(void *device, unsigned long long *reasons);

static char fake_device;

int nvmlInit_v2(void)
{
	return NVML_OK;
}

int nvmlShutdown(void)
{
	return NVML_OK;
}

int nvmlSystemGetDriverVersion(char *text, unsigned length)
{
	snprintf(text, length, "999.00.fake");
	return NVML_OK;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
	*count = 1;
	return NVML_OK;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
	*device = &fake_device;
	return index == 0 ? NVML_OK : NVML_INVALID_ARGUMENT;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, void **device)
{
	*device = &fake_device;
	return strcmp(uuid, "GPU-f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfeff") == 0
		       ? NVML_OK
		       : NVML_INVALID_ARGUMENT;
}

static int clock_of(int type, unsigned sm, unsigned memory, unsigned *mhz)
{
	*mhz = type == NVML_CLOCK_SM ? sm : memory;
	return type == NVML_CLOCK_SM || type == NVML_CLOCK_MEM ? NVML_OK : NVML_INVALID_ARGUMENT;
}

int nvmlDeviceGetClockInfo(void *device, int type, unsigned *mhz)
{
	return device == &fake_device ? clock_of(type, 1010, 2020, mhz) : NVML_INVALID_ARGUMENT;
}

int nvmlDeviceGetMaxClockInfo(void *device, int type, unsigned *mhz)
{
	return device == &fake_device ? clock_of(type, 1111, 2222, mhz) : NVML_INVALID_ARGUMENT;
}

int nvmlDeviceGetPowerUsage(void *device, unsigned *mw)
{
	*mw = 77000;
	return device == &fake_device ? NVML_OK : NVML_INVALID_ARGUMENT;
}

int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *mw)
{
	*mw = 99000;
	return device == &fake_device ? NVML_OK : NVML_INVALID_ARGUMENT;
}

int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius)
{
	*celsius = 33;
	return device == &fake_device && sensor == 0 ? NVML_OK : NVML_INVALID_ARGUMENT;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *reasons)
{
	*reasons = 1; /* idle */
	return device == &fake_device ? NVML_OK : NVML_INVALID_ARGUMENT;
}

int nvmlDeviceGetCurrentClocksEventReasons(void *device, unsigned long long *reasons)
{
	return nvmlDeviceGetCurrentClocksThrottleReasons(device, reasons);
}
