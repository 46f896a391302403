/* The value of a parameter that reaches a target; see the header for the method. */
#include "sim/explore/reach.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PLACES = 256, MOST_HALVINGS = 100, MOST_STEPS = 100 };

struct place {
	double value;
	int64_t step_ps;
};

struct reaching {
	struct step_model *model;
	size_t parameter;
	int64_t target_ps;
	struct place places[MOST_PLACES]; /* ascending */
	size_t count;
	enum sim_status status;
	struct sim_diag *diag;
};

/* Values that exclude each other make no machine: there is no place. */
static enum sim_status step_at(struct reaching *reaching, double value, int64_t *step_ps,
			       bool *legal)
{
	struct run_result result;
	struct sim_diag why;
	diag_init(&why);
	step_model_set(reaching->model, reaching->parameter, value);
	enum sim_status status = step_model_simulate(reaching->model, &result, &why);
	*legal = status == SIM_OK;
	*step_ps = result.step_ps;
	if (status == SIM_OK || status == SIM_E_RANGE || status == SIM_E_UNSUPPORTED)
		return SIM_OK;
	return diag_fail(reaching->diag, status, "%s", why.text);
}

static enum sim_status add_place(struct reaching *reaching, double value)
{
	const struct step_parameter *parameter = &reaching->model->parameters[reaching->parameter];
	struct place place = {.value = value};
	bool legal;
	if (parameter->whole)
		place.value = floor(value + 0.5);
	if (place.value < parameter->low || place.value > parameter->high ||
	    reaching->count == MOST_PLACES)
		return SIM_OK;
	for (size_t i = 0; i < reaching->count; i++)
		if (reaching->places[i].value == place.value)
			return SIM_OK;
	TRY(step_at(reaching, place.value, &place.step_ps, &legal));
	if (legal)
		reaching->places[reaching->count++] = place;
	return SIM_OK;
}

static int by_value(const void *a, const void *b)
{
	double first = ((const struct place *)a)->value, second = ((const struct place *)b)->value;
	return first < second ? -1 : first > second;
}

static enum sim_status look_around(struct reaching *reaching)
{
	const struct step_parameter *parameter = &reaching->model->parameters[reaching->parameter];
	double up = parameter->value, down = parameter->value;
	TRY(add_place(reaching, parameter->value));
	TRY(add_place(reaching, parameter->low));
	TRY(add_place(reaching, parameter->high));
	if (parameter->value == 0)
		up = down = parameter->high;
	for (int i = 0; i < MOST_HALVINGS && (up < parameter->high || down > parameter->low); i++) {
		up *= 2;
		down /= 2;
		TRY(add_place(reaching, up));
		TRY(add_place(reaching, down));
	}
	qsort(reaching->places, reaching->count, sizeof(*reaching->places), by_value);
	return SIM_OK;
}

static bool is_monotone(const struct reaching *reaching)
{
	bool grows = false, falls = false;
	for (size_t i = 1; i < reaching->count; i++) {
		grows |= reaching->places[i].step_ps > reaching->places[i - 1].step_ps;
		falls |= reaching->places[i].step_ps < reaching->places[i - 1].step_ps;
	}
	return !(grows && falls);
}

static bool reached(const struct reaching *reaching, const struct place *place)
{
	return place->step_ps <= reaching->target_ps;
}

/* The pair of places nearest to the parameter's own value with the target between them, or 0. */
static size_t find_bracket(const struct reaching *reaching)
{
	const struct place *places = reaching->places;
	double value = reaching->model->parameters[reaching->parameter].value, nearest = INFINITY;
	size_t found = 0;
	for (size_t i = 1; i < reaching->count; i++) {
		if (reached(reaching, &places[i]) == reached(reaching, &places[i - 1]))
			continue;
		double distance = value > places[i].value ? value / places[i].value
				  : value < places[i - 1].value
					  ? places[i - 1].value / (value > 0 ? value : 1e-300)
					  : 0;
		if (distance < nearest) {
			nearest = distance;
			found = i;
		}
	}
	return found;
}

static double miss(double value, void *context)
{
	struct reaching *reaching = context;
	int64_t step_ps = 0;
	bool legal = false;
	if (reaching->status == SIM_OK)
		reaching->status = step_at(reaching, value, &step_ps, &legal);
	if (reaching->status == SIM_OK && !legal)
		reaching->status = diag_fail(reaching->diag, SIM_E_NUMERIC,
					     "no step between two values that have one: %g", value);
	return (double)(step_ps - reaching->target_ps);
}

/* LOW and HIGH have the target between them and stay so. */
static enum sim_status halve(struct reaching *reaching, double *low, double *high)
{
	bool low_reached = miss(*low, reaching) <= 0;
	while (*high - *low > 1 && reaching->status == SIM_OK) {
		double middle = floor((*low + *high) / 2);
		if ((miss(middle, reaching) <= 0) == low_reached)
			*low = middle;
		else
			*high = middle;
	}
	return reaching->status;
}

static enum sim_status brent(struct reaching *reaching, double *low, double *high)
{
	gsl_function function = {miss, reaching};
	gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
	if (solver == NULL)
		return diag_fail(reaching->diag, SIM_E_NOMEM, "out of memory");
	int code = gsl_root_fsolver_set(solver, &function, *low, *high);
	for (int i = 0; i < MOST_STEPS && code == GSL_SUCCESS; i++) {
		code = gsl_root_fsolver_iterate(solver);
		*low = gsl_root_fsolver_x_lower(solver);
		*high = gsl_root_fsolver_x_upper(solver);
		if (code != GSL_SUCCESS ||
		    gsl_root_test_interval(*low, *high, 0, 1e-9) == GSL_SUCCESS)
			break;
	}
	gsl_root_fsolver_free(solver);
	if (reaching->status == SIM_OK && code != GSL_SUCCESS)
		return diag_fail(reaching->diag, SIM_E_NUMERIC, "no root was found: %s",
				 gsl_strerror(code));
	return reaching->status;
}

/* The end of the bracket that reaches the target. */
static enum sim_status find_root(struct reaching *reaching, size_t bracket, double *value)
{
	double low = reaching->places[bracket - 1].value, high = reaching->places[bracket].value;
	double kept = reached(reaching, &reaching->places[bracket]) ? high : low;
	if (reaching->model->parameters[reaching->parameter].whole)
		TRY(halve(reaching, &low, &high));
	else
		TRY(brent(reaching, &low, &high));
	*value = miss(low, reaching) <= 0 ? low : miss(high, reaching) <= 0 ? high : kept;
	return reaching->status;
}

/* Nothing reaches the target, or everything does. */
static void find_end(const struct reaching *reaching, struct reach *reach)
{
	const struct place *places = reaching->places;
	double value = reaching->model->parameters[reaching->parameter].value, nearest = INFINITY;
	int64_t least = INT64_MAX, most = 0;
	for (size_t i = 0; i < reaching->count; i++) {
		least = places[i].step_ps < least ? places[i].step_ps : least;
		most = places[i].step_ps > most ? places[i].step_ps : most;
	}
	reach->end = least > reaching->target_ps ? REACH_NEVER_FAST : REACH_NEVER_SLOW;
	for (size_t i = 0; i < reaching->count; i++) {
		bool taken = reach->end == REACH_NEVER_FAST
				     ? places[i].step_ps - least <= least / 1000
				     : places[i].step_ps == most;
		double distance = fabs(places[i].value - value);
		if (taken && distance < nearest) {
			nearest = distance;
			reach->value = places[i].value;
		}
	}
}

static enum sim_status find(struct reaching *reaching, struct reach *reach)
{
	TRY(look_around(reaching));
	if (reaching->count == 0)
		return diag_fail(reaching->diag, SIM_E_RANGE, "no value of '%s' makes a machine",
				 reaching->model->parameters[reaching->parameter].key);
	reach->monotone = is_monotone(reaching);
	size_t bracket = find_bracket(reaching);
	if (bracket == 0)
		find_end(reaching, reach);
	else
		TRY(find_root(reaching, bracket, &reach->value));
	step_model_set(reaching->model, reaching->parameter, reach->value);
	TRY(step_model_simulate(reaching->model, &reach->result, reaching->diag));
	return step_model_fits(reaching->model, &reach->fits, reaching->diag);
}

enum sim_status reach_find(struct step_model *model, size_t parameter, int64_t target_ps,
			   struct reach *reach, struct sim_diag *diag)
{
	memset(reach, 0, sizeof(*reach));
	if (target_ps <= 0)
		return diag_fail(diag, SIM_E_RANGE, "a step of no time cannot be reached");
	if (isnan(model->parameters[parameter].value))
		return diag_fail(diag, SIM_E_RANGE,
				 "'%s' is unknown on this device: give it (--set)",
				 model->parameters[parameter].key);
	struct reaching *reaching = calloc(1, sizeof(*reaching));
	if (reaching == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	step_model_reset(model);
	reaching->model = model;
	reaching->parameter = parameter;
	reaching->target_ps = target_ps;
	reaching->diag = diag;
	enum sim_status status = find(reaching, reach);
	free(reaching);
	step_model_reset(model);
	return status;
}
