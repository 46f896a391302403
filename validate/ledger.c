/* Sums per distinct kernel: see ledger.h. */
#include "validate/ledger.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ledger_fini(struct compare_ledger *ledger)
{
	free(ledger->entries);
	free(ledger->slots);
	*ledger = (struct compare_ledger){0};
}

void ledger_begin(struct compare_ledger *ledger, uint32_t trace_index)
{
	ledger->first = ledger->count;
	ledger->trace_index = trace_index;
	if (ledger->slot_count > 0)
		memset(ledger->slots, 0, ledger->slot_count * sizeof(*ledger->slots));
}

void ledger_undo(struct compare_ledger *ledger)
{
	ledger->count = ledger->first;
	ledger_begin(ledger, ledger->trace_index);
}

static void describe(const struct trace *trace, size_t kernel, struct ledger_entry *entry)
{
	const struct trace_detail *detail = &trace->details[kernel];
	const char *name = names_text(&trace->names, detail->name);
	const char *shape = names_text(&trace->names, detail->op_shape);
	const char *op = names_text(&trace->names, detail->op_name);
	char text[192];
	if (strncmp(name, "void ", 5) == 0)
		name += 5;
	text_printable(entry->kernel, sizeof(entry->kernel), name, strlen(name));
	snprintf(text, sizeof(text), "%s %.*s", op, (int)strcspn(shape, "|"), shape);
	text_printable(entry->shape_text, sizeof(entry->shape_text), text, strlen(text));
}

/* Slot of the entry with this key, or the free slot where it belongs. */
static uint32_t *slot_of(const struct compare_ledger *ledger, uint32_t name, uint32_t shape,
			 unsigned family)
{
	uint64_t hash = ((uint64_t)name << 32 | shape) ^ (uint64_t)family << 56;
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	hash = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	for (size_t at = hash >> 32;; at++) {
		uint32_t *slot = &ledger->slots[at & (ledger->slot_count - 1)];
		if (*slot == 0)
			return slot;
		const struct ledger_entry *entry = &ledger->entries[*slot - 1];
		if (entry->name == name && entry->shape == shape && entry->family == family)
			return slot;
	}
}

/* Room for one more entry, with at most half of the slots taken. */
static enum sim_status grow(struct compare_ledger *ledger)
{
	if (ledger->count == ledger->capacity) {
		size_t capacity = ledger->capacity > 0 ? ledger->capacity * 2 : 256;
		struct ledger_entry *entries =
			realloc(ledger->entries, capacity * sizeof(*entries));
		if (entries == NULL)
			return SIM_E_NOMEM;
		ledger->entries = entries;
		ledger->capacity = capacity;
	}
	if ((ledger->count - ledger->first + 1) * 2 <= ledger->slot_count)
		return SIM_OK;
	size_t slot_count = ledger->slot_count > 0 ? ledger->slot_count * 2 : 512;
	uint32_t *slots = calloc(slot_count, sizeof(*slots));
	if (slots == NULL)
		return SIM_E_NOMEM;
	free(ledger->slots);
	ledger->slots = slots;
	ledger->slot_count = slot_count;
	for (size_t i = ledger->first; i < ledger->count; i++) {
		const struct ledger_entry *entry = &ledger->entries[i];
		*slot_of(ledger, entry->name, entry->shape, entry->family) = (uint32_t)i + 1;
	}
	return SIM_OK;
}

enum sim_status ledger_add(struct compare_ledger *ledger, const struct trace *trace, size_t kernel,
			   double measured_us, double predicted_us, struct sim_diag *diag)
{
	const struct trace_detail *detail = &trace->details[kernel];
	const struct sim_kernel *work = &trace->kernels[kernel];
	if (grow(ledger) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	uint32_t *slot = slot_of(ledger, detail->name, detail->op_shape, work->family);
	if (*slot == 0) {
		struct ledger_entry *made = &ledger->entries[ledger->count++];
		*made = (struct ledger_entry){.trace = ledger->trace_index,
					      .name = detail->name,
					      .shape = detail->op_shape,
					      .family = work->family,
					      .op = work->op};
		describe(trace, kernel, made);
		*slot = (uint32_t)ledger->count;
	}
	struct ledger_entry *entry = &ledger->entries[*slot - 1];
	entry->count++;
	entry->measured_us += measured_us;
	entry->predicted_us += predicted_us;
	entry->absolute_us += fabs(predicted_us - measured_us);
	return SIM_OK;
}

static int by_error(const void *a, const void *b)
{
	const struct ledger_entry *x = a, *y = b;
	if (x->absolute_us != y->absolute_us)
		return x->absolute_us < y->absolute_us ? 1 : -1;
	if (x->trace != y->trace)
		return x->trace < y->trace ? -1 : 1;
	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	if (x->shape != y->shape)
		return x->shape < y->shape ? -1 : 1;
	return (x->family > y->family) - (x->family < y->family);
}

void ledger_sort_by_error(struct compare_ledger *ledger)
{
	if (ledger->count > 0)
		qsort(ledger->entries, ledger->count, sizeof(*ledger->entries), by_error);
}
