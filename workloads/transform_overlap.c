/*
 * overlap: two halves of a forward's tokens in turn, the collectives of one beside the kernels of the
 * other (TokenWeave, arXiv 2505.11329; tp.overlap: split2). Limits: workloads/parallel.h.
 *
 * The layers were lowered for one half. Between two collectives lies a phase of kernels; of phases
 * 1, 2, ... of halves a and b the device runs
 *
 *   stream 0   a1   b1   a2   b2   ...        collectives' stream   -   A1   B1   A2   B2 ...
 *   X after x, and the next phase of x after X: within a layer, from one layer to the next, into what
 *   follows the layers, and from what is before them
 *
 * so that  max(kernels, collectives) <= T <= kernels + collectives.
 */
#include <stdlib.h>
#include <string.h>

#include "workloads/parallel_parts.h"
#include "workloads/transform_parts.h"

enum { COLLECTIVE_STREAM = 6 }; /* of its own: profiles use low numbers, copies of tiers the next */

static bool is_collective(const struct lowered_kernel *kernel)
{
	return (kernel->kernel.flags & SIM_KERNEL_PEER) != 0;
}

/* Kernels [first, first + count) of a segment, the last of them a collective where it has one. */
struct phase {
	uint32_t first, count;
	bool exchanges;
};

static struct phase phase_at(const struct lowered_kernel *kernels, uint32_t count, uint32_t first)
{
	struct phase phase = {.first = first};
	while (first + phase.count < count && !phase.exchanges)
		phase.exchanges = is_collective(&kernels[first + phase.count++]);
	return phase;
}

static enum sim_status add_edge(struct workload_step *step, uint32_t before, uint32_t after,
				uint32_t back, struct sim_diag *diag)
{
	if (before == UINT32_MAX || after == UINT32_MAX)
		return SIM_OK;
	return step_add_edge(step, (struct lowered_edge){before, after, back}, diag);
}

/* One half of a layer while it is written: what its next kernels wait for. */
struct half {
	uint32_t exchange;	 /* the collective just before, UINT32_MAX: none */
	uint32_t first;		 /* kernel of the layer */
	uint32_t before_segment; /* the last collective of the segment before */
};

static enum sim_status write_phase(struct workload_step *step, const struct lowered_kernel *from,
				   struct phase phase, uint32_t at, struct half *half,
				   struct sim_diag *diag)
{
	for (uint32_t k = 0; k < phase.count; k++) {
		step->kernels[at + k] = from[phase.first + k];
		if (is_collective(&from[phase.first + k]))
			step->kernels[at + k].kernel.stream = COLLECTIVE_STREAM;
	}
	if (half->first == UINT32_MAX)
		half->first = at;
	else
		TRY(add_edge(step, half->exchange, at, 0, diag));
	half->exchange = UINT32_MAX;
	if (phase.exchanges) {
		half->exchange = at + phase.count - 1;
		if (phase.count > 1)
			TRY(add_edge(step, half->exchange - 1, half->exchange, 0, diag));
	}
	return SIM_OK;
}

static enum sim_status make_room(struct workload_step *step, size_t segment, uint32_t count,
				 struct sim_diag *diag)
{
	for (uint32_t k = 0; k < count; k++)
		if (step_insert(step, segment, step->segments[segment].count) == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	return SIM_OK;
}

static enum sim_status write_halves(struct workload_step *step, size_t segment,
				    const struct lowered_kernel *from, uint32_t count,
				    struct half *halves, struct sim_diag *diag)
{
	uint32_t at = step->segments[segment].first;
	for (int h = 0; h < 2; h++)
		halves[h].first = halves[h].exchange = UINT32_MAX;
	for (uint32_t done = 0; done < count;) {
		struct phase phase = phase_at(from, count, done);
		for (int h = 0; h < 2; h++, at += phase.count)
			TRY(write_phase(step, from, phase, at, &halves[h], diag));
		done += phase.count;
	}
	for (int h = 0; h < 2; h++) {
		if (step->segments[segment].repeat > 1)
			TRY(add_edge(step, halves[h].exchange, halves[h].first, 1, diag));
		TRY(add_edge(step, halves[h].before_segment, halves[h].first, 0, diag));
		halves[h].before_segment = halves[h].exchange;
	}
	return SIM_OK;
}

static enum sim_status split(struct workload_step *step, size_t segment, struct half *halves,
			     struct sim_diag *diag)
{
	uint32_t count = step->segments[segment].count, first = step->segments[segment].first;
	struct lowered_kernel *from = malloc((count + 1) * sizeof(*from));
	if (from == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	memcpy(from, &step->kernels[first], count * sizeof(*from));
	enum sim_status status = make_room(step, segment, count, diag);
	if (status == SIM_OK)
		status = write_halves(step, segment, from, count, halves, diag);
	free(from);
	return status;
}

/* What is outside of the layers runs once, after what both halves left. */
static enum sim_status join(struct workload_step *step, size_t segment, struct half *halves,
			    struct sim_diag *diag)
{
	for (int h = 0; h < 2; h++) {
		TRY(add_edge(step, halves[h].before_segment, step->segments[segment].first, 0,
			     diag));
		halves[h].before_segment = UINT32_MAX;
	}
	return SIM_OK;
}

static enum sim_status apply(const struct workload *workload, size_t first_key,
			     const struct workload_forward *forward, struct workload_step *step,
			     struct sim_diag *diag)
{
	struct half halves[2] = {{.before_segment = UINT32_MAX}, {.before_segment = UINT32_MAX}};
	(void)first_key;
	if (!parallel_halves(workload, forward))
		return SIM_OK;
	if (step->edge_count > 0)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "'tp.overlap' where copies run ahead ('tiers.prefetch')");
	for (size_t s = 0; s < step->segment_count; s++)
		if (step->segments[s].count > 0 && step->segments[s].repeat > 0)
			TRY(step->segments[s].layer != UINT32_MAX ? split(step, s, halves, diag)
								  : join(step, s, halves, diag));
	return SIM_OK;
}

const struct workload_transform workload_transform_overlap = {
	.name = "overlap",
	.what = "halves of a forward's tokens, whose collectives run beside each other's kernels",
	.apply = apply,
};
