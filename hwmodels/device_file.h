/*
 * Reading of device files, apart from what is made of them: a file's own statements and those of
 * the files it inherits from, under one model class. Only device*.c use this.
 */
#ifndef HWMODELS_DEVICE_FILE_H
#define HWMODELS_DEVICE_FILE_H

#include "hwmodels/device.h"
#include "sim/core/arena.h"
#include "sim/core/status.h"
#include "sim/core/yaml.h"

enum { DEVICE_PATH_SIZE = 512 };

/*
 * Path of NAME_OR_PATH. A path is taken as it stands, or from the folder of SEEN_FROM when that is
 * not NULL. SIM_E_NOT_FOUND for a name that is not built in, with the nearest one that is.
 */
SIM_MUST_CHECK enum sim_status device_find(const char *name_or_path, const char *seen_from,
					   char *path, size_t path_size, struct sim_diag *diag);

/* device_load of what becomes a unit of a system. */
SIM_MUST_CHECK enum sim_status device_load_unit(const char *spec, struct hw_device *device,
						struct sim_diag *diag);

/*
 * Read PATH into DEVICE (zeroed; its arena initialized): everything but numbers, machine and hash.
 * With MODEL not NULL the values are taken over to that class. Values that no file gives have the
 * fallback, HW_FROM_FALLBACK.
 */
SIM_MUST_CHECK enum sim_status device_file_read(const char *path, const struct hw_model *model,
						struct hw_device *device, struct sim_diag *diag);

/* Index of KEY in MODEL's table, or -1. */
int model_param(const struct hw_model *model, const char *key);

/* Value of the model's peak (see struct hw_model); NaN when it has none. */
double device_peak(const struct hw_model *model, const struct hw_value *values);

/*
 * Scale the measured rate with the peak, which was PEAK_BEFORE, where origin CHANGED gave the peak
 * and not the rate.
 */
SIM_MUST_CHECK enum sim_status device_scale_measured(const struct hw_model *model,
						     struct hw_value *values, double peak_before,
						     enum hw_origin changed, struct arena *arena,
						     struct sim_diag *diag);

/* Both, of a device or of each unit of a system; PEAKS of SYSTEM_MOST_UNITS. */
void device_peaks(const struct hw_device *device, double *peaks);
SIM_MUST_CHECK enum sim_status device_scale_peaks(struct hw_device *device, const double *peaks,
						  enum hw_origin changed, struct sim_diag *diag);

/* HASH (FNV-1a, 64 bits) over TEXT with its terminator, so that two texts in a row cannot be cut
 * otherwise; over BITS, the lowest byte first; over NUMBER, with one NaN and one zero. */
uint64_t device_hash_text(uint64_t hash, const char *text);
uint64_t device_hash_bits(uint64_t hash, uint64_t bits);
uint64_t device_hash_number(uint64_t hash, double number);

/* Message for KEY that DEVICE does not have, with the nearest it has; LINE 0 leaves the line out. */
enum sim_status device_unknown_key(const char *file, long line, const struct hw_device *device,
				   const char *key, struct sim_diag *diag);

/*
 * Parse TEXT as PARAM, range checked; "unknown" where the fallback is unknown. Messages begin with
 * FILE and LINE.
 */
SIM_MUST_CHECK enum sim_status device_parse_value(const struct hw_param *param, const char *file,
						  long line, const char *text, double *value,
						  struct sim_diag *diag);

/* SIM_E_RANGE when VALUE is not one that PARAM may have. */
SIM_MUST_CHECK enum sim_status device_check_value(const struct hw_param *param, const char *file,
						  long line, double value, struct sim_diag *diag);

/* VALUES for the rows of PARAMS from ARENA, each at its fallback. */
SIM_MUST_CHECK enum sim_status device_values_create(const struct hw_param *params, size_t count,
						    struct arena *arena, struct hw_value **values,
						    struct sim_diag *diag);

/* Take the `calibration` key of FILE, if there is one, into DEVICE. */
SIM_MUST_CHECK enum sim_status device_calibration_read(const struct yaml_file *file,
						       struct hw_device *device,
						       struct sim_diag *diag);

/* Fill MACHINE's bands from DEVICE's residuals; MACHINE's other fields are final. */
void device_bands(const struct hw_device *device, struct machine *machine);

#endif
