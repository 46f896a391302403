/* Signals that end a process: see signals.h. */
#include "traces/tracer/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "traces/tracer/helper.h"

static const int watched[] = {SIGTERM, SIGINT, SIGHUP};

enum { WATCHED = sizeof(watched) / sizeof(watched[0]) };

/* The rest of a log is written in much less. */
enum { MOMENT_MS = 10, PATIENCE_MS = 5000 };

static pid_t process;

/*
 * A program that kills itself does not expect to go on: the thread stays here until the helper is
 * done and the process ends. That may need what this very thread holds (a lock of CUPTI, or of
 * malloc), so it does not stay for ever. The handler is gone once it runs, so a second signal ends
 * the process at once; so does one in a child between vfork() and exec().
 */
static void handle(int signal)
{
	const struct timespec moment = {.tv_nsec = MOMENT_MS * 1000000L};
	sigset_t only;
	if (getpid() == process) {
		helper_end_by_signal(signal);
		for (int waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += MOMENT_MS)
			nanosleep(&moment, NULL);
	}
	sigemptyset(&only);
	sigaddset(&only, signal);
	raise(signal);
	pthread_sigmask(SIG_UNBLOCK, &only, NULL);
}

void signals_watch(void)
{
	struct sigaction ours = {.sa_handler = handle, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
	process = getpid();
	sigfillset(&ours.sa_mask);
	for (size_t i = 0; i < WATCHED; i++) {
		struct sigaction before;
		if (sigaction(watched[i], NULL, &before) == 0 &&
		    (before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_DFL)
			sigaction(watched[i], &ours, NULL);
	}
}

void signals_unwatch(void)
{
	const struct sigaction by_default = {.sa_handler = SIG_DFL};
	for (size_t i = 0; i < WATCHED; i++) {
		struct sigaction now;
		if (sigaction(watched[i], NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 &&
		    now.sa_handler == handle)
			sigaction(watched[i], &by_default, NULL);
	}
}
