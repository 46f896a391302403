/*
 * The log as records: collects them per kind and appends a block when one is full. What others name
 * (strings first, then sites, threads, ...) is always appended before them. One thread at a time.
 */
#ifndef TRACES_TRACER_LOG_WRITE_H
#define TRACES_TRACER_LOG_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/log.h"
#include "traces/tracer/log_output.h"

/* 64 KiB a block: 2048 kernels; the checksum's table and the block stay in the cache. */
enum { LOG_WRITE_PAYLOAD = 64 << 10, LOG_WRITE_KINDS = LOG_GRAPH_NODE + 1 };

struct log_write {
	struct log_output file;
	struct log_block *blocks[LOG_WRITE_KINDS]; /* each followed by its payload */
	void *memory;
};

/* Takes over FILE, which is open. False without memory (FILE stays the caller's). */
bool log_write_init(struct log_write *log, const struct log_output *file);
void log_write_fini(struct log_write *log);

/* Room for one record of KIND (not LOG_STRING), zeroed, to be filled before the next call. */
void *log_write_add(struct log_write *log, enum log_kind kind);

/* A longer text is cut at LOG_LONGEST_STRING. */
void log_write_string(struct log_write *log, uint32_t id, const char *text, size_t length);

/* Append all that has been collected. */
void log_write_flush(struct log_write *log);

/* True once a write has failed: nothing more will be written. */
static inline bool log_write_has_failed(const struct log_write *log)
{
	return log->file.error != 0;
}

#endif
