/* Reading cases: what case.c and case_read.c share. */
#ifndef VALIDATE_CASE_PARTS_H
#define VALIDATE_CASE_PARTS_H

#include "sim/core/yaml.h"
#include "validate/case.h"

struct case_source {
	struct yaml_file file;
	struct validation_case *one;
};

/* A copy of TEXT that lives as long as the case; NULL: out of memory. */
const char *case_keep(struct case_source *source, const char *text);

/* A new name of expressions, its slot. Refused: a name that is there, or that is no word. */
SIM_MUST_CHECK enum sim_status case_add_name(struct case_source *source,
					     const struct yaml_node *node, const char *name,
					     size_t *slot, struct sim_diag *diag);

SIM_MUST_CHECK enum sim_status case_expression(struct case_source *source,
					       const struct yaml_node *node, const char *text,
					       struct expr *expr, struct sim_diag *diag);

SIM_MUST_CHECK enum sim_status case_read_rows(struct case_source *source, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status case_read_runs(struct case_source *source, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status case_read_expectations(struct case_source *source,
						      struct sim_diag *diag);

#endif
