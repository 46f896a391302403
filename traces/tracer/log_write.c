/* The log as records: see log_write.h. */
#include "traces/tracer/log_write.h"

#include <stdlib.h>
#include <string.h>

static const uint16_t record_bytes[LOG_WRITE_KINDS] = {
#define X(number, name, type) [number] = sizeof(struct type),
	LOG_KIND_LIST(X)
#undef X
};

/* What other records name, in the order in which it has to be in the file. */
static const uint8_t named_kinds[] = {
	LOG_STRING, LOG_SITE, LOG_THREAD, LOG_CALL_NAME, LOG_DEVICE, LOG_CONTEXT,
};

enum {
	NAMED_KINDS = sizeof(named_kinds),
	BLOCK_BYTES = sizeof(struct log_block) + LOG_WRITE_PAYLOAD
};

static_assert(sizeof(struct log_string) + LOG_LONGEST_STRING <= LOG_WRITE_PAYLOAD,
	      "a string fits into a block");
static_assert((int)LOG_WRITE_PAYLOAD <= (int)LOG_MOST_PAYLOAD, "readers take such blocks");

bool log_write_init(struct log_write *log, const struct log_output *file)
{
	char *memory = calloc(LOG_WRITE_KINDS, BLOCK_BYTES);
	if (memory == NULL)
		return false;
	*log = (struct log_write){.file = *file, .memory = memory};
	for (size_t kind = 0; kind < LOG_WRITE_KINDS; kind++) {
		log->blocks[kind] = (struct log_block *)(void *)(memory + kind * BLOCK_BYTES);
		log->blocks[kind]->kind = (uint16_t)kind;
		log->blocks[kind]->record_bytes = record_bytes[kind];
	}
	return true;
}

void log_write_fini(struct log_write *log)
{
	log_output_close(&log->file);
	free(log->memory);
	log->memory = NULL;
}

static void append_block(struct log_write *log, size_t kind)
{
	struct log_block *block = log->blocks[kind];
	if (block->record_count == 0)
		return;
	log_output_append(&log->file, block);
	block->record_count = 0;
	block->payload_bytes = 0;
}

/* The block of KIND and before it all that its records may name. */
static void append_with_named(struct log_write *log, size_t kind)
{
	for (size_t i = 0; i < NAMED_KINDS && named_kinds[i] != kind; i++)
		append_block(log, named_kinds[i]);
	append_block(log, kind);
}

static void *room(struct log_write *log, size_t kind, size_t bytes)
{
	struct log_block *block = log->blocks[kind];
	if (block->payload_bytes + bytes > LOG_WRITE_PAYLOAD)
		append_with_named(log, kind);
	void *record = (char *)(block + 1) + block->payload_bytes;
	block->payload_bytes += (uint32_t)bytes;
	block->record_count++;
	return memset(record, 0, bytes);
}

void *log_write_add(struct log_write *log, enum log_kind kind)
{
	return room(log, kind, record_bytes[kind]);
}

void log_write_string(struct log_write *log, uint32_t id, const char *text, size_t length)
{
	if (length > LOG_LONGEST_STRING)
		length = LOG_LONGEST_STRING;
	struct log_string *string =
		room(log, LOG_STRING, sizeof(*string) + ((length + 7) & ~(size_t)7));
	string->id = id;
	string->length = (uint32_t)length;
	memcpy(string + 1, text, length);
}

void log_write_flush(struct log_write *log)
{
	for (size_t i = 0; i < NAMED_KINDS; i++)
		append_block(log, named_kinds[i]);
	for (size_t kind = 0; kind < LOG_WRITE_KINDS; kind++)
		append_block(log, kind);
}
