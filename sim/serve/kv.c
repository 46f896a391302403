/* KV blocks of one instance. */
#include "sim/serve/kv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

enum sim_status kv_init(struct kv_pool *pool, uint64_t blocks, uint32_t groups,
			struct sim_diag *diag)
{
	memset(pool, 0, sizeof(*pool));
	pool->total = pool->free = blocks > 0 ? blocks : KV_NO_LIMIT;
	pool->groups = groups;
	pool->oldest = pool->newest = NONE;
	if (groups == 0)
		return SIM_OK;
	pool->prefixes = calloc(groups, sizeof(*pool->prefixes));
	return pool->prefixes != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

void kv_fini(struct kv_pool *pool)
{
	free(pool->prefixes);
	pool->prefixes = NULL;
}

void kv_clock(struct kv_pool *pool, int64_t now_ps)
{
	uint64_t used = kv_used(pool);
	pool->area += (double)used * (double)(now_ps - pool->seen_ps);
	pool->seen_ps = now_ps;
	pool->most = used > pool->most ? used : pool->most;
}

static void unlink_idle(struct kv_pool *pool, uint32_t group)
{
	struct kv_prefix *prefix = &pool->prefixes[group];
	*(prefix->before != NONE ? &pool->prefixes[prefix->before].after : &pool->oldest) =
		prefix->after;
	*(prefix->after != NONE ? &pool->prefixes[prefix->after].before : &pool->newest) =
		prefix->before;
	pool->idle -= prefix->blocks;
}

static void drop_oldest(struct kv_pool *pool)
{
	uint32_t group = pool->oldest;
	unlink_idle(pool, group);
	pool->free += pool->prefixes[group].blocks;
	pool->prefixes[group].blocks = 0;
}

bool kv_take(struct kv_pool *pool, uint64_t blocks)
{
	if (blocks > kv_available(pool))
		return false;
	while (blocks > pool->free)
		drop_oldest(pool);
	pool->free -= blocks;
	return true;
}

void kv_give(struct kv_pool *pool, uint64_t blocks)
{
	pool->free += blocks;
	assert(pool->free <= pool->total);
}

bool kv_prefix_take(struct kv_pool *pool, uint32_t group, uint32_t blocks, bool *hit)
{
	struct kv_prefix *prefix = &pool->prefixes[group];
	*hit = prefix->blocks > 0;
	if (*hit && prefix->users == 0)
		unlink_idle(pool, group);
	else if (!*hit && !kv_take(pool, blocks))
		return false;
	prefix->blocks = blocks;
	prefix->users++;
	return true;
}

void kv_prefix_give(struct kv_pool *pool, uint32_t group)
{
	struct kv_prefix *prefix = &pool->prefixes[group];
	assert(prefix->users > 0);
	if (--prefix->users > 0)
		return;
	prefix->before = pool->newest;
	prefix->after = NONE;
	*(pool->newest != NONE ? &pool->prefixes[pool->newest].after : &pool->oldest) = group;
	pool->newest = group;
	pool->idle += prefix->blocks;
}
