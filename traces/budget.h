/*
 * Import budget: every block an import holds goes through here, so that the most it ever held is a
 * number (trace.peak_bytes) and not a guess. Growth is by a quarter, not by doubling: the promise
 * is a peak below three times the kernels' records, and realloc holds old and new at once.
 */
#ifndef TRACES_BUDGET_H
#define TRACES_BUDGET_H

#include <stddef.h>

#include "sim/core/status.h"

struct budget {
	size_t now_bytes;
	size_t peak_bytes;
};

/* Growable bytes: a text being put together. */
struct budget_text {
	char *data;
	size_t length;
	size_t capacity;
};

void budget_take(struct budget *budget, size_t bytes);
void budget_give(struct budget *budget, size_t bytes);

/* Make ITEMS hold at least NEED of SIZE bytes each; new items are anything. */
SIM_MUST_CHECK enum sim_status budget_reserve(struct budget *budget, void **items, size_t *capacity,
					      size_t need, size_t size, struct sim_diag *diag);

/*
 * The same for COUNT items that are expected, in huge pages where the system has them for the asking:
 * fresh memory costs more than what an import does with it.
 */
SIM_MUST_CHECK enum sim_status budget_expect(struct budget *budget, void **items, size_t *capacity,
					     size_t count, size_t size, struct sim_diag *diag);

/* As budget_reserve(); new items are zero. */
SIM_MUST_CHECK enum sim_status budget_grow(struct budget *budget, void **items, size_t *capacity,
					   size_t need, size_t size, struct sim_diag *diag);

/* Cut ITEMS to exactly COUNT items (at least one). */
void budget_shrink(struct budget *budget, void **items, size_t *capacity, size_t count,
		   size_t size);
void budget_free(struct budget *budget, void **items, size_t *capacity, size_t size);

/* Append; SIM_E_RANGE past LIMIT bytes is for the caller to word. */
SIM_MUST_CHECK enum sim_status budget_append(struct budget *budget, struct budget_text *text,
					     const char *bytes, size_t length, size_t limit,
					     struct sim_diag *diag);
void budget_text_fini(struct budget *budget, struct budget_text *text);

#endif
