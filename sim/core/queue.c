/* Binary heap of 16-byte events; sifting moves a hole instead of swapping. */
#include "sim/core/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t sequence_end = UINT64_C(1) << (64 - QUEUE_PAYLOAD_BITS);

void queue_init(struct queue *queue)
{
	memset(queue, 0, sizeof(*queue));
}

void queue_fini(struct queue *queue)
{
	free(queue->events);
	queue_init(queue);
}

static void sift_up(struct queue *queue, size_t hole, struct event event)
{
	struct event *events = queue->events;
	while (hole > 0) {
		size_t parent = (hole - 1) / 2;
		if (!event_before(&event, &events[parent]))
			break;
		events[hole] = events[parent];
		hole = parent;
	}
	events[hole] = event;
}

static enum sim_status grow(struct queue *queue)
{
	size_t capacity = queue->capacity ? queue->capacity * 2 : 64;
	struct event *events = NULL;
	if (capacity <= SIZE_MAX / sizeof(*events))
		events = realloc(queue->events, capacity * sizeof(*events));
	if (events == NULL)
		return SIM_E_NOMEM;
	queue->events = events;
	queue->capacity = capacity;
	return SIM_OK;
}

static int compare(const void *a, const void *b)
{
	return event_before(a, b) ? -1 : event_before(b, a);
}

/* The sequence ran out: number what is queued anew from 0, keeping its order. */
static void renumber(struct queue *queue)
{
	struct event *events = queue->events;
	if (queue->count > 0)
		qsort(events, queue->count, sizeof(*events), compare);
	for (size_t i = 0; i < queue->count; i++)
		events[i].order = (uint64_t)i << QUEUE_PAYLOAD_BITS | event_payload(&events[i]);
	queue->sequence = queue->count;
}

enum sim_status queue_push(struct queue *queue, int64_t time_ps, uint32_t payload)
{
	assert(payload >> QUEUE_PAYLOAD_BITS == 0);
	if (queue->count == queue->capacity)
		TRY(grow(queue));
	if (queue->sequence == sequence_end)
		renumber(queue);
	struct event event = {time_ps, queue->sequence++ << QUEUE_PAYLOAD_BITS | payload};
	sift_up(queue, queue->count++, event);
	return SIM_OK;
}

struct event queue_pop(struct queue *queue)
{
	assert(queue->count > 0);
	struct event *events = queue->events;
	struct event first = events[0], last = events[--queue->count];
	size_t count = queue->count, hole = 0;
	for (;;) {
		size_t child = 2 * hole + 1;
		if (child >= count)
			break;
		if (child + 1 < count && event_before(&events[child + 1], &events[child]))
			child++;
		if (!event_before(&events[child], &last))
			break;
		events[hole] = events[child];
		hole = child;
	}
	events[hole] = last;
	return first;
}
