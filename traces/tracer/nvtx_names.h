/* Texts of NVTX in `timing` mode: domains and registered strings as handles, wide text. */
#ifndef TRACES_TRACER_NVTX_NAMES_H
#define TRACES_TRACER_NVTX_NAMES_H

#include <stddef.h>

#include "traces/tracer/nvtx_abi.h"

/* Longest text that is looked at; names of steps are short. Handles of each kind at most. */
enum { NVTX_TEXT_BYTES = 512, NVTX_MOST_HANDLES = 1 << 16 };

/* A domain or a registered string; kept for good, as the program may use it at any time. */
struct nvtx_name {
	struct nvtx_name *next;
	char text[];
};

/* Handles for the program: the same for the same text. NULL when there are too many. */
struct nvtx_name *nvtx_domain_name(const char *text);
struct nvtx_name *nvtx_string_name(const char *text);

/* WIDE as UTF-8 in TEXT, cut where it does not fit. Returns TEXT. */
char *nvtx_narrow(char text[NVTX_TEXT_BYTES], const wchar_t *wide);

/* The text of EVENT's message, in BUFFER where it has to be made; "" where there is none. */
const char *nvtx_event_text(const struct nvtx_event *event, char buffer[NVTX_TEXT_BYTES]);

#endif
