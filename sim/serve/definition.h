/* What a spec or a plan asks for, as one line of text, and what tells it from others. */
#ifndef SIM_SERVE_DEFINITION_H
#define SIM_SERVE_DEFINITION_H

#include "sim/serve/plan.h"

/* Every key that has a value, in the order of the table, numbers in SI; free() it. NULL: no memory. */
char *spec_definition(const struct serve_spec *spec);
char *plan_definition(const struct serve_plan *plan);

/* Over TEXT and the rows of LOAD's trace. */
uint64_t definition_hash(const char *text, const struct load *load);

#endif
