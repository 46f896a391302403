/* Parts of deployments: what deploy.c has in deploy_parts.c. */
#ifndef SIM_SERVE_DEPLOY_PARTS_H
#define SIM_SERVE_DEPLOY_PARTS_H

#include "sim/serve/deploy.h"

/* Most activation bytes of two kernels in a row of FORWARD (as workloads/capacity.c counts them). */
SIM_MUST_CHECK enum sim_status deploy_live_bytes(const struct workload *workload,
						 const struct workload_forward *forward,
						 double *bytes, struct sim_diag *diag);

/*
 * Accepted tokens of a step as a distribution: the spec's own shares, else the scenario's
 * draft.lengths; a chain with one rate is a geometric distribution cut at draft.k; of anything else
 * only the mean is known, and the two whole numbers around it are drawn.
 */
SIM_MUST_CHECK enum sim_status deploy_acceptance(const struct serve_spec *spec,
						 struct deployment *deployment,
						 struct sim_diag *diag);

/* The objectives of SPEC against REPORT's result. */
void deploy_check(const struct serve_spec *spec, struct serve_report *report);

#endif
