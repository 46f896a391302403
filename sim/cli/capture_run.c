/* The traced program's environment and life: see capture.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/cli/capture.h"
#include "traces/tracer/options.h"

enum { EXIT_NOT_RUNNABLE = 126, EXIT_NOT_THERE = 127, EXIT_SIGNAL = 128 };

/* Fill PATH with FORMAT's text; false when it does not fit or no such file can be read. */
static bool readable(char *path, size_t size, const char *directory, const char *below)
{
	int length = snprintf(path, size, "%s%s/%s", directory, below, TRACER_LIBRARY);
	return length > 0 && (size_t)length < size && access(path, R_OK) == 0;
}

static bool find_beside(char *path, size_t size)
{
	char self[CAPTURE_PATH];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length <= 0)
		return false;
	self[length] = '\0';
	char *slash = strrchr(self, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return readable(path, size, self, "") || readable(path, size, self, "/../lib/decodesim");
}

enum sim_status capture_find_library(const char *given, char *path, size_t size,
				     struct sim_diag *diag)
{
	char whole[PATH_MAX];
	if (given == NULL || given[0] == '\0')
		given = getenv(TRACER_ENV_LIBRARY);
	if (given == NULL || given[0] == '\0')
		return find_beside(path, size)
			       ? SIM_OK
			       : diag_fail(diag, SIM_E_NOT_FOUND,
					   "the tracer %s is neither beside this program nor named "
					   "by $%s (make builds it)",
					   TRACER_LIBRARY, TRACER_ENV_LIBRARY);
	if (realpath(given, whole) == NULL || access(whole, R_OK) != 0)
		return diag_fail(diag, SIM_E_NOT_FOUND, "%s: %s", given, strerror(errno));
	if (strlen(whole) >= size)
		return diag_fail(diag, SIM_E_RANGE, "%s: the path is too long", given);
	memcpy(path, whole, strlen(whole) + 1);
	return SIM_OK;
}

/* The words as one text, for the log. */
static void join_words(const char *const *words, char *text, size_t size)
{
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; words[i] != NULL && used + 1 < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? " " : "",
					 words[i]);
}

/* In the child: an entry of LD_PRELOAD in front of those that are there. */
static bool preload(const char *library)
{
	const char *old = getenv("LD_PRELOAD");
	char value[2 * CAPTURE_PATH];
	bool alone = old == NULL || old[0] == '\0';
	int length = snprintf(value, sizeof(value), "%s%s%s", library, alone ? "" : ":",
			      alone ? "" : old);
	return (size_t)length < sizeof(value) && setenv("LD_PRELOAD", value, 1) == 0;
}

/* In the child. */
static bool set_environment(const struct capture *capture, const char *const *words)
{
	char command[2048];
	join_words(words, command, sizeof(command));
	bool set = setenv(TRACER_ENV_LOG, capture->log, 1) == 0 &&
		   setenv(TRACER_ENV_OPTIONS, capture->options, 1) == 0 &&
		   setenv(TRACER_ENV_COMMAND, command, 1) == 0;
	if (capture->cupti != NULL)
		set = set && setenv(TRACER_ENV_CUPTI, capture->cupti, 1) == 0;
	if (capture->preloads)
		return set && preload(capture->library);
	if (capture->injects_nvtx)
		set = set && setenv("NVTX_INJECTION64_PATH", capture->library, 1) == 0;
	return set && setenv("CUDA_INJECTION64_PATH", capture->library, 1) == 0;
}

/* What the child reports through the pipe before it exits: errno of what failed. */
static void become(const struct capture *capture, const char *const *words, int report)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	if (set_environment(capture, words))
		execvp(words[0], (char *const *)(uintptr_t)words);
	int error = errno;
	ssize_t ignored = write(report, &error, sizeof(error));
	(void)ignored;
	_exit(error == ENOENT ? EXIT_NOT_THERE : EXIT_NOT_RUNNABLE);
}

static volatile sig_atomic_t traced_process;

static void pass_on(int number)
{
	if (traced_process > 0)
		kill((pid_t)traced_process, number);
}

static void handle(int number, void (*handler)(int))
{
	struct sigaction action = {.sa_flags = SA_RESTART};
	action.sa_handler = handler;
	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

static enum sim_status wait_for(pid_t process, int *exit_code, struct sim_diag *diag)
{
	int state;
	while (waitpid(process, &state, 0) < 0)
		if (errno != EINTR)
			return diag_fail(diag, SIM_E_IO, "waiting for the program: %s",
					 strerror(errno));
	traced_process = 0;
	*exit_code = WIFSIGNALED(state) ? EXIT_SIGNAL + WTERMSIG(state) : WEXITSTATUS(state);
	return SIM_OK;
}

enum sim_status capture_run(const struct capture *capture, const char *const *words, int *exit_code,
			    struct sim_diag *diag)
{
	int report[2], error = 0;
	if (pipe2(report, O_CLOEXEC) != 0)
		return diag_fail(diag, SIM_E_IO, "a pipe: %s", strerror(errno));
	handle(SIGINT, SIG_IGN);
	handle(SIGQUIT, SIG_IGN);
	handle(SIGTERM, pass_on);
	handle(SIGHUP, pass_on);
	fflush(NULL);
	pid_t process = fork();
	if (process == 0)
		become(capture, words, report[1]);
	int failed = errno;
	traced_process = process;
	close(report[1]);
	if (process < 0) {
		close(report[0]);
		return diag_fail(diag, SIM_E_IO, "cannot start a process: %s", strerror(failed));
	}
	ssize_t got = read(report[0], &error, sizeof(error));
	close(report[0]);
	TRY(wait_for(process, exit_code, diag));
	if (got == sizeof(error))
		return diag_fail(diag, SIM_E_NOT_FOUND, "cannot run '%s': %s", words[0],
				 strerror(error));
	return SIM_OK;
}
