/*
 * A fake libcuda.so.1: one device "Fake GPU", cuInit() that loads the injected library as the real
 * one does, and the hooks through which the fake libcupti learns what the program does.
 * FAKE_CUDA (words): "no-device" has cuInit() fail, as on a machine without a GPU.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/tracer/fakedriver.h"

/* CUresult */
enum { CUDA_OK = 0, CUDA_INVALID_VALUE = 1, CUDA_NOT_INITIALIZED = 3, CUDA_NO_DEVICE = 100 };

struct cu_uuid {
	char bytes[16];
};

int cuInit(unsigned flags);
int cuDriverGetVersion(int *version);
int cuDeviceGetCount(int *count);
int cuDeviceGet(int *device, int ordinal);
int cuDeviceGetName(char *name, int length, int device);
int cuDeviceTotalMem_v2(size_t *bytes, int device);
int cuDeviceGetUuid(struct cu_uuid *uuid, int device);
int cuDeviceGetUuid_v2(struct cu_uuid *uuid, int device);
int cuDeviceGetAttribute(int *value, int attribute, int device);
void fakeSetHooks(const struct fake_hooks *hooks);
const struct fake_hooks *fakeGetHooks(void);

static atomic_bool initialized;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic(const struct fake_hooks *) current;

void fakeSetHooks(const struct fake_hooks *hooks)
{
	atomic_store(&current, hooks);
}

const struct fake_hooks *fakeGetHooks(void)
{
	return atomic_load(&current);
}

static bool has_device(void)
{
	const char *words = getenv("FAKE_CUDA");
	return words == NULL || strstr(words, "no-device") == NULL;
}

/* as the driver: a path that cannot be loaded is passed over in silence */
static void inject(void)
{
	const char *path = getenv("CUDA_INJECTION64_PATH");
	void *library = path != NULL ? dlopen(path, RTLD_LAZY) : NULL;
	void *symbol = library != NULL ? dlsym(library, "InitializeInjection") : NULL;
	int (*start)(void);
	memcpy(&start, &symbol, sizeof(start));
	if (start != NULL && start() != 1)
		fprintf(stderr, "fake libcuda: InitializeInjection failed\n");
}

static void initialize(void)
{
	if (!has_device())
		return;
	inject();
	atomic_store(&initialized, true);
}

int cuInit(unsigned flags)
{
	if (flags != 0)
		return CUDA_INVALID_VALUE;
	pthread_once(&once, initialize);
	return atomic_load(&initialized) ? CUDA_OK : CUDA_NO_DEVICE;
}

static uint64_t now_ns(void)
{
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

/* the one call in here that CUPTI hears of */
int cuDriverGetVersion(int *version)
{
	const struct fake_hooks *hooks = fakeGetHooks();
	const struct fake_call call = {
		.id = FAKE_GET_VERSION,
		.start_ns = now_ns(),
		.duration_ns = 100,
	};
	*version = 13000;
	if (hooks != NULL)
		hooks->call(&call);
	return CUDA_OK;
}

int cuDeviceGetCount(int *count)
{
	*count = 1;
	return atomic_load(&initialized) ? CUDA_OK : CUDA_NOT_INITIALIZED;
}

int cuDeviceGet(int *device, int ordinal)
{
	*device = ordinal;
	return ordinal == 0 ? CUDA_OK : CUDA_INVALID_VALUE;
}

int cuDeviceGetName(char *name, int length, int device)
{
	if (length <= 0 || device != 0)
		return CUDA_INVALID_VALUE;
	snprintf(name, (size_t)length, "Fake GPU");
	return CUDA_OK;
}

int cuDeviceTotalMem_v2(size_t *bytes, int device)
{
	*bytes = (size_t)12345 << 20;
	return device == 0 ? CUDA_OK : CUDA_INVALID_VALUE;
}

int cuDeviceGetUuid_v2(struct cu_uuid *uuid, int device)
{
	for (int i = 0; i < 16; i++)
		uuid->bytes[i] = (char)(0xf0 | i);
	return device == 0 ? CUDA_OK : CUDA_INVALID_VALUE;
}

int cuDeviceGetUuid(struct cu_uuid *uuid, int device)
{
	return cuDeviceGetUuid_v2(uuid, device);
}

int cuDeviceGetAttribute(int *value, int attribute, int device)
{
	/* CUdevice_attribute: threads per block, warp, clock kHz, SMs, memory clock kHz, bus width,
	 * L2 bytes, compute capability 99.1: no such GPU exists */
	static const int known[][2] = {
		{1, 1024}, {10, 32},	  {13, 1111000}, {16, 7}, {36, 2222000},
		{37, 512}, {38, 3 << 20}, {75, 99},	 {76, 1},
	};
	if (device != 0 || attribute < 1)
		return CUDA_INVALID_VALUE;
	*value = 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i][0] == attribute)
			*value = known[i][1];
	return attribute < 150 ? CUDA_OK : CUDA_INVALID_VALUE;
}
