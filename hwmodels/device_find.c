/* Where built-in devices are, and which there are. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hwmodels/device_file.h"
#include "sim/core/builtin.h"
#include "sim/core/names.h"

static const struct builtin_folder devices = {
	.path = "hwmodels/devices",
	.environment = "DECODESIM_HW",
	.what = "devices",
};

enum sim_status device_list(struct arena *arena, const char ***names, size_t *count,
			    struct sim_diag *diag)
{
	return builtin_list(&devices, arena, names, count, diag);
}

static enum sim_status fail_unknown(const char *name, struct sim_diag *diag)
{
	struct arena arena;
	const char **names;
	size_t count;
	arena_init(&arena);
	enum sim_status status = device_list(&arena, &names, &count, diag);
	if (status == SIM_OK) {
		const char *near = names_nearest(name, names, count);
		status = SIM_E_NOT_FOUND;
		if (hw_model_find(name) != NULL)
			diag_fail(diag, status,
				  "'%s' is a model, not a device: write '%s:DEVICE', for instance "
				  "'%s:h100-sxm'",
				  name, name, name);
		else if (near != NULL)
			diag_fail(diag, status, "unknown device '%s' (did you mean '%s'?)", name,
				  near);
		else
			diag_fail(diag, status,
				  "unknown device '%s' (a path must hold '/' or end in .yaml; "
				  "`decodesim list hw` shows the names)",
				  name);
	}
	arena_fini(&arena);
	return status;
}

enum sim_status device_find(const char *name_or_path, const char *seen_from, char *path,
			    size_t path_size, struct sim_diag *diag)
{
	char folder[DEVICE_PATH_SIZE];
	bool is_path = builtin_is_path(name_or_path);
	int written;
	if (!is_path) {
		builtin_locate(&devices, folder, sizeof(folder));
		written = snprintf(path, path_size, "%s/%s" BUILTIN_SUFFIX, folder, name_or_path);
	} else {
		const char *slash = seen_from == NULL ? NULL : strrchr(seen_from, '/');
		while (strncmp(name_or_path, "./", 2) == 0) /* one spelling, to see cycles */
			name_or_path += 2;
		size_t head =
			slash == NULL || *name_or_path == '/' ? 0 : (size_t)(slash - seen_from) + 1;
		written = snprintf(path, path_size, "%.*s%s", (int)head,
				   seen_from == NULL ? "" : seen_from, name_or_path);
	}
	if (written < 0 || (size_t)written >= path_size)
		return diag_fail(diag, SIM_E_RANGE, "path too long: '%s'", name_or_path);
	if (!is_path && access(path, F_OK) != 0)
		return fail_unknown(name_or_path, diag);
	return SIM_OK;
}
