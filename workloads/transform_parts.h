/* What transforms share: values of their keys, bytes of elements, kernels put into a segment. */
#ifndef WORKLOADS_TRANSFORM_PARTS_H
#define WORKLOADS_TRANSFORM_PARTS_H

#include "workloads/transform.h"

static inline const struct scenario_value *transform_value(const struct workload *workload,
							   size_t first_key, size_t key)
{
	return &workload->scenario.values[first_key + key];
}

static inline double transform_number(const struct workload *workload, size_t first_key, size_t key)
{
	return workload->scenario.values[first_key + key].number;
}

/* The key's number where a file or the command line gave it, else OTHERWISE. */
static inline double transform_given(const struct workload *workload, size_t first_key, size_t key,
				     double otherwise)
{
	const struct scenario_value *value = &workload->scenario.values[first_key + key];
	return value->given ? value->number : otherwise;
}

/* Is any of COUNT keys from FIRST_KEY on given? */
bool transform_in_use(const struct workload *workload, size_t first_key, size_t count);

/* The model of FORWARD is the workload's own: drafts keep their formats. */
static inline bool transform_is_target(const struct workload_forward *forward)
{
	return forward->model == 0 && !forward->draft;
}

/* ELEMENTS of BITS each, rounded up to whole bytes. */
uint64_t transform_bytes(double elements, double bits);

/* VALUE times FACTOR, rounded up; exact where the factor is 1. */
uint64_t transform_scale(uint64_t value, double factor);

/*
 * A kernel at POSITION of SEGMENT that is named after kernel MODEL (an index into the step's
 * kernels, before the insertion) with SUFFIX, and has its role, group, dtype and host time; all
 * work is 0. *MADE stays valid until the step changes again.
 */
SIM_MUST_CHECK enum sim_status transform_insert(struct workload_step *step, size_t segment,
						uint32_t position, uint32_t model,
						const char *suffix, struct lowered_kernel **made,
						struct sim_diag *diag);

/*
 * Remove what belongs to the product of kernel POSITION of SEGMENT but its main kernel (split-K
 * reductions, memsets). The main kernel then writes its results itself. *POSITION follows it.
 */
void transform_make_single(struct workload_step *step, size_t segment, uint32_t *position);

#endif
