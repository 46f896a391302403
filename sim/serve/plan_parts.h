/* Parts of plans: what plan.c has in plan_candidate.c. */
#ifndef SIM_SERVE_PLAN_PARTS_H
#define SIM_SERVE_PLAN_PARTS_H

#include "sim/serve/plan.h"

/* One thread's: a spec of its own, which the keys of candidates are set in. */
struct plan_worker {
	const struct serve_plan *plan;
	struct serve_spec spec; /* borrows the plan's; only the arena is its own */
	uint64_t runs, digest;
};

void plan_worker_init(struct plan_worker *worker, const struct serve_plan *plan);
void plan_worker_fini(struct plan_worker *worker);

/* The keys of CANDIDATE and the price of its device, into the worker's spec. */
SIM_MUST_CHECK enum sim_status plan_choose(struct plan_worker *worker,
					   const struct plan_candidate *candidate,
					   struct sim_diag *diag);
/* One run of DEPLOYMENT under LOAD, counted and in the digest. */
SIM_MUST_CHECK enum sim_status plan_serve(struct plan_worker *worker, struct deployment *deployment,
					  const struct load *load, struct serve_report *report,
					  struct sim_diag *diag);
/* A candidate that cannot be deployed is an answer, not the end of the plan. */
SIM_MUST_CHECK enum sim_status
plan_evaluate(struct plan_worker *worker, struct plan_candidate *candidate, struct sim_diag *diag);

/* What of REPORT is not met, the worst first, into OUT of PLAN_TEXT. */
void plan_say_failure(const struct serve_report *report, char *out);

#endif
