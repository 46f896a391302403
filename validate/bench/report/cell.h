/*
 * One cell of the GPU validation: a model, batch, context and launch mode, as measured and predicted.
 * Read from the pieces that gpu_validate.sh leaves in OUT/cells/NAME:
 *
 *   untraced.json     decode --json: nobody watches
 *   traced.json       the same under `decodesim trace`
 *   graph-level.json  the same under `decodesim trace --graph-level` (graphs only)
 *   trace.json        one row of the view `traces` with the least and most kernels of a step
 *   replay.json       decodesim replay --json, on a device whose fit has not seen the model
 *
 * NAME is MODEL-bBATCH-cCONTEXT-eager or ...-graph.
 */
#ifndef VALIDATE_BENCH_REPORT_CELL_H
#define VALIDATE_BENCH_REPORT_CELL_H

#include <stdbool.h>

#include "sim/core/status.h"

/* A step's wall time, ms. */
struct cell_times {
	double median, p05, p95;
	double kernels; /* nodes of the graph, as the program says; NaN: it does not */
};

struct cell {
	char name[160], model[128];
	int batch, context;
	bool graph;
	struct cell_times untraced, traced, graph_level; /* graph_level: NaN of an eager cell */
	char device[96];
	double span_ms;	       /* first kernel's start to last one's end, traced */
	double device_stretch; /* of that, by tracing kernels: a fraction; NaN unknown */
	double kernels_least, kernels_most; /* of a step */
	double dropped;			    /* records; NaN unknown */
	double sm_mhz;
	char lacks[256];
	double predicted_ms, floor_ms, opaque_share;
};

/* Take NAME apart; SIM_E_PARSE. */
SIM_MUST_CHECK enum sim_status cell_name(const char *name, struct cell *cell,
					 struct sim_diag *diag);

/* Read NAME of FOLDER/cells. A file or a field that is needed and missing is refused by name. */
SIM_MUST_CHECK enum sim_status cell_read(const char *folder, const char *name, struct cell *cell,
					 struct sim_diag *diag);

/* Only untraced.json. */
SIM_MUST_CHECK enum sim_status cell_read_untraced(const char *folder, const char *name,
						  struct cell *cell, struct sim_diag *diag);

#endif
