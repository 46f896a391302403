/* The thread that keeps time: see helper.h. */
#include "traces/tracer/helper.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "traces/tracer/activity.h"
#include "traces/tracer/canary.h"
#include "traces/tracer/clocks.h"
#include "traces/tracer/device.h"
#include "traces/tracer/queue.h"
#include "traces/tracer/say.h"
#include "traces/tracer/signals.h"
#include "traces/tracer/tracer.h"
#include "traces/tracer/writer.h"

/* What the thread is told: a signal's number, or one of these. */
enum { MESSAGE_NONE = 0, MESSAGE_END = -1 };

/* ms; with a limit on steps CUPTI is asked at each sample, to end soon after the last */
enum { SAMPLE_MS = 100, FLUSH_MS = 1000, DRAIN_MS = 200 };

/* Waiting for a thread that hangs in the driver must not keep the program from ending. */
enum { PATIENCE_S = 10 };

/* No descriptors: a program may close all it finds, and open its own under their numbers. */
static struct {
	pthread_t thread;
	bool is_there;
	sem_t wake;
	atomic_int signal; /* 0 none */
	atomic_bool end;
	const struct cupti *cupti;
	bool has_devices;
} helper;

bool helper_create_thread(pthread_t *thread, void *(*run)(void *), void *argument)
{
	sigset_t all, before;
	sigfillset(&all);
	if (pthread_sigmask(SIG_BLOCK, &all, &before) != 0)
		return false;
	bool created = pthread_create(thread, NULL, run, argument) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return created;
}

void helper_wake(void)
{
	sem_post(&helper.wake);
}

void helper_end_by_signal(int signal)
{
	int saved = errno;
	atomic_store(&helper.signal, signal);
	sem_post(&helper.wake);
	errno = saved;
}

/* A signal comes first: the process is to die by it. */
static int message(void)
{
	int signal = atomic_exchange(&helper.signal, 0);
	if (signal != 0)
		return signal;
	return atomic_load(&helper.end) ? MESSAGE_END : MESSAGE_NONE;
}

/* The next message, or none after MS. */
static int wait_for_message(int ms)
{
	uint64_t until = clock_ns(CLOCK_MONOTONIC) + (uint64_t)ms * 1000000;
	const struct timespec at = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
	while (sem_clockwait(&helper.wake, CLOCK_MONOTONIC, &at) != 0 && errno == EINTR)
		;
	return message();
}

/* As if we had not been there: to this thread alone, so that no other sees it first. */
static void die_by(int signal)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t only;
	sigaction(signal, &action, NULL);
	sigemptyset(&only);
	sigaddset(&only, signal);
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
	pthread_sigmask(SIG_UNBLOCK, &only, NULL);
}

void helper_note_devices(void)
{
	if (!helper.has_devices)
		helper.has_devices = devices_note();
}

static void sample(void)
{
	if (!helper.has_devices)
		helper_note_devices();
	else
		devices_sample(trace_clock_ns(helper.cupti));
}

static void flush(void)
{
	if (helper.cupti != NULL && helper.has_devices) /* the driver is initialized */
		canary_tick();
	if (helper.cupti != NULL)
		activity_flush(helper.cupti, false);
	clocks_note(helper.cupti);
	queue_push_flush();
}

/* The kernels of the last step may still run: they get a moment. */
static void end_early(void)
{
	const struct timespec moment = {.tv_nsec = DRAIN_MS * 1000000L};
	tracer_tell("recording ends: %s",
		    writer_wish() == WRITER_HAS_STEPS ? "all steps are there" : "the log failed");
	if (helper.cupti != NULL) {
		activity_stop(helper.cupti);
		nanosleep(&moment, NULL);
	}
	tracer_finish(LOG_END_STEPS);
	signals_unwatch();
	int last = message();
	if (last > 0)
		die_by(last);
}

static void *helper_main(void *argument)
{
	const int flush_ms = tracer_settings()->steps > 0 ? SAMPLE_MS : FLUSH_MS;
	uint64_t last_sample = 0, last_flush = clock_ns(CLOCK_MONOTONIC);
	(void)argument;
	canary_enter();
	for (;;) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);
		if (now - last_sample >= SAMPLE_MS * UINT64_C(1000000)) {
			last_sample = now;
			sample();
		}
		if (now - last_flush >= (uint64_t)flush_ms * UINT64_C(1000000)) {
			last_flush = now;
			flush();
		}
		if (writer_wish() != WRITER_GOES_ON) {
			end_early();
			return NULL;
		}
		int told = wait_for_message(SAMPLE_MS);
		if (told == MESSAGE_END)
			return NULL;
		if (told != MESSAGE_NONE) {
			tracer_finish(LOG_END_SIGNAL);
			die_by(told);
		}
	}
}

bool helper_start(const struct cupti *cupti)
{
	helper.cupti = cupti;
	helper.has_devices = false;
	helper_forget();
	helper.is_there = helper_create_thread(&helper.thread, helper_main, NULL);
	return helper.is_there;
}

bool helper_finish(void)
{
	struct timespec until;
	if (!helper.is_there)
		return true;
	atomic_store(&helper.end, true);
	sem_post(&helper.wake);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	helper.is_there = false;
	if (pthread_timedjoin_np(helper.thread, NULL, &until) == 0)
		return true;
	tracer_say("a call into the driver or CUPTI does not come back: the last records are lost");
	return false;
}

void helper_forget(void)
{
	sem_init(&helper.wake, 0, 0);
	atomic_store(&helper.signal, 0);
	atomic_store(&helper.end, false);
	helper.is_there = false;
}
