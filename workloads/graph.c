/* Op graphs: files, parameters, names. */
#include "workloads/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/builtin.h"
#include "sim/core/names.h"
#include "workloads/graph_parts.h"

static const struct builtin_folder graphs = {
	.path = "workloads/graphs",
	.environment = "DECODESIM_GRAPHS",
	.what = "op graphs",
	.one = "op graph",
};

static const char *const root_keys[] = {"graph", "summary", "source", "params", "let",
					"items", "holds",   "blocks", "ops"};

enum sim_status graph_list(struct arena *arena, const char ***names, size_t *count,
			   struct sim_diag *diag)
{
	return builtin_list(&graphs, arena, names, count, diag);
}

enum sim_status graph_expression(struct graph_source *source, const struct yaml_node *node,
				 const char *what, struct expr *expr, struct sim_diag *diag)
{
	const struct entry_place place = graph_place(source);
	return entry_expression(&place, node, what, expr, diag);
}

static bool is_name(const char *name)
{
	bool good = name[0] != '\0' && !(name[0] >= '0' && name[0] <= '9') && strlen(name) <= 60;
	for (const char *c = name; *c != '\0'; c++)
		good = good && ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
				(*c >= '0' && *c <= '9') || *c == '_');
	return good;
}

enum sim_status graph_add_name(struct graph_source *source, const struct yaml_node *node,
			       const char *name, bool again, struct sim_diag *diag)
{
	struct workload_graph *graph = source->graph;
	if (!is_name(name))
		return yaml_fail(&source->file, node, diag, SIM_E_PARSE,
				 "not a name (letters, digits and '_'): '%s'", name);
	for (size_t i = 0; i < graph->name_count; i++)
		if (strcmp(graph->names[i], name) == 0)
			return again ? SIM_OK
				     : yaml_fail(&source->file, node, diag, SIM_E_DUPLICATE,
						 "name is taken: '%s'", name);
	if (graph->name_count == EXPR_MOST_SLOTS)
		return yaml_fail(&source->file, node, diag, SIM_E_RANGE, "too many names");
	const char *kept = arena_copy_text(&graph->arena, name, strlen(name));
	if (kept == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	graph->names[graph->name_count++] = kept;
	source->scope = (struct expr_scope){graph->names, graph->name_count};
	return SIM_OK;
}

static enum sim_status read_params(struct graph_source *source, struct sim_diag *diag)
{
	struct workload_graph *graph = source->graph;
	const struct yaml_node *map = yaml_find(source->file.root, "params");
	if (map == NULL)
		return SIM_OK;
	TRY(yaml_expect(&source->file, map, YAML_MAP, "params", diag));
	if (map->count > GRAPH_MOST_PARAMS)
		return yaml_fail(&source->file, map, diag, SIM_E_RANGE, "more than %d params",
				 GRAPH_MOST_PARAMS);
	for (const struct yaml_node *node = map->first; node != NULL; node = node->next) {
		TRY(graph_add_name(source, node, node->key, false, diag));
		TRY(yaml_quantity(&source->file, node, UNIT_RATIO,
				  &graph->params[graph->param_count], diag));
		graph->param_count++;
	}
	return SIM_OK;
}

static enum sim_status read_lets(struct graph_source *source, struct sim_diag *diag)
{
	struct workload_graph *graph = source->graph;
	const struct yaml_node *map = yaml_find(source->file.root, "let");
	if (map == NULL)
		return SIM_OK;
	TRY(yaml_expect(&source->file, map, YAML_MAP, "let", diag));
	graph->lets = arena_alloc(&graph->arena, (map->count + 1) * sizeof(*graph->lets));
	if (graph->lets == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (const struct yaml_node *node = map->first; node != NULL; node = node->next) {
		TRY(graph_expression(source, node, node->key, &graph->lets[graph->let_count],
				     diag));
		TRY(graph_add_name(source, node, node->key, false, diag));
		graph->let_count++;
	}
	return SIM_OK;
}

/* The expression under KEY, or FALLBACK. */
static enum sim_status read_number(struct graph_source *source, const char *key,
				   const char *fallback, struct expr *expr, struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(source->file.root, key);
	if (node != NULL)
		return graph_expression(source, node, key, expr, diag);
	return expr_compile(fallback, &source->scope, &source->graph->arena, expr, diag);
}

static enum sim_status read_all(struct graph_source *source, struct sim_diag *diag)
{
	struct workload_graph *graph = source->graph;
	const struct yaml_node *root = source->file.root;
	TRY(yaml_expect(&source->file, root, YAML_MAP, "op graph", diag));
	TRY(yaml_allow(&source->file, root, root_keys, sizeof(root_keys) / sizeof(root_keys[0]),
		       diag));
	TRY(yaml_text(&source->file, root, "graph", graph->name, sizeof(graph->name), diag));
	TRY(yaml_text(&source->file, root, "summary", graph->summary, sizeof(graph->summary),
		      diag));
	TRY(yaml_text(&source->file, root, "source", graph->source, sizeof(graph->source), diag));
	graph->names = arena_alloc(&graph->arena, EXPR_MOST_SLOTS * sizeof(*graph->names));
	if (graph->names == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	TRY(read_params(source, diag));
	TRY(read_lets(source, diag));
	TRY(read_number(source, "items", "1", &graph->items, diag));
	TRY(read_number(source, "holds", "0", &graph->holds, diag));
	TRY(graph_collect_names(source, root, diag));
	const struct yaml_node *ops = yaml_find(root, "ops");
	if (ops == NULL)
		return yaml_fail(&source->file, root, diag, SIM_E_NOT_FOUND, "missing key 'ops'");
	return graph_read_ops(source, ops, "", &graph->ops, diag);
}

static void start(struct workload_graph *graph)
{
	memset(graph, 0, sizeof(*graph));
	arena_init(&graph->arena);
}

enum sim_status graph_load(const char *name_or_path, struct workload_graph *graph,
			   struct sim_diag *diag)
{
	char path[BUILTIN_PATH_SIZE];
	struct graph_source source = {.graph = graph};
	start(graph);
	TRY(builtin_find(&graphs, name_or_path, path, sizeof(path), diag));
	enum sim_status status = yaml_file_read(path, &source.file, diag);
	if (status == SIM_OK)
		status = read_all(&source, diag);
	yaml_file_fini(&source.file);
	return status;
}

enum sim_status graph_parse(const char *name, const char *text, size_t length,
			    struct workload_graph *graph, struct sim_diag *diag)
{
	struct graph_source source = {.graph = graph};
	start(graph);
	enum sim_status status = yaml_file_parse(name, text, length, &source.file, diag);
	if (status == SIM_OK)
		status = read_all(&source, diag);
	yaml_file_fini(&source.file);
	return status;
}

void graph_fini(struct workload_graph *graph)
{
	arena_fini(&graph->arena);
	memset(graph, 0, sizeof(*graph));
}

enum sim_status graph_set(struct workload_graph *graph, const char *name, double value,
			  struct sim_diag *diag)
{
	for (size_t i = 0; i < graph->param_count; i++)
		if (strcmp(graph->names[i], name) == 0) {
			graph->params[i] = value;
			return SIM_OK;
		}
	const char *near = names_nearest(name, graph->names, graph->param_count);
	return diag_fail(diag, SIM_E_NOT_FOUND,
			 near != NULL ? "op graph '%s' has no parameter '%s' (did you mean '%s'?)"
				      : "op graph '%s' has no parameter '%s'%s",
			 graph->name, name, near != NULL ? near : "");
}
