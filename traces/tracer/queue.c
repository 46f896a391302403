/* What the writer thread has to do: see queue.h. */
#include "traces/tracer/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Notes are taken once a second anyway; this many wake the writer before. */
enum { WAKING_NOTES = 4096, FIRST_NOTES = 256 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t work_is_there;
	struct lent_buffer *first, *last;
	size_t buffer_count, buffer_bytes; /* bytes that hold records */
	struct note *notes;
	size_t note_count, note_capacity;
	struct note
		*left_notes; /* a child's copy: a thread may have been changing it in the fork */
	uint64_t lost;
	bool flush, stop;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .work_is_there = PTHREAD_COND_INITIALIZER};

void queue_init(void)
{
	pthread_mutex_init(&queue.lock, NULL);
	pthread_cond_init(&queue.work_is_there, NULL);
	queue.first = queue.last = NULL;
	queue.buffer_count = queue.buffer_bytes = 0;
	if (queue.notes != NULL)
		queue.left_notes = queue.notes;
	queue.notes = NULL;
	queue.note_count = queue.note_capacity = 0;
	queue.lost = 0;
	queue.flush = queue.stop = false;
}

bool queue_push_buffer(struct lent_buffer *buffer)
{
	buffer->next = NULL;
	pthread_mutex_lock(&queue.lock);
	bool room = queue.buffer_count < QUEUE_MOST_BUFFERS &&
		    queue.buffer_bytes + buffer->valid <= QUEUE_MOST_BYTES;
	if (room) {
		if (queue.last != NULL)
			queue.last->next = buffer;
		else
			queue.first = buffer;
		queue.last = buffer;
		queue.buffer_count++;
		queue.buffer_bytes += buffer->valid;
		pthread_cond_signal(&queue.work_is_there);
	}
	pthread_mutex_unlock(&queue.lock);
	return room;
}

void note_fini(struct note *note)
{
	for (size_t i = 0; i < sizeof(note->texts) / sizeof(note->texts[0]); i++)
		free(note->texts[i]);
}

/* Doubles under the lock: rare, and a note is small. */
static bool has_room_for_note(void)
{
	if (queue.note_count < queue.note_capacity)
		return true;
	if (queue.note_count >= QUEUE_MOST_NOTES)
		return false;
	size_t capacity = queue.note_capacity > 0 ? queue.note_capacity * 2 : FIRST_NOTES;
	struct note *notes = realloc(queue.notes, capacity * sizeof(*notes));
	if (notes == NULL)
		return false;
	queue.notes = notes;
	queue.note_capacity = capacity;
	return true;
}

void queue_push_note(const struct note *note)
{
	struct note lost = *note;
	pthread_mutex_lock(&queue.lock);
	bool room = has_room_for_note();
	if (room)
		queue.notes[queue.note_count++] = *note;
	else
		queue.lost++;
	if (queue.note_count == WAKING_NOTES)
		pthread_cond_signal(&queue.work_is_there);
	pthread_mutex_unlock(&queue.lock);
	if (!room)
		note_fini(&lost);
}

void queue_push_fact(const char *key, const char *value)
{
	queue_push_note(
		&(struct note){.kind = LOG_FACT, .texts = {strdup(key), strdup(value), NULL}});
}

static void push_flag(bool *flag)
{
	pthread_mutex_lock(&queue.lock);
	*flag = true;
	pthread_cond_signal(&queue.work_is_there);
	pthread_mutex_unlock(&queue.lock);
}

void queue_push_flush(void)
{
	push_flag(&queue.flush);
}

void queue_push_stop(void)
{
	push_flag(&queue.stop);
}

void queue_take(struct queue_work *work)
{
	struct note *notes = work->notes;
	size_t capacity = work->note_capacity;
	pthread_mutex_lock(&queue.lock);
	while (queue.first == NULL && queue.note_count < WAKING_NOTES && !queue.flush &&
	       !queue.stop)
		pthread_cond_wait(&queue.work_is_there, &queue.lock);
	*work = (struct queue_work){
		.buffers = queue.first,
		.notes = queue.notes,
		.note_count = queue.note_count,
		.note_capacity = queue.note_capacity,
		.flush = queue.flush,
		.stop = queue.stop,
	};
	queue.first = queue.last = NULL;
	queue.buffer_count = queue.buffer_bytes = 0;
	queue.notes = notes;
	queue.note_count = 0;
	queue.note_capacity = capacity;
	queue.flush = false;
	pthread_mutex_unlock(&queue.lock);
}

uint64_t queue_lost_notes(void)
{
	pthread_mutex_lock(&queue.lock);
	uint64_t lost = queue.lost;
	pthread_mutex_unlock(&queue.lock);
	return lost;
}
