/*
 * Native logs made by hand: a header, then blocks with their checksums, in memory. A test adds
 * records as structs of traces/log.h, each call a block of its own, and stores the bytes.
 */
#ifndef TESTS_UNIT_LOG_FIXTURE_H
#define TESTS_UNIT_LOG_FIXTURE_H

#include "tests/unit/trace_files.h"

#include "traces/log.h"
#include "traces/trace.h"

struct log_made {
	char *data;
	size_t length, capacity;
	uint64_t sequence;
	uint32_t strings; /* ids given so far */
};

static inline uint32_t log_crc(const void *bytes, size_t length)
{
	return (uint32_t)crc32_z(0, bytes, length);
}

static inline void log_append(struct log_made *log, const void *bytes, size_t length)
{
	while (log->length + length > log->capacity) {
		log->capacity = log->capacity > 0 ? log->capacity * 2 : 4096;
		log->data = realloc(log->data, log->capacity);
		assert_non_null(log->data);
	}
	if (length > 0)
		memcpy(log->data + log->length, bytes, length);
	log->length += length;
}

static inline void log_seal_header(struct log_header *header)
{
	header->crc = log_crc(header, offsetof(struct log_header, crc));
}

static inline struct log_header log_plain_header(uint32_t features)
{
	struct log_header header = {
		.major = LOG_MAJOR,
		.minor = LOG_MINOR,
		.header_bytes = sizeof(header),
		.features = features,
		.start_ns = 1000,
		.process = 77,
	};
	memcpy(header.magic, LOG_MAGIC, LOG_MAGIC_BYTES);
	log_seal_header(&header);
	return header;
}

static inline struct log_made log_begin(uint32_t features)
{
	struct log_made log = {0};
	struct log_header header = log_plain_header(features);
	log_append(&log, &header, sizeof(header));
	return log;
}

/* A block around PAYLOAD as it is, however wrong RECORD_BYTES and COUNT are for it. */
static inline void log_raw_block(struct log_made *log, unsigned kind, size_t record_bytes,
				 size_t count, const void *payload, size_t payload_bytes)
{
	struct log_block block = {
		.magic = LOG_BLOCK_MAGIC,
		.kind = (uint16_t)kind,
		.record_bytes = (uint16_t)record_bytes,
		.record_count = (uint32_t)count,
		.payload_bytes = (uint32_t)payload_bytes,
		.sequence = log->sequence++,
		.payload_crc = log_crc(payload, payload_bytes),
	};
	block.header_crc = log_crc(&block, offsetof(struct log_block, header_crc));
	log_append(log, &block, sizeof(block));
	log_append(log, payload, payload_bytes);
}

static inline void log_records(struct log_made *log, unsigned kind, const void *records,
			       size_t size, size_t count)
{
	log_raw_block(log, kind, size, count, records, size * count);
}

/* LOG_ADD(&log, CALL, log_call, {.start_ns = 5}, {...}): a block of records */
#define LOG_ADD(log, kind, type, ...)                                                              \
	do {                                                                                       \
		const struct type records_[] = {__VA_ARGS__};                                      \
		log_records(log, LOG_##kind, records_, sizeof(records_[0]),                        \
			    sizeof(records_) / sizeof(records_[0]));                               \
	} while (0)

/* Append a string to PAYLOAD as a LOG_STRING block has it; returns the bytes. */
static inline size_t log_put_string(char *payload, uint32_t id, const char *text, size_t length)
{
	struct log_string head = {id, (uint32_t)length};
	size_t padded = (length + 7) / 8 * 8;
	memcpy(payload, &head, sizeof(head));
	memset(payload + sizeof(head), 0, padded);
	memcpy(payload + sizeof(head), text, length);
	return sizeof(head) + padded;
}

/* A string as a block; its id. */
static inline uint32_t log_string_bytes(struct log_made *log, const char *text, size_t length)
{
	char *payload = malloc(length + 16);
	assert_non_null(payload);
	size_t bytes = log_put_string(payload, ++log->strings, text, length);
	log_raw_block(log, LOG_STRING, 0, 1, payload, bytes);
	free(payload);
	return log->strings;
}

static inline uint32_t log_string(struct log_made *log, const char *text)
{
	return log_string_bytes(log, text, strlen(text));
}

static inline void log_fact(struct log_made *log, const char *key, const char *value)
{
	uint32_t of_key = log_string(log, key), of_value = log_string(log, value);
	LOG_ADD(log, FACT, log_fact, {of_key, of_value});
}

static inline void log_end(struct log_made *log)
{
	LOG_ADD(log, END, log_end, {.time_ns = 1, .reason = LOG_END_EXIT});
}

static inline void log_free(struct log_made *log)
{
	free(log->data);
	memset(log, 0, sizeof(*log));
}

/* Store under /tmp and forget; the path holds until the next call. */
static inline const char *log_stored(struct log_made *log)
{
	const char *path = file_temporary("test.dslog");
	file_store(path, log->data, log->length);
	log_free(log);
	return path;
}

static inline void log_read_good(const char *path, struct trace *trace)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (trace_read(path, trace, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static inline bool log_lacks(const struct trace *trace, enum trace_lack lack)
{
	return trace->lacks >> lack & 1;
}

/*
 * What most tests begin with: thread 0 (system id 9), calls 0 cudaLaunchKernel, 1 cuLaunchKernel,
 * 2 cudaGraphLaunch, 3 cudaStreamSynchronize, 4 cudaEventRecord, sites 1 "gemm" and 2 "norm" of
 * device 0, context 1.
 */
static inline void log_tables(struct log_made *log)
{
	uint32_t gemm = log_string(log, "gemm"), norm = log_string(log, "norm");
	uint32_t launch = log_string(log, "cudaLaunchKernel_v7000");
	uint32_t driver = log_string(log, "cuLaunchKernel");
	uint32_t graph = log_string(log, "cudaGraphLaunch_v10000");
	uint32_t sync = log_string(log, "cudaStreamSynchronize_v3020");
	uint32_t event = log_string(log, "cudaEventRecord_v3020");
	LOG_ADD(log, THREAD, log_thread, {.thread = 0, .process = 77, .system_id = 9});
	LOG_ADD(log, CALL_NAME, log_call_name, {.call = 0, .domain = 2, .name = launch},
		{.call = 1, .domain = 1, .name = driver}, {.call = 2, .domain = 2, .name = graph},
		{.call = 3, .domain = 2, .name = sync}, {.call = 4, .domain = 2, .name = event});
	LOG_ADD(log, SITE, log_site,
		{.id = 1,
		 .name = gemm,
		 .context = 1,
		 .grid = {4, 5, 6},
		 .block = {128, 2, 1},
		 .registers = 32,
		 .static_shared_bytes = 1000,
		 .dynamic_shared_bytes = 24},
		{.id = 2, .name = norm, .context = 1, .grid = {1, 1, 1}, .block = {64, 1, 1}});
}

static inline void log_kernel(struct log_made *log, uint64_t start_ns, uint64_t duration_ns,
			      uint32_t site, uint32_t correlation)
{
	LOG_ADD(log, KERNEL, log_kernel,
		{.start_ns = start_ns,
		 .duration_ns = duration_ns,
		 .site = site,
		 .stream = 7,
		 .correlation = correlation});
}

static inline void log_node_kernel(struct log_made *log, uint64_t start_ns, uint64_t duration_ns,
				   uint32_t site, uint32_t correlation, uint64_t node)
{
	LOG_ADD(log, GRAPH_KERNEL, log_graph_kernel,
		{.start_ns = start_ns,
		 .duration_ns = duration_ns,
		 .site = site,
		 .stream = 7,
		 .correlation = correlation,
		 .graph = 3,
		 .node = node});
}

static inline void log_call(struct log_made *log, uint64_t start_ns, uint64_t duration_ns,
			    uint16_t call, uint32_t correlation)
{
	LOG_ADD(log, CALL, log_call,
		{.start_ns = start_ns,
		 .duration_ns = duration_ns,
		 .correlation = correlation,
		 .call = call});
}

static inline void log_range(struct log_made *log, uint32_t id, uint64_t start_ns, uint64_t end_ns,
			     const char *text)
{
	uint32_t string = log_string(log, text);
	LOG_ADD(log, RANGE, log_range,
		{.time_ns = start_ns, .id = id, .text = string, .phase = LOG_PHASE_START},
		{.time_ns = end_ns, .id = id, .phase = LOG_PHASE_END});
}

#endif
