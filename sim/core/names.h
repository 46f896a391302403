/*
 * Name table: text <-> dense index, in order of first sight (so equal input gives equal indices).
 * Index 0 is always the empty name. Text may hold any byte but is kept as given; consumers escape.
 */
#ifndef SIM_CORE_NAMES_H
#define SIM_CORE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "sim/core/arena.h"
#include "sim/core/status.h"

struct name_entry {
	const char *text;
	uint32_t length;
	uint32_t hash;
};

struct name_table {
	struct arena arena;
	struct name_entry *entries;
	uint32_t *slots; /* open addressing, power of two, index + 1 */
	uint32_t count;
	uint32_t entry_capacity;
	uint32_t slot_count;
};

SIM_MUST_CHECK enum sim_status names_init(struct name_table *names);
void names_fini(struct name_table *names);

/* Find or add; SIM_E_NOMEM only. */
SIM_MUST_CHECK enum sim_status names_add(struct name_table *names, const char *text, size_t length,
					 uint32_t *index);

/* Index of TEXT, or UINT32_MAX when it is not there. */
uint32_t names_find(const struct name_table *names, const char *text, size_t length);
const char *names_text(const struct name_table *names, uint32_t index);

/* The name of LIST nearest to WORD by edit distance (at most a third of its length), or NULL. */
const char *names_nearest(const char *word, const char *const *list, size_t count);

#endif
