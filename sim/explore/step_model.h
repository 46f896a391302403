/*
 * A decode step as a function of its parameters: every number of the device, and batch, context and
 * host speed of the scenario.
 *
 * A parameter is set and the step is asked for, in closed form or simulated; only what a parameter
 * changes is made anew (lowering for batch, context and SMs, the machine for the device's numbers).
 * A rate that was measured against a peak follows the peak, as with --set.
 */
#ifndef SIM_EXPLORE_STEP_MODEL_H
#define SIM_EXPLORE_STEP_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "validate/run.h"

enum step_parameter_kind { STEP_DEVICE, STEP_BATCH, STEP_CONTEXT, STEP_HOST_SPEED };

struct step_parameter {
	const char *key; /* "hbm.bandwidth", "batch", "context", "host_speed" */
	const char *what;
	enum step_parameter_kind kind;
	enum sim_unit unit;
	size_t index;			/* DEVICE: in its values */
	double value;			/* as loaded; NaN: unknown, and never set */
	double low, high;		/* legal, inclusive */
	double likely_low, likely_high; /* of the device file; NaN none */
	bool whole;
	size_t peak; /* a rate measured against that parameter, which goes with it; SIZE_MAX: none */
};

struct step_model {
	struct run_setup *setup; /* borrowed; changed until step_model_fini */
	struct step_parameter *parameters;
	size_t count;
	double *values; /* set now */
	double context;
	struct workload_program lowered; /* at values, for the device's multiprocessors */
	bool is_lowered, is_built;
};

/*
 * MODEL of SETUP, which stays the caller's. SIM_E_INFEASIBLE: the step does not fit into the
 * device's memory. MODEL is initialized in any case: call step_model_fini always.
 */
SIM_MUST_CHECK enum sim_status step_model_init(struct step_model *model, struct run_setup *setup,
					       struct sim_diag *diag);
void step_model_fini(struct step_model *model);

/* Index of KEY, or SIM_E_NOT_FOUND with the nearest. */
SIM_MUST_CHECK enum sim_status step_model_find(const struct step_model *model, const char *key,
					       size_t *index, struct sim_diag *diag);

/* Takes effect with the next time that is asked for. A whole parameter's VALUE is whole. */
void step_model_set(struct step_model *model, size_t index, double value);
void step_model_reset(struct step_model *model); /* all as loaded */

/* SIM_E_RANGE: values that exclude each other, or are out of range. */
SIM_MUST_CHECK enum sim_status step_model_closed(struct step_model *model, int64_t *step_ps,
						 struct sim_diag *diag);
/* RESULT as run_simulate has it. */
SIM_MUST_CHECK enum sim_status
step_model_simulate(struct step_model *model, struct run_result *result, struct sim_diag *diag);
/* In the device's memory, as set. */
SIM_MUST_CHECK enum sim_status step_model_fits(struct step_model *model, bool *fits,
					       struct sim_diag *diag);

#endif
