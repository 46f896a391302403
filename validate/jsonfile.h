/* Small JSON documents (microbenchmarks, step times) read whole through cJSON, with limits. */
#ifndef VALIDATE_JSONFILE_H
#define VALIDATE_JSONFILE_H

#include <cjson/cJSON.h>

#include "sim/core/status.h"

/*
 * Parse PATH (at most 16 MiB). *ROOT is the caller's to cJSON_Delete. Errors name file and line.
 * Nothing may follow the document. SIM_E_DUPLICATE: an object has a key twice.
 */
SIM_MUST_CHECK enum sim_status jsonfile_read(const char *path, cJSON **root, struct sim_diag *diag);

/* Number KEY of OBJECT, or NaN when absent; SIM_E_PARSE when it is no finite number. */
SIM_MUST_CHECK enum sim_status jsonfile_number(const char *path, const cJSON *object,
					       const char *key, double *value,
					       struct sim_diag *diag);

#endif
