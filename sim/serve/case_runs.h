/* Serving runs of cases: what validate/case_serve.h asks for. */
#ifndef SIM_SERVE_CASE_RUNS_H
#define SIM_SERVE_CASE_RUNS_H

#include "validate/case_serve.h"

/* For case_set_server(). `serve=yes` begins with a deployment's defaults, `serve=FILE.yaml` with what
 * the file says; the other lines are keys of deployment, load, scenario and device ("hw.KEY"). */
SIM_MUST_CHECK enum sim_status serve_case_run(const char *const *lines, size_t count,
					      struct case_served *served, struct sim_diag *diag);

#endif
