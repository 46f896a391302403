/* When enough steps have passed: see step_limit.h. */
#include "traces/tracer/step_limit.h"

#include "traces/step_names.h"

void step_limit_range_start(struct step_limit *limit, uint32_t id, const char *text, size_t length)
{
	if (limit->wanted == 0 || !steps_name_is_step(text, length))
		return;
	limit->has_ranges = true;
	if (limit->open_count < STEP_LIMIT_OPEN)
		limit->open[limit->open_count++] = id;
}

void step_limit_range_end(struct step_limit *limit, uint32_t id)
{
	for (size_t i = 0; i < limit->open_count; i++)
		if (limit->open[i] == id) {
			limit->open[i] = limit->open[--limit->open_count];
			limit->ranges++;
			return;
		}
}

void step_limit_graph(struct step_limit *limit, uint32_t correlation)
{
	if (limit->wanted == 0)
		return;
	for (size_t i = 0; i < STEP_LIMIT_LAUNCHES; i++)
		if (limit->correlations[i] == correlation)
			return;
	limit->correlations[limit->launches++ % STEP_LIMIT_LAUNCHES] = correlation;
}

bool step_limit_is_reached(const struct step_limit *limit)
{
	if (limit->wanted == 0)
		return false;
	return limit->has_ranges ? limit->ranges >= limit->wanted
				 : limit->launches >= limit->wanted;
}
