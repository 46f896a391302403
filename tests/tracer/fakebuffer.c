/* Activity buffers of the fake libcupti: see fakecupti.h for who fills, delivers and waits. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/tracer/fakecupti.h"

struct buffer {
	struct buffer *next;
	uint8_t *bytes;
	size_t size, used, most, count;
	unsigned in_flight;
};

struct filler { /* a thread of the program */
	struct filler *next;
	struct buffer *buffer;
	unsigned full;
};

static pthread_rwlock_t lock;
static _Thread_local unsigned depth; /* callbacks may call entries: the lock is taken once */
static _Thread_local struct filler *mine;

static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER; /* the lists below */
static pthread_cond_t list_changed = PTHREAD_COND_INITIALIZER;
static struct filler *fillers;
static struct buffer *parked; /* full, with records in flight */
static struct buffer *ready;  /* for the worker */
static bool has_worker;

static cupti_request_fn client_request;
static cupti_complete_fn client_complete;
static atomic_size_t dropped;
static atomic_ullong dropped_ever, delivered, walked;

__attribute__((constructor)) static void lock_init(void)
{
	pthread_rwlockattr_t attributes;
	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
}

void fake_lock_shared(void)
{
	if (depth++ == 0)
		pthread_rwlock_rdlock(&lock);
}

void fake_lock_exclusive(void)
{
	if (depth++ == 0)
		pthread_rwlock_wrlock(&lock);
}

void fake_unlock(void)
{
	if (--depth == 0)
		pthread_rwlock_unlock(&lock);
}

static void dawdle(void)
{
	static const struct timespec while_ns = {0, 1000000};
	if (fake_options.slow)
		nanosleep(&while_ns, NULL);
}

static void deliver(struct buffer *buffer)
{
	dawdle();
	atomic_fetch_add(&delivered, 1);
	client_complete(NULL, 0, buffer->bytes, buffer->size, buffer->used);
	free(buffer);
}

static struct buffer *take_ready(void)
{
	pthread_mutex_lock(&list_mutex);
	struct buffer *buffer = ready;
	if (buffer != NULL)
		ready = buffer->next;
	pthread_mutex_unlock(&list_mutex);
	return buffer;
}

static void *worker(void *unused)
{
	struct buffer *buffer;
	(void)unused;
	for (;;) {
		pthread_mutex_lock(&list_mutex);
		while (ready == NULL)
			pthread_cond_wait(&list_changed, &list_mutex);
		pthread_mutex_unlock(&list_mutex);
		fake_lock_shared();
		while ((buffer = take_ready()) != NULL)
			deliver(buffer);
		fake_unlock();
	}
	return NULL;
}

void fake_buffer_client(cupti_request_fn request, cupti_complete_fn complete)
{
	pthread_t thread;
	client_request = request;
	client_complete = complete;
	if (has_worker)
		return;
	has_worker = pthread_create(&thread, NULL, worker, NULL) == 0;
	if (!has_worker)
		return;
	pthread_setname_np(thread, "fake-cupti");
	pthread_detach(thread);
}

static struct filler *filler_of_thread(void)
{
	if (mine != NULL)
		return mine;
	mine = calloc(1, sizeof(*mine));
	if (mine == NULL)
		abort();
	pthread_mutex_lock(&list_mutex);
	mine->next = fillers;
	fillers = mine;
	pthread_mutex_unlock(&list_mutex);
	return mine;
}

static void put_away(struct filler *filler)
{
	struct buffer *buffer = filler->buffer, **list = NULL;
	filler->buffer = NULL;
	if (buffer->in_flight > 0)
		list = &parked;
	else if (++filler->full % 2 == 0)
		list = &ready;
	if (list == NULL) {
		deliver(buffer);
		return;
	}
	pthread_mutex_lock(&list_mutex);
	while (*list != NULL)
		list = &(*list)->next;
	*list = buffer;
	buffer->next = NULL;
	pthread_cond_signal(&list_changed);
	pthread_mutex_unlock(&list_mutex);
}

static struct buffer *request(void)
{
	struct buffer *buffer = calloc(1, sizeof(*buffer));
	if (buffer == NULL)
		abort();
	dawdle();
	client_request(&buffer->bytes, &buffer->size, &buffer->most);
	if (buffer->bytes == NULL) {
		free(buffer);
		return NULL;
	}
	if ((uintptr_t)buffer->bytes % 8 != 0) {
		fprintf(stderr, "fake libcupti: buffer is not 8-byte aligned\n");
		abort();
	}
	if (fake_options.one)
		buffer->most = FAKE_MOST_RECORDS;
	return buffer;
}

void fake_buffer_drop(void)
{
	atomic_fetch_add(&dropped, 1);
	atomic_fetch_add(&dropped_ever, 1);
}

void *fake_buffer_put(uint32_t kind, bool in_flight)
{
	struct filler *filler = filler_of_thread();
	struct buffer *buffer = filler->buffer;
	size_t plain = fake_record_bytes(kind), wider = fake_options.wide ? FAKE_WIDER : 0;
	if (client_request == NULL) {
		fake_buffer_drop();
		return NULL;
	}
	if (buffer != NULL && (buffer->used + plain + wider > buffer->size ||
			       (buffer->most > 0 && buffer->count == buffer->most)))
		put_away(filler);
	if (filler->buffer == NULL)
		filler->buffer = request();
	buffer = filler->buffer;
	if (buffer == NULL || plain + wider > buffer->size) {
		fake_buffer_drop();
		return NULL;
	}
	uint8_t *record = buffer->bytes + buffer->used;
	memset(record, 0, plain);
	memset(record + plain, 0xee, wider);
	memcpy(record, &kind, sizeof(kind));
	buffer->used += plain + wider;
	buffer->count++;
	buffer->in_flight += in_flight;
	return record;
}

static void flush_parked(bool forced)
{
	struct buffer **link = &parked, *buffer;
	while ((buffer = *link) != NULL) {
		if (buffer->in_flight > 0 && !forced) {
			link = &buffer->next;
			continue;
		}
		*link = buffer->next;
		deliver(buffer);
	}
}

/* With the lock held alone no other thread is in a list or a buffer. */
void fake_buffer_flush(bool forced)
{
	struct buffer *buffer;
	while ((buffer = take_ready()) != NULL)
		deliver(buffer);
	flush_parked(forced);
	for (struct filler *filler = fillers; filler != NULL; filler = filler->next) {
		buffer = filler->buffer;
		if (buffer == NULL || buffer->used == 0 || (buffer->in_flight > 0 && !forced))
			continue;
		filler->buffer = NULL;
		deliver(buffer);
	}
}

static void finish(struct buffer *buffer)
{
	struct cupti_record *record = NULL;
	while (buffer->in_flight > 0 &&
	       fake_buffer_next(buffer->bytes, buffer->used, &record) == CUPTI_OK) {
		struct cupti_kernel *kernel = (struct cupti_kernel *)record;
		uint64_t end = 0; /* kept there by fakerecord.c */
		if (record->kind == CUPTI_KIND_CONCURRENT_KERNEL)
			memcpy(&end, kernel->unread, sizeof(end));
		if (end == 0)
			continue;
		kernel->end = end;
		memset(kernel->unread, 0, sizeof(end));
		buffer->in_flight--;
	}
}

void fake_buffer_finish(void)
{
	for (struct filler *filler = fillers; filler != NULL; filler = filler->next)
		if (filler->buffer != NULL)
			finish(filler->buffer);
	for (struct buffer *buffer = parked; buffer != NULL; buffer = buffer->next)
		finish(buffer);
	flush_parked(false);
}

/* A buffer that another client lent: one record, of a thread that nobody has. */
void fake_buffer_foreign(void)
{
	static uint64_t other[64];
	struct cupti_api *call = (struct cupti_api *)other;
	call->kind = CUPTI_KIND_RUNTIME;
	call->cbid = 211;
	call->thread = UINT32_MAX;
	if (client_complete != NULL)
		client_complete(NULL, 0, (uint8_t *)other, sizeof(other), sizeof(*call));
}

size_t fake_buffer_dropped(void)
{
	return atomic_exchange(&dropped, 0);
}

uint64_t fake_buffer_dropped_ever(void)
{
	return atomic_load(&dropped_ever);
}

uint64_t fake_buffer_backlog(void)
{
	return atomic_load(&delivered) - atomic_load(&walked);
}

void fake_buffer_settle(void)
{
	static const struct timespec pause = {0, 1000000};
	for (int i = 0; i < 2000 && fake_buffer_backlog() > 0; i++)
		nanosleep(&pause, NULL);
}

int fake_buffer_next(uint8_t *bytes, size_t valid, struct cupti_record **record)
{
	size_t at = 0, wider = fake_options.wide ? FAKE_WIDER : 0;
	if (*record != NULL)
		at = (size_t)((uint8_t *)*record - bytes) + fake_record_bytes((*record)->kind) +
		     wider;
	if (at >= valid)
		return CUPTI_E_MAX_LIMIT_REACHED;
	struct cupti_record *next = (struct cupti_record *)(bytes + at);
	if (next->kind == FAKE_INVALID_KIND || fake_record_bytes(next->kind) == 0)
		return CUPTI_E_INVALID_KIND;
	*record = next;
	return CUPTI_OK;
}

void fake_buffer_walked(void)
{
	atomic_fetch_add(&walked, 1);
}
