/* CUPTI, loaded at run time: the process's own copy, since two in one process do not work. */
#ifndef TRACES_TRACER_CUPTI_LOAD_H
#define TRACES_TRACER_CUPTI_LOAD_H

#include <stdbool.h>

#include "traces/tracer/cupti_abi.h"
#include "traces/tracer/settings.h"

struct cupti {
#define X(name, parameters) int(*name) parameters;
	CUPTI_ENTRY_LIST(X)
	CUPTI_OPTIONAL_ENTRY_LIST(X)
#undef X
	void *library;
	uint32_t version; /* cuptiGetVersion()'s */
	char path[TRACER_LONGEST_PATH];
};

/*
 * The loaded CUPTI, the same at every call, or NULL with the reason told on stderr once. Any thread.
 * It is never unloaded: its threads and callbacks outlive whatever we know of.
 */
const struct cupti *cupti_load(void);

/* CUPTI's words for a result. */
const char *cupti_result_text(const struct cupti *cupti, int result);

#endif
