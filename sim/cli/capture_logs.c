/* What a traced run's logs are called, and which it left: see capture.h. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/cli/capture.h"

static enum sim_status check_name(const char *pattern, struct sim_diag *diag)
{
	const char *slash = strrchr(pattern, '/'), *percent = strchr(pattern, '%');
	const char *name = slash != NULL ? slash + 1 : pattern;
	if (percent != NULL && percent < name)
		return diag_fail(
			diag, SIM_E_USAGE,
			"a percent sign in the directory of the log: '%s' (only the file's "
			"name may hold %%p)",
			pattern);
	for (; (percent = strchr(name, '%')) != NULL; name = percent + 2)
		if (percent[1] != 'p' && percent[1] != '%')
			return diag_fail(
				diag, SIM_E_USAGE,
				"the log's name holds a percent sign that is neither %%p nor "
				"%%%%: '%s'",
				pattern);
	if (slash != NULL ? slash[1] == '\0' : pattern[0] == '\0')
		return diag_fail(diag, SIM_E_USAGE, "the log has no file name: '%s'", pattern);
	return SIM_OK;
}

enum sim_status capture_name_log(const char *given, const char *program, const char *mode,
				 char *pattern, struct sim_diag *diag)
{
	const char *dash = mode[0] != '\0' ? "-" : "", *slash = strrchr(program, '/');
	size_t stem = given != NULL ? strlen(given) : 0, suffix = strlen(CAPTURE_SUFFIX);
	bool has_suffix = stem > suffix && strcmp(given + stem - suffix, CAPTURE_SUFFIX) == 0;
	char name[256];
	size_t used = 0;
	int length;
	for (const char *at = slash != NULL ? slash + 1 : program;
	     *at != '\0' && used + 1 < sizeof(name); at++)
		name[used++] = *at == '%' ? '_' : *at;
	name[used] = '\0';
	if (given == NULL)
		length = snprintf(pattern, CAPTURE_PATH, "%s-%%p%s%s" CAPTURE_SUFFIX, name, dash,
				  mode);
	else
		length = snprintf(pattern, CAPTURE_PATH, "%.*s%s%s%s",
				  (int)(has_suffix ? stem - suffix : stem), given, dash, mode,
				  has_suffix ? CAPTURE_SUFFIX : "");
	if (length < 0 || length >= CAPTURE_PATH)
		return diag_fail(diag, SIM_E_RANGE, "the log's path is too long");
	return check_name(pattern, diag);
}

enum sim_status capture_absolute(const char *pattern, char *log, struct sim_diag *diag)
{
	char here[CAPTURE_PATH] = "";
	size_t used = 0;
	if (pattern[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		return diag_fail(diag, SIM_E_IO, "the current directory: %s", strerror(errno));
	for (const char *at = here; *at != '\0' && used + 2 < CAPTURE_PATH; at++) {
		log[used++] = *at;
		if (*at == '%')
			log[used++] = '%';
	}
	const char *between = here[0] != '\0' ? "/" : "";
	int length = snprintf(log + used, CAPTURE_PATH - used, "%s%s", between, pattern);
	if (length < 0 || used + (size_t)length >= CAPTURE_PATH)
		return diag_fail(diag, SIM_E_RANGE, "the log's path is too long");
	return SIM_OK;
}

static const char *skip_digits(const char *text)
{
	return text + strspn(text, "0123456789");
}

/* NAME is PATTERN with digits for %p and a percent sign for %%, with or without ".PID" behind. */
static bool matches(const char *pattern, const char *name)
{
	for (; *pattern != '\0'; pattern++) {
		bool percent = *pattern == '%' && (pattern[1] == 'p' || pattern[1] == '%');
		if (percent && *++pattern == 'p') {
			const char *behind = skip_digits(name);
			if (behind == name)
				return false;
			name = behind;
		} else if (*name++ != *pattern) {
			return false;
		}
	}
	return *name == '\0' || (*name == '.' && name[1] != '\0' && *skip_digits(name + 1) == '\0');
}

static int by_path(const void *left, const void *right)
{
	const struct capture_log *a = left, *b = right;
	return strcmp(a->path, b->path);
}

static void take(const char *directory, const char *name, int64_t since_ns,
		 struct capture_log *logs, size_t *count)
{
	struct capture_log *log = &logs[*count];
	struct stat info;
	int length = snprintf(log->path, sizeof(log->path), "%s%s", directory, name);
	if (length < 0 || (size_t)length >= sizeof(log->path) || stat(log->path, &info) != 0)
		return;
	int64_t written_ns = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
	if (!S_ISREG(info.st_mode) || written_ns < since_ns)
		return;
	log->bytes = (uint64_t)info.st_size;
	++*count;
}

enum sim_status capture_find_logs(const char *pattern, int64_t since_ns, struct capture_log *logs,
				  size_t *count, struct sim_diag *diag)
{
	char directory[CAPTURE_PATH]; /* with its last slash; "" is here */
	const char *slash = strrchr(pattern, '/');
	int length = slash == NULL ? 0 : (int)(slash - pattern) + 1;
	*count = 0;
	if (length >= CAPTURE_PATH)
		return diag_fail(diag, SIM_E_RANGE, "%s: the path is too long", pattern);
	memcpy(directory, pattern, (size_t)length);
	directory[length] = '\0';
	DIR *files = opendir(length > 0 ? directory : ".");
	if (files == NULL)
		return diag_fail(diag, SIM_E_IO, "%s: %s", directory, strerror(errno));
	const struct dirent *entry;
	while ((entry = readdir(files)) != NULL && *count < CAPTURE_MOST_LOGS)
		if (matches(slash == NULL ? pattern : slash + 1, entry->d_name))
			take(directory, entry->d_name, since_ns, logs, count);
	closedir(files);
	qsort(logs, *count, sizeof(*logs), by_path);
	return SIM_OK;
}
