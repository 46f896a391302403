/* Progressive filling, and exact accounting of who ends when: see share.h. */
#include "sim/core/share.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void share_init(struct share *share, uint32_t resource_count)
{
	assert(resource_count <= MACHINE_MAX_RESOURCES);
	memset(share, 0, sizeof(*share));
	share->resource_count = resource_count;
	share->next_end_ps = INT64_MAX;
}

void share_fini(struct share *share)
{
	free(share->members);
	share_init(share, share->resource_count);
}

/*
 * The resource that fills first when everybody who is open (rate 0) rises, and the level at which
 * it does; the resource count when none fills before level 1.
 */
static uint32_t first_full(const struct share_member *members, size_t count,
			   uint32_t resource_count, const double *rates, double *level)
{
	uint32_t first = resource_count;
	double lowest = 1;
	for (uint32_t r = 0; r < resource_count; r++) {
		double taken = 0, open = 0;
		for (size_t i = 0; i < count; i++) {
			taken += rates[i] * members[i].use[r];
			open += rates[i] == 0 ? members[i].use[r] : 0;
		}
		if (open == 0 || taken + open <= 1)
			continue;
		double full = (1 - taken) / open;
		if (full < lowest) {
			lowest = full;
			first = r;
		}
	}
	/* levels never fall; rounding may make this one seem to */
	*level = first == resource_count ? 1 : lowest > *level ? lowest : *level;
	return first;
}

void share_rates(const struct share_member *members, size_t count, uint32_t resource_count,
		 double *rates)
{
	double level = 0;
	for (size_t i = 0; i < count; i++)
		rates[i] = 0;
	for (;;) {
		uint32_t full = first_full(members, count, resource_count, rates, &level);
		for (size_t i = 0; i < count; i++)
			if (rates[i] == 0 && (full == resource_count || members[i].use[full] > 0))
				rates[i] = level;
		if (full == resource_count)
			return;
	}
}

static void set_rate(struct share_member *member, double rate, int64_t now_ps)
{
	if (rate == member->rate)
		return;
	member->remaining_ps -= member->rate * (double)(now_ps - member->since_ps);
	if (member->remaining_ps < 0)
		member->remaining_ps = 0;
	member->since_ps = now_ps;
	member->rate = rate;
	member->end_ps = now_ps + time_from_ps(member->remaining_ps / rate);
}

static void find_next(struct share *share)
{
	share->next_end_ps = INT64_MAX;
	for (size_t i = 0; i < share->count; i++) {
		if (share->members[i].end_ps < share->next_end_ps) {
			share->next_end_ps = share->members[i].end_ps;
			share->next = i;
		}
	}
}

/*
 * The commonest case: a resource that two fill, each using at most all of it, is used by both, so
 * both stop at the first that is full.
 */
static double pair_rate(const struct share *share)
{
	const double *one = share->members[0].use, *other = share->members[1].use;
	double most = 1;
	for (uint32_t r = 0; r < share->resource_count; r++)
		most = one[r] + other[r] > most ? one[r] + other[r] : most;
	return 1 / most;
}

static void set_rates(struct share *share, int64_t now_ps)
{
	if (share->count <= 2) {
		double rate = share->count == 2 ? pair_rate(share) : 1;
		for (size_t i = 0; i < share->count; i++)
			set_rate(&share->members[i], rate, now_ps);
		return;
	}
	double few[8], *rates = few;
	if (share->count > sizeof(few) / sizeof(few[0]))
		rates = (double *)(void *)(share->members + share->capacity);
	share_rates(share->members, share->count, share->resource_count, rates);
	for (size_t i = 0; i < share->count; i++)
		set_rate(&share->members[i], rates[i], now_ps);
}

/* Room for members and, behind them, for their rates. */
static enum sim_status grow(struct share *share)
{
	size_t capacity = share->capacity ? share->capacity * 2 : 8;
	struct share_member *members =
		realloc(share->members, capacity * (sizeof(*members) + sizeof(double)));
	if (members == NULL)
		return SIM_E_NOMEM;
	share->members = members;
	share->capacity = capacity;
	return SIM_OK;
}

enum sim_status share_join(struct share *share, uint32_t owner, int64_t now_ps, int64_t service_ps,
			   const double *use)
{
	assert(use != NULL || share->count == 0);
	if (share->count == share->capacity)
		TRY(grow(share));
	struct share_member *member = &share->members[share->count];
	member->end_ps = now_ps + service_ps;
	member->since_ps = now_ps;
	member->remaining_ps = (double)service_ps;
	member->rate = 1;
	member->owner = owner;
	member->has_use = false;
	if (use != NULL)
		share_set_use(share, share->count, use);
	if (share->count++ == 0) {
		share->next_end_ps = member->end_ps;
		share->next = 0;
		return SIM_OK;
	}
	set_rates(share, now_ps);
	find_next(share);
	return SIM_OK;
}

void share_set_use(struct share *share, size_t index, const double *use)
{
	struct share_member *member = &share->members[index];
	for (uint32_t r = 0; r < share->resource_count; r++)
		member->use[r] = use[r] < 1 ? use[r] : 1;
	member->has_use = true;
}

uint32_t share_leave(struct share *share)
{
	assert(share->count > 0);
	struct share_member *members = share->members;
	int64_t now_ps = share->next_end_ps;
	uint32_t owner = members[share->next].owner;
	share->count--;
	for (size_t i = share->next; i < share->count; i++)
		members[i] = members[i + 1];
	set_rates(share, now_ps);
	find_next(share);
	return owner;
}
