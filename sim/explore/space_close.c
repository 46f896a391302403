/* Spaces closed: the order of the axes, the points, expressions and objectives. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/explore/optimize.h"
#include "sim/explore/space_parts.h"
#include "validate/run.h"

enum { MOST_TEXT = 1024 };

static enum sim_status nomem(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

/* sm.count changes which kernels a library takes: as dear as the workload's own numbers, nearly. */
static int cost_rank(const struct explore_axis *axis)
{
	bool lowers = axis->target == EXPLORE_DEVICE && strstr(axis->param, "sm.count") != NULL;
	return 2 * (int)axis->target + 1 - lowers;
}

static void order_axes(struct explore_space *space)
{
	for (size_t i = 1; i < space->axis_count; i++) {
		struct explore_axis axis = space->axes[i];
		size_t at = i;
		for (; at > 0 && cost_rank(&space->axes[at - 1]) > cost_rank(&axis); at--)
			space->axes[at] = space->axes[at - 1];
		space->axes[at] = axis;
	}
}

/* Cells are numbered, and levels of an axis too. */
static enum sim_status check_search(const struct explore_space *space, double cells,
				    struct sim_diag *diag)
{
	const double most = 9007199254740992; /* 2^53 */
	for (size_t a = 0; a < space->axis_count; a++)
		if (space->axes[a].count > OPTIMIZE_MOST_LEVELS)
			return diag_fail_at(diag, SIM_E_RANGE, space->path, space->axes[a].line,
					    "'%s' has too many values for a search (at most %d)",
					    space->axes[a].name, OPTIMIZE_MOST_LEVELS);
	if (space->axis_count > OPTIMIZE_MOST_AXES || !(cells <= most))
		return diag_fail_at(diag, SIM_E_RANGE, space->path, 0,
				    "the space is too large for a search: %zu axes, %.3g points "
				    "(at most %d axes, 2^53 points)",
				    space->axis_count, cells, OPTIMIZE_MOST_AXES);
	if (space->samples > OPTIMIZE_MOST_EVALUATIONS)
		return diag_fail_at(diag, SIM_E_RANGE, space->path, 0,
				    "a search takes at most %d designs", OPTIMIZE_MOST_EVALUATIONS);
	return SIM_OK;
}

static enum sim_status count_points(struct explore_space *space, struct sim_diag *diag)
{
	double points = 1;
	for (size_t a = 0; a < space->axis_count; a++)
		points *= (double)space->axes[a].count;
	if (space->sampling == EXPLORE_SEARCH)
		TRY(check_search(space, points, diag));
	if (space->sampling != EXPLORE_GRID)
		points = (double)space->samples;
	if (points > (double)EXPLORE_MOST_POINTS)
		return diag_fail_at(diag, SIM_E_RANGE, space->path, 0,
				    "%.3g points: at most %.0f are computed (fewer values, or "
				    "'sampling: {sobol: N}' or {search: N} for N of them)",
				    points, (double)EXPLORE_MOST_POINTS);
	if (!(points >= 1))
		return diag_fail_at(diag, SIM_E_RANGE, space->path, 0, "no points");
	space->point_count = (uint64_t)points;
	return SIM_OK;
}

static enum sim_status name_slots(struct explore_space *space, struct sim_diag *diag)
{
	size_t axes = space_named_axes(space);
	space->names = arena_alloc(&space->arena, EXPR_MOST_SLOTS * sizeof(*space->names));
	if (space->names == NULL)
		return nomem(diag);
	for (size_t i = 0; i < EXPLORE_FIELD_COUNT; i++)
		space->names[i] = explore_field_name(i);
	for (size_t a = 0; a < axes; a++)
		space->names[space_axis_slot(a)] =
			space->axes[a].kind == EXPLORE_WORDS ? "" : space->axes[a].name;
	space->scope = (struct expr_scope){space->names, EXPLORE_FIELD_COUNT + axes};
	return SIM_OK;
}

/* Devices that mean different runtimes where none is named must say which. */
static enum sim_status default_runtime(struct explore_space *space, struct sim_diag *diag)
{
	struct workload_scenario scenario;
	if (explore_axis_find(space, "runtime") != SIZE_MAX)
		return SIM_OK;
	enum sim_status status = space_scenario(space, &scenario, diag);
	bool given = status == SIM_OK && scenario.values[SCENARIO_RUNTIME].given;
	scenario_fini(&scenario);
	if (status != SIM_OK || given)
		return status;
	const char *runtime = run_default_runtime(&space->devices[0]);
	for (size_t d = 1; d < space->device_count; d++)
		if (strcmp(run_default_runtime(&space->devices[d]), runtime) != 0)
			return diag_fail_at(diag, SIM_E_USAGE, space->path, 1,
					    "'runtime' is missing: '%s' would take '%s' and '%s' "
					    "another",
					    space->devices[0].name, runtime,
					    space->devices[d].name);
	TRY(explore_space_set(space, "runtime", runtime, 0, diag));
	return space_load_devices(space, diag);
}

enum sim_status explore_space_close(struct explore_space *space, struct sim_diag *diag)
{
	_Static_assert(EXPLORE_FIELD_COUNT + EXPLORE_MOST_NAMED_AXES + EXPLORE_MOST_LETS <=
			       EXPR_MOST_SLOTS,
		       "expressions have a slot for everything");
	order_axes(space);
	TRY(count_points(space, diag));
	TRY(space_load_devices(space, diag));
	TRY(default_runtime(space, diag));
	TRY(name_slots(space, diag));
	space->closed = true;
	return SIM_OK;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

/* The word WORD stands at AT of TEXT, alone. */
static bool is_word(const char *text, const char *at, const char *word)
{
	size_t length = strlen(word);
	return strncmp(at, word, length) == 0 && !is_name(at[length]) &&
	       (at == text || !is_name(at[-1]));
}

/* One "=" is "=="; words are signs. OUT of MOST_TEXT; false: too long. */
static bool translate(const char *text, char *out)
{
	static const char *const words[][2] = {{"and", "&&"}, {"or", "||"}, {"not", "!"}};
	size_t used = 0;
	for (const char *at = text; *at != '\0';) {
		if (used + 4 >= MOST_TEXT)
			return false;
		const char *sign = NULL;
		for (size_t w = 0; w < 3 && sign == NULL; w++)
			if (is_word(text, at, words[w][0])) {
				sign = words[w][1];
				at += strlen(words[w][0]);
			}
		bool single = *at == '=' && at[1] != '=' &&
			      (at == text || strchr("=<>!", at[-1]) == NULL);
		if (sign == NULL && single) {
			sign = "==";
			at++;
		}
		if (sign != NULL) {
			memcpy(out + used, sign, strlen(sign));
			used += strlen(sign);
		} else {
			out[used++] = *at++;
		}
	}
	out[used] = '\0';
	return true;
}

enum sim_status space_compile(const struct expr_scope *scope, const char *text, struct arena *arena,
			      struct expr *expr, struct sim_diag *diag)
{
	char signs[MOST_TEXT];
	if (!translate(text, signs))
		return diag_fail(diag, SIM_E_RANGE, "expression is too long");
	return expr_compile(signs, scope, arena, expr, diag);
}

static enum sim_status add_constraint(struct explore_space *space, const char *text, long line,
				      struct sim_diag *diag)
{
	struct sim_diag why = {0};
	if (space->constraint_count == EXPLORE_MOST_CONSTRAINTS)
		return diag_fail_at(diag, SIM_E_RANGE, space->path, line,
				    "more than %d constraints", EXPLORE_MOST_CONSTRAINTS);
	struct explore_constraint *one = &space->constraints[space->constraint_count];
	one->line = line;
	one->text = arena_copy_text(&space->arena, text, strlen(text));
	if (one->text == NULL)
		return nomem(diag);
	enum sim_status status =
		space_compile(&space->scope, text, &space->arena, &one->expr, &why);
	if (status != SIM_OK)
		return diag_fail_at(diag, status, space->path, line, "%s", why.text);
	space->constraint_count++;
	return SIM_OK;
}

/* Where the first "and" outside parentheses stands, or NULL where an "or" or "?" does. */
static const char *find_and(const char *text)
{
	const char *found = NULL;
	int depth = 0;
	for (const char *at = text; *at != '\0'; at++) {
		depth += (*at == '(') - (*at == ')');
		if (depth == 0 &&
		    (is_word(text, at, "or") || strncmp(at, "||", 2) == 0 || *at == '?'))
			return NULL;
		bool is_and = is_word(text, at, "and") || strncmp(at, "&&", 2) == 0;
		if (depth == 0 && is_and && found == NULL)
			found = at;
	}
	return found;
}

enum sim_status explore_space_constrain(struct explore_space *space, const char *text, long line,
					struct sim_diag *diag)
{
	char part[MOST_TEXT];
	const char *at;
	while ((at = find_and(text)) != NULL && (size_t)(at - text) < sizeof(part)) {
		size_t length = (size_t)(at - text);
		while (length > 0 && text[length - 1] == ' ')
			length--;
		memcpy(part, text, length);
		part[length] = '\0';
		TRY(add_constraint(space, part, line, diag));
		text = at + (*at == '&' ? 2 : 3);
		text += strspn(text, " ");
	}
	return add_constraint(space, text, line, diag);
}

enum sim_status explore_space_want(struct explore_space *space, const char *text, long line,
				   struct sim_diag *diag)
{
	struct sim_diag why = {0};
	if (space->objective_count == EXPLORE_MOST_OBJECTIVES)
		return diag_fail_at(diag, SIM_E_RANGE, space->path, line, "more than %d objectives",
				    EXPLORE_MOST_OBJECTIVES);
	enum sim_status status =
		explore_objective_parse(text, &space->objectives[space->objective_count], &why);
	if (status != SIM_OK)
		return diag_fail_at(diag, status, space->path, line, "%s", why.text);
	space->objective_count++;
	return SIM_OK;
}
