/* What is known about a run besides its records: facts of the log. */
#ifndef TRACES_TRACER_FACTS_H
#define TRACES_TRACER_FACTS_H

#include "traces/tracer/cupti_load.h"

/* Notes of all facts that are known at the start. CUPTI is NULL without it. */
void facts_note(const struct cupti *cupti, const struct tracer_settings *settings);

#endif
