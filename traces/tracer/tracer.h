/*
 * The tracer's life: not started, running, over. It starts when the driver injects it (or, in
 * `timing` mode, with the first step range), ends once, and in a child of fork begins anew.
 *
 *   program's threads -- CUPTI's and NVTX's callbacks --> queue --> writer thread --> log
 *   helper thread -- each 100 ms device state, each second flush and clocks; ends the log for a
 *                    signal or after the last step
 */
#ifndef TRACES_TRACER_TRACER_H
#define TRACES_TRACER_TRACER_H

#include <stdbool.h>

#include "traces/log.h"
#include "traces/tracer/cupti_load.h"

/* What the environment asks for; read once. */
const struct tracer_settings *tracer_settings(void);

/* Starts the tracer unless it runs, is over, or cannot. Any thread. */
void tracer_start(void);

bool tracer_is_running(void);

/*
 * Ends the log, from the helper thread or at exit; the first call does it. Records that are still
 * in CUPTI are taken over.
 */
void tracer_finish(enum log_end_reason reason);

#endif
