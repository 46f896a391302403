/* The merge sort against qsort, on orders of every kind, and that equal items keep their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "traces/merge_sort.h"

struct item {
	uint32_t key;
	uint32_t place;
};

static bool before(const void *context, const struct item *a, const struct item *b)
{
	(void)context;
	return a->key < b->key;
}

MERGE_SORT_DEFINE(sort_items, struct item, before)

static int by_key_and_place(const void *left, const void *right)
{
	const struct item *a = left, *b = right;
	if (a->key != b->key)
		return a->key > b->key ? 1 : -1;
	return (a->place > b->place) - (a->place < b->place);
}

static uint32_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

/* The key at PLACE of COUNT in an order of some KIND. */
static uint32_t key_of(unsigned kind, uint32_t place, uint32_t count, uint64_t *state)
{
	switch (kind) {
	case 0:
		return place; /* in order */
	case 1:
		return count - place;
	case 2:
		return next_random(state);
	case 3:
		return next_random(state) % 4; /* many equal */
	case 4:
		return place + next_random(state) % 8; /* nearly in order */
	case 5:
		return place % 2 * count + place; /* two runs, interleaved */
	default:
		return place == count - 1 ? 0 : place; /* one far away */
	}
}

static void every_order_is_sorted_as_qsort_does(void **state)
{
	static const uint32_t counts[] = {0, 1, 2, 3, 31, 32, 33, 64, 65, 1000, 4097};
	uint64_t random = 1;
	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
		for (unsigned kind = 0; kind < 7; kind++) {
			struct budget budget = {0};
			size_t count = counts[c];
			struct item *items = calloc(count + 1, sizeof(*items));
			struct item *want = calloc(count + 1, sizeof(*want));
			for (uint32_t i = 0; i < count; i++)
				items[i] =
					(struct item){key_of(kind, i, (uint32_t)count, &random), i};
			memcpy(want, items, count * sizeof(*items));
			qsort(want, count, sizeof(*want), by_key_and_place);
			assert_true(sort_items(items, count, NULL, &budget));
			assert_memory_equal(items, want, count * sizeof(*items));
			assert_int_equal(budget.now_bytes, 0);
			if (kind == 0)
				assert_int_equal(budget.peak_bytes, 0);
			free(items);
			free(want);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_is_sorted_as_qsort_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
