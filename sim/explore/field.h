/*
 * What a design gives: the results of runs (validate/case.h) and what only exploring asks for. An
 * objective is one of them with the direction in which it is better.
 */
#ifndef SIM_EXPLORE_FIELD_H
#define SIM_EXPLORE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/core/status.h"
#include "validate/case.h"

/* clang-format off */
/* MEMORY: known where the design does not fit, too. */
#define EXPLORE_OWN_FIELD_LIST(X) \
	X(power_w, TIME)     /* of the device, averaged over the iteration */ \
	X(price_usd, MEMORY) /* of the device */
/* clang-format on */

enum explore_field {
	EXPLORE_FIRST_OWN_FIELD = CASE_RUN_FIELD_COUNT,
	EXPLORE_BEFORE_OWN_FIELDS = CASE_RUN_FIELD_COUNT - 1,
#define X(name, when) EXPLORE_FIELD_##name,
	EXPLORE_OWN_FIELD_LIST(X)
#undef X
		EXPLORE_FIELD_COUNT
};

/* FIELD: below CASE_RUN_FIELD_COUNT those of enum case_field. */
const char *explore_field_name(size_t field);
bool explore_field_is_time(size_t field);
/* Of the attribution: simulation alone gives it. */
bool explore_field_is_part(size_t field);

/* Field NAME; SIM_E_NOT_FOUND with the nearest. */
SIM_MUST_CHECK enum sim_status explore_field_find(const char *name, size_t *field,
						  struct sim_diag *diag);

struct explore_objective {
	size_t field;
	bool more; /* more is better */
};

/* "step_ms", "max tokens_per_s", "min kernels"; without a word, what everybody wants of the field. */
SIM_MUST_CHECK enum sim_status explore_objective_parse(const char *text,
						       struct explore_objective *objective,
						       struct sim_diag *diag);

#endif
