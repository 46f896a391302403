/* Threads of the traced program by their index in the log. */
#ifndef TRACES_TRACER_HOST_THREADS_H
#define TRACES_TRACER_HOST_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOST_THREADS_MOST = 1 << 15, HOST_THREAD_NAME = 32 };
#define HOST_THREAD_LOST UINT16_MAX

struct host_threads {
	uint32_t *ids;	 /* system ids by index */
	uint16_t *slots; /* index plus 1 by hash of the id */
	uint16_t count;
	uint32_t last_id; /* calls come in runs of one thread */
	uint16_t last_index;
};

bool host_threads_init(struct host_threads *threads);
void host_threads_fini(struct host_threads *threads);

/* The index of the thread with system ID, or HOST_THREAD_LOST when there are too many. */
uint16_t host_threads_index(struct host_threads *threads, uint32_t id, bool *is_new);

/* What the thread calls itself now; "" when it is gone. */
void host_thread_name(uint32_t id, char name[HOST_THREAD_NAME]);

#endif
