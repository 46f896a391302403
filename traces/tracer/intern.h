/*
 * Tables that give texts and launch sites their ids in the log. Memory is bounded: a table that has
 * grown to its limit starts anew, and what it knew gets new ids when it is seen again, which a log
 * may hold (ids only go up).
 */
#ifndef TRACES_TRACER_INTERN_H
#define TRACES_TRACER_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/log.h"

/* Where a table starts anew, in bytes of texts and in sites: 64 MiB, and 16 MiB. */
enum { STRINGS_MOST_BYTES = 64 << 20, SITES_MOST = 1 << 18 };

struct string {
	uint64_t hash;
	char *text; /* terminated */
	size_t length;
	uint32_t id;
	uint32_t demangled; /* id of the readable form; 0 none */
};

struct strings {
	struct string *entries;
	size_t count, capacity;
	uint32_t *slots; /* index of an entry plus 1 */
	size_t slot_count;
	size_t bytes, most_bytes; /* of texts and entries */
	uint32_t last_id;
	uint32_t generation; /* goes up when the table starts anew: earlier entries are gone */
};

void strings_init(struct strings *strings, size_t most_bytes);
void strings_fini(struct strings *strings);

/*
 * The entry of TEXT, until the next call; IS_NEW: it was not there. NULL without memory. Only the
 * first LOG_LONGEST_STRING bytes count.
 */
struct string *strings_intern(struct strings *strings, const char *text, size_t length,
			      bool *is_new);

struct sites {
	struct log_site *entries; /* without id (it follows from the index) and demangled name */
	size_t count, capacity, most;
	uint32_t *slots;
	size_t slot_count;
	uint32_t first_id; /* of entries[0] */
};

void sites_init(struct sites *sites, size_t most);
void sites_fini(struct sites *sites);

/* The id of SITE, whose own id and name_demangled are 0; 0 without memory. */
uint32_t sites_intern(struct sites *sites, const struct log_site *site, bool *is_new);

#endif
