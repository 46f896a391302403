/* Until work is derived from shapes every kernel is opaque; goes when traces/work.c comes. */
#include "sim/core/units.h"
#include "traces/work.h"

enum sim_status work_derive_all(struct trace *trace, struct sim_diag *diag)
{
	(void)diag;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		trace->kernels[i].flags |= SIM_KERNEL_OPAQUE;
		trace->kernels[i].recorded_ps =
			(uint64_t)(trace->measured[i].duration_ns * PS_PER_NS);
	}
	return SIM_OK;
}
