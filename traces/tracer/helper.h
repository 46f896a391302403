/*
 * The thread that keeps time: samples the devices each 100 ms, each second asks CUPTI for its
 * records, so that a kill loses no more, and looks whether they still come to us; ends the log for
 * a signal or after the last step.
 */
#ifndef TRACES_TRACER_HELPER_H
#define TRACES_TRACER_HELPER_H

#include <pthread.h>
#include <stdbool.h>

#include "traces/tracer/cupti_load.h"

/* A thread of ours: all signals blocked, so that the program's own come to the program's threads. */
bool helper_create_thread(pthread_t *thread, void *(*run)(void *), void *argument);

/* CUPTI is NULL in `timing` mode. */
bool helper_start(const struct cupti *cupti);

/* Look at the writer's wish now. */
void helper_wake(void);

/* Ends the log and the process by SIGNAL. Safe in a signal handler. */
void helper_end_by_signal(int signal);

/*
 * Ends the thread and waits for it; what it is busy with goes first. False when it does not come
 * back from a call into the driver or CUPTI. Not from the thread itself.
 */
bool helper_finish(void);

/*
 * The devices into the log, if it has not been done: a program may end sooner than the driver, which
 * has to be initialized for it, is asked again. From the thread itself or after it.
 */
void helper_note_devices(void);

/* In the child of a fork: the thread is not there. */
void helper_forget(void);

#endif
