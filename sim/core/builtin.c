/* Where built-in files are, and which there are: see builtin.h. */
#include "sim/core/builtin.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/core/names.h"

enum { ANCESTORS = 4 }; /* of the program: build/gcc-O2/decode finds the folders of the tree */

static bool ends_in_suffix(const char *text)
{
	size_t length = strlen(text), suffix = strlen(BUILTIN_SUFFIX);
	return length > suffix && strcmp(text + length - suffix, BUILTIN_SUFFIX) == 0;
}

bool builtin_is_path(const char *name_or_path)
{
	return strchr(name_or_path, '/') != NULL || ends_in_suffix(name_or_path);
}

static bool is_folder(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

void builtin_locate(const struct builtin_folder *folder, char *path, size_t size)
{
	const char *named = getenv(folder->environment);
	char program[BUILTIN_PATH_SIZE];
	if (named != NULL && *named != '\0') {
		snprintf(path, size, "%s", named);
		return;
	}
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[length > 0 ? length : 0] = '\0';
	for (int i = 0; i < ANCESTORS; i++) {
		char *slash = strrchr(program, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
		int written = snprintf(path, size, "%s/%s", program, folder->path);
		if (written > 0 && (size_t)written < size && is_folder(path))
			return;
	}
	snprintf(path, size, "%s", folder->path);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum sim_status add_name(struct arena *arena, const char *file, const char ***names,
				size_t *count, size_t *capacity)
{
	if (*count == *capacity) {
		size_t wanted = *capacity == 0 ? 32 : *capacity * 2;
		const char **grown = arena_alloc(arena, wanted * sizeof(*grown));
		if (grown == NULL)
			return SIM_E_NOMEM;
		if (*count > 0)
			memcpy(grown, *names, *count * sizeof(*grown));
		*names = grown;
		*capacity = wanted;
	}
	(*names)[*count] = arena_copy_text(arena, file, strlen(file) - strlen(BUILTIN_SUFFIX));
	if ((*names)[*count] == NULL)
		return SIM_E_NOMEM;
	(*count)++;
	return SIM_OK;
}

enum sim_status builtin_list(const struct builtin_folder *folder, struct arena *arena,
			     const char ***names, size_t *count, struct sim_diag *diag)
{
	char path[BUILTIN_PATH_SIZE];
	size_t capacity = 0;
	enum sim_status status = SIM_OK;
	*names = NULL;
	*count = 0;
	builtin_locate(folder, path, sizeof(path));
	DIR *dir = opendir(path);
	if (dir == NULL)
		return diag_fail_at(diag, SIM_E_IO, path, 0,
				    "no folder of built-in %s: %s (set %s)", folder->what,
				    strerror(errno), folder->environment);
	for (struct dirent *entry = readdir(dir); entry != NULL && status == SIM_OK;
	     entry = readdir(dir))
		if (entry->d_name[0] != '.' && ends_in_suffix(entry->d_name))
			status = add_name(arena, entry->d_name, names, count, &capacity);
	closedir(dir);
	if (status != SIM_OK)
		return diag_fail(diag, status, "out of memory");
	if (*count > 1)
		qsort(*names, *count, sizeof(**names), compare_names);
	return SIM_OK;
}

static enum sim_status fail_unknown(const struct builtin_folder *folder, const char *name,
				    struct sim_diag *diag)
{
	struct arena arena;
	const char **names;
	size_t count;
	arena_init(&arena);
	enum sim_status status = builtin_list(folder, &arena, &names, &count, diag);
	if (status == SIM_OK) {
		const char *near = names_nearest(name, names, count);
		status = SIM_E_NOT_FOUND;
		if (near != NULL)
			diag_fail(diag, status, "unknown %s '%s' (did you mean '%s'?)", folder->one,
				  name, near);
		else
			diag_fail(diag, status,
				  "unknown %s '%s' (a path must hold '/' or end in .yaml; built "
				  "in: the files of %s)",
				  folder->one, name, folder->path);
	}
	arena_fini(&arena);
	return status;
}

enum sim_status builtin_find(const struct builtin_folder *folder, const char *name_or_path,
			     char *path, size_t path_size, struct sim_diag *diag)
{
	char place[BUILTIN_PATH_SIZE];
	bool is_path = builtin_is_path(name_or_path);
	int written;
	if (is_path) {
		written = snprintf(path, path_size, "%s", name_or_path);
	} else {
		builtin_locate(folder, place, sizeof(place));
		written = snprintf(path, path_size, "%s/%s" BUILTIN_SUFFIX, place, name_or_path);
	}
	if (written < 0 || (size_t)written >= path_size)
		return diag_fail(diag, SIM_E_RANGE, "path too long: '%s'", name_or_path);
	if (!is_path && access(path, F_OK) != 0)
		return fail_unknown(folder, name_or_path, diag);
	return SIM_OK;
}
