/* Fields of designs, and objectives. */
#include "sim/explore/field.h"

#include <stdio.h>
#include <string.h>

#include "sim/core/names.h"

static const char *const own_names[] = {
#define X(name, when) #name,
	EXPLORE_OWN_FIELD_LIST(X)
#undef X
};

enum { TIME = 1, MEMORY = 0 };

static const bool own_times[] = {
#define X(name, when) when,
	EXPLORE_OWN_FIELD_LIST(X)
#undef X
};

/* Of which more is better; of all others less is. */
static const char *const more_is_better[] = {
	"tokens_per_s",	  "tokens_per_joule", "largest_batch", "largest_context",
	"floor_fraction", "tokens",	      "fits"};

const char *explore_field_name(size_t field)
{
	return field < CASE_RUN_FIELD_COUNT ? case_field_name((unsigned)field)
					    : own_names[field - CASE_RUN_FIELD_COUNT];
}

bool explore_field_is_time(size_t field)
{
	return field < CASE_RUN_FIELD_COUNT ? case_field_is_time((unsigned)field)
					    : own_times[field - CASE_RUN_FIELD_COUNT];
}

bool explore_field_is_part(size_t field)
{
	return field >= CASE_FIELD_attribution_host_ms && field <= CASE_FIELD_attribution_opaque_ms;
}

enum sim_status explore_field_find(const char *name, size_t *field, struct sim_diag *diag)
{
	const char *names[EXPLORE_FIELD_COUNT];
	for (size_t i = 0; i < EXPLORE_FIELD_COUNT; i++) {
		names[i] = explore_field_name(i);
		if (strcmp(names[i], name) == 0) {
			*field = i;
			return SIM_OK;
		}
	}
	const char *near = names_nearest(name, names, EXPLORE_FIELD_COUNT);
	return diag_fail(diag, SIM_E_NOT_FOUND,
			 near != NULL ? "unknown result: '%s' (did you mean '%s'?)"
				      : "unknown result: '%s'%s",
			 name, near != NULL ? near : "");
}

static bool more_by_nature(const char *name)
{
	for (size_t i = 0; i < sizeof(more_is_better) / sizeof(more_is_better[0]); i++)
		if (strcmp(more_is_better[i], name) == 0)
			return true;
	return false;
}

enum sim_status explore_objective_parse(const char *text, struct explore_objective *objective,
					struct sim_diag *diag)
{
	const char *name = text;
	bool max = strncmp(text, "max ", 4) == 0, min = strncmp(text, "min ", 4) == 0;
	if (max || min)
		name = text + 4 + strspn(text + 4, " ");
	TRY(explore_field_find(name, &objective->field, diag));
	objective->more = max || (!min && more_by_nature(name));
	return SIM_OK;
}
