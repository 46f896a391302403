/* Where built-in models are, and which there are. */
#include <stdio.h>
#include <unistd.h>

#include "sim/core/builtin.h"
#include "sim/core/names.h"
#include "workloads/model.h"

static const struct builtin_folder models = {
	.path = "workloads/models",
	.environment = "DECODESIM_MODELS",
	.what = "models",
};

enum sim_status model_list(struct arena *arena, const char ***names, size_t *count,
			   struct sim_diag *diag)
{
	return builtin_list(&models, arena, names, count, diag);
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
				  "in: the files of %s)",
				  name, models.path);
	}
	arena_fini(&arena);
	return status;
}

enum sim_status model_find(const char *name_or_path, char *path, size_t path_size,
			   struct sim_diag *diag)
{
	char folder[MODEL_PATH_SIZE];
	bool is_path = builtin_is_path(name_or_path);
	int written;
	if (is_path) {
		written = snprintf(path, path_size, "%s", name_or_path);
	} else {
		builtin_locate(&models, folder, sizeof(folder));
		written = snprintf(path, path_size, "%s/%s" BUILTIN_SUFFIX, folder, name_or_path);
	}
	if (written < 0 || (size_t)written >= path_size)
		return diag_fail(diag, SIM_E_RANGE, "path too long: '%s'", name_or_path);
	if (!is_path && access(path, F_OK) != 0)
		return fail_unknown(name_or_path, diag);
	return SIM_OK;
}
