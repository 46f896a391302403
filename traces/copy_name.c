/* Words for kinds of copies and of memory: see copy_name.h. */
#include "traces/copy_name.h"

#include <stdio.h>
#include <string.h>

/* CUpti_ActivityMemcpyKind; Nsight Systems has the same numbers and goes on at 11. */
static const char *const way_words[] = {
	"Unknown", "HtoD", "DtoH", "HtoA", "AtoH", "AtoA", "AtoD",
	"DtoA",	   "DtoD", "HtoH", "PtoP", "HtoD", "DtoH", "DtoD",
};
static const char *const memory_words[] = {
	"Pageable", "Pinned", "Device", "Array", "Managed", "Device Static", "Managed Static",
};

static const char *word(const char *const *words, size_t count, int64_t index)
{
	return index >= 0 && (uint64_t)index < count ? words[index] : "Unknown";
}

#define WORD(words, index) word(words, sizeof(words) / sizeof((words)[0]), index)

size_t copy_name(char out[COPY_NAME_SIZE], int64_t way, int64_t from, int64_t to)
{
	int length = snprintf(out, COPY_NAME_SIZE, "Memcpy %s (%s -> %s)", WORD(way_words, way),
			      WORD(memory_words, from), WORD(memory_words, to));
	return (size_t)length;
}

size_t set_name(char out[COPY_NAME_SIZE], int64_t memory)
{
	int length = snprintf(out, COPY_NAME_SIZE, "Memset (%s)", WORD(memory_words, memory));
	return (size_t)length;
}

bool copy_is_of_host(int64_t way)
{
	return strchr(WORD(way_words, way), 'H') != NULL;
}
