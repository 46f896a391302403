/* Buffers lent to CUPTI: see lend.h. */
#include "traces/tracer/lend.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "traces/tracer/queue.h"

/* as CUPTI wants it */
enum { BUFFER_ALIGNMENT = 8 };

/* The lock is taken inside CUPTI's callbacks: nothing is called while it is held. */
static struct {
	pthread_mutex_t lock;
	struct lent_buffer *lent, *pool;
	size_t pooled;
	struct lend_counts counts;
	bool closed;
	const struct cupti *cupti;
} lend = {.lock = PTHREAD_MUTEX_INITIALIZER};

void lend_init(const struct cupti *cupti)
{
	lend.cupti = cupti;
}

static struct lent_buffer *new_buffer(void)
{
	struct lent_buffer *buffer = calloc(1, sizeof(*buffer));
	void *memory = NULL;
	if (buffer == NULL || posix_memalign(&memory, BUFFER_ALIGNMENT, LEND_BUFFER_BYTES) != 0) {
		free(buffer);
		return NULL;
	}
	buffer->memory = memory;
	return buffer;
}

static struct lent_buffer *take_pooled(void)
{
	pthread_mutex_lock(&lend.lock);
	struct lent_buffer *buffer = lend.pool;
	if (buffer != NULL) {
		lend.pool = buffer->next;
		lend.pooled--;
	}
	pthread_mutex_unlock(&lend.lock);
	return buffer;
}

void lend_request(uint8_t **buffer, size_t *size, size_t *most_records)
{
	struct lent_buffer *taken = take_pooled();
	if (taken == NULL)
		taken = new_buffer();
	*buffer = NULL; /* out of memory: CUPTI drops records and counts them */
	*size = 0;
	*most_records = 0; /* as many as fit */
	if (taken != NULL) {
		*buffer = taken->memory;
		*size = LEND_BUFFER_BYTES;
	}
	pthread_mutex_lock(&lend.lock);
	lend.counts.requested++;
	if (taken != NULL) {
		taken->late = lend.closed;
		taken->next = lend.lent;
		lend.lent = taken;
	}
	pthread_mutex_unlock(&lend.lock);
}

/* The lent buffer of this MEMORY, or NULL. */
static struct lent_buffer *take_lent(const uint8_t *memory, bool *closed)
{
	struct lent_buffer *found = NULL;
	pthread_mutex_lock(&lend.lock);
	for (struct lent_buffer **at = &lend.lent; *at != NULL; at = &(*at)->next)
		if ((*at)->memory == memory) {
			found = *at;
			*at = found->next;
			break;
		}
	lend.counts.returned += found != NULL;
	lend.counts.foreign += found == NULL && memory != NULL;
	*closed = lend.closed;
	pthread_mutex_unlock(&lend.lock);
	return found;
}

static void count_as_lost(const struct lent_buffer *buffer)
{
	struct cupti_record *record = NULL;
	uint64_t lost = 0;
	while (lend.cupti->cuptiActivityGetNextRecord(buffer->memory, buffer->valid, &record) ==
	       CUPTI_OK)
		lost++;
	pthread_mutex_lock(&lend.lock);
	lend.counts.lost += lost;
	pthread_mutex_unlock(&lend.lock);
}

void lend_complete(void *context, uint32_t stream, uint8_t *buffer, size_t size, size_t valid)
{
	bool closed;
	(void)context;
	(void)stream;
	(void)size;
	struct lent_buffer *lent = take_lent(buffer, &closed);
	if (lent == NULL)
		return;
	lent->valid = valid < LEND_BUFFER_BYTES ? valid : LEND_BUFFER_BYTES;
	if (!closed && valid > 0) {
		if (queue_push_buffer(lent))
			return;
		count_as_lost(lent);
	}
	lend_give_back(lent);
}

void lend_give_back(struct lent_buffer *buffer)
{
	pthread_mutex_lock(&lend.lock);
	bool keep = lend.pooled < LEND_MOST_POOLED;
	if (keep) {
		buffer->next = lend.pool;
		lend.pool = buffer;
		lend.pooled++;
	}
	pthread_mutex_unlock(&lend.lock);
	if (!keep) {
		free(buffer->memory);
		free(buffer);
	}
}

void lend_close(void)
{
	pthread_mutex_lock(&lend.lock);
	lend.closed = true;
	pthread_mutex_unlock(&lend.lock);
}

struct lend_counts lend_counted(void)
{
	pthread_mutex_lock(&lend.lock);
	struct lend_counts counts = lend.counts;
	for (const struct lent_buffer *at = lend.lent; at != NULL; at = at->next)
		counts.unreturned += !at->late;
	pthread_mutex_unlock(&lend.lock);
	return counts;
}
