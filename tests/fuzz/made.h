/* A trace of one step, made of texts: for targets that read only what an op says of its kernels. */
#ifndef TESTS_FUZZ_MADE_H
#define TESTS_FUZZ_MADE_H

#include <stdbool.h>

#include "traces/trace.h"
#include "traces/work_shape.h"

struct made_numbers {
	uint32_t grid[3], block[3];
	uint32_t registers, shared_bytes, part;
	uint32_t copy; /* 1 memcpy, 2 memset */
	uint32_t copy_bytes;
};

struct made_lines {
	const char *at, *end;
};

struct made_trace;

/* Without kernels; there is only one. */
struct made_trace *made_begin(void);
bool made_has_room(const struct made_trace *made);
void made_add(struct made_trace *made, struct work_text kernel, struct work_text op,
	      struct work_text shape, const struct made_numbers *numbers);

/* Derive its work, hold it against what a trace promises, and forget it. */
void made_check(struct made_trace *made);

/* The next line, without its end. */
struct work_text made_line(struct made_lines *lines);

#endif
