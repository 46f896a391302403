/* Chunked bump allocation: see arena.h. */
#include "sim/core/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16, FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	size_t used;
	size_t pad; /* keeps data 16-byte aligned */
	unsigned char data[];
};

void arena_init(struct arena *arena)
{
	memset(arena, 0, sizeof(*arena));
}

void arena_fini(struct arena *arena)
{
	while (arena->head != NULL) {
		struct arena_chunk *next = arena->head->next;
		free(arena->head);
		arena->head = next;
	}
	arena_init(arena);
}

static struct arena_chunk *add_chunk(struct arena *arena, size_t least)
{
	size_t size = arena->head == NULL ? FIRST_CHUNK : arena->head->size * 2;
	if (size > LARGEST_CHUNK)
		size = LARGEST_CHUNK;
	bool own = size < least; /* a chunk for one large piece */
	if (own)
		size = least;
	struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + size);
	if (chunk == NULL)
		return NULL;
	chunk->size = size;
	/* the chunk at the head may still have room for small pieces */
	struct arena_chunk **place = own && arena->head != NULL ? &arena->head->next : &arena->head;
	chunk->next = *place;
	*place = chunk;
	arena->reserved_bytes += sizeof(*chunk) + size;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	if (size > PTRDIFF_MAX - sizeof(struct arena_chunk) - ALIGNMENT)
		return NULL;
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	struct arena_chunk *chunk = arena->head;
	if (chunk == NULL || chunk->size - chunk->used < size)
		chunk = add_chunk(arena, size);
	if (chunk == NULL)
		return NULL;
	void *memory = chunk->data + chunk->used;
	chunk->used += size;
	arena->used_bytes += size;
	return memory;
}

char *arena_copy_text(struct arena *arena, const char *text, size_t length)
{
	char *copy = length == SIZE_MAX ? NULL : arena_alloc(arena, length + 1);
	if (copy != NULL)
		memcpy(copy, text, length);
	return copy;
}
