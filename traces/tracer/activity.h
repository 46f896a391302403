/* Switching CUPTI's records on and off. */
#ifndef TRACES_TRACER_ACTIVITY_H
#define TRACES_TRACER_ACTIVITY_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/tracer/cupti_load.h"

/*
 * Subscribes, sets the callbacks and switches on what SETTINGS ask for. FEATURES: enum log_feature
 * of what is on. False, with the reason on stderr, when no kernels can be recorded; nothing is on
 * then.
 */
bool activity_start(const struct cupti *cupti, const struct tracer_settings *settings,
		    uint32_t *features);

/* Switches off all that is on. */
void activity_stop(const struct cupti *cupti);

/* Asks for what is complete, or for ALL there is. Buffers come back through lend_complete(). */
void activity_flush(const struct cupti *cupti, bool all);

#endif
