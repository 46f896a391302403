/* Accounted growth: see budget.h. */
#include "traces/budget.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST_ITEMS = 64 };

void budget_take(struct budget *budget, size_t bytes)
{
	budget->now_bytes += bytes;
	if (budget->now_bytes > budget->peak_bytes)
		budget->peak_bytes = budget->now_bytes;
}

void budget_give(struct budget *budget, size_t bytes)
{
	budget->now_bytes -= bytes;
}

enum sim_status budget_reserve(struct budget *budget, void **items, size_t *capacity, size_t need,
			       size_t size, struct sim_diag *diag)
{
	if (need <= *capacity)
		return SIM_OK;
	size_t wanted = *capacity + *capacity / 4;
	if (wanted < FIRST_ITEMS)
		wanted = FIRST_ITEMS;
	if (wanted < need)
		wanted = need;
	if (wanted > SIZE_MAX / size)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	budget_take(budget, wanted * size);
	void *grown = realloc(*items, wanted * size);
	if (grown == NULL) {
		budget_give(budget, wanted * size);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	budget_give(budget, *capacity * size);
	*items = grown;
	*capacity = wanted;
	return SIM_OK;
}

enum sim_status budget_expect(struct budget *budget, void **items, size_t *capacity, size_t count,
			      size_t size, struct sim_diag *diag)
{
	enum { PAGE = 4096, LEAST = 8 << 20 };
	TRY(budget_reserve(budget, items, capacity, count, size, diag));
	uintptr_t from = (uintptr_t)*items, until = from + *capacity * size;
	from = (from + PAGE - 1) / PAGE * PAGE;
	until = until / PAGE * PAGE;
	if (until > from + LEAST) /* only a hint */
		(void)madvise((void *)from, until - from, MADV_HUGEPAGE);
	return SIM_OK;
}

enum sim_status budget_grow(struct budget *budget, void **items, size_t *capacity, size_t need,
			    size_t size, struct sim_diag *diag)
{
	size_t before = *capacity;
	TRY(budget_reserve(budget, items, capacity, need, size, diag));
	if (*capacity > before)
		memset((char *)*items + before * size, 0, (*capacity - before) * size);
	return SIM_OK;
}

void budget_shrink(struct budget *budget, void **items, size_t *capacity, size_t count, size_t size)
{
	if (count == 0)
		count = 1;
	if (*items == NULL || count >= *capacity)
		return;
	void *cut = realloc(*items, count * size);
	if (cut == NULL)
		return;
	budget_give(budget, (*capacity - count) * size);
	*items = cut;
	*capacity = count;
}

void budget_free(struct budget *budget, void **items, size_t *capacity, size_t size)
{
	free(*items);
	budget_give(budget, *capacity * size);
	*items = NULL;
	*capacity = 0;
}

enum sim_status budget_append(struct budget *budget, struct budget_text *text, const char *bytes,
			      size_t length, size_t limit, struct sim_diag *diag)
{
	if (length > limit || text->length > limit - length)
		return SIM_E_RANGE;
	if (length > text->capacity - text->length) {
		void *data = text->data;
		TRY(budget_grow(budget, &data, &text->capacity, text->length + length, 1, diag));
		text->data = data;
	}
	if (length > 0)
		memcpy(text->data + text->length, bytes, length);
	text->length += length;
	return SIM_OK;
}

void budget_text_fini(struct budget *budget, struct budget_text *text)
{
	void *data = text->data;
	budget_free(budget, &data, &text->capacity, 1);
	text->data = NULL;
	text->length = 0;
}
