/*
 * Messages of the tracer: one line each on stderr, in one write, prefixed. The traced program's
 * output is not the tracer's to touch, so nothing here uses stdio's streams.
 */
#ifndef TRACES_TRACER_SAY_H
#define TRACES_TRACER_SAY_H

#include <stdbool.h>

/* For errors. A closed stderr, or a pipe that nobody reads, does no harm. */
void tracer_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* For what is going on: silent unless `verbose` was asked for. */
void tracer_tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void tracer_be_verbose(bool verbose);

#endif
