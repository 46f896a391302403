/*
 * Input: the uncompressed bytes of a file, plain or gz (told by its magic, not by its name), read
 * once from front to back and hashed on the way. A gz stream that ends early, is corrupt or is
 * followed by anything but another gz member is an error.
 */
#ifndef TRACES_INPUT_H
#define TRACES_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "sim/core/status.h"
#include "traces/budget.h"

struct input {
	const char *path;
	int file;
	bool compressed;
	bool file_ended;
	bool member_ended; /* a gz member is complete */
	bool ended;
	z_stream stream;
	unsigned char *packed; /* bytes as they lie in the file */
	size_t packed_at;
	size_t packed_length;
	uint64_t hash; /* FNV-1a 64 of what was handed out */
	bool unhashed; /* set by a reader that hashes less, and by itself */
	uint64_t bytes;
};

/* PATH must outlive INPUT. */
SIM_MUST_CHECK enum sim_status input_open(struct input *input, const char *path,
					  struct budget *budget, struct sim_diag *diag);
void input_close(struct input *input, struct budget *budget);

/* FNV-1a 64 of BYTES appended to what HASH is of. */
uint64_t input_hash(uint64_t hash, const void *bytes, size_t length);

/* Up to ROOM bytes into OUT; GOT is 0 only at the end, which is verified (gz checksum) by then. */
SIM_MUST_CHECK enum sim_status input_read(struct input *input, char *out, size_t room, size_t *got,
					  struct sim_diag *diag);

#endif
