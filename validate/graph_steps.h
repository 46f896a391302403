/*
 * Unprofiled step times (steps.json of data/h100): what a graph replay takes when nobody watches.
 */
#ifndef VALIDATE_GRAPH_STEPS_H
#define VALIDATE_GRAPH_STEPS_H

#include <stddef.h>

#include "hwmodels/device.h"
#include "sim/core/status.h"
#include "traces/trace.h"

struct graph_cell {
	char model[64];
	int batch, context;
	double graph_wall_ms; /* median; mean over repeated cells */
	int repeats;
};

struct graph_cell_table {
	struct graph_cell *cells;
	size_t count;
};

/*
 * Cells without an object 'graph_wall_ms' (did not fit, or eager only) are passed over.
 * SIM_E_PARSE: not JSON, no cells, a field of a wrong type; SIM_E_RANGE: a time that is not
 * positive, a batch or context that is no whole number.
 */
SIM_MUST_CHECK enum sim_status graph_steps_read(const char *path, struct graph_cell_table *table,
						struct sim_diag *diag);
void graph_steps_fini(struct graph_cell_table *table);

/* The cell that TRACE (named MODEL-bB-cCONTEXT-graph) belongs to, or NULL. */
const struct graph_cell *graph_steps_find(const struct graph_cell_table *table,
					  const struct trace *trace);

/* A graph trace against its cell. */
struct graph_residual {
	const struct trace *trace;
	double nodes;
	double measured_ms;    /* unprofiled */
	double traced_span_ms; /* first kernel start to last kernel end, shortest replay */
	double predicted_ms;   /* by the device as it is */
	double left_out_ms; /* with the per-node launch latency fitted on the other models' cells */
};

/*
 * Predict every graph trace that has a cell, with DEVICE; ROWS holds trace_count entries. The
 * launch latency per node, the one figure that traces do not show, is the median over cells of
 * (measured - predicted without it) / nodes, not below zero: all cells for *NODE_LATENCY_S, the
 * cells of other models for left_out_ms.
 */
SIM_MUST_CHECK enum sim_status
graph_steps_compare(const struct graph_cell_table *table, const struct trace *const *traces,
		    size_t trace_count, const struct hw_device *device, struct graph_residual *rows,
		    size_t *row_count, double *node_latency_s, struct sim_diag *diag);

#endif
