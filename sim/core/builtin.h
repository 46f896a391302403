/*
 * Folders of YAML files that come with the program: devices, models. A file is asked for by its
 * name without the suffix, or by a path.
 */
#ifndef SIM_CORE_BUILTIN_H
#define SIM_CORE_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/core/arena.h"
#include "sim/core/status.h"

#define BUILTIN_SUFFIX ".yaml"
enum { BUILTIN_PATH_SIZE = 4096 };

struct builtin_folder {
	const char *path;	 /* below the tree: "hwmodels/devices" */
	const char *environment; /* variable that names another folder */
	const char *what;	 /* plural, for messages: "devices" */
	const char *one;	 /* singular: "device" */
};

/* A path holds '/' or ends in the suffix. */
bool builtin_is_path(const char *name_or_path);

/* The variable's folder, else one beside the program or above it, else below this directory. */
void builtin_locate(const struct builtin_folder *folder, char *path, size_t size);

/* Names of all files, sorted, in ARENA. */
SIM_MUST_CHECK enum sim_status builtin_list(const struct builtin_folder *folder,
					    struct arena *arena, const char ***names, size_t *count,
					    struct sim_diag *diag);

/* Path of NAME_OR_PATH; SIM_E_NOT_FOUND with the nearest name that is built in. */
SIM_MUST_CHECK enum sim_status builtin_find(const struct builtin_folder *folder,
					    const char *name_or_path, char *path, size_t path_size,
					    struct sim_diag *diag);

#endif
