/* What entries of runtime profiles and of op graphs are read by alike. Internal to their readers. */
#ifndef WORKLOADS_ENTRY_H
#define WORKLOADS_ENTRY_H

#include "sim/core/yaml.h"
#include "workloads/expr.h"
#include "workloads/kind.h"

/* Where an expression is compiled: over SCOPE, kept in ARENA, told by FILE. */
struct entry_place {
	const struct yaml_file *file;
	const struct expr_scope *scope;
	struct arena *arena;
};

/* Expression of NODE, which is called WHAT in messages. */
SIM_MUST_CHECK enum sim_status entry_expression(const struct entry_place *place,
						const struct yaml_node *node, const char *what,
						struct expr *expr, struct sim_diag *diag);

/* Field FIELD of ENTRY or its fallback: a word of the field's list, or a number over the scope. */
SIM_MUST_CHECK enum sim_status entry_field(const struct entry_place *place,
					   const struct yaml_node *entry,
					   const struct kind_field *field, struct expr *value,
					   struct sim_diag *diag);

/* PREFIX and NAME joined by a dot, in ARENA; NULL: out of memory. */
const char *entry_name(struct arena *arena, const char *prefix, const char *name);

#endif
