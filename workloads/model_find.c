/* Where built-in models are, and which there are. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/core/names.h"
#include "workloads/model.h"

#define FOLDER "workloads/models"
#define SUFFIX ".yaml"

enum { ANCESTORS = 4 }; /* of the program: build/gcc-O2/decode finds the folder of the tree */

static bool ends_in_suffix(const char *text)
{
	size_t length = strlen(text), suffix = strlen(SUFFIX);
	return length > suffix && strcmp(text + length - suffix, SUFFIX) == 0;
}

static bool is_folder(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* $DECODESIM_MODELS, beside the program or above it, or below the working directory. */
static void find_folder(char *folder, size_t size)
{
	const char *named = getenv("DECODESIM_MODELS");
	char program[MODEL_PATH_SIZE];
	if (named != NULL && *named != '\0') {
		snprintf(folder, size, "%s", named);
		return;
	}
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[length > 0 ? length : 0] = '\0';
	for (int i = 0; i < ANCESTORS; i++) {
		char *slash = strrchr(program, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
		int written = snprintf(folder, size, "%s/" FOLDER, program);
		if (written > 0 && (size_t)written < size && is_folder(folder))
			return;
	}
	snprintf(folder, size, FOLDER);
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
	(*names)[*count] = arena_copy_text(arena, file, strlen(file) - strlen(SUFFIX));
	if ((*names)[*count] == NULL)
		return SIM_E_NOMEM;
	(*count)++;
	return SIM_OK;
}

enum sim_status model_list(struct arena *arena, const char ***names, size_t *count,
			   struct sim_diag *diag)
{
	char folder[MODEL_PATH_SIZE];
	size_t capacity = 0;
	enum sim_status status = SIM_OK;
	*names = NULL;
	*count = 0;
	find_folder(folder, sizeof(folder));
	DIR *dir = opendir(folder);
	if (dir == NULL)
		return diag_fail_at(diag, SIM_E_IO, folder, 0,
				    "no folder of built-in models: %s (set DECODESIM_MODELS)",
				    strerror(errno));
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

static enum sim_status fail_unknown(const char *name, struct sim_diag *diag)
{
	struct arena arena;
	const char **names;
	size_t count;
	arena_init(&arena);
	enum sim_status status = model_list(&arena, &names, &count, diag);
	if (status == SIM_OK) {
		const char *near = names_nearest(name, names, count);
		status = SIM_E_NOT_FOUND;
		if (near != NULL)
			diag_fail(diag, status, "unknown model '%s' (did you mean '%s'?)", name,
				  near);
		else
			diag_fail(diag, status,
				  "unknown model '%s' (a path must hold '/' or end in .yaml; built "
				  "in: the files of " FOLDER ")",
				  name);
	}
	arena_fini(&arena);
	return status;
}

enum sim_status model_find(const char *name_or_path, char *path, size_t path_size,
			   struct sim_diag *diag)
{
	char folder[MODEL_PATH_SIZE];
	bool is_path = strchr(name_or_path, '/') != NULL || ends_in_suffix(name_or_path);
	int written;
	if (is_path) {
		written = snprintf(path, path_size, "%s", name_or_path);
	} else {
		find_folder(folder, sizeof(folder));
		written = snprintf(path, path_size, "%s/%s" SUFFIX, folder, name_or_path);
	}
	if (written < 0 || (size_t)written >= path_size)
		return diag_fail(diag, SIM_E_RANGE, "path too long: '%s'", name_or_path);
	if (!is_path && access(path, F_OK) != 0)
		return fail_unknown(name_or_path, diag);
	return SIM_OK;
}
