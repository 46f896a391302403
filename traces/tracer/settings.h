/* What the environment asks of the tracer, parsed: the words are those of options.h. */
#ifndef TRACES_TRACER_SETTINGS_H
#define TRACES_TRACER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/tracer/options.h"

enum tracer_option_index {
#define X(name, word, what) TRACER_INDEX_##name,
	TRACER_OPTION_LIST(X)
#undef X
};

enum tracer_option {
#define X(name, word, what) TRACER_##name = 1 << TRACER_INDEX_##name,
	TRACER_OPTION_LIST(X)
#undef X
};

enum { TRACER_LONGEST_PATH = 4096 };

struct tracer_settings {
	unsigned options; /* enum tracer_option */
	uint64_t steps;	  /* 0: no limit */
};

/* Called for each word that is not understood; WORD is LENGTH bytes. */
typedef void (*settings_unknown_fn)(const char *word, size_t length);

/* WORDS may be NULL: nothing asked for. `all-calls` includes `calls`. */
void settings_parse(struct tracer_settings *settings, const char *words,
		    settings_unknown_fn unknown);

/*
 * PATTERN with %p as PROCESS and %% as %, into OUT; any other % stays. False when it is empty or
 * longer than OUT holds.
 */
bool settings_expand_path(char *out, size_t size, const char *pattern, long process);

#endif
