/*
 * Closed form of one step told as runs that repeat: the sums of closed.c with each duration counted
 * as often as its kernel runs. What hides behind a predecessor (pdl) is counted twice a run: behind
 * the run before for the first repeat, behind the run's own last kernel for the others.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/core/replay_plan.h"

enum { MOST_AT_ONCE = 4096 };

struct sums {
	const struct replay_plan *plan;
	const struct replay_block *blocks;
	uint64_t kernels, device_ps, busy_ps, host_ps; /* device_ps without gaps */
	uint64_t floor_bytes;
	int64_t first_host_ps, last_ps; /* of the first kernel; duration of the last so far */
};

static uint64_t times(uint64_t value, uint64_t count)
{
	uint64_t product;
	return __builtin_mul_overflow(value, count, &product) ? UINT64_MAX : product;
}

static void add(uint64_t *sum, uint64_t value, uint64_t count)
{
	*sum = sum_saturating(*sum, times(value, count));
}

/* Kernels of RUN once, REPEAT times counted; BEFORE_PS: duration of the kernel before the first. */
static int64_t add_once(struct sums *sums, const struct sim_run *run, uint64_t repeat,
			int64_t before_ps)
{
	int64_t gap_ps = sums->plan->one_launch.gap_ps;
	uint64_t device_ps = 0, busy_ps = 0, host_ps = 0;
	for (uint32_t k = run->first; k < run->first + run->count; k++) {
		const struct replay_block *block = &sums->blocks[k / BLOCK_KERNELS];
		uint32_t i = k % BLOCK_KERNELS;
		int64_t duration_ps = block->fixed_ps[i] + block->service_ps[i];
		int64_t hidden_ps =
			before_ps < block->hidden_ps[i] ? before_ps : block->hidden_ps[i];
		int64_t shift_ps = gap_ps - hidden_ps;
		device_ps += (uint64_t)(duration_ps - hidden_ps);
		busy_ps += (uint64_t)(duration_ps + (shift_ps < 0 ? shift_ps : 0));
		host_ps += (uint64_t)block->host_ps[i];
		before_ps = duration_ps;
	}
	add(&sums->device_ps, device_ps, repeat);
	add(&sums->busy_ps, busy_ps, repeat);
	add(&sums->host_ps, host_ps, repeat);
	return before_ps;
}

static void add_run(struct sums *sums, const struct sim_kernel *kernels, const struct sim_run *run)
{
	uint64_t bytes = 0;
	if (run->count == 0 || run->repeat == 0)
		return;
	if (sums->kernels == 0)
		sums->first_host_ps = sums->blocks[run->first / BLOCK_KERNELS]
					      .host_ps[run->first % BLOCK_KERNELS];
	for (uint32_t k = run->first; k < run->first + run->count; k++)
		bytes = sum_saturating(bytes, sim_kernel_floor_bytes(&kernels[k]));
	add(&sums->floor_bytes, bytes, run->repeat);
	sums->kernels += (uint64_t)run->count * run->repeat;
	sums->last_ps = add_once(sums, run, 1, sums->last_ps);
	if (run->repeat > 1)
		(void)add_once(sums, run, run->repeat - 1, sums->last_ps);
}

static enum sim_status check(const struct sim_kernel *kernels, size_t count,
			     const struct sim_run *runs, size_t run_count,
			     const struct replay_options *options, struct sim_diag *diag)
{
	uint64_t total = 0;
	if (options->launch == SIM_LAUNCH_AS_TRACED || options->repeat > 1)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "the closed form of runs needs a launch mode and one pass");
	for (size_t k = 0; k < count; k++)
		if (kernels[k].flags & (SIM_KERNEL_SYNC_BEFORE | SIM_KERNEL_OPAQUE))
			return diag_fail(
				diag, SIM_E_UNSUPPORTED,
				"the closed form of runs has no waits and no opaque kernels");
	for (size_t r = 0; r < run_count; r++) {
		if (runs[r].first > count || runs[r].count > count - runs[r].first)
			return diag_fail(diag, SIM_E_RANGE, "a run outside the kernels: 'run %zu'",
					 r);
		total += (uint64_t)runs[r].count * runs[r].repeat;
		if (total > UINT32_MAX)
			return diag_fail(diag, SIM_E_RANGE, "too many kernels");
	}
	return SIM_OK;
}

static enum sim_status finish(const struct sums *sums, struct replay_result *result,
			      struct sim_diag *diag)
{
	const struct replay_plan *plan = sums->plan;
	const struct machine_launch *launch = &plan->machine->launch;
	uint64_t between = sums->kernels > 0 ? sums->kernels - 1 : 0;
	bool eager = plan->options->launch == SIM_LAUNCH_EAGER;
	int64_t gap_ps = eager ? launch->stream_gap_ps : plan->one_launch.gap_ps;
	uint64_t device_ps = sums->device_ps, host_ps = sums->host_ps;
	add(&device_ps, (uint64_t)gap_ps, between);
	if (device_ps >= (uint64_t)REPLAY_TIME_END || host_ps >= (uint64_t)REPLAY_TIME_END)
		return plan_fail_time(diag);
	int64_t start_ps, end_ps, clock_ps = 0;
	if (sums->kernels == 0) {
		result->steps = 1;
		return SIM_OK;
	}
	if (eager) {
		clock_ps = (int64_t)host_ps;
		start_ps = sums->first_host_ps + launch->latency_ps;
		end_ps = start_ps + (int64_t)device_ps;
		int64_t last_ps = clock_ps + launch->latency_ps + sums->last_ps;
		end_ps = last_ps > end_ps ? last_ps : end_ps;
	} else {
		clock_ps = plan_launch_host_ps(plan, (uint32_t)sums->kernels);
		host_ps = (uint64_t)clock_ps;
		start_ps = clock_ps + plan_launch_latency_ps(plan, (uint32_t)sums->kernels);
		end_ps = start_ps + (int64_t)device_ps;
	}
	int64_t total_ps = end_ps + launch->sync_ps;
	total_ps = clock_ps > total_ps ? clock_ps : total_ps;
	if (total_ps >= REPLAY_TIME_END)
		return plan_fail_time(diag);
	result->kernels = sums->kernels;
	result->steps = 1;
	result->total_ps = result->step_ps = total_ps;
	result->device_span_ps = end_ps - start_ps;
	result->device_busy_ps = (int64_t)sums->busy_ps;
	result->host_ps = (int64_t)host_ps;
	census_finish(&(struct census){.floor_bytes = sums->floor_bytes}, plan, result);
	return SIM_OK;
}

enum sim_status closed_form_runs(const struct sim_kernel *kernels, size_t count,
				 const struct sim_run *runs, size_t run_count,
				 const struct machine *machine,
				 const struct replay_options *options, struct replay_result *result,
				 struct sim_diag *diag)
{
	struct replay_block near[MOST_AT_ONCE / BLOCK_KERNELS / 8]; /* for steps of usual size */
	struct replay_plan plan;
	const struct sim_step all = {.first = 0,
				     .count = (uint32_t)count,
				     .traced_launch = SIM_LAUNCH_GRAPH,
				     .ends_in_sync = 1};
	const struct sim_program program = {
		.kernels = kernels, .kernel_count = count, .steps = &all, .step_count = 1};
	memset(result, 0, sizeof(*result));
	TRY(check(kernels, count, runs, run_count, options, diag));
	TRY(plan_init(&plan, &program, machine, options, diag));
	size_t block_count = count / BLOCK_KERNELS + 1;
	struct replay_block *blocks = near;
	if (block_count > sizeof(near) / sizeof(near[0]))
		blocks = calloc(block_count, sizeof(*blocks));
	if (blocks == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	struct sums sums = {.plan = &plan, .blocks = blocks};
	uint32_t bad = UINT32_MAX;
	for (size_t base = 0; base < count && bad == UINT32_MAX; base += BLOCK_KERNELS) {
		struct replay_block *block = &blocks[base / BLOCK_KERNELS];
		memset(block->host_ps, 0, sizeof(block->host_ps));
		memset(block->hidden_ps, 0, sizeof(block->hidden_ps));
		block_work_out(&plan, kernels, count, block, (uint32_t)base);
		bad = block_bad_between(block, (uint32_t)base, (uint32_t)base + block->count);
	}
	enum sim_status status = bad == UINT32_MAX ? SIM_OK : plan_fail_duration(bad, diag);
	for (size_t r = 0; status == SIM_OK && r < run_count; r++)
		add_run(&sums, kernels, &runs[r]);
	if (status == SIM_OK)
		status = finish(&sums, result, diag);
	if (blocks != near)
		free(blocks);
	return status;
}
