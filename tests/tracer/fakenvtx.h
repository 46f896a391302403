/*
 * What NVTX 3 lays down between a program and an injected library (nvtxTypes.h of CUDA 13.0), so
 * that the fake program and the fake libcupti need no toolkit: the program hands out tables of
 * pointers to its own function pointers, and the library writes its functions there.
 */
#ifndef TESTS_TRACER_FAKENVTX_H
#define TESTS_TRACER_FAKENVTX_H

#include <stddef.h>
#include <stdint.h>

enum { NVTX_EXPORT_CALLBACKS = 1, NVTX_EXPORT_VERSION = 3 };
enum { NVTX_MODULE_CORE = 1, NVTX_MODULE_CORE2 = 5 };

enum nvtx_core {
	NVTX_MARK_EX = 1,
	NVTX_MARK_A = 2,
	NVTX_RANGE_START_EX = 4,
	NVTX_RANGE_START_A = 5,
	NVTX_RANGE_END = 7,
	NVTX_RANGE_PUSH_EX = 8,
	NVTX_RANGE_PUSH_A = 9,
	NVTX_RANGE_POP = 11,
	NVTX_CORE_SIZE = 16,
};

enum nvtx_core2 {
	NVTX_DOMAIN_MARK_EX = 1,
	NVTX_DOMAIN_RANGE_START_EX = 2,
	NVTX_DOMAIN_RANGE_END = 3,
	NVTX_DOMAIN_RANGE_PUSH_EX = 4,
	NVTX_DOMAIN_RANGE_POP = 5,
	NVTX_DOMAIN_REGISTER_STRING_A = 10,
	NVTX_DOMAIN_CREATE_A = 12,
	NVTX_DOMAIN_DESTROY = 14,
	NVTX_CORE2_SIZE = 16,
};

typedef void (*nvtx_function)(void);

struct nvtx_export_callbacks {
	size_t struct_size;
	int (*get_module_table)(uint32_t module, nvtx_function ***table, unsigned *size);
};

struct nvtx_export_version {
	size_t struct_size;
	uint32_t version;
	uint32_t reserved;
	void (*set_injection_version)(uint32_t version);
};

/* message_type: 0 none, 1 ASCII, 2 wide, 3 registered */
struct nvtx_attributes {
	uint16_t version;
	uint16_t size;
	uint32_t category;
	int32_t color_type;
	uint32_t color;
	int32_t payload_type;
	int32_t reserved;
	uint64_t payload;
	int32_t message_type;
	union {
		const char *ascii;
		void *registered;
	} message;
};

typedef const void *(*nvtx_get_export_fn)(uint32_t table);
typedef int (*nvtx_initialize_fn)(nvtx_get_export_fn get_export);

typedef void (*nvtx_mark_fn)(const char *text);
typedef int (*nvtx_push_fn)(const char *text);
typedef int (*nvtx_push_ex_fn)(const struct nvtx_attributes *attributes);
typedef int (*nvtx_pop_fn)(void);
typedef uint64_t (*nvtx_start_fn)(const char *text);
typedef void (*nvtx_end_fn)(uint64_t id);
typedef int (*nvtx_domain_push_fn)(void *domain, const struct nvtx_attributes *attributes);
typedef int (*nvtx_domain_pop_fn)(void *domain);
typedef void *(*nvtx_domain_create_fn)(const char *name);
typedef void *(*nvtx_domain_register_fn)(void *domain, const char *text);

#endif
