/* The thread that writes the log: see writer.h. */
#include "traces/tracer/writer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "traces/tracer/clocks.h"
#include "traces/tracer/helper.h"

static struct {
	pthread_t thread;
	struct recorder *recorder;
	uint32_t features;
	uint64_t start_ns;
	atomic_int wish;
	enum log_end_reason reason; /* set before the queue's stop */
	struct queue_work work;
	/* A child's copies: what the thread was changing at the time of the fork cannot be freed. */
	struct recorder *left_recorder;
	struct queue_work left_work;
} writer;

enum writer_wish writer_wish(void)
{
	return (enum writer_wish)atomic_load(&writer.wish);
}

static void take_work(struct recorder *recorder, struct queue_work *work)
{
	for (size_t i = 0; i < work->note_count; i++) {
		recorder_take_note(recorder, &work->notes[i]);
		note_fini(&work->notes[i]);
	}
	while (work->buffers != NULL) {
		struct lent_buffer *buffer = work->buffers;
		recorder_read(recorder, buffer->memory, buffer->valid);
		work->buffers = buffer->next;
		lend_give_back(buffer);
	}
}

static void make_wish(struct recorder *recorder)
{
	if (writer_wish() != WRITER_GOES_ON)
		return;
	if (log_write_has_failed(&recorder->log))
		atomic_store(&writer.wish, WRITER_HAS_FAILED);
	else if (step_limit_is_reached(&recorder->steps))
		atomic_store(&writer.wish, WRITER_HAS_STEPS);
	else
		return;
	helper_wake();
}

static void flush(struct recorder *recorder, struct log_counts *written)
{
	if (memcmp(written, &recorder->counts, sizeof(*written)) != 0)
		recorder_add_counts(recorder);
	*written = recorder->counts;
	log_write_flush(&recorder->log);
}

static void end(struct recorder *recorder)
{
	recorder_add_counts(recorder);
	log_write_flush(&recorder->log);
	*(struct log_end *)log_write_add(&recorder->log, LOG_END) = (struct log_end){
		.time_ns = trace_clock_ns(recorder->cupti),
		.reason = writer.reason,
	};
	log_write_flush(&recorder->log);
}

static void *writer_main(void *argument)
{
	struct recorder *recorder = argument;
	struct queue_work *work = &writer.work;
	struct log_counts written = {0};
	log_output_header(&recorder->log.file, writer.features, (int64_t)writer.start_ns);
	while (!work->stop) {
		queue_take(work);
		take_work(recorder, work);
		if (work->flush)
			flush(recorder, &written);
		make_wish(recorder);
	}
	end(recorder);
	free(work->notes);
	*work = (struct queue_work){0};
	return NULL;
}

bool writer_start(struct recorder *recorder, uint32_t features, uint64_t start_ns)
{
	writer.recorder = recorder;
	writer.features = features;
	writer.start_ns = start_ns;
	atomic_store(&writer.wish, WRITER_GOES_ON);
	return helper_create_thread(&writer.thread, writer_main, recorder);
}

bool writer_finish(enum log_end_reason reason)
{
	writer.reason = reason;
	queue_push_stop();
	pthread_join(writer.thread, NULL);
	bool whole = !log_write_has_failed(&writer.recorder->log);
	recorder_destroy(writer.recorder);
	writer.recorder = NULL;
	return whole;
}

void writer_forget(void)
{
	if (writer.recorder != NULL)
		log_output_close(&writer.recorder->log.file);
	writer.left_recorder = writer.recorder;
	writer.left_work = writer.work;
	writer.recorder = NULL;
	writer.work = (struct queue_work){0};
}
