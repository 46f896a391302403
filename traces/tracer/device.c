/* The devices of the traced program: see device.h. */
#include "traces/tracer/device.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "traces/tracer/loaded.h"
#include "traces/tracer/nvml.h"
#include "traces/tracer/queue.h"
#include "traces/tracer/say.h"

/* CUresult */
enum { CUDA_OK = 0, CUDA_NOT_INITIALIZED = 3 };

/* CUdevice_attribute; numbers that no driver knows are refused by it. CUDA 13.0 has 150. */
enum { FIRST_ATTRIBUTE = 1, LAST_ATTRIBUTE = 160 };

enum { UUID_BYTES = 16, UUID_TEXT = 48, NAME_TEXT = 256 };

struct uuid {
	unsigned char bytes[UUID_BYTES];
};

/* clang-format off */
#define CUDA_ENTRY_LIST(X) \
	X(count,     "cuDeviceGetCount", (int *count)) \
	X(get,       "cuDeviceGet", (int *device, int ordinal)) \
	X(name,      "cuDeviceGetName", (char *name, int size, int device)) \
	X(memory,    "cuDeviceTotalMem_v2", (size_t *bytes, int device)) \
	X(attribute, "cuDeviceGetAttribute", (int *value, int attribute, int device)) \
	X(version,   "cuDriverGetVersion", (int *version))
/* clang-format on */

struct cuda {
#define X(member, symbol, parameters) int(*member) parameters;
	CUDA_ENTRY_LIST(X)
#undef X
	int (*uuid)(struct uuid *uuid, int device); /* may be missing */
};

static unsigned sampled; /* devices that NVML knows may be among the first SAMPLED */

/* The driver that the process has; we load none. */
static bool find_driver(struct cuda *cuda)
{
	void *entry, *library = loaded_library("libcuda.so");
	bool all = true;
	if (library == NULL)
		return false;
#define X(member, symbol, parameters)                                                              \
	entry = dlsym(library, symbol);                                                            \
	memcpy(&cuda->member, &entry, sizeof(entry));                                              \
	all = all && entry != NULL;
	CUDA_ENTRY_LIST(X)
#undef X
	entry = dlsym(library, "cuDeviceGetUuid_v2");
	if (entry == NULL)
		entry = dlsym(library, "cuDeviceGetUuid");
	memcpy(&cuda->uuid, &entry, sizeof(entry));
	return all;
}

/* As NVML and nvidia-smi write it. */
static void uuid_text(const struct cuda *cuda, int device, char text[UUID_TEXT])
{
	struct uuid uuid = {0};
	text[0] = '\0';
	if (cuda->uuid == NULL || cuda->uuid(&uuid, device) != CUDA_OK)
		return;
	int length = snprintf(text, UUID_TEXT, "GPU-");
	for (int i = 0; i < UUID_BYTES; i++) {
		const bool dash = i == 4 || i == 6 || i == 8 || i == 10;
		length += snprintf(text + length, UUID_TEXT - (size_t)length, "%s%02x",
				   dash ? "-" : "", uuid.bytes[i]);
	}
}

static void note_attributes(const struct cuda *cuda, uint32_t ordinal, int device)
{
	for (int attribute = FIRST_ATTRIBUTE; attribute <= LAST_ATTRIBUTE; attribute++) {
		int value = 0;
		if (cuda->attribute(&value, attribute, device) != CUDA_OK)
			continue;
		struct note note = {.kind = LOG_ATTRIBUTE};
		note.attribute = (struct log_attribute){
			.device = ordinal,
			.attribute = (uint32_t)attribute,
			.value = value,
		};
		queue_push_note(&note);
	}
}

static void note_device(const struct cuda *cuda, uint32_t ordinal, uint32_t count, bool has_nvml)
{
	char name[NAME_TEXT] = "", uuid[UUID_TEXT], driver[NVML_DRIVER_TEXT] = "";
	int device = 0, version = 0;
	size_t memory = 0;
	if (cuda->get(&device, (int)ordinal) != CUDA_OK)
		return;
	if (cuda->name(name, sizeof(name), device) != CUDA_OK)
		name[0] = '\0';
	if (cuda->memory(&memory, device) != CUDA_OK)
		memory = 0;
	if (cuda->version(&version) != CUDA_OK)
		version = 0;
	name[sizeof(name) - 1] = '\0';
	uuid_text(cuda, device, uuid);
	struct note note = {.kind = LOG_DEVICE};
	note.device = (struct log_device){
		.device = ordinal,
		.memory_bytes = memory,
		.driver_version = (uint32_t)version,
	};
	if (has_nvml && nvml_find(ordinal, count, uuid))
		nvml_describe(ordinal, &note.device);
	if (has_nvml)
		nvml_driver(driver);
	note.texts[0] = strdup(name);
	note.texts[1] = strdup(uuid);
	note.texts[2] = strdup(driver);
	queue_push_note(&note);
	note_attributes(cuda, ordinal, device);
}

bool devices_note(void)
{
	struct cuda cuda = {0};
	int count = 0;
	if (!find_driver(&cuda))
		return false;
	int result = cuda.count(&count);
	if (result == CUDA_NOT_INITIALIZED)
		return false;
	if (result != CUDA_OK) {
		tracer_tell("the driver counts no devices: error %d", result);
		return true;
	}
	bool has_nvml = count > 0 && nvml_open();
	tracer_tell("%d devices, %s NVML", count, has_nvml ? "with" : "without");
	for (int i = 0; i < count; i++)
		note_device(&cuda, (uint32_t)i, (uint32_t)count, has_nvml);
	if (has_nvml)
		sampled = count < NVML_DEVICES ? (unsigned)count : NVML_DEVICES;
	return true;
}

void devices_sample(uint64_t time_ns)
{
	for (unsigned i = 0; i < sampled; i++) {
		struct note note = {.kind = LOG_SAMPLE};
		note.sample = (struct log_sample){.time_ns = time_ns, .device = i};
		if (nvml_sample(i, &note.sample))
			queue_push_note(&note);
	}
}
