/*
 * Arena: memory that lives and dies together. Chunks double up to 1 MiB; nothing is freed singly.
 * arena_alloc returns zeroed, 16-byte aligned memory, or NULL when malloc fails or the limit is
 * hit.
 */
#ifndef SIM_CORE_ARENA_H
#define SIM_CORE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *head;
	size_t used_bytes;     /* handed out */
	size_t reserved_bytes; /* taken from malloc */
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);
void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy_text(struct arena *arena, const char *text, size_t length);

#endif
