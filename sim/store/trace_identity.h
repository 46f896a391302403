/*
 * Whether a trace is stored already, and the name it gets.
 *
 * The name decides the row; two hashes decide whether it is the same trace: the file's, and one over
 * its work and its measured half, because the same file imported with adopted work is another one.
 */
#ifndef SIM_STORE_TRACE_IDENTITY_H
#define SIM_STORE_TRACE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/core/status.h"
#include "sim/store/store.h"
#include "traces/trace.h"

struct trace_identity {
	uint64_t work_hash;
	char name[sizeof(((struct trace *)0)->name)]; /* printable, as it is stored */
	int64_t id;				      /* when same */
	bool same;				      /* it is stored already */
};

/*
 * Over names, kernels, details, measured times, graph nodes and steps. What may be learnt of a trace
 * later (sim/store/trace_facts.h) is left out, and a trace without graph nodes hashes as version 1
 * of the store did: its databases know their traces again.
 */
SIM_MUST_CHECK enum sim_status trace_work_hash(const struct trace *trace, uint64_t *hash,
					       struct sim_diag *diag);

/*
 * With work_hash set, find the rest; inside a transaction. A trace of the same name that nothing
 * refers to is deleted to make room.
 */
SIM_MUST_CHECK enum sim_status trace_identity_settle(struct store *store, const struct trace *trace,
						     struct trace_identity *identity,
						     struct sim_diag *diag);

#endif
