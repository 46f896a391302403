/*
 * Whether the activity records still come to us. CUPTI has one pair of buffer callbacks for the
 * whole process: another profiler (torch.profiler) that sets its own replaces ours without a word,
 * and when no buffer of ours is out at that moment, nothing is missing later.
 *
 * So the helper thread makes a call into the driver at each flush, the canary, that CUPTI records:
 * for its record CUPTI has to ask for a buffer or to fill one that is out. Once such a record has
 * been read it is known that this CUPTI makes them; when after that several calls in a row leave no
 * sign at all, the callbacks are somebody else's. As long as a buffer is out there is no judgement
 * (a kernel that runs for long keeps one): the end of the log shows whether it comes back.
 */
#ifndef TRACES_TRACER_CANARY_H
#define TRACES_TRACER_CANARY_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/tracer/cupti_load.h"

/* Assumed: more than CUPTI, or a machine that is busy, ever keeps a thread's own record back. */
enum { CANARY_CALLS = 5, CANARY_CALL_MS = 100, CANARY_SILENCE_MS = 3000 };

/* The calls that were made; zero at first. */
struct canary_watch {
	bool is_out; /* one waits for its judgement */
	uint64_t called_ns;
	unsigned silent; /* in a row, without a sign */
	uint64_t silent_since_ns;
};

void canary_watch_call(struct canary_watch *watch, uint64_t now_ns);

/*
 * Judges the call that is out, unless it is younger than CANARY_CALL_MS and has left no SIGN. True
 * when CANARY_CALLS in a row have left none, and not for less than CANARY_SILENCE_MS.
 */
bool canary_watch_judge(struct canary_watch *watch, uint64_t now_ns, bool sign);

/*
 * There will be canaries. The kind DRIVER is on already, or (RECORDS_CALLS false) stays off: without
 * the entry that chooses single calls there are none then.
 */
void canary_start(const struct cupti *cupti, bool records_calls);

/* CUPTI's records are switched off by ourselves: silence means nothing any more. */
void canary_stop(void);

/* The calling thread is the helper. */
void canary_enter(void);

/* Judges what was called before and calls again; from the helper thread alone, no lock held. */
void canary_tick(void);

/* Judges alone. From the helper thread or after it. */
void canary_judge(void);

/*
 * True for records of the helper thread, which are the tracer's own calls and not the program's; a
 * canary among them is counted. The writer thread calls it.
 */
bool canary_is_own(const struct cupti_api *call);

#endif
