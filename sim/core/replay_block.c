/*
 * Blocks of demands: the model is called once per block, and everything of a kernel that does not
 * depend on the timeline is worked out in simple loops before the timeline needs it.
 */
#include "sim/core/replay_plan.h"

#include <assert.h>
#include <stdlib.h>

enum { KEPT_KERNELS = 1 << 20 };

/* Demands of the distinct kernels, all at once. */
static enum sim_status fill_distinct(struct block_cache *cache, const struct replay_plan *plan,
				     struct sim_diag *diag)
{
	const struct sim_program *program = plan->program;
	size_t blocks = program->distinct_count / BLOCK_KERNELS + 1;
	cache->distinct = calloc(blocks, sizeof(*cache->distinct));
	if (cache->distinct == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t base = 0; base < program->distinct_count; base += BLOCK_KERNELS)
		block_work_out(plan, program->distinct, program->distinct_count,
			       &cache->distinct[base / BLOCK_KERNELS], (uint32_t)base);
	return SIM_OK;
}

enum sim_status block_cache_init(struct block_cache *cache, const struct replay_plan *plan,
				 struct sim_diag *diag)
{
	size_t kernels = plan->program->kernel_count;
	cache->keeps_all = plan->repeat > 1 && kernels <= KEPT_KERNELS;
	size_t blocks = cache->keeps_all ? kernels / BLOCK_KERNELS + 1 : 1;
	cache->blocks = calloc(blocks, sizeof(*cache->blocks));
	cache->distinct = NULL;
	if (cache->blocks == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	return plan->program->distinct_of != NULL ? fill_distinct(cache, plan, diag) : SIM_OK;
}

void block_cache_fini(struct block_cache *cache)
{
	free(cache->blocks);
	free(cache->distinct);
	cache->blocks = cache->distinct = NULL;
}

static uint64_t fill_host(const struct replay_plan *plan, struct replay_block *block,
			  const struct sim_kernel *kernels)
{
	uint64_t bits = 0;
	for (uint32_t i = 0; i < block->count; i++) {
		double recorded_ps = (double)kernels[i].host_ns * plan->host_ps_per_ns;
		block->host_ps[i] = kernels[i].flags & SIM_KERNEL_HOST_RECORDED
					    ? time_from_ps(recorded_ps)
					    : plan->eager_host_ps;
		bits |= (uint64_t)block->host_ps[i];
	}
	return bits;
}

/* demand_service_ps() with the number of resources known to the compiler. */
static inline uint64_t fill_service(const struct replay_plan *plan, struct replay_block *block,
				    const struct machine_demand *demands, uint32_t resources,
				    const struct sim_kernel *kernels, size_t left)
{
	double ps_per_unit[MACHINE_MAX_RESOURCES];
	/* while this block is worked out the next one comes from memory */
	size_t ahead = left >= 2 * BLOCK_KERNELS ? BLOCK_KERNELS : 0;
	uint64_t bits = 0;
	unsigned flags = 0;
	for (uint32_t r = 0; r < resources; r++)
		ps_per_unit[r] = plan->machine->resources[r].ps_per_unit;
	for (uint32_t i = 0; i < block->count; i++) {
		double longest = 0;
		__builtin_prefetch(kernels + ahead + i);
		flags |= kernels[i].flags;
		for (uint32_t r = 0; r < resources; r++) {
			double ps = demands[i].work[r] * ps_per_unit[r];
			longest = ps > longest ? ps : longest;
		}
		int64_t service_ps = time_from_ps(longest), limit_ps = demands[i].limit_ps;
		block->fixed_ps[i] = demands[i].fixed_ps;
		block->service_ps[i] = service_ps > limit_ps ? service_ps : limit_ps;
		bits |= (uint64_t)block->fixed_ps[i] | (uint64_t)block->service_ps[i];
	}
	block->any_opaque = (flags & SIM_KERNEL_OPAQUE) != 0;
	return bits;
}

static uint64_t fill_device(const struct replay_plan *plan, struct replay_block *block,
			    const struct sim_kernel *kernels, size_t left)
{
	struct machine_demand demands[BLOCK_KERNELS];
	machine_demand(plan->machine, kernels, block->count, demands);
	switch (plan->machine->resource_count) {
	case 1:
		return fill_service(plan, block, demands, 1, kernels, left);
	case 2:
		return fill_service(plan, block, demands, 2, kernels, left);
	case 3:
		return fill_service(plan, block, demands, 3, kernels, left);
	default:
		return fill_service(plan, block, demands, plan->machine->resource_count, kernels,
				    left);
	}
}

/* What a kernel's launch mode and a recording change in its demand. Opaque kernels stay whole. */
static void fill_mode(const struct replay_plan *plan, struct replay_block *block,
		      const struct sim_kernel *kernels)
{
	int64_t overlap_ps = plan->one_launch.overlap_ps;
	bool recorded = plan->machine->plays_recording;
	for (uint32_t i = 0; i < block->count; i++) {
		bool whole = recorded || kernels[i].flags & SIM_KERNEL_OPAQUE;
		int64_t fixed_ps = block->fixed_ps[i];
		block->hidden_ps[i] = whole ? 0 : overlap_ps < fixed_ps ? overlap_ps : fixed_ps;
		if (recorded) {
			block->fixed_ps[i] += block->service_ps[i];
			block->service_ps[i] = 0;
		} else if (plan->drop_fixed && !whole) {
			block->fixed_ps[i] = 0;
		}
	}
}

static uint64_t bits_of(const struct replay_block *block, uint32_t i)
{
	return (uint64_t)block->host_ps[i] | (uint64_t)block->fixed_ps[i] |
	       (uint64_t)block->service_ps[i];
}

uint32_t block_bad_between(const struct replay_block *block, uint32_t from, uint32_t to)
{
	for (uint32_t kernel = from; block->any_bad && kernel < to; kernel++)
		if (bits_of(block, kernel - block->base) >= (uint64_t)REPLAY_DURATION_END)
			return kernel;
	return UINT32_MAX;
}

void block_work_out(const struct replay_plan *plan, const struct sim_kernel *kernels, size_t count,
		    struct replay_block *block, uint32_t base)
{
	size_t left = count - base;
	bool special = plan->one_launch.overlap_ps > 0 || plan->drop_fixed ||
		       plan->machine->plays_recording;
	kernels += base;
	block->base = base;
	block->count = left < BLOCK_KERNELS ? (uint32_t)left : BLOCK_KERNELS;
	block->bits = fill_device(plan, block, kernels, left);
	if (plan->any_eager)
		block->bits |= fill_host(plan, block, kernels);
	/* what is out of range will be refused: do not add it up */
	if (special && block->bits < (uint64_t)REPLAY_DURATION_END) {
		fill_mode(plan, block, kernels);
		for (uint32_t i = 0; i < block->count; i++)
			block->bits |= bits_of(block, i);
	}
	block->any_bad = block->bits >= (uint64_t)REPLAY_DURATION_END;
}

/* What was worked out for the distinct kernels, put where their copies are. */
static void copy_distinct(const struct replay_plan *plan, const struct replay_block *distinct,
			  struct replay_block *block, uint32_t base)
{
	const uint32_t *of = plan->program->distinct_of + base;
	size_t left = plan->program->kernel_count - base;
	block->base = base;
	block->count = left < BLOCK_KERNELS ? (uint32_t)left : BLOCK_KERNELS;
	block->bits = 0;
	block->any_opaque = block->any_bad = false;
	for (uint32_t i = 0; i < block->count; i++) {
		const struct replay_block *from = &distinct[of[i] / BLOCK_KERNELS];
		uint32_t at = of[i] % BLOCK_KERNELS;
		assert(of[i] < plan->program->distinct_count);
		block->host_ps[i] = from->host_ps[at];
		block->fixed_ps[i] = from->fixed_ps[at];
		block->service_ps[i] = from->service_ps[at];
		block->hidden_ps[i] = from->hidden_ps[at];
		block->bits |= bits_of(block, i);
		block->any_opaque |= from->any_opaque;
	}
	block->any_bad = block->bits >= (uint64_t)REPLAY_DURATION_END;
}

void block_fill(const struct replay_plan *plan, struct block_cache *cache,
		struct replay_block *block, uint32_t base)
{
	if (cache->distinct != NULL)
		copy_distinct(plan, cache->distinct, block, base);
	else
		block_work_out(plan, plan->program->kernels, plan->program->kernel_count, block,
			       base);
}

enum sim_status plan_fail_duration(uint32_t kernel, struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_RANGE,
			 "kernel too long: 'kernel %u' (one duration must be below 2^60 ps)",
			 kernel);
}

enum sim_status plan_fail_time(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_RANGE,
			 "simulated time past 2^62 ps (check durations, host speed and repeat)");
}

void census_add(struct census *census, const struct sim_kernel *kernels, uint32_t count)
{
	uint64_t bytes = census->floor_bytes, opaque = 0;
	for (uint32_t i = 0; i < count; i++) {
		bytes = sum_saturating(bytes, sim_kernel_floor_bytes(&kernels[i]));
		opaque += (kernels[i].flags & SIM_KERNEL_OPAQUE) != 0;
	}
	census->floor_bytes = bytes;
	census->opaque_kernels += opaque;
}

void census_finish(const struct census *census, const struct replay_plan *plan,
		   struct replay_result *result)
{
	double steps = (double)plan->program->step_count;
	result->opaque_kernels = census->opaque_kernels * plan->repeat;
	if (steps == 0 || !(plan->machine->memory_bytes_per_s > 0))
		return;
	double seconds = (double)census->floor_bytes / plan->machine->memory_bytes_per_s;
	double floor_ps = seconds * 1e12 / steps;
	/* whole ps below: a step that runs at the floor is not below it */
	result->floor_ps = time_from_ps(floor_ps);
	result->floor_ps -= (double)result->floor_ps > floor_ps;
}
