/* Sweep files: see space.h for what they hold. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwmodels/device.h"
#include "sim/core/builtin.h"
#include "sim/core/yaml.h"
#include "sim/explore/space_parts.h"

static const char *const root_keys[] = {"sweep", "summary", "base",	   "axes",	"sampling",
					"let",	 "method",  "constraints", "objectives"};

/* The scalars of LIST; WHAT names it. */
static enum sim_status read_texts(const struct yaml_file *file, const struct yaml_node *list,
				  const char *what, const char ***texts, struct sim_diag *diag)
{
	size_t count = 0;
	*texts = calloc(list->count + 1, sizeof(**texts));
	if (*texts == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (const struct yaml_node *entry = list->first; entry != NULL; entry = entry->next) {
		TRY(yaml_expect(file, entry, YAML_SCALAR, what, diag));
		(*texts)[count++] = entry->text;
	}
	return SIM_OK;
}

static enum sim_status read_base(struct explore_space *space, const struct yaml_file *file,
				 struct sim_diag *diag)
{
	const struct yaml_node *base = yaml_find(file->root, "base");
	if (base == NULL)
		return SIM_OK;
	TRY(yaml_expect(file, base, YAML_MAP, "base", diag));
	for (const struct yaml_node *entry = base->first; entry != NULL; entry = entry->next) {
		TRY(yaml_expect(file, entry, YAML_SCALAR, entry->key, diag));
		TRY(explore_space_set(space, entry->key, entry->text, entry->line, diag));
	}
	return SIM_OK;
}

static enum sim_status read_bound(const struct yaml_file *file, const struct yaml_node *map,
				  const char *name, enum sim_unit unit, double *value,
				  struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, name);
	if (node == NULL)
		return yaml_fail(file, map, diag, SIM_E_NOT_FOUND,
				 "'%s': a range needs '%s' (from, to, and points or step)",
				 map->key, name);
	return yaml_quantity(file, node, unit, value, diag);
}

static enum sim_status read_scale(const struct yaml_file *file, const struct yaml_node *map,
				  bool *is_log, struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, "scale");
	*is_log = false;
	if (node == NULL)
		return SIM_OK;
	TRY(yaml_expect(file, node, YAML_SCALAR, "scale", diag));
	*is_log = strcmp(node->text, "log") == 0;
	if (*is_log || strcmp(node->text, "linear") == 0)
		return SIM_OK;
	return yaml_fail(file, node, diag, SIM_E_PARSE, "scale is 'linear' or 'log', not '%s'",
			 node->text);
}

/* A range without ends is the one that the device files give with their value. */
static enum sim_status device_range(const struct explore_space *space, const struct yaml_file *file,
				    const struct yaml_node *map, struct explore_axis *range,
				    struct sim_diag *diag)
{
	bool is_device = strncmp(map->key, "hw.", 3) == 0;
	range->low = INFINITY;
	range->high = -INFINITY;
	for (size_t d = 0; is_device && d < space->device_count; d++) {
		const struct hw_device *device = &space->devices[d];
		int i = device_param(device, map->key + 3);
		if (i < 0 || isnan(device->values[i].low) || isnan(device->values[i].high))
			continue;
		range->low = fmin(range->low, device->values[i].low);
		range->high = fmax(range->high, device->values[i].high);
	}
	return range->low < range->high
		       ? SIM_OK
		       : yaml_fail(file, map, diag, SIM_E_NOT_FOUND,
				   "'%s': give 'from' and 'to' (the device's file has no low and "
				   "high of it)",
				   map->key);
}

static enum sim_status read_range(struct explore_space *space, const struct yaml_file *file,
				  const struct yaml_node *map, struct sim_diag *diag)
{
	static const char *const allowed[] = {"from", "to", "points", "step", "scale"};
	struct explore_axis range = {.line = map->line};
	struct space_key key;
	struct sim_diag why = {0};
	double points = 0;
	TRY(yaml_allow(file, map, allowed, 5, diag));
	enum sim_status status = space_key_find(space, map->key, &key, &why);
	if (status != SIM_OK)
		return strstr(why.text, ".yaml:") != NULL
			       ? diag_fail(diag, status, "%s", why.text)
			       : yaml_fail(file, map, diag, status, "%s", why.text);
	if (yaml_find(map, "from") == NULL && yaml_find(map, "to") == NULL) {
		TRY(device_range(space, file, map, &range, diag));
	} else {
		TRY(read_bound(file, map, "from", key.unit, &range.low, diag));
		TRY(read_bound(file, map, "to", key.unit, &range.high, diag));
	}
	TRY(read_scale(file, map, &range.is_log, diag));
	const struct yaml_node *step = yaml_find(map, "step"), *number = yaml_find(map, "points");
	if ((step != NULL) == (number != NULL) || (step != NULL && range.is_log))
		return yaml_fail(file, map, diag, SIM_E_PARSE,
				 "'%s': a range has either 'points' or (linear ones) 'step'",
				 map->key);
	if (step != NULL) {
		TRY(yaml_quantity(file, step, key.unit, &range.step, diag));
		if (!(range.step > 0))
			return yaml_fail(file, step, diag, SIM_E_RANGE, "empty range: '%s'",
					 map->key);
	} else {
		TRY(yaml_quantity(file, number, UNIT_COUNT, &points, diag));
		if (!(points >= 0 && points <= 1e15 && points == floor(points)))
			return yaml_fail(file, number, diag, SIM_E_RANGE,
					 "points out of range: '%s'", number->text);
		range.count = (uint64_t)points;
	}
	return space_add_range(space, map->key, range, diag);
}

static enum sim_status read_axis(struct explore_space *space, const struct yaml_file *file,
				 const struct yaml_node *node, struct sim_diag *diag)
{
	const char **texts = NULL;
	if (node->kind == YAML_MAP)
		return read_range(space, file, node, diag);
	if (node->kind == YAML_SCALAR)
		return explore_space_add_list(space, node->key, &node->text, 1, node->line, diag);
	enum sim_status status = read_texts(file, node, node->key, &texts, diag);
	if (status == SIM_OK)
		status = explore_space_add_list(space, node->key, texts, node->count, node->line,
						diag);
	free(texts);
	return status;
}

/* hw first: it says what hw.KEY may be. */
static enum sim_status read_axes(struct explore_space *space, const struct yaml_file *file,
				 struct sim_diag *diag)
{
	const struct yaml_node *axes = yaml_find(file->root, "axes");
	if (axes == NULL)
		return yaml_fail(file, file->root, diag, SIM_E_NOT_FOUND,
				 "nothing varies: 'axes' is missing");
	TRY(yaml_expect(file, axes, YAML_MAP, "axes", diag));
	if (yaml_find(axes, "hw") != NULL)
		TRY(read_axis(space, file, yaml_find(axes, "hw"), diag));
	for (const struct yaml_node *node = axes->first; node != NULL; node = node->next)
		if (strcmp(node->key, "hw") != 0)
			TRY(read_axis(space, file, node, diag));
	return SIM_OK;
}

static enum sim_status read_count(const struct yaml_file *file, const struct yaml_node *map,
				  const char *key, uint64_t *count, struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, key);
	double value;
	if (node == NULL)
		return SIM_OK;
	TRY(yaml_quantity(file, node, UNIT_COUNT, &value, diag));
	if (!(value >= 0 && value <= 1e15))
		return yaml_fail(file, node, diag, SIM_E_RANGE, "'%s' out of range: '%s'", key,
				 node->text);
	*count = (uint64_t)value;
	return SIM_OK;
}

static enum sim_status read_search(struct explore_space *space, const struct yaml_file *file,
				   const struct yaml_node *map, struct sim_diag *diag)
{
	static const char *const allowed[] = {"search", "by", "population", "seed", "refine"};
	const struct yaml_node *by = yaml_find(map, "by"), *refine = yaml_find(map, "refine");
	TRY(yaml_allow(file, map, allowed, 5, diag));
	space->sampling = EXPLORE_SEARCH;
	space->population = 64;
	space->refine = 0.4;
	space->seed = 1;
	space->evolves = by == NULL || (by->kind == YAML_SCALAR && strcmp(by->text, "nsga2") == 0);
	if (!space->evolves && (by->kind != YAML_SCALAR || strcmp(by->text, "sobol") != 0))
		return yaml_fail(file, by, diag, SIM_E_PARSE, "a search is by nsga2 or sobol");
	TRY(read_count(file, map, "search", &space->samples, diag));
	TRY(read_count(file, map, "population", &space->population, diag));
	TRY(read_count(file, map, "seed", &space->seed, diag));
	if (refine != NULL) {
		TRY(yaml_quantity(file, refine, UNIT_RATIO, &space->refine, diag));
		if (!(space->refine >= 0 && space->refine <= 0.9))
			return yaml_fail(file, refine, diag, SIM_E_RANGE,
					 "refine out of range (0 to 90 %%)");
	}
	if (space->population < 4 || space->population > 100000)
		return yaml_fail(file, map, diag, SIM_E_RANGE,
				 "population out of range: %" PRIu64 " (4 to 100000)",
				 space->population);
	return SIM_OK;
}

static enum sim_status read_sampling(struct explore_space *space, const struct yaml_file *file,
				     struct sim_diag *diag)
{
	static const char *const allowed[] = {"sobol", "seed"};
	const struct yaml_node *node = yaml_find(file->root, "sampling");
	if (node == NULL || (node->kind == YAML_SCALAR && strcmp(node->text, "grid") == 0))
		return SIM_OK;
	if (node->kind == YAML_MAP && yaml_find(node, "search") != NULL)
		return read_search(space, file, node, diag);
	if (node->kind != YAML_MAP || yaml_find(node, "sobol") == NULL)
		return yaml_fail(file, node, diag, SIM_E_PARSE,
				 "sampling is 'grid', {sobol: POINTS, seed: NUMBER} or {search: "
				 "POINTS}");
	TRY(yaml_allow(file, node, allowed, 2, diag));
	space->sampling = EXPLORE_SOBOL;
	TRY(read_count(file, node, "sobol", &space->samples, diag));
	return read_count(file, node, "seed", &space->seed, diag);
}

static enum sim_status read_method(struct explore_space *space, const struct yaml_file *file,
				   struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(file->root, "method");
	if (node == NULL)
		return SIM_OK;
	if (node->kind == YAML_MAP) {
		static const char *const allowed[] = {"screen"};
		TRY(yaml_allow(file, node, allowed, 1, diag));
		if (node->count == 1) {
			space->method = EXPLORE_SCREEN;
			TRY(yaml_quantity(file, node->first, UNIT_RATIO, &space->margin, diag));
			return space->margin >= 0 && space->margin <= 10
				       ? SIM_OK
				       : yaml_fail(file, node->first, diag, SIM_E_RANGE,
						   "margin out of range: '%s' (0 to 1000 %%)",
						   node->first->text);
		}
	}
	for (unsigned m = 0; node->kind == YAML_SCALAR && m <= EXPLORE_SCREEN; m++)
		if (strcmp(node->text, explore_method_text(m)) == 0) {
			space->method = m;
			return SIM_OK;
		}
	return yaml_fail(file, node, diag, SIM_E_PARSE,
			 "method is closed, simulate, screen, or {screen: MARGIN}");
}

static enum sim_status read_lets(struct explore_space *space, const struct yaml_file *file,
				 struct sim_diag *diag)
{
	const struct yaml_node *lets = yaml_find(file->root, "let");
	if (lets == NULL)
		return SIM_OK;
	TRY(yaml_expect(file, lets, YAML_MAP, "let", diag));
	for (const struct yaml_node *node = lets->first; node != NULL; node = node->next) {
		struct sim_diag why = {0};
		TRY(yaml_expect(file, node, YAML_SCALAR, node->key, diag));
		enum sim_status status = space_add_let(space, node->key, node->text, &why);
		if (status != SIM_OK)
			return yaml_fail(file, node, diag, status, "%s", why.text);
	}
	return SIM_OK;
}

/* Each scalar of the list under KEY, or the one scalar. */
static enum sim_status
read_list(struct explore_space *space, const struct yaml_file *file, const char *key,
	  enum sim_status (*take)(struct explore_space *, const char *, long, struct sim_diag *),
	  struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(file->root, key);
	if (node == NULL)
		return SIM_OK;
	if (node->kind == YAML_SCALAR)
		return take(space, node->text, node->line, diag);
	TRY(yaml_expect(file, node, YAML_SEQUENCE, key, diag));
	for (const struct yaml_node *entry = node->first; entry != NULL; entry = entry->next) {
		TRY(yaml_expect(file, entry, YAML_SCALAR, key, diag));
		TRY(take(space, entry->text, entry->line, diag));
	}
	return SIM_OK;
}

static enum sim_status read_names(struct explore_space *space, const struct yaml_file *file,
				  struct sim_diag *diag)
{
	char name[64], summary[160] = "";
	TRY(yaml_expect(file, file->root, YAML_MAP, "sweep", diag));
	TRY(yaml_allow(file, file->root, root_keys, sizeof(root_keys) / sizeof(root_keys[0]),
		       diag));
	TRY(yaml_text(file, file->root, "sweep", name, sizeof(name), diag));
	if (yaml_find(file->root, "summary") != NULL)
		TRY(yaml_text(file, file->root, "summary", summary, sizeof(summary), diag));
	space->name = arena_copy_text(&space->arena, name, strlen(name));
	space->summary = arena_copy_text(&space->arena, summary, strlen(summary));
	space->path = arena_copy_text(&space->arena, file->name, strlen(file->name));
	if (space->name == NULL || space->summary == NULL || space->path == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	return SIM_OK;
}

static enum sim_status read_all(struct explore_space *space, const struct yaml_file *file,
				struct sim_diag *diag)
{
	TRY(read_names(space, file, diag));
	TRY(read_base(space, file, diag));
	TRY(read_sampling(space, file, diag));
	TRY(read_method(space, file, diag));
	TRY(read_axes(space, file, diag));
	TRY(explore_space_close(space, diag));
	TRY(read_lets(space, file, diag));
	TRY(read_list(space, file, "constraints", explore_space_constrain, diag));
	TRY(read_list(space, file, "objectives", explore_space_want, diag));
	return explore_space_check(space, diag);
}

enum sim_status explore_space_parse(struct explore_space *space, const char *name, const char *text,
				    size_t length, struct sim_diag *diag)
{
	struct yaml_file file;
	TRY(explore_space_init(space, diag));
	enum sim_status status = yaml_file_parse(name, text, length, &file, diag);
	if (status == SIM_OK)
		status = read_all(space, &file, diag);
	yaml_file_fini(&file);
	return status;
}

static const struct builtin_folder sweeps = {
	.path = "workloads/sweeps",
	.environment = "DECODESIM_SWEEPS",
	.what = "sweeps",
	.one = "sweep",
};

enum sim_status explore_space_names(struct arena *arena, const char ***names, size_t *count,
				    struct sim_diag *diag)
{
	return builtin_list(&sweeps, arena, names, count, diag);
}

enum sim_status explore_space_read(struct explore_space *space, const char *name_or_path,
				   struct sim_diag *diag)
{
	char path[BUILTIN_PATH_SIZE];
	struct yaml_file file;
	TRY(explore_space_init(space, diag));
	TRY(builtin_find(&sweeps, name_or_path, path, sizeof(path), diag));
	enum sim_status status = yaml_file_read(path, &file, diag);
	if (status == SIM_OK)
		status = read_all(space, &file, diag);
	yaml_file_fini(&file);
	return status;
}
