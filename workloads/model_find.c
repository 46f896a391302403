/* Where built-in models are, and which there are. */
#include "sim/core/builtin.h"
#include "workloads/model.h"

static const struct builtin_folder models = {
	.path = "workloads/models",
	.environment = "DECODESIM_MODELS",
	.what = "models",
	.one = "model",
};

enum sim_status model_list(struct arena *arena, const char ***names, size_t *count,
			   struct sim_diag *diag)
{
	return builtin_list(&models, arena, names, count, diag);
}

enum sim_status model_find(const char *name_or_path, char *path, size_t path_size,
			   struct sim_diag *diag)
{
	return builtin_find(&models, name_or_path, path, path_size, diag);
}
