/*
 * Making a mutated log one that its reader goes into: checksums, sequence numbers and consecutive
 * ids are put right, everything that they vouch for is left wrong.
 */
#ifndef TESTS_FUZZ_LOG_SEAL_H
#define TESTS_FUZZ_LOG_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "traces/log.h"

/* Bits of log_header.reserved[0], which the reader does not look at: what is not put right. */
enum log_unsealed {
	LOG_UNSEALED = 1 << 0,	 /* nothing is */
	LOG_UNNUMBERED = 1 << 1, /* ids of strings and sites are not */
};

void log_seal(uint8_t *data, size_t size);

/* Where block AT begins, its header and payload whole within SIZE; false behind the last of them. */
struct log_walk {
	uint8_t *data;
	size_t size;
	size_t at; /* of the present block */
	size_t next;
	struct log_block block;
};

/* False: no log header. */
int log_walk_begin(struct log_walk *walk, uint8_t *data, size_t size);
int log_walk_next(struct log_walk *walk);

#endif
