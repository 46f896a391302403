/* Tables of texts and launch sites: see intern.h. */
#include "traces/tracer/intern.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024, FIRST_ENTRIES = 512 };

/* A word at a time: multiply by an odd constant, fold the high half in (as wyhash and its kin). */
static uint64_t hash_of(const void *bytes, size_t length)
{
	const char *at = bytes;
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15); /* 2^64 / golden ratio */
	uint64_t hash = length * odd;
	for (; length > 0;) {
		uint64_t word = 0;
		size_t step = length < sizeof(word) ? length : sizeof(word);
		memcpy(&word, at, step);
		hash = (hash ^ word) * odd;
		hash ^= hash >> 32;
		at += step;
		length -= step;
	}
	return hash;
}

/* Twice the room for entries of SIZE bytes. */
static bool grow_entries(void **entries, size_t *capacity, size_t size)
{
	size_t wanted = *capacity > 0 ? *capacity * 2 : FIRST_ENTRIES;
	void *grown = realloc(*entries, wanted * size);
	if (grown == NULL)
		return false;
	*entries = grown;
	*capacity = wanted;
	return true;
}

static void place(uint32_t *slots, size_t slot_count, uint64_t hash, size_t index)
{
	size_t at = hash & (slot_count - 1);
	while (slots[at] != 0)
		at = (at + 1) & (slot_count - 1);
	slots[at] = (uint32_t)index + 1;
}

static uint32_t *new_slots(size_t before, size_t *count)
{
	*count = before > 0 ? before * 2 : FIRST_SLOTS;
	return calloc(*count, sizeof(uint32_t));
}

void strings_init(struct strings *strings, size_t most_bytes)
{
	*strings = (struct strings){.most_bytes = most_bytes};
}

static void strings_forget(struct strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->entries[i].text);
	if (strings->slots != NULL)
		memset(strings->slots, 0, strings->slot_count * sizeof(*strings->slots));
	strings->count = 0;
	strings->bytes = 0;
	strings->generation++;
}

void strings_fini(struct strings *strings)
{
	strings_forget(strings);
	free(strings->entries);
	free(strings->slots);
	*strings = (struct strings){0};
}

/* Slots stay at most half full. */
static bool strings_make_room(struct strings *strings)
{
	void *entries = strings->entries;
	if (strings->count == strings->capacity) {
		bool grown = grow_entries(&entries, &strings->capacity, sizeof(*strings->entries));
		strings->entries = entries;
		if (!grown)
			return false;
	}
	if ((strings->count + 1) * 2 <= strings->slot_count)
		return true;
	size_t slot_count;
	uint32_t *slots = new_slots(strings->slot_count, &slot_count);
	if (slots == NULL)
		return false;
	for (size_t i = 0; i < strings->count; i++)
		place(slots, slot_count, strings->entries[i].hash, i);
	free(strings->slots);
	strings->slots = slots;
	strings->slot_count = slot_count;
	return true;
}

static struct string *strings_find(struct strings *strings, uint64_t hash, const char *text,
				   size_t length)
{
	if (strings->slot_count == 0)
		return NULL;
	for (size_t at = hash & (strings->slot_count - 1); strings->slots[at] != 0;
	     at = (at + 1) & (strings->slot_count - 1)) {
		struct string *entry = &strings->entries[strings->slots[at] - 1];
		if (entry->hash == hash && entry->length == length &&
		    memcmp(entry->text, text, length) == 0)
			return entry;
	}
	return NULL;
}

static struct string *strings_add(struct strings *strings, uint64_t hash, const char *text,
				  size_t length)
{
	size_t bytes = length + 1 + sizeof(struct string);
	if (strings->bytes + bytes > strings->most_bytes)
		strings_forget(strings);
	char *copy = malloc(length + 1);
	if (copy == NULL || !strings_make_room(strings)) {
		free(copy);
		return NULL;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	strings->bytes += bytes;
	place(strings->slots, strings->slot_count, hash, strings->count);
	struct string *entry = &strings->entries[strings->count++];
	*entry = (struct string){
		.hash = hash, .text = copy, .length = length, .id = ++strings->last_id};
	return entry;
}

struct string *strings_intern(struct strings *strings, const char *text, size_t length,
			      bool *is_new)
{
	if (length > LOG_LONGEST_STRING)
		length = LOG_LONGEST_STRING;
	uint64_t hash = hash_of(text, length);
	struct string *entry = strings_find(strings, hash, text, length);
	*is_new = entry == NULL;
	return entry != NULL ? entry : strings_add(strings, hash, text, length);
}

void sites_init(struct sites *sites, size_t most)
{
	*sites = (struct sites){.most = most, .first_id = 1};
}

void sites_fini(struct sites *sites)
{
	free(sites->entries);
	free(sites->slots);
	*sites = (struct sites){0};
}

static bool sites_make_room(struct sites *sites)
{
	void *entries = sites->entries;
	if (sites->count == sites->most) {
		sites->first_id += (uint32_t)sites->count;
		sites->count = 0;
		memset(sites->slots, 0, sites->slot_count * sizeof(*sites->slots));
	}
	if (sites->count == sites->capacity) {
		bool grown = grow_entries(&entries, &sites->capacity, sizeof(*sites->entries));
		sites->entries = entries;
		if (!grown)
			return false;
	}
	if ((sites->count + 1) * 2 <= sites->slot_count)
		return true;
	size_t slot_count;
	uint32_t *slots = new_slots(sites->slot_count, &slot_count);
	if (slots == NULL)
		return false;
	for (size_t i = 0; i < sites->count; i++)
		place(slots, slot_count, hash_of(&sites->entries[i], sizeof(struct log_site)), i);
	free(sites->slots);
	sites->slots = slots;
	sites->slot_count = slot_count;
	return true;
}

uint32_t sites_intern(struct sites *sites, const struct log_site *site, bool *is_new)
{
	uint64_t hash = hash_of(site, sizeof(*site));
	*is_new = false;
	size_t at = sites->slot_count > 0 ? hash & (sites->slot_count - 1) : 0;
	for (; sites->slot_count > 0 && sites->slots[at] != 0;
	     at = (at + 1) & (sites->slot_count - 1))
		if (memcmp(&sites->entries[sites->slots[at] - 1], site, sizeof(*site)) == 0)
			return sites->first_id + sites->slots[at] - 1;
	if (!sites_make_room(sites))
		return 0;
	*is_new = true;
	place(sites->slots, sites->slot_count, hash, sites->count);
	sites->entries[sites->count++] = *site;
	return sites->first_id + (uint32_t)sites->count - 1;
}
