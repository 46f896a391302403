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
	if (queue->slot_taken)
		events[queue->heaped++] = queue->slot;
	queue->slot_taken = false;
	if (queue->heaped > 0)
		qsort(events, queue->heaped, sizeof(*events), compare);
	for (size_t i = 0; i < queue->heaped; i++)
		events[i].order = (uint64_t)i << QUEUE_PAYLOAD_BITS | event_payload(&events[i]);
	queue->sequence = queue->heaped;
}

enum sim_status queue_push(struct queue *queue, int64_t time_ps, uint32_t payload)
{
	assert(payload >> QUEUE_PAYLOAD_BITS == 0);
	/* room for one, and for the slot's when it is renumbered */
	if (queue->heaped + 2 > queue->capacity)
		TRY(grow(queue));
	if (queue->sequence == sequence_end)
		renumber(queue);
	struct event event = {time_ps, queue->sequence++ << QUEUE_PAYLOAD_BITS | payload};
	if (queue->slot_taken) {
		sift_up(queue, queue->heaped++, event);
		return SIM_OK;
	}
	queue->slot = event;
	queue->slot_taken = true;
	return SIM_OK;
}

static struct event pop_heap(struct queue *queue)
{
	struct event *events = queue->events;
	struct event first = events[0], last = events[--queue->heaped];
	size_t count = queue->heaped, hole = 0;
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

struct event queue_pop(struct queue *queue)
{
	assert(queue_count(queue) > 0);
	bool from_heap = queue->heaped > 0 &&
			 (!queue->slot_taken || event_before(&queue->events[0], &queue->slot));
	if (from_heap)
		return pop_heap(queue);
	queue->slot_taken = false;
	return queue->slot;
}
