/* What spaces are put together with: names of keys, devices. Internal to space*.c and design*.c. */
#ifndef SIM_EXPLORE_SPACE_PARTS_H
#define SIM_EXPLORE_SPACE_PARTS_H

#include "sim/explore/space.h"
#include "workloads/scenario.h"
#include "workloads/workload.h"

/* What a key of base or axes is. */
struct space_key {
	enum explore_target target;
	size_t key;
	const char *param; /* DEVICE: points into the name */
	enum sim_unit unit;
	bool is_words; /* no number */
	bool whole;
	double low, high; /* of a number */
};

/* Key NAME; SIM_E_NOT_FOUND with the nearest. Loads the devices where NAME is of theirs. */
SIM_MUST_CHECK enum sim_status space_key_find(struct explore_space *space, const char *name,
					      struct space_key *key, struct sim_diag *diag);

/* A range as a file gives it: low, high, count or step, is_log and line of RANGE. */
SIM_MUST_CHECK enum sim_status space_add_range(struct explore_space *space, const char *name,
					       struct explore_axis range, struct sim_diag *diag);

/* Devices of the space: of axis hw or of the base, with the base's parameters. */
SIM_MUST_CHECK enum sim_status space_load_devices(struct explore_space *space,
						  struct sim_diag *diag);
void space_forget_devices(struct explore_space *space);

/* Setting KEY of the base, or NULL. */
const struct explore_setting *space_setting(const struct explore_space *space, const char *key);

/* Settings hw.KEY that no axis changes as KEY=VALUE for device_load, in ARENA. */
SIM_MUST_CHECK enum sim_status space_device_sets(const struct explore_space *space,
						 struct arena *arena, const char ***sets,
						 size_t *count, struct sim_diag *diag);

/* The base's scenario; SCENARIO is initialized in any case. A failure names the setting's line. */
SIM_MUST_CHECK enum sim_status space_scenario(const struct explore_space *space,
					      struct workload_scenario *scenario,
					      struct sim_diag *diag);

/* explore_space_check() with what is known of the results; and what is always known of them. */
SIM_MUST_CHECK enum sim_status space_check_bounds(const struct explore_space *space,
						  const double *lows, const double *highs,
						  struct sim_diag *diag);
void space_field_bounds(double *lows, double *highs);

/* TEXT of a constraint, with "=" and words for signs. */
SIM_MUST_CHECK enum sim_status space_compile(const struct expr_scope *scope, const char *text,
					     struct arena *arena, struct expr *expr,
					     struct sim_diag *diag);

/* NAME for expressions that follow. */
SIM_MUST_CHECK enum sim_status space_add_let(struct explore_space *space, const char *name,
					     const char *text, struct sim_diag *diag);

/* Fields, axes and lets of a point into SLOTS (EXPR_MOST_SLOTS); a let over what is unknown is NaN. */
void space_fill_slots(const struct explore_space *space, const double *fields, const double *values,
		      double *slots);

/* EXPR over SLOTS; NaN where it looks at a NaN, or is no number. */
double space_value(const struct expr *expr, const double *slots, size_t slot_count);

/* Numbers of a runtime profile that axes may change. */
enum space_runtime_key {
	SPACE_RUNTIME_KERNEL,
	SPACE_RUNTIME_GEMM,
	SPACE_RUNTIME_LAYER,
	SPACE_RUNTIME_STEP,
	SPACE_RUNTIME_WORKSPACE,
	SPACE_RUNTIME_KEYS
};
SIM_MUST_CHECK enum sim_status space_set_runtime(struct workload_runtime *runtime, size_t key,
						 double value, struct sim_diag *diag);
/* Number KEY (of model_key_name) of MODEL; what follows from it is the caller's to have checked. */
void space_set_model(struct workload_model *model, size_t key, double value);

/* Slots of expressions: fields from 0 on, then axes, then lets. */
static inline size_t space_axis_slot(size_t axis)
{
	return EXPLORE_FIELD_COUNT + axis;
}
static inline size_t space_named_axes(const struct explore_space *space)
{
	return space->axis_count < EXPLORE_MOST_NAMED_AXES ? space->axis_count
							   : EXPLORE_MOST_NAMED_AXES;
}
static inline size_t space_let_slot(const struct explore_space *space, size_t let)
{
	return EXPLORE_FIELD_COUNT + space_named_axes(space) + let;
}

#endif
