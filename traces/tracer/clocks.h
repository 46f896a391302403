/* The trace clock, and the system's clocks beside it. */
#ifndef TRACES_TRACER_CLOCKS_H
#define TRACES_TRACER_CLOCKS_H

#include <stdint.h>
#include <time.h>

#include "traces/tracer/cupti_load.h"

uint64_t clock_ns(clockid_t clock);

/* Now on the trace clock: CUPTI's, or realtime (which CUPTI's is by default) without CUPTI. */
uint64_t trace_clock_ns(const struct cupti *cupti);

/* A note of all clocks at one moment. */
void clocks_note(const struct cupti *cupti);

#endif
