/*
 * Transforms: mechanisms that change a decode step. One .c per mechanism, its equation and source
 * at its head; one line in the list here.
 *
 * Two places to act, each optional:
 *   plan   before lowering: how many forwards an iteration has, of which model, how wide, and how
 *          many tokens come of them (speculation, block diffusion)
 *   apply  after lowering: rewrite the kernels of one forward (formats, fusion, tiers)
 * Transforms run in the order of the list. One that is not in use (none of its keys is given, or
 * its switch is off) must change nothing. apply is pure: same step, same scenario, same result,
 * whatever was lowered before; it is called for every forward, so it must be quick.
 */
#ifndef WORKLOADS_TRANSFORM_H
#define WORKLOADS_TRANSFORM_H

#include "workloads/workload.h"

struct workload_transform {
	const char *name;
	const char *what;		 /* one line */
	const struct scenario_key *keys; /* ends with a NULL name */
	/* Add, widen or replace forwards, and say how many tokens come of them. */
	enum sim_status (*plan)(const struct workload *workload, size_t first_key,
				struct workload_iteration *iteration, struct sim_diag *diag);
	/* Rewrite the kernels of FORWARD. */
	enum sim_status (*apply)(const struct workload *workload, size_t first_key,
				 const struct workload_forward *forward, struct workload_step *step,
				 struct sim_diag *diag);
	/* Change what must be held in memory (formats, tiers); see workload_capacity(). */
	enum sim_status (*hold)(const struct workload *workload, size_t first_key,
				struct workload_capacity *capacity, struct sim_diag *diag);
};

/* clang-format off */
#define WORKLOAD_TRANSFORM_LIST(X) \
	X(speculation) X(block) X(moe) X(weight_factors) X(weights) X(attention_set) X(kv) X(shared_prefix) \
	X(parallel) \
	X(expert_parallel) X(fuse) X(tiers) X(overlap) X(overhead) X(sub_batches)
/* clang-format on */

/* Index of each: workload->first_keys[TRANSFORM_name]. */
enum workload_transform_index {
#define X(name) TRANSFORM_##name,
	WORKLOAD_TRANSFORM_LIST(X)
#undef X
		TRANSFORM_COUNT
};

#define X(name) extern const struct workload_transform workload_transform_##name;
WORKLOAD_TRANSFORM_LIST(X)
#undef X

const struct workload_transform *transform_at(size_t i); /* NULL past the end */
size_t transform_first_key(size_t i);			 /* of its keys in the scenario's table */

#endif
