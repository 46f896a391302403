/*
 * overhead: time of the host and of the software around a forward, which no launch mode hides.
 *
 *   T = T_forward + forward + (block, where a sequence brings more than one token)
 *
 * Sampling loops, schedulers, detokenizers, input preparation: between two forwards the device waits
 * for them, because the next input depends on the last output. Why it is not part of a profile: it
 * belongs to the serving script, and published steps of small models are mostly made of it (100M
 * parameters, 7.4 ms a step). It is an input, or fitted on one cell of a table and said so. host_speed
 * scales it like every cost of the host.
 *
 * Eager, the host is busy with it before it launches the first kernel. In other modes the host is not
 * simulated kernel by kernel, and an opaque kernel of that length stands at the head of the forward.
 */
#include "workloads/transform_parts.h"

enum { OVERHEAD_FORWARD, OVERHEAD_BLOCK, OVERHEAD_KEY_COUNT };

static const struct scenario_key keys[OVERHEAD_KEY_COUNT + 1] = {
	[OVERHEAD_FORWARD] = {"overhead.forward", SCENARIO_NUMBER, UNIT_SECONDS, 0, 4, "0", NULL,
			      "time of host and software around each forward, not hidden"},
	[OVERHEAD_BLOCK] = {"overhead.block", SCENARIO_NUMBER, UNIT_SECONDS, 0, 4, "0", NULL,
			    "more of it for a forward of several tokens of a sequence"},
	{0},
};

/* A segment that runs once, outside the layers; SIZE_MAX: none. */
static size_t find_segment(const struct workload_step *step)
{
	for (size_t s = 0; s < step->segment_count; s++)
		if (step->segments[s].count > 0 && step->segments[s].repeat == 1)
			return s;
	return SIZE_MAX;
}

static void fill_wait(const struct workload *workload, double seconds, struct lowered_kernel *made)
{
	unsigned launch = (unsigned)scenario_number(&workload->scenario, SCENARIO_LAUNCH);
	double speed = scenario_number(&workload->scenario, SCENARIO_HOST_SPEED);
	bool eager = launch == SIM_LAUNCH_EAGER;
	made->role = WORKLOAD_ROLE_NONE;
	made->kernel.op = SIM_OP_UNKNOWN;
	made->kernel.family = SIM_FAMILY_UNKNOWN;
	made->kernel.dtype = SIM_DTYPE_UNKNOWN;
	made->kernel.flags = SIM_KERNEL_OPAQUE | SIM_KERNEL_HOST_RECORDED;
	made->kernel.host_ns = eager ? (uint32_t)transform_bytes(seconds * 1e9, 8) : 0;
	made->kernel.recorded_ps = eager ? 0 : transform_bytes(seconds * 1e12 / speed, 8);
}

static enum sim_status apply(const struct workload *workload, size_t first_key,
			     const struct workload_forward *forward, struct workload_step *step,
			     struct sim_diag *diag)
{
	double seconds = transform_number(workload, first_key, OVERHEAD_FORWARD);
	struct lowered_kernel *made;
	if (forward->width > 1 && !forward->prefill)
		seconds += transform_number(workload, first_key, OVERHEAD_BLOCK);
	if (seconds == 0)
		return SIM_OK;
	size_t segment = find_segment(step);
	if (segment == SIZE_MAX)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "'overhead.forward': the profile has nothing outside the layers");
	TRY(transform_insert(step, segment, 0, step->segments[segment].first, "overhead", &made,
			     diag));
	fill_wait(workload, seconds, made);
	return SIM_OK;
}

const struct workload_transform workload_transform_overhead = {
	.name = "overhead",
	.what = "time of host and software around a forward",
	.keys = keys,
	.apply = apply,
};
