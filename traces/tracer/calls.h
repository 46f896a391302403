/* API calls by name: which are worth a record, and their indices in the log. */
#ifndef TRACES_TRACER_CALLS_H
#define TRACES_TRACER_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/tracer/cupti_load.h"

/* CUPTI 13.0 numbers about 530 runtime and 790 driver calls. */
enum { CALLS_MOST_CBID = 4096, CALLS_DOMAINS = 2 };

/*
 * True for calls that launch, copy, set, wait, allocate, or make, upload or launch a graph or load
 * code: those that put work on the device, wait for it, or stop the host for long. NAME as CUPTI
 * gives it ("cudaLaunchKernel_v7000", "cuMemcpyAsync_ptsz").
 */
bool call_is_kept(const char *name);

/*
 * Switches all calls that are not kept off in CUPTI, where it can; their kinds must be on already,
 * since switching a kind on overrides this.
 */
void calls_disable_rest(const struct cupti *cupti);

#define CALL_IS_DROPPED UINT16_MAX
#define CALL_IS_LOST (UINT16_MAX - 1) /* no room for it */

struct calls {
	/* index plus 1 in the log, CALL_IS_DROPPED, or 0: not seen */
	uint16_t indices[CALLS_DOMAINS][CALLS_MOST_CBID];
	uint16_t count;
	bool keep_all;
};

/*
 * The index of a call of DOMAIN (CUPTI's), or CALL_IS_DROPPED or CALL_IS_LOST. NAME is set when it
 * was seen for the first time and has an index.
 */
uint16_t calls_index(struct calls *calls, const struct cupti *cupti, uint32_t domain, uint32_t cbid,
		     const char **name);

#endif
