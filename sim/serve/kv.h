/*
 * KV blocks of one instance: a count of free ones, and the prefixes that stay when nobody uses them
 * (dropped in the order of last use when blocks are short).
 */
#ifndef SIM_SERVE_KV_H
#define SIM_SERVE_KV_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/core/status.h"

struct kv_prefix {
	uint32_t blocks; /* held; 0: not there */
	uint32_t users;
	uint32_t before, after; /* in the order of last use, while nobody uses it */
};

struct kv_pool {
	uint64_t total, free; /* total UINT64_MAX / 2: no limit */
	uint64_t idle;	      /* blocks of prefixes that nobody uses */
	struct kv_prefix *prefixes;
	uint32_t groups;
	uint32_t oldest, newest;
	double area; /* blocks used x ps, up to seen_ps */
	uint64_t most;
	int64_t seen_ps;
};

#define KV_NO_LIMIT (UINT64_MAX / 2)

/* BLOCKS 0: no limit. */
SIM_MUST_CHECK enum sim_status kv_init(struct kv_pool *pool, uint64_t blocks, uint32_t groups,
				       struct sim_diag *diag);
void kv_fini(struct kv_pool *pool);

/* Used by lanes; prefixes that nobody uses do not count. */
static inline uint64_t kv_used(const struct kv_pool *pool)
{
	return pool->total - pool->free - pool->idle;
}

/* Blocks that could be had, prefixes dropped. */
static inline uint64_t kv_available(const struct kv_pool *pool)
{
	return pool->free + pool->idle;
}

/* Account for the time up to NOW; before anything changes at NOW. */
void kv_clock(struct kv_pool *pool, int64_t now_ps);

/* False: there are not as many, and none is taken. */
bool kv_take(struct kv_pool *pool, uint64_t blocks);
void kv_give(struct kv_pool *pool, uint64_t blocks);

/* One more uses the prefix of GROUP, of BLOCKS. *HIT: it was there. False: no room. */
bool kv_prefix_take(struct kv_pool *pool, uint32_t group, uint32_t blocks, bool *hit);
void kv_prefix_give(struct kv_pool *pool, uint32_t group);

#endif
