/*
 * Lowering again and again: the same workload, another forward.
 *
 * From one step of a generation to the next the context changes and little else. A memo keeps, for
 * each kernel entry that was evaluated, the values it was evaluated over and the kernels that came
 * of it; an entry is evaluated anew only if a name that its expressions look at has another value.
 * Expressions are pure, so the step is bit for bit what workload_lower() makes of the forward.
 */
#ifndef WORKLOADS_LOWER_H
#define WORKLOADS_LOWER_H

#include "workloads/workload.h"

struct lower_memo;

/* NULL: out of memory. */
struct lower_memo *lower_memo_create(void);
void lower_memo_destroy(struct lower_memo *memo); /* NULL is fine */

/*
 * workload_lower() with MEMO (NULL: without), which must have seen nothing but forwards of this
 * WORKLOAD lowered into this STEP.
 */
SIM_MUST_CHECK enum sim_status lower_again(const struct workload *workload,
					   const struct workload_forward *forward,
					   struct lower_memo *memo, struct workload_step *step,
					   struct sim_diag *diag);

#endif
