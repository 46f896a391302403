/* Signals that end a process: see signals.h. */
#include "traces/tracer/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "traces/tracer/helper.h"

static const int watched[] = {SIGTERM, SIGINT, SIGHUP};

enum { WATCHED = sizeof(watched) / sizeof(watched[0]) };

static pid_t process;

/*
 * The program goes on until the helper is done. The handler is gone once it has run, so a second
 * signal ends the process at once; so does one in a child between vfork() and exec().
 */
static void handle(int signal)
{
	if (getpid() == process)
		helper_end_by_signal(signal);
	else
		raise(signal);
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
