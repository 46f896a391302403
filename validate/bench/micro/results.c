/* Collecting results: see results.h. */
#include "validate/bench/micro/results.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct results_state unknown = {-1, -1, -1, -1, -1};

void results_init(struct results *results)
{
	memset(results, 0, sizeof(*results));
	results->before = results->after = unknown;
}

struct result *results_add(struct results *results, const char *name, const char *unit,
			   double *samples, size_t count)
{
	struct stats stats = stats_of(samples, count);
	if (results->count == RESULTS_MOST || !isfinite(stats.median))
		return NULL;
	struct result *result = &results->items[results->count++];
	*result = (struct result){.stats = stats};
	snprintf(result->name, sizeof(result->name), "%s", name);
	snprintf(result->unit, sizeof(result->unit), "%s", unit);
	for (int i = 0; i < RESULT_PLACE_COUNT; i++)
		result->place[i] = -1;
	return result;
}

void results_skip(struct results *results, const char *name, const char *why)
{
	if (results->skip_count == RESULTS_SKIPS)
		return;
	size_t at = results->skip_count++;
	snprintf(results->skips[at].name, sizeof(results->skips[at].name), "%s", name);
	snprintf(results->skips[at].why, sizeof(results->skips[at].why), "%s", why);
}

const struct result *results_find(const struct results *results, const char *name,
				  enum result_place place, double at)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->items[i];
		if (strcmp(result->name, name) == 0 && (at < 0 || result->place[place] == at))
			return result;
	}
	return NULL;
}
