/* Interning with open addressing; order of first sight gives the index. */
#include "sim/core/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256 };

static uint32_t text_hash(const char *text, size_t length)
{
	/* eight bytes a round: kernel names are hundreds of bytes long */
	uint64_t hash = UINT64_C(0x9e3779b97f4a7c15) ^ length;
	while (length >= 8) {
		uint64_t word;
		memcpy(&word, text, 8);
		hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
		text += 8;
		length -= 8;
	}
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	hash ^= hash >> 33;
	hash *= UINT64_C(0xc4ceb9fe1a85ec53);
	return (uint32_t)(hash >> 32);
}

enum sim_status names_init(struct name_table *names)
{
	uint32_t empty;
	memset(names, 0, sizeof(*names));
	arena_init(&names->arena);
	return names_add(names, "", 0, &empty);
}

void names_fini(struct name_table *names)
{
	arena_fini(&names->arena);
	free(names->entries);
	free(names->slots);
	memset(names, 0, sizeof(*names));
}

static void place(struct name_table *names, uint32_t index)
{
	uint32_t mask = names->slot_count - 1;
	uint32_t slot = names->entries[index].hash & mask;
	while (names->slots[slot] != 0)
		slot = (slot + 1) & mask;
	names->slots[slot] = index + 1;
}

static enum sim_status grow(struct name_table *names)
{
	if (names->count == names->entry_capacity) {
		uint32_t capacity = names->entry_capacity ? names->entry_capacity * 2 : 64;
		struct name_entry *entries = NULL;
		if (names->entry_capacity <= UINT32_MAX / 4)
			entries = realloc(names->entries, (size_t)capacity * sizeof(*entries));
		if (entries == NULL)
			return SIM_E_NOMEM;
		names->entries = entries;
		names->entry_capacity = capacity;
	}
	if ((names->count + 1) * UINT64_C(2) <= names->slot_count)
		return SIM_OK;
	uint32_t slot_count = names->slot_count ? names->slot_count * 2 : FIRST_SLOTS;
	uint32_t *slots = calloc(slot_count, sizeof(*slots));
	if (slots == NULL)
		return SIM_E_NOMEM;
	free(names->slots);
	names->slots = slots;
	names->slot_count = slot_count;
	for (uint32_t i = 0; i < names->count; i++)
		place(names, i);
	return SIM_OK;
}

static uint32_t find_hashed(const struct name_table *names, const char *text, size_t length,
			    uint32_t hash)
{
	if (names->slot_count == 0)
		return UINT32_MAX;
	uint32_t mask = names->slot_count - 1;
	for (uint32_t slot = hash & mask; names->slots[slot] != 0; slot = (slot + 1) & mask) {
		const struct name_entry *entry = &names->entries[names->slots[slot] - 1];
		if (entry->hash == hash && entry->length == length &&
		    memcmp(entry->text, text, length) == 0)
			return names->slots[slot] - 1;
	}
	return UINT32_MAX;
}

uint32_t names_find(const struct name_table *names, const char *text, size_t length)
{
	return find_hashed(names, text, length, text_hash(text, length));
}

enum sim_status names_add(struct name_table *names, const char *text, size_t length,
			  uint32_t *index)
{
	uint32_t hash = text_hash(text, length);
	*index = find_hashed(names, text, length, hash);
	if (*index != UINT32_MAX)
		return SIM_OK;
	if (length > UINT32_MAX)
		return SIM_E_NOMEM;
	TRY(grow(names));
	char *copy = arena_copy_text(&names->arena, text, length);
	if (copy == NULL)
		return SIM_E_NOMEM;
	*index = names->count++;
	names->entries[*index] = (struct name_entry){copy, (uint32_t)length, hash};
	place(names, *index);
	return SIM_OK;
}

const char *names_text(const struct name_table *names, uint32_t index)
{
	assert(index < names->count);
	return names->entries[index].text;
}

/* Levenshtein distance, at most LIMIT + 1. */
static size_t edit_distance(const char *a, const char *b, size_t limit)
{
	enum { LONGEST = 64 };
	size_t row[LONGEST + 1], la = strlen(a), lb = strlen(b);
	if (la > LONGEST || lb > LONGEST)
		return limit + 1;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *names_nearest(const char *word, const char *const *list, size_t count)
{
	const char *best = NULL;
	size_t limit = strlen(word) / 3 + 1;
	for (size_t i = 0; i < count; i++) {
		size_t distance = edit_distance(word, list[i], limit);
		if (distance <= limit) {
			if (distance == 0)
				return list[i];
			limit = distance - 1;
			best = list[i];
		}
	}
	return best;
}
