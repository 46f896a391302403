/*
 * Event queue: a binary heap in the total order (time, sequence number).
 *
 * The sequence number counts pushes, so events of one time leave in the order they came, whatever
 * the heap looks like. It shares a word with the payload: 40 bits of sequence (renumbered when they
 * run out) above 24 bits of payload.
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
	struct event *events; /* heap; events[0] is the first */
	size_t count;
	size_t capacity;
	uint64_t sequence; /* of the next push */
};

void queue_init(struct queue *queue);
void queue_fini(struct queue *queue);

/* SIM_E_NOMEM only. PAYLOAD below 2^24. */
SIM_MUST_CHECK enum sim_status queue_push(struct queue *queue, int64_t time_ps, uint32_t payload);

/* The first event; the queue must not be empty. */
struct event queue_pop(struct queue *queue);

static inline uint32_t event_payload(const struct event *event)
{
	return (uint32_t)(event->order & ((UINT64_C(1) << QUEUE_PAYLOAD_BITS) - 1));
}

static inline bool event_before(const struct event *a, const struct event *b)
{
	return a->time_ps < b->time_ps || (a->time_ps == b->time_ps && a->order < b->order);
}

#endif
