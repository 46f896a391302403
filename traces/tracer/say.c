/* Messages of the tracer: see say.h. */
#include "traces/tracer/say.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 1024 };

static atomic_bool verbose_wanted;

void tracer_be_verbose(bool verbose)
{
	atomic_store(&verbose_wanted, verbose);
}

/* Writing into a pipe that nobody reads raises SIGPIPE, which would end the traced program. */
static void write_without_sigpipe(const char *line, size_t length)
{
	sigset_t pipe_signal, before, pending;
	const struct timespec at_once = {0};
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	sigpending(&pending);
	bool was_pending = sigismember(&pending, SIGPIPE) == 1;
	if (pthread_sigmask(SIG_BLOCK, &pipe_signal, &before) != 0)
		return;
	ssize_t written;
	do
		written = write(STDERR_FILENO, line, length);
	while (written < 0 && errno == EINTR);
	if (written < 0 && errno == EPIPE && !was_pending)
		while (sigtimedwait(&pipe_signal, NULL, &at_once) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void say(const char *fmt, va_list arguments)
{
	static const char prefix[] = "decodesim-tracer: ";
	char line[LINE_BYTES];
	int saved = errno;
	memcpy(line, prefix, sizeof(prefix));
	size_t length = sizeof(prefix) - 1;
	int text = vsnprintf(line + length, sizeof(line) - length - 1, fmt, arguments);
	if (text > 0)
		length += (size_t)text;
	if (length > sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	write_without_sigpipe(line, length);
	errno = saved;
}

void tracer_say(const char *fmt, ...)
{
	va_list arguments;
	va_start(arguments, fmt);
	say(fmt, arguments);
	va_end(arguments);
}

void tracer_tell(const char *fmt, ...)
{
	va_list arguments;
	if (!atomic_load(&verbose_wanted))
		return;
	va_start(arguments, fmt);
	say(fmt, arguments);
	va_end(arguments);
}
