/* Fronts of stored sweeps; see front.h. */
#include "sim/explore/front.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/explore/pareto.h"
#include "sim/explore/run.h"
#include "sim/explore/space_parts.h"

struct reading {
	struct explore_front *front;
	const struct expr *where; /* NULL: all */
	size_t slot_count;
	double *objectives; /* of the rows so far */
	size_t count, room; /* rows that are considered */
	bool *in_front;
	size_t taken, kept; /* second pass */
};

static enum sim_status nomem(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

/* Objectives of TEXT, separated by commas. */
static enum sim_status parse_objectives(const char *text, struct explore_front *front,
					struct sim_diag *diag)
{
	while (*text != '\0') {
		char one[64];
		text += strspn(text, " ,");
		size_t length = strcspn(text, ",");
		if (length == 0)
			break;
		if (length >= sizeof(one) || front->objective_count == EXPLORE_MOST_OBJECTIVES)
			return diag_fail(diag, SIM_E_RANGE, "objectives: at most %d names",
					 EXPLORE_MOST_OBJECTIVES);
		memcpy(one, text, length);
		one[length] = '\0';
		while (length > 0 && one[length - 1] == ' ')
			one[--length] = '\0';
		TRY(explore_objective_parse(one, &front->objectives[front->objective_count++],
					    diag));
		text += strcspn(text, ",");
	}
	return SIM_OK;
}

/* "objectives: [min step_ms, ...]" of the definition. */
static enum sim_status own_objectives(struct explore_front *front, struct sim_diag *diag)
{
	static const char mark[] = "objectives: [";
	char text[1024];
	const char *at = strstr(front->sweep.definition, mark), *last = at;
	while (last != NULL) {
		at = last;
		last = strstr(last + 1, mark);
	}
	size_t length = at != NULL ? strcspn(at + sizeof(mark) - 1, "]") : 0;
	if (length == 0 || length >= sizeof(text))
		return diag_fail(diag, SIM_E_USAGE,
				 "the sweep '%s' has no objectives: give --objectives",
				 front->sweep.name);
	memcpy(text, at + sizeof(mark) - 1, length);
	text[length] = '\0';
	return parse_objectives(text, front, diag);
}

static enum sim_status compile_where(struct explore_front *front, const char *where,
				     struct expr *expr, size_t *slots, struct sim_diag *diag)
{
	const char *names[EXPR_MOST_SLOTS];
	struct sim_diag why = {0};
	for (size_t i = 0; i < EXPLORE_FIELD_COUNT; i++)
		names[i] = explore_field_name(i);
	for (size_t a = 0; a < front->sweep.axis_count; a++)
		names[EXPLORE_FIELD_COUNT + a] =
			front->sweep.axes[a].words != NULL ? "" : front->sweep.axes[a].name;
	const struct expr_scope scope = {names, EXPLORE_FIELD_COUNT + front->sweep.axis_count};
	*slots = scope.count;
	enum sim_status status = space_compile(&scope, where, &front->arena, expr, &why);
	return status == SIM_OK ? SIM_OK : diag_fail(diag, status, "where: %s", why.text);
}

static bool is_considered(const struct reading *reading, const struct store_sweep_row *row)
{
	double slots[EXPR_MOST_SLOTS];
	size_t axes = reading->front->sweep.axis_count;
	if (!row->feasible || row->failed != NULL ||
	    strcmp(row->method, reading->front->method) != 0)
		return false;
	if (reading->where == NULL)
		return true;
	memcpy(slots, row->fields, EXPLORE_FIELD_COUNT * sizeof(*slots));
	memcpy(slots + EXPLORE_FIELD_COUNT, row->values, axes * sizeof(*slots));
	double holds = space_value(reading->where, slots, reading->slot_count);
	return !isnan(holds) && holds != 0;
}

static enum sim_status take_objectives(void *context, const struct store_sweep_row *row,
				       struct sim_diag *diag)
{
	struct reading *reading = context;
	struct explore_front *front = reading->front;
	size_t width = front->objective_count;
	if (!is_considered(reading, row))
		return SIM_OK;
	if (reading->count == reading->room) {
		size_t room = reading->room > 0 ? 2 * reading->room : 1024;
		double *more = realloc(reading->objectives, room * width * sizeof(*more));
		if (more == NULL)
			return nomem(diag);
		reading->objectives = more;
		reading->room = room;
	}
	double *out = reading->objectives + reading->count++ * width;
	explore_objectives(front->objectives, width, row->fields, true, out);
	for (size_t i = 0; i < width; i++)
		if (isnan(out[i])) {
			front->unknown++;
			break;
		}
	return SIM_OK;
}

static enum sim_status take_front(void *context, const struct store_sweep_row *row,
				  struct sim_diag *diag)
{
	struct reading *reading = context;
	struct explore_front *front = reading->front;
	size_t axes = front->sweep.axis_count;
	/* a sweep that is running may have more rows by now than were looked at */
	if (!is_considered(reading, row) || reading->taken == reading->count ||
	    !reading->in_front[reading->taken++])
		return SIM_OK;
	double *numbers =
		arena_alloc(&front->arena, (axes + EXPLORE_FIELD_COUNT) * sizeof(*numbers));
	if (numbers == NULL)
		return nomem(diag);
	memcpy(numbers, row->values, axes * sizeof(*numbers));
	memcpy(numbers + axes, row->fields, EXPLORE_FIELD_COUNT * sizeof(*numbers));
	struct explore_front_row *kept = &front->rows[front->row_count++];
	*kept = (struct explore_front_row){row->point, numbers, numbers + axes, 0};
	explore_objectives(front->objectives, 1, row->fields, true, &kept->order);
	return SIM_OK;
}

static int compare_rows(const void *a, const void *b)
{
	const struct explore_front_row *x = a, *y = b;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return (x->point > y->point) - (x->point < y->point);
}

static enum sim_status read_rows(struct store *store, struct reading *reading,
				 struct sim_diag *diag)
{
	struct explore_front *front = reading->front;
	size_t found;
	TRY(store_sweep_read(store, &front->sweep, 0, take_objectives, reading, diag));
	front->considered = reading->count;
	if (reading->count == 0)
		return SIM_OK;
	reading->in_front = malloc(reading->count * sizeof(*reading->in_front));
	if (reading->in_front == NULL)
		return nomem(diag);
	TRY(pareto_front(reading->objectives, reading->count, front->objective_count,
			 reading->in_front, &found, diag));
	front->rows = arena_alloc(&front->arena, (found + 1) * sizeof(*front->rows));
	if (front->rows == NULL)
		return nomem(diag);
	TRY(store_sweep_read(store, &front->sweep, 0, take_front, reading, diag));
	qsort(front->rows, front->row_count, sizeof(*front->rows), compare_rows);
	return SIM_OK;
}

static enum sim_status choose_method(struct explore_front *front, const char *method,
				     struct sim_diag *diag)
{
	bool screen = strcmp(front->sweep.method, "screen") == 0;
	bool simulated = front->sweep.rows > front->sweep.points;
	if (method != NULL && strcmp(method, "closed") != 0 && strcmp(method, "simulate") != 0)
		return diag_fail(diag, SIM_E_USAGE, "method is closed or simulate, not '%s'",
				 method);
	if (screen)
		front->method = simulated ? "simulate" : "closed";
	else
		front->method = strcmp(front->sweep.method, "closed") == 0 ? "closed" : "simulate";
	if (method != NULL)
		front->method = method;
	return SIM_OK;
}

enum sim_status explore_front_read(struct store *store, const char *name, const char *objectives,
				   const char *where, const char *method,
				   struct explore_front *front, struct sim_diag *diag)
{
	struct reading reading = {.front = front};
	struct expr expr;
	memset(front, 0, sizeof(*front));
	arena_init(&front->arena);
	TRY(store_sweep_find(store, name, &front->arena, &front->sweep, diag));
	const char **fields = arena_alloc(&front->arena, EXPLORE_FIELD_COUNT * sizeof(*fields));
	if (fields == NULL)
		return nomem(diag);
	for (size_t i = 0; i < EXPLORE_FIELD_COUNT; i++)
		fields[i] = explore_field_name(i);
	front->sweep.fields = fields;
	front->sweep.field_count = EXPLORE_FIELD_COUNT;
	TRY(choose_method(front, method, diag));
	TRY(objectives != NULL ? parse_objectives(objectives, front, diag)
			       : own_objectives(front, diag));
	if (front->objective_count == 0)
		return diag_fail(diag, SIM_E_USAGE, "no objectives");
	if (where != NULL) {
		TRY(compile_where(front, where, &expr, &reading.slot_count, diag));
		reading.where = &expr;
	}
	enum sim_status status = read_rows(store, &reading, diag);
	free(reading.objectives);
	free(reading.in_front);
	return status;
}

void explore_front_fini(struct explore_front *front)
{
	arena_fini(&front->arena);
	memset(front, 0, sizeof(*front));
}

char *explore_stored_format(const struct store_sweep_axis *axis, double value, char *out,
			    size_t size)
{
	if (axis->words != NULL) {
		bool there = value >= 0 && value < (double)axis->count;
		snprintf(out, size, "%s", there ? axis->words[(size_t)value] : "?");
		return out;
	}
	for (unsigned unit = 0; unit < UNIT_COUNT_OF_UNITS; unit++)
		if (strcmp(unit_si(unit), axis->unit) == 0)
			return unit_format(value, unit, out, size);
	snprintf(out, size, "%.12g", value);
	return out;
}
