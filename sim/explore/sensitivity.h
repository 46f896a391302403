/*
 * Sensitivity: which parameter moves a decode step, alone and together with others.
 *
 * Elasticity of the step t to a parameter p: d ln t / d ln p, by the change of p by +-h,
 *   e = (t(p + h) - t(p - h)) / 2 h * p / t,    e+ = (t(p + h) - t(p)) / h * p / t, e- likewise,
 * in the closed form and, where that moves or is not the simulation's step, simulated. h is p / 1024; of a whole parameter p / 64, at least 1. A step
 * is a sum of maxima, so it has kinks: where e+ and e- differ by more than SENSITIVITY_KINK both
 * count and e is neither. At the edge of the legal range one of them is NaN.
 */
#ifndef SIM_EXPLORE_SENSITIVITY_H
#define SIM_EXPLORE_SENSITIVITY_H

#include "sim/explore/step_model.h"

#define SENSITIVITY_KINK 0.01
#define SENSITIVITY_AGREE 0.005 /* closed form and simulation differ by more: worth telling */

struct slope {
	double up, down; /* e+, e-; NaN: not legal there */
	double both;	 /* e; where one side is NaN the other */
};

double slope_size(const struct slope *slope); /* the larger of e+ and e-, without its sign */

struct elasticity {
	size_t parameter; /* of the model */
	struct slope closed, simulated;
	bool kink;    /* of the closed form */
	bool differs; /* simulation says otherwise */
};

struct elasticities {
	int64_t closed_ps, simulated_ps; /* the step itself */
	struct elasticity *moving;	 /* largest first, then in the order of the model */
	size_t moving_count;
	size_t *still; /* parameters without any effect */
	size_t still_count;
	size_t *unknown; /* without a value, or 0: nothing to vary by a share */
	size_t unknown_count;
};

/* MODEL is left as loaded. OUT is initialized in any case: call elasticities_fini always. */
SIM_MUST_CHECK enum sim_status elasticities_find(struct step_model *model, struct elasticities *out,
						 struct sim_diag *diag);
void elasticities_fini(struct elasticities *elasticities);

/*
 * What a parameter does over its range, alone: from the low and high of the device's value where it
 * has them, else SHARE below and above its value, within what is legal.
 */
struct range_effect {
	size_t parameter;
	double low, high;
	bool from_file;		 /* the device file gives low and high */
	int64_t low_ps, high_ps; /* closed form */
};

/*
 * *EFFECTS (the caller's to free): parameters that move the step over their range, the largest
 * change first. MODEL is left as loaded.
 */
SIM_MUST_CHECK enum sim_status range_effects_find(struct step_model *model, double share,
						  struct range_effect **effects, size_t *count,
						  struct sim_diag *diag);

#endif
