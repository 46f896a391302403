/*
 * What the writer thread has to do: activity buffers that CUPTI gave back, and notes, which are
 * records that other threads made themselves. The writer alone touches the log.
 *
 * Threads inside CUPTI's and NVTX's callbacks push. The lock is held for a few instructions, and
 * nothing is called under it.
 */
#ifndef TRACES_TRACER_QUEUE_H
#define TRACES_TRACER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/log.h"
#include "traces/tracer/lend.h"

/* A record whose texts and thread have no ids yet. TEXTS are from malloc, the queue owns them. */
struct note {
	enum log_kind kind;
	uint32_t system_thread; /* of a range or a graph node */
	union {
		struct log_range range;
		struct log_graph_node node;
		struct log_clock clock;
		struct log_sample sample;
		struct log_device device;
		struct log_attribute attribute;
	};
	/* range: text, domain; device: name, uuid, driver; fact: key, value */
	char *texts[3];
};

struct queue_work {
	struct lent_buffer *buffers; /* in the order in which they came back */
	struct note *notes;
	size_t note_count, note_capacity;
	bool flush; /* write out all there is, after this */
	bool stop;  /* and then no more */
};

/*
 * Pending notes (88 bytes each) and records in buffers, beyond which what comes is counted as lost.
 * Of a buffer that is hardly filled little more than that is in memory; their number bounds the
 * addresses they take (8 GiB).
 */
enum { QUEUE_MOST_NOTES = 1 << 18, QUEUE_MOST_BYTES = 512 << 20, QUEUE_MOST_BUFFERS = 2048 };

/* Empties the queue of what a parent process left in it, too. */
void queue_init(void);

/* False when there are too many already: BUFFER stays the caller's. */
bool queue_push_buffer(struct lent_buffer *buffer);

/* Takes the texts over in any case; what there is no room for counts as lost. */
void queue_push_note(const struct note *note);

/* A fact; KEY and VALUE are copied. */
void queue_push_fact(const char *key, const char *value);

void queue_push_flush(void);
void queue_push_stop(void);

/*
 * Waits until there is something to do and moves it all into WORK. WORK is zero at first and given
 * back at each call, so that its memory is used again.
 */
void queue_take(struct queue_work *work);

void note_fini(struct note *note);

/* Notes that there was no room for. */
uint64_t queue_lost_notes(void);

#endif
