/*
 * What would it take: the value of one parameter at which a step takes a target time.
 *
 * The step is simulated at multiples of the parameter's value by powers of two and at the ends of
 * its legal range; between the two nearest to the value that have the target between them the root
 * is found (Brent's method, GSL; whole parameters by halving).
 */
#ifndef SIM_EXPLORE_REACH_H
#define SIM_EXPLORE_REACH_H

#include "sim/explore/step_model.h"

enum reach_end {
	REACH_FOUND,
	REACH_NEVER_FAST, /* no legal value is fast enough */
	REACH_NEVER_SLOW, /* every legal value is faster than that */
};

struct reach {
	enum reach_end end;
	/* FOUND: the step there is at most the target. NEVER_FAST: the nearest to the parameter's
	 * own value that is within 0.1 % of the fastest. NEVER_SLOW: the slowest. */
	double value;
	struct run_result result; /* at VALUE: time, parts */
	bool monotone; /* with the parameter the step only grows or only falls, as far as looked at */
	bool fits;     /* in the device's memory at VALUE */
};

/* SIM_E_RANGE: the parameter has no value, or the target is not positive. MODEL is reset. */
SIM_MUST_CHECK enum sim_status reach_find(struct step_model *model, size_t parameter,
					  int64_t target_ps, struct reach *reach,
					  struct sim_diag *diag);

#endif
