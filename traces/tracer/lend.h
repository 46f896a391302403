/*
 * Buffers lent to CUPTI. CUPTI's callbacks are one pair for the whole process: when another profiler
 * (torch.profiler) sets its own, its buffers may come to us and ours to it. So what is lent is kept
 * in a list, and a buffer that is not in it is neither read nor freed, only counted.
 */
#ifndef TRACES_TRACER_LEND_H
#define TRACES_TRACER_LEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/tracer/cupti_load.h"

/* Each thread that calls CUDA holds one or two; a kernel is about 220 bytes. CUPTI's guide: 1-10 MB. */
enum { LEND_BUFFER_BYTES = 4 << 20, LEND_MOST_POOLED = 8 };

struct lent_buffer {
	struct lent_buffer *next;
	uint8_t *memory;
	size_t valid; /* bytes that CUPTI filled */
	bool late;    /* lent after the end of the log */
};

struct lend_counts {
	uint64_t foreign;    /* buffers that came to us but are not ours */
	uint64_t unreturned; /* that are out, or never came back */
	uint64_t lost;	     /* records that the queue had no room for */
	uint64_t returned;   /* that came back */
	uint64_t requested;  /* times that CUPTI asked for one */
};

void lend_init(const struct cupti *cupti);

/* For cuptiActivityRegisterCallbacks(). */
void lend_request(uint8_t **buffer, size_t *size, size_t *most_records);
void lend_complete(void *context, uint32_t stream, uint8_t *buffer, size_t size, size_t valid);

/* The writer is done with BUFFER. */
void lend_give_back(struct lent_buffer *buffer);

/*
 * From now on nobody reads: buffers that come back go into the pool, and nobody misses those that
 * CUPTI still asks for.
 */
void lend_close(void);

struct lend_counts lend_counted(void);

#endif
