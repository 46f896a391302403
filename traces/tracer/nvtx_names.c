/* Texts of NVTX: see nvtx_names.h. */
#include "traces/tracer/nvtx_names.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024 };

struct name_table {
	pthread_mutex_t lock;
	struct nvtx_name *buckets[BUCKETS];
	size_t count;
};

static struct name_table domains = {.lock = PTHREAD_MUTEX_INITIALIZER};
static struct name_table strings = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t bucket_of(const char *text)
{
	uint32_t hash = UINT32_C(2166136261); /* FNV-1a */
	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * UINT32_C(16777619);
	return hash % BUCKETS;
}

static struct nvtx_name *add_name(struct name_table *table, const char *text, size_t bucket)
{
	size_t bytes = strlen(text) + 1;
	struct nvtx_name *name = NULL;
	if (table->count < NVTX_MOST_HANDLES)
		name = malloc(sizeof(*name) + bytes);
	if (name == NULL)
		return NULL;
	memcpy(name->text, text, bytes);
	name->next = table->buckets[bucket];
	table->buckets[bucket] = name;
	table->count++;
	return name;
}

static struct nvtx_name *find_or_add(struct name_table *table, const char *text)
{
	size_t bucket = bucket_of(text);
	pthread_mutex_lock(&table->lock);
	struct nvtx_name *name = table->buckets[bucket];
	while (name != NULL && strcmp(name->text, text) != 0)
		name = name->next;
	if (name == NULL)
		name = add_name(table, text, bucket);
	pthread_mutex_unlock(&table->lock);
	return name;
}

struct nvtx_name *nvtx_domain_name(const char *text)
{
	return text != NULL ? find_or_add(&domains, text) : NULL;
}

struct nvtx_name *nvtx_string_name(const char *text)
{
	return text != NULL ? find_or_add(&strings, text) : NULL;
}

/* Bytes of CODE in UTF-8. */
static size_t encode(char out[4], uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	size_t bytes = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = bytes; i-- > 1; code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)((0xf00 >> bytes) | code);
	return bytes;
}

char *nvtx_narrow(char text[NVTX_TEXT_BYTES], const wchar_t *wide)
{
	const uint32_t last_code = 0x10ffff, replacement = 0xfffd;
	size_t length = 0;
	for (; wide != NULL && *wide != L'\0' && length + 4 < NVTX_TEXT_BYTES; wide++) {
		uint32_t code = (uint32_t)*wide;
		length += encode(text + length, code <= last_code ? code : replacement);
	}
	text[length] = '\0';
	return text;
}

const char *nvtx_event_text(const struct nvtx_event *event, char buffer[NVTX_TEXT_BYTES])
{
	if (event == NULL || event->size < offsetof(struct nvtx_event, message) + sizeof(void *) ||
	    event->message == NULL)
		return "";
	switch (event->message_type) {
	case NVTX_MESSAGE_ASCII:
		return event->message;
	case NVTX_MESSAGE_WIDE:
		return nvtx_narrow(buffer, event->message);
	case NVTX_MESSAGE_REGISTERED:
		return ((const struct nvtx_name *)event->message)->text;
	default:
		return "";
	}
}
