/* Entries of a profile: kernels, and blocks that are used by name and expanded in place. */
#include <assert.h>
#include <string.h>

#include "workloads/entry.h"
#include "workloads/runtime_parts.h"

static enum sim_status nomem(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

static struct entry_place place_of(struct runtime_source *source, const struct yaml_file *file)
{
	return (struct entry_place){file, &source->scope, &source->runtime->arena};
}

enum sim_status runtime_expression(struct runtime_source *source, const struct yaml_file *file,
				   const struct yaml_node *node, struct expr *expr,
				   struct sim_diag *diag)
{
	const struct entry_place place = place_of(source, file);
	return entry_expression(&place, node, node->key != NULL ? node->key : "expression", expr,
				diag);
}

/* The same, kept in the arena. */
static enum sim_status keep_expression(struct runtime_source *source, const struct yaml_file *file,
				       const struct yaml_node *node, const struct expr **kept,
				       struct sim_diag *diag)
{
	struct expr *expr = arena_alloc(&source->runtime->arena, sizeof(*expr));
	if (expr == NULL)
		return nomem(diag);
	*kept = expr;
	return runtime_expression(source, file, node, expr, diag);
}

static enum sim_status add_name(struct runtime_source *source, const struct yaml_file *file,
				const struct yaml_node *node, struct sim_diag *diag)
{
	for (size_t i = 0; i < source->scope.count; i++)
		if (strcmp(source->names[i], node->key) == 0)
			return SIM_OK;
	if (source->scope.count == EXPR_MOST_SLOTS)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "too many names in one profile");
	source->names[source->scope.count] =
		arena_copy_text(&source->runtime->arena, node->key, strlen(node->key));
	return source->names[source->scope.count++] != NULL ? SIM_OK : nomem(diag);
}

static enum sim_status collect_below(struct runtime_source *source, const struct yaml_file *file,
				     const struct yaml_node *node, struct sim_diag *diag)
{
	const struct yaml_node *with = node->kind == YAML_MAP ? yaml_find(node, "with") : NULL;
	for (const struct yaml_node *name = with != NULL && with->kind == YAML_MAP ? with->first
										   : NULL;
	     name != NULL; name = name->next)
		TRY(add_name(source, file, name, diag));
	for (const struct yaml_node *child = node->first; child != NULL; child = child->next)
		TRY(collect_below(source, file, child, diag));
	return SIM_OK;
}

enum sim_status runtime_collect_names(struct runtime_source *source, struct sim_diag *diag)
{
	for (size_t i = 0; i < source->file_count; i++)
		TRY(collect_below(source, &source->files[i], source->files[i].root, diag));
	return SIM_OK;
}

static enum sim_status read_list(struct runtime_source *source, const struct yaml_file *file,
				 const struct yaml_node *list, const char *prefix, int role,
				 struct runtime_entry **head, struct sim_diag *diag);

static enum sim_status find_block(const struct runtime_source *source, const struct yaml_file *file,
				  const struct yaml_node *use, const struct yaml_file **where,
				  const struct yaml_node **block, struct sim_diag *diag)
{
	const char *known[256];
	size_t count = 0;
	for (size_t i = 0; i < source->file_count; i++) {
		const struct yaml_node *blocks = yaml_find(source->files[i].root, "blocks");
		for (const struct yaml_node *b = blocks != NULL ? blocks->first : NULL; b != NULL;
		     b = b->next) {
			if (strcmp(b->key, use->text) == 0) {
				*where = &source->files[i];
				*block = b;
				return SIM_OK;
			}
			if (count < 256)
				known[count++] = b->key;
		}
	}
	return yaml_fail_unknown(file, use, "block", use->text, known, count, diag);
}

static enum sim_status read_bindings(struct runtime_source *source, const struct yaml_file *file,
				     const struct yaml_node *with, struct runtime_entry *entry,
				     struct sim_diag *diag)
{
	if (with == NULL)
		return SIM_OK;
	TRY(yaml_expect(file, with, YAML_MAP, "with", diag));
	struct arena *arena = &source->runtime->arena;
	uint32_t *slots = arena_alloc(arena, (with->count + 1) * sizeof(*slots));
	struct expr *binds = arena_alloc(arena, (with->count + 1) * sizeof(*binds));
	if (slots == NULL || binds == NULL)
		return nomem(diag);
	for (const struct yaml_node *node = with->first; node != NULL; node = node->next) {
		uint32_t slot = 0;
		while (strcmp(source->names[slot], node->key) != 0)
			slot++;
		slots[entry->bind_count] = slot;
		TRY(runtime_expression(source, file, node, &binds[entry->bind_count++], diag));
	}
	entry->bind_slots = slots;
	entry->binds = binds;
	return SIM_OK;
}

static enum sim_status read_use(struct runtime_source *source, const struct yaml_file *file,
				const struct yaml_node *node, const char *prefix, int role,
				struct runtime_entry *entry, struct sim_diag *diag)
{
	static const char *const allowed[] = {"use", "as", "with", "when", "repeat", "role"};
	char use[64], as[64] = "";
	const struct yaml_file *where = NULL;
	const struct yaml_node *block = NULL;
	struct runtime_entry *list;
	TRY(yaml_allow(file, node, allowed, 6, diag));
	TRY(yaml_text(file, node, "use", use, sizeof(use), diag));
	if (yaml_find(node, "as") != NULL)
		TRY(yaml_text(file, node, "as", as, sizeof(as), diag));
	TRY(find_block(source, file, yaml_find(node, "use"), &where, &block, diag));
	assert(where != NULL && block != NULL);
	TRY(read_bindings(source, file, yaml_find(node, "with"), entry, diag));
	for (size_t i = 0; i < source->depth; i++)
		if (strcmp(source->open[i], block->key) == 0)
			return yaml_fail(file, node, diag, SIM_E_PARSE, "block uses itself: '%s'",
					 block->key);
	if (source->depth == RUNTIME_MOST_DEPTH)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "blocks are nested too deeply");
	const char *inner = entry_name(&source->runtime->arena, prefix, as);
	if (inner == NULL)
		return nomem(diag);
	source->open[source->depth++] = block->key;
	TRY(read_list(source, where, block, inner, role, &list, diag));
	source->depth--;
	entry->block = list;
	return SIM_OK;
}

static enum sim_status read_fields(struct runtime_source *source, const struct yaml_file *file,
				   const struct yaml_node *node, struct runtime_entry *entry,
				   struct sim_diag *diag)
{
	const char *allowed[KIND_MOST_FIELDS + 7] = {"kernel", "kind", "role", "when",
						     "repeat", "ops",  "waits"};
	const struct entry_place place = place_of(source, file);
	size_t count = 0;
	for (; entry->kind->fields[count].name != NULL; count++)
		allowed[7 + count] = entry->kind->fields[count].name;
	TRY(yaml_allow(file, node, allowed, 7 + count, diag));
	struct expr *fields = arena_alloc(&source->runtime->arena, (count + 1) * sizeof(*fields));
	if (fields == NULL)
		return nomem(diag);
	for (size_t i = 0; i < count; i++)
		TRY(entry_field(&place, node, &entry->kind->fields[i], &fields[i], diag));
	entry->fields = fields;
	entry->field_count = count;
	return SIM_OK;
}

static enum sim_status find_kind(const struct yaml_file *file, const struct yaml_node *node,
				 const char *name, struct runtime_entry *entry,
				 struct sim_diag *diag)
{
	const char *known[64];
	size_t count = 0;
	for (; count < 64 && kind_at(count) != NULL; count++)
		known[count] = kind_at(count)->name;
	entry->kind = kind_find(name);
	if (entry->kind != NULL)
		return SIM_OK;
	return yaml_fail_unknown(file, node, "kind", name, known, count, diag);
}

static enum sim_status read_kernel(struct runtime_source *source, const struct yaml_file *file,
				   const struct yaml_node *node, const char *prefix, int role,
				   struct runtime_entry *entry, struct sim_diag *diag)
{
	char name[96], kind[32];
	TRY(yaml_text(file, node, "kernel", name, sizeof(name), diag));
	TRY(yaml_text(file, node, "kind", kind, sizeof(kind), diag));
	TRY(find_kind(file, yaml_find(node, "kind"), kind, entry, diag));
	entry->role = role < 0 ? WORKLOAD_ROLE_NONE : (unsigned)role;
	entry->name = entry_name(&source->runtime->arena, prefix, name);
	if (entry->name == NULL)
		return nomem(diag);
	if (yaml_find(node, "ops") != NULL)
		TRY(keep_expression(source, file, yaml_find(node, "ops"), &entry->ops, diag));
	if (yaml_find(node, "waits") != NULL)
		TRY(keep_expression(source, file, yaml_find(node, "waits"), &entry->waits, diag));
	return read_fields(source, file, node, entry, diag);
}

static enum sim_status read_entry(struct runtime_source *source, const struct yaml_file *file,
				  const struct yaml_node *node, const char *prefix, int role,
				  struct runtime_entry *entry, struct sim_diag *diag)
{
	char word[32];
	TRY(yaml_expect(file, node, YAML_MAP, "entry", diag));
	entry->file = arena_copy_text(&source->runtime->arena, file->name, strlen(file->name));
	entry->line = node->line;
	if (++source->entries > RUNTIME_MOST_ENTRIES)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "too many kernels in one profile");
	if (yaml_find(node, "role") != NULL) {
		TRY(yaml_text(file, node, "role", word, sizeof(word), diag));
		role = workload_role_from_text(word);
		if (role < 0)
			return yaml_fail(file, yaml_find(node, "role"), diag, SIM_E_NOT_FOUND,
					 "no such role: '%s'", word);
	}
	if (yaml_find(node, "when") != NULL)
		TRY(keep_expression(source, file, yaml_find(node, "when"), &entry->when, diag));
	if (yaml_find(node, "repeat") != NULL)
		TRY(keep_expression(source, file, yaml_find(node, "repeat"), &entry->repeat, diag));
	if (yaml_find(node, "use") != NULL)
		return read_use(source, file, node, prefix, role, entry, diag);
	return read_kernel(source, file, node, prefix, role, entry, diag);
}

static enum sim_status read_list(struct runtime_source *source, const struct yaml_file *file,
				 const struct yaml_node *list, const char *prefix, int role,
				 struct runtime_entry **head, struct sim_diag *diag)
{
	struct runtime_entry **tail = head;
	*head = NULL;
	TRY(yaml_expect(file, list, YAML_SEQUENCE, list->key, diag));
	for (const struct yaml_node *node = list->first; node != NULL; node = node->next) {
		struct runtime_entry *entry = arena_alloc(&source->runtime->arena, sizeof(*entry));
		if (entry == NULL)
			return nomem(diag);
		memset(entry, 0, sizeof(*entry));
		TRY(read_entry(source, file, node, prefix, role, entry, diag));
		*tail = entry;
		tail = &entry->next;
	}
	return SIM_OK;
}

enum sim_status runtime_section(struct runtime_source *source, const char *section,
				struct runtime_entry **list, struct sim_diag *diag)
{
	*list = NULL;
	for (size_t i = 0; i < source->file_count; i++) {
		const struct yaml_file *file = &source->files[i];
		const struct yaml_node *node = yaml_find(file->root, section);
		if (node != NULL)
			return read_list(source, file, node, "", -1, list, diag);
	}
	return SIM_OK;
}
