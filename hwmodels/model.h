/*
 * Hardware model classes and their parameters.
 *
 * A model is one .c file with one struct hw_model and one line in hwmodels/hwmodels.h. Its
 * parameter table drives everything else: YAML parsing, units, range checks, --set, --help, `show
 * hw`, sweeps. A parameter's value is a double in SI, in an array under the table's index.
 */
#ifndef HWMODELS_MODEL_H
#define HWMODELS_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/core/arena.h"
#include "sim/core/machine.h"
#include "sim/core/status.h"
#include "sim/core/units.h"

enum hw_need {
	HW_REQUIRED, /* the device file must give it */
	HW_OPTIONAL, /* fallback is used, and `show hw` says so */
};

struct hw_param {
	const char *key; /* "hbm.bandwidth" */
	enum sim_unit unit;
	enum hw_need need;
	double low, high; /* inclusive range in SI */
	double fallback;  /* value when optional and absent; NaN: unknown */
	const char *what; /* one line */
};

struct hw_lint;
struct sim_residents; /* sim/core/residents.h */

struct hw_model {
	const char *name;     /* "gpu" */
	const char *equation; /* one line */
	const char *source;   /* paper or calibration it rests on */
	const struct hw_param *params;
	size_t param_count;
	/*
	 * Keys, or NULL: a rate that was measured, and the peak it was measured against. Where only
	 * the peak is changed, by --set or by a file that inherits, the rate changes in proportion.
	 */
	const char *measured, *peak;
	/*
	 * Fill the zeroed MACHINE (state, demand, resources, launch, memory) from VALUES, which are
	 * in range. Checks what ranges of single parameters cannot (SIM_E_RANGE). State comes from
	 * ARENA. The device adds names, bands and machine_finish().
	 */
	enum sim_status (*build)(const double *values, struct arena *arena, struct machine *machine,
				 struct sim_diag *diag);
	/* Or NULL: what contradicts itself or physics though it is in range (hwmodels/lint.h). */
	void (*lint)(const struct hw_lint *lint);
	/*
	 * Or NULL: decide what of RESIDENTS lies in which memory, once a run and after build();
	 * replaces MACHINE's state by one from ARENA. *RESIDENT: experts of a layer in the memory that
	 * drafts read.
	 */
	enum sim_status (*place)(const double *values, const struct sim_residents *residents,
				 struct arena *arena, struct machine *machine, double *resident,
				 struct sim_diag *diag);
};

#endif
