/*
 * Ledger of a comparison: kernels of one name, shape and family in one trace, with their measured
 * and predicted sums. A hash table over the trace at hand, so that a trace with thousands of
 * distinct kernels costs no more per kernel than one with ten.
 */
#ifndef VALIDATE_LEDGER_H
#define VALIDATE_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"
#include "traces/trace.h"

struct ledger_entry {
	uint32_t trace; /* index in comparison->traces */
	uint32_t name, shape;
	unsigned char family, op;
	char kernel[96], shape_text[96]; /* printable, shortened */
	uint64_t count;
	double measured_us, predicted_us, absolute_us; /* sums */
};

struct compare_ledger {
	struct ledger_entry *entries; /* in order of first sight */
	size_t count, capacity;
	uint32_t *slots; /* entries of the trace at hand, index + 1; open addressing */
	size_t slot_count;
	size_t first; /* first entry of the trace at hand */
	uint32_t trace_index;
};

void ledger_fini(struct compare_ledger *ledger);

/* Entries from here on belong to trace TRACE_INDEX. */
void ledger_begin(struct compare_ledger *ledger, uint32_t trace_index);

/* Forget what was added since ledger_begin(). */
void ledger_undo(struct compare_ledger *ledger);

/* Add kernel KERNEL of TRACE, the trace at hand. SIM_E_NOMEM only. */
SIM_MUST_CHECK enum sim_status ledger_add(struct compare_ledger *ledger, const struct trace *trace,
					  size_t kernel, double measured_us, double predicted_us,
					  struct sim_diag *diag);

/* Largest absolute error first; ties by trace, name, shape, family. */
void ledger_sort_by_error(struct compare_ledger *ledger);

#endif
