/* A trace's life: arrays of its own, freed one by one. Stands in until traces/trace.c is merged. */
#include <stdlib.h>
#include <string.h>

#include "traces/trace.h"

void trace_init(struct trace *trace)
{
	memset(trace, 0, sizeof(*trace));
}

void trace_fini(struct trace *trace)
{
	free(trace->kernels);
	free(trace->details);
	free(trace->measured);
	free(trace->steps);
	free(trace->step_measured);
	names_fini(&trace->names);
	memset(trace, 0, sizeof(*trace));
}
