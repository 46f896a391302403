/* The tracer's life: see tracer.h. */
#include "traces/tracer/tracer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "traces/tracer/activity.h"
#include "traces/tracer/canary.h"
#include "traces/tracer/clocks.h"
#include "traces/tracer/crc.h"
#include "traces/tracer/facts.h"
#include "traces/tracer/helper.h"
#include "traces/tracer/lend.h"
#include "traces/tracer/queue.h"
#include "traces/tracer/say.h"
#include "traces/tracer/signals.h"
#include "traces/tracer/writer.h"

enum life { NOT_STARTED, RUNNING, ENDING, OVER };

static struct {
	pthread_mutex_t lock; /* of starting; no callback takes it */
	atomic_int life;
	pid_t process;
	const struct cupti *cupti;
	bool has_handlers; /* atexit and atfork are registered */
	bool cupti_hangs;
} tracer = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct tracer_settings settings;
static pthread_once_t settings_once = PTHREAD_ONCE_INIT;

static void say_unknown(const char *word, size_t length)
{
	tracer_say("unknown word in " TRACER_ENV_OPTIONS ", ignored: '%.*s'", (int)length, word);
}

static void read_settings(void)
{
	settings_parse(&settings, getenv(TRACER_ENV_OPTIONS), say_unknown);
	tracer_be_verbose((settings.options & TRACER_VERBOSE) != 0);
	crc_init();
}

const struct tracer_settings *tracer_settings(void)
{
	pthread_once(&settings_once, read_settings);
	return &settings;
}

bool tracer_is_running(void)
{
	return atomic_load(&tracer.life) == RUNNING;
}

/* When buffers are out and none came back, CUPTI hands them to somebody else now. */
static void say_what_is_missing(uint64_t returned_before)
{
	struct lend_counts counts = lend_counted();
	char text[192];
	if (counts.foreign > 0)
		snprintf(text, sizeof(text),
			 "another profiler recorded in this process: %llu of its buffers came here",
			 (unsigned long long)counts.foreign);
	else if (counts.unreturned > 0 && counts.returned == returned_before)
		snprintf(text, sizeof(text),
			 "%llu buffers never came back: another profiler took them over",
			 (unsigned long long)counts.unreturned);
	else
		return;
	tracer_say("%s; the trace is not reliable", text);
	queue_push_fact("unreliable", text);
}

static void take_over_rest(const struct cupti *cupti)
{
	uint64_t returned = lend_counted().returned;
	activity_flush(cupti, false);
	activity_flush(cupti, true);
	canary_judge();
	lend_close();
	say_what_is_missing(returned);
}

void tracer_finish(enum log_end_reason reason)
{
	int running = RUNNING;
	if (!atomic_compare_exchange_strong(&tracer.life, &running, ENDING))
		return;
	if (tracer.cupti != NULL && !tracer.cupti_hangs)
		take_over_rest(tracer.cupti);
	if (!tracer.cupti_hangs)
		helper_note_devices();
	clocks_note(tracer.cupti);
	if (writer_finish(reason))
		tracer_tell("the log is complete");
	atomic_store(&tracer.life, OVER);
}

/* Not in a child that came to be behind fork()'s back. */
static void at_exit(void)
{
	if (getpid() != tracer.process || atomic_load(&tracer.life) == NOT_STARTED)
		return;
	if (!helper_finish())
		tracer.cupti_hangs = true;
	signals_unwatch();
	tracer_finish(LOG_END_EXIT);
}

/*
 * The child has neither our threads nor, when the parent used CUDA, CUDA. A parent that only had its
 * steps timed may have children that do work of their own: they start anew, with their own log.
 */
static void in_child(void)
{
	if (atomic_load(&tracer.life) == NOT_STARTED)
		return;
	signals_unwatch();
	helper_forget();
	writer_forget();
	queue_init();
	pthread_mutex_init(&tracer.lock, NULL);
	atomic_store(&tracer.life, tracer.cupti != NULL ? OVER : NOT_STARTED);
}

static void register_handlers(void)
{
	if (tracer.has_handlers)
		return;
	tracer.has_handlers = true;
	atexit(at_exit);
	at_quick_exit(at_exit);
	pthread_atfork(NULL, NULL, in_child);
}

static bool open_log(struct log_output *file)
{
	char path[TRACER_LONGEST_PATH];
	const char *pattern = getenv(TRACER_ENV_LOG);
	if (pattern == NULL || *pattern == '\0') {
		tracer_say("nothing is recorded: " TRACER_ENV_LOG " is not set");
		return false;
	}
	if (!settings_expand_path(path, sizeof(path), pattern, (long)getpid())) {
		tracer_say("nothing is recorded: " TRACER_ENV_LOG " is too long: '%.80s...'",
			   pattern);
		return false;
	}
	if (!log_output_open(file, path, (long)getpid()))
		return false;
	tracer_tell("writing '%s'", file->path);
	return true;
}

/* Threads first: they take what the callbacks bring. */
static bool start_threads(struct recorder *recorder, uint32_t features, uint64_t start_ns)
{
	if (!writer_start(recorder, features, start_ns)) {
		log_output_discard(&recorder->log.file);
		recorder_destroy(recorder);
		return false;
	}
	if (helper_start(tracer.cupti))
		return true;
	writer_finish(LOG_END_EXIT);
	return false;
}

static bool start(void)
{
	const struct tracer_settings *wanted = tracer_settings();
	const bool timing = (wanted->options & TRACER_TIMING) != 0;
	uint32_t features = LOG_IS_TIMING | LOG_HAS_RANGES;
	struct log_output file;
	tracer.cupti = timing ? NULL : cupti_load();
	if ((!timing && tracer.cupti == NULL) || !open_log(&file))
		return false;
	struct recorder *recorder = recorder_create(tracer.cupti, wanted, &file);
	if (recorder == NULL) {
		log_output_discard(&file);
		log_output_close(&file);
		return false;
	}
	const uint64_t start_ns = trace_clock_ns(tracer.cupti);
	lend_init(tracer.cupti);
	facts_note(tracer.cupti, wanted);
	clocks_note(tracer.cupti);
	if (!timing && !activity_start(tracer.cupti, wanted, &features)) {
		lend_close();
		log_output_discard(&recorder->log.file);
		recorder_destroy(recorder);
		return false;
	}
	if (!start_threads(recorder, features, start_ns)) {
		tracer_say("nothing is recorded: no threads to be had");
		lend_close();
		if (!timing)
			activity_stop(tracer.cupti);
		return false;
	}
	return true;
}

void tracer_start(void)
{
	if (atomic_load(&tracer.life) != NOT_STARTED)
		return;
	pthread_mutex_lock(&tracer.lock);
	if (atomic_load(&tracer.life) == NOT_STARTED) {
		tracer.process = getpid();
		queue_init(); /* other threads may push from the next line on */
		atomic_store(&tracer.life, RUNNING);
		if (start()) {
			register_handlers();
			signals_watch();
		} else {
			atomic_store(&tracer.life, OVER);
		}
	}
	pthread_mutex_unlock(&tracer.lock);
}
