/* What becomes of the fake program's process. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/tracer/app.h"

static void play_exit(const struct app_word *word)
{
	exit((int)word->numbers[0]);
}

static void play__exit(const struct app_word *word)
{
	_exit((int)word->numbers[0]);
}

static void play_abort(const struct app_word *word)
{
	(void)word;
	abort();
}

/* raise:SIGNAL */
static void play_raise(const struct app_word *word)
{
	kill(getpid(), (int)word->numbers[0]);
	app_say("still here\n");
}

static void on_signal(int number)
{
	char text[] = "handled 00\n";
	text[8] = (char)('0' + number / 10);
	text[9] = (char)('0' + number % 10);
	if (write(1, text, sizeof(text) - 1) < 0)
		_exit(98);
}

static void on_signal_exit(int number)
{
	on_signal(number);
	_exit(3);
}

/* handle:SIGNAL[:1] by a message; 1: and _exit(3) */
static void play_handle(const struct app_word *word)
{
	struct sigaction action = {.sa_handler =
					   word->numbers[1] != 0 ? on_signal_exit : on_signal};
	sigaction((int)word->numbers[0], &action, NULL);
}

static void play_ignore(const struct app_word *word)
{
	signal((int)word->numbers[0], SIG_IGN);
}

static void say_status(int status)
{
	if (WIFEXITED(status))
		app_say("child exit %d\n", WEXITSTATUS(status));
	else
		app_say("child signal %d\n", WTERMSIG(status));
}

static void wait_for(pid_t child)
{
	int status = 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	say_status(status);
}

/* fork:WAY: the child ends by 0 exit(5), 1 _exit(6), 2 abort(), 3 SIGTERM, 4 a return from NVTX */
static void play_fork(const struct app_word *word)
{
	pid_t child = fork();
	if (child != 0) {
		wait_for(child);
		return;
	}
	switch (word->numbers[0]) {
	case 0:
		exit(5);
	case 1:
		_exit(6);
	case 2:
		signal(SIGABRT, SIG_DFL); /* a sanitizer's handler is not what is tested */
		abort();
	case 3:
		kill(getpid(), SIGTERM);
		_exit(96);
	default:
		exit(7);
	}
}

/* the words of a script of its own: `+` between them */
static void exec_self(const char *script)
{
	char *words[32] = {(char *)app_path}, *text = strdup(script), *rest = text;
	for (size_t i = 1; i < 31 && rest != NULL; i++)
		words[i] = strsep(&rest, "+");
	execv(app_path, words);
	free(text);
	_exit(97);
}

/* spawn:SCRIPT: a child that executes it */
static void play_spawn(const struct app_word *word)
{
	pid_t child = fork();
	if (child == 0)
		exec_self(word->text);
	wait_for(child);
}

/* exec:SCRIPT in place of this process */
static void play_exec(const struct app_word *word)
{
	exec_self(word->text);
}

static void play_sleep(const struct app_word *word)
{
	struct timespec left = {word->numbers[0] / 1000, word->numbers[0] % 1000 * 1000000};
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

static void play_say(const struct app_word *word)
{
	app_say("%s\n", word->text);
}

static void *exit_with(void *user)
{
	exit((int)(intptr_t)user);
}

/* threadexit:CODE: a thread calls exit(); 1 as second number: the main thread has left before */
static void play_threadexit(const struct app_word *word)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, exit_with, (void *)(intptr_t)word->numbers[0]) != 0)
		abort();
	if (word->numbers[1] != 0)
		pthread_exit(NULL);
	for (;;)
		pause();
}

/*
 * closefds: everything but stdin, stdout and stderr; then the program opens files of its own, which
 * get the numbers again, and writes "own" into each
 */
static void play_closefds(const struct app_word *word)
{
	int file = -1;
	char path[64];
	(void)word;
	for (int i = 3; i < 1024; i++)
		close(i);
	for (int i = 0; i < 32; i++) {
		snprintf(path, sizeof(path), "own-%d.txt", i);
		file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
		if (file < 0 || write(file, "own", 3) != 3)
			app_say("own file: %s\n", strerror(errno));
	}
}

/* daemonize: two forks, a session of its own, no terminal */
static void play_daemonize(const struct app_word *word)
{
	(void)word;
	if (fork() != 0)
		_exit(0);
	setsid();
	if (fork() != 0)
		_exit(0);
	int nothing = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(nothing, i);
	if (chdir("/") != 0)
		_exit(95);
}

/* dlclose: of what the driver and CUPTI loaded, as a program that tidies up */
static void play_dlclose(const struct app_word *word)
{
	const char *path = getenv("CUDA_INJECTION64_PATH");
	void *tracer = path != NULL ? dlopen(path, RTLD_LAZY) : NULL;
	void *cupti = dlopen("libcupti.so.13", RTLD_LAZY | RTLD_NOLOAD);
	(void)word;
	for (int i = 0; i < 2; i++) {
		if (tracer != NULL)
			dlclose(tracer);
		if (cupti != NULL && i == 0)
			dlclose(cupti);
	}
}

static void launch_late(void)
{
	for (unsigned i = 0; i < 10; i++)
		cuda_launch(i, FAKE_NULL_STREAM);
	nvtx_push("late");
	nvtx_pop();
	app_say("late\n");
}

/* atexit: ten kernels and a range when the process ends */
static void play_atexit(const struct app_word *word)
{
	(void)word;
	atexit(launch_late);
}

/* filesize:BYTES: RLIMIT_FSIZE */
static void play_filesize(const struct app_word *word)
{
	struct rlimit limit = {(rlim_t)word->numbers[0], (rlim_t)word->numbers[0]};
	setrlimit(RLIMIT_FSIZE, &limit);
}

const struct app_action app_process_actions[] = {
	{"exit", play_exit},	     {"_exit", play__exit},
	{"abort", play_abort},	     {"raise", play_raise},
	{"handle", play_handle},     {"ignore", play_ignore},
	{"fork", play_fork},	     {"spawn", play_spawn},
	{"exec", play_exec},	     {"sleep", play_sleep},
	{"say", play_say},	     {"threadexit", play_threadexit},
	{"closefds", play_closefds}, {"daemonize", play_daemonize},
	{"dlclose", play_dlclose},   {"atexit", play_atexit},
	{"filesize", play_filesize}, {NULL, NULL},
};
