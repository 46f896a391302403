/* Systems in device files: units, placement, memory; format in system.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwmodels/device_file.h"
#include "hwmodels/system.h"
#include "sim/core/kernel.h"

static bool is_unit_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	size_t length = strlen(name);
	return length > 0 && length < SYSTEM_NAME_SIZE && name[strspn(name, letters)] == '\0' &&
	       strcmp(name, "link") != 0;
}

/* A unit is a built-in device, or a path seen from FILE; MODEL: may stand before it. */
static enum sim_status load_unit(const struct yaml_file *file, const struct yaml_node *node,
				 struct system_unit *unit, struct sim_diag *diag)
{
	char path[DEVICE_PATH_SIZE], spec[DEVICE_SPEC_SIZE + DEVICE_PATH_SIZE];
	const char *colon = strchr(unit->spec, ':'), *slash = strchr(unit->spec, '/');
	const char *name = unit->spec;
	struct sim_diag why;
	diag_init(&why);
	if (colon != NULL && (slash == NULL || slash > colon))
		name = colon + 1;
	enum sim_status status = device_find(name, file->name, path, sizeof(path), &why);
	if (status != SIM_OK)
		return yaml_fail(file, node, diag, status, "%s", why.text);
	snprintf(spec, sizeof(spec), "%.*s%s", (int)(name - unit->spec), unit->spec, path);
	status = device_load_unit(spec, &unit->device, &why);
	if (status != SIM_OK)
		return yaml_fail(file, node, diag, status, "unit '%s': %s", unit->name, why.text);
	unit->loaded = true;
	return SIM_OK;
}

static enum sim_status read_count(const struct yaml_file *file, const struct yaml_node *map,
				  uint32_t *count, struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, "count");
	double number = 1;
	if (node != NULL)
		TRY(yaml_quantity(file, node, UNIT_COUNT, &number, diag));
	if (number < 1 || number > 1 << 20)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "count must be 1 to 2^20");
	*count = (uint32_t)number;
	return SIM_OK;
}

static enum sim_status read_unit(const struct yaml_file *file, const struct yaml_node *node,
				 struct hw_system *system, struct sim_diag *diag)
{
	static const char *const keys[] = {"device", "count"};
	if (system->unit_count == SYSTEM_MOST_UNITS)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "more than %d units",
				 SYSTEM_MOST_UNITS);
	struct system_unit *unit = &system->units[system->unit_count];
	if (!is_unit_name(node->key))
		return diag_fail_at(diag, SIM_E_PARSE, file->name, node->key_line,
				    "a unit's name is 1 to %d of a-z, 0-9, '_' and '-', and not "
				    "'link': '%s'",
				    SYSTEM_NAME_SIZE - 1, node->key);
	TRY(yaml_expect(file, node, YAML_MAP, node->key, diag));
	TRY(yaml_allow(file, node, keys, 2, diag));
	snprintf(unit->name, sizeof(unit->name), "%s", node->key);
	TRY(yaml_text(file, node, "device", unit->spec, sizeof(unit->spec), diag));
	TRY(read_count(file, node, &unit->count, diag));
	system->unit_count++;
	return load_unit(file, yaml_find(node, "device"), unit, diag);
}

static enum sim_status find_unit(const struct yaml_file *file, const struct yaml_node *node,
				 const struct hw_system *system, unsigned *unit,
				 struct sim_diag *diag)
{
	const char *names[SYSTEM_MOST_UNITS];
	TRY(yaml_expect(file, node, YAML_SCALAR, "unit", diag));
	for (unsigned u = 0; u < system->unit_count; u++) {
		names[u] = system->units[u].name;
		*unit = u;
		if (strcmp(names[u], node->text) == 0)
			return SIM_OK;
	}
	return yaml_fail_unknown(file, node, "unit", node->text, names, system->unit_count, diag);
}

/* One word or several, each a number of FROM_TEXT, or "any". */
static enum sim_status read_words(const struct yaml_file *file, const struct yaml_node *node,
				  const char *what, int (*from_text)(const char *), uint64_t *mask,
				  struct sim_diag *diag)
{
	const struct yaml_node *at = node->kind == YAML_SEQUENCE ? node->first : node;
	*mask = 0;
	for (; at != NULL; at = node->kind == YAML_SEQUENCE ? at->next : NULL) {
		TRY(yaml_expect(file, at, YAML_SCALAR, what, diag));
		int number = from_text(at->text);
		if (strcmp(at->text, "any") == 0)
			*mask = UINT64_MAX;
		else if (number < 0)
			return yaml_fail(file, at, diag, SIM_E_NOT_FOUND,
					 "no such %s: '%s' (decodesim list families; or any)", what,
					 at->text);
		else
			*mask |= UINT64_C(1) << number;
	}
	return *mask != 0 ? SIM_OK
			  : yaml_fail(file, node, diag, SIM_E_RANGE, "'%s' names nothing", what);
}

static enum sim_status read_range(const struct yaml_file *file, const struct yaml_node *rule,
				  const char *key, enum sim_unit unit, struct system_range *range,
				  struct sim_diag *diag)
{
	static const char *const keys[] = {"from", "below"};
	const struct yaml_node *node = yaml_find(rule, key);
	*range = (struct system_range){0, INFINITY};
	if (node == NULL)
		return SIM_OK;
	TRY(yaml_expect(file, node, YAML_MAP, key, diag));
	TRY(yaml_allow(file, node, keys, 2, diag));
	const struct yaml_node *from = yaml_find(node, "from"), *below = yaml_find(node, "below");
	if (from != NULL)
		TRY(yaml_quantity(file, from, unit, &range->from, diag));
	if (below != NULL)
		TRY(yaml_quantity(file, below, unit, &range->below, diag));
	return range->from < range->below
		       ? SIM_OK
		       : yaml_fail(file, node, diag, SIM_E_RANGE,
				   "'%s' is empty: from must be below 'below'", key);
}

static enum sim_status read_draft(const struct yaml_file *file, const struct yaml_node *map,
				  int *draft, struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, "draft");
	*draft = -1;
	if (node == NULL)
		return SIM_OK;
	TRY(yaml_expect(file, node, YAML_SCALAR, "draft", diag));
	*draft = strcmp(node->text, "true") == 0;
	return *draft || strcmp(node->text, "false") == 0
		       ? SIM_OK
		       : yaml_fail(file, node, diag, SIM_E_PARSE, "draft is true or false: '%s'",
				   node->text);
}

static enum sim_status read_rule(const struct yaml_file *file, const struct yaml_node *node,
				 struct hw_system *system, struct sim_diag *diag)
{
	static const char *const keys[] = {"op", "family", "draft", "rows", "bytes", "unit"};
	if (system->rule_count == SYSTEM_MOST_RULES)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "more than %d rules",
				 SYSTEM_MOST_RULES);
	struct system_rule *rule = &system->rules[system->rule_count++];
	*rule = (struct system_rule){.ops = UINT64_MAX, .families = UINT64_MAX};
	TRY(yaml_expect(file, node, YAML_MAP, "rule", diag));
	TRY(yaml_allow(file, node, keys, 6, diag));
	const struct yaml_node *op = yaml_find(node, "op"), *family = yaml_find(node, "family");
	const struct yaml_node *unit = yaml_find(node, "unit");
	if (unit == NULL)
		return yaml_fail(file, node, diag, SIM_E_NOT_FOUND, "missing key 'unit'");
	if (op == NULL && family == NULL)
		return yaml_fail(file, node, diag, SIM_E_NOT_FOUND,
				 "missing key 'op' or 'family' (op: any for all)");
	if (op != NULL)
		TRY(read_words(file, op, "op", sim_op_from_text, &rule->ops, diag));
	if (family != NULL)
		TRY(read_words(file, family, "family", sim_family_from_text, &rule->families,
			       diag));
	TRY(read_draft(file, node, &rule->draft, diag));
	TRY(read_range(file, node, "rows", UNIT_COUNT, &rule->rows, diag));
	TRY(read_range(file, node, "bytes", UNIT_BYTES, &rule->bytes, diag));
	return find_unit(file, unit, system, &rule->unit, diag);
}

static enum sim_status read_holders(const struct yaml_file *file, const struct yaml_node *map,
				    const char *key, struct hw_system *system, bool weights,
				    struct sim_diag *diag)
{
	const struct yaml_node *node = map == NULL ? NULL : yaml_find(map, key);
	unsigned unit = 0;
	if (node == NULL) {
		system->units[0].holds_weights |= weights;
		system->units[0].holds_kv |= !weights;
		return SIM_OK;
	}
	const struct yaml_node *at = node->kind == YAML_SEQUENCE ? node->first : node;
	for (; at != NULL; at = node->kind == YAML_SEQUENCE ? at->next : NULL) {
		TRY(find_unit(file, at, system, &unit, diag));
		system->units[unit].holds_weights |= weights;
		system->units[unit].holds_kv |= !weights;
	}
	return SIM_OK;
}

static enum sim_status read_parts(const struct yaml_file *file, struct hw_system *system,
				  struct sim_diag *diag)
{
	static const char *const holders[] = {"weights", "kv"};
	const struct yaml_node *units = yaml_find(file->root, "units");
	const struct yaml_node *placement = yaml_find(file->root, "placement");
	const struct yaml_node *memory = yaml_find(file->root, "memory");
	TRY(yaml_expect(file, units, YAML_MAP, "units", diag));
	for (const struct yaml_node *at = units->first; at != NULL; at = at->next)
		TRY(read_unit(file, at, system, diag));
	if (system->unit_count == 0)
		return yaml_fail(file, units, diag, SIM_E_NOT_FOUND, "a system needs a unit");
	if (placement != NULL) {
		TRY(yaml_expect(file, placement, YAML_SEQUENCE, "placement", diag));
		for (const struct yaml_node *at = placement->first; at != NULL; at = at->next)
			TRY(read_rule(file, at, system, diag));
	}
	if (memory != NULL) {
		TRY(yaml_expect(file, memory, YAML_MAP, "memory", diag));
		TRY(yaml_allow(file, memory, holders, 2, diag));
	}
	TRY(read_holders(file, memory, "weights", system, true, diag));
	return read_holders(file, memory, "kv", system, false, diag);
}

static enum sim_status put_param(struct hw_device *device, struct hw_param *table, size_t i,
				 const char *head, const struct hw_param *param,
				 struct sim_diag *diag)
{
	char key[128];
	snprintf(key, sizeof(key), "%s.%s", head, param->key);
	table[i] = *param;
	table[i].key = arena_copy_text(&device->arena, key, strlen(key));
	return table[i].key != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

static enum sim_status take_unit_values(struct hw_device *device, struct system_unit *unit,
					struct sim_diag *diag)
{
	size_t count = unit->device.param_count;
	double *own = arena_alloc(&device->arena, (count + 1) * sizeof(*own));
	if (own == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		struct hw_value *value = &device->values[unit->first_value + i];
		*value = unit->device.values[i];
		if (value->origin != HW_FROM_FALLBACK)
			value->origin = HW_FROM_INHERITED;
		own[i] = value->value;
	}
	unit->own = own;
	return SIM_OK;
}

/* The table of all units and links; values as the units have them. */
static enum sim_status join_tables(struct hw_device *device, struct sim_diag *diag)
{
	static const struct hw_param links[] = {
#define X(name, key, unit, low, high, fallback, what)                                              \
	{key, UNIT_##unit, HW_OPTIONAL, low, high, fallback, what},
		SYSTEM_LINK_PARAMS(X)
#undef X
	};
	struct hw_system *system = device->system;
	size_t count = 0, at = 0;
	for (unsigned u = 0; u < system->unit_count; u++)
		count += system->units[u].device.param_count + SYSTEM_LINK_PARAM_COUNT;
	struct hw_param *table = arena_alloc(&device->arena, count * sizeof(*table));
	if (table == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (unsigned u = 0; u < system->unit_count; u++) {
		struct system_unit *unit = &system->units[u];
		char link[SYSTEM_NAME_SIZE + 8];
		unit->first_value = at;
		for (size_t i = 0; i < unit->device.param_count; i++)
			TRY(put_param(device, table, at++, unit->name, &unit->device.params[i],
				      diag));
		unit->first_link = at;
		snprintf(link, sizeof(link), "link.%s", unit->name);
		for (size_t i = 0; u > 0 && i < SYSTEM_LINK_PARAM_COUNT; i++)
			TRY(put_param(device, table, at++, link, &links[i], diag));
	}
	device->params = table;
	device->param_count = at;
	TRY(device_values_create(table, at, &device->arena, &device->values, diag));
	for (unsigned u = 0; u < system->unit_count; u++)
		TRY(take_unit_values(device, &system->units[u], diag));
	return SIM_OK;
}

enum sim_status system_read(const struct yaml_file *file, struct hw_device *device,
			    struct sim_diag *diag)
{
	if (device->is_unit)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, file->name, file->root->line,
				    "a unit may not be a system itself: '%s'", device->name);
	device->system = calloc(1, sizeof(*device->system));
	if (device->system == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	TRY(read_parts(file, device->system, diag));
	return join_tables(device, diag);
}

enum sim_status system_take(struct hw_device *base, struct hw_device *device, struct sim_diag *diag)
{
	device->system = base->system;
	base->system = NULL;
	TRY(join_tables(device, diag));
	for (size_t i = 0; i < device->param_count; i++) {
		const char *source = base->values[i].source;
		device->values[i] = base->values[i];
		if (device->values[i].origin == HW_FROM_FILE)
			device->values[i].origin = HW_FROM_INHERITED;
		device->values[i].source = arena_copy_text(&device->arena, source, strlen(source));
		if (device->values[i].source == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	return SIM_OK;
}

void system_free(struct hw_system *system)
{
	for (unsigned u = 0; system != NULL && u < system->unit_count; u++)
		if (system->units[u].loaded)
			device_fini(&system->units[u].device);
	free(system);
}
