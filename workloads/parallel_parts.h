/* What the transforms of parallel groups share. Internal to workloads. */
#ifndef WORKLOADS_PARALLEL_PARTS_H
#define WORKLOADS_PARALLEL_PARTS_H

#include "workloads/collective.h"
#include "workloads/parallel.h"

static inline double parallel_ceil(double value)
{
	double whole = (double)(int64_t)value;
	return whole < value ? whole + 1 : whole;
}

/* COLLECTIVE as a kernel at POSITION of SEGMENT, named after kernel MODEL; see transform_insert(). */
SIM_MUST_CHECK enum sim_status parallel_insert(struct workload_step *step, size_t segment,
					       uint32_t position, uint32_t model, const char *name,
					       const struct collective *collective,
					       struct lowered_kernel **made, struct sim_diag *diag);

#endif
