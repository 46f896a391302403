/* Open addressing over keys kept in one array: see distinct.h. */
#include "sim/store/distinct.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_KEYS = 64 };

void distinct_init(struct distinct *distinct, size_t key_size)
{
	assert(key_size % 8 == 0);
	*distinct = (struct distinct){.key_size = key_size};
}

void distinct_fini(struct distinct *distinct)
{
	free(distinct->keys);
	free(distinct->slots);
	*distinct = (struct distinct){0};
}

static uint64_t mix(uint64_t hash, const unsigned char *at)
{
	uint64_t word;
	memcpy(&word, at, 8);
	hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 32;
}

uint64_t distinct_hash(uint64_t seed, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint64_t hash = seed ^ (length * UINT64_C(0x9e3779b97f4a7c15));
	/* four chains, because one waits for its multiplications */
	uint64_t second = ~hash, third = hash + 1, fourth = hash + 2;
	for (; length >= 32; at += 32, length -= 32) {
		hash = mix(hash, at);
		second = mix(second, at + 8);
		third = mix(third, at + 16);
		fourth = mix(fourth, at + 24);
	}
	hash = mix(mix(mix(hash, (const unsigned char *)&second), (const unsigned char *)&third),
		   (const unsigned char *)&fourth);
	for (; length >= 8; at += 8, length -= 8)
		hash = mix(hash, at);
	for (; length > 0; at++, length--)
		hash = (hash ^ *at) * UINT64_C(0x100000001b3);
	hash ^= hash >> 33;
	hash *= UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ hash >> 29;
}

const void *distinct_key(const struct distinct *distinct, uint32_t index)
{
	assert(index < distinct->count);
	return distinct->keys + index * distinct->key_size;
}

/* Slot that holds KEY, or the empty one where it belongs. */
static uint32_t find(const struct distinct *distinct, const void *key)
{
	uint32_t mask = distinct->slot_count - 1;
	uint32_t slot = (uint32_t)distinct_hash(0, key, distinct->key_size) & mask;
	while (distinct->slots[slot] != 0 &&
	       memcmp(distinct_key(distinct, distinct->slots[slot] - 1), key, distinct->key_size) !=
		       0)
		slot = (slot + 1) & mask;
	return slot;
}

static enum sim_status grow(struct distinct *distinct)
{
	uint32_t capacity = distinct->capacity == 0 ? FIRST_KEYS : distinct->capacity * 2;
	if (distinct->capacity > UINT32_MAX / 8)
		return SIM_E_NOMEM;
	unsigned char *keys = realloc(distinct->keys, capacity * distinct->key_size);
	if (keys == NULL)
		return SIM_E_NOMEM;
	distinct->keys = keys;
	uint32_t *slots = calloc((size_t)capacity * 2, sizeof(*slots));
	if (slots == NULL)
		return SIM_E_NOMEM;
	free(distinct->slots);
	distinct->slots = slots;
	distinct->slot_count = capacity * 2;
	distinct->capacity = capacity;
	for (uint32_t i = 0; i < distinct->count; i++)
		slots[find(distinct, distinct_key(distinct, i))] = i + 1;
	return SIM_OK;
}

enum sim_status distinct_add(struct distinct *distinct, const void *key, uint32_t *index)
{
	if (distinct->count == distinct->capacity)
		TRY(grow(distinct));
	uint32_t slot = find(distinct, key);
	if (distinct->slots[slot] == 0) {
		memcpy(distinct->keys + distinct->count * distinct->key_size, key,
		       distinct->key_size);
		distinct->slots[slot] = ++distinct->count;
	}
	*index = distinct->slots[slot] - 1;
	return SIM_OK;
}
