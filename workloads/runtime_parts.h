/* What a profile becomes: entries in lists, ready to be evaluated. Internal to runtime*.c, lower.c. */
#ifndef WORKLOADS_RUNTIME_PARTS_H
#define WORKLOADS_RUNTIME_PARTS_H

#include "sim/core/yaml.h"
#include "workloads/kind.h"
#include "workloads/runtime.h"

struct runtime_entry {
	struct runtime_entry *next;
	const char *file; /* for messages */
	long line;
	const char *name;	   /* with the prefixes of the blocks it is in */
	const struct expr *when;   /* NULL: always */
	const struct expr *repeat; /* NULL: once */
	/* a kernel */
	const struct workload_kind *kind; /* NULL: a block */
	unsigned role;
	const struct expr *ops;	   /* NULL: 1 */
	const struct expr *waits;  /* NULL: 0 */
	const struct expr *fields; /* in the order of the kind's table */
	size_t field_count;
	/* a block */
	const struct runtime_entry *block;
	const uint32_t *bind_slots;
	const struct expr *binds;
	size_t bind_count;
};

enum { RUNTIME_MOST_FILES = 8, RUNTIME_MOST_ENTRIES = 8192, RUNTIME_MOST_DEPTH = 8 };

/* Files of a profile, itself first, then what it inherits. */
struct runtime_source {
	struct yaml_file files[RUNTIME_MOST_FILES];
	size_t file_count;
	struct workload_runtime *runtime;
	const char *names[EXPR_MOST_SLOTS]; /* of all slots */
	struct expr_scope scope;
	size_t entries;
	const char *open[RUNTIME_MOST_DEPTH]; /* blocks being expanded */
	size_t depth;
};

/* Collect the names that blocks are used with into the scope. */
SIM_MUST_CHECK enum sim_status runtime_collect_names(struct runtime_source *source,
						     struct sim_diag *diag);

/* Compile the list under SECTION of the first file that has it. */
SIM_MUST_CHECK enum sim_status runtime_section(struct runtime_source *source, const char *section,
					       struct runtime_entry **list, struct sim_diag *diag);

/* EXPRESSION of NODE, over the scope so far. */
SIM_MUST_CHECK enum sim_status runtime_expression(struct runtime_source *source,
						  const struct yaml_file *file,
						  const struct yaml_node *node, struct expr *expr,
						  struct sim_diag *diag);

#endif
