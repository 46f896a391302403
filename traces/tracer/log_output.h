/* The log as a file: opened so that no other process's log is hurt, written a block at a time. */
#ifndef TRACES_TRACER_LOG_OUTPUT_H
#define TRACES_TRACER_LOG_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/log.h"
#include "traces/tracer/settings.h"

struct log_output {
	int fd;	   /* -1: not open */
	int error; /* errno of the write that ended it; 0 none */
	uint64_t sequence;
	uint64_t device, inode; /* of the file: FD may have become another one */
	bool created;		/* it was not there before */
	char path[TRACER_LONGEST_PATH];
};

/*
 * Opens PATH (already expanded) for appending. A file that another live process holds is left alone
 * and PATH.PROCESS is taken; else what is in it is discarded. False with the reason on stderr.
 */
bool log_output_open(struct log_output *file, const char *path, long process);
void log_output_close(struct log_output *file);

/* When nothing will be recorded, before closing: an empty file that was not there before goes. */
void log_output_discard(const struct log_output *file);

void log_output_header(struct log_output *file, uint32_t features, int64_t start_ns);

/*
 * BLOCK is a struct log_block followed by its payload; kind, record_bytes, record_count and
 * payload_bytes are set. One write; the first that fails ends the log, is told, and makes all later
 * ones do nothing. Signals that a write may raise (SIGPIPE, SIGXFSZ) must be blocked.
 */
void log_output_append(struct log_output *file, struct log_block *block);

#endif
