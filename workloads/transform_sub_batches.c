/*
 * sub_batches: parts of the batch that go through the layers beside each other, each on a stream of
 * its own, so that units of a system overlap: one part's attention on one unit, the next part's
 * projections on another (NeuPIMs' sub-batch interleaving, arXiv 2403.00579).
 *
 *   n forwards of batch / n; the engine shares out what they both use
 *   max over resources of the sum of work <= T <= the forwards one after another
 *
 * Each part reads the weights for itself: that is what it costs, and why it pays at large batches
 * only. Kernels of one unit that overlap share its rates and hide each other's fixed times.
 */
#include "workloads/transform_parts.h"

/* clang-format off */
static const struct scenario_key keys[] = {
	{"sub_batches", SCENARIO_NUMBER, UNIT_COUNT, 1, 16, "1", NULL, "parts of the batch that go through the layers beside each other, for units that overlap"},
	{0},
};
/* clang-format on */

static enum sim_status plan(const struct workload *workload, size_t first_key,
			    struct workload_iteration *iteration, struct sim_diag *diag)
{
	uint32_t parts = (uint32_t)transform_number(workload, first_key, 0);
	struct workload_iteration whole = *iteration;
	if (parts == 1)
		return SIM_OK;
	if (whole.forward_count * parts > WORKLOAD_MOST_FORWARDS)
		return diag_fail(diag, SIM_E_RANGE,
				 "'sub_batches': %zu forwards of %u parts are more than %d",
				 whole.forward_count, parts, WORKLOAD_MOST_FORWARDS);
	if (iteration->batch <= 0)
		iteration->batch = whole.forwards[0].batch;
	iteration->forward_count = 0;
	for (size_t i = 0; i < whole.forward_count; i++) {
		double batch = whole.forwards[i].batch / parts;
		if (batch < 1 || batch != (double)(uint64_t)batch)
			return diag_fail(diag, SIM_E_RANGE,
					 "'sub_batches': %u parts do not divide a batch of %.10g",
					 parts, whole.forwards[i].batch);
		for (uint32_t part = 0; part < parts; part++) {
			struct workload_forward *forward =
				&iteration->forwards[iteration->forward_count++];
			*forward = whole.forwards[i];
			forward->batch = batch;
			forward->stream = (uint8_t)(whole.forwards[i].stream * parts + part);
		}
	}
	return SIM_OK;
}

const struct workload_transform workload_transform_sub_batches = {
	.name = "sub_batches",
	.what = "parts of the batch beside each other, for units that overlap",
	.keys = keys,
	.plan = plan,
};
