/*
 * Names that runs give their steps. Apart from steps.c because the tracer, which links nothing else
 * of this folder, asks too.
 */
#ifndef TRACES_STEP_NAMES_H
#define TRACES_STEP_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* True for what profilers and serving engines call a step ("ProfilerStep#7", "step[3]"). */
bool steps_name_is_step(const char *name, size_t length);

#endif
