/*
 * Blocks of a native log, one after the other, checked: magic, versions, checksums, sequence, sizes.
 *
 * A log that ends in the middle is good up to there: bytes that are no good block, with no good
 * block behind them, are a torn tail (TORN). With one behind them the file was damaged after it was
 * written, and that is an error. traces/FORMAT.md says what exactly is checked.
 */
#ifndef TRACES_LOG_FILE_H
#define TRACES_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/input.h"
#include "traces/log.h"

struct log_file {
	const char *path;
	struct budget *budget;
	struct input input;
	struct log_header header;
	struct log_block *block; /* the present one, as it lies in the file */
	const unsigned char *payload;
	size_t room;	 /* bytes at BLOCK */
	uint64_t at;	 /* where it begins */
	uint64_t next;	 /* where the next one does */
	uint64_t blocks; /* good ones so far, the present one included */
	uint64_t hash;	 /* FNV-1a 64 of the headers, which hold the checksums of the rest */
	bool torn;
};

/* Whether HEAD, the first bytes of a file, is meant to be a log. */
bool log_file_accepts(const char *head, size_t length);

/* PATH must outlive FILE. log_file_close() is due after success and failure alike. */
SIM_MUST_CHECK enum sim_status log_file_open(struct log_file *file, const char *path,
					     struct budget *budget, struct sim_diag *diag);
void log_file_close(struct log_file *file);

/* The next block; MORE is false at the end, torn or not. */
SIM_MUST_CHECK enum sim_status log_file_next(struct log_file *file, bool *more,
					     struct sim_diag *diag);

/*
 * How many records of each kind below KINDS the file seems to have, by its block headers alone: for
 * making room. All 0 where the file must be read from front to back (gz, a pipe).
 */
void log_file_count(const struct log_file *file, uint64_t *counts, size_t kinds);

/* An error of what the present block holds. */
#define log_file_fail(file, status, diag, fmt, ...)                                                \
	diag_fail_at(diag, status, (file)->path, 0, "block %llu at byte %llu: " fmt,               \
		     (unsigned long long)((file)->blocks - 1), (unsigned long long)(file)->at,     \
		     __VA_ARGS__)

#endif
