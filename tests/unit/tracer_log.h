/* Reads back, block by block, what the tracer wrote: checks checksums, order and sizes on the way. */
#ifndef TESTS_UNIT_TRACER_LOG_H
#define TESTS_UNIT_TRACER_LOG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "traces/log.h"
#include "traces/tracer/log_output.h"

enum { TRACER_LOG_STRINGS = 4096, TRACER_LOG_KINDS = LOG_GRAPH_NODE + 1 };

struct tracer_log {
	unsigned char *bytes;
	size_t length;
	size_t at; /* of the next block */
	uint64_t blocks;
	size_t counts[TRACER_LOG_KINDS];	 /* records */
	const char *strings[TRACER_LOG_STRINGS]; /* by id, not terminated */
	uint32_t lengths[TRACER_LOG_STRINGS];
};

/* A folder that goes with fixture_leave(). */
static inline int fixture_enter(void **state)
{
	static char folder[64];
	strcpy(folder, "/tmp/tracer_log_XXXXXX");
	*state = mkdtemp(folder);
	return *state == NULL;
}

static inline int fixture_leave(void **state)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -rf '%s'", (const char *)*state);
	return system(command); /* NOLINT: the path is ours */
}

static inline void fixture_open(struct log_output *file, void **state, const char *name)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", (const char *)*state, name);
	assert_true(log_output_open(file, path, (long)getpid()));
}

static inline void tracer_log_read(struct tracer_log *log, const char *path)
{
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	*log = (struct tracer_log){.bytes = malloc(1 << 24)};
	assert_non_null(log->bytes);
	log->length = fread(log->bytes, 1, 1 << 24, file);
	fclose(file);
	log->at = sizeof(struct log_header);
}

static inline void tracer_log_free(struct tracer_log *log)
{
	free(log->bytes);
}

static inline void tracer_log_take_strings(struct tracer_log *log, const struct log_block *block)
{
	const char *at = (const char *)(block + 1);
	for (uint32_t i = 0; i < block->record_count; i++) {
		const struct log_string *string = (const void *)at;
		assert_true(string->id > 0 && string->id < TRACER_LOG_STRINGS);
		assert_null(log->strings[string->id]);
		log->strings[string->id] = (const char *)(string + 1);
		log->lengths[string->id] = string->length;
		at += sizeof(*string) + ((string->length + 7) & ~7U);
	}
	assert_int_equal(at - (const char *)(block + 1), block->payload_bytes);
}

/* The next block, checked, or NULL at the end. */
static inline const struct log_block *tracer_log_next(struct tracer_log *log)
{
	if (log->at == log->length)
		return NULL;
	const struct log_block *block = (const void *)(log->bytes + log->at);
	assert_true(log->at + sizeof(*block) <= log->length);
	assert_int_equal(block->magic, LOG_BLOCK_MAGIC);
	assert_true(block->sequence == log->blocks);
	assert_int_equal(block->header_crc,
			 crc32(0, (const void *)block, offsetof(struct log_block, header_crc)));
	log->at += sizeof(*block) + block->payload_bytes;
	assert_true(log->at <= log->length && log->at % 8 == 0);
	assert_int_equal(block->payload_crc,
			 crc32(0, (const void *)(block + 1), block->payload_bytes));
	assert_true(block->record_count > 0);
	if (block->kind == LOG_STRING)
		tracer_log_take_strings(log, block);
	else
		assert_int_equal(block->payload_bytes, block->record_bytes * block->record_count);
	log->blocks++;
	log->counts[block->kind] += block->record_count;
	return block;
}

/* The first record of KIND from here on. */
static inline const void *tracer_log_find(struct tracer_log *log, enum log_kind kind)
{
	const struct log_block *block;
	while ((block = tracer_log_next(log)) != NULL)
		if (block->kind == (uint16_t)kind)
			return block + 1;
	fail_msg("no record of kind %d", (int)kind);
	return NULL;
}

static inline void assert_string_id(const struct tracer_log *log, uint32_t id, const char *text)
{
	assert_true(id < TRACER_LOG_STRINGS);
	assert_non_null(log->strings[id]);
	assert_int_equal(log->lengths[id], strlen(text));
	assert_memory_equal(log->strings[id], text, strlen(text));
}

#endif
