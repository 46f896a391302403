/* A few records at a time from a CUPTI that is four functions, for the recorder's tests. */
#ifndef TESTS_UNIT_TRACER_RECORD_H
#define TESTS_UNIT_TRACER_RECORD_H

#include "tests/unit/tracer_log.h"

#include <sys/syscall.h>

#include "traces/tracer/canary.h"
#include "traces/tracer/crc.h"
#include "traces/tracer/recorder.h"

enum { BUFFER_BYTES = 1 << 16 };

static union {
	uint8_t bytes[BUFFER_BYTES];
	uint64_t alignment;
} buffer;
static size_t used;
static size_t dropped;

static inline size_t size_of(uint32_t kind)
{
	switch (kind) {
	case CUPTI_KIND_CONCURRENT_KERNEL:
		return sizeof(struct cupti_kernel);
	case CUPTI_KIND_RUNTIME:
	case CUPTI_KIND_DRIVER:
		return sizeof(struct cupti_api);
	case CUPTI_KIND_MEMCPY:
		return sizeof(struct cupti_memcpy);
	case CUPTI_KIND_MARKER:
		return sizeof(struct cupti_marker);
	case CUPTI_KIND_OVERHEAD:
		return sizeof(struct cupti_overhead);
	default:
		return 16;
	}
}

static inline int next_record(uint8_t *bytes, size_t valid, struct cupti_record **record)
{
	uint8_t *next = *record != NULL ? (uint8_t *)*record + size_of((*record)->kind) : bytes;
	if (next >= bytes + valid)
		return CUPTI_E_MAX_LIMIT_REACHED;
	*record = (void *)next;
	return CUPTI_OK;
}

static inline int dropped_records(void *context, uint32_t stream, size_t *count)
{
	(void)context;
	(void)stream;
	*count = dropped;
	dropped = 0;
	return CUPTI_OK;
}

static inline int callback_name(uint32_t domain, uint32_t cbid, const char **name)
{
	if (cbid == 100)
		return CUPTI_E_INVALID_PARAMETER;
	*name = domain == CUPTI_DOMAIN_DRIVER ? "cuLaunchKernel"
		: cbid == 211		      ? "cudaLaunchKernel_v7000"
					      : "cudaGetDevice_v3020";
	return CUPTI_OK;
}

static inline int result_string(int result, const char **text)
{
	(void)result;
	*text = "error";
	return CUPTI_OK;
}

static struct cupti fake = {
	.cuptiActivityGetNextRecord = next_record,
	.cuptiActivityGetNumDroppedRecords = dropped_records,
	.cuptiGetCallbackName = callback_name,
	.cuptiGetResultString = result_string,
	.version = CUPTI_ABI_VERSION,
};

static inline struct recorder *begin(void **state, unsigned options)
{
	const struct tracer_settings settings = {.options = options};
	struct log_output file;
	crc_init();
	used = 0;
	dropped = 0;
	fixture_open(&file, state, "log");
	struct recorder *recorder = recorder_create(&fake, &settings, &file);
	assert_non_null(recorder);
	log_output_header(&recorder->log.file, 0, 0);
	return recorder;
}

static inline void *put(uint32_t kind)
{
	struct cupti_record *record = (void *)(buffer.bytes + used);
	used += size_of(kind);
	assert_true(used <= BUFFER_BYTES);
	memset(record, 0, size_of(kind));
	record->kind = kind;
	return record;
}

static inline struct cupti_kernel *put_kernel(const char *name)
{
	struct cupti_kernel *kernel = put(CUPTI_KIND_CONCURRENT_KERNEL);
	kernel->name = name;
	kernel->start = 1000;
	kernel->end = 3000;
	kernel->grid[0] = kernel->grid[1] = kernel->grid[2] = 1;
	kernel->block[0] = 128;
	kernel->block[1] = kernel->block[2] = 1;
	return kernel;
}

/* Reads the buffer, and it is empty again. */
static inline void deliver(struct recorder *recorder)
{
	recorder_read(recorder, buffer.bytes, used);
	used = 0;
}

static inline void end(struct recorder *recorder, struct tracer_log *read)
{
	char path[TRACER_LONGEST_PATH];
	memcpy(path, recorder->log.file.path, sizeof(path));
	recorder_add_counts(recorder);
	log_write_flush(&recorder->log);
	assert_false(log_write_has_failed(&recorder->log));
	recorder_destroy(recorder);
	tracer_log_read(read, path);
}

static inline void put_call(uint32_t kind, uint32_t cbid, uint32_t thread, uint32_t result)
{
	struct cupti_api *call = put(kind);
	call->cbid = cbid;
	call->start = 10;
	call->end = 20;
	call->process = 1;
	call->thread = thread;
	call->correlation = 42;
	call->result = result;
}

#endif
