/* The clocks at which a trace's device ran, and what they mean for comparing it. */
#ifndef SIM_CLI_CLOCKS_H
#define SIM_CLI_CLOCKS_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "traces/trace.h"

/* NVML's throttle reasons in words, "none" without any. Returns OUT. */
char *clocks_reasons(unsigned reasons, char *out, size_t out_size);

/*
 * Lines on stderr for traces whose durations are those of another SM clock than somebody who compares
 * them will think: below the device's maximum, or another than that of an earlier trace.
 */
void clocks_warn(const struct trace *const *traces, size_t count);

/* All of a trace's clocks, or null. */
cJSON *clocks_json(const struct trace *trace);
void clocks_print(const struct trace *trace);

#endif
