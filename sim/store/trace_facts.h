/*
 * What may be learnt of a stored trace later: the device's clocks and peaks, how the capture went,
 * step times of another run, measured bytes.
 *
 * None of it is part of the trace's identity. A trace that is imported again brings its row up to
 * date where it knows more or something else, and leaves alone what it does not know: bytes and
 * timing once given stay until others are given. Runs and validations of the trace stay with it.
 */
#ifndef SIM_STORE_TRACE_FACTS_H
#define SIM_STORE_TRACE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/core/status.h"
#include "sim/store/store.h"
#include "traces/trace.h"

/* Write what TRACE knows as that of the new row ID; inside a transaction, like all of these. */
SIM_MUST_CHECK enum sim_status trace_facts_write(struct store *store, int64_t id,
						 const struct trace *trace, struct sim_diag *diag);

/* Fill these fields of TRACE, whose kernel_count is that of row ID. */
SIM_MUST_CHECK enum sim_status trace_facts_read(struct store *store, int64_t id,
						struct trace *trace, struct sim_diag *diag);

/* Bring row ID up to what TRACE knows; *CHANGED false: nothing was written. */
SIM_MUST_CHECK enum sim_status trace_facts_update(struct store *store, int64_t id,
						  const struct trace *trace, bool *changed,
						  struct sim_diag *diag);

#endif
