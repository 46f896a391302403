/* Elasticities of a step, and what its parameters do over their ranges. */
#include "sim/explore/sensitivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A step in closed form (RESULT NULL) or simulated; *LEGAL false: there is no such machine. */
static enum sim_status step_at(struct step_model *model, size_t parameter, double value,
			       bool simulated, int64_t *step_ps, bool *legal, struct sim_diag *diag)
{
	const struct step_parameter *of = &model->parameters[parameter];
	struct run_result result;
	struct sim_diag why;
	enum sim_status status;
	diag_init(&why);
	*legal = value >= of->low && value <= of->high;
	if (!*legal)
		return SIM_OK;
	step_model_set(model, parameter, value);
	if (simulated) {
		status = step_model_simulate(model, &result, &why);
		*step_ps = result.step_ps;
	} else {
		status = step_model_closed(model, step_ps, &why);
	}
	step_model_set(model, parameter, of->value);
	*legal = status == SIM_OK;
	if (status == SIM_OK || status == SIM_E_RANGE || status == SIM_E_UNSUPPORTED)
		return SIM_OK;
	return diag_fail(diag, status, "%s", why.text);
}

/* *MOVED: the step is another one on either side. */
static enum sim_status find_slope(struct step_model *model, size_t parameter, bool simulated,
				  int64_t here_ps, struct slope *slope, bool *moved,
				  struct sim_diag *diag)
{
	const struct step_parameter *of = &model->parameters[parameter];
	double h = of->whole ? fmax(1, floor(of->value / 64)) : of->value / 1024;
	double scale = of->value / h / (double)here_ps;
	int64_t up_ps = here_ps, down_ps = here_ps;
	bool up, down;
	TRY(step_at(model, parameter, of->value + h, simulated, &up_ps, &up, diag));
	TRY(step_at(model, parameter, of->value - h, simulated, &down_ps, &down, diag));
	slope->up = up ? (double)(up_ps - here_ps) * scale : NAN;
	slope->down = down ? (double)(here_ps - down_ps) * scale : NAN;
	slope->both = up && down ? (double)(up_ps - down_ps) * scale / 2
		      : up	 ? slope->up
				 : slope->down;
	*moved = (up && up_ps != here_ps) || (down && down_ps != here_ps);
	return SIM_OK;
}

static bool apart(double a, double b, double most)
{
	return fabs(a - b) > most; /* false where one is NaN */
}

static enum sim_status find_one(struct step_model *model, size_t parameter,
				struct elasticities *out, struct sim_diag *diag)
{
	struct elasticity *one = &out->moving[out->moving_count];
	bool moved, moved_too = false;
	if (!(model->parameters[parameter].value > 0)) {
		out->unknown[out->unknown_count++] = parameter;
		return SIM_OK;
	}
	*one = (struct elasticity){.parameter = parameter};
	TRY(find_slope(model, parameter, false, out->closed_ps, &one->closed, &moved, diag));
	/* where both agree on the step, what does not move one does not move the other */
	if (moved || out->closed_ps != out->simulated_ps)
		TRY(find_slope(model, parameter, true, out->simulated_ps, &one->simulated,
			       &moved_too, diag));
	if (!moved && !moved_too) {
		out->still[out->still_count++] = parameter;
		return SIM_OK;
	}
	one->kink = apart(one->closed.up, one->closed.down, SENSITIVITY_KINK);
	one->differs = apart(one->closed.both, one->simulated.both, SENSITIVITY_AGREE) ||
		       apart(one->closed.up, one->simulated.up, SENSITIVITY_KINK) ||
		       apart(one->closed.down, one->simulated.down, SENSITIVITY_KINK);
	out->moving_count++;
	return SIM_OK;
}

double slope_size(const struct slope *slope)
{
	double up = isnan(slope->up) ? 0 : fabs(slope->up);
	double down = isnan(slope->down) ? 0 : fabs(slope->down);
	return up > down ? up : down;
}

static double size_of(const struct elasticity *one)
{
	double closed = slope_size(&one->closed), simulated = slope_size(&one->simulated);
	return closed > simulated ? closed : simulated;
}

static int by_size(const void *a, const void *b)
{
	const struct elasticity *first = a, *second = b;
	double x = size_of(first), y = size_of(second);
	if (x != y)
		return x > y ? -1 : 1;
	return first->parameter < second->parameter ? -1 : first->parameter > second->parameter;
}

enum sim_status elasticities_find(struct step_model *model, struct elasticities *out,
				  struct sim_diag *diag)
{
	struct run_result result;
	memset(out, 0, sizeof(*out));
	out->moving = calloc(model->count + 1, sizeof(*out->moving));
	out->still = calloc(model->count + 1, sizeof(*out->still));
	out->unknown = calloc(model->count + 1, sizeof(*out->unknown));
	if (out->moving == NULL || out->still == NULL || out->unknown == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	step_model_reset(model);
	TRY(step_model_closed(model, &out->closed_ps, diag));
	TRY(step_model_simulate(model, &result, diag));
	out->simulated_ps = result.step_ps;
	if (out->closed_ps <= 0 || out->simulated_ps <= 0)
		return diag_fail(diag, SIM_E_NUMERIC, "the step takes no time: nothing moves it");
	for (size_t i = 0; i < model->count; i++)
		TRY(find_one(model, i, out, diag));
	qsort(out->moving, out->moving_count, sizeof(*out->moving), by_size);
	return SIM_OK;
}

void elasticities_fini(struct elasticities *elasticities)
{
	free(elasticities->moving);
	free(elasticities->still);
	free(elasticities->unknown);
	memset(elasticities, 0, sizeof(*elasticities));
}

/* A measured rate is not above its peak. */
static bool find_range(const struct step_model *model, double share, struct range_effect *effect)
{
	const struct step_parameter *of = &model->parameters[effect->parameter];
	double most = of->peak == SIZE_MAX ? of->high : model->parameters[of->peak].value;
	effect->from_file = !isnan(of->likely_low);
	effect->low = effect->from_file ? of->likely_low : of->value * (1 - share);
	effect->high = effect->from_file ? of->likely_high : of->value * (1 + share);
	effect->low = effect->low < of->low ? of->low : effect->low;
	most = most < of->high ? most : of->high;
	effect->high = effect->high > most ? most : effect->high;
	if (of->whole) {
		effect->low = ceil(effect->low);
		effect->high = floor(effect->high);
	}
	return effect->low < effect->high; /* false where one is NaN */
}

static int by_change(const void *a, const void *b)
{
	const struct range_effect *first = a, *second = b;
	int64_t x = first->high_ps - first->low_ps, y = second->high_ps - second->low_ps;
	x = x < 0 ? -x : x;
	y = y < 0 ? -y : y;
	if (x != y)
		return x > y ? -1 : 1;
	return first->parameter < second->parameter ? -1 : first->parameter > second->parameter;
}

enum sim_status range_effects_find(struct step_model *model, double share,
				   struct range_effect **effects, size_t *count,
				   struct sim_diag *diag)
{
	*count = 0;
	*effects = calloc(model->count + 1, sizeof(**effects));
	if (*effects == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	step_model_reset(model);
	for (size_t i = 0; i < model->count; i++) {
		struct range_effect *effect = &(*effects)[*count];
		bool low, high;
		*effect = (struct range_effect){.parameter = i};
		if (!find_range(model, share, effect))
			continue;
		TRY(step_at(model, i, effect->low, false, &effect->low_ps, &low, diag));
		TRY(step_at(model, i, effect->high, false, &effect->high_ps, &high, diag));
		if (low && high && effect->low_ps != effect->high_ps)
			(*count)++;
	}
	qsort(*effects, *count, sizeof(**effects), by_change);
	return SIM_OK;
}
