/*
 * Memory that a step's tensors hold, where that is more than the step reads: a grouped GEMM reads the
 * experts that its tokens chose, but all of them must be there.
 */
#include "traces/work.h"
#include "traces/work_shape.h"

static uint64_t expert_bytes(const struct trace *trace, const struct trace_detail *detail)
{
	struct work_shape shape;
	const char *text = names_text(&trace->names, detail->op_shape);
	size_t length = trace->names.entries[detail->op_shape].length;
	if (length == 0 || !work_shape_parse(text, length, &shape))
		return 0;
	const struct work_tensor *experts = work_shape_tensor(&shape, 1);
	if (experts == NULL || experts->rank != 3)
		return 0;
	return work_mul(experts->elements, sim_dtype_bits(experts->dtype)) / 8;
}

uint64_t trace_resident_bytes(const struct trace *trace)
{
	uint64_t most = 0;
	for (size_t s = 0; s < trace->step_count; s++) {
		const struct sim_step *step = &trace->steps[s];
		uint64_t bytes = 0;
		for (size_t i = step->first; i < (size_t)step->first + step->count; i++) {
			const struct sim_kernel *kernel = &trace->kernels[i];
			uint64_t own = sim_kernel_floor_bytes(kernel);
			if (kernel->family == SIM_FAMILY_GEMM_GROUPED && own > 0) {
				uint64_t all = expert_bytes(trace, &trace->details[i]);
				own = all > own ? all : own;
			}
			bytes = work_add(bytes, own);
		}
		most = bytes > most ? bytes : most;
	}
	return most;
}
