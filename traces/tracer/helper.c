/* The thread that keeps time: see helper.h. */
#include "traces/tracer/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "traces/tracer/activity.h"
#include "traces/tracer/clocks.h"
#include "traces/tracer/device.h"
#include "traces/tracer/queue.h"
#include "traces/tracer/say.h"
#include "traces/tracer/signals.h"
#include "traces/tracer/tracer.h"
#include "traces/tracer/writer.h"

/* Bytes in the pipe: a signal's number, or one of these. */
enum { MESSAGE_WAKE = 'w', MESSAGE_END = 'e' };

/* ms; with a limit on steps CUPTI is asked at each sample, to end soon after the last */
enum { SAMPLE_MS = 100, FLUSH_MS = 1000, DRAIN_MS = 200 };

/* Waiting for a thread that hangs in the driver must not keep the program from ending. */
enum { PATIENCE_S = 10 };

static struct {
	pthread_t thread;
	bool is_there;
	int pipe[2];
	const struct cupti *cupti;
	bool has_devices;
} helper = {.pipe = {-1, -1}};

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

static void send(unsigned char message)
{
	int saved = errno;
	ssize_t written = write(helper.pipe[1], &message, 1);
	(void)written; /* a full pipe wakes as well */
	errno = saved;
}

void helper_wake(void)
{
	send(MESSAGE_WAKE);
}

void helper_end_by_signal(int signal)
{
	send((unsigned char)signal);
}

/* The next message, or 0 after MS without one. */
static unsigned char wait_for_message(int ms)
{
	struct pollfd end = {.fd = helper.pipe[0], .events = POLLIN};
	unsigned char message = 0;
	if (poll(&end, 1, ms) > 0 && read(helper.pipe[0], &message, 1) == 1)
		return message;
	return 0;
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

static void sample(void)
{
	if (!helper.has_devices)
		helper.has_devices = devices_note();
	else
		devices_sample(trace_clock_ns(helper.cupti));
}

static void flush(void)
{
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
	for (unsigned char message; (message = wait_for_message(0)) != 0;)
		if (message != MESSAGE_END && message != MESSAGE_WAKE)
			die_by(message);
}

static void *helper_main(void *argument)
{
	const int flush_ms = tracer_settings()->steps > 0 ? SAMPLE_MS : FLUSH_MS;
	uint64_t last_sample = 0, last_flush = clock_ns(CLOCK_MONOTONIC);
	(void)argument;
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
		unsigned char message = wait_for_message(SAMPLE_MS);
		if (message == MESSAGE_END)
			return NULL;
		if (message != 0 && message != MESSAGE_WAKE) {
			tracer_finish(LOG_END_SIGNAL);
			die_by(message);
		}
	}
}

bool helper_start(const struct cupti *cupti)
{
	helper.cupti = cupti;
	helper.has_devices = false;
	if (pipe2(helper.pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return false;
	helper.is_there = helper_create_thread(&helper.thread, helper_main, NULL);
	if (!helper.is_there)
		helper_forget();
	return helper.is_there;
}

bool helper_finish(void)
{
	struct timespec until;
	if (!helper.is_there)
		return true;
	send(MESSAGE_END);
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
	for (int i = 0; i < 2; i++) {
		if (helper.pipe[i] >= 0)
			close(helper.pipe[i]);
		helper.pipe[i] = -1;
	}
	helper.is_there = false;
}
