/* Periods of sequences: see steps.h. */
#include <string.h>

#include "traces/steps.h"

enum { LONGEST_SEGMENT_PERIOD = 256 };

struct sequence {
	const uint32_t *items;
	size_t count;
	bool backward;
};

static uint32_t item_at(const struct sequence *sequence, size_t index)
{
	return sequence->items[sequence->backward ? sequence->count - 1 - index : index];
}

/*
 * Z function: matches[i] = length of the longest common prefix of the sequence and its tail from i.
 * The sequence has period p from its start over matches[p] + p items.
 */
static void match_tails(const struct sequence *sequence, uint32_t *matches)
{
	size_t left = 0, right = 0, count = sequence->count;
	for (size_t i = 1; i < count; i++) {
		size_t length = 0;
		if (i < right) {
			length = matches[i - left];
			if (length > right - i)
				length = right - i;
		}
		while (i + length < count &&
		       item_at(sequence, length) == item_at(sequence, i + length))
			length++;
		if (i + length > right) {
			left = i;
			right = i + length;
		}
		matches[i] = (uint32_t)length;
	}
}

static bool is_varied(const struct sequence *sequence, size_t length)
{
	for (size_t i = 1; i < length; i++)
		if (item_at(sequence, i) != item_at(sequence, 0))
			return true;
	return false;
}

static void find_period(const struct sequence *sequence, uint32_t *matches,
			struct steps_period *period)
{
	size_t count = sequence->count;
	match_tails(sequence, matches);
	for (size_t length = 2; length <= count / 2; length++) {
		size_t covered = matches[length] + length;
		if (covered < 2 * length || covered < count - count / 10)
			continue;
		if (!is_varied(sequence, length))
			return;
		period->length = length;
		period->count = covered / length;
		period->first = sequence->backward ? count - period->count * length : 0;
		return;
	}
}

enum sim_status steps_name_period(const uint32_t *items, size_t count, struct budget *budget,
				  struct steps_period *period, struct sim_diag *diag)
{
	struct sequence sequence = {items, count, false};
	void *matches = NULL;
	size_t capacity = 0;
	memset(period, 0, sizeof(*period));
	if (count < 4)
		return SIM_OK;
	TRY(budget_grow(budget, &matches, &capacity, count, sizeof(uint32_t), diag));
	find_period(&sequence, matches, period);
	if (period->length == 0) {
		sequence.backward = true;
		find_period(&sequence, matches, period);
	}
	budget_free(budget, &matches, &capacity, sizeof(uint32_t));
	return SIM_OK;
}

struct run {
	size_t first;
	size_t count; /* segments */
	size_t weight;
};

/* The heaviest stretch in which every segment equals the one LENGTH later, if two periods long. */
static struct run heaviest_run(const uint32_t *classes, const size_t *weights, size_t count,
			       size_t length)
{
	struct run best = {0, 0, 0};
	size_t first = 0;
	for (size_t i = 0; i + length <= count; i++) {
		if (i + length < count && classes[i] == classes[i + length])
			continue;
		struct run run = {first, i + length - first, 0};
		first = i + 1;
		if (run.count < 2 * length)
			continue;
		run.count -= run.count % length;
		for (size_t j = run.first; j < run.first + run.count; j++)
			run.weight += weights[j];
		if (run.weight > best.weight)
			best = run;
	}
	return best;
}

struct steps_period steps_segment_period(const uint32_t *classes, const size_t *weights,
					 size_t count)
{
	struct steps_period period = {0, 0, 0};
	size_t total = 0, best = 0;
	for (size_t i = 0; i < count; i++)
		total += weights[i];
	for (size_t length = 1; length <= count / 2 && length <= LONGEST_SEGMENT_PERIOD; length++) {
		struct run run = heaviest_run(classes, weights, count, length);
		/* a longer period must cover clearly more: multiples of a period cover as much */
		if (run.weight <= best + best / 10 || run.weight < total - total / 2)
			continue;
		best = run.weight;
		period = (struct steps_period){run.first, length, run.count / length};
	}
	return period;
}
