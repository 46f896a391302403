/* The thread that makes records and writes the log. It alone touches either. */
#ifndef TRACES_TRACER_WRITER_H
#define TRACES_TRACER_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/tracer/recorder.h"

/* Why the writer wants no more records. */
enum writer_wish { WRITER_GOES_ON, WRITER_HAS_STEPS, WRITER_HAS_FAILED };

/* Takes over RECORDER; FEATURES and START are the log's. False when there is no thread to be had (RECORDER stays the caller's). */
bool writer_start(struct recorder *recorder, uint32_t features, uint64_t start_ns);

/* Any thread. */
enum writer_wish writer_wish(void);

/*
 * Writes what is queued and the end, and waits for the thread. RECORDER is gone then. False when the
 * log ended before, because a write failed.
 */
bool writer_finish(enum log_end_reason reason);

/* In the child of a fork: the thread is not there; the log is the parent's. */
void writer_forget(void);

#endif
