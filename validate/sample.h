/*
 * Samples: what calibration fits and comparison reports on: kernels of equal work in one trace,
 * with the mean of their measured durations. This is where the two halves of a trace meet.
 */
#ifndef VALIDATE_SAMPLE_H
#define VALIDATE_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/core/kernel.h"
#include "sim/core/status.h"
#include "traces/trace.h"

struct sample {
	struct sim_kernel kernel;
	double measured_ps; /* mean */
	double count;	    /* kernels of this kind */
	uint32_t trace;	    /* index in the list given */
	uint32_t model;	    /* index of the trace's model, see trace_model_name() */
};

struct sample_set {
	struct sample *samples;
	size_t count;
	size_t model_count;
};

/*
 * Name of the model that TRACE ran: its name up to "-b<digits>", so that all batches and contexts
 * of a model are left out together; the whole name when there is no such mark. At most OUT_SIZE - 1
 * bytes.
 */
void trace_model_name(const struct trace *trace, char *out, size_t out_size);

/*
 * Samples of all kernels with known work and a step, in order of trace, then of first occurrence.
 * SIM_E_NOT_FOUND when there is none.
 */
SIM_MUST_CHECK enum sim_status samples_collect(const struct trace *const *traces, size_t count,
					       struct sample_set *set, struct sim_diag *diag);

/*
 * Index of the model that trace AT of the list given to samples_collect() ran, -1 when no trace of
 * that model gave a sample. A trace without known work has a model all the same.
 */
int samples_model(const struct sample_set *set, const struct trace *const *traces, size_t at);
void samples_fini(struct sample_set *set);

#endif
