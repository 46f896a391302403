/*
 * Work by place: a lowered step of the same model, runtime, batch and context has the same kernels
 * in the same order as the trace.
 *
 * A step of the trace takes the donor's step if both have the same number of kernels and every pair
 * is of one family (families that only work tells apart count as one); one that does not match is
 * left as it is, and the first difference is told when none matched. Grid and block stay those that
 * were recorded; a GEMM's family is read off its recorded name.
 */
#include <stdio.h>
#include <string.h>

#include "traces/work_rules.h"

/* The family that a kernel's name alone tells. */
static unsigned told_by_name(unsigned family)
{
	switch (family) {
	case SIM_FAMILY_GEMM_SHALLOW:
	case SIM_FAMILY_GEMM_TIGHT:
		return SIM_FAMILY_GEMM;
	case SIM_FAMILY_ELEMENTWISE_PARTIAL:
	case SIM_FAMILY_ELEMENTWISE_MATH:
		return SIM_FAMILY_ELEMENTWISE;
	default:
		return family;
	}
}

static bool pairs_match(const struct trace *trace, const struct sim_step *ours,
			const struct trace *donor, const struct sim_step *theirs, uint32_t *at)
{
	*at = 0;
	if (ours->count != theirs->count)
		return false;
	for (; *at < ours->count; ++*at)
		if (told_by_name(trace->kernels[ours->first + *at].family) !=
		    told_by_name(donor->kernels[theirs->first + *at].family))
			return false;
	return true;
}

static enum sim_status take_step(struct trace *trace, const struct sim_step *ours,
				 const struct trace *donor, const struct sim_step *theirs,
				 uint64_t *filled)
{
	for (uint32_t i = 0; i < ours->count; i++) {
		struct sim_kernel *kernel = &trace->kernels[ours->first + i];
		if (!(kernel->flags & SIM_KERNEL_OPAQUE))
			continue;
		TRY(work_take(trace, ours->first + i, donor, theirs->first + i));
		if (told_by_name(kernel->family) == SIM_FAMILY_GEMM)
			kernel->family = work_gemm_family(
				names_text(&trace->names, trace->details[ours->first + i].name));
		++*filled;
	}
	return SIM_OK;
}

static enum sim_status fail(const struct trace *trace, const struct trace *donor, uint32_t at,
			    struct sim_diag *diag)
{
	const struct sim_step *ours = &trace->steps[0], *theirs = &donor->steps[0];
	if (ours->count != theirs->count)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "%s: the lowered step '%s' has %u kernels, a step of the trace %u",
				 trace->name, donor->name, theirs->count, ours->count);
	return diag_fail(
		diag, SIM_E_UNSUPPORTED,
		"%s: kernel %u of a step is of family %s, of the lowered step '%s' %s: '%s'",
		trace->name, at, sim_family_text(trace->kernels[ours->first + at].family),
		donor->name, sim_family_text(donor->kernels[theirs->first + at].family),
		names_text(&trace->names, trace->details[ours->first + at].name));
}

enum sim_status work_take_lowered(struct trace *trace, const struct trace *donor, uint64_t *filled,
				  struct sim_diag *diag)
{
	uint32_t at, first_at = 0;
	bool any = false;
	for (size_t s = 0; s < trace->step_count; s++)
		for (size_t d = 0; d < donor->step_count; d++) {
			const struct sim_step *ours = &trace->steps[s], *theirs = &donor->steps[d];
			if (pairs_match(trace, ours, donor, theirs, &at)) {
				if (take_step(trace, ours, donor, theirs, filled) != SIM_OK)
					return diag_fail(diag, SIM_E_NOMEM, "out of memory");
				any = true;
				break;
			}
			first_at = s == 0 && d == 0 ? at : first_at;
		}
	if (any || trace->step_count == 0 || donor->step_count == 0)
		return SIM_OK;
	return fail(trace, donor, first_at, diag);
}
