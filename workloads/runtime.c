/* Runtime profiles: files, inheritance, host costs, names. */
#include "workloads/runtime.h"

#include <stdlib.h>
#include <string.h>

#include "sim/core/builtin.h"
#include "workloads/runtime_parts.h"
#include "workloads/workload.h"

static const struct builtin_folder runtimes = {
	.path = "workloads/runtimes",
	.environment = "DECODESIM_RUNTIMES",
	.what = "runtime profiles",
	.one = "runtime",
};

enum sim_status runtime_list(struct arena *arena, const char ***names, size_t *count,
			     struct sim_diag *diag)
{
	return builtin_list(&runtimes, arena, names, count, diag);
}

static const char *const root_keys[] = {"runtime",   "summary", "source", "inherits", "host",
					"workspace", "partial", "slots",  "let",      "lacks",
					"cache",     "prefix",	"state",  "blocks",   "prologue",
					"layer",     "epilogue"};

static enum sim_status read_file(struct runtime_source *source, const char *name_or_path,
				 char *parent, size_t parent_size, struct sim_diag *diag)
{
	char path[BUILTIN_PATH_SIZE];
	TRY(builtin_find(&runtimes, name_or_path, path, sizeof(path), diag));
	if (source->file_count == RUNTIME_MOST_FILES)
		return diag_fail(diag, SIM_E_PARSE,
				 "%s: profiles inherit in a circle, or too deeply", path);
	struct yaml_file *file = &source->files[source->file_count++];
	TRY(yaml_file_read(path, file, diag));
	TRY(yaml_expect(file, file->root, YAML_MAP, "runtime profile", diag));
	TRY(yaml_allow(file, file->root, root_keys, sizeof(root_keys) / sizeof(root_keys[0]),
		       diag));
	parent[0] = '\0';
	if (yaml_find(file->root, "inherits") != NULL)
		TRY(yaml_text(file, file->root, "inherits", parent, parent_size, diag));
	return SIM_OK;
}

static enum sim_status read_chain(struct runtime_source *source, const char *name_or_path,
				  struct sim_diag *diag)
{
	char next[BUILTIN_PATH_SIZE], parent[BUILTIN_PATH_SIZE];
	if (strlen(name_or_path) >= sizeof(next))
		return diag_fail(diag, SIM_E_RANGE, "path too long: '%s'", name_or_path);
	strcpy(next, name_or_path);
	do {
		TRY(read_file(source, next, parent, sizeof(parent), diag));
		strcpy(next, parent);
	} while (next[0] != '\0');
	return SIM_OK;
}

static enum sim_status read_head(struct runtime_source *source, struct sim_diag *diag)
{
	struct workload_runtime *runtime = source->runtime;
	const struct yaml_file *file = &source->files[0];
	TRY(yaml_text(file, file->root, "runtime", runtime->name, sizeof(runtime->name), diag));
	TRY(yaml_text(file, file->root, "summary", runtime->summary, sizeof(runtime->summary),
		      diag));
	return yaml_text(file, file->root, "source", runtime->source, sizeof(runtime->source),
			 diag);
}

/* KEY of the first file whose SECTION has it, or NULL. */
static const struct yaml_node *find_in(const struct runtime_source *source, const char *section,
				       const char *key, const struct yaml_file **file)
{
	for (size_t i = 0; i < source->file_count; i++) {
		const struct yaml_node *map = source->files[i].root;
		if (section != NULL)
			map = yaml_find(map, section);
		const struct yaml_node *node =
			map != NULL && map->kind == YAML_MAP ? yaml_find(map, key) : NULL;
		*file = &source->files[i];
		if (node != NULL)
			return node;
	}
	return NULL;
}

static enum sim_status read_quantity(const struct runtime_source *source, const char *section,
				     const char *key, enum sim_unit unit, double scale,
				     double *value, struct sim_diag *diag)
{
	const struct yaml_file *file;
	const struct yaml_node *node = find_in(source, section, key, &file);
	*value = 0;
	if (node == NULL)
		return SIM_OK;
	TRY(yaml_quantity(file, node, unit, value, diag));
	*value *= scale;
	if (!(*value >= 0 && *value < 4e9))
		return yaml_fail(file, node, diag, SIM_E_RANGE, "'%s' out of range: '%s'", key,
				 node->text);
	return SIM_OK;
}

static enum sim_status read_host(struct runtime_source *source, struct sim_diag *diag)
{
	static const char *const allowed[] = {"kernel", "op", "gemm", "layer", "step", "source"};
	struct runtime_host *host = &source->runtime->host;
	const struct yaml_file *file;
	for (size_t i = 0; i < source->file_count; i++) {
		const struct yaml_node *map = yaml_find(source->files[i].root, "host");
		if (map == NULL)
			continue;
		TRY(yaml_expect(&source->files[i], map, YAML_MAP, "host", diag));
		TRY(yaml_allow(&source->files[i], map, allowed, 6, diag));
	}
	TRY(read_quantity(source, "host", "kernel", UNIT_SECONDS, 1e9, &host->kernel_ns, diag));
	TRY(read_quantity(source, "host", "op", UNIT_SECONDS, 1e9, &host->op_ns, diag));
	TRY(read_quantity(source, "host", "gemm", UNIT_SECONDS, 1e9, &host->gemm_ns, diag));
	TRY(read_quantity(source, "host", "layer", UNIT_SECONDS, 1e9, &host->layer_ns, diag));
	TRY(read_quantity(source, "host", "step", UNIT_SECONDS, 1e9, &host->step_ns, diag));
	const struct yaml_node *text = find_in(source, "host", "source", &file);
	if (text == NULL)
		return SIM_OK;
	return yaml_text(file, yaml_find(file->root, "host"), "source", host->source,
			 sizeof(host->source), diag);
}

static enum sim_status read_let(struct runtime_source *source, const struct yaml_file *file,
				const struct yaml_node *node, struct sim_diag *diag)
{
	struct workload_runtime *runtime = source->runtime;
	const struct yaml_file *where = NULL;
	const struct yaml_node *latest = find_in(source, "let", node->key, &where);
	if (source->scope.count == EXPR_MOST_SLOTS)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "too many names in one profile");
	TRY(runtime_expression(source, where, latest, &runtime->lets[runtime->let_count], diag));
	const char *name = arena_copy_text(&runtime->arena, node->key, strlen(node->key));
	if (name == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	runtime->let_names[runtime->let_count++] = name;
	source->names[source->scope.count++] = name;
	return SIM_OK;
}

static bool has_let(const struct workload_runtime *runtime, const char *name)
{
	for (size_t i = 0; i < runtime->let_count; i++)
		if (strcmp(runtime->let_names[i], name) == 0)
			return true;
	return false;
}

/* The ancestors' names first; a file's own expression stands where the ancestor's name stood. */
static enum sim_status read_lets(struct runtime_source *source, struct sim_diag *diag)
{
	struct workload_runtime *runtime = source->runtime;
	runtime->let_names = arena_alloc(&runtime->arena, EXPR_MOST_SLOTS * sizeof(char *));
	runtime->lets = arena_alloc(&runtime->arena, EXPR_MOST_SLOTS * sizeof(struct expr));
	if (runtime->let_names == NULL || runtime->lets == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	runtime->first_let = source->scope.count;
	for (size_t i = source->file_count; i-- > 0;) {
		const struct yaml_file *file = &source->files[i];
		const struct yaml_node *map = yaml_find(file->root, "let");
		if (map == NULL)
			continue;
		TRY(yaml_expect(file, map, YAML_MAP, "let", diag));
		for (const struct yaml_node *node = map->first; node != NULL; node = node->next)
			if (!has_let(runtime, node->key))
				TRY(read_let(source, file, node, diag));
	}
	return SIM_OK;
}

static enum sim_status read_partial(struct runtime_source *source, struct sim_diag *diag)
{
	const struct yaml_file *file;
	const struct yaml_node *node = find_in(source, NULL, "partial", &file);
	if (node == NULL)
		return SIM_OK;
	TRY(yaml_expect(file, node, YAML_SCALAR, "partial", diag));
	source->runtime->partial = strcmp(node->text, "true") == 0;
	if (!source->runtime->partial && strcmp(node->text, "false") != 0)
		return yaml_fail(file, node, diag, SIM_E_PARSE,
				 "'partial' must be true or false: '%s'", node->text);
	return SIM_OK;
}

static enum sim_status read_prefix(struct runtime_source *source, struct sim_diag *diag)
{
	static const char *const words[] = {"apart", "held", "one", "groups"};
	const struct yaml_file *file;
	const struct yaml_node *node = find_in(source, NULL, "prefix", &file);
	if (node == NULL)
		return SIM_OK;
	TRY(yaml_expect(file, node, YAML_SCALAR, "prefix", diag));
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		source->runtime->prefix = i;
		if (strcmp(node->text, words[i]) == 0)
			return SIM_OK;
	}
	return yaml_fail(file, node, diag, SIM_E_PARSE,
			 "'prefix' must be apart, held, one or groups: '%s'", node->text);
}

static enum sim_status read_slots(struct runtime_source *source, struct sim_diag *diag)
{
	const struct yaml_file *file;
	const struct yaml_node *node = find_in(source, NULL, "slots", &file);
	if (node != NULL)
		return runtime_expression(source, file, node, &source->runtime->slots, diag);
	return expr_compile("length", &source->scope, &source->runtime->arena,
			    &source->runtime->slots, diag);
}

/* KEY's expression, over what every profile may name; no text where no file has it. */
static enum sim_status read_held(struct runtime_source *source, const char *key, struct expr *held,
				 struct sim_diag *diag)
{
	const struct yaml_file *file;
	const struct yaml_node *node = find_in(source, NULL, key, &file);
	return node != NULL ? runtime_expression(source, file, node, held, diag) : SIM_OK;
}

static enum sim_status read_lacks(struct runtime_source *source, struct sim_diag *diag)
{
	const char *keys[FEATURE_COUNT];
	for (unsigned feature = 0; feature < FEATURE_COUNT; feature++)
		keys[feature] = feature_key(feature);
	for (size_t i = 0; i < source->file_count; i++) {
		const struct yaml_node *map = yaml_find(source->files[i].root, "lacks");
		if (map == NULL)
			continue;
		TRY(yaml_expect(&source->files[i], map, YAML_MAP, "lacks", diag));
		TRY(yaml_allow(&source->files[i], map, keys, FEATURE_COUNT, diag));
	}
	for (unsigned feature = 0; feature < FEATURE_COUNT; feature++) {
		const struct yaml_file *file;
		const struct yaml_node *node = find_in(source, "lacks", keys[feature], &file);
		if (node == NULL)
			continue;
		TRY(yaml_expect(file, node, YAML_SCALAR, keys[feature], diag));
		const char *why =
			arena_copy_text(&source->runtime->arena, node->text, strlen(node->text));
		if (why == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		source->runtime->lacks[feature] = why[0] != '\0' ? why : NULL;
	}
	return SIM_OK;
}

static bool list_uses(const struct runtime_entry *list, size_t slot)
{
	for (const struct runtime_entry *entry = list; entry != NULL; entry = entry->next) {
		if ((entry->when != NULL && expr_uses(entry->when, slot)) ||
		    (entry->repeat != NULL && expr_uses(entry->repeat, slot)) ||
		    list_uses(entry->block, slot))
			return true;
		for (size_t i = 0; i < entry->field_count; i++)
			if (expr_uses(&entry->fields[i], slot))
				return true;
		for (size_t i = 0; i < entry->bind_count; i++)
			if (expr_uses(&entry->binds[i], slot))
				return true;
	}
	return false;
}

static bool looks_at(const struct workload_runtime *runtime, const struct expr_scope *scope,
		     const char *name)
{
	size_t slot = 0;
	while (strcmp(scope->names[slot], name) != 0)
		slot++;
	for (size_t i = 0; i < runtime->let_count; i++)
		if (expr_uses(&runtime->lets[i], slot))
			return true;
	return list_uses(runtime->layer, slot);
}

static enum sim_status read_all(struct runtime_source *source, const char *name_or_path,
				struct sim_diag *diag)
{
	struct workload_runtime *runtime = source->runtime;
	struct expr_scope common = workload_scope();
	TRY(read_chain(source, name_or_path, diag));
	TRY(read_head(source, diag));
	TRY(read_host(source, diag));
	TRY(read_partial(source, diag));
	TRY(read_quantity(source, NULL, "workspace", UNIT_BYTES, 1e-6, &runtime->workspace_bytes,
			  diag));
	runtime->workspace_bytes *= 1e6;
	memcpy(source->names, common.names, common.count * sizeof(*common.names));
	source->scope = (struct expr_scope){source->names, common.count};
	TRY(read_prefix(source, diag));
	TRY(read_slots(source, diag));
	TRY(read_held(source, "cache", &runtime->cache, diag));
	TRY(read_held(source, "state", &runtime->state, diag));
	TRY(runtime_collect_names(source, diag));
	TRY(read_lets(source, diag));
	TRY(read_lacks(source, diag));
	TRY(runtime_section(source, "prologue", &runtime->prologue, diag));
	TRY(runtime_section(source, "layer", &runtime->layer, diag));
	TRY(runtime_section(source, "epilogue", &runtime->epilogue, diag));
	runtime->first_layer_differs = looks_at(runtime, &source->scope, "first_layer");
	runtime->tells_mixers = looks_at(runtime, &source->scope, "mixer");
	runtime->scope_count = source->scope.count;
	return SIM_OK;
}

enum sim_status runtime_load(const char *name_or_path, struct workload_runtime *runtime,
			     struct sim_diag *diag)
{
	memset(runtime, 0, sizeof(*runtime));
	arena_init(&runtime->arena);
	struct runtime_source *source = calloc(1, sizeof(*source));
	if (source == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	source->runtime = runtime;
	enum sim_status status = read_all(source, name_or_path, diag);
	for (size_t i = 0; i < source->file_count; i++)
		yaml_file_fini(&source->files[i]);
	free(source);
	return status;
}

void runtime_fini(struct workload_runtime *runtime)
{
	arena_fini(&runtime->arena);
	memset(runtime, 0, sizeof(*runtime));
}
