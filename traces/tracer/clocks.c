/* The trace clock and the system's: see clocks.h. */
#include "traces/tracer/clocks.h"

#include "traces/tracer/queue.h"

uint64_t clock_ns(clockid_t clock)
{
	struct timespec now = {0};
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t trace_clock_ns(const struct cupti *cupti)
{
	uint64_t now = 0;
	if (cupti != NULL && cupti->cuptiGetTimestamp(&now) == CUPTI_OK)
		return now;
	return clock_ns(CLOCK_REALTIME);
}

void clocks_note(const struct cupti *cupti)
{
	struct note note = {.kind = LOG_CLOCK};
	note.clock.trace_ns = trace_clock_ns(cupti);
	note.clock.realtime_ns = clock_ns(CLOCK_REALTIME);
	note.clock.monotonic_ns = clock_ns(CLOCK_MONOTONIC);
	note.clock.monotonic_raw_ns = clock_ns(CLOCK_MONOTONIC_RAW);
	note.clock.boottime_ns = clock_ns(CLOCK_BOOTTIME);
	note.clock.trace_after_ns = trace_clock_ns(cupti);
	queue_push_note(&note);
}
