/* Op graphs: entries. */
#include <assert.h>
#include <string.h>

#include "workloads/graph_parts.h"

static enum sim_status nomem(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

enum sim_status graph_collect_names(struct graph_source *source, const struct yaml_node *node,
				    struct sim_diag *diag)
{
	const struct yaml_node *with = node->kind == YAML_MAP ? yaml_find(node, "with") : NULL;
	const struct yaml_node *index = node->kind == YAML_MAP && yaml_find(node, "loop") != NULL
						? yaml_find(node, "index")
						: NULL;
	if (with != NULL && with->kind == YAML_MAP)
		for (const struct yaml_node *name = with->first; name != NULL; name = name->next)
			TRY(graph_add_name(source, name, name->key, true, diag));
	if (index != NULL && index->kind == YAML_SCALAR)
		TRY(graph_add_name(source, index, index->text, true, diag));
	for (const struct yaml_node *child = node->first; child != NULL; child = child->next)
		TRY(graph_collect_names(source, child, diag));
	return SIM_OK;
}

static enum sim_status keep_expression(struct graph_source *source, const struct yaml_node *map,
				       const char *key, const struct expr **kept,
				       struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, key);
	if (node == NULL)
		return SIM_OK;
	struct expr *expr = arena_alloc(&source->graph->arena, sizeof(*expr));
	if (expr == NULL)
		return nomem(diag);
	*kept = expr;
	return graph_expression(source, node, key, expr, diag);
}

static uint32_t slot_of(const struct graph_source *source, const char *name)
{
	uint32_t slot = 0;
	while (strcmp(source->graph->names[slot], name) != 0)
		slot++;
	return slot;
}

static enum sim_status enter(struct graph_source *source, const struct yaml_node *node,
			     const char *block, struct sim_diag *diag)
{
	for (size_t i = 0; i < source->depth; i++)
		if (block[0] != '\0' && strcmp(source->open[i], block) == 0)
			return yaml_fail(&source->file, node, diag, SIM_E_PARSE,
					 "block uses itself: '%s'", block);
	if (source->depth == GRAPH_MOST_DEPTH)
		return yaml_fail(&source->file, node, diag, SIM_E_RANGE,
				 "blocks and loops are nested too deeply");
	source->open[source->depth++] = block;
	return SIM_OK;
}

static enum sim_status find_block(const struct graph_source *source, const struct yaml_node *use,
				  const struct yaml_node **block, struct sim_diag *diag)
{
	const char *known[256];
	size_t count = 0;
	const struct yaml_node *blocks = yaml_find(source->file.root, "blocks");
	if (blocks != NULL)
		TRY(yaml_expect(&source->file, blocks, YAML_MAP, "blocks", diag));
	for (const struct yaml_node *b = blocks != NULL ? blocks->first : NULL; b != NULL;
	     b = b->next) {
		if (strcmp(b->key, use->text) == 0) {
			*block = b;
			return SIM_OK;
		}
		if (count < 256)
			known[count++] = b->key;
	}
	return yaml_fail_unknown(&source->file, use, "block", use->text, known, count, diag);
}

static enum sim_status read_bindings(struct graph_source *source, const struct yaml_node *with,
				     struct graph_entry *entry, struct sim_diag *diag)
{
	if (with == NULL)
		return SIM_OK;
	TRY(yaml_expect(&source->file, with, YAML_MAP, "with", diag));
	if (with->count > GRAPH_MOST_BINDINGS)
		return yaml_fail(&source->file, with, diag, SIM_E_RANGE,
				 "more than %d names in 'with'", GRAPH_MOST_BINDINGS);
	struct expr *binds = arena_alloc(&source->graph->arena, (with->count + 1) * sizeof(*binds));
	if (binds == NULL)
		return nomem(diag);
	entry->binds = binds;
	for (const struct yaml_node *node = with->first; node != NULL; node = node->next) {
		entry->bind_slots[entry->bind_count] = slot_of(source, node->key);
		if (entry->bind_slots[entry->bind_count] <
		    source->graph->param_count + source->graph->let_count)
			return yaml_fail(&source->file, node, diag, SIM_E_DUPLICATE,
					 "name is taken: '%s'", node->key);
		TRY(graph_expression(source, node, node->key, &binds[entry->bind_count++], diag));
	}
	return SIM_OK;
}

static enum sim_status read_use(struct graph_source *source, const struct yaml_node *node,
				const char *prefix, struct graph_entry *entry,
				struct sim_diag *diag)
{
	static const char *const allowed[] = {"use", "as", "with", "when", "repeat"};
	char use[64], as[64] = "";
	const struct yaml_node *block = NULL;
	struct graph_entry *inner;
	TRY(yaml_allow(&source->file, node, allowed, 5, diag));
	TRY(yaml_text(&source->file, node, "use", use, sizeof(use), diag));
	if (yaml_find(node, "as") != NULL)
		TRY(yaml_text(&source->file, node, "as", as, sizeof(as), diag));
	TRY(find_block(source, yaml_find(node, "use"), &block, diag));
	assert(block != NULL);
	TRY(read_bindings(source, yaml_find(node, "with"), entry, diag));
	const char *longer = entry_name(&source->graph->arena, prefix, as);
	if (longer == NULL)
		return nomem(diag);
	TRY(enter(source, node, block->key, diag));
	TRY(graph_read_ops(source, block, longer, &inner, diag));
	source->depth--;
	entry->kind = GRAPH_USE;
	entry->inner = inner;
	return SIM_OK;
}

static enum sim_status read_loop(struct graph_source *source, const struct yaml_node *node,
				 const char *prefix, struct graph_entry *entry,
				 struct sim_diag *diag)
{
	static const char *const allowed[] = {"loop", "times", "skip", "index", "ops", "when"};
	char name[64];
	struct graph_entry *inner;
	TRY(yaml_allow(&source->file, node, allowed, 6, diag));
	TRY(yaml_text(&source->file, node, "loop", name, sizeof(name), diag));
	for (size_t i = 1; i <= 4; i += 3)
		if (yaml_find(node, allowed[i]) == NULL)
			return yaml_fail(&source->file, node, diag, SIM_E_NOT_FOUND,
					 "missing key '%s'", allowed[i]);
	TRY(keep_expression(source, node, "times", &entry->times, diag));
	TRY(keep_expression(source, node, "skip", &entry->skip, diag));
	const struct yaml_node *index = yaml_find(node, "index");
	if (index != NULL) {
		TRY(yaml_expect(&source->file, index, YAML_SCALAR, "index", diag));
		entry->index_slot = slot_of(source, index->text);
	}
	const char *longer = entry_name(&source->graph->arena, prefix, name);
	if (longer == NULL)
		return nomem(diag);
	TRY(enter(source, node, "", diag));
	TRY(graph_read_ops(source, yaml_find(node, "ops"), longer, &inner, diag));
	source->depth--;
	entry->kind = GRAPH_LOOP;
	entry->inner = inner;
	return SIM_OK;
}

static enum sim_status find_op(const struct graph_source *source, const struct yaml_node *node,
			       struct graph_entry *entry, struct sim_diag *diag)
{
	const char *known[128];
	size_t count = 0;
	for (size_t i = 0; count < 64 && graph_op_at(i) != NULL; i++)
		known[count++] = graph_op_at(i)->name;
	for (size_t i = 0; count < 128 && kind_at(i) != NULL; i++)
		known[count++] = kind_at(i)->name;
	entry->op = graph_op_find(node->text);
	if (entry->op != NULL)
		return SIM_OK;
	return yaml_fail_unknown(&source->file, node, "op", node->text, known, count, diag);
}

static enum sim_status read_op(struct graph_source *source, const struct yaml_node *node,
			       const char *prefix, struct graph_entry *entry, struct sim_diag *diag)
{
	const char *allowed[KIND_MOST_FIELDS + 4] = {"op", "name", "when", "repeat"};
	const struct entry_place place = graph_place(source);
	char name[96];
	size_t count = 0;
	const struct yaml_node *op = yaml_find(node, "op");
	if (op == NULL)
		return yaml_fail(&source->file, node, diag, SIM_E_NOT_FOUND,
				 "an entry is an 'op', a 'use' or a 'loop'");
	TRY(yaml_expect(&source->file, op, YAML_SCALAR, "op", diag));
	TRY(find_op(source, op, entry, diag));
	TRY(yaml_text(&source->file, node, "name", name, sizeof(name), diag));
	for (; entry->op->fields[count].name != NULL; count++)
		allowed[4 + count] = entry->op->fields[count].name;
	TRY(yaml_allow(&source->file, node, allowed, 4 + count, diag));
	struct expr *fields = arena_alloc(&source->graph->arena, (count + 1) * sizeof(*fields));
	entry->name = entry_name(&source->graph->arena, prefix, name);
	if (fields == NULL || entry->name == NULL)
		return nomem(diag);
	for (size_t i = 0; i < count; i++)
		TRY(entry_field(&place, node, &entry->op->fields[i], &fields[i], diag));
	entry->kind = GRAPH_OP;
	entry->fields = fields;
	entry->field_count = count;
	return SIM_OK;
}

static enum sim_status read_entry(struct graph_source *source, const struct yaml_node *node,
				  const char *prefix, struct graph_entry *entry,
				  struct sim_diag *diag)
{
	TRY(yaml_expect(&source->file, node, YAML_MAP, "entry", diag));
	entry->file = arena_copy_text(&source->graph->arena, source->file.name,
				      strlen(source->file.name));
	entry->line = node->line;
	entry->index_slot = SIZE_MAX;
	if (entry->file == NULL)
		return nomem(diag);
	if (++source->entries > GRAPH_MOST_ENTRIES)
		return yaml_fail(&source->file, node, diag, SIM_E_RANGE, "too many ops");
	TRY(keep_expression(source, node, "when", &entry->when, diag));
	if (yaml_find(node, "loop") != NULL)
		return read_loop(source, node, prefix, entry, diag);
	TRY(keep_expression(source, node, "repeat", &entry->repeat, diag));
	if (yaml_find(node, "use") != NULL)
		return read_use(source, node, prefix, entry, diag);
	return read_op(source, node, prefix, entry, diag);
}

enum sim_status graph_read_ops(struct graph_source *source, const struct yaml_node *list,
			       const char *prefix, struct graph_entry **head, struct sim_diag *diag)
{
	struct graph_entry **tail = head;
	*head = NULL;
	TRY(yaml_expect(&source->file, list, YAML_SEQUENCE, list->key, diag));
	for (const struct yaml_node *node = list->first; node != NULL; node = node->next) {
		struct graph_entry *entry = arena_alloc(&source->graph->arena, sizeof(*entry));
		if (entry == NULL)
			return nomem(diag);
		TRY(read_entry(source, node, prefix, entry, diag));
		*tail = entry;
		tail = &entry->next;
	}
	return SIM_OK;
}
