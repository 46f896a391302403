/* What a graph file becomes. Internal to graph*.c. */
#ifndef WORKLOADS_GRAPH_PARTS_H
#define WORKLOADS_GRAPH_PARTS_H

#include "sim/core/yaml.h"
#include "workloads/entry.h"
#include "workloads/graph.h"
#include "workloads/graph_op.h"

enum { GRAPH_MOST_ENTRIES = 16384, GRAPH_MOST_DEPTH = 12, GRAPH_MOST_BINDINGS = 32 };

enum graph_entry_kind { GRAPH_OP, GRAPH_USE, GRAPH_LOOP };

struct graph_entry {
	struct graph_entry *next;
	enum graph_entry_kind kind;
	const char *file; /* for messages */
	long line;
	const char *name;		  /* of an op, with the prefixes of the blocks it is in */
	const struct expr *when, *repeat; /* NULL: always; once */
	const struct workload_kind *op;
	const struct expr *fields; /* in the order of its table */
	size_t field_count;
	const struct graph_entry *inner; /* of a use, of a loop */
	uint32_t bind_slots[GRAPH_MOST_BINDINGS];
	const struct expr *binds;
	size_t bind_count;
	const struct expr *times, *skip; /* of a loop; skip NULL: none */
	size_t index_slot;		 /* SIZE_MAX: none */
};

struct graph_source {
	struct yaml_file file;
	struct workload_graph *graph;
	struct expr_scope scope;
	size_t entries;
	const char *open[GRAPH_MOST_DEPTH]; /* blocks being expanded */
	size_t depth;
};

/* Where SOURCE's expressions are compiled, as its scope is now. */
static inline struct entry_place graph_place(const struct graph_source *source)
{
	return (struct entry_place){&source->file, &source->scope, &source->graph->arena};
}

/* Names that `with` and `index` bind, anywhere in the file, into the scope. */
SIM_MUST_CHECK enum sim_status graph_collect_names(struct graph_source *source,
						   const struct yaml_node *node,
						   struct sim_diag *diag);

SIM_MUST_CHECK enum sim_status graph_read_ops(struct graph_source *source,
					      const struct yaml_node *list, const char *prefix,
					      struct graph_entry **head, struct sim_diag *diag);

SIM_MUST_CHECK enum sim_status graph_expression(struct graph_source *source,
						const struct yaml_node *node, const char *what,
						struct expr *expr, struct sim_diag *diag);

/* A name of expressions: new, or there already (only where AGAIN). */
SIM_MUST_CHECK enum sim_status graph_add_name(struct graph_source *source,
					      const struct yaml_node *node, const char *name,
					      bool again, struct sim_diag *diag);

#endif
