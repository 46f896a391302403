/*
 * Plan of a replay: program, machine and options checked once and turned into the constants that
 * every path uses, so that all of them use the same. Internal to the replay.
 */
#ifndef SIM_CORE_REPLAY_PLAN_H
#define SIM_CORE_REPLAY_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/core/replay.h"

/* Simulated time ends before 2^62; no single duration may reach 2^60, so sums cannot overflow. */
#define REPLAY_TIME_END (INT64_C(1) << 62)
#define REPLAY_DURATION_END (INT64_C(1) << 60)
/* "Never ran yet": far enough back that any gap or sync added to it is still before time 0. */
#define REPLAY_NEVER (-(INT64_C(1) << 61))

/* How a step of one launch is put on the device. Host costs before host speed. */
struct launch_shape {
	int64_t host_ps, host_node_ps;
	int64_t latency_ps, latency_node_ps;
	int64_t gap_ps;	    /* between two kernels of a stream */
	int64_t overlap_ps; /* most of a fixed latency that hides behind the predecessor */
};

struct replay_plan {
	const struct sim_program *program;
	const struct machine *machine;
	const struct replay_options *options;
	uint64_t repeat;
	uint64_t step_kernels; /* kernels of all steps, once */
	double host_scale;
	double host_ps_per_ns; /* of recorded host time */
	int64_t eager_host_ps; /* scaled; of a launch that was not recorded */
	struct launch_shape one_launch;
	bool drop_fixed;     /* megakernel */
	bool recorded_gaps;  /* graphs that were traced as graphs follow the recorded gaps */
	bool any_eager;	     /* some step is */
	bool only_recording; /* all steps do */
};

SIM_MUST_CHECK enum sim_status plan_init(struct replay_plan *plan,
					 const struct sim_program *program,
					 const struct machine *machine,
					 const struct replay_options *options,
					 struct sim_diag *diag);

/* Every kernel of STEP is issued by the host; otherwise one launch starts all of them. */
static inline bool plan_is_eager(const struct replay_plan *plan, const struct sim_step *step)
{
	return plan->options->launch == SIM_LAUNCH_EAGER ||
	       (plan->options->launch == SIM_LAUNCH_AS_TRACED &&
		step->traced_launch == SIM_LAUNCH_EAGER);
}

static inline bool plan_follows_recording(const struct replay_plan *plan,
					  const struct sim_step *step)
{
	return plan->recorded_gaps && step->traced_launch == SIM_LAUNCH_GRAPH;
}

static inline int64_t plan_scale_host(const struct replay_plan *plan, int64_t host_ps)
{
	return plan->host_scale == 1 ? host_ps : time_from_ps((double)host_ps * plan->host_scale);
}

/* Host cost and latency of the one launch of a step of COUNT kernels. */
static inline int64_t plan_launch_host_ps(const struct replay_plan *plan, uint32_t count)
{
	return plan_scale_host(plan, plan->one_launch.host_ps +
					     (int64_t)count * plan->one_launch.host_node_ps);
}

static inline int64_t plan_launch_latency_ps(const struct replay_plan *plan, uint32_t count)
{
	return plan->one_launch.latency_ps + (int64_t)count * plan->one_launch.latency_node_ps;
}

/* Demands of 128 consecutive kernels as time, alone on the machine and in this launch mode. */
enum { BLOCK_KERNELS = 128 };

struct replay_block {
	uint32_t base, count; /* count 0: not filled yet */
	uint64_t bits;	      /* of all durations below, or-ed: tells how large any can be */
	bool any_opaque;
	bool any_bad;			/* some duration is out of range */
	int64_t host_ps[BLOCK_KERNELS]; /* eager launch, scaled */
	int64_t fixed_ps[BLOCK_KERNELS];
	int64_t service_ps[BLOCK_KERNELS];
	int64_t hidden_ps[BLOCK_KERNELS]; /* most of the start that pdl hides */
};

/*
 * Blocks of a program. Demands are pure, so a program that repeats and is not too long keeps all of
 * its blocks; otherwise there is one, which is filled again and again.
 */
struct block_cache {
	struct replay_block *blocks;
	struct replay_block *distinct; /* of the program's distinct kernels; NULL: not told */
	bool keeps_all;
};

SIM_MUST_CHECK enum sim_status
block_cache_init(struct block_cache *cache, const struct replay_plan *plan, struct sim_diag *diag);
void block_cache_fini(struct block_cache *cache);
/* First kernel of FROM .. TO with a duration out of range, UINT32_MAX for none. */
uint32_t block_bad_between(const struct replay_block *block, uint32_t from, uint32_t to);
void block_fill(const struct replay_plan *plan, struct block_cache *cache,
		struct replay_block *block, uint32_t base);
/* Demands of COUNT kernels at KERNELS + base, whatever the program says of them. */
void block_work_out(const struct replay_plan *plan, const struct sim_kernel *kernels, size_t count,
		    struct replay_block *block, uint32_t base);

/* The block that KERNEL is in, at index KERNEL - base. Valid until the next call. */
static inline const struct replay_block *block_of(const struct replay_plan *plan,
						  struct block_cache *cache, uint32_t kernel)
{
	uint32_t number = kernel / BLOCK_KERNELS;
	struct replay_block *block = &cache->blocks[cache->keeps_all ? number : 0];
	if (block->count == 0 || block->base != number * BLOCK_KERNELS)
		block_fill(plan, cache, block, number * BLOCK_KERNELS);
	return block;
}

enum sim_status plan_fail_duration(uint32_t kernel, struct sim_diag *diag);
enum sim_status plan_fail_time(struct sim_diag *diag);

/* Sums that hostile input could carry past 2^64 stop there. */
static inline uint64_t sum_saturating(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

/* What no timeline is needed for, of all steps once. */
struct census {
	uint64_t floor_bytes;
	uint64_t opaque_kernels;
};

void census_add(struct census *census, const struct sim_kernel *kernels, uint32_t count);
void census_finish(const struct census *census, const struct replay_plan *plan,
		   struct replay_result *result);

#endif
