/* Facts about a run: see facts.h. */
#include "traces/tracer/facts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "sim/core/version.h"
#include "traces/tracer/queue.h"

enum { TEXT_BYTES = 8192 };

static void note_environment(const char *key, const char *variable)
{
	const char *value = getenv(variable);
	if (value != NULL && *value != '\0')
		queue_push_fact(key, value);
}

static void note_command(void)
{
	char text[TEXT_BYTES];
	const char *given = getenv(TRACER_ENV_COMMAND);
	if (given != NULL && *given != '\0') {
		queue_push_fact("command", given);
		return;
	}
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return;
	text[length] = '\0';
	for (ssize_t i = 0; i + 1 < length; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	queue_push_fact("command", text);
}

static void note_program(void)
{
	char path[TRACER_LONGEST_PATH];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (length > 0) {
		path[length] = '\0';
		queue_push_fact("program", path);
	}
}

static void note_host(void)
{
	struct utsname host;
	char text[sizeof(host.sysname) + sizeof(host.release) + sizeof(host.machine) + 4];
	if (uname(&host) != 0)
		return;
	snprintf(text, sizeof(text), "%s %s %s", host.sysname, host.release, host.machine);
	queue_push_fact("host", host.nodename);
	queue_push_fact("host_kernel", text);
}

/* "13.0.1" of 130001; before CUDA 13 the version is a mere number. */
static void note_cupti(const struct cupti *cupti)
{
	char text[48];
	unsigned version = cupti->version;
	if (version >= 10000)
		snprintf(text, sizeof(text), "%u.%u.%u", version / 10000, version / 100 % 100,
			 version % 100);
	else
		snprintf(text, sizeof(text), "%u", version);
	queue_push_fact("cupti_version", text);
	queue_push_fact("cupti_path", cupti->path);
}

static void note_steps(uint64_t steps)
{
	char text[24];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)steps);
	queue_push_fact("steps", text);
}

void facts_note(const struct cupti *cupti, const struct tracer_settings *settings)
{
	queue_push_fact("tool", "decodesim " DECODESIM_VERSION);
	if (cupti != NULL)
		note_cupti(cupti);
	note_command();
	note_program();
	note_host();
	note_environment("options", TRACER_ENV_OPTIONS);
	if (settings->steps > 0)
		note_steps(settings->steps);
	note_environment("visible_devices", "CUDA_VISIBLE_DEVICES");
	note_environment("module_loading", "CUDA_MODULE_LOADING");
}
