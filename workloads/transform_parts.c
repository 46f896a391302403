/* Parts of transforms: see the header. */
#include "workloads/transform_parts.h"

#include <stdio.h>
#include <string.h>

#include "workloads/kind.h"

bool transform_in_use(const struct workload *workload, size_t first_key, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (workload->scenario.values[first_key + i].given)
			return true;
	return false;
}

uint64_t transform_bytes(double elements, double bits)
{
	double bytes = elements * bits / 8;
	uint64_t whole = kind_limit(bytes, UINT64_C(1) << 62);
	return whole + ((double)whole < bytes);
}

uint64_t transform_scale(uint64_t value, double factor)
{
	return factor == 1 ? value : transform_bytes((double)value * factor, 8);
}

enum sim_status transform_insert(struct workload_step *step, size_t segment, uint32_t position,
				 uint32_t model, const char *suffix, struct lowered_kernel **made,
				 struct sim_diag *diag)
{
	char text[256];
	uint32_t name;
	struct lowered_kernel like = step->kernels[model];
	snprintf(text, sizeof(text), "%.200s.%s", names_text(&step->names, like.name), suffix);
	if (names_add(&step->names, text, strlen(text), &name) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	struct lowered_kernel *kernel = step_insert(step, segment, position);
	if (kernel == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	kernel->name = name;
	kernel->role = like.role;
	kernel->group = like.group;
	kernel->kernel.op = like.kernel.op;
	kernel->kernel.family = like.kernel.family;
	kernel->kernel.dtype = like.kernel.dtype;
	kernel->kernel.stream = like.kernel.stream;
	kernel->kernel.host_ns = like.kernel.host_ns;
	kernel->kernel.flags = like.kernel.flags & SIM_KERNEL_HOST_RECORDED;
	*made = kernel;
	return SIM_OK;
}

static bool is_side_kernel(const struct lowered_kernel *kernel)
{
	return kernel->weight_elements == 0 && (kernel->kernel.family == SIM_FAMILY_SPLITK_REDUCE ||
						kernel->kernel.op == SIM_OP_MEMSET);
}

void transform_make_single(struct workload_step *step, size_t segment, uint32_t *position)
{
	const struct lowered_segment *at = &step->segments[segment];
	uint16_t group = step->kernels[at->first + *position].group;
	uint64_t written = 0;
	bool reduced = false;
	if (group == 0)
		return;
	for (uint32_t k = at->count; k-- > 0;) {
		const struct lowered_kernel *kernel = &step->kernels[at->first + k];
		if (kernel->group != group || !is_side_kernel(kernel))
			continue;
		if (kernel->kernel.family == SIM_FAMILY_SPLITK_REDUCE) {
			written = kernel->kernel.act_write_bytes;
			reduced = true;
		}
		step_remove(step, segment, k);
		*position -= k < *position;
	}
	if (reduced)
		step->kernels[at->first + *position].kernel.act_write_bytes = written;
}
