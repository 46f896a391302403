/*
 * Merge sort for what is nearly in order, as events of a trace are: sorted input costs one
 * comparison an item and no memory; otherwise only the stretch where two neighbouring parts overlap
 * is merged. Stable. A template, so that the comparison is compiled in.
 */
#ifndef TRACES_MERGE_SORT_H
#define TRACES_MERGE_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "traces/budget.h"

enum { MERGE_SORT_LEAF = 32 }; /* items sorted by insertion */

/*
 * Defines bool NAME(TYPE *items, size_t count, const void *context, struct budget *budget): sorts,
 * false when memory ran out (items are then in any order), and NAME_is_sorted(). LESS(context, a, b):
 * item *a comes before *b in every case.
 */
#define MERGE_SORT_DEFINE(NAME, TYPE, LESS)                                                        \
	static bool NAME##_is_sorted(const TYPE *items, size_t count, const void *context)         \
	{                                                                                          \
		for (size_t i = 1; i < count; i++)                                                 \
			if (LESS(context, &items[i], &items[i - 1]))                               \
				return false;                                                      \
		return true;                                                                       \
	}                                                                                          \
                                                                                                   \
	static void NAME##_insert(TYPE *items, size_t count, const void *context)                  \
	{                                                                                          \
		for (size_t i = 1; i < count; i++) {                                               \
			TYPE item = items[i];                                                      \
			size_t at = i;                                                             \
			for (; at > 0 && LESS(context, &item, &items[at - 1]); at--)               \
				items[at] = items[at - 1];                                         \
			items[at] = item;                                                          \
		}                                                                                  \
	}                                                                                          \
                                                                                                   \
	/* Merge items[0..middle) with items[middle..count); SCRATCH holds the left part. */       \
	static void NAME##_merge(TYPE *items, size_t middle, size_t count, TYPE *scratch,          \
				 const void *context)                                              \
	{                                                                                          \
		size_t left = 0, right = middle, out = 0;                                          \
		memcpy(scratch, items, middle * sizeof(*items));                                   \
		while (left < middle && right < count)                                             \
			items[out++] = LESS(context, &items[right], &scratch[left])                \
					       ? items[right++]                                    \
					       : scratch[left++];                                  \
		memcpy(items + out, scratch + left, (middle - left) * sizeof(*items));             \
	}                                                                                          \
                                                                                                   \
	static void NAME##_parts(TYPE *items, size_t count, TYPE *scratch, const void *context)    \
	{                                                                                          \
		size_t middle = count / 2, low = 0, high = middle, end = count;                    \
		if (count <= MERGE_SORT_LEAF) {                                                    \
			NAME##_insert(items, count, context);                                      \
			return;                                                                    \
		}                                                                                  \
		NAME##_parts(items, middle, scratch, context);                                     \
		NAME##_parts(items + middle, count - middle, scratch, context);                    \
		if (!LESS(context, &items[middle], &items[middle - 1]))                            \
			return;                                                                    \
		while (low < high) { /* the first of the left that must move */                    \
			size_t probe = low + (high - low) / 2;                                     \
			if (LESS(context, &items[middle], &items[probe]))                          \
				high = probe;                                                      \
			else                                                                       \
				low = probe + 1;                                                   \
		}                                                                                  \
		size_t first = low;                                                                \
		low = middle;                                                                      \
		while (low < end) { /* the first of the right that need not */                     \
			size_t probe = low + (end - low) / 2;                                      \
			if (LESS(context, &items[probe], &items[middle - 1]))                      \
				low = probe + 1;                                                   \
			else                                                                       \
				end = probe;                                                       \
		}                                                                                  \
		NAME##_merge(items + first, middle - first, end - first, scratch, context);        \
	}                                                                                          \
                                                                                                   \
	static bool NAME(TYPE *items, size_t count, const void *context, struct budget *budget)    \
	{                                                                                          \
		size_t bytes = (count / 2 + 1) * sizeof(TYPE);                                     \
		if (count < 2 || NAME##_is_sorted(items, count, context))                          \
			return true;                                                               \
		TYPE *scratch = malloc(bytes);                                                     \
		if (scratch == NULL)                                                               \
			return false;                                                              \
		budget_take(budget, bytes);                                                        \
		NAME##_parts(items, count, scratch, context);                                      \
		budget_give(budget, bytes);                                                        \
		free(scratch);                                                                     \
		return true;                                                                       \
	}

#endif
