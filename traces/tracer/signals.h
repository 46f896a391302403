/*
 * Signals that end a process: with their default action only, the log is ended first, while the
 * thread that the signal came to waits, and the process then dies by the signal as it would have. A
 * program that handles them is left alone.
 */
#ifndef TRACES_TRACER_SIGNALS_H
#define TRACES_TRACER_SIGNALS_H

/* After the helper thread is there. */
void signals_watch(void);

/* Default actions again, where ours is still set. */
void signals_unwatch(void);

#endif
