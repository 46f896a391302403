/*
 * Serving runs of cases: keys of a deployment and a load (sim/serve/spec.h) in place of one step's.
 * The engine lies above this layer; who reproduces cases hands it in.
 */
#ifndef VALIDATE_CASE_SERVE_H
#define VALIDATE_CASE_SERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/core/status.h"
#include "validate/case.h"

/* Fields serve_* of CASE_FIELD_LIST, in its order. */
enum { CASE_SERVE_FIRST = CASE_FIELD_serve_ttft_ms, CASE_SERVE_LAST = CASE_FIELD_serve_kv_blocks };

struct case_served {
	bool fits; /* false: out of memory, and the rest is not there */
	double values[CASE_SERVE_LAST - CASE_SERVE_FIRST + 1];
};

/* LINES are "KEY=VALUE". SIM_OK where it does not fit, too. */
typedef enum sim_status (*case_server)(const char *const *lines, size_t count,
				       struct case_served *served, struct sim_diag *diag);

/* What serving runs are run with from now on; NULL: they are refused. Before any case is run. */
void case_set_server(case_server server);
case_server case_get_server(void);

#endif
