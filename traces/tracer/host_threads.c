/* Threads of the traced program: see host_threads.h. */
#include "traces/tracer/host_threads.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SLOTS = HOST_THREADS_MOST * 2 };

bool host_threads_init(struct host_threads *threads)
{
	*threads = (struct host_threads){
		.ids = malloc(HOST_THREADS_MOST * sizeof(*threads->ids)),
		.slots = calloc(SLOTS, sizeof(*threads->slots)),
	};
	if (threads->ids != NULL && threads->slots != NULL)
		return true;
	host_threads_fini(threads);
	return false;
}

void host_threads_fini(struct host_threads *threads)
{
	free(threads->ids);
	free(threads->slots);
	*threads = (struct host_threads){0};
}

uint16_t host_threads_index(struct host_threads *threads, uint32_t id, bool *is_new)
{
	*is_new = false;
	if (threads->count > 0 && id == threads->last_id)
		return threads->last_index;
	/* 2^32 / golden ratio spreads consecutive ids */
	size_t at = (id * UINT32_C(0x9e3779b1)) >> 16;
	while (threads->slots[at] != 0 && threads->ids[threads->slots[at] - 1] != id)
		at = (at + 1) & (SLOTS - 1);
	if (threads->slots[at] == 0) {
		if (threads->count == HOST_THREADS_MOST)
			return HOST_THREAD_LOST;
		*is_new = true;
		threads->ids[threads->count] = id;
		threads->slots[at] = ++threads->count;
	}
	threads->last_id = id;
	threads->last_index = (uint16_t)(threads->slots[at] - 1);
	return threads->last_index;
}

void host_thread_name(uint32_t id, char name[HOST_THREAD_NAME])
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/task/%u/comm", id);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, name, HOST_THREAD_NAME - 1) : 0;
	if (fd >= 0)
		close(fd);
	if (length > 0 && name[length - 1] == '\n')
		length--;
	name[length > 0 ? length : 0] = '\0';
}
