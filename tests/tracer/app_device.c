/* What the fake program does on the device. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/tracer/app.h"

enum { MOST_THREADS = 64 };

static void play_init(const struct app_word *word)
{
	(void)word;
	cuda_init();
}

/* eager:STEPS:KERNELS */
static void play_eager(const struct app_word *word)
{
	for (long step = 0; step < word->numbers[0]; step++) {
		for (long i = 0; i < word->numbers[1]; i++)
			cuda_launch((unsigned)i, FAKE_NULL_STREAM);
		cuda_copy(2, 4);
		cuda_sync(FAKE_NULL_STREAM);
	}
}

/* decode:STEPS:KERNELS: as eager, with NVTX around each step and around each launch */
static void play_decode(const struct app_word *word)
{
	char text[96];
	cuda_init(); /* what is marked before is not recorded */
	for (long step = 0; step < word->numbers[0]; step++) {
		snprintf(text, sizeof(text), "decode step %ld", step);
		nvtx_push(text);
		for (long i = 0; i < word->numbers[1]; i++) {
			snprintf(text, sizeof(text),
				 "aten::mm, op_id = %ld, sizes = [[1, 64], [64, %ld]]", i, 64 * i);
			nvtx_push_attributes(text);
			cuda_launch((unsigned)i, FAKE_NULL_STREAM);
			nvtx_pop();
		}
		cuda_sync(FAKE_NULL_STREAM);
		nvtx_pop();
	}
}

/* graph:REPLAYS:NODES:NODES_PER_RANGE */
static void play_graph(const struct app_word *word)
{
	cuda_init();
	cuda_capture((unsigned)word->numbers[1], (unsigned)word->numbers[2]);
	for (long i = 0; i < word->numbers[0]; i++) {
		cuda_replay();
		cuda_sync(FAKE_NULL_STREAM);
	}
}

/* replay:COUNT: of the graph that was captured, each a step by its range */
static void play_replay(const struct app_word *word)
{
	char text[48];
	for (long i = 0; i < word->numbers[0]; i++) {
		snprintf(text, sizeof(text), "decode_step %ld", i);
		nvtx_push(text);
		cuda_replay();
		cuda_sync(FAKE_NULL_STREAM);
		nvtx_pop();
	}
}

/* pdl:KERNELS: each starts before its predecessor on the stream ends */
static void play_pdl(const struct app_word *word)
{
	for (long i = 0; i < word->numbers[0]; i++)
		cuda_launch_overlapping((unsigned)i, FAKE_NULL_STREAM);
}

/* streams:STREAMS:KERNELS, in turn */
static void play_streams(const struct app_word *word)
{
	for (long i = 0; i < word->numbers[0] * word->numbers[1]; i++)
		cuda_launch((unsigned)i, (uint32_t)(20 + i % word->numbers[0]));
}

struct crew {
	pthread_t thread;
	long index, kernels;
};

static void *launch_many(void *user)
{
	const struct crew *crew = user;
	for (long i = 0; i < crew->kernels; i++) {
		if (i % 100 == 0)
			nvtx_push("busy");
		cuda_launch((unsigned)i, (uint32_t)(20 + crew->index));
		if (i % 100 == 99)
			nvtx_pop();
	}
	return NULL;
}

/* threads:THREADS:KERNELS, all at once, each on its stream; a multiple of 100 kernels */
static void play_threads(const struct app_word *word)
{
	static struct crew crews[MOST_THREADS];
	long count = word->numbers[0] < MOST_THREADS ? word->numbers[0] : MOST_THREADS;
	cuda_init(); /* ranges that are marked before are not recorded */
	for (long i = 0; i < count; i++) {
		crews[i] = (struct crew){.index = i, .kernels = word->numbers[1]};
		if (pthread_create(&crews[i].thread, NULL, launch_many, &crews[i]) != 0)
			abort();
	}
	for (long i = 0; i < count; i++)
		pthread_join(crews[i].thread, NULL);
}

static void *launch_forever(void *user)
{
	static const struct timespec pause = {0, 20000};
	(void)user;
	for (unsigned i = 0;; i++) {
		cuda_launch(i, 30);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* background:THREADS: that launch until the process ends */
static void play_background(const struct app_word *word)
{
	pthread_t thread;
	for (long i = 0; i < word->numbers[0]; i++)
		if (pthread_create(&thread, NULL, launch_forever, NULL) == 0)
			pthread_detach(thread);
}

/* inflight:KERNELS that are not done until the next synchronization */
static void play_inflight(const struct app_word *word)
{
	for (long i = 0; i < word->numbers[0]; i++)
		cuda_launch_in_flight((unsigned)i, FAKE_NULL_STREAM);
}

static void play_sync(const struct app_word *word)
{
	(void)word;
	cuda_sync(FAKE_NULL_STREAM);
}

/* calls:N of each kind that neither launches nor waits */
static void play_calls(const struct app_word *word)
{
	for (long i = 0; i < word->numbers[0]; i++) {
		cuda_call(FAKE_GET_DEVICE, 0);
		cuda_call(FAKE_GET_LAST_ERROR, 0);
		cuda_call(FAKE_GET_CURRENT, 0);
	}
	cuda_call(FAKE_MALLOC, 0);
	cuda_call(FAKE_DRIVER_LAUNCH, 0);
}

/* a launch that fails with cudaErrorInvalidConfiguration (9) */
static void play_failed(const struct app_word *word)
{
	(void)word;
	cuda_call(FAKE_LAUNCH, 9);
}

static void play_memory(const struct app_word *word)
{
	(void)word;
	cuda_copy(1, 4096);
	cuda_copy(2, 512);
	cuda_copy(8, 65536);
	cuda_copy(10, 1 << 20);
	cuda_set(1024);
	cuda_overhead();
	cuda_call(FAKE_DEVICE_SYNC, 0);
}

/* ranges:N nested ranges, a mark, a start/end range, one in a domain; N times a range of one text */
static void play_ranges(const struct app_word *word)
{
	uint64_t id = nvtx_start("whole");
	for (long i = 0; i < word->numbers[0]; i++)
		nvtx_push("nested");
	nvtx_mark("here");
	nvtx_domain("fake domain", "registered");
	for (long i = 0; i < word->numbers[0]; i++)
		nvtx_pop();
	nvtx_end(id);
}

/* longrange:LENGTH: a text of that many letters */
static void play_longrange(const struct app_word *word)
{
	size_t length = (size_t)word->numbers[0];
	char *text = malloc(length + 1);
	if (text == NULL)
		abort();
	for (size_t i = 0; i < length; i++)
		text[i] = (char)('a' + i % 26);
	text[length] = '\0';
	nvtx_push(text);
	nvtx_pop();
	free(text);
}

static void play_unload(const struct app_word *word)
{
	(void)word;
	cuda_unload();
}

static void play_foreign(const struct app_word *word)
{
	(void)word;
	if (cuda_hooks() != NULL)
		cuda_hooks()->foreign();
}

const struct app_action app_device_actions[] = {
	{"init", play_init},
	{"eager", play_eager},
	{"decode", play_decode},
	{"graph", play_graph},
	{"replay", play_replay},
	{"pdl", play_pdl},
	{"streams", play_streams},
	{"threads", play_threads},
	{"background", play_background},
	{"inflight", play_inflight},
	{"sync", play_sync},
	{"calls", play_calls},
	{"failed", play_failed},
	{"memory", play_memory},
	{"ranges", play_ranges},
	{"longrange", play_longrange},
	{"unload", play_unload},
	{"foreign", play_foreign},
	{NULL, NULL},
};
