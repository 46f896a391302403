/*
 * A second CUPTI client in the fake program, as torch.profiler is: it takes over the activity
 * callbacks of the process without asking, and gives nothing back when it stops.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tracer/app.h"
#include "traces/tracer/cupti_abi.h"

enum { BUFFER_BYTES = 1 << 20, MOST_BUFFERS = 64 };

#define X(name, parameters) static int(*name) parameters;
CUPTI_ENTRY_LIST(X)
#undef X

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint8_t *lent[MOST_BUFFERS];
static size_t lent_count;
static atomic_uint kernels;

static void on_request(uint8_t **buffer, size_t *size, size_t *most_records)
{
	void *bytes = NULL;
	if (posix_memalign(&bytes, 8, BUFFER_BYTES) != 0)
		bytes = NULL;
	pthread_mutex_lock(&mutex);
	if (lent_count == MOST_BUFFERS) {
		free(bytes);
		bytes = NULL;
	}
	if (bytes != NULL)
		lent[lent_count++] = bytes;
	pthread_mutex_unlock(&mutex);
	*buffer = bytes;
	*size = bytes != NULL ? BUFFER_BYTES : 0;
	*most_records = 0;
}

static bool take_back(const uint8_t *buffer)
{
	bool mine = false;
	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < lent_count && !mine; i++)
		if (lent[i] == buffer) {
			lent[i] = lent[--lent_count];
			mine = true;
		}
	pthread_mutex_unlock(&mutex);
	return mine;
}

/* another client's buffer is left alone, as Kineto does */
static void on_complete(void *context, uint32_t stream, uint8_t *buffer, size_t size, size_t valid)
{
	struct cupti_record *record = NULL;
	(void)context;
	(void)stream;
	(void)size;
	if (!take_back(buffer))
		return;
	while (cuptiActivityGetNextRecord(buffer, valid, &record) == CUPTI_OK)
		if (record->kind == CUPTI_KIND_CONCURRENT_KERNEL)
			atomic_fetch_add(&kernels, 1);
	free(buffer);
}

static bool load(void)
{
	void *library = dlopen("libcupti.so.13", RTLD_NOW);
	void *symbol;
	bool whole = library != NULL;
#define X(name, parameters)                                                                        \
	symbol = whole ? dlsym(library, #name) : NULL;                                             \
	memcpy(&name, &symbol, sizeof(name));                                                      \
	whole = whole && symbol != NULL;
	CUPTI_ENTRY_LIST(X)
#undef X
	return whole;
}

/*
 * profiler:KERNELS[:1] of its own, between its start and its stop; 1: it flushes first, so that no
 * buffer of another client is out when it starts
 */
void app_profile(const struct app_word *word)
{
	cuda_init();
	if (!load()) {
		app_say("profiler: no CUPTI\n");
		return;
	}
	if (word->numbers[1] != 0)
		cuptiActivityFlushAll(CUPTI_FLUSH_FORCED);
	cuptiActivityRegisterCallbacks(on_request, on_complete);
	cuptiActivityEnable(CUPTI_KIND_CONCURRENT_KERNEL);
	cuptiActivityEnable(CUPTI_KIND_RUNTIME);
	for (long i = 0; i < word->numbers[0]; i++)
		cuda_launch((unsigned)i, FAKE_NULL_STREAM);
	cuda_sync(FAKE_NULL_STREAM);
	cuptiActivityFlushAll(CUPTI_FLUSH_FORCED);
	cuptiActivityDisable(CUPTI_KIND_CONCURRENT_KERNEL);
	cuptiActivityDisable(CUPTI_KIND_RUNTIME);
	app_say("profiled\n");
}
