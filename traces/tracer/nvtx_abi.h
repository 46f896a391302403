/*
 * What the tracer uses of NVTX's interface to tools, so that it builds without NVTX's headers (which
 * are part of the CUDA toolkit). Layouts and numbers are those of NVTX 3.2; they are the same since
 * NVTX 2. tests/unit/test_cupti_abi.c holds them against the headers where these are installed.
 */
#ifndef TRACES_TRACER_NVTX_ABI_H
#define TRACES_TRACER_NVTX_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

enum { NVTX_TABLE_CALLBACKS = 1 };

enum { NVTX_MODULE_CORE = 1, NVTX_MODULE_CORE2 = 5 };

enum {
	NVTX_CORE_RANGE_START_EX = 4,
	NVTX_CORE_RANGE_START_A = 5,
	NVTX_CORE_RANGE_START_W = 6,
	NVTX_CORE_RANGE_END = 7,
	NVTX_CORE_RANGE_PUSH_EX = 8,
	NVTX_CORE_RANGE_PUSH_A = 9,
	NVTX_CORE_RANGE_PUSH_W = 10,
	NVTX_CORE_RANGE_POP = 11,
};

enum {
	NVTX_CORE2_RANGE_START_EX = 2,
	NVTX_CORE2_RANGE_END = 3,
	NVTX_CORE2_RANGE_PUSH_EX = 4,
	NVTX_CORE2_RANGE_POP = 5,
	NVTX_CORE2_REGISTER_STRING_A = 10,
	NVTX_CORE2_REGISTER_STRING_W = 11,
	NVTX_CORE2_DOMAIN_CREATE_A = 12,
	NVTX_CORE2_DOMAIN_CREATE_W = 13,
};

enum { NVTX_MESSAGE_ASCII = 1, NVTX_MESSAGE_WIDE = 2, NVTX_MESSAGE_REGISTERED = 3 };

enum { NVTX_UNTRACKED = -2 }; /* a push or pop whose level nobody knows */

struct nvtx_event {
	uint16_t version;
	uint16_t size; /* of the program's struct */
	uint32_t category;
	int32_t color_type;
	uint32_t color;
	int32_t payload_type;
	int32_t reserved;
	uint64_t payload;
	int32_t message_type;
	const void *message; /* char *, wchar_t * or what registering gave */
};

/* A table has pointers to where NVTX keeps each function's pointer; SIZE entries count. */
typedef void (*nvtx_function)(void);

struct nvtx_callbacks_table {
	size_t struct_size;
	int (*module_functions)(int module, nvtx_function ***table, unsigned *size);
};

#endif
