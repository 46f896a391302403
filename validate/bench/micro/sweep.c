/* Points of the sweeps: see sweep.h. */
#include "validate/bench/micro/sweep.h"

#include <assert.h>

enum { MIB = 1 << 20 };

static void add(struct sweep *sweep, size_t point)
{
	if (point == 0 || sweep->count == SWEEP_MOST)
		return;
	if (sweep->count > 0 && point <= sweep->points[sweep->count - 1])
		return;
	sweep->points[sweep->count++] = point;
}

struct sweep sweep_list(const size_t *list, size_t count, size_t limit)
{
	struct sweep sweep = {0};
	for (size_t i = 0; i < count && list[i] <= limit; i++)
		add(&sweep, list[i]);
	return sweep;
}

struct sweep sweep_blocks(size_t sms)
{
	static const size_t quarters[] = {1, 2, 3, 4, 6, 8, 12, 16};
	struct sweep sweep = {0};
	for (size_t i = 0; i < sizeof(quarters) / sizeof(quarters[0]); i++)
		add(&sweep, sms * quarters[i] / 4);
	return sweep;
}

struct sweep sweep_working_sets(size_t bytes)
{
	static const size_t sixteenths[] = {1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 32, 48, 64};
	struct sweep sweep = {0};
	for (size_t i = 0; i < sizeof(sixteenths) / sizeof(sixteenths[0]); i++)
		add(&sweep, bytes / 16 * sixteenths[i] / MIB * MIB);
	return sweep;
}

size_t sweep_pool_bytes(size_t free_bytes, size_t want, size_t least)
{
	size_t most = free_bytes / 5 * 4;
	size_t bytes = (want < most ? want : most) / MIB * MIB;
	return bytes < least ? 0 : bytes;
}

/* 37 and 7 as in the measurements that the bundled files hold */
size_t sweep_slot(size_t slots, size_t repetition, size_t iterations, size_t i)
{
	assert(slots > 0);
	return (repetition * iterations * 7 + i) * 37 % slots;
}

size_t chase_chain(size_t words, size_t stride, size_t steps, struct chase_link *links)
{
	size_t at = 0, count = 0;
	assert(words > 0 && words <= UINT32_MAX && steps > 0);
	while (count < steps) {
		size_t next = (at + stride) % words;
		links[count++] = (struct chase_link){(uint32_t)at, (uint32_t)next};
		at = next;
		if (at == 0)
			return count; /* all that this stride reaches; it closes by itself */
	}
	links[count - 1].next = 0;
	return count;
}

size_t chase_stride(size_t lines)
{
	size_t stride = lines / 1000 * 618 | 1;
	return lines < 4 ? 1 : stride;
}

size_t power_of_two_below(size_t n)
{
	size_t power = n > 0;
	while (power != 0 && power <= n / 2)
		power *= 2;
	return power;
}
