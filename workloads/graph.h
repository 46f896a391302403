/*
 * Op graphs: workloads that are no decoder, as YAML, lowered to the same kernel records.
 *
 * workloads/graphs/NAME.yaml, or a path:
 *
 *   graph: mobilenet-v3-large    # as the file is called
 *   summary: one line
 *   source: what the shapes are from
 *   params: {batch: 2048}        # NAME: NUMBER, which a run may set
 *   let: {NAME: EXPRESSION}      # in order, over params and the names before
 *   items: EXPRESSION            # what an iteration makes: images, frames, tokens; default 1
 *   holds: EXPRESSION            # bytes that must be in memory all the time; default 0
 *   blocks: {NAME: [ENTRY ...]}  # used by name
 *   ops: [ENTRY ...]             # in the order they run
 *
 * An ENTRY is one of
 *   {op: conv2d, name: stem, FIELD: EXPRESSION ...}          one kernel (graph_op.h), or a kind of
 *                                                            runtime profiles (workloads/kind.h)
 *   {use: BLOCK, as: PREFIX, with: {NAME: EXPRESSION}}       a block in its place, NAMEs bound inside
 *   {loop: NAME, times: EXPRESSION, skip: EXPRESSION, index: NAME, ops: [ENTRY ...]}
 *                     times - floor(times * skip) passes: a fraction `skip` of them is not run;
 *                     index is 0, 1, 2, ... inside
 * each with `when: EXPRESSION` (left out where it is 0); ops and uses with `repeat: EXPRESSION`.
 *
 * Kernels run one after another on one stream. Bytes of parameters and of caches follow from their
 * elements and the op's dtype.
 */
#ifndef WORKLOADS_GRAPH_H
#define WORKLOADS_GRAPH_H

#include "sim/core/arena.h"
#include "sim/core/status.h"
#include "workloads/expr.h"
#include "workloads/step.h"
#include "workloads/workload.h"

enum { GRAPH_MOST_PARAMS = 64, GRAPH_MOST_KERNELS = 1 << 20 };

struct graph_entry; /* internal to graph*.c */

struct workload_graph {
	struct arena arena;
	char name[64];
	char summary[256];
	char source[512];
	const char **names; /* of slots: params, lets, names bound in blocks and loops */
	size_t name_count;
	double params[GRAPH_MOST_PARAMS];
	size_t param_count;
	struct expr *lets;
	size_t let_count;
	struct expr items, holds;
	struct graph_entry *ops;
};

/* Read NAME (workloads/graphs) or a path. GRAPH is initialized in any case: call graph_fini always. */
SIM_MUST_CHECK enum sim_status graph_load(const char *name_or_path, struct workload_graph *graph,
					  struct sim_diag *diag);
/* The same from the TEXT of a file called NAME in messages. */
SIM_MUST_CHECK enum sim_status graph_parse(const char *name, const char *text, size_t length,
					   struct workload_graph *graph, struct sim_diag *diag);
void graph_fini(struct workload_graph *graph);

/* Set parameter NAME; SIM_E_NOT_FOUND with the nearest. */
SIM_MUST_CHECK enum sim_status graph_set(struct workload_graph *graph, const char *name,
					 double value, struct sim_diag *diag);

SIM_MUST_CHECK enum sim_status graph_list(struct arena *arena, const char ***names, size_t *count,
					  struct sim_diag *diag);

/* One iteration as kernels. STEP is cleared first. SM_COUNT as workload_load() takes it. */
SIM_MUST_CHECK enum sim_status graph_lower(const struct workload_graph *graph, double sm_count,
					   struct workload_step *step, struct sim_diag *diag);

/* What an iteration makes, and the bytes it holds. */
SIM_MUST_CHECK enum sim_status graph_numbers(const struct workload_graph *graph, double *items,
					     double *holds_bytes, struct sim_diag *diag);

/* STEP, which PROGRAM takes over (also on failure), as a program of one step. Call
 * workload_program_fini always. */
SIM_MUST_CHECK enum sim_status
graph_program(struct workload_step *step, struct workload_program *program, struct sim_diag *diag);

#endif
