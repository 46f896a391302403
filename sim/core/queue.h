/*
 * Event queue: a binary heap in the total order (time, sequence number).
 *
 * The sequence number counts pushes, so events of one time leave in the order they came, whatever
 * the heap looks like. One event waits in a slot beside the heap: where few are queued at a time,
 * most come and go without touching the heap. The sequence shares a word with the payload: 40 bits
 * of sequence (renumbered when they run out) above 24 bits of payload.
 */
#ifndef SIM_CORE_QUEUE_H
#define SIM_CORE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"

#define QUEUE_PAYLOAD_BITS 24

struct event {
	int64_t time_ps;
	uint64_t order; /* sequence << QUEUE_PAYLOAD_BITS | payload */
};

struct queue {
	struct event *events; /* heap; events[0] is its first */
	size_t heaped;
	size_t capacity;
	uint64_t sequence; /* of the next push */
	struct event slot;
	bool slot_taken;
};

void queue_init(struct queue *queue);
void queue_fini(struct queue *queue);

/* SIM_E_NOMEM only. PAYLOAD below 2^24. */
SIM_MUST_CHECK enum sim_status queue_push(struct queue *queue, int64_t time_ps, uint32_t payload);

/* Take the first event out; the queue must not be empty. */
struct event queue_pop(struct queue *queue);

static inline size_t queue_count(const struct queue *queue)
{
	return queue->heaped + queue->slot_taken;
}

static inline uint32_t event_payload(const struct event *event)
{
	return (uint32_t)(event->order & ((UINT64_C(1) << QUEUE_PAYLOAD_BITS) - 1));
}

static inline bool event_before(const struct event *a, const struct event *b)
{
	return a->time_ps < b->time_ps || (a->time_ps == b->time_ps && a->order < b->order);
}

/* Time of the first event, INT64_MAX when there is none. */
static inline int64_t queue_first_ps(const struct queue *queue)
{
	int64_t heap_ps = queue->heaped > 0 ? queue->events[0].time_ps : INT64_MAX;
	return queue->slot_taken && queue->slot.time_ps < heap_ps ? queue->slot.time_ps : heap_ps;
}

#endif
