/*
 * Device files: a YAML that names a model class and gives its parameters, each with unit and
 * source.
 *
 *   device: h100-sxm
 *   model: gpu
 *   summary: NVIDIA H100 SXM5 80 GB
 *   inherits: h100-sxm            # optional: start from another device's values; what is not given
 *                                 # here is taken from it and marked "from h100-sxm"
 *   parameters:
 *     hbm.bandwidth: {value: 3.35 TB/s, source: "NVIDIA H100 datasheet"}
 *     gemm.fixed: {value: 3.4 us, source: "calibrated", low: 3.2 us, high: 3.6 us}
 *   calibration:                  # optional, written by `decodesim calibrate`
 *     files: [...]                # names of the traces and microbenchmarks that made it
 *     residuals: { gemm: {kernels: 3000, p05: -4.1 %, p50: 0.1 %, p95: 5.0 %}, ... }
 *
 * A parameter may also be a bare value (`hbm.bandwidth: 3.35 TB/s`), then without a source, and an
 * optional one whose fallback is "unknown" may say `value: unknown`: what a device lacks is not
 * inherited that way. Unknown and duplicate keys, anchors, aliases and tags are refused with
 * file:line.
 *
 * `inherits` names a built-in device, or a path (holding '/' or ending in .yaml) seen from the
 * file's own folder. It takes the values whose keys both model classes have, and within one model
 * class the residuals too.
 *
 * `model: system` joins other devices; hwmodels/system.h says how.
 *
 * Error bands. `calibrated` is true when the file has a calibration of its own and every value is
 * the file's. A family's band comes from its residuals: measured / predicted lies between
 * 1 / (1 + p95) and 1 / (1 + p05). A family without residuals gets the widest band of those that
 * have some, at least +-15 %. Where the device is not calibrated (values inherited or --set) every
 * band is doubled and at least +-15 %. Without any residuals the band is unknown (NaN), and for
 * the recorded model it is 0.
 */
#ifndef HWMODELS_DEVICE_H
#define HWMODELS_DEVICE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "hwmodels/model.h"

enum hw_origin {
	HW_FROM_FILE,	   /* the device's own file */
	HW_FROM_INHERITED, /* the file it inherits from */
	HW_FROM_FALLBACK,  /* the model's fallback */
	HW_FROM_SET,	   /* --set */
};

const char *hw_origin_text(enum hw_origin origin); /* "file", "inherited", "fallback", "set" */

struct hw_value {
	double value;
	double low, high; /* NaN unknown */
	enum hw_origin origin;
	const char *source; /* "" when none */
	long line;
};

struct hw_system; /* hwmodels/system.h */

enum { DEVICE_SPEC_SIZE = 256 };

struct hw_residual {
	uint64_t kernels;
	double p05, p50, p95; /* relative error, predicted/measured - 1 */
};

struct hw_device {
	struct arena arena;
	struct arena machine_arena; /* the machine's state; made anew by device_rebuild() */
	char name[64];		    /* "h100-sxm", or "roofline:h100-sxm" */
	char path[512];
	char summary[256];
	char inherits[64]; /* "" when none */
	const struct hw_model *model;
	struct hw_system *system; /* of model `system`, else NULL; on the heap */
	bool is_unit;		  /* of a system: it may not be one itself */
	/* the model's table; of a system that of its units, joined */
	const struct hw_param *params;
	size_t param_count;
	struct hw_value *values; /* param_count */
	double *numbers;	 /* the same, values only, as model->build takes them */
	size_t fit_count;	 /* files of the calibration */
	const char **fit_files;
	struct hw_residual residuals[SIM_FAMILY_COUNT];
	struct machine machine;
	uint64_t content_hash; /* over model, keys and values: what a run stores */
};

/*
 * Load NAME_OR_PATH (a built-in name, or a path when it holds '/' or ends in .yaml) and apply SETS
 * ("hbm.bandwidth=8 TB/s"). Built-ins: $DECODESIM_HW, else hwmodels/devices beside the program,
 * else below the working directory. MODEL:NAME_OR_PATH loads the device's values under another
 * model class ("roofline:h100-sxm"); values that only the device's own model has are left out.
 * Unknown names and keys get "did you mean". DEVICE needs no device_fini() after a failure.
 */
SIM_MUST_CHECK enum sim_status device_load(const char *name_or_path, const char *const *sets,
					   size_t set_count, struct hw_device *device,
					   struct sim_diag *diag);
void device_fini(struct hw_device *device);

/*
 * Check values[] and rebuild numbers, machine, bands and hash after they were changed (calibration,
 * sweeps). Pointers into the old machine become invalid. After a failure the machine must not be
 * used.
 */
SIM_MUST_CHECK enum sim_status device_rebuild(struct hw_device *device, struct sim_diag *diag);
/* The same but for the hash, which stays what it was: for thousands of designs that nobody names. */
SIM_MUST_CHECK enum sim_status device_rebuild_unhashed(struct hw_device *device,
						       struct sim_diag *diag);

/*
 * Tell DEVICE, or the units of a system, what a run keeps in memory (hw_model.place); holds until the
 * next device_rebuild(). *RESIDENT: 0 where no class of it decides.
 */
SIM_MUST_CHECK enum sim_status device_place(struct hw_device *device,
					    const struct sim_residents *residents, double *resident,
					    struct sim_diag *diag);
/* Some class of DEVICE wants to be told. */
bool device_places(const struct hw_device *device);

/* Index of KEY in the model's table, or -1. */
int device_param(const struct hw_device *device, const char *key);

/*
 * Write DEVICE as YAML that device_load reads back to the same values, bit by bit, with sources and
 * calibration; values from --set become the file's. Inherited values are left to `inherits` where
 * that is a built-in name and written out where it is a path. Comments of the original are lost.
 */
SIM_MUST_CHECK enum sim_status device_write(const struct hw_device *device, FILE *out,
					    struct sim_diag *diag);

/*
 * DEVICE as a file to start a new one from: every parameter with what it is, its range and unit,
 * commented out where it is not the device's own. It loads to DEVICE's values under the name
 * "my-NAME".
 */
SIM_MUST_CHECK enum sim_status device_template(const struct hw_device *device, FILE *out,
					       struct sim_diag *diag);

/* Names of the built-in devices, sorted; storage from ARENA. */
SIM_MUST_CHECK enum sim_status device_list(struct arena *arena, const char ***names, size_t *count,
					   struct sim_diag *diag);

/* Multiprocessors of a GPU, or of a system's home unit; 0: it has none. */
double device_sm_count(const struct hw_device *device);

extern const struct hw_model *const hw_models[];
extern const size_t hw_model_count;
const struct hw_model *hw_model_find(const char *name);

#endif
